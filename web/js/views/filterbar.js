import { button, element, setAttribute, setText } from "../dom.js";
import { count, visible } from "../format.js";
import { quoted, typedColumn, valuesOf, withToggled, withValues, wordStart } from "../filter.js";

const kindGroups = [
  { label: "events", kinds: ["event"] },
  { label: "acks", kinds: ["ack"] },
  { label: "namespaces", kinds: ["connect", "connect_error", "disconnect"] },
  { label: "sessions", kinds: ["handshake", "open", "upgrade", "close"] },
  { label: "opaque", kinds: ["opaque"] },
];
const directions = [
  { label: "→ upstream", from: "client", says: "client to upstream" },
  { label: "← client", from: "upstream", says: "upstream to client" },
];
const kinds = kindGroups.flatMap((group) => group.kinds).concat("ping", "pong");
const verdicts = ["forwarded", "modified", "dropped", "delayed", "throttled", "duplicated", "reordered", "held",
  "injected", "replied"];
const ackStates = ["pending", "answered", "late", "duplicate", "unknown", "unanswered"];
const suggestionsLimit = 10;

/**
 * The filter and the switches that edit it. `act` has `filter(text)`, `heartbeats()`, `pause()`, `leaveFilter()`.
 */
export function createFilterBar(nodes, store, act) {
  const { state } = store;
  const { input, caret, error, suggestions, toggles, pause } = nodes;
  let timer = null;
  let offered = [];
  let chosen = -1;

  const kindButtons = kindGroups.map((group) => toggleButton(group.label, `kind:${group.kinds.join("|")}`, () => {
    act.filter(withToggled(state.filter, "kind", group.kinds));
  }, { "data-kinds": group.kinds.join("|") }));
  const directionButtons = directions.map(({ label, from, says }) => {
    const change = () => {
      const isOn = valuesOf(state.filter, "from").includes(from);
      act.filter(withValues(state.filter, "from", isOn ? [] : [from]));
    };
    return toggleButton(label, `from:${from}, ${says}`, change, { "data-from": from });
  });
  const heartbeats = toggleButton("heartbeats", "Show pings and pongs (h)", () => act.heartbeats(), {
    "data-action": "heartbeats",
  });
  toggles.append(
    element("div", { class: "group", role: "group", "aria-label": "Direction" }, directionButtons),
    element("div", { class: "group", role: "group", "aria-label": "Kinds" }, kindButtons),
    element("div", { class: "group" }, heartbeats),
  );
  pause.addEventListener("click", () => act.pause());

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 250);
    // Its column is that of the text before.
    caret.hidden = true;
    offer();
  });
  input.addEventListener("blur", () => hideSuggestions());
  input.addEventListener("keydown", (event) => {
    const isOpen = !suggestions.hidden;
    if (event.key === "ArrowDown" && isOpen) choose(chosen + 1);
    else if (event.key === "ArrowUp" && isOpen) choose(chosen - 1);
    else if ((event.key === "Tab" || event.key === "Enter") && isOpen && chosen >= 0) complete(offered[chosen]);
    else if (event.key === "Enter") {
      const isChanged = input.value !== state.filter;
      apply();
      hideSuggestions();
      if (isChanged || !state.filterError) act.leaveFilter();
    } else if (event.key === "ArrowDown") act.leaveFilter();
    else if (event.key === "Escape" && isOpen) hideSuggestions();
    else if (event.key === "Escape" && input.value !== "") {
      input.value = "";
      apply();
    } else if (event.key === "Escape") act.leaveFilter();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  nodes.clear.addEventListener("click", () => {
    act.filter("");
    input.focus();
  });

  function apply() {
    clearTimeout(timer);
    if (input.value !== state.filter) act.filter(input.value);
  }

  /** The word the caret stands in, and where it begins. */
  function currentWord() {
    const before = input.value.slice(0, input.selectionStart);
    const start = wordStart(before);
    return { word: before.slice(start), start };
  }

  function offer() {
    const { word } = currentWord();
    const colon = word.indexOf(":");
    const values = colon < 0 ? keyOffers() : valueOffers(word.slice(0, colon));
    const start = colon < 0 ? "" : word.slice(0, word.lastIndexOf("|") > colon ? word.lastIndexOf("|") + 1 : colon + 1);
    offered = word === "" ? [] : values
      .map((value) => start + value)
      .filter((text) => text.toLowerCase().startsWith(word.toLowerCase()) && text !== word)
      .slice(0, suggestionsLimit);
    chosen = -1;
    suggestions.hidden = offered.length === 0;
    suggestions.replaceChildren(...offered.map((text, index) => element("li", {
      role: "option", id: `suggestion-${index}`, text: visible(text), "aria-selected": "false",
      on: {
        mousedown: (event) => {
          event.preventDefault();
          complete(text);
        },
      },
    })));
    setAttribute(input, "aria-expanded", String(!suggestions.hidden));
    setAttribute(input, "aria-activedescendant", null);
  }

  function keyOffers() {
    return ["event:", "kind:", "from:", "conn:", "ns:", "is:", "transport:", "eio:", "parser:", "not", "and", "or"];
  }

  function valueOffers(key) {
    if (key === "kind") return kinds;
    if (key === "from") return ["client", "upstream"];
    if (key === "is") return [...verdicts, ...ackStates];
    if (key === "transport") return ["polling", "websocket"];
    if (key === "parser") return ["json", "msgpack"];
    if (key === "eio") return ["3", "4"];
    if (key === "event") return [...state.names.keys()].map(quoted);
    if (key === "conn") return [...state.connections.keys()].reverse();
    if (key === "ns") {
      const joined = [...state.connections.values()].flatMap(({ namespaces }) => namespaces.map(({ name }) => name));
      return [...new Set([...state.names.values(), ...joined])].map(quoted);
    }
    return [];
  }

  function choose(index) {
    chosen = (index + offered.length) % offered.length;
    [...suggestions.children].forEach((child, at) => setAttribute(child, "aria-selected", String(at === chosen)));
    setAttribute(input, "aria-activedescendant", `suggestion-${chosen}`);
  }

  function complete(text) {
    const { start } = currentWord();
    const rest = input.value.slice(input.selectionStart);
    const isWhole = !/[:.>]$/.test(text);
    input.value = input.value.slice(0, start) + text + (isWhole && rest === "" ? " " : "") + rest;
    const end = start + text.length + (isWhole ? 1 : 0);
    input.setSelectionRange(end, end);
    if (isWhole) {
      hideSuggestions();
      apply();
    } else {
      offer();
    }
  }

  function hideSuggestions() {
    suggestions.hidden = true;
    setAttribute(input, "aria-expanded", "false");
  }

  function render() {
    // While someone types, the text in the field is ahead of the state.
    if (document.activeElement !== input || input.value.trim() === "" || state.filter !== input.dataset.applied) {
      if (input.value !== state.filter) input.value = state.filter;
    }
    input.dataset.applied = state.filter;
    const problem = state.filterError;
    setAttribute(input, "aria-invalid", problem ? "true" : null);
    error.hidden = !problem;
    if (problem) {
      const { column } = problem;
      setText(nodes.errorText, problem.sentence);
      caret.hidden = column === null;
      const typed = column === null ? 1 : typedColumn(column, state.filter, state.showHeartbeats);
      caret.dataset.column = typed;
      caret.style.left = `calc(${typed - 1}ch - ${input.scrollLeft}px)`;
    }
    nodes.clear.hidden = state.filter === "";
    const nowKinds = valuesOf(state.filter, "kind");
    kindButtons.forEach((node, index) => {
      press(node, kindGroups[index].kinds.every((kind) => nowKinds.includes(kind)));
    });
    const nowFrom = valuesOf(state.filter, "from");
    directionButtons.forEach((node, index) => press(node, nowFrom.includes(directions[index].from)));
    press(heartbeats, state.showHeartbeats);
    press(pause, state.isPaused);
    const waiting = state.waiting.length + state.waitingUncounted;
    setText(pause, state.isPaused ? (waiting > 0 ? `▶ Resume (${count(waiting)})` : "▶ Resume") : "❚❚ Pause");
  }

  return { render };
}

function toggleButton(label, title, on, attributes) {
  return button(label, { title, class: "toggle", "aria-pressed": "false", on, ...attributes });
}

function press(node, isOn) {
  setAttribute(node, "aria-pressed", String(isOn));
}
