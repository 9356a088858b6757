// Engine.IO 4 and Socket.IO 5 packets as text and bytes. Nothing here sends, waits or knows a page.

const engineTypes = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
const socketTypes = ["connect", "disconnect", "event", "ack", "connect_error", "event", "ack"];
const separator = "\x1e";

/** Names that no peer may send an event by: they would look like the connection's own (Socket.IO v5). */
export const reservedNames = new Set([
  "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
]);
/** Most attachments of one packet, as in the JavaScript decoders of today. */
export const attachmentLimit = 10;

// Engine.IO: { type, data }, where data is text, or bytes for a binary message.

/** The packet as it stands in a polling body. */
export function encodeForPolling({ type, data = "" }) {
  return data instanceof Uint8Array ? "b" + base64(data) : engineTypes.indexOf(type) + data;
}

/** The packet as one WebSocket message: text, or the bytes of a binary message alone. */
export function encodeForWebSocket({ type, data = "" }) {
  return data instanceof Uint8Array ? data : engineTypes.indexOf(type) + data;
}

/** One packet from a polling body, or from a WebSocket's text message. */
export function decodeText(text) {
  if (text[0] === "b") return { type: "message", data: bytesOfBase64(text.slice(1)) };
  const type = /^[0-6]/.test(text) ? engineTypes[Number(text[0])] : undefined;
  if (type === undefined) throw new Error("no Engine.IO packet");
  return { type, data: text.slice(1) };
}

/** `data` of a WebSocket's message event, with the binary type "arraybuffer". */
export function decodeFrame(data) {
  return typeof data === "string" ? decodeText(data) : { type: "message", data: new Uint8Array(data) };
}

export function encodePayload(packets) {
  return packets.map(encodeForPolling).join(separator);
}

export function decodePayload(text) {
  return text.split(separator).map(decodeText);
}

/**
 * How many packets from the front fit into one polling body: `bytesLimit` is what the server takes (`maxPayload`), and
 * python-engineio drops a body of more than 16 packets. The first always fits, since nothing smaller can be made of it.
 */
export function payloadCount(packets, bytesLimit, countLimit = 16) {
  let bytes = 0;
  let count = 0;
  while (count < packets.length && count < countLimit) {
    const { data = "" } = packets[count];
    const size = data instanceof Uint8Array ? 1 + Math.ceil(data.length / 3) * 4 : 1 + utf8Length(data);
    bytes += size + (count > 0 ? 1 : 0);
    if (count > 0 && bytes > bytesLimit) break;
    count += 1;
  }
  return count;
}

function utf8Length(text) {
  return new TextEncoder().encode(text).length;
}

// Base64, by pieces: an argument list has a limit.

export function base64(bytes) {
  const piece = 0x8000;
  let text = "";
  for (let at = 0; at < bytes.length; at += piece) text += String.fromCharCode(...bytes.subarray(at, at + piece));
  return btoa(text);
}

export function bytesOfBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// Socket.IO: { type, namespace, id, data }. data is the list of an event ([name, ...arguments]) or ack, the value of a
// connect or connect_error. Whether a packet is of a binary kind follows from what is in its data.

/** The messages of one packet: its text, then its attachments. */
export function encodePacket({ type, namespace = "/", id = null, data }) {
  const attachments = [];
  const json = data === undefined ? "" : JSON.stringify(withPlaceholders(data, attachments));
  const kind = socketTypes.indexOf(type) + (attachments.length > 0 ? 3 : 0);
  const count = attachments.length > 0 ? `${attachments.length}-` : "";
  const where = namespace === "/" ? "" : `${namespace},`;
  return [`${kind}${count}${where}${id ?? ""}${json}`, ...attachments];
}

function withPlaceholders(value, attachments) {
  const bytes = bytesOf(value);
  if (bytes) return { _placeholder: true, num: attachments.push(bytes) - 1 };
  if (Array.isArray(value)) return value.map((each) => withPlaceholders(each, attachments));
  if (!isPlain(value)) return value;
  // fromEntries also makes a member named __proto__ an ordinary one.
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withPlaceholders(each, attachments)]));
}

function bytesOf(value) {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null;
}

/** What else is an object, such as a Date, is left to JSON.stringify. */
function isPlain(value) {
  if (typeof value !== "object" || value === null || typeof value.toJSON === "function") return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Turns the messages of one connection into packets, each whole with its attachments. */
export class PacketDecoder {
  #unfinished = null;

  /** The packet once its last attachment is in, null until then. Throws where the reference closes the connection. */
  receive(message) {
    if (typeof message === "string") {
      if (this.#unfinished) throw new Error("text in place of an attachment");
      const { packet, missing } = decodeHeader(message);
      if (missing === 0) return packet;
      this.#unfinished = { packet, missing, attachments: [] };
      return null;
    }
    if (!this.#unfinished) throw new Error("an attachment of no packet");
    const { packet, missing, attachments } = this.#unfinished;
    attachments.push(message);
    if (attachments.length < missing) return null;
    this.#unfinished = null;
    return { ...packet, data: withAttachments(packet.data, attachments) };
  }
}

const header = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*)(?:,|$))?(\d+)?/;

function decodeHeader(text) {
  const found = header.exec(text);
  if (!found) throw new Error("no Socket.IO packet");
  const [whole, digit, count, namespace = "/", id] = found;
  const isBinary = digit === "5" || digit === "6";
  if (isBinary !== (count !== undefined)) throw new Error("a count of attachments where none belongs, or none");
  const missing = isBinary ? Number(count) : 0;
  if (missing > attachmentLimit) throw new Error("too many attachments");
  const rest = text.slice(whole.length);
  const type = socketTypes[Number(digit)];
  const data = rest === "" ? undefined : JSON.parse(rest);
  if (!isValid(type, data)) throw new Error(`no data for ${type}`);
  return { packet: { type, namespace, id: id === undefined ? null : Number(id), data }, missing };
}

function isValid(type, data) {
  switch (type) {
    case "connect": return data === undefined || isMap(data);
    case "disconnect": return data === undefined;
    case "connect_error": return typeof data === "string" || isMap(data);
    case "ack": return Array.isArray(data);
    default:
      return Array.isArray(data) && (typeof data[0] === "number" || typeof data[0] === "string")
        && !reservedNames.has(data[0]);
  }
}

function isMap(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withAttachments(value, attachments) {
  if (Array.isArray(value)) return value.map((each) => withAttachments(each, attachments));
  if (!isMap(value)) return value;
  if (value._placeholder !== true) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, withAttachments(each, attachments)]),
    );
  }
  const bytes = Number.isInteger(value.num) ? attachments[value.num] : undefined;
  if (!bytes) throw new Error("a placeholder of no attachment");
  return bytes;
}
