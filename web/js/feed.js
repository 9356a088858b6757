import { sentFilter } from "./filter.js";

const pageSize = 500;
/** Pages fetched to catch up with what was missed; past it the list starts anew. */
const catchUpPages = 10;

/**
 * Keeps the store in step with the server: the first page, the live stream, what was missed when it broke, older
 * pages, gaps, status.
 */
export function createFeed(api, store, { loadRules }) {
  const { state } = store;
  /** Counts the lists that were shown: an answer for an earlier one is thrown away. */
  let generation = 0;
  let attempts = 0;
  /** The filter of the list that is shown. The one in the field may be newer, or wrong. */
  let applied = "";
  let closeStream = () => {};
  let early = null;
  let batch = [];
  let retryDelay = 500;
  let isLoadingOlder = false;
  let isLoadingNewer = false;
  let startedAt = null;

  /** Loads the newest page for the filter, and then listens. A wrong filter leaves the list as it is. */
  async function reload() {
    const attempt = ++attempts;
    const wanted = sentFilter(state.filter, state.showHeartbeats);
    try {
      const page = await api.events({ filter: wanted, limit: pageSize });
      if (attempt !== attempts) return;
      applied = wanted;
      generation += 1;
      early = null;
      batch = [];
      store.setFilterError(null);
      store.reset(page.events, page.next !== null);
      listen(generation);
    } catch (error) {
      if (attempt !== attempts) return;
      if (error.status === 422) store.setFilterError(error);
      else failed(error, () => attempt === attempts && reload());
    }
  }

  function failed(error, again) {
    if (error.status === 401) {
      closeStream();
      store.setStream("unauthorised");
      return;
    }
    store.setStream("lost");
    if (!state.isLoaded) store.setLoadError(error.message);
    setTimeout(again, retryDelay);
    retryDelay = Math.min(retryDelay * 2, 5000);
  }

  function listen(mine) {
    closeStream();
    if (state.stream !== "live") store.setStream("connecting");
    closeStream = api.stream(applied, {
      open: () => catchUp(mine),
      event: (event) => mine === generation && take(event),
      connection: (connection) => store.setConnection(connection),
      skipped: (count) => mine === generation && skip(count),
      lost: (isFinal) => {
        if (mine !== generation) return;
        store.setStream("lost");
        if (isFinal) probe(mine);
      },
    });
  }

  /** Asks why the stream ended for good, and listens again once the server answers. */
  async function probe(mine) {
    try {
      await readStatus();
      if (mine === generation) setTimeout(() => mine === generation && listen(mine), retryDelay);
      retryDelay = Math.min(retryDelay * 2, 5000);
    } catch (error) {
      if (mine === generation) failed(error, () => mine === generation && probe(mine));
    }
  }

  /**
   * The stream says what comes from now on; what came between the last page and now is fetched. Events that arrive
   * meanwhile wait.
   */
  async function catchUp(mine) {
    if (mine !== generation) return;
    early = [];
    try {
      if ((await readStatus()) === "restarted") return;
      store.setConnections(await api.connections());
      if (mine !== generation || state.hasNewer) return;
      for (let page = 0; ; page++) {
        const after = (state.waiting.at(-1) ?? state.items.findLast((item) => !item.isGap))?.id;
        if (after === undefined || page === catchUpPages) return page === catchUpPages ? reload() : refill(mine);
        const missed = await api.events({ filter: applied, after, limit: pageSize });
        if (mine !== generation) return;
        store.receive(missed.events);
        if (missed.next === null || missed.events.length === 0) break;
      }
      retryDelay = 500;
    } catch (error) {
      if (mine === generation) failed(error, () => mine === generation && listen(mine));
    } finally {
      if (mine === generation) {
        if (state.stream !== "unauthorised") store.setStream("live");
        const waited = early ?? [];
        early = null;
        if (waited.length > 0) store.receive(waited);
      }
    }
  }

  async function refill(mine) {
    const page = await api.events({ filter: applied, limit: pageSize });
    if (mine === generation) store.receive(page.events);
  }

  function take(event) {
    if (early) return early.push(event);
    // One change of the list for all that came in one turn of the loop.
    if (batch.length === 0) queueMicrotask(() => setTimeout(flush, 16));
    batch.push(event);
  }

  function flush() {
    const events = batch;
    batch = [];
    if (events.length > 0) store.receive(events);
  }

  function skip(count) {
    flush();
    store.receiveGap(count);
  }

  async function loadOlder() {
    const first = state.items.find((item) => !item.isGap);
    if (isLoadingOlder || !state.hasOlder || !first) return;
    isLoadingOlder = true;
    const mine = generation;
    try {
      const page = await api.events({ filter: applied, before: first.id, limit: pageSize });
      if (mine === generation) store.prepend(page.events, page.next !== null);
    } catch (error) {
      if (error.status === 401) store.setStream("unauthorised");
    } finally {
      isLoadingOlder = false;
    }
  }

  async function loadNewer() {
    const last = state.items.findLast((item) => !item.isGap);
    if (isLoadingNewer || !state.hasNewer || !last) return;
    isLoadingNewer = true;
    const mine = generation;
    try {
      const page = await api.events({ filter: applied, after: last.id, limit: pageSize });
      if (mine === generation) store.extend(page.events, page.next !== null);
    } catch {
      // The next scroll asks again.
    } finally {
      isLoadingNewer = false;
    }
  }

  async function fillGap(gap) {
    const mine = generation;
    try {
      // What is missing may also lie between events that are here: one too large for the stream is skipped alone.
      const page = await api.events({ filter: applied, after: gap.after ?? "e0", limit: 1000 });
      if (mine !== generation) return;
      const found = page.events.filter((event) => !state.byID.has(event.id));
      store.fillGap(gap, found, page.next === null ? 0 : Math.max(0, gap.count - found.length));
    } catch (error) {
      if (error.status === 401) store.setStream("unauthorised");
    }
  }

  function toNewest() {
    if (state.hasNewer) return reload();
    store.setFollowing(true);
  }

  /** A filter can hide acks, and then nobody tells the emits in the list: they are asked for again while in view. */
  async function refreshPending(first, last) {
    if (state.filter.trim() === "" || !first || !last) return;
    const mine = generation;
    const limit = Math.min(1000, last.number - first.number + 1);
    try {
      const page = await api.events({ filter: applied, after: `e${first.number - 1}`, limit });
      if (mine === generation) store.refresh(page.events);
    } catch {
      // It is asked again in a moment.
    }
  }

  async function readStatus() {
    const status = await api.status();
    const isRestarted = startedAt !== null && startedAt !== status.startedAt;
    startedAt = status.startedAt;
    store.setStatus(status);
    if (!isRestarted) return "same";
    // Another process: its ids begin at one again.
    store.select(null);
    reload();
    return "restarted";
  }

  /** The stream tells of connections too; now and then all of them are read, so that none is missed for long. */
  async function poll(isThorough = false) {
    try {
      await readStatus();
      if (state.stream === "unauthorised") reload();
      if (isThorough) store.setConnections(await api.connections());
    } catch (error) {
      if (error.status === 401) store.setStream("unauthorised");
    }
  }

  async function showDetail(id) {
    try {
      const event = await api.event(id);
      const ackEvent = event.ack ? await api.event(event.ack.event).catch(() => null) : null;
      const emit = event.answers ? await api.event(event.answers).catch(() => null) : null;
      store.setDetail(id, event, ackEvent ?? emit);
      const isKnown = (id) => state.rules?.some((rule) => rule.id === id);
      if (!event.rules.every(isKnown)) loadRules();
    } catch (error) {
      const known = state.byID.get(id);
      const gone = "Siphon no longer has this event: newer ones took its place.";
      store.setDetail(id, known ?? null, null, error.status === 404 ? gone : error.message);
    }
  }

  return { reload, loadOlder, loadNewer, fillGap, toNewest, refreshPending, poll, showDetail };
}
