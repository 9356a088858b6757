// The chat. Its events are described, one by one, in Tests/Vectors/demo-events.json.
import { createDoodle } from "./doodle.js";
import { Client } from "./socket.js";
import { createMessages, drawRooms, duration, element, picture, typingText } from "./view.js";

const adminToken = "siphon-demo";
const answerTimeout = 5000;
const pictureBytesLimit = 200_000;
/** A "typing" is said again this often while it goes on, and forgotten when it was not said for twice as long. */
const typingInterval = 2500;

const byID = (id) => document.getElementById(id);
const messages = createMessages(byID("messages"));
const doodle = createDoodle(byID("doodle"));
const state = { name: startName(), room: "lobby", rooms: [], members: [], typing: new Map(), saidTyping: -Infinity };

// ?transport=websocket or ?transport=polling for one of them alone.
const wanted = new URLSearchParams(location.search).get("transport");
const client = new Client(location.origin, { transports: wanted ? [wanted] : ["polling", "websocket"] });
client.onState = showConnection;
const chat = client.socket("/", { auth: () => ({ name: state.name }) });
const admin = client.socket("/admin", { auth: { token: adminToken } });

/** Kept for the tab's life, so that a reload is the same person. */
function startName() {
  return sessionStorage.getItem("name") ?? `Guest ${100 + Math.floor(Math.random() * 900)}`;
}

function takeName(name) {
  state.name = name;
  sessionStorage.setItem("name", name);
  byID("name").value = name;
}

// What the server says. A peer may send anything: what has not the expected type is left out.

const isText = (value) => typeof value === "string";
const texts = (value) => (Array.isArray(value) ? value.filter(isText) : []);
const isHere = (event) => event?.room === state.room;

chat.onConnect = () => join(state.room);
chat.onDisconnect = (reason) => {
  state.typing.clear();
  showTyping();
  messages.notice(`Disconnected: ${reason}.`);
  byID("reconnect").hidden = chat.isActive;
};
chat.onRefused = (refusal) => {
  messages.notice(`The chat does not let you in: ${String(refusal?.message)}`);
  byID("reconnect").hidden = false;
};

chat.on("hello", (hello) => {
  if (isText(hello?.name)) takeName(hello.name);
  showInspector(hello?.inspector);
  takeRooms(hello?.rooms);
});
chat.on("rooms", (event) => takeRooms(event?.rooms));
chat.on("joined", (event) => somebody(event, "came in"));
chat.on("left", (event) => somebody(event, "left"));
chat.on("said", (event) => {
  if (!isHere(event) || !isText(event.text)) return;
  stopTyping(event.from);
  messages.message({ from: String(event.from), at: timeOf(event), content: event.text });
});
chat.on("picture", (event) => {
  if (!isHere(event) || !(event.picture instanceof Uint8Array)) return;
  messages.message({ from: String(event.from), at: timeOf(event), content: shown(event.picture, String(event.type)) });
});
chat.on("typing", (event) => {
  if (!isHere(event) || !isText(event.name)) return;
  if (event.isTyping === true) state.typing.set(event.name, performance.now() + 2 * typingInterval);
  else state.typing.delete(event.name);
  showTyping();
});
chat.on("notice", (event) => {
  if (isText(event?.text)) messages.notice(event.text);
});

admin.on("statistics", (statistics) => {
  const { members, rooms, messages: said, pictures, questions, unanswered } = statistics ?? {};
  byID("statistics").textContent = `/admin: ${members} members, ${rooms} rooms, ${said} messages, `
    + `${pictures} pictures, ${questions} questions, ${unanswered} of them never answered`;
});
admin.onRefused = (refusal) => (byID("statistics").textContent = `/admin: ${String(refusal?.message)}`);

function timeOf({ at }) {
  return Number.isFinite(at) && Math.abs(at) < 8.64e15 ? at : Date.now();
}

function takeRooms(rooms) {
  if (!Array.isArray(rooms)) return;
  state.rooms = rooms
    .filter((room) => isText(room?.name))
    .map(({ name, members }) => ({ name, members: Number.isFinite(members) ? members : 0 }));
  showRooms();
}

function somebody(event, did) {
  if (!isHere(event) || !isText(event.name)) return;
  showMembers(texts(event.members));
  stopTyping(event.name);
  messages.notice(`${event.name} ${did}.`);
}

function stopTyping(name) {
  state.typing.delete(name);
  showTyping();
}

// What the reader does

async function join(room) {
  try {
    const [answer] = await chat.call("join", [{ room }], { timeout: answerTimeout });
    if (answer?.ok !== true) {
      messages.notice(`${room}: ${String(answer?.error)}`);
      return;
    }
    state.room = isText(answer.room) ? answer.room : room;
    state.typing.clear();
    messages.clear();
    const history = Array.isArray(answer.messages) ? answer.messages : [];
    for (const each of history.filter((each) => isText(each?.text))) {
      const isOwn = each.from === state.name;
      messages.message({ from: String(each.from), at: timeOf(each), content: each.text, isOwn });
    }
    showMembers(texts(answer.members));
    showRooms();
    showTyping();
    byID("room").textContent = state.room;
    byID("room").dataset.joined = state.room;
  } catch (error) {
    messages.notice(`${room} could not be joined: ${error.message}.`);
  }
}

