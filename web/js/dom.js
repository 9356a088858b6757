import { visible, visibleParts } from "./format.js";

/**
 * Makes an element. `properties` are attributes, except `text` (set as text, never as markup), `class`, `on` (a map of
 * listeners) and those that are false or null, which are left out. Children are nodes or strings.
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A peer's text as nodes: what cannot be seen is spelled out in a span of its own. */
export function wireText(text) {
  return visibleParts(text).map(({ text, escaped }) => (escaped ? element("span", { class: "unseen", text }) : text));
}

/** Sets a text only where it differs, so that an unchanged cell costs no layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute only where it differs; null removes it. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, String(value));
  }
}

/** One line of a peer's text in a cell that is used again and again. */
export function setWireText(node, text) {
  setText(node, visible(text));
}

export function button(label, { title, on, ...rest } = {}) {
  return element("button", { type: "button", title, on: { click: on }, ...rest }, label);
}

/** What was changed in the store is drawn with the next frame: runs once that is done. */
export function afterDrawing(run) {
  requestAnimationFrame(() => requestAnimationFrame(run));
}

/** A button that puts a text on the clipboard and says so for a moment. */
export function copyButton(label, makeText, title = "Copy") {
  const node = button(label, {
    title,
    class: "quiet",
    on: async (event) => {
      event.stopPropagation();
      const isDone = await copy(await makeText());
      node.textContent = isDone ? "Copied" : "Could not copy";
      setTimeout(() => (node.textContent = label), 1200);
    },
  });
  return node;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without a secure context (an inspector on another address) there is no clipboard object.
    const area = element("textarea", { class: "offscreen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    return isDone;
  }
}
