import { parse, write } from "../js/json.js";
import { differences, pathsOf, pathTo } from "../js/paths.js";
import { equal, test } from "./check.js";

const paths = [
  ["args", 0, "args[0]"], ["args[0]", "a", "args[0].a"], ["args[0]", "b.c", 'args[0]["b.c"]'], ["a", "1", 'a["1"]'],
];
for (const [path, key, to] of paths) test(`${to} is a path`, () => equal(pathTo(path, key), to));

test("paths of arguments come with the outer ones first, an attachment whole", () => {
  const found = pathsOf(parse('[{"a":{"b":1}},"x",{"$binary":{"attachment":0}}]')).map(([path]) => path);
  equal(found, ["args[0]", "args[1]", "args[2]", "args[0].a", "args[0].a.b"]);
});
test("paths end at a number and a depth", () => {
  equal(pathsOf(parse("[1,2,3]"), { limit: 2 }).length, 2);
  equal(pathsOf(parse("[[[[1]]]]"), { depth: 2 }).map(([path]) => path), ["args[0]", "args[0][0]"]);
});

const textOf = (value) => (value === undefined ? "-" : write(value));
const shown = ({ path, before, after }) => [path, textOf(before), textOf(after)];
const pairs = [
  ['[{"a":1,"b":2}]', '[{"a":1,"b":3}]', [["args[0].b", "2", "3"]]],
  ["[1.0]", "[1]", [["args[0]", "1.0", "1"]]],
  ["[1]", "[1,2]", [["args[1]", "-", "2"]]],
  ['[{"a":1,"b":[2]}]', '[{"b":[]}]', [["args[0].a", "1", "-"], ["args[0].b[0]", "2", "-"]]],
  ["[[1]]", '[{"a":1}]', [["args[0]", "[1]", '{"a":1}']]],
  ['[{"$binary":{"attachment":0}}]', "[null]", [["args[0]", '{"$binary":{"attachment":0}}', "null"]]],
  ['["a"]', '["a"]', []],
];
for (const [before, after, expected] of pairs) {
  test(`${before} and ${after} differ in ${expected.length}`, () => {
    equal(differences(parse(before), parse(after), "args").map(shown), expected);
  });
}
test("differences end at a number", () => equal(differences(parse("[1,2,3]"), [], "args", 2).length, 2));
