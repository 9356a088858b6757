import { Engine } from "./engine.js";
import { encodePacket, PacketDecoder, reservedNames } from "./packets.js";

/** Events that wait for a connection; past it `emit` returns false and `call` fails. */
const waitingLimit = 100;

/** Milliseconds before the attempt of that number, from 0: doubled each time, up to `most`, give or take a half. */
export function backoff(attempt, { first = 500, most = 5000 } = {}, random = Math.random) {
  return Math.round(Math.min(first * 2 ** attempt, most) * (0.5 + random()));
}

/**
 * A connection to a Socket.IO server with any number of namespaces, which comes back by itself when it is lost.
 *
 * `onState` is told `{ state, transport, reason, retryIn }`, where the state is connecting, open, waiting (for the next
 * attempt) or closed.
 */
export class Client {
  onState = () => {};
  #url;
  #options;
  #sockets = new Map();
  #engine = null;
  #isOpen = false;
  #decoder = null;
  #attempt = 0;
  #retry = null;

  /** `options`: those of Engine, and `reconnection`, the limits of `backoff` or false. */
  constructor(url, options = {}) {
    this.#url = url;
    this.#options = options;
  }

  /** The socket of that namespace. It connects at once; `auth` is a value, or a function that gives one each time. */
  socket(namespace = "/", { auth } = {}) {
    if (this.#sockets.has(namespace)) return this.#sockets.get(namespace);
    const socket = new Socket(namespace, auth, {
      send: (packet) => this.#send(packet),
      activate: () => this.#activate(socket),
      released: () => this.#release(),
      connected: () => (this.#attempt = 0),
    });
    this.#sockets.set(namespace, socket);
    socket.connect();
    return socket;
  }

  get transport() {
    return this.#isOpen ? this.#engine.transport : null;
  }

  /** Leaves all namespaces and closes. */
  disconnect() {
    for (const socket of this.#sockets.values()) socket.disconnect();
    this.#release();
  }

  #activate(socket) {
    if (this.#isOpen) socket.sendConnect();
    else if (!this.#engine) this.#open();
  }

  #open() {
    clearTimeout(this.#retry);
    this.#retry = null;
    this.#decoder = new PacketDecoder();
    this.#tell({ state: "connecting" });
    const engine = new Engine(this.#url, this.#options, {
      opened: () => {
        this.#isOpen = true;
        for (const socket of this.#sockets.values()) if (socket.isActive) socket.sendConnect();
      },
      transport: (transport) => this.#tell({ state: "open", transport }),
      message: (data) => this.#receive(data),
      closed: (reason) => this.#closed(engine, reason),
    });
    this.#engine = engine;
  }

  #send(packet) {
    if (!this.#isOpen) return;
    for (const message of encodePacket(packet)) this.#engine.send(message);
  }

  /** Throws for what is no packet, which ends the session. */
  #receive(data) {
    const packet = this.#decoder.receive(data);
    if (packet) this.#sockets.get(packet.namespace)?.receive(packet);
  }

  #release() {
    if ([...this.#sockets.values()].some((socket) => socket.isActive)) return;
    clearTimeout(this.#retry);
    const wasWaiting = this.#retry !== null;
    this.#retry = null;
    if (this.#engine) this.#engine.close();
    else if (wasWaiting) this.#tell({ state: "closed", reason: "client disconnect" });
  }

  #closed(engine, reason) {
    if (this.#engine && this.#engine !== engine) return;
    this.#engine = null;
    this.#isOpen = false;
    for (const socket of this.#sockets.values()) socket.lost(reason);
    const isWanted = [...this.#sockets.values()].some((socket) => socket.isActive);
    if (!isWanted || this.#options.reconnection === false) {
      this.#tell({ state: "closed", reason });
      return;
    }
    const retryIn = backoff(this.#attempt, this.#options.reconnection || {});
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#open(), retryIn);
    this.#tell({ state: "waiting", reason, retryIn });
  }

  #tell(state) {
    run(() => this.onState(state));
  }
}

/** One namespace of a Client. */
export class Socket {
  onConnect = () => {};
  /** (reason): the connection was lost, or "server disconnect" or "client disconnect". */
  onDisconnect = () => {};
  /** ({ message, data }): the server does not let us in. `connect()` tries again. */
  onRefused = () => {};
  /** The server's id for this connection to the namespace. */
  id = null;
  /** Whether it is, or shall be, connected. */
  isActive = false;
  #namespace;
  #auth;
  #client;
  #handlers = new Map();
  #waiting = [];
  /** Events that came before the answer to our connect. */
  #early = [];
  #nextID = 0;
  #calls = new Map();

  constructor(namespace, auth, client) {
    this.#namespace = namespace;
    this.#auth = auth;
    this.#client = client;
  }

  get isConnected() {
    return this.id !== null;
  }

  connect() {
    if (this.isActive) return;
    this.isActive = true;
    this.#client.activate();
  }

  disconnect() {
    if (!this.isActive) return;
    const wasConnected = this.isConnected;
    if (wasConnected) this.#send({ type: "disconnect" });
    this.isActive = false;
    this.#waiting = [];
    this.lost("client disconnect");
    this.#client.released();
  }

  /** Calls `handler(...args)` for each such event; behind the arguments a function where the server wants an ack. */
  on(name, handler) {
    this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler]);
  }

  /** Sends an event, once connected. False when too many wait already. */
  emit(name, ...args) {
    return this.#sendOrWait({ type: "event", data: checked(name, args) });
  }

  /** Sends an event with an ack; a promise of the ack's arguments as a list, which fails after `timeout` ms. */
  call(name, args = [], { timeout = 5000 } = {}) {
    const id = this.#nextID++;
    const packet = { type: "event", id, data: checked(name, args) };
    return new Promise((resolve, reject) => {
      const settle = (act) => (value) => {
        clearTimeout(timer);
        this.#calls.delete(id);
        act(value);
      };
      const call = { resolve: settle(resolve), reject: settle(reject), isSent: false };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((each) => each !== packet);
        call.reject(new Error("no answer"));
      }, timeout);
      this.#calls.set(id, call);
      if (!this.#sendOrWait(packet)) call.reject(new Error("too many events wait for a connection"));
    });
  }

  #sendOrWait(packet) {
    if (this.isConnected) {
      this.#send(packet);
      return true;
    }
    if (this.#waiting.length >= waitingLimit) return false;
    this.#waiting.push(packet);
    return true;
  }

  #send(packet) {
    const call = packet.type === "event" && this.#calls.get(packet.id);
    if (call) call.isSent = true;
    this.#client.send({ ...packet, namespace: this.#namespace });
  }

  // What the Client tells it

  sendConnect() {
    const auth = typeof this.#auth === "function" ? this.#auth() : this.#auth;
    this.#early = [];
    this.#send({ type: "connect", data: auth });
  }

  receive({ type, id, data }) {
    switch (type) {
      case "connect": return this.#connected(data);
      case "connect_error": return this.#refused(data);
      case "disconnect": return this.#disconnected();
      case "ack":
        this.#calls.get(id)?.resolve(data);
        return;
      default:
        if (this.isConnected) this.#dispatch(id, data);
        else if (this.isActive) this.#early.push([id, data]);
    }
  }

  #connected(data) {
    if (!this.isActive || typeof data?.sid !== "string") throw new Error("no answer to a connect");
    this.id = data.sid;
    this.#client.connected();
    for (const [id, event] of this.#early.splice(0)) this.#dispatch(id, event);
    run(() => this.onConnect());
    for (const packet of this.#waiting.splice(0)) this.#send(packet);
  }

  /** A server may say why as a map or, as python does for unknown namespaces, as a string. */
  #refused(data) {
    this.isActive = false;
    this.#fail(() => true);
    this.#waiting = [];
    run(() => this.onRefused(typeof data === "string" ? { message: data } : data));
    this.#client.released();
  }

  #disconnected() {
    this.isActive = false;
    this.#waiting = [];
    this.lost("server disconnect");
    this.#client.released();
  }

  /** The connection, or this namespace of it, is gone. */
  lost(reason) {
    const wasConnected = this.isConnected;
    this.id = null;
    this.#fail((call) => call.isSent || !this.isActive);
    if (wasConnected) run(() => this.onDisconnect(reason));
  }

  #fail(isMeant) {
    for (const call of [...this.#calls.values()]) if (isMeant(call)) call.reject(new Error("disconnected"));
  }

  #dispatch(id, [name, ...args]) {
    let isAcknowledged = false;
    const acknowledge = (...answer) => {
      if (isAcknowledged || !this.isConnected) return;
      isAcknowledged = true;
      this.#send({ type: "ack", id, data: answer });
    };
    const all = id === null ? args : [...args, acknowledge];
    for (const handler of this.#handlers.get(name) ?? []) run(() => handler(...all));
  }
}

function checked(name, args) {
  if (reservedNames.has(name)) throw new Error(`${name} is no name for an event`);
  return [name, ...args];
}

/** A fault in a handler is the page's: it must not look like the peer's, and not keep others from running. */
function run(handler) {
  try {
    handler();
  } catch (error) {
    reportError(error);
  }
}
