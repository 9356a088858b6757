import { element, setAttribute, setText, setWireText } from "../dom.js";
import { hasQuotedWildcard } from "../filter.js";
import * as format from "../format.js";
import { Rows } from "./rows.js";

const rowHeight = 24;
const returnedSays = "came back to you, who injected the event; no peer waits for it";
const directions = {
  client: { arrow: "→", says: "client to upstream" },
  upstream: { arrow: "←", says: "upstream to client" },
};

/** The list of events. `act` has `select(id)`, `open(id)`, `fillGap(gap)`, `older()`, `newer()`, `toNewest()`. */
export function createEventsView(nodes, store, act) {
  const { state } = store;
  let firstIndex = 0;
  /** Where the list was left when it was last looked at. Elsewhere, the reader has scrolled. */
  let knownTop = 0;

  const rows = new Rows(nodes.scroller, { rowHeight, make: makeRow, draw: drawRow, onScroll: scrolled });

  nodes.scroller.addEventListener("mousedown", (event) => {
    const row = event.target.closest("[data-row]");
    const item = row && state.items[Number(row.dataset.row) - state.firstIndex];
    if (!item || event.button !== 0) return;
    if (item.isGap) act.fillGap(item);
    else act.open(item.id);
  });
  // Under a busy list the first pixels of a turn of the wheel would be taken back at once.
  nodes.scroller.addEventListener("wheel", (event) => event.deltaY < 0 && store.setFollowing(false), { passive: true });
  nodes.pill.addEventListener("click", () => act.toNewest());

  function scrolled() {
    if (state.items.length === 0) return;
    if (rows.firstVisible < 40 && state.hasOlder) act.older();
    noticeReader();
  }

  /** Only the reader's own scrolling says whether to follow: away from the end stops it, back down to it resumes. */
  function noticeReader() {
    const { scrollTop } = nodes.scroller;
    const moved = scrollTop - knownTop;
    knownTop = scrollTop;
    if (Math.abs(moved) < 1) return;
    if (!rows.isAtEnd) store.setFollowing(false);
    else if (state.hasNewer) act.newer();
    else if (moved > 0) store.setFollowing(true);
  }

  function drawRow(row, index) {
    const item = state.items[index];
    if (!item) return;
    const absolute = index + state.firstIndex;
    const closed = state.connections.get(item.connection)?.closedAt != null;
    const isSelected = item.isGap ? item === state.selectedGap : item.id === state.selected;
    // Everything a row shows; where it is the same object in the same state nothing is touched.
    const ack = item.isGap ? null : format.ackState(item, closed);
    const stamp = `${absolute} ${item.count ?? ""} ${isSelected} ${ack?.state} ${ack?.milliseconds}`;
    if (row.item === item && row.stamp === stamp) return;
    row.item = item;
    row.stamp = stamp;
    row.dataset.row = absolute;
    setAttribute(row, "aria-rowindex", index + 1);
    setAttribute(row, "aria-selected", isSelected ? "true" : "false");
    row.id = rowID(item);
    if (item.isGap) drawGap(row, item);
    else drawEvent(row, item, ack);
  }

  function drawEvent(row, event, ack) {
    const { cells } = row;
    const direction = directions[event.from] ?? { arrow: "·", says: "" };
    row.className = "row";
    row.dataset.eventId = event.id;
    row.dataset.kind = event.kind;
    row.dataset.from = event.from ?? "";
    row.dataset.connection = event.connection;
    const emit = event.answers ? state.byID.get(event.answers) : undefined;
    setAttribute(row, "data-verdict", format.isReturned(event, emit) ? "returned" : event.verdict.join(" "));
    const label = `${direction.says}: ${event.kind} ${(event.name ?? "").slice(0, 120)}`;
    setAttribute(row, "aria-label", format.visible(label));
    setText(cells.time, format.clock(event.time));
    setText(cells.direction, direction.arrow);
    setAttribute(cells.direction, "aria-label", direction.says);
    setAttribute(cells.direction, "title", direction.says);
    setText(cells.connection, event.connection);
    setText(cells.kind, event.kind);
    setAttribute(cells.kind, "title", event.kind);
    setWireText(cells.namespace, event.namespace === "/" ? "/" : (event.namespace ?? ""));
    // An ack has no name: the name of what it answers says what it is about.
    const name = event.name ?? state.byID.get(event.answers)?.name ?? "";
    setWireText(cells.name, name.length > 120 ? name.slice(0, 120) + "…" : name);
    setAttribute(cells.name, "data-borrowed", event.name == null ? "" : null);
    event.preview ??= format.preview(event.args, 240);
    setText(cells.preview, event.preview);
    drawBadges(cells.badges, format.badges(event, emit));
    setText(cells.ack, ackText(event, ack));
    setAttribute(cells.ack, "data-ack", ack?.state ?? null);
    setAttribute(cells.ack, "title", ack && ack.state !== "answers" ? `ack: ${ack.state}` : null);
    setText(cells.size, event.sizeBytes > 0 ? format.bytes(event.sizeBytes) : "");
  }

  function drawGap(row, gap) {
    row.className = "row gap";
    delete row.dataset.eventId;
    row.dataset.kind = "gap";
    for (const cell of Object.values(row.cells)) {
      setText(cell, "");
      cell.stamp = undefined;
      cell.removeAttribute("title");
      cell.removeAttribute("data-ack");
    }
    const events = format.plural(gap.count, "event");
    setText(row.cells.preview, `${events} came too fast to be shown: click, or press Enter, to load`);
  }

  function render() {
    // The reader may have scrolled since the last frame, and not been heard yet.
    noticeReader();
    const shift = state.firstIndex - firstIndex;
    firstIndex = state.firstIndex;
    rows.resize(state.items.length, state.firstIndex);
    if (state.isFollowing) rows.scrollToEnd();
    else rows.scrollBy(-shift);
    knownTop = nodes.scroller.scrollTop;
    rows.render();
    setAttribute(nodes.scroller, "aria-rowcount", state.items.length);
    const selected = state.selectedGap ?? state.byID.get(state.selected);
    setAttribute(nodes.scroller, "aria-activedescendant", selected ? rowID(selected) : null);
    renderPill();
    renderEmpty();
  }

  function renderPill() {
    const isShown = !state.isPaused && !state.isFollowing && (state.fresh > 0 || state.hasNewer);
    nodes.pill.hidden = !isShown;
    if (isShown) setText(nodes.pill, state.fresh > 0 ? `↓ ${format.count(state.fresh)} new` : "↓ newest");
  }

  function renderEmpty() {
    nodes.empty.hidden = state.items.length > 0;
    if (nodes.empty.hidden) return;
    const filtered = state.filter.trim() !== "";
    const connections = state.connections.size;
    let title = "Loading…";
    let hint = "";
    if (state.loadError) {
      title = "Siphon does not answer";
      hint = "This page tries again by itself.";
    } else if (state.isLoaded && filtered) {
      title = "Nothing matches this filter";
      hint = hasQuotedWildcard(state.filter)
        ? "In quotes * and ? stand for themselves: without the quotes they are wildcards."
        : "New events that match will appear here. Esc in the filter clears it.";
    } else if (state.isLoaded && connections > 0) {
      title = "Connected, no events yet";
      hint = "Press i to inject one.";
    } else if (state.isLoaded) {
      title = "Waiting for the first connection";
      hint = "Point your client at the proxy address that Siphon printed when it started.";
    }
    setText(nodes.emptyTitle, title);
    setText(nodes.emptyHint, hint);
  }

  return {
    render,
    rows,
    /** The events in view, for whoever keeps them fresh. */
    visibleEvents() {
      return state.items
        .slice(rows.firstVisible, rows.firstVisible + rows.visibleCount + 1)
        .filter((item) => !item.isGap);
    },
    /** The event or the gap this many rows away from the selected one. */
    neighbour(step) {
      const index = state.items.indexOf(state.selectedGap ?? state.byID.get(state.selected));
      const at = index < 0 ? (step > 0 ? rows.firstVisible : state.items.length - 1) : index + step;
      return state.items[Math.min(Math.max(at, 0), state.items.length - 1)];
    },
    reveal(id) {
      this.revealItem(state.byID.get(id));
    },
    revealItem(item) {
      const index = state.items.indexOf(item);
      if (index < 0) return;
      rows.reveal(index);
      knownTop = nodes.scroller.scrollTop;
    },
  };
}

function rowID(item) {
  return `row-${item.isGap ? "gap" : ""}${item.id ?? item.number}`.replace(".", "-");
}

function ackText(event, ack) {
  if (!ack) return "";
  if (ack.state === "answered") return `✓ ${format.latency(ack.milliseconds)}`;
  if (ack.state === "pending") return "… pending";
  if (ack.state === "answers") return `↩ ${event.answers}`;
  return ack.state === "unanswered" ? "✗ no ack" : "? unknown";
}

function drawBadges(cell, words) {
  const stamp = words.join("\n");
  if (cell.stamp === stamp) return;
  cell.stamp = stamp;
  cell.replaceChildren(...words.map((word) => element("span", {
    class: "badge", "data-badge": word, text: format.visible(word), title: word === "returned" && returnedSays,
  })));
}

function makeRow() {
  const names = [
    "time", "direction", "connection", "kind", "namespace", "name", "preview", "badges", "ack", "size",
  ];
  const cells = Object.fromEntries(
    names.map((name) => [name, element("span", { class: `cell ${name}`, role: "gridcell", "data-cell": name })]),
  );
  const row = element("div", { class: "row", role: "row" }, Object.values(cells));
  row.cells = cells;
  return row;
}
