import * as api from "./api.js";
import { createAppearance } from "./appearance.js";
import { afterDrawing } from "./dom.js";
import { createFeed } from "./feed.js";
import { quoted, withToggled, withValues, valuesOf } from "./filter.js";
import { base64, binaryIndex } from "./format.js";
import { Members, write } from "./json.js";
import { commandOf } from "./keys.js";
import { createRuleControl } from "./rules/control.js";
import { isForRules } from "./rules/draft.js";
import { createStore } from "./store.js";
import { createConnectionsView } from "./views/connections.js";
import { createDetailView } from "./views/detail.js";
import { createEventsView } from "./views/events.js";
import { createFilterBar } from "./views/filterbar.js";
import { createHelp } from "./views/help.js";
import { createInjectView, takesEvents } from "./views/inject.js";
import { createRulesView } from "./views/rules.js";
import { createStatusView } from "./views/status.js";

const statusInterval = 2000;
/** Rules are shown as they are hit. */
const rulesInterval = 1000;
/** Bytes of attachments that "send again" puts into the form. */
const draftAttachmentsLimit = 262_144;

const byID = (id) => document.getElementById(id);
const store = createStore();
const { state } = store;
const rules = createRuleControl(api, store);
const feed = createFeed(api, store, { loadRules: rules.load });

const eventsView = createEventsView(
  {
    scroller: byID("events"), pill: byID("pill"), empty: byID("events-empty"), emptyTitle: byID("events-empty-title"),
    emptyHint: byID("events-empty-hint"),
  },
  store,
  { open: openEvent, fillGap, older: feed.loadOlder, newer: feed.loadNewer, toNewest },
);
const connectionsView = createConnectionsView(
  {
    list: byID("connections"), summary: byID("connections-summary"), empty: byID("connections-empty"),
    card: byID("connection-card"),
  },
  store,
  { filterConnection, inject: (id) => injectInto(id), disconnect },
);
const filterBar = createFilterBar(
  {
    input: byID("filter"), clear: byID("filter-clear"), error: byID("filter-error"),
    errorText: byID("filter-error-text"), caret: byID("filter-caret"), suggestions: byID("suggestions"),
    toggles: byID("toggles"), pause: byID("pause"),
  },
  store,
  { filter: setFilter, heartbeats: toggleHeartbeats, pause: togglePause, leaveFilter: focusList },
);
const detailView = createDetailView(byID("panel-event"), store, {
  open: openEvent,
  again: sendAgain,
  filterName: (event) => setFilter(withValues(state.filter, "event", [quoted(event.name)])),
  filterConnection: (id) => filterConnection(id, false),
  makeRule,
  attachment: api.attachment,
});
const injectView = createInjectView(byID("panel-inject"), store, { inject, open: openEvent });
const rulesView = createRulesView(byID("panel-rules"), store, { ...rules, open: openEvent });
const appearance = createAppearance(byID("panel"), byID("splitter"));
const help = createHelp(byID("help"), api.filterHelp);
const statusView = createStatusView(
  {
    notice: byID("notice"), noticeText: byID("notice-text"), noticeClose: byID("notice-close"),
    stream: byID("stream"), upstream: byID("upstream"), upstreamURL: byID("upstream-url"),
    upstreamState: byID("upstream-state"), figures: byID("figures"),
  },
  store,
);

const drawnBy = [
  [["panel"], () => renderPanel()],
  [["events", "selection", "connections", "filter", "panel"], () => eventsView.render()],
  [["connections", "filter"], () => connectionsView.render()],
  [["filter", "events"], () => filterBar.render()],
  [["detail", "rules"], () => detailView.render()],
  [["connections", "draft", "injection", "panel"], () => injectView.render()],
  [["rules"], () => rulesView.render()],
  [["status"], () => statusView.render()],
  [["filter", "selection"], () => writeAddress()],
];
store.subscribe((_, topics) => {
  for (const [wanted, draw] of drawnBy) if (wanted.some((topic) => topics.has(topic))) draw();
});

function setFilter(text, showHeartbeats) {
  store.setFilter(text, showHeartbeats);
  feed.reload();
}

function toggleHeartbeats() {
  setFilter(state.filter, !state.showHeartbeats);
}

function togglePause() {
  store.setPaused(!state.isPaused);
}

/** Asks first: what is forgotten is gone. */
function clear() {
  byID("ask-clear").showModal();
}

async function clearNow() {
  byID("ask-clear").close();
  if (!(await tried("The events could not be cleared", api.clearEvents()))) return;
  store.select(null);
  feed.reload();
}

