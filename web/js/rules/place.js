import { parse } from "../json.js";

const step = /\.?([A-Za-z0-9]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
const roots = new Set([
  "name", "when", "on", "then", "enabled", "stop", "probability", "seed", "times", "after", "every", "for",
]);

/**
 * Where in a rule the server's sentence says something is wrong: `steps` lead there (`["then", 0, "set", "args[0]"]`),
 * `column` is that in a filter, `text` the sentence without either. Without a place `steps` is empty.
 */
export function placeOf(message) {
  const steps = [];
  let at = message.startsWith("rule.") ? 5 : 0;
  for (;;) {
    step.lastIndex = at;
    const found = step.exec(message);
    if (!found) break;
    at += found[0].length;
    const [, word, index, quoted] = found;
    steps.push(word ?? (index === undefined ? parse(quoted) : Number(index)));
  }
  const isPlace = roots.has(steps[0]) && message.startsWith(": ", at);
  const rest = isPlace ? message.slice(at + 2) : message;
  const column = isPlace && steps[0] === "when" ? /^column (\d+): /.exec(rest) : null;
  return {
    steps: isPlace ? steps : [],
    column: column ? Number(column[1]) : null,
    text: column ? rest.slice(column[0].length) : rest,
  };
}

/** How many steps of a control lead to the place; -1 where it lies elsewhere. A single action may have no index. */
export function depthOf(control, place) {
  const [left, right] = [control, place].map((steps) => steps.filter((step, at) => !(at === 1 && step === 0)));
  return left.every((step, at) => step === right[at]) ? left.length : -1;
}
