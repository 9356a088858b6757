import { binaryIndex, literal } from "./format.js";
import { Members, write } from "./json.js";

/** Members of one value that are looked at. */
const width = 50;

/** A member's path in the filter language: `args[0].a["b.c"]`. */
export function pathTo(path, key) {
  if (typeof key === "number") return `${path}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${literal(key.slice(0, 200))}]`;
}

/** `[key, value]` of a list or an object, else null. An attachment is a value of its own. */
export function membersOf(value) {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  return value instanceof Members && binaryIndex(value) === undefined ? value.entries : null;
}

/** Paths and values in arguments, the outer ones first, as `[path, value]`. */
export function pathsOf(args, { root = "args", limit = 60, depth = 5 } = {}) {
  const found = [];
  let level = [[root, args]];
  for (let at = 0; at < depth && level.length > 0; at++) {
    const next = [];
    for (const [path, value] of level) {
      for (const [key, member] of (membersOf(value) ?? []).slice(0, width)) {
        if (found.length === limit) return found;
        if (String(key).length > 100) continue;
        next.push([pathTo(path, key), member]);
        found.push(next.at(-1));
      }
    }
    level = next;
  }
  return found;
}

/**
 * Where two values differ, as `{ path, before, after }`, at most `limit`; undefined stands for what is not there.
 */
export function differences(before, after, path, limit = 20) {
  const found = [];
  const open = [{ path, before, after }];
  while (open.length > 0 && found.length < limit) {
    const pair = open.pop();
    const [left, right] = [membersOf(pair.before), membersOf(pair.after)];
    const isSameKind = left && right && Array.isArray(pair.before) === Array.isArray(pair.after);
    if (!isSameKind) {
      if (text(pair.before) !== text(pair.after)) found.push(pair);
      continue;
    }
    const [old, now] = [new Map(left), new Map(right)];
    const keys = [...new Set([...old.keys(), ...now.keys()])];
    // The last in is the first out.
    for (const key of keys.reverse()) {
      open.push({ path: pathTo(pair.path, key), before: old.get(key), after: now.get(key) });
    }
  }
  return found;
}

function text(value) {
  return value === undefined ? undefined : write(value, { limit: 100_000 });
}
