/** Every key of the page: what the help shows and what `commandOf` knows. */
export const keys = [
  { keys: ["j", "ArrowDown"], command: "next", says: "next event" },
  { keys: ["k", "ArrowUp"], command: "previous", says: "previous event" },
  { keys: ["PageDown"], command: "nextPage", says: "a page down" },
  { keys: ["PageUp"], command: "previousPage", says: "a page up" },
  { keys: ["g", "Home"], command: "first", says: "oldest event" },
  { keys: ["G", "End"], command: "newest", says: "newest, and follow" },
  { keys: ["Enter", "ArrowRight"], command: "open", says: "open the event" },
  { keys: ["Escape"], command: "back", says: "back to the list" },
  { keys: ["a"], command: "ack", says: "to its ack, or to what it answers" },
  { keys: ["/"], command: "filter", says: "filter" },
  { keys: ["p", " "], command: "pause", says: "pause or go on" },
  { keys: ["x"], command: "clear", says: "clear: forget all events, once confirmed" },
  { keys: ["h"], command: "heartbeats", says: "show or fold heartbeats" },
  { keys: ["i"], command: "inject", says: "inject an event" },
  { keys: ["s"], command: "again", says: "send the selected event again" },
  { keys: ["r"], command: "rules", says: "rules" },
  { keys: ["m"], command: "makeRule", says: "make a rule for the selected event" },
  { keys: ["t"], command: "theme", says: "dark or light" },
  { keys: ["?"], command: "help", says: "these keys" },
];

const names = {
  ArrowDown: "↓", ArrowUp: "↑", ArrowRight: "→", PageDown: "PgDn", PageUp: "PgUp", Escape: "Esc", " ": "Space",
};

export function keyName(key) {
  return Object.hasOwn(names, key) ? names[key] : key;
}

/** These work only while the list has the focus: elsewhere they move a caret, scroll, or press a button. */
const listOnly = new Set(["ArrowDown", "ArrowUp", "ArrowRight", "PageDown", "PageUp", "Home", "End", "Enter", " "]);

/**
 * The command of a key press, or null. `isTyping` where a text field has the focus: only Escape is a command there;
 * `isInList` where the list has it.
 */
export function commandOf({ key, ctrlKey, metaKey, altKey }, { isTyping, isInList }) {
  if (ctrlKey || metaKey || altKey) return null;
  if (isTyping && key !== "Escape") return null;
  if (listOnly.has(key) && !isInList) return null;
  return keys.find((entry) => entry.keys.includes(key))?.command ?? null;
}
