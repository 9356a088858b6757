import { createStore, itemsLimit, waitingLimit } from "../js/store.js";
import { equal, test } from "./check.js";

const event = (number, fields = {}) => ({
  id: `e${number}`, number, kind: "event", name: "tick", namespace: "/", sizeBytes: 10, wantsAck: false, ack: null,
  answers: null, time: "2026-11-22T10:00:00.000000000Z", ...fields,
});
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index));
const make = () => createStore(() => {});
const numbers = (store) => store.state.items.map((item) => (item.isGap ? "gap" : item.number));

test("events stand in order, once each, however they come", () => {
  const store = make();
  store.reset(range(3, 4), true);
  store.receive([event(6), event(4), event(5)]);
  equal(numbers(store), [3, 4, 5, 6]);
});
test("at its limit the list is whole, one past it the oldest leave", () => {
  const store = make();
  store.reset([], false);
  store.receive(range(1, itemsLimit));
  equal([store.state.items.length, store.state.firstIndex, store.state.hasOlder], [itemsLimit, 0, false]);
  store.receive([event(itemsLimit + 1)]);
  const { state } = store;
  equal([state.items.length <= itemsLimit, state.hasOlder, state.byID.has("e1")], [true, true, false]);
  equal(store.state.items[0].number, store.state.firstIndex + 1);
});
test("a reader elsewhere keeps what is read; the newest are fetched later", () => {
  const store = make();
  store.reset(range(1, 10), false);
  store.setFollowing(false);
  store.receive(range(11, itemsLimit + 5));
  equal([store.state.items[0].number, store.state.hasNewer, store.state.fresh], [1, true, itemsLimit - 5]);
});
test("older events keep the index of those that are here", () => {
  const store = make();
  store.reset(range(11, 20), true);
  store.prepend(range(1, 10), false);
  equal([store.state.firstIndex, store.state.items[0].number, store.state.hasOlder], [-10, 1, false]);
});
test("an ack tells its emit, with the time between", () => {
  const store = make();
  store.reset([event(1, { wantsAck: true })], false);
  store.receive([event(2, { kind: "ack", answers: "e1", time: "2026-11-22T10:00:00.002500000Z" })]);
  equal(store.state.byID.get("e1").ack, { event: "e2", latencyMilliseconds: 2.5 });
});
test("what comes during a pause waits, and past the limit is a gap", () => {
  const store = make();
  store.reset(range(1, 2), false);
  store.setPaused(true);
  store.receive(range(3, waitingLimit + 5));
  equal(numbers(store), [1, 2]);
  store.setPaused(false);
  const last = store.state.items.at(-1);
  equal([store.state.items.length, last.isGap, last.count], [waitingLimit + 3, true, 3]);
});
test("a gap stands between its neighbours and is filled in place", () => {
  const store = make();
  store.reset(range(1, 2), false);
  store.receiveGap(3);
  store.receive([event(6)]);
  equal(numbers(store), [1, 2, "gap", 6]);
  store.fillGap(store.state.items[2], range(3, 4), 1);
  equal(numbers(store), [1, 2, 3, 4, "gap", 6]);
  store.fillGap(store.state.items[4], range(5, 5), 0);
  equal(numbers(store), [1, 2, 3, 4, 5, 6]);
});
test("a gap that was selected and is filled leaves its first event selected", () => {
  const store = make();
  store.reset(range(1, 2), false);
  store.receiveGap(1);
  store.select("e1");
  store.selectGap(store.state.items[2]);
  equal([store.state.selected, store.state.selectedGap.isGap], [null, true]);
  store.fillGap(store.state.items[2], range(3, 3), 0);
  equal([store.state.selected, store.state.selectedGap], ["e3", null]);
});
test("an event that comes again replaces itself", () => {
  const store = make();
  store.reset(range(1, 3), false);
  store.refresh([event(2, { ack: { event: "e9", latencyMilliseconds: 1 } }), event(7)]);
  equal(numbers(store), [1, 2, 3]);
  equal(store.state.items[1].ack.event, "e9");
});
