import { quoted } from "../filter.js";
import { Members, write } from "../json.js";
import { actionNamed, emptyFields, readAction, writeAction } from "./actions.js";
import { kinds } from "./fields.js";

/** What the server says about a rule, and the rule does not. */
const serverFields = new Set(["id", "source", "hits", "lastHit", "error"]);
/** What rules see of a connection. */
const seenKinds = new Set(["event", "ack", "connect", "connect_error", "disconnect"]);

const count = (key, label, placeholder) => ({ key, kind: "number", label, placeholder, isOptional: true });

/** When a rule that matches acts. `says` is that in words. */
export const conditions = [
  { ...count("probability", "With probability", "0 to 1"), says: (text) => `with probability ${text}` },
  { ...count("seed", "Seed of the chance", "any"), says: (text) => `seed ${text}` },
  { ...count("times", "At most, how often", "no end"), says: (text) => `at most ${times(text)}` },
  { ...count("after", "After the first N", "0"), says: (text) => `after the first ${text}` },
  { ...count("every", "Only each Nth", "1"), says: (text) => `each ${ordinal(text)}` },
  {
    key: "for", kind: "text", label: "For, from the first hit", placeholder: "30s", isOptional: true,
    says: (text) => `for ${text} from the first`,
  },
];

function times(text) {
  return text === "1" ? "once" : `${text} times`;
}

function ordinal(text) {
  const end = /1[123]$/.test(text) ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[text.at(-1)] ?? "th");
  return text + end;
}

/** A rule as it stands in the form, everything as it is typed. */
export function emptyDraft() {
  return { when: "", actions: [emptyAction("drop")], name: "", conditions: {}, stop: false, isEnabled: true };
}

export function emptyAction(name) {
  return { name, fields: emptyFields(actionNamed(name)) };
}

/** The rule's JSON. Throws a sentence for what is missing or wrong. */
export function writeRule(draft) {
  if (draft.when.trim() === "") throw new Error("say which events: a filter such as event:join");
  const then = draft.actions.map(writeAction);
  const entries = [["when", draft.when.trim()], ["then", then.length === 1 ? then[0] : then]];
  if (draft.name.trim() !== "") entries.unshift(["name", draft.name.trim()]);
  for (const condition of conditions) {
    const typed = draft.conditions[condition.key] ?? "";
    const kind = kinds[condition.kind];
    if (!kind.isEmpty(typed)) entries.push([condition.key, kind.write(typed, condition)]);
  }
  if (draft.stop) entries.push(["stop", true]);
  if (!draft.isEnabled) entries.push(["enabled", false]);
  return new Members(entries);
}

/** The draft of a rule's JSON, or null where the form cannot show all of it. */
export function readRule(json) {
  const draft = { ...emptyDraft(), actions: [] };
  const seen = new Set();
  for (const [key, value] of json.entries) {
    const condition = conditions.find((condition) => condition.key === key);
    if (seen.has(key)) return null;
    seen.add(key);
    if (serverFields.has(key) || value === null) continue;
    if (condition) {
      const typed = kinds[condition.kind].read(value, condition);
      if (typed === undefined) return null;
      draft.conditions[key] = typed;
    } else if ((key === "name" || key === "when") && typeof value === "string") {
      draft[key] = value;
    } else if (key === "then") {
      draft.actions = (Array.isArray(value) ? value : [value]).map(readAction);
    } else if (key === "stop" && typeof value === "boolean") {
      draft.stop = value;
    } else if (key === "enabled" && typeof value === "boolean") {
      draft.isEnabled = value;
    } else {
      return null;
    }
  }
  return draft.when !== "" && draft.actions.length > 0 ? draft : null;
}

/** A rule's JSON without what the server says about it, and with these members changed. */
export function ruleOf(node, changes = {}) {
  const rest = node.entries.filter(([key]) => !serverFields.has(key) && !Object.hasOwn(changes, key));
  return new Members([...rest, ...Object.entries(changes)]);
}

/** The conditions of a rule of the API, in words. */
export function conditionTexts(node) {
  const texts = conditions.flatMap(({ key, says }) => {
    const value = node.get(key) ?? null;
    return value === null ? [] : [says(typeof value === "string" ? value : write(value, { limit: 40 }))];
  });
  return node.get("stop") === true ? [...texts, "later rules do not see it"] : texts;
}

/** Whether rules see such an event. */
export function isForRules(event) {
  return seenKinds.has(event.kind);
}

/** The filter for events like this one. */
export function filterFor(event) {
  const what = event.kind === "event" && event.name ? `event:${quoted(event.name)}` : `kind:${event.kind}`;
  return `${what} ns:${quoted(event.namespace ?? "/")} from:${event.from}`;
}
