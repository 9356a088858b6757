import { Members, NumberText, parse, plain, write } from "../js/json.js";
import { equal, test, throws } from "./check.js";

const unchanged = [
  "1.0", "-0", "1e400", "12345678901234567890", "9007199254740993", "0.1e-7", '""', "[]", "{}", "[[],{}]",
  '{"b":1,"a":2,"1":3}', '{"a":1,"a":2}', '{"__proto__":{"x":1},"constructor":null}', "[true,false,null]",
  '["\\u2028"]'.replace("\\u2028", "\u2028"),
];
for (const text of unchanged) {
  test(`${text} comes out as it went in`, () => equal(write(parse(text)), text));
}

test("a number keeps its text", () => equal(parse("[1.0]")[0].text, "1.0"));
test("white space around tokens is let go", () => equal(write(parse(' { "a" : [ 1 , 2 ] } ')), '{"a":[1,2]}'));
test("escapes are read", () => equal(parse('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"'), '"\\/\b\f\n\r\té😀'));
test("a lone surrogate stays one", () => equal(parse('"\\ud800"').charCodeAt(0), 0xd800));
test("the last of two members with one key is the one that counts", () => {
  equal(parse('{"a":1,"a":2}').get("a").text, "2");
});
test("100 000 levels are read and written", () => {
  const text = "[".repeat(100_000) + "]".repeat(100_000);
  equal(write(parse(text)) === text, true);
});

const wrong = [
  ["", "line 1, column 1: expected a value"],
  ["[1,]", "line 1, column 4: expected a value"],
  ["[1", "line 1, column 3: expected a comma or ]"],
  ['{"a" 1}', "line 1, column 6: expected a colon"],
  ["{a:1}", "line 1, column 2: expected a key in quotes"],
  ['{"a":1,}', "line 1, column 8: expected a key in quotes"],
  ["01", "line 1, column 2: expected nothing more"],
  ["[1.]", "line 1, column 3: expected a comma or ]"],
  ["NaN", "line 1, column 1: expected a value"],
  ['"a', "line 1, column 3: expected a closing quote"],
  ['"\n"', "line 1, column 2: expected no bare control character in a string"],
  ['"\\x"', "line 1, column 3: expected an escape"],
  ['"\\u12g4"', "line 1, column 4: expected four hexadecimal digits"],
  ["[\n 1\n 2]", "line 3, column 2: expected a comma or ]"],
];
for (const [text, message] of wrong) {
  test(`${JSON.stringify(text)} is refused with its place`, () => throws(() => parse(text), message));
}

test("a text is cut at the limit", () => {
  equal(write(parse('["0123456789"]'), { limit: 6 }), '["0123…');
  equal(write(parse("[1, 2]"), { limit: 6 }), "[1, 2]");
  equal(write(parse("[1, 2]"), { limit: 5 }), "[1, 2…");
});
test("an indented text has a member a line", () => {
  equal(write(parse('{"a":[1,{}],"b":[]}'), { indent: 2 }), '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}');
});
test("a plain object has no prototype to be reached by a key", () => {
  const value = plain(parse('{"__proto__":{"polluted":1},"n":1.5}'));
  equal(value.n, 1.5);
  equal({}.polluted ?? null, null);
});
test("values are what they look like", () => {
  equal(parse("1") instanceof NumberText, true);
  equal(parse("{}") instanceof Members, true);
});
