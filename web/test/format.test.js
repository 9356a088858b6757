import * as format from "../js/format.js";
import { parse } from "../js/json.js";
import { equal, test } from "./check.js";

const event = (fields) => ({
  kind: "event", verdict: ["forwarded"], rules: [], marks: [], injected: false, wantsAck: false, ack: null, ...fields,
});

const unseen = [
  ["\u202egnp.exe", "⟨U+202E⟩gnp.exe"], ["a\u0000b", "a⟨U+0000⟩b"], ["\u001b[31m", "⟨U+001B⟩[31m"],
  ["\u2028", "⟨U+2028⟩"],
  ["\ud800", "⟨U+D800⟩"], ["\u200b", "⟨U+200B⟩"], ["\ufeff", "⟨U+FEFF⟩"], ["\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"],
  ["\u{e0041}", "⟨U+E0041⟩"], ["plain ü ☃ 😀", "plain ü ☃ 😀"],
];
for (const [text, shown] of unseen) {
  test(`${shown} shows what cannot be seen`, () => equal(format.visible(text), shown));
}

test("parts tell an escape from the same characters in the text", () => {
  equal(format.visibleParts("U+202E\u202e"), [{ text: "U+202E", escaped: false }, { text: "U+202E", escaped: true }]);
});
test("a literal holds no unseen character and can be read back", () => {
  const text = "\u202e\u0007\u{e0041}\"\\\u2029";
  equal(format.literal(text), '"\\u202e\\u0007\\udb40\\udc41\\"\\\\\\u2029"');
  equal(parse(format.literal(text)), text);
});
test("a preview is the arguments with commas between", () => {
  equal(format.preview(parse('["a",1.0,{"b":[null]}]')), '"a", 1.0, {"b": [null]}');
});
test("a preview names an attachment", () => {
  equal(format.preview(parse('[{"$binary":{"attachment":3}}]')), "binary #3");
});
test("a preview of a megabyte is short", () => {
  equal(format.preview([("x").repeat(1e6)], 50).length <= 60, true);
});

const sizes = [
  [0, "0 B"], [999, "999 B"], [1000, "1.0 kB"], [99_949, "99.9 kB"], [99_950, "100 kB"], [999_499, "999 kB"],
  [999_500, "1.0 MB"], [1e9, "1.0 GB"],
];
for (const [count, text] of sizes) test(`${count} bytes are ${text}`, () => equal(format.bytes(count), text));

const latencies = [
  [0.05, "50 µs"], [1.94, "1.9 ms"], [12.4, "12 ms"], [999, "999 ms"], [1500, "1.5 s"], [120_000, "2 min"],
];
for (const [value, text] of latencies) test(`${value} ms are ${text}`, () => equal(format.latency(value), text));

const now = Date.parse("2026-11-22T10:00:00Z");
const past = [
  ["2026-11-22T09:59:59.500Z", "just now"], ["2026-11-22T10:00:09Z", "just now"], ["2026-11-22T09:59:58Z", "2 s ago"],
  ["2026-11-22T09:59:00Z", "1 min ago"], ["2026-11-22T07:00:01Z", "2 h ago"], ["2026-11-21T09:00:00Z", "1 day ago"],
  ["2026-11-12T10:00:00Z", "10 days ago"], ["never", ""],
];
for (const [time, text] of past) test(`${time} was ${text}`, () => equal(format.ago(time, now), text));

test("times differ by less than a millisecond", () => {
  const between = format.millisecondsBetween("2026-11-22T10:00:00.999900000Z", "2026-11-22T10:00:01.000150000Z");
  equal(between.toFixed(3), "0.250");
});
test("numbers are grouped by thousands", () => equal(format.count(1234567), "1\u00a0234\u00a0567"));

const acks = [
  [event({}), false, null],
  [event({ wantsAck: true }), false, "pending"],
  [event({ wantsAck: true }), true, "unanswered"],
  [event({ wantsAck: true, ack: { event: "e2", latencyMilliseconds: 1 } }), true, "answered"],
  [event({ wantsAck: true, verdict: ["dropped"] }), false, "pending"],
  [event({ wantsAck: true, verdict: ["dropped"] }), true, "unanswered"],
  [event({ kind: "ack", answers: "e1" }), false, "answers"],
  [event({ kind: "ack", answers: null }), false, "unknown"],
];
for (const [of, closed, state] of acks) {
  test(`an ack can be ${state}${closed ? " once closed" : ""}`, () => {
    equal(format.ackState(of, closed)?.state ?? null, state);
  });
}
test("forwarded alone is no badge", () => equal(format.badges(event({})), []));
const returned = [
  [event({ kind: "ack", answers: "e1", verdict: ["dropped"] }), event({ verdict: ["injected"] }), ["returned"]],
  [event({ kind: "ack", answers: "e1", verdict: ["dropped"] }), undefined, ["returned"]],
  [event({ kind: "ack", answers: "e1", verdict: ["dropped"] }), event({}), ["dropped"]],
  [event({ kind: "ack", answers: "e1", verdict: ["dropped"], rules: ["r1"] }), undefined, ["dropped"]],
  [event({ kind: "ack", verdict: ["dropped"] }), undefined, ["dropped"]],
  [event({ verdict: ["dropped"] }), undefined, ["dropped"]],
];
for (const [of, emit, badges] of returned) {
  const who = `${of.kind}${of.rules.length > 0 ? " stopped by a rule" : ""}`;
  test(`a dropped ${who} to ${JSON.stringify(emit?.verdict ?? of.answers)} is ${badges}`, () => {
    equal(format.badges(of, emit), badges);
  });
}
test("injected is said once", () => {
  equal(format.badges(event({ verdict: ["injected"], injected: true })), ["injected"]);
});
test("bytes are shown as hexadecimal and text", () => {
  const dump = format.hex(new Uint8Array([0, 65, 255]).buffer);
  equal(dump, "000000  " + "00 41 ff".padEnd(50) + "·A·");
});
test("base64 of more bytes than fit one call", () => equal(format.base64(new ArrayBuffer(30_000)).length, 40_000));
