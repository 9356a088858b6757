import { Members } from "../json.js";
import { kinds } from "./fields.js";

const values = (key, label, more) => ({ key, kind: "values", label, ...more });
const duration = (key, label, more) => ({ key, kind: "text", label, placeholder: "300ms", ...more });
const optional = { isOptional: true };

/**
 * The actions that the form knows. One field without a key is all that stands behind the action's name; fields with
 * keys make a map. `bare` says that the name alone will do, `short` which field may stand for the map.
 */
export const actions = [
  {
    name: "drop", says: "stop it", bare: true,
    fields: [values("ack", "Arguments of the ack", { ...optional, offer: "answer the ack that its sender waits for" })],
  },
  { name: "set", says: "change values", fields: [{ kind: "assignments", missing: "say what to set, and to what" }] },
  { name: "remove", says: "take values out", fields: [{ kind: "paths", missing: "say what to remove: a path" }] },
  {
    name: "rename", says: "give it another name",
    fields: [{ kind: "text", label: "New name", placeholder: "chat2", missing: "say the new name" }],
  },
  { name: "replace", says: "put other arguments in", fields: [values(undefined, "Arguments")] },
  {
    name: "delay", says: "let it through later", short: "for",
    fields: [
      duration("for", "For", { missing: "say for how long, such as 300ms" }),
      duration("jitter", "Give or take", { ...optional, placeholder: "none" }),
    ],
  },
  {
    name: "throttle", says: "let only so many through at a time",
    fields: [
      { key: "events", kind: "number", label: "Events", placeholder: "10", missing: "say how many events" },
      duration("per", "In", { placeholder: "1s", missing: "say in how long, such as 1s" }),
    ],
  },
  {
    name: "duplicate", says: "send it more than once", bare: true,
    fields: [{ kind: "number", label: "Times in all", placeholder: "2", ...optional }],
  },
  {
    name: "reorder", says: "mix up the order",
    fields: [
      { key: "window", kind: "number", label: "Events at a time", placeholder: "3", missing: "say how many events" },
      { key: "seed", kind: "number", label: "Seed of the chance", placeholder: "any", ...optional },
    ],
  },
  { name: "reply", says: "answer it in place of its receiver", fields: [values(undefined, "Arguments of the ack")] },
  {
    name: "emit", says: "send another event too",
    fields: [
      { key: "to", kind: "choice", label: "To", options: [["client", "the client"], ["upstream", "the upstream"]] },
      { key: "name", kind: "text", label: "Event", placeholder: "notice", missing: "say the event's name" },
      values("args", "Arguments", { ...optional, offer: "with arguments" }),
      { key: "namespace", kind: "text", label: "Namespace", placeholder: "that of the event", ...optional },
      duration("after", "After", { ...optional, placeholder: "at once" }),
    ],
  },
  {
    name: "disconnect", says: "end the connection",
    fields: [{
      kind: "choice", label: "How", isWide: true,
      options: [
        ["transport", "transport: cut, as a network loss does"],
        ["namespace", "namespace: leave this namespace only"],
        ["server", "server: as a server does that shuts down"],
      ],
    }],
  },
  {
    name: "mark", says: "find it again by a word",
    fields: [{ kind: "words", label: "Words", placeholder: "suspicious", missing: "say a word" }],
  },
  {
    name: "json", says: "any other action", isJSON: true,
    fields: [{ kind: "json", label: "Action (JSON)", missing: "say the action, as JSON" }],
  },
];

export const actionNamed = (name) => actions.find((action) => action.name === name);

const idOf = (field) => field.key ?? "";
const isMap = ({ fields }) => fields[0].key !== undefined;

/** What the fields of an action hold before anything is typed, by their keys. */
export function emptyFields(action) {
  return Object.fromEntries(action.fields.map((field) => [idOf(field), kinds[field.kind].empty(field)]));
}

/** The JSON of `{ name, fields }`. Throws a sentence for what is missing or wrong. */
export function writeAction({ name, fields }) {
  const action = actionNamed(name);
  const entries = [];
  for (const field of action.fields) {
    const typed = fields[idOf(field)];
    if (!kinds[field.kind].isEmpty(typed)) entries.push([field.key, kinds[field.kind].write(typed, field)]);
    else if (!field.isOptional) throw new Error(field.missing ?? `${field.label}: something is missing`);
  }
  if (action.isJSON) return entries[0][1];
  if (action.bare && entries.length === 0) return name;
  return new Members([[name, isMap(action) ? new Members(entries) : entries[0][1]]]);
}

/** The `{ name, fields }` of an action's JSON; what no fields can show comes as JSON. */
export function readAction(json) {
  return readKnown(json) ?? { name: "json", fields: { "": kinds.json.read(json) } };
}

function readKnown(json) {
  const [name, value] = typeof json === "string" ? [json] : onlyMember(json);
  const action = actionNamed(name);
  if (!action || action.isJSON || (value === undefined && !action.bare)) return null;
  const fields = emptyFields(action);
  let given = [];
  if (value === undefined) given = [];
  else if (!isMap(action)) given = [["", value]];
  else if (value instanceof Members) given = value.entries;
  else if (action.short) given = [[action.short, value]];
  else return null;
  const keys = new Set(given.map(([key]) => key));
  const needed = action.fields.filter((field) => !field.isOptional && value !== undefined);
  if (keys.size < given.length || needed.some((field) => !keys.has(idOf(field)))) return null;
  for (const [key, json] of given) {
    const field = action.fields.find((field) => idOf(field) === key);
    const typed = field && kinds[field.kind].read(json, field);
    if (typed === undefined) return null;
    fields[key] = typed;
  }
  return { name, fields };
}

function onlyMember(json) {
  return json instanceof Members && json.entries.length === 1 ? json.entries[0] : [];
}
