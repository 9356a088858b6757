import { Members } from "../js/json.js";
import { createRuleControl, placeBack, withoutRestored } from "../js/rules/control.js";
import { createStore } from "../js/store.js";
import { equal, test, testLater } from "./check.js";

const places = [
  [{ above: ["a"], below: ["c"] }, ["a", "c"], 1],
  [{ above: ["a"], below: ["c"] }, ["x", "a", "y"], 2],
  [{ above: ["a"], below: ["c"] }, ["x", "c"], 1],
  [{ above: ["a"], below: ["c"] }, ["x"], 1],
  [{ above: [], below: ["c"] }, ["c", "d"], 0],
  [{ above: [], below: [] }, [], 0],
];
for (const [entry, ids, place] of places) {
  test(`between ${entry.above} and ${entry.below} is ${place} in ${ids}`, () => equal(placeBack(entry, ids), place));
}

/** Deletes these of `a b c`, puts them back in this order; the new ids are capitals. */
function outcome(deletions, restorations) {
  let ids = ["a", "b", "c"];
  let deleted = [];
  for (const id of deletions) {
    const at = ids.indexOf(id);
    deleted.push({ id, above: ids.slice(0, at), below: ids.slice(at + 1) });
    ids = ids.toSpliced(at, 1);
  }
  for (const id of restorations) {
    const entry = deleted.find((entry) => entry.id === id);
    deleted = withoutRestored(deleted, entry, id.toUpperCase());
    ids = ids.toSpliced(placeBack(entry, ids), 0, id.toUpperCase());
  }
  return ids.join("").toLowerCase();
}
for (const deletions of ["ab", "ba", "bc", "cb", "ac", "abc", "cba", "bac", "bca"]) {
  for (const restorations of [[...deletions], [...deletions].reverse()]) {
    test(`${deletions} deleted and ${restorations.join("")} put back are abc again`, () => {
      equal(outcome(deletions, restorations), "abc");
    });
  }
}

const rule = (id) => {
  return { id, name: id, enabled: true, node: new Members([["id", id], ["when", "a"], ["then", "drop"]]) };
};

/** A control over a server whose every answer is given by hand: `asked` holds `{ name, given, answer, fail }`. */
function controlled() {
  const asked = [];
  const call = (name) => (...given) => new Promise((answer, fail) => asked.push({ name, given, answer, fail }));
  const names = ["rules", "addRule", "replaceRule", "deleteRule", "orderRules", "saveRules", "testRule"];
  const store = createStore(() => {});
  store.setRules([rule("r1"), rule("r2"), rule("r3")], null);
  const api = Object.fromEntries(names.map((name) => [name, call(name)]));
  return { asked, store, control: createRuleControl(api, store) };
}

const rest = () => new Promise((resolve) => setTimeout(resolve));
const order = (store) => store.state.rules.map(({ id }) => id).join(" ");

await testLater("a list that was asked for before a change does not undo it", async () => {
  const { asked, store, control } = controlled();
  control.load();
  control.move("r1", 1);
  equal(order(store), "r2 r1 r3");
  asked[0].answer({ rules: [rule("r1"), rule("r2"), rule("r3")], error: null });
  await rest();
  equal(order(store), "r2 r1 r3");
});
await testLater("changes wait for each other, and no list is read before the last", async () => {
  const { asked, store, control } = controlled();
  control.move("r1", 1);
  control.move("r1", 1);
  await rest();
  equal(asked.map(({ name }) => name), ["orderRules"]);
  asked[0].answer();
  await rest();
  control.load();
  equal(asked.map(({ given }) => given[0]), [["r2", "r1", "r3"], ["r2", "r3", "r1"]]);
  asked[1].answer();
  await rest();
  equal(asked[2].name, "rules");
  asked[2].answer({ rules: [rule("r2"), rule("r3"), rule("r1")], error: null });
  await rest();
  equal(order(store), "r2 r3 r1");
});
await testLater("what failed is said at its rule, and the list is what the server has", async () => {
  const { asked, store, control } = controlled();
  const done = control.enable("r2", false);
  equal(store.state.rules[1].enabled, false);
  await rest();
  asked[0].fail(new Error("no"));
  await rest();
  asked[1].answer({ rules: [rule("r1"), rule("r2")], error: null });
  equal(await done, false);
  equal(store.state.ruleDesk.failure, { id: "r2", message: "It could not be switched: no" });
  equal([order(store), store.state.rules[1].enabled], ["r1 r2", true]);
});
await testLater("only the newest trial is shown, and none once the form is closed", async () => {
  const { asked, store, control } = controlled();
  control.tryOut("1");
  control.tryOut("2");
  asked[1].answer({ tested: 2, matches: [] });
  asked[0].answer({ tested: 1, matches: [] });
  await rest();
  equal(store.state.ruleDesk.trial.tested, 2);
  control.tryOut("3");
  control.close();
  asked[2].answer({ tested: 3, matches: [] });
  await rest();
  equal(store.state.ruleDesk.trial, null);
});
await testLater("the rule that is edited is replaced, and added where it is gone", async () => {
  const { asked, store, control } = controlled();
  control.edit("r2");
  control.submit("{}");
  await rest();
  store.setRules([rule("r1")], null);
  control.submit("{}");
  asked[0].fail(new Error("no"));
  await rest();
  equal(asked.slice(0, 2).map(({ name }) => name), ["replaceRule", "addRule"]);
});
