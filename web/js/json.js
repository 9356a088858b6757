// JSON.parse turns 1.0 into 1 and 12345678901234567890 into 12345678901234567000, sorts number-like keys and drops
// repeated ones. What went over the wire must be shown as it was, so the page reads JSON itself.

/** A number by its text. */
export class NumberText {
  constructor(text) {
    this.text = text;
  }
}

/** An object as a list of `[key, value]`, in order; a key may come twice. */
export class Members {
  constructor(entries = []) {
    this.entries = entries;
  }

  /** The value of the last member with this key, as JavaScript would have it; undefined for none. */
  get(key) {
    for (let index = this.entries.length - 1; index >= 0; index--) {
      if (this.entries[index][0] === key) return this.entries[index][1];
    }
    return undefined;
  }
}

export class JSONTextError extends Error {
  constructor(expected, offset, text) {
    const before = text.slice(0, offset);
    const line = before.split("\n").length;
    const column = offset - before.lastIndexOf("\n");
    super(`line ${line}, column ${column}: expected ${expected}`);
    this.offset = offset;
    this.expected = expected;
  }
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const plainString = /"([^"\\\u0000-\u001f]*)"/y;
const stringRun = /[^"\\\u0000-\u001f]*/y;
const words = [["true", true], ["false", false], ["null", null]];
const escapes = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

function match(pattern, text, offset) {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}

/** Reads one string whose opening quote is at `offset`; returns it and the offset behind its closing quote. */
function readString(text, offset) {
  const quick = match(plainString, text, offset);
  if (quick) return [quick[1], offset + quick[0].length];
  let result = "";
  let at = offset + 1;
  for (;;) {
    const run = match(stringRun, text, at)[0];
    result += run;
    at += run.length;
    const character = text[at];
    if (character === '"') return [result, at + 1];
    if (character === undefined) throw new JSONTextError("a closing quote", at, text);
    if (character !== "\\") throw new JSONTextError("no bare control character in a string", at, text);
    const escape = text[at + 1];
    if (escape === "u") {
      const digits = text.slice(at + 2, at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new JSONTextError("four hexadecimal digits", at + 2, text);
      result += String.fromCharCode(parseInt(digits, 16));
      at += 6;
    } else {
      if (escape === undefined || !Object.hasOwn(escapes, escape)) {
        throw new JSONTextError("an escape", at + 1, text);
      }
      result += escapes[escape];
      at += 2;
    }
  }
}

/**
* Reads a JSON text into strings, booleans, null, arrays, `NumberText` and `Members`. Keeps its own stack, since a
* peer may nest deeper than the engine's reaches.
*/
export function parse(text) {
  const open = [];
  let at = match(space, text, 0)[0].length;
  const skip = () => {
    at += match(space, text, at)[0].length;
  };
  const readKey = (members) => {
    if (text[at] !== '"') throw new JSONTextError("a key in quotes", at, text);
    const [key, end] = readString(text, at);
    at = end;
    skip();
    if (text[at] !== ":") throw new JSONTextError("a colon", at, text);
    at += 1;
    skip();
    members.entries.push([key, undefined]);
  };
  for (;;) {
    let value;
    const character = text[at];
    if (character === "{" || character === "[") {
      value = character === "{" ? new Members() : [];
      at += 1;
      skip();
      if (text[at] !== (character === "{" ? "}" : "]")) {
        open.push(value);
        if (character === "{") readKey(value);
        continue;
      }
      at += 1;
    } else if (character === '"') {
      [value, at] = readString(text, at);
    } else {
      const digits = match(number, text, at);
      const word = digits ? undefined : words.find(([name]) => text.startsWith(name, at));
      if (!digits && !word) throw new JSONTextError("a value", at, text);
      value = digits ? new NumberText(digits[0]) : word[1];
      at += digits ? digits[0].length : word[0].length;
    }
    for (;;) {
      skip();
      const container = open.at(-1);
      if (container === undefined) {
        if (at < text.length) throw new JSONTextError("nothing more", at, text);
        return value;
      }
      const isArray = Array.isArray(container);
      if (isArray) container.push(value);
      else container.entries.at(-1)[1] = value;
      if (text[at] === ",") {
        at += 1;
        skip();
        if (!isArray) readKey(container);
        break;
      }
      if (text[at] !== (isArray ? "]" : "}")) {
        throw new JSONTextError(isArray ? "a comma or ]" : "a comma or }", at, text);
      }
      at += 1;
      value = open.pop();
    }
  }
}

/**
* The JSON text of a value; with `indent` spaces a level it is laid out over lines. It stops with an ellipsis once
* `limit` characters are written. Keeps its own stack, as `parse` does.
*/
export function write(value, { indent = 0, limit = Infinity, quote = JSON.stringify } = {}) {
  const parts = [];
  let length = 0;
  const put = (text) => {
    parts.push(text);
    length += text.length;
  };
  // A peer's string may be megabytes long: no more of it is quoted than can be shown.
  const fitting = (text) => (text.length > limit - length ? text.slice(0, limit - length + 1) : text);
  const newline = (depth) => {
    if (indent > 0) put("\n" + " ".repeat(indent * depth));
  };
  const open = [];
  const begin = (value) => {
    if (value instanceof NumberText) return put(value.text);
    if (typeof value === "string") return put(quote(fitting(value)));
    if (Array.isArray(value)) {
      put("[");
      return open.push({ list: value, next: 0, close: "]" });
    }
    if (value instanceof Members) {
      put("{");
      return open.push({ list: value.entries, next: 0, close: "}" });
    }
    return put(String(value));
  };
  begin(value);
  while (open.length > 0 && length <= limit) {
    const level = open.at(-1);
    if (level.next === level.list.length) {
      open.pop();
      if (level.next > 0) newline(open.length);
      put(level.close);
      continue;
    }
    if (level.next > 0) put(",");
    if (level.next > 0 && indent === 0 && limit !== Infinity) put(" ");
    newline(open.length);
    const item = level.list[level.next++];
    if (level.close === "}") {
      put(quote(fitting(item[0])) + (indent > 0 || limit !== Infinity ? ": " : ":"));
      begin(item[1]);
    } else {
      begin(item);
    }
  }
  const text = parts.join("");
  return text.length > limit ? text.slice(0, limit) + "…" : text;
}

/** Ordinary JavaScript values, for the fields of the API that are Siphon's own and never a peer's. */
export function plain(value) {
  if (value instanceof NumberText) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Members)) return value;
  const object = Object.create(null);
  for (const [key, member] of value.entries) object[key] = plain(member);
  return object;
}
