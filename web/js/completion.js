import { quoted, valueStart, wordStart } from "./filter.js";
import { binaryIndex } from "./format.js";
import { write } from "./json.js";
import { membersOf, pathsOf } from "./paths.js";

const keys = ["event:", "kind:", "from:", "conn:", "ns:", "is:", "transport:", "eio:", "parser:", "size:", "latency:",
  "time:", "mark:", "name:", "args[", "ack.args[", "not", "and", "or"];
const kinds = ["event", "ack", "connect", "connect_error", "disconnect", "handshake", "open", "upgrade", "close",
  "opaque", "ping", "pong"];
const verdicts = ["forwarded", "modified", "dropped", "delayed", "throttled", "duplicated", "reordered", "held",
  "injected", "replied"];
const ackStates = ["pending", "answered", "late", "duplicate", "unknown", "unanswered"];
const fixed = {
  kind: kinds, from: ["client", "upstream"], is: [...verdicts, ...ackStates], transport: ["polling", "websocket"],
  parser: ["json", "msgpack"], eio: ["3", "4"], size: [">1k", ">100k"], latency: [">100ms", ">1s"],
  time: [">-1m", ">-1h"],
};
const limit = 12;
/** Events that are looked at for the paths in them. */
const sampleSize = 40;

/** What the page has seen and a filter may speak of. It is looked up when it is asked for. */
export function seenBy(state) {
  return {
    names: () => [...state.names.keys()],
    connections: () => [...state.connections.keys()].reverse(),
    namespaces: () => {
      const joined = [...state.connections.values()].flatMap(({ namespaces = [] }) => namespaces);
      return [...new Set([...state.names.values(), ...joined.map(({ name }) => name)])];
    },
    marks: () => [...new Set(sample(state).flatMap((event) => event.marks ?? []))],
    values: () => sample(state).flatMap((event) => pathsOf(event.args ?? [])),
  };
}

function sample(state) {
  const recent = state.items.slice(-sampleSize).reverse();
  return [state.detail?.event, ...recent].filter((item) => item && !item.isGap);
}

/** What could stand at the end of `text`, the filter up to the caret: `{ start, offers }`, for all behind `start`. */
export function offersAt(text, seen) {
  const start = wordStart(text);
  const word = text.slice(start);
  if (word === "") return { start, offers: [] };
  const key = /^((?:[^:"[\]]|\[[^\]]*\])+):/.exec(word)?.[1];
  const offers = key === undefined ? keyOffers(word, seen) : valueOffers(key, word, seen);
  const wanted = offers.filter((offer) => startsWith(offer, word) && offer !== word);
  return { start, offers: [...new Set(wanted)].slice(0, limit) };
}

function keyOffers(word, seen) {
  if (!/^ar/i.test(word)) return keys;
  const single = seen.values().filter(([, value]) => membersOf(value) === null);
  return [...keys, ...single.map(([path]) => `${path}:`)];
}

/** Each offer is the whole term: `kind:event|` and then another kind. */
function valueOffers(key, word, seen) {
  const before = word.slice(0, valueStart(word, key));
  const given = before.slice(key.length + 1).split("|");
  return valuesOf(key, seen).filter((value) => !given.includes(value)).map((value) => before + value);
}

function valuesOf(key, seen) {
  if (Object.hasOwn(fixed, key)) return fixed[key];
  if (key === "event" || key === "name") return seen.names().map(quoted);
  if (key === "conn") return seen.connections();
  if (key === "ns") return seen.namespaces().map(quoted);
  if (key === "mark") return seen.marks().map(quoted);
  if (!/^(args|ack)\b/.test(key)) return [];
  const found = seen.values().filter(([path]) => path === key).map(([, value]) => value);
  const written = found.filter(isShort).map((value) => (typeof value === "string" ? quoted(value) : write(value)));
  return ["exists", ...written];
}

function isShort(value) {
  return membersOf(value) === null && binaryIndex(value) === undefined && write(value, { limit: 41 }).length <= 40;
}

/** Quotes are not what somebody looks for. */
function startsWith(offer, word) {
  const [whole, begun] = [offer, word].map((text) => text.toLowerCase().replaceAll('"', ""));
  return whole.startsWith(begun);
}
