import { Members, write } from "./json.js";

// What a reader cannot see, or what makes the text around it look like something else: control characters, marks that
// change the direction of text, spaces without width, separators, lone surrogates.
const unseen = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff" +
    "\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]|\\p{Cs}",
  "gu",
);

function codePoint(character) {
  return character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
}

/** Text as `[{ text, escaped }]`: each unseen character became a part of its own, such as `U+202E`. */
export function visibleParts(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(unseen)) {
    if (found.index > end) parts.push({ text: text.slice(end, found.index), escaped: false });
    parts.push({ text: `U+${codePoint(found[0])}`, escaped: true });
    end = found.index + found[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), escaped: false });
  return parts;
}

/** Text in one string, for places that take no nodes (titles, labels, list cells). */
export function visible(text) {
  return text.replace(unseen, (character) => `⟨U+${codePoint(character)}⟩`);
}

/** A string as a JSON literal that holds no unseen character. */
export function literal(text) {
  return JSON.stringify(text).replace(unseen, (character) => {
    let escaped = "";
    for (let index = 0; index < character.length; index++) {
      escaped += "\\u" + character.charCodeAt(index).toString(16).padStart(4, "0");
    }
    return escaped;
  });
}

/** The arguments on one line, cut at `limit` characters, without the brackets of the list. */
export function preview(args, limit = 200) {
  if (!Array.isArray(args)) return "";
  const parts = [];
  let left = limit;
  for (const argument of args) {
    if (left <= 0) {
      parts.push("…");
      break;
    }
    const attachment = binaryIndex(argument);
    const text =
      attachment === undefined ? write(argument, { limit: left, quote: literal }) : `binary #${attachment}`;
    parts.push(text);
    left -= text.length + 2;
  }
  return parts.join(", ");
}

/** The attachment that a `{"$binary": {"attachment": n}}` stands for; undefined for any other value. */
export function binaryIndex(value) {
  if (!(value instanceof Members) || value.entries.length !== 1) return undefined;
  const inner = value.get("$binary");
  const index = inner instanceof Members ? inner.get("attachment") : undefined;
  return index === undefined ? undefined : Number(index.text);
}

/**
 * What is wrong with the rules, and where: `path` in the rules, `line` and `column` in their file, as far as they are
 * known. An error without a path is not the file's.
 */
export function rulesError({ path, message, line, column }) {
  const says = visible(message ?? "The rules could not be read.");
  if (path === undefined) return says;
  const place = [
    line != null && `line ${line}`, column != null && `column ${column}`, path && visible(path),
  ].filter(Boolean).join(", ");
  return `The rules file is not used, and the rules before it stay. ${place ? `At ${place}: ` : ""}${says}`;
}

const two = (number) => String(number).padStart(2, "0");

/** `14:05:09.123` in local time. */
export function clock(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  const milliseconds = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}

/** The time with its nine digits, in local time, and its zone. */
export function fullTime(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  const fraction = /\.(\d+)/.exec(iso)?.[1] ?? "0";
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const offset = -date.getTimezoneOffset();
  const minutes = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${seconds}.${fraction.padEnd(9, "0")} ${zone}`;
}

/** How long ago it was, by this machine's clock. */
export function ago(iso, now = Date.now()) {
  const seconds = (now - new Date(iso).getTime()) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${plural(Math.floor(seconds / 86_400), "day")} ago`;
}

/** Milliseconds between two ISO times with nine fraction digits; a Date alone would round to whole ones. */
export function millisecondsBetween(start, end) {
  const [from, to] = [start, end].map((iso) => {
    const [whole, fraction = ""] = iso.replace("Z", "").split(".");
    return [Date.parse(whole + "Z"), Number(fraction.padEnd(9, "0")) / 1e6];
  });
  return to[0] - from[0] + (to[1] - from[1]);
}

export function latency(milliseconds) {
  if (milliseconds < 0.1) return `${Math.round(milliseconds * 1000)} µs`;
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}

/** Sizes by 1000, as in the filter language (`size:>10k`). */
export function bytes(count) {
  if (!Number.isFinite(count)) return "";
  if (count < 1000) return `${count} B`;
  if (count < 99_950) return `${(count / 1000).toFixed(1)} kB`;
  if (count < 999_500) return `${Math.round(count / 1000)} kB`;
  if (count < 1e9) return `${(count / 1e6).toFixed(1)} MB`;
  return `${(count / 1e9).toFixed(1)} GB`;
}

/** Memory by 1024, as in `--memory 64MiB`. */
export function memory(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${Math.round(count / 1024)} KiB`;
  return `${(count / 1024 / 1024).toFixed(1)} MiB`;
}

/** `12 345`, with a space that does not break. */
export function count(number) {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}

export function plural(number, one, many = one + "s") {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/**
 * Whether this is the ack of an injected event: it goes to whoever injected it and to no peer, which the server calls
 * dropped. `emit` is what it answers, where that is known.
 */
export function isReturned(event, emit) {
  if (event.kind !== "ack" || !event.answers || event.rules.length > 0) return false;
  if (event.verdict.length !== 1 || event.verdict[0] !== "dropped") return false;
  // Without a rule nothing else keeps an ack that answers something from its peer.
  return emit ? emit.injected || emit.verdict.includes("injected") : true;
}

/**
 * How the ack of an event stands: null where none belongs to it, else `{ state, milliseconds }` with the states of
 * the filter language. `closed` says whether its connection has ended. A dropped event has a sender that waits too.
 */
export function ackState(event, closed = false) {
  if (event.kind === "ack") {
    return event.answers ? { state: "answers", milliseconds: null } : { state: "unknown", milliseconds: null };
  }
  if (event.ack) return { state: "answered", milliseconds: event.ack.latencyMilliseconds };
  if (!event.wantsAck) return null;
  return { state: closed ? "unanswered" : "pending", milliseconds: null };
}

/** What became of an event, without the ordinary: `forwarded` alone says nothing. `emit` is what it answers. */
export function badges(event, emit) {
  if (isReturned(event, emit)) return ["returned", ...event.marks];
  const words = event.verdict.filter((word) => word !== "forwarded" && word !== "injected");
  if (event.injected || event.verdict.includes("injected")) words.unshift("injected");
  return [...new Set(words), ...event.marks];
}

/** Sixteen bytes a line: offset, hexadecimal, printable ASCII. */
export function hex(buffer, limit = 256) {
  const view = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, limit));
  const lines = [];
  for (let offset = 0; offset < view.length; offset += 16) {
    const row = [...view.subarray(offset, offset + 16)];
    const digits = row.map((byte) => byte.toString(16).padStart(2, "0"));
    const left = digits.slice(0, 8).join(" ").padEnd(23);
    const right = digits.slice(8).join(" ").padEnd(23);
    const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${offset.toString(16).padStart(6, "0")}  ${left}  ${right}  ${text}`);
  }
  return lines.join("\n");
}

/** Base64 of bytes, in pieces that `String.fromCharCode` can take. */
export function base64(buffer) {
  const view = new Uint8Array(buffer);
  let text = "";
  for (let offset = 0; offset < view.length; offset += 8192) {
    text += String.fromCharCode(...view.subarray(offset, offset + 8192));
  }
  return btoa(text);
}
