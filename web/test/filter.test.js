import * as filter from "../js/filter.js";
import { equal, test } from "./check.js";

const split = [
  ["event:a  from:client", ["event:a", "from:client"]],
  ['event:"my event" x', ['event:"my event"', "x"]],
  ["(a or b) c", ["(a or b)", "c"]],
  ['args[0].a["b c"]:1 x', ['args[0].a["b c"]:1', "x"]],
  ["ns:/admin event:a/b x", ["ns:/admin", "event:a/b", "x"]],
  ["event:/a b/i x", ["event:/a b/i", "x"]],
  ['event:"a\\" b" c', ['event:"a\\" b"', "c"]],
  ["", []],
];
for (const [text, terms] of split) test(`${text} has its terms`, () => equal(filter.terms(text), terms));

const edits = [
  ["", "kind", ["ack"], "kind:ack"],
  ["kind:ack", "kind", ["ack"], ""],
  ["kind:ack x", "kind", ["event"], "kind:ack|event x"],
  ["kind:ack|event", "kind", ["ack"], "kind:event"],
  ["event:a", "from", ["client"], "event:a from:client"],
  ["a or b", "from", ["client"], "(a or b) from:client"],
  ["(a or b) from:client", "from", ["client"], "a or b"],
];
for (const [text, key, values, expected] of edits) {
  test(`${JSON.stringify(text)} with ${key}:${values} switched is ${JSON.stringify(expected)}`, () => {
    equal(filter.withToggled(text, key, values), expected);
  });
}

test("heartbeats are folded", () => equal(filter.sentFilter("", false), "not kind:ping|pong"));
test("heartbeats are folded for all of an or", () => {
  equal(filter.sentFilter("a or b", false), "(a or b) not kind:ping|pong");
});
test("heartbeats are not folded when asked for", () => equal(filter.sentFilter("kind:ping", false), "kind:ping"));
test("heartbeats are shown when switched on", () => equal(filter.sentFilter(" a ", true), "a"));
test("a column is that of the text as typed", () => {
  equal(filter.typedColumn(3, "  ab", false), 5);
  equal(filter.typedColumn(2, "a or b", false), 1);
  equal(filter.typedColumn(99, "ab", false), 3);
});
const words = [["event:a -ki", 9], ["-ki", 1], ["(ev", 1], ["not (-ev", 6], ["event:a-b", 0], ["", 0],
  ['event:"my ev', 0], ['event:"a b" x', 12], ["a b", 2], ["(a) ", 4], ['event:"a\\" b', 0]];
for (const [text, start] of words) {
  test(`the last word of ${JSON.stringify(text)} begins at ${start}`, () => equal(filter.wordStart(text), start));
}
const wildcards = [['event:"a*"', true], ["event:a*", false], ['a* "b c"', false], ['"a\\"?"', true]];
for (const [text, has] of wildcards) {
  test(`${text} has ${has ? "a" : "no"} wildcard in quotes`, () => equal(filter.hasQuotedWildcard(text), has));
}
test("plain values need no quotes", () => equal(["chat", "my event", "12", "a*", 'a"b'].map(filter.quoted),
  ["chat", '"my event"', '"12"', '"a*"', '"a\\"b"']));