/** Sends an event of the reader's own, shows it at once, and beside it how long its ack took. */
async function deliver(name, more, content) {
  const { row, ack } = messages.message({ from: state.name, at: Date.now(), content, isOwn: true });
  const show = (outcome, text) => {
    ack.dataset.ack = outcome;
    ack.textContent = text;
  };
  show("pending", "…");
  const start = performance.now();
  try {
    const [answer] = await chat.call(name, [{ room: state.room, ...more }], { timeout: answerTimeout });
    if (answer?.ok === true) show("delivered", `delivered · ${duration(performance.now() - start)}`);
    else show("refused", `refused: ${String(answer?.error)}`);
    if (isText(answer?.answer)) messages.addTo(row, element("p", "text answer", answer.answer));
  } catch (error) {
    show("unanswered", error.message);
  }
}

function sendText(name) {
  const text = byID("text").value.trim();
  if (text === "") return;
  byID("text").value = "";
  sayTyping(false);
  deliver(name, { text }, text);
}

function sayTyping(isTyping) {
  const now = performance.now();
  const wasSaid = now - state.saidTyping < typingInterval;
  if (isTyping === wasSaid) return;
  state.saidTyping = isTyping ? now : -Infinity;
  if (chat.isConnected) chat.emit("typing", { room: state.room, isTyping });
}

async function sendPicture() {
  const [file] = byID("file").files;
  if (file && file.size > pictureBytesLimit) {
    showPictureProblem(`That file has ${Math.ceil(file.size / 1000)} kB; 200 kB is the most.`);
    return;
  }
  const type = file ? file.type : "image/png";
  const bytes = file ? new Uint8Array(await file.arrayBuffer()) : await doodle.bytes();
  byID("picture").close();
  deliver("picture", { type, picture: bytes }, shown(bytes, type));
}

function shown(bytes, type) {
  const list = byID("messages");
  return picture(bytes, type, () => {
    if (list.scrollHeight - list.scrollTop - list.clientHeight < 380) list.scrollTop = list.scrollHeight;
  });
}

byID("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  sendText("say");
});
byID("ask").addEventListener("click", () => sendText("question"));
byID("text").addEventListener("input", () => sayTyping(byID("text").value !== ""));
byID("rename").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const [answer] = await chat.call("rename", [{ name: byID("name").value }]);
    if (answer?.ok === true && isText(answer.name)) takeName(answer.name);
    else messages.notice(`No other name: ${String(answer?.error)}`);
  } catch (error) {
    messages.notice(`No other name: ${error.message}.`);
  }
});
byID("new-room").addEventListener("submit", (event) => {
  event.preventDefault();
  join(byID("room-name").value.trim());
  byID("room-name").value = "";
});
byID("reconnect").addEventListener("click", () => {
  byID("reconnect").hidden = true;
  chat.connect();
  admin.connect();
});

byID("open-picture").addEventListener("click", () => {
  byID("file").value = "";
  showPictureProblem(null);
  doodle.scribble();
  byID("picture").showModal();
});
byID("doodle-clear").addEventListener("click", () => doodle.wipe());
byID("doodle-again").addEventListener("click", () => doodle.scribble());
byID("picture-cancel").addEventListener("click", () => byID("picture").close());
byID("picture-send").addEventListener("click", sendPicture);
byID("file").addEventListener("change", () => showPictureProblem(null));

// What is shown

function showConnection({ state: connection, transport, reason, retryIn }) {
  const node = byID("connection");
  node.dataset.state = connection;
  node.dataset.transport = transport ?? "";
  if (transport) node.dataset.seen = [node.dataset.seen, transport].filter(Boolean).join(" → ");
  else delete node.dataset.seen;
  node.textContent = {
    connecting: "connecting…",
    open: `connected · ${node.dataset.seen}`,
    waiting: `${reason} · again in ${(retryIn / 1000).toFixed(1)} s`,
    closed: `closed: ${reason}`,
  }[connection];
}

function showInspector(address) {
  if (!isText(address) || !/^https?:\/\//.test(address)) return;
  byID("inspector").href = address;
  byID("inspector").textContent = address.replace(/\?.*/, "");
  byID("banner").hidden = false;
}

/** Null for none. */
function showPictureProblem(text) {
  byID("picture-problem").textContent = text ?? "";
  byID("picture-problem").hidden = text === null;
}

function showRooms() {
  drawRooms(byID("rooms"), state.rooms, state.room, join);
}

function showMembers(members) {
  state.members = members;
  byID("members").textContent = members.join(", ");
}

function showTyping() {
  const now = performance.now();
  for (const [name, until] of state.typing) if (until < now) state.typing.delete(name);
  byID("typing").textContent = typingText([...state.typing.keys()]);
}

setInterval(showTyping, 1000);
byID("name").value = state.name;
byID("text").focus();