/** Whether it succeeded. Where it did not, the notice on top says why. */
async function tried(failure, promise) {
  try {
    await promise;
    store.setNotice(null);
    return true;
  } catch (error) {
    store.setNotice(`${failure}: ${error.message}`);
    return false;
  }
}

function filterConnection(id, isAdded) {
  const now = valuesOf(state.filter, "conn");
  if (isAdded) return setFilter(withToggled(state.filter, "conn", [id]));
  setFilter(withValues(state.filter, "conn", now.length === 1 && now[0] === id ? [] : [id]));
}

function openEvent(id) {
  select(id);
  store.setPanel("event");
}

function select(id) {
  if (id === null) return;
  store.setFollowing(false);
  store.select(id);
  feed.showDetail(id);
  eventsView.reveal(id);
}

/** Moves by this many rows. A gap is a row too, on which Enter loads what is missing. */
function move(step) {
  const item = eventsView.neighbour(step);
  if (!item?.isGap) return select(item?.id ?? null);
  store.setFollowing(false);
  store.selectGap(item);
  eventsView.revealItem(item);
}

async function fillGap(gap) {
  const isSelected = state.selectedGap === gap;
  await feed.fillGap(gap);
  if (isSelected && state.selectedGap === null) select(state.selected);
}

function toNewest() {
  feed.toNewest();
  focusList();
}

function focusList() {
  byID("events").focus();
}

function showPanel(panel) {
  store.setPanel(panel);
  if (panel !== "rules") return;
  rules.load();
  // Without a rule there is nothing else to do here.
  if (state.rules?.length === 0 && !state.ruleDesk.draft) rules.begin();
}

function makeRule(event) {
  rules.beginFor(event);
  showPanel("rules");
  focusPanel(rulesView);
}

function injectInto(connection) {
  const joined = state.connections.get(connection)?.namespaces ?? [];
  store.setDraft({ connection, namespace: joined[0]?.name });
  showPanel("inject");
  focusPanel(injectView);
}

/** A panel is shown with the next frame, and only then can take the focus. */
function focusPanel(view) {
  afterDrawing(() => view.focus());
}

async function sendAgain(event) {
  showPanel("inject");
  const total = event.attachments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const contents = new Map();
  if (total <= draftAttachmentsLimit) {
    for (const { index } of event.attachments) {
      contents.set(index, base64(await api.attachment(event.id, index).catch(() => new ArrayBuffer(0))));
    }
  }
  const isOpen = takesEvents(state.connections.get(event.connection));
  store.setInjection(null);
  store.setDraft({
    connection: isOpen ? event.connection : undefined,
    to: event.from === "client" ? "upstream" : "client",
    namespace: event.namespace,
    name: event.name ?? "",
    args: write(withContents(event.args, contents), { indent: 2 }),
    ack: event.wantsAck,
  });
  focusPanel(injectView);
}

/** The arguments with each attachment's bytes in its place, as the API takes them. */
function withContents(value, contents, depth = 0) {
  if (depth > 500) return value;
  const index = binaryIndex(value);
  if (index !== undefined && contents.has(index)) return new Members([["$binary", contents.get(index)]]);
  if (contents.size === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withContents(item, contents, depth + 1));
  if (!(value instanceof Members)) return value;
  return new Members(value.entries.map(([key, item]) => [key, withContents(item, contents, depth + 1)]));
}

async function inject(connection, injection) {
  store.setInjection({ isRunning: true });
  try {
    store.setInjection(await api.inject(connection, injection));
  } catch (error) {
    store.setInjection({ error: error.message, event: error.event });
  }
}

async function disconnect(id, how) {
  await tried(`${id} could not be disconnected`, api.disconnect(id, how));
  feed.poll(true);
}

function renderPanel() {
  const isOpen = state.panel !== null;
  byID("panel").hidden = byID("splitter").hidden = !isOpen;
  document.body.classList.toggle("has-panel", isOpen);
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const isShown = tab.dataset.panel === state.panel;
    tab.setAttribute("aria-selected", String(isShown));
    tab.tabIndex = isShown ? 0 : -1;
    byID(tab.getAttribute("aria-controls")).hidden = !isShown;
  }
  // A panel below takes room from the list.
  if (state.selected && isOpen) requestAnimationFrame(() => eventsView.reveal(state.selected));
}

function back() {
  const isInList = document.activeElement === byID("events");
  if (!isInList && document.activeElement !== document.body) return focusList();
  if (state.panel) store.setPanel(null);
  else store.select(null);
  focusList();
}

function partner() {
  const event = state.detail?.event ?? state.byID.get(state.selected);
  const id = event?.answers ?? event?.ack?.event;
  if (id) openEvent(id);
}

