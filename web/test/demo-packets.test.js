import {
  decodeFrame, decodePayload, encodeForPolling, encodeForWebSocket, encodePacket, encodePayload, PacketDecoder,
  payloadCount,
} from "../demo/packets.js";
import { backoff } from "../demo/socket.js";
import { duration, typingText } from "../demo/view.js";
import { equal, test, throws } from "./check.js";

const bytes = (...values) => Uint8Array.from(values);

/** What is left of a value with bytes in it when it is compared: {"bytes": [...]}. */
const plain = (value) => {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
};

/** Decodes the messages of one packet; the last gives it. */
function decode(...messages) {
  const decoder = new PacketDecoder();
  const packets = messages.map((message) => decoder.receive(message));
  equal(packets.slice(0, -1).every((packet) => packet === null), true);
  return plain(packets.at(-1));
}

test("an Engine.IO packet is a digit and text, or bytes alone on a WebSocket and base64 in a payload", () => {
  equal(encodeForPolling({ type: "ping", data: "probe" }), "2probe");
  equal(encodeForWebSocket({ type: "upgrade" }), "5");
  equal(encodeForPolling({ type: "message", data: bytes(1, 2, 3, 4) }), "bAQIDBA==");
  equal(plain(encodeForWebSocket({ type: "message", data: bytes(4) })), { bytes: [4] });
  equal(plain(decodeFrame(bytes(0x34).buffer)), { type: "message", data: { bytes: [0x34] } });
  equal(decodeFrame("4hi"), { type: "message", data: "hi" });
});

test("a payload is packets with a separator", () => {
  const packets = [{ type: "message", data: "hello" }, { type: "message", data: bytes(1, 2, 3, 4) }, { type: "ping" }];
  equal(encodePayload(packets), "4hello\x1ebAQIDBA==\x1e2");
  equal(plain(decodePayload("4ü\x1ebAQIDBA==\x1e6")), [
    { type: "message", data: "ü" }, { type: "message", data: { bytes: [1, 2, 3, 4] } }, { type: "noop", data: "" },
  ]);
});

for (const text of ["", "7", "x", "4a\x1e", "é"]) {
  test(`${JSON.stringify(text)} is no payload`, () => throws(() => decodePayload(text), "no Engine.IO packet"));
}

test("all byte values survive base64, also more than an argument list holds", () => {
  const all = Uint8Array.from({ length: 200_001 }, (_, index) => index % 256);
  const { data } = decodeFrame(encodeForPolling({ type: "message", data: all }));
  equal(data.length, all.length);
  equal(data.every((byte, index) => byte === all[index]), true);
});

const long = { type: "message", data: "ü".repeat(5) };
for (const [packets, limit, count, why] of [
  [[long, long], 23, 2, "11 bytes each and a separator fit into 23"],
  [[long, long], 22, 1, "and not into 22"],
  [[long], 1, 1, "the first always goes"],
  [Array(20).fill({ type: "message", data: "" }), 1000, 16, "16 are the most"],
  [[{ type: "message", data: bytes(1, 2, 3, 4) }, { type: "ping" }], 11, 2, "base64 counts as base64"],
  [[{ type: "message", data: bytes(1, 2, 3, 4) }, { type: "ping" }], 10, 1, "with its padding"],
  [[], 10, 0, "nothing of nothing"],
]) {
  test(`of a queue ${count} go into one body: ${why}`, () => equal(payloadCount(packets, limit), count));
}

for (const [packet, ...messages] of [
  [{ type: "connect" }, "0"],
  [{ type: "connect", namespace: "/admin", data: { token: "x" } }, '0/admin,{"token":"x"}'],
  [{ type: "disconnect", namespace: "/admin" }, "1/admin,"],
  [{ type: "event", data: ["a", 1, null] }, '2["a",1,null]'],
  [{ type: "event", namespace: "/b", id: 12, data: ["a"] }, '2/b,12["a"]'],
  [{ type: "ack", id: 0, data: [] }, "30[]"],
  [{ type: "event", data: ["a", { _placeholder: true, num: 0 }] }, '2["a",{"_placeholder":true,"num":0}]'],
]) {
  test(`${messages[0]} is written and read`, () => {
    equal(encodePacket(packet), messages);
    const { type, namespace = "/", id = null, data } = packet;
    equal(decode(...messages), { type, namespace, id, data });
  });
}

