import { parse, write } from "../js/json.js";
import { readAction, writeAction } from "../js/rules/actions.js";
import { conditionTexts, emptyDraft, filterFor, readRule, ruleOf, writeRule } from "../js/rules/draft.js";
import { depthOf, placeOf } from "../js/rules/place.js";
import { kindOf, typedText, typedValue } from "../js/rules/value.js";
import { equal, test, throws } from "./check.js";

const typed = [
  ["staging", '"staging"', "text"], ["42", "42", "number"], ["1.0", "1.0", "number"], ['"42"', '"42"', "text"],
  ["007", '"007"', "text"], ["true", "true", "yes or no"], ["null", "null", "null"], ["  a b ", '"a b"', "text"],
  ["[1, 2]", "[1,2]", "list"], ['{"b":1,"a":2}', '{"b":1,"a":2}', "object"],
  ["{{args[0].user}}", '"{{args[0].user}}"', "template"], ["at {{now}}", '"at {{now}}"', "template"],
];
for (const [text, json, kind] of typed) {
  test(`${text} typed is the ${kind} ${json}`, () => {
    equal([write(typedValue(text)), kindOf(typedValue(text))], [json, kind]);
  });
}
test("JSON that was begun must be ended, and nothing is no value", () => {
  throws(() => typedValue("[1, 2"), "line 1, column 6: expected a comma or ], or quotes around it all, for a text");
  throws(() => typedValue(" "), 'a value is missing ("" is the empty text)');
});
const values = [
  '"staging"', '"42"', '"true"', '""', '" a"', '"[1"', '"a\\nb"', '"\\u202e"', "1.0", "null", '["a",{"b":[]}]',
  '"{{now}}"', `["${"x".repeat(80)}"]`,
];
for (const json of values) {
  test(`${json.slice(0, 20)} is typed so that it is itself again`, () => {
    const text = typedText(parse(json));
    equal(write(typedValue(text)), write(parse(json)));
  });
}
test("plain text is typed without quotes", () => equal(typedText("staging"), "staging"));

/** Each is what the form shows, and what it writes again. */
const shown = [
  '"drop"', '{"drop":{"ack":[]}}', '{"drop":{"ack":[{"ok":false},"no"]}}',
  '{"set":{"args[0].room":"staging","args[1]":1.0}}', '{"reorder":{"window":3}}', '{"reorder":{"window":3,"seed":7}}',
  '{"remove":["args[0].token","args[0].key"]}', '{"rename":"chat2"}', '{"replace":[]}', '{"replace":[1,{"a":2}]}',
  '{"delay":{"for":"300ms"}}', '{"delay":{"for":"300ms","jitter":"150ms"}}', '{"throttle":{"events":10,"per":"1s"}}',
  '"duplicate"', '{"duplicate":3}', '{"reply":[{"ok":false}]}', '{"disconnect":"namespace"}', '{"mark":"odd"}',
  '{"mark":["odd","late"]}',
  '{"emit":{"to":"client","name":"notice","args":["{{args[0].user}}"],"namespace":"/a","after":"1s"}}',
  '{"emit":{"to":"upstream","name":"notice"}}',
];
for (const json of shown) {
  test(`the form shows ${json} and writes it again`, () => {
    const action = readAction(parse(json));
    equal([action.name === "json", write(writeAction(action))], [false, json]);
  });
}
const shorter = [
  ['{"remove":"args[0]"}', '{"remove":["args[0]"]}'], ['{"delay":"1s"}', '{"delay":{"for":"1s"}}'],
  ['{"drop":{}}', '"drop"'],
];
for (const [json, written] of shorter) {
  test(`${json} is written as ${written}`, () => equal(write(writeAction(readAction(parse(json)))), written));
}
const asJSON = [
  '{"hold":{"for":"30s"}}', '"hold"', '{"drop":{"later":1}}', '{"set":{"a":1},"rename":"b"}', '{"delay":300}',
  '{"delay":{"jitter":"1s"}}', '{"delay":{}}',
  '{"mark":"two words"}', '{"disconnect":"politely"}', '{"emit":{"to":"both","name":"a"}}', "7", '{"rename":1}',
  '{"emit":{"to":"client","to":"upstream","name":"a"}}', '"rename"',
];
for (const json of asJSON) {
  test(`${json} is shown as JSON and stays what it is`, () => {
    const action = readAction(parse(json));
    equal([action.name, write(writeAction(action))], ["json", json]);
  });
}
const missing = [
  [{ name: "rename", fields: { "": "" } }, "say the new name"],
  [{ name: "delay", fields: { for: " ", jitter: "1s" } }, "say for how long, such as 300ms"],
  [{ name: "throttle", fields: { events: "many", per: "1s" } }, "Events: a number, such as 2"],
  [{ name: "set", fields: { "": [["", "1"]] } }, "say what to set: a path such as args[0].room"],
  [{ name: "set", fields: { "": [["args[0]", ""]] } }, 'a value is missing ("" is the empty text)'],
  [{ name: "remove", fields: { "": ["", " "] } }, "say what to remove: a path"],
];
for (const [action, message] of missing) {
  test(`${action.name} without what it needs: ${message}`, () => throws(() => writeAction(action), message));
}