const commands = {
  next: () => move(1),
  previous: () => move(-1),
  nextPage: () => move(eventsView.rows.visibleCount - 1),
  previousPage: () => move(1 - eventsView.rows.visibleCount),
  first: () => select(state.items.find((item) => !item.isGap)?.id ?? null),
  newest: () => toNewest(),
  open: () => {
    if (state.selectedGap) return fillGap(state.selectedGap);
    if (!state.selected) return move(1);
    if (state.panel !== "event") return store.setPanel("event");
    byID("panel-event").focus();
  },
  back,
  ack: partner,
  filter: () => byID("filter").select(),
  pause: togglePause,
  heartbeats: toggleHeartbeats,
  clear,
  inject: () => {
    // What the reader looks at, where that is still open; else the form keeps its connection, or takes the newest.
    const wanted = [valuesOf(state.filter, "conn")[0], state.byID.get(state.selected)?.connection];
    const id = wanted.find((id) => takesEvents(state.connections.get(id)));
    if (id && id !== injectView.target) return injectInto(id);
    showPanel("inject");
    focusPanel(injectView);
  },
  again: () => {
    const event = state.detail?.event ?? state.byID.get(state.selected);
    if (event?.kind === "event") sendAgain(event);
  },
  makeRule: () => {
    const event = state.detail?.event ?? state.byID.get(state.selected);
    if (event && isForRules(event)) makeRule(event);
  },
  rules: () => {
    showPanel("rules");
    focusPanel(rulesView);
  },
  theme: appearance.switchTheme,
  help: () => help.open(),
};

document.addEventListener("keydown", (event) => {
  const { target } = event;
  // From now on it must be seen where keys go.
  if (!["Control", "Meta", "Alt", "Shift"].includes(event.key)) document.documentElement.dataset.keys = "";
  // A dialog closes itself with Escape, and nothing behind it moves.
  if (document.querySelector("dialog[open]")) return;
  const isTyping = target.matches("input:not([type=checkbox]), textarea, select");
  const isInList = target === byID("events") || target === document.body;
  const command = commandOf(event, { isTyping, isInList });
  if (!command) return;
  event.preventDefault();
  commands[command]();
});

byID("clear").addEventListener("click", clear);
byID("clear-now").addEventListener("click", clearNow);
byID("clear-not").addEventListener("click", () => byID("ask-clear").close());
byID("notice-close").addEventListener("click", () => store.setNotice(null));
for (const panel of ["inject", "rules"]) {
  byID(`open-${panel}`).addEventListener("click", () => {
    if (state.panel === panel) store.setPanel(null);
    else commands[panel]();
  });
}
byID("open-help").addEventListener("click", () => commands.help());
byID("theme").addEventListener("click", appearance.switchTheme);
byID("panel-close").addEventListener("click", () => {
  store.setPanel(null);
  focusList();
});
for (const tab of document.querySelectorAll("[role=tab]")) {
  tab.addEventListener("click", () => showPanel(tab.dataset.panel));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...document.querySelectorAll("[role=tab]")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    showPanel(next.dataset.panel);
    requestAnimationFrame(() => next.focus());
    event.stopPropagation();
  });
}

/** The filter and the selected event stand in the address, so that a reload or a bookmark comes back to them. */
function writeAddress() {
  const parameters = new URLSearchParams();
  if (state.filter) parameters.set("filter", state.filter);
  if (state.selected) parameters.set("event", state.selected);
  const hash = parameters.size > 0 ? `#${parameters}` : "";
  if (hash !== location.hash) history.replaceState(null, "", location.pathname + hash);
}

function start() {
  appearance.restore();
  const address = new URLSearchParams(location.hash.slice(1));
  const event = address.get("event");
  store.setFilter(address.get("filter") ?? "");
  renderPanel();
  feed.poll(true);
  rules.load();
  feed.reload().then(() => {
    if (/^e\d+$/.test(event ?? "")) openEvent(event);
  });
  focusList();
  let polls = 0;
  setInterval(() => {
    if (document.hidden) return;
    polls += 1;
    feed.poll(polls % 5 === 0);
    const shown = state.panel === "event" ? state.detail?.event : null;
    if (shown?.wantsAck && !shown.ack) feed.showDetail(shown.id);
    const visible = eventsView.visibleEvents();
    const pending = visible.filter((item) => item.wantsAck && !item.ack);
    feed.refreshPending(pending[0], pending.at(-1));
  }, statusInterval);
  setInterval(() => {
    if (!document.hidden && state.panel === "rules") rules.load();
  }, rulesInterval);
}

start();
