import { button, element, wireText } from "../../dom.js";
import * as format from "../../format.js";
import { write } from "../../json.js";
import { differences } from "../../paths.js";

/** Events that are shown, and changes of each. */
const matchLimit = 5;
const changeLimit = 6;
const arrows = { client: "→", upstream: "←" };

/** What a rule would have done to the events that were kept. `act` has `open(id)`. */
export function trialNodes(trial, act) {
  if (!trial) return [];
  if (trial.error) return [element("p", { class: "problem", text: "It cannot be tried yet." })];
  const { tested, matched, matches } = trial;
  const rest = matched - matchLimit;
  return [
    element("p", { "data-field": "trial-count", text: countText(tested, matched) }),
    element("ul", { class: "trial-matches" }, matches.slice(0, matchLimit).map((match) => matchNode(match, act))),
    rest > 0 && element("p", { class: "note", text: `… and ${rest} more` }),
  ].filter(Boolean);
}

function countText(tested, matched) {
  if (tested === 0) return "No events were kept yet to try it on.";
  const of = `of ${format.plural(tested, "kept event")}`;
  if (matched === 0) return `It would have matched none ${of}.`;
  return `It would have matched ${format.count(matched)} ${of}:`;
}

function matchNode({ event, becomes }, act) {
  const changes = changesOf(event, becomes);
  const verdict = (becomes.get("verdict") ?? ["forwarded"]).filter((word) => typeof word === "string");
  const name = event.name == null ? event.kind : event.name.slice(0, 200);
  return element("li", { "data-event-id": event.id },
    element("div", { class: "trial-head" },
      button(event.id, { class: "link", title: "Show this event", on: () => act.open(event.id) }),
      element("span", { class: `arrow ${event.from}`, text: arrows[event.from] ?? "" }),
      element("span", { class: "mono trial-name" }, wireText(name)),
      verdict.map((word) => element("span", { class: "badge", "data-badge": word, text: word }))),
    changes.slice(0, changeLimit).map(changeNode),
    changes.length > changeLimit && element("p", { class: "note", text: "… and more" }));
}

/** What differs from the event as it was received. */
function changesOf(event, becomes) {
  const changed = becomes.entries.filter(([key]) => !["verdict", "raw", "sizeBytes"].includes(key));
  return changed.flatMap(([key, after]) => {
    const before = event.original?.get(key) ?? event[key];
    if (key === "args" && Array.isArray(after)) return differences(before, after, "args", changeLimit + 1);
    return [{ path: key, before: before ?? undefined, after }];
  });
}

function changeNode({ path, before, after }) {
  return element("p", { class: "change" },
    element("span", { class: "change-path" }, wireText(path)), ": ",
    before !== undefined && element("del", {}, wireText(valueText(before))),
    before !== undefined && after !== undefined ? " → " : null,
    after === undefined ? " removed" : element("ins", {}, wireText(valueText(after))));
}

function valueText(value) {
  return typeof value === "object" && value !== null ? format.preview([value], 120) : write(value, { limit: 120 });
}