test("bytes at any depth become attachments, and come back in their places", () => {
  const view = new DataView(bytes(9, 8, 7).buffer, 1);
  const data = ["up", { deep: [{ one: bytes(1) }, bytes(2, 3)] }, bytes().buffer, view];
  const messages = encodePacket({ type: "event", namespace: "/n", id: 4, data });
  const hole = (num) => `{"_placeholder":true,"num":${num}}`;
  equal(messages[0], `54-/n,4["up",{"deep":[{"one":${hole(0)}},${hole(1)}]},${hole(2)},${hole(3)}]`);
  equal(decode(...messages), {
    type: "event", namespace: "/n", id: 4,
    data: plain(["up", { deep: [{ one: bytes(1) }, bytes(2, 3)] }, bytes(), bytes(8, 7)]),
  });
  equal(encodePacket({ type: "ack", id: 7, data: [bytes(1)] })[0], `61-7[${hole(0)}]`);
});

test("one attachment may stand in two places, and one in none", () => {
  const hole = '{"num":1,"_placeholder":true}';
  equal(decode(`52-["a",${hole},${hole}]`, bytes(1), bytes(2)).data, plain(["a", bytes(2), bytes(2)]));
});

test("a member named __proto__ is a member", () => {
  const { data } = new PacketDecoder().receive('2["a",{"__proto__":{"isAdmin":true}}]');
  equal(data[1].isAdmin, undefined);
  const text = '51-["a",{"__proto__":{"isAdmin":true}},{"_placeholder":true,"num":0}]';
  const decoder = new PacketDecoder();
  decoder.receive(text);
  const packet = decoder.receive(bytes(1));
  equal(packet.data[1].isAdmin, undefined);
  equal(encodePacket(packet)[0], text);
});

test("what is no plain object is left to JSON", () => {
  const packet = { type: "event", data: ["a", new Date(0), undefined] };
  equal(encodePacket(packet), ['2["a","1970-01-01T00:00:00.000Z",null]']);
});

test("a refusal may be a map or a string", () => {
  equal(decode('4/x,"Unable to connect"').data, "Unable to connect");
  equal(decode('4{"message":"no","data":{"code":7}}').data, { message: "no", data: { code: 7 } });
});

for (const messages of [
  [""], ["7[]"], ["2"], ["2[]"], ["2[null]"], ["2{}"], ['2["a"'], ['2-1["a"]'], ['21.5["a"]'], ['21-["a"]'],
  ['5["a"]'], ['511-["a"]'], ["0[]"], ["0null"], ["1{}"], ["4"], ["4[]"], ["30"], ["30{}"], ['2["connect"]'],
  ['2["newListener"]'], ['2/custom["m"]'], [bytes(1)], ['51-["a"]', "2[]"],
  ['51-["a",{"_placeholder":true,"num":1}]', bytes(1)], ['51-["a",{"_placeholder":true,"num":-1}]', bytes(1)],
  ['51-["a",{"_placeholder":true,"num":"0"}]', bytes(1)], ['51-["a",{"_placeholder":true,"num":0.5}]', bytes(1)],
  ['51-["a",{"_placeholder":true}]', bytes(1)],
]) {
  const name = messages.map((message) => (typeof message === "string" ? message : "bytes")).join(" + ");
  test(`${name} is no packet`, () => {
    const decoder = new PacketDecoder();
    for (const message of messages.slice(0, -1)) equal(decoder.receive(message), null);
    let error = null;
    try {
      decoder.receive(messages.at(-1));
    } catch (caught) {
      error = caught;
    }
    equal(error instanceof Error, true);
  });
}

test("the wait before an attempt doubles up to a limit, give or take a half", () => {
  const limits = { first: 100, most: 1000 };
  equal([0, 1, 2, 3, 4, 50, 5000].map((attempt) => backoff(attempt, limits, () => 0.5)),
    [100, 200, 400, 800, 1000, 1000, 1000]);
  equal([0, 1].map((random) => backoff(0, limits, () => random)), [50, 150]);
});

test("a round trip and those who write read well", () => {
  equal([2.94, 9.99, 10.4, 312.7].map(duration), ["2.9 ms", "10.0 ms", "10 ms", "313 ms"]);
  equal([[], ["Bit"], ["Bit", "Ada"], ["a", "b", "c"]].map(typingText),
    ["", "Bit writes…", "Bit and Ada write…", "Several write…"]);
});
