/** Rows the list keeps. */
const rowLimit = 500;
/** Longest side of a picture as it is shown. */
const pictureSide = 320;

/** An element with a class and children, which are nodes or text. Text is never markup. */
export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** How long a round trip took, as the chat says it. */
export function duration(milliseconds) {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}

/** The list of messages of one room. It stays at its end unless the reader has scrolled away from it. */
export function createMessages(list) {
  function add(row) {
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(row);
    while (list.children.length > rowLimit) list.firstChild.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
    return row;
  }

  /** A row with its parts: { row, ack, content }. `content` is a node or text. */
  function message({ from, at, content, isOwn = false }) {
    const time = element("time", "", new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
    const ack = element("span", "ack");
    const row = element(
      "li", isOwn ? "message own" : "message",
      element("p", "line", element("span", "from", from), time, ack),
      typeof content === "string" ? element("p", "text", content) : content,
    );
    return { row: add(row), ack };
  }

  function notice(text) {
    add(element("li", "message notice", text));
  }

  /** Under a message, and in view if the message was. */
  function addTo(row, node) {
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    row.append(node);
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }

  return { message, notice, addTo, clear: () => list.replaceChildren() };
}

/**
 * A picture that came as bytes. It is drawn, since the page's policy loads no picture from anywhere but the server;
 * `data-bytes` says how many there were.
 */
export function picture(bytes, type, whenDrawn = () => {}) {
  const holder = element("div", "picture");
  holder.dataset.bytes = bytes.length;
  createImageBitmap(new Blob([bytes], { type })).then(
    (bitmap) => {
      const scale = Math.min(1, pictureSide / Math.max(bitmap.width, bitmap.height));
      const canvas = element("canvas");
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `A picture of ${bitmap.width} by ${bitmap.height}`);
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      bitmap.close();
      holder.append(canvas);
      whenDrawn();
    },
    () => holder.append(element("p", "note", `A picture of ${bytes.length} bytes that cannot be shown.`)),
  );
  return holder;
}

/** Rooms as buttons with the number of members. */
export function drawRooms(list, rooms, current, join) {
  const focused = document.activeElement?.closest?.("#rooms button")?.dataset.room;
  list.replaceChildren(...rooms.map(({ name, members }) => {
    const button = element("button", "", element("span", "name", name), element("span", "count", String(members)));
    button.type = "button";
    button.dataset.room = name;
    if (name === current) button.setAttribute("aria-current", "true");
    button.setAttribute("aria-label", `${name}, ${members} ${members === 1 ? "member" : "members"}`);
    button.addEventListener("click", () => join(name));
    return element("li", "", button);
  }));
  if (focused === undefined) return;
  [...list.querySelectorAll("button")].find((button) => button.dataset.room === focused)?.focus();
}

/** "Bit writes…" for those who do. */
export function typingText(names) {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} writes…`;
  return names.length === 2 ? `${names[0]} and ${names[1]} write…` : "Several write…";
}
