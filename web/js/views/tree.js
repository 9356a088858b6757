import { button, copyButton, element, wireText } from "../dom.js";
import { binaryIndex, literal, plural, preview } from "../format.js";
import { Members, NumberText, write } from "../json.js";
import { membersOf, pathTo } from "../paths.js";

/** Members of one level shown at first, and with each press of "more". */
const chunk = 100;
/** Characters of one string shown at first. */
const stringLimit = 2000;
/** Levels that are open at first, as long as they are small. */
const openLevels = 3;
const openMembers = 30;

/**
 * The arguments of an event as a tree. Levels are built when they are opened, so a value of any depth or size costs
 * what is looked at. Where `other` is given, what differs from it is marked.
 */
export function tree(args, { other, label = "Arguments", attachment = () => {} } = {}) {
  const root = element("div", { class: "tree", role: "group", "aria-label": label, "data-tree": "" });
  if (args.length === 0) root.append(element("div", { class: "nothing", text: "no arguments" }));
  const options = { attachment, isCompared: other !== undefined };
  appendMembers(root, args.map((value, index) => [index, value]), "args", 0, options, other);
  return root;
}

function appendMembers(parent, members, path, depth, options, other, start = 0) {
  const end = Math.min(members.length, start + chunk);
  for (let index = start; index < end; index++) {
    const [key, value] = members[index];
    const otherValue = options.isCompared ? memberOf(other, key) : undefined;
    parent.append(node(key, value, pathTo(path, key), depth, options, otherValue));
  }
  if (end === members.length) return;
  const more = button(`${plural(members.length - end, "more", "more")}…`, {
    class: "quiet more",
    on: () => {
      more.remove();
      appendMembers(parent, members, path, depth, options, other, end);
    },
  });
  parent.append(more);
}

function node(key, value, path, depth, options, other) {
  const isChanged = options.isCompared && (other === undefined || text(other) !== text(value));
  const name = element("span", { class: typeof key === "number" ? "index" : "key" });
  name.append(...(typeof key === "number" ? [String(key)] : wireText(cut(key, 200))));
  const attachment = binaryIndex(value);
  const members = membersOf(value);
  if (!members || members.length === 0) {
    const line = element("div", { class: "leaf", "data-path": path }, name, ": ", scalar(value, attachment, options));
    line.classList.toggle("changed", isChanged);
    line.append(tools(path, value));
    return line;
  }
  const size = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  const summary = element(
    "summary", {}, name, ": ",
    element("span", { class: "size", text: size }), " ",
    element("span", { class: "glimpse", text: preview([value], 80) }),
    tools(path, value),
  );
  const details = element("details", { class: "branch", "data-path": path }, summary);
  details.classList.toggle("changed", isChanged && other === undefined);
  let isBuilt = false;
  const build = () => {
    if (isBuilt) return;
    isBuilt = true;
    const body = element("div", { class: "members" });
    details.append(body);
    appendMembers(body, members, path, depth + 1, options, other);
  };
  details.addEventListener("toggle", () => details.open && build());
  if (depth < openLevels && members.length <= openMembers) {
    build();
    details.open = true;
  }
  return details;
}

function scalar(value, attachment, options) {
  if (attachment !== undefined) {
    return button(`binary #${attachment}`, {
      class: "binary", title: "Show the attachment", on: () => options.attachment(attachment),
    });
  }
  if (typeof value === "string") return stringNode(value);
  if (value instanceof NumberText) return element("span", { class: "number", text: value.text });
  if (value === null || typeof value === "boolean") return element("span", { class: "word", text: String(value) });
  return element("span", { class: "size", text: Array.isArray(value) ? "[]" : "{}" });
}

function stringNode(value) {
  const node = element("span", { class: "string", text: literal(value.slice(0, stringLimit)) });
  if (value.length <= stringLimit) return node;
  const more = button(`… ${plural(value.length, "character")}, show all`, {
    class: "quiet",
    on: () => {
      node.textContent = literal(value);
      more.remove();
    },
  });
  return element("span", {}, node, more);
}

function tools(path, value) {
  return element(
    "span", { class: "tools" },
    copyButton("copy", () => (typeof value === "string" ? value : write(value, { indent: 2 })), "Copy the value"),
    copyButton("path", () => path, `Copy the path ${path.length > 200 ? "" : path}`),
  );
}

function memberOf(value, key) {
  if (Array.isArray(value) && typeof key === "number") return value[key];
  return value instanceof Members && typeof key === "string" ? value.get(key) : undefined;
}

function text(value) {
  return write(value, { limit: 100_000 });
}

function cut(string, limit) {
  return string.length > limit ? string.slice(0, limit) + "…" : string;
}
