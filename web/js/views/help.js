import { button, element } from "../dom.js";
import { keyName, keys } from "../keys.js";

const filterExamples = [
  ["event:chat*", "events by name"],
  ["ns:/admin", "one namespace"],
  ["conn:c12", "one connection"],
  ["from:client", "client to upstream"],
  ["kind:event|ack", "either kind"],
  ["is:dropped", "by what became of it"],
  ["not kind:ack", "without these"],
  ["a or (b c)", "or, and, parentheses"],
];

export function fillHelp(dialog) {
  const close = button("Close (Esc)", { class: "quiet", on: () => dialog.close() });
  const rows = keys.map((entry) => [entry.keys.map((key) => element("kbd", { text: keyName(key) })), entry.says]);
  const filters = filterExamples.map(([text, says]) => [element("code", { text }), says]);
  const table = (rows) => element("dl", { class: "keys" }, rows.flatMap(([what, says]) => [
    element("dt", {}, what), element("dd", { text: says }),
  ]));
  dialog.append(
    element("div", { class: "dialog-head" }, element("h2", { text: "Keys" }), close),
    table(rows),
    element("h2", { text: "Filter" }),
    table(filters),
  );
}
