import { millisecondsBetween } from "./format.js";

/** Events the page keeps. More are on the server, and are fetched when the reader scrolls there. */
export const itemsLimit = 20_000;
/** Bytes of payload the page keeps. */
export const payloadLimit = 64_000_000;
/** Events that wait while the list is paused; past it they are only counted. */
export const waitingLimit = 5_000;

/**
 * All state of the page. An item of the list is an event, or a gap `{ isGap, number, after, before, count }`: events
 * that are on the server and not here. Views read `store.state` and are told what changed, once a frame.
 */
export function createStore(schedule = (run) => requestAnimationFrame(run)) {
  const state = {
    items: [],
    /** The index of items[0], counted from the first that was ever shown: a row keeps its index when others leave. */
    firstIndex: 0,
    byID: new Map(),
    payloadBytes: 0,
    hasOlder: false,
    /** The newest events are on the server only: the reader is elsewhere and the list is full. */
    hasNewer: false,
    isFollowing: true,
    isPaused: false,
    waiting: [],
    waitingUncounted: 0,
    /** Arrived since the reader left the end. */
    fresh: 0,
    isLoaded: false,
    loadError: null,

    filter: "",
    filterError: null,
    showHeartbeats: false,

    connections: new Map(),
    connectionsVersion: 0,
    names: new Map(),

    selected: null,
    /** The gap that is selected instead of an event. */
    selectedGap: null,
    /** The whole of the selected event: `{ id, event, ackEvent, error }`. */
    detail: null,
    panel: null,

    draft: null,
    injection: null,
    rules: null,
    rulesError: null,
    /** What the rules panel is about: see `rules/control.js`. */
    ruleDesk: {
      /** What the form is to show: `{ id, json }` of a rule, `{ when }` of a new one; null while it is closed. */
      draft: null,
      /** Rules that were deleted and can come back, the last of them last: `{ id, json, name, above, below }`. */
      deleted: [],
      /** What went wrong with a rule of the list: `{ id, message }`. */
      failure: null,
      /** `{ path, rules }`, `{ error, hasNoFile }`, or null. */
      saving: null,
      /** Whether rules of a file were seen. */
      hasFile: false,
      /** `{ tested, matched, matches }`, `{ error }`, or null. */
      trial: null,
      canSave: true,
      canTry: true,
    },

    status: null,
    /** What failed, in a sentence, until the reader has seen it. */
    notice: null,
    /** connecting, live, lost, unauthorised */
    stream: "connecting",
  };

  const listeners = new Set();
  let changed = new Set();
  let isScheduled = false;

  function notify() {
    isScheduled = false;
    const topics = changed;
    changed = new Set();
    for (const listener of listeners) listener(state, topics);
  }

  function touch(...topics) {
    for (const topic of topics) changed.add(topic);
    if (isScheduled) return;
    isScheduled = true;
    schedule(notify);
  }

  function remember(event) {
    state.byID.set(event.id, event);
    state.payloadBytes += event.sizeBytes || 0;
    if (event.kind === "event" && event.name) {
      // Bounded, since a peer makes the names up.
      if (state.names.size < 500 && event.name.length <= 200) state.names.set(event.name, event.namespace);
    }
  }

  function forget(item) {
    if (item.isGap) return;
    state.byID.delete(item.id);
    state.payloadBytes -= item.sizeBytes || 0;
  }

  const isFull = () => state.items.length > itemsLimit || state.payloadBytes > payloadLimit;

  function trimFront() {
    let number = 0;
    // In pieces, so that a full list does not shift once an event.
    while (isFull() && number < state.items.length - 1) {
      const end = Math.min(state.items.length - 1, number + 500);
      for (; number < end; number++) forget(state.items[number]);
      if (state.items.length - number <= itemsLimit && state.payloadBytes <= payloadLimit) break;
    }
    if (number === 0) return;
    state.items.splice(0, number);
    state.firstIndex += number;
    state.hasOlder = true;
  }

  function trimBack() {
    while (isFull() && state.items.length > 1) {
      forget(state.items.pop());
      state.hasNewer = true;
    }
  }

  /** The index in `items` of the first item whose number is at least this. */
  function position(number) {
    let low = 0;
    let high = state.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (state.items[middle].number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts one event in its place; true where it is a new one. */
  function place(event) {
    const known = state.byID.get(event.id);
    if (known) {
      state.payloadBytes += (event.sizeBytes || 0) - (known.sizeBytes || 0);
      state.items[position(event.number)] = event;
      state.byID.set(event.id, event);
      return false;
    }
    remember(event);
    const last = state.items.at(-1);
    if (!last || last.number < event.number) state.items.push(event);
    else state.items.splice(position(event.number), 0, event);
    return true;
  }

  /** An ack that is here tells its emit, wherever the emit came from. */
  function pair(event) {
    if (event.kind !== "ack" || !event.answers) return;
    const emit = state.byID.get(event.answers);
    if (!emit || emit.ack) return;
    const milliseconds = event.latencyMilliseconds ?? millisecondsBetween(emit.time, event.time);
    emit.ack = { event: event.id, latencyMilliseconds: milliseconds };
    if (state.detail?.id === emit.id && state.detail.event) {
      state.detail = { ...state.detail, event: { ...state.detail.event, ack: emit.ack }, ackEvent: event };
      touch("detail");
    }
  }

  function append(events) {
    let added = 0;
    for (const event of events) {
      if (place(event)) added += 1;
    }
    for (const event of events) pair(event);
    if (!state.isFollowing) state.fresh += added;
    return added;
  }

  return {
    state,
    subscribe(listener) {
      listeners.add(listener);
    },

    /** Replaces the list by the newest page. */
    reset(events, hasOlder) {
      state.items = [];
      state.byID = new Map();
      state.payloadBytes = 0;
      state.firstIndex = 0;
      state.waiting = [];
      state.waitingUncounted = 0;
      state.fresh = 0;
      state.hasOlder = hasOlder;
      state.hasNewer = false;
      state.isFollowing = true;
      state.isPaused = false;
      state.selectedGap = null;
      state.isLoaded = true;
      state.loadError = null;
      append(events);
      touch("events", "reset");
    },

    /** Takes what the stream brought. */
    receive(events) {
      if (state.isPaused) {
        const room = Math.max(0, waitingLimit - state.waiting.length);
        state.waiting.push(...events.slice(0, room));
        state.waitingUncounted += Math.max(0, events.length - room);
      } else if (state.hasNewer) {
        state.fresh += events.filter((event) => !state.byID.has(event.id)).length;
        for (const event of events) pair(event);
      } else {
        append(events);
        if (state.isFollowing) trimFront();
        else trimBack();
      }
      touch("events");
    },

    /** `count` events passed that the stream did not bring. */
    receiveGap(count) {
      const last = state.items.at(-1);
      if (state.isPaused) state.waitingUncounted += count;
      else if (last?.isGap) last.count += count;
      else {
        // Half a step behind the last event: in its place by number, and no event can have it.
        const number = (last?.number ?? 0) + 0.5;
        state.items.push({ isGap: true, number, after: last?.id ?? null, count });
      }
      touch("events");
    },

    prepend(events, hasOlder) {
      const known = state.items.length;
      const first = state.items[0]?.number ?? Infinity;
      const older = events.filter((event) => event.number < first);
      for (const event of older) remember(event);
      state.items = [...older, ...state.items];
      state.firstIndex -= state.items.length - known;
      state.hasOlder = hasOlder && older.length > 0;
      // An emit that was not here when its ack came.
      for (const item of state.items) if (!item.isGap) pair(item);
      trimBack();
      touch("events");
    },

    /** Puts a page at the end, for a reader who scrolls down to where the list was cut. */
    extend(events, hasNewer) {
      append(events);
      state.hasNewer = hasNewer;
      state.fresh = hasNewer ? state.fresh : 0;
      trimFront();
      touch("events");
    },

    /** Fills a gap with the events that were fetched for it; `rest` are still missing. */
    fillGap(gap, events, rest) {
      const index = state.items.indexOf(gap);
      if (index < 0) return;
      state.items.splice(index, 1);
      if (state.selectedGap === gap) this.select(events[0]?.id ?? gap.after);
      const isFollowing = state.isFollowing;
      state.isFollowing = true;
      append(events);
      state.isFollowing = isFollowing;
      const last = events.at(-1);
      if (rest > 0 && last) {
        const number = last.number + 0.5;
        state.items.splice(position(number), 0, { isGap: true, number, after: last.id, count: rest });
      }
      trimFront();
      touch("events");
    },

    /** The state of acks that came while the filter hid them. */
    refresh(events) {
      let isChanged = false;
      for (const event of events) {
        if (!state.byID.has(event.id)) continue;
        isChanged = !place(event) || isChanged;
      }
      if (isChanged) touch("events");
    },

    setFollowing(isFollowing) {
      if (state.isFollowing === isFollowing) return;
      state.isFollowing = isFollowing;
      if (isFollowing) state.fresh = 0;
      touch("events");
    },

    setPaused(isPaused) {
      if (state.isPaused === isPaused) return;
      state.isPaused = isPaused;
      if (!isPaused) {
        append(state.waiting);
        if (state.waitingUncounted > 0) this.receiveGap(state.waitingUncounted);
        state.waiting = [];
        state.waitingUncounted = 0;
        if (state.isFollowing) trimFront();
        else trimBack();
      }
      touch("events");
    },

    /** An error of the filter before stays until the answer: what is below it would jump twice. */
    setFilter(filter, showHeartbeats = state.showHeartbeats) {
      state.filter = filter;
      state.showHeartbeats = showHeartbeats;
      touch("filter");
    },

    setFilterError(error) {
      state.filterError = error;
      touch("filter");
    },

    setLoadError(message) {
      state.loadError = message;
      state.isLoaded = true;
      touch("events");
    },

    setConnections(connections) {
      state.connections = new Map(connections.map((connection) => [connection.id, connection]));
      state.connectionsVersion += 1;
      touch("connections");
    },

    setConnection(connection) {
      state.connections.set(connection.id, connection);
      state.connectionsVersion += 1;
      touch("connections");
    },

    select(id) {
      if (state.selected === id && state.selectedGap === null) return;
      state.selected = id;
      state.selectedGap = null;
      if (state.detail?.id !== id) state.detail = id ? { id, event: null, ackEvent: null, error: null } : null;
      touch("selection", "detail");
    },

    selectGap(gap) {
      this.select(null);
      state.selectedGap = gap;
      touch("selection");
    },

    setDetail(id, event, ackEvent, error = null) {
      if (state.selected !== id) return;
      state.detail = { id, event, ackEvent, error };
      touch("detail");
    },

    setPanel(panel) {
      if (state.panel === panel) return;
      state.panel = panel;
      touch("panel");
    },

    setDraft(draft) {
      state.draft = draft;
      touch("draft");
    },

    setInjection(injection) {
      state.injection = injection;
      touch("injection");
    },

    setRules(rules, error) {
      state.rules = rules;
      state.rulesError = error;
      touch("rules");
    },

    setRuleDesk(changes) {
      Object.assign(state.ruleDesk, changes);
      touch("rules");
    },

    setStatus(status) {
      state.status = status;
      touch("status");
    },

    setNotice(notice) {
      if (state.notice === notice) return;
      state.notice = notice;
      touch("status");
    },

    setStream(stream) {
      if (state.stream === stream) return;
      state.stream = stream;
      touch("status", "events");
    },
  };
}