const rules = [
  '{"when":"event:a","then":"drop"}',
  '{"name":"n","when":"event:a","then":[{"set":{"args[0]":1}},{"hold":{"for":"30s"}}],"probability":0.50,"seed":7,' +
    '"times":2,"after":3,"every":4,"for":"30s","stop":true,"enabled":false}',
];
for (const json of rules) {
  test(`the form shows the whole of ${json.slice(0, 40)}`, () => equal(write(writeRule(readRule(parse(json)))), json));
}
const beyond = [
  '{"on":"handshake","then":"drop"}', '{"when":"a","then":[]}', '{"when":"a","then":"drop","colour":1}',
  '{"when":"a","then":"drop","times":"two"}', '{"when":"a","when":"b","then":"drop"}', '{"when":5,"then":"drop"}',
  '{"when":"a","then":"drop","enabled":"no"}',
];
for (const json of beyond) test(`the form cannot show ${json}`, () => equal(readRule(parse(json)), null));
test("what the server says of a rule is no part of it", () => {
  const reported = '"source":"api","hits":1,"lastHit":null,"error":null';
  const node = parse(`{"id":"r1","name":null,"when":"a","then":"drop",${reported}}`);
  equal(write(writeRule(readRule(node))), '{"when":"a","then":"drop"}');
  equal(write(ruleOf(node, { enabled: false })), '{"name":null,"when":"a","then":"drop","enabled":false}');
});
test("a rule needs a filter", () => {
  throws(() => writeRule(emptyDraft()), "say which events: a filter such as event:join");
});
test("conditions are said in words", () => {
  const node = parse('{"probability":0.3,"times":1,"after":3,"every":22,"for":"30s","stop":true,"seed":null}');
  equal(conditionTexts(node), ["with probability 0.3", "at most once", "after the first 3", "each 22nd",
    "for 30s from the first", "later rules do not see it"]);
});

const filters = [
  [{ kind: "event", name: "chat", namespace: "/", from: "client" }, "event:chat ns:/ from:client"],
  [{ kind: "event", name: "my *", namespace: "/a b", from: "upstream" }, 'event:"my *" ns:"/a b" from:upstream'],
  [{ kind: "ack", name: null, namespace: "/", from: "upstream" }, "kind:ack ns:/ from:upstream"],
];
for (const [event, filter] of filters) test(`${filter} is for such events`, () => equal(filterFor(event), filter));

const places = [
  ["when: column 9: unknown key colour; expected event", ["when"], 9, "unknown key colour; expected event"],
  ["then.set[\"args[0].room\"]: comes twice", ["then", "set", "args[0].room"], null, "comes twice"],
  ["then[1].drop.ack[0]: a template", ["then", 1, "drop", "ack", 0], null, "a template"],
  ['then.set["a \\"b\\" ]"].c: no', ["then", "set", 'a "b" ]', "c"], null, "no"],
  ["a rule needs when: and a filter", [], null, "a rule needs when: and a filter"],
  ["colour: unknown key colour", [], null, "colour: unknown key colour"],
  ["rule.times: expected a number", ["times"], null, "expected a number"],
];
for (const [message, steps, column, text] of places) {
  test(`${message} leads to ${JSON.stringify(steps)}`, () => equal(placeOf(message), { steps, column, text }));
}
const depths = [
  [["then", 0, "set"], ["then", "set", "args[0]"], 2], [["then", 1], ["then", 1, "set"], 2],
  [["then", 0], ["then", 1], 1],
  [["when"], ["then"], -1], [["when"], [], -1], [["then", 0, "set", "args[0]"], ["then", 0, "set"], -1],
];
for (const [control, place, depth] of depths) {
  test(`${JSON.stringify(control)} is ${depth} steps on the way to ${JSON.stringify(place)}`, () => {
    equal(depthOf(control, place), depth);
  });
}
