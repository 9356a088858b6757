import { offersAt } from "../js/completion.js";
import { parse } from "../js/json.js";
import { pathsOf } from "../js/paths.js";
import { equal, test } from "./check.js";

const seen = {
  names: () => ["chat", "chat:typed", "my event"], connections: () => ["c2", "c1"], namespaces: () => ["/", "/admin"],
  marks: () => ["odd"], values: () => pathsOf(parse('[{"room":"lobby","n":12,"deep":{"x":null}}]')),
};
const offers = [
  ["ev", 0, ["event:"]],
  ["event:c", 0, ["event:chat", 'event:"chat:typed"']],
  ["event:", 0, ["event:chat", 'event:"chat:typed"', 'event:"my event"']],
  ["event:chat|", 0, ['event:chat|"chat:typed"', 'event:chat|"my event"']],
  ['event:chat|"my e', 0, ['event:chat|"my event"']],
  ["kind:event|ac", 0, ["kind:event|ack"]],
  ["not (from:", 5, ["from:client", "from:upstream"]],
  ["a -fr", 3, ["from:"]],
  ["a (b or tr", 8, ["transport:"]],
  ["conn:", 0, ["conn:c2", "conn:c1"]],
  ["ns:/a", 0, ["ns:/admin"]],
  ["mark:", 0, ["mark:odd"]],
  ["lat", 0, ["latency:"]],
  ["size:", 0, ["size:>1k", "size:>100k"]],
  ["arg", 0, ["args[", "args[0].room:", "args[0].n:", "args[0].deep.x:"]],
  ["args[0].r", 0, ["args[0].room:"]],
  ["args[0].room:", 0, ["args[0].room:exists", "args[0].room:lobby"]],
  ["args[0].n:", 0, ["args[0].n:exists", "args[0].n:12"]],
  ["ack.", 0, ["ack.args["]],
  ['event:"a b', 0, []],
  ["", 0, []],
  ["chat ", 5, []],
  ["kind:ack", 0, []],
];
for (const [text, start, expected] of offers) {
  test(`${JSON.stringify(text)} is offered ${expected.join(", ") || "nothing"}`, () => {
    const found = offersAt(text, seen);
    equal([found.start, found.offers.filter((offer) => offer !== "and" && offer !== "or")], [start, expected]);
  });
}
