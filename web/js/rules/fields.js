import { Members, NumberText, parse, write } from "../json.js";
import { typedText, typedValue } from "./value.js";

/**
 * What can stand in a field of the form, each as it is typed. `empty` is a field nothing was typed in, `write` makes
 * JSON of it and throws a sentence, `read` takes JSON back and returns undefined for what the field cannot show.
 */
export const kinds = {
  text: {
    empty: () => "",
    isEmpty: (text) => text.trim() === "",
    write: (text) => text.trim(),
    read: (json) => (typeof json === "string" ? json : undefined),
  },
  number: {
    empty: () => "",
    isEmpty: (text) => text.trim() === "",
    write: (text, { label }) => {
      const number = parsed(text);
      if (!(number instanceof NumberText)) throw new Error(`${label}: a number, such as 2`);
      return number;
    },
    read: (json) => (json instanceof NumberText ? json.text : undefined),
  },
  choice: {
    empty: ({ options }) => options[0][0],
    isEmpty: () => false,
    write: (text) => text,
    read: (json, { options }) => (options.some(([value]) => value === json) ? json : undefined),
  },
  /** One word, or several with spaces between. */
  words: {
    empty: () => "",
    isEmpty: (text) => text.trim() === "",
    write: (text) => {
      const words = text.trim().split(/[\s,]+/).filter(Boolean);
      return words.length === 1 ? words[0] : words;
    },
    read: (json) => {
      const words = Array.isArray(json) ? json : [json];
      const areWords = words.length > 0 && words.every((word) => typeof word === "string" && /^[^\s,]+$/.test(word));
      return areWords ? words.join(" ") : undefined;
    },
  },
  paths: {
    empty: () => [""],
    isEmpty: (paths) => paths.every((path) => path.trim() === ""),
    write: (paths) => paths.map((path) => path.trim()).filter((path) => path !== ""),
    read: (json) => {
      const paths = typeof json === "string" ? [json] : json;
      return Array.isArray(paths) && paths.every((path) => typeof path === "string") ? paths : undefined;
    },
  },
  /** A list of values; null where there is none, which is something else than an empty one. */
  values: {
    empty: ({ isOptional }) => (isOptional ? null : [""]),
    isEmpty: (texts) => texts === null,
    write: (texts) => texts.filter((text, index) => text.trim() !== "" || index < texts.length - 1).map(typedValue),
    read: (json) => (Array.isArray(json) ? json.map(typedText) : undefined),
  },
  /** Paths and what to set there, as `[path, value]`. */
  assignments: {
    empty: () => [["", ""]],
    isEmpty: (pairs) => pairs.every(([path, value]) => path.trim() === "" && value.trim() === ""),
    write: (pairs) => {
      const wanted = pairs.filter(([path, value]) => path.trim() !== "" || value.trim() !== "");
      return new Members(wanted.map(([path, value]) => {
        if (path.trim() === "") throw new Error("say what to set: a path such as args[0].room");
        return [path.trim(), typedValue(value)];
      }));
    },
    read: (json) => {
      return json instanceof Members ? json.entries.map(([path, value]) => [path, typedText(value)]) : undefined;
    },
  },
  json: {
    empty: () => "",
    isEmpty: (text) => text.trim() === "",
    write: (text) => parse(text),
    read: (json) => write(json, { indent: 2 }),
  },
};

function parsed(text) {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
