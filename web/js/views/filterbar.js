import { offersAt, seenBy } from "../completion.js";
import { button, element, setAttribute, setText } from "../dom.js";
import { count } from "../format.js";
import { typedColumn, valuesOf, withToggled, withValues } from "../filter.js";
import { createCompletion } from "./completion.js";

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

/**
 * The filter and the switches that edit it. `act` has `filter(text)`, `heartbeats()`, `pause()`, `leaveFilter()`.
 */
export function createFilterBar(nodes, store, act) {
  const { state } = store;
  const { input, caret, error, suggestions, toggles, pause } = nodes;
  let timer = null;
  const seen = seenBy(state);
  const completion = createCompletion(input, suggestions, (text) => offersAt(text, seen), (isWhole) => {
    if (isWhole) apply();
  });

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
    completion.offer();
  });
  input.addEventListener("keydown", (event) => {
    if (completion.keydown(event)) return;
    if (event.key === "Enter") {
      const isChanged = input.value !== state.filter;
      apply();
      completion.hide();
      if (isChanged || !state.filterError) act.leaveFilter();
    } else if (event.key === "ArrowDown") act.leaveFilter();
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
