import { literal } from "../format.js";
import { Members, NumberText, parse, write } from "../json.js";

/**
 * What was typed as a value: numbers, true, false, null, lists, objects and quoted text as JSON has them; anything
 * else is text as it stands. Throws what is wrong with JSON that was begun.
 */
export function typedValue(text) {
  const typed = text.trim();
  if (typed === "") throw new Error('a value is missing ("" is the empty text)');
  // A template: `{{now}}`.
  if (typed.startsWith("{{")) return typed;
  try {
    return parse(typed);
  } catch (error) {
    if (/^[[{"]/.test(typed)) throw new Error(`${error.message}, or quotes around it all, for a text`);
    return typed;
  }
}

/** What to type for a value. */
export function typedText(value) {
  if (typeof value !== "string") {
    const line = write(value, { limit: 61 });
    return line.length > 60 ? write(value, { indent: 2 }) : line;
  }
  try {
    if (typedValue(value) === value && literal(value) === `"${value}"`) return value;
  } catch {
    // It looks like JSON and is none: in quotes.
  }
  return literal(value);
}

/** What a value is, in a word. */
export function kindOf(value) {
  if (typeof value === "string") return value.includes("{{") ? "template" : "text";
  if (value instanceof NumberText) return "number";
  if (value === null) return "null";
  if (typeof value === "boolean") return "yes or no";
  return value instanceof Members ? "object" : "list";
}
