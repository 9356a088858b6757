import { parse, plain, Members } from "./json.js";

const root = "/api/v1/";

/**
 * What the server answered instead: its status, code and sentence, and the event that was sent all the same. Status 0
 * is no answer at all.
 */
export class APIError extends Error {
  constructor(status, code, message, { event = null, column = null } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.event = event;
    // The column, from 1, of a filter or JSON error; where it stands only in the message, that one.
    this.column = column ?? columnIn(message);
  }

  /** The message without the parameter and the column it may begin with. */
  get sentence() {
    return this.message.replace(/^'filter': /, "").replace(/^column \d+: /, "");
  }
}

function columnIn(message) {
  const found = /\bcolumn (\d+)/.exec(message);
  return found ? Number(found[1]) : null;
}

async function send(method, path, body) {
  const options = { method, credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.body = body;
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path.startsWith("/") ? path : root + path, options);
  } catch {
    throw new APIError(0, "unreachable", "Siphon does not answer. Is it still running?");
  }
  if (response.ok) return response;
  const text = await response.text();
  let error = {};
  try {
    error = plain(parse(text));
  } catch {
    // Not from Siphon's API: the status must do.
  }
  const message = error?.message ?? `the server answered ${response.status}`;
  throw new APIError(response.status, error?.error ?? "", message, error ?? {});
}

async function call(method, path, body) {
  const text = await (await send(method, path, body)).text();
  return text === "" ? null : parse(text);
}

function query(parameters) {
  const entries = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  return entries.length === 0 ? "" : "?" + new URLSearchParams(entries);
}

/** An event as the views take it: Siphon's fields as plain values, what a peer wrote as it was on the wire. */
export function eventOf(node) {
  const event = {
    args: [], original: null, verdict: [], rules: [], marks: [], attachments: [], ack: null, ackId: null, name: null,
    namespace: "/", injected: false, wantsAck: false, answers: null, sizeBytes: NaN,
  };
  for (const [key, value] of node.entries) {
    if (key === "args") event.args = Array.isArray(value) ? value : [value];
    else if (key === "original") event.original = value instanceof Members ? value : null;
    else if (key === "ackId") event.ackId = value === null ? null : (value.text ?? String(value));
    else if (key !== "__proto__" && value !== null) event[key] = plain(value);
  }
  event.number = numberOf(event.id);
  return event;
}

/** Events are ordered by the number in their id. */
export function numberOf(id) {
  return Number(id.slice(1));
}

/** `{ events, next, evicted }`, ascending. */
export async function events(parameters) {
  const node = await call("GET", "events" + query(parameters));
  return {
    events: node.get("events").map(eventOf),
    next: node.get("next") ?? null,
    evicted: plain(node.get("evicted") ?? 0),
  };
}

export async function event(id) {
  return eventOf(await call("GET", `events/${encodeURIComponent(id)}`));
}

/** Forgets every event. */
export async function clearEvents() {
  await call("DELETE", "events");
}

export function attachmentURL(id, index) {
  return `${root}events/${encodeURIComponent(id)}/attachments/${index}`;
}

export async function attachment(id, index) {
  return (await send("GET", `events/${encodeURIComponent(id)}/attachments/${index}`)).arrayBuffer();
}

/** All connections that are kept, over as many pages as it takes. */
export async function connections() {
  const all = [];
  let after;
  do {
    const page = plain(await call("GET", "connections" + query({ after, limit: 1000 })));
    all.push(...page.connections);
    after = page.next ?? undefined;
  } while (after !== undefined && all.length < 30_000);
  return all;
}

export async function connection(id) {
  return plain(await call("GET", `connections/${encodeURIComponent(id)}`));
}

export async function disconnect(id, how, namespace) {
  await call("DELETE", `connections/${encodeURIComponent(id)}` + query({ how, namespace }));
}

/** `args` is JSON text, so that each number leaves with the text it was typed with. */
export async function inject(connection, { to, namespace, name, args, ack, timeoutMilliseconds }) {
  const rest = JSON.stringify({ to, namespace, name, ack, timeoutMilliseconds });
  const body = `${rest.slice(0, -1)},"args":${args}}`;
  const node = await call("POST", `connections/${encodeURIComponent(connection)}/events`, body);
  const ackNode = node.get("ack") ?? null;
  return {
    event: node.get("event"),
    ack: ackNode && { args: ackNode.get("args"), latencyMilliseconds: plain(ackNode.get("latencyMilliseconds")) },
  };
}

export async function status() {
  return plain(await call("GET", "status"));
}

/** `{ rules, error }`; a rule keeps its own text in `node`, since its values are the user's. */
export async function rules() {
  const node = await call("GET", "rules");
  const rules = node.get("rules").map((node) => ({ ...plain(node), node }));
  return { rules, error: plain(node.get("error") ?? null) };
}

export async function addRule(json) {
  return plain(await call("POST", "rules", json));
}

export async function replaceRule(id, json) {
  await call("PUT", `rules/${encodeURIComponent(id)}`, json);
}

export async function deleteRule(id) {
  await call("DELETE", `rules/${encodeURIComponent(id)}`);
}

export async function orderRules(ids) {
  await call("PUT", "rules/order", JSON.stringify({ ids }));
}

/** Writes the rules in force to their file: `{ path, rules }`. */
export async function saveRules() {
  return plain(await call("POST", "rules/save", "{}"));
}

/** What a rule would have done: `{ tested, matched, matches: [{ event, becomes }] }`, the newest `limit` of these; `becomes`
 * keeps a peer's text. */
export async function testRule(json, limit) {
  const node = await call("POST", "rules/test", `{"rule":${json},"filter":"","limit":${limit}}`);
  const matches = node.get("matches").map((match) => ({
    event: eventOf(match.get("event")), becomes: match.get("becomes") ?? new Members(),
  }));
  return { tested: plain(node.get("tested")), matched: plain(node.get("matched")), matches };
}

/** The text of `siphon help filters`. */
export async function filterHelp() {
  return (await send("GET", "/help/filters.txt")).text();
}

/**
 * Opens the live stream. `on` has `open()`, `event(event)`, `connection(connection)`, `skipped(count)` and
 * `lost(isFinal)`: after a final loss the browser does not try again by itself. Returns a function that ends it.
 */
export function stream(filter, on) {
  const source = new EventSource(root + "stream" + query({ filter }));
  source.addEventListener("open", () => on.open());
  source.addEventListener("siphon-event", (message) => on.event(eventOf(parse(message.data))));
  source.addEventListener("connection", (message) => on.connection(plain(parse(message.data))));
  source.addEventListener("skipped", (message) => on.skipped(skippedCount(plain(parse(message.data)))));
  source.addEventListener("error", () => on.lost(source.readyState === EventSource.CLOSED));
  return () => source.close();
}

function skippedCount(value) {
  return typeof value === "number" ? value : (value?.count ?? 0);
}
