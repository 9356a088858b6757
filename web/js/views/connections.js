import { button, element, setAttribute, setText } from "../dom.js";
import * as format from "../format.js";
import { valuesOf } from "../filter.js";
import { Rows } from "./rows.js";

const rowHeight = 50;

/** The connections. `act` has `filterConnection(id, isAdded)`, `inject(id)`, `disconnect(id, how)`. */
export function createConnectionsView(nodes, store, act) {
  const { state } = store;
  let ordered = [];
  let orderedVersion = -1;
  let focused = null;

  const rows = new Rows(nodes.list, { rowHeight, make: makeRow, draw: drawRow });

  nodes.list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-connection]");
    if (!row) return;
    focused = row.dataset.connection;
    act.filterConnection(focused, event.ctrlKey || event.metaKey);
  });
  nodes.list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step && ordered.length > 0) {
      const index = ordered.findIndex((connection) => connection.id === focused);
      const at = Math.min(Math.max(index + step, 0), ordered.length - 1);
      focused = ordered[at].id;
      rows.reveal(at);
      render();
    } else if ((event.key === "Enter" || event.key === " ") && focused) {
      act.filterConnection(focused, event.ctrlKey || event.metaKey);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  nodes.list.addEventListener("focus", () => {
    focused ??= ordered[0]?.id ?? null;
    render();
  });

  function drawRow(row, index) {
    const connection = ordered[index];
    if (!connection) return;
    const { cells } = row;
    const isOpen = connection.closedAt == null;
    const isSelected = valuesOf(state.filter, "conn").includes(connection.id);
    row.id = `connection-${connection.id}`;
    row.dataset.connection = connection.id;
    row.dataset.state = isOpen ? "open" : "closed";
    row.classList.toggle("focused", connection.id === focused);
    setAttribute(row, "aria-selected", isSelected ? "true" : "false");
    setAttribute(row, "aria-posinset", index + 1);
    setAttribute(row, "aria-setsize", ordered.length);
    setText(cells.id, connection.id);
    setText(cells.dot, isOpen ? "●" : "○");
    setAttribute(cells.dot, "title", isOpen ? "open" : `closed: ${format.visible(connection.closeReason ?? "")}`);
    setAttribute(cells.dot, "aria-label", isOpen ? "open" : "closed");
    setText(cells.address, format.visible(connection.client?.address ?? ""));
    setText(cells.transport, transportText(connection));
    setText(cells.namespaces, namespacesText(connection));
    const counts = connection.counts ?? {};
    setText(cells.counts, `→${format.count(counts.fromClient ?? 0)} ←${format.count(counts.fromUpstream ?? 0)}`);
    setAttribute(cells.counts, "title", "events from the client, events from the upstream");
  }

  function render() {
    if (orderedVersion !== state.connectionsVersion) {
      orderedVersion = state.connectionsVersion;
      ordered = [...state.connections.values()].sort(newestOpenFirst);
    }
    const open = ordered.filter((connection) => connection.closedAt == null).length;
    const summary = `${format.count(open)} open, ${format.count(ordered.length - open)} closed`;
    setText(nodes.summary, ordered.length === 0 ? "" : summary);
    nodes.empty.hidden = ordered.length > 0;
    rows.resize(ordered.length);
    rows.render();
    setAttribute(nodes.list, "aria-activedescendant", focused ? `connection-${focused}` : null);
    renderCard();
  }

  function renderCard() {
    const selected = valuesOf(state.filter, "conn");
    const connection = selected.length === 1 ? state.connections.get(selected[0]) : undefined;
    nodes.card.hidden = !connection;
    if (!connection) return;
    const stamp = JSON.stringify([
      connection.id, connection.closedAt, connection.closeReason, connection.namespaces, connection.client,
      connection.upstream,
    ]);
    if (nodes.card.stamp === stamp) return;
    nodes.card.stamp = stamp;
    const isOpen = connection.closedAt == null;
    const { upstream = {}, namespaces = [] } = connection;
    const facts = [
      ["opened", format.clock(connection.openedAt)],
      !isOpen && ["closed", `${format.clock(connection.closedAt)} ${format.visible(connection.closeReason ?? "")}`],
      ["client", `${transportText(connection)}, ${format.visible(connection.client?.userAgent ?? "no user agent")}`],
      ["upstream", [upstream.transport, upstream.sid].filter(Boolean).map(format.visible).join(", ")],
      ...namespaces.map(({ name, sid }) => [format.visible(name), sid ? format.visible(sid) : "joining"]),
    ].filter(Boolean);
    nodes.card.replaceChildren(
      element(
        "div", { class: "card-head" },
        element("strong", { text: connection.id }),
        button("Inject…", { class: "quiet", disabled: !isOpen, on: () => act.inject(connection.id) }),
        button("Disconnect", {
          class: "quiet danger", disabled: !isOpen, "data-action": "disconnect",
          title: "End the session on both sides, as a server does that shuts down",
          on: () => act.disconnect(connection.id, "server"),
        }),
        button("Cut", {
          class: "quiet danger", disabled: !isOpen, title: "Cut both sides, as a network loss would",
          "data-action": "cut", on: () => act.disconnect(connection.id, "transport"),
        }),
      ),
      element("dl", { class: "facts" }, facts.flatMap(([name, value]) => [
        element("dt", { text: name }), element("dd", { text: value, title: value }),
      ])),
    );
  }

  return { render };
}

function newestOpenFirst(a, b) {
  const closed = (a.closedAt != null) - (b.closedAt != null);
  return closed !== 0 ? closed : Number(b.id.slice(1)) - Number(a.id.slice(1));
}

function transportText(connection) {
  if (connection.protocol === "websocket") return "plain websocket";
  const { transport = "", version } = connection.client ?? {};
  return version == null ? transport : `${transport} v${version}`;
}

function namespacesText(connection) {
  return (connection.namespaces ?? []).map(({ name }) => format.visible(name)).join(" ");
}

function makeRow() {
  const cell = (name) => element("span", { class: name });
  const cells = Object.fromEntries(
    ["dot", "id", "address", "counts", "transport", "namespaces"].map((name) => [name, cell(name)]),
  );
  const row = element("div", { class: "connection", role: "option" }, Object.values(cells));
  row.cells = cells;
  return row;
}
