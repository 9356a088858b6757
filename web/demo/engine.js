import { decodeFrame, decodePayload, encodeForWebSocket, encodePayload, payloadCount } from "./packets.js";

/**
 * One Engine.IO 4 session: by polling with an upgrade to WebSocket, or by one of the two alone. It opens once and ends
 * once; whoever wants another session makes another Engine.
 *
 * `heard` is told by calls: `opened()`, `transport(name)`, `message(data)` with text or bytes, `closed(reason)`.
 */
export class Engine {
  #url;
  #options;
  #heard;
  /** opening, open, closing, closed */
  #state = "opening";
  #transport;
  #queue = [];
  #handshake = null;
  #isPolling = false;
  /** The POST under way; a server takes one at a time. */
  #posting = null;
  #webSocket = null;
  /** The WebSocket that may become the transport: { webSocket, isAnswered }. */
  #probe = null;
  #timer = null;
  #abort = new AbortController();

  /** `transports`: the first is opened, "websocket" behind "polling" allows the upgrade. */
  constructor(url, { path = "/socket.io/", transports = ["polling", "websocket"], openTimeout = 10_000 }, heard) {
    this.#url = new URL(path, url);
    this.#options = { transports };
    this.#heard = heard;
    this.#transport = transports[0];
    this.#timer = setTimeout(() => this.#end("timeout"), openTimeout);
    if (this.#transport === "websocket") this.#openWebSocket();
    else this.#poll();
  }

  get transport() {
    return this.#transport;
  }

  /** Sends one message, text or bytes, as soon as the transport takes it. */
  send(data) {
    this.#write({ type: "message", data });
  }

  /** Ends the session in good order: what is queued still goes out. */
  async close(reason = "client disconnect") {
    if (this.#state === "closed" || this.#state === "closing") return;
    const wasOpen = this.#state === "open";
    this.#state = "closing";
    this.#dropProbe();
    if (wasOpen && this.#transport === "websocket") this.#flushWebSocket();
    if (wasOpen && this.#transport === "polling") {
      // The poll is aborted only after this: servers take an aborted poll for a lost connection.
      const patience = setTimeout(() => this.#abort.abort(), 2000);
      await this.#posting?.catch(() => {});
      this.#queue.push({ type: "close" });
      while (this.#queue.length > 0 && !this.#abort.signal.aborted) await this.#post(this.#takeBatch()).catch(() => {});
      clearTimeout(patience);
    }
    this.#end(reason);
  }

  #address(transport) {
    const url = new URL(this.#url);
    if (transport === "websocket") url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("EIO", "4");
    url.searchParams.set("transport", transport);
    if (this.#handshake) url.searchParams.set("sid", this.#handshake.sid);
    return url;
  }

  #write(packet) {
    if (this.#state === "closed" || this.#state === "closing") return;
    this.#queue.push(packet);
    this.#flush();
  }

  #flush() {
    if (this.#state !== "open") return;
    if (this.#transport === "websocket") this.#flushWebSocket();
    else this.#flushPolling();
  }

  #receive(packet) {
    if (this.#state !== "opening" && this.#state !== "open") return;
    switch (packet.type) {
      case "open":
        this.#opened(packet.data);
        break;
      case "ping":
        this.#expectPing();
        this.#write({ type: "pong", data: packet.data });
        break;
      case "message":
        if (this.#state === "open") this.#heard.message(packet.data);
        break;
      case "close":
        this.#end("transport close");
        break;
      default: // noop: its arrival is all there is to it
    }
  }

  #opened(text) {
    const handshake = JSON.parse(text);
    const { sid, upgrades, pingInterval, pingTimeout } = handshake;
    if (this.#state !== "opening" || typeof sid !== "string" || !(pingInterval >= 0) || !(pingTimeout > 0)) {
      throw new Error("no Engine.IO handshake");
    }
    this.#handshake = handshake;
    this.#state = "open";
    this.#expectPing();
    this.#heard.transport(this.#transport);
    this.#heard.opened();
    const mayUpgrade = Array.isArray(upgrades) && upgrades.includes("websocket");
    const isWanted = this.#options.transports.includes("websocket");
    if (this.#transport === "polling" && isWanted && mayUpgrade) this.#startProbe();
    this.#flush();
  }

  /** The server pings; one that does not for this long is gone (Engine.IO v4, heartbeat). */
  #expectPing() {
    clearTimeout(this.#timer);
    const { pingInterval, pingTimeout } = this.#handshake;
    this.#timer = setTimeout(() => this.#end("ping timeout"), pingInterval + pingTimeout);
  }

  /** Runs what takes in bytes of the peer; where it throws, the session ends. */
  #guarded(take) {
    try {
      take();
    } catch (error) {
      console.warn("what the server sent makes no sense:", error);
      this.#end("parse error");
    }
  }

  #end(reason) {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#dropProbe();
    this.#abort.abort();
    this.#webSocket?.close();
    this.#heard.closed(reason);
  }

  // Polling

  async #poll() {
    this.#isPolling = true;
    try {
      const text = await this.#request("GET");
      this.#isPolling = false;
      this.#guarded(() => {
        for (const packet of decodePayload(text)) this.#receive(packet);
      });
      this.#goOn();
    } catch {
      this.#isPolling = false;
      if (this.#state !== "closing") this.#end("transport error");
    }
  }

  /** After a request ended: the next poll, or the last step of the upgrade once no request is left. */
  #goOn() {
    if (this.#state !== "open" || this.#transport !== "polling") return;
    if (!this.#probe?.isAnswered) {
      if (!this.#isPolling) this.#poll();
      this.#flushPolling();
      return;
    }
    if (this.#isPolling || this.#posting) return;
    const { webSocket } = this.#probe;
    this.#probe = null;
    this.#webSocket = webSocket;
    this.#transport = "websocket";
    webSocket.send(encodeForWebSocket({ type: "upgrade" }));
    this.#heard.transport("websocket");
    this.#flushWebSocket();
  }

  #flushPolling() {
    if (this.#posting || this.#queue.length === 0 || this.#probe?.isAnswered) return;
    this.#posting = this.#post(this.#takeBatch());
    this.#posting.then(
      () => {
        this.#posting = null;
        this.#goOn();
      },
      () => {
        this.#posting = null;
        if (this.#state !== "closing") this.#end("transport error");
      },
    );
  }

  #takeBatch() {
    const { maxPayload } = this.#handshake;
    return this.#queue.splice(0, payloadCount(this.#queue, maxPayload > 0 ? maxPayload : Infinity));
  }

  #post(packets) {
    return this.#request("POST", encodePayload(packets));
  }

  async #request(method, body) {
    const response = await fetch(this.#address("polling"), {
      method, body, cache: "no-store", signal: this.#abort.signal,
      headers: body === undefined ? {} : { "Content-Type": "text/plain;charset=UTF-8" },
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.text();
  }

  // WebSocket

  #openWebSocket() {
    const webSocket = this.#newWebSocket();
    this.#webSocket = webSocket;
    webSocket.onmessage = ({ data }) => this.#guarded(() => this.#receive(decodeFrame(data)));
    webSocket.onclose = () => this.#end("transport close");
  }

  #newWebSocket() {
    const webSocket = new WebSocket(this.#address("websocket"));
    webSocket.binaryType = "arraybuffer";
    return webSocket;
  }

  #flushWebSocket() {
    for (const packet of this.#queue.splice(0)) this.#webSocket.send(encodeForWebSocket(packet));
  }

  /** Tries a WebSocket beside the polling. Whatever goes wrong with it, the session goes on by polling. */
  #startProbe() {
    const webSocket = this.#newWebSocket();
    const probe = { webSocket, isAnswered: false };
    this.#probe = probe;
    webSocket.onopen = () => webSocket.send(encodeForWebSocket({ type: "ping", data: "probe" }));
    webSocket.onmessage = ({ data }) => {
      if (this.#webSocket === webSocket) {
        this.#guarded(() => this.#receive(decodeFrame(data)));
      } else if (this.#probe === probe && data === "3probe") {
        probe.isAnswered = true;
        this.#goOn();
      } else if (this.#probe === probe && data !== "6") {
        this.#dropProbe();
      }
    };
    webSocket.onclose = () => {
      if (this.#webSocket === webSocket) this.#end("transport close");
      else if (this.#probe === probe) this.#dropProbe();
    };
  }

  #dropProbe() {
    const probe = this.#probe;
    if (!probe) return;
    this.#probe = null;
    probe.webSocket.close();
    this.#goOn();
  }
}
