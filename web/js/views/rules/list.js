import { button, element, setAttribute, setText } from "../../dom.js";
import * as format from "../../format.js";
import { conditionTexts } from "../../rules/draft.js";

/**
 * The rules in their order, and how often each acted. `act` has `enable(id, isEnabled)`, `move(id, step)`, `edit(id)`,
 * `remove(id)`.
 */
export function createRuleList(store, act) {
  const { state } = store;
  const list = element("ul", { class: "rules", "data-list": "rules", "aria-label": "Rules" });

  function render() {
    // Kept by id, so that the focus stays on a button whose rule was hit meanwhile.
    const known = new Map([...list.children].map((node) => [node.dataset.ruleId, node]));
    const rules = state.rules ?? [];
    const wanted = rules.map((rule, index) => {
      const node = known.get(rule.id) ?? makeRule(rule.id);
      drawRule(node, rule, index, rules.length);
      return node;
    });
    if (wanted.length === list.children.length && wanted.every((node, at) => list.children[at] === node)) return;
    const focused = document.activeElement;
    list.replaceChildren(...wanted);
    // What was moved has lost it.
    if (focused !== document.activeElement && list.contains(focused)) focused.focus();
  }

  function makeRule(id) {
    const tool = (label, action, title, on) => button(label, { class: "quiet", "data-action": action, title, on });
    const parts = {
      enabled: element("input", { type: "checkbox", "data-field": "enabled" }),
      name: element("strong", { class: "rule-name", "data-field": "rule-name" }),
      source: element("span", {
        class: "source", "data-field": "source", text: "file", hidden: true,
        title: "from the rule file; what is changed here goes when the file is read again, unless it is saved",
      }),
      up: tool("↑", "rule-up", "Earlier", () => act.move(id, -1)),
      down: tool("↓", "rule-down", "Later", () => act.move(id, 1)),
      edit: tool("Edit", "edit-rule", "Edit", () => act.edit(id)),
      remove: tool("Delete", "delete-rule", "Delete; it can be undone", () => act.remove(id)),
      when: element("code", { class: "rule-when", "data-field": "rule-when" }),
      then: element("code", { class: "rule-then", "data-field": "rule-then" }),
      hits: element("span", { class: "hits", "data-field": "hits" }),
      last: element("span", { "data-field": "last-hit" }),
      conditions: element("span", { "data-field": "conditions" }),
      error: element("p", { class: "problem", "data-field": "rule-error", hidden: true }),
      failure: element("p", { class: "problem", role: "alert", hidden: true }),
    };
    parts.enabled.addEventListener("change", () => act.enable(id, parts.enabled.checked));
    parts.hits.addEventListener("animationend", () => parts.hits.classList.remove("lit"));
    parts.remove.classList.add("danger");
    const node = element("li", { class: "rule", "data-rule-id": id },
      element("div", { class: "rule-head" }, parts.enabled, parts.name, parts.source,
        element("span", { class: "rule-tools" }, parts.up, parts.down, parts.edit, parts.remove)),
      parts.when, parts.then,
      element("p", { class: "rule-facts" }, parts.hits, parts.last, parts.conditions), parts.error, parts.failure);
    node.parts = parts;
    return node;
  }

  function drawRule(node, rule, index, count) {
    const { parts } = node;
    const name = format.visible(rule.name || rule.id);
    const isEnabled = rule.enabled !== false;
    setText(parts.name, name);
    parts.source.hidden = rule.source !== "file";
    parts.enabled.checked = isEnabled;
    setAttribute(parts.enabled, "aria-label", `rule ${name} is enabled`);
    for (const [part, verb] of [["up", "earlier"], ["down", "later"], ["edit", "edit"], ["remove", "delete"]]) {
      setAttribute(parts[part], "aria-label", `${verb}: rule ${name}`);
    }
    // Not disabled: the one that has the focus would lose it at the end.
    setAttribute(parts.up, "aria-disabled", index === 0 ? "true" : null);
    setAttribute(parts.down, "aria-disabled", index === count - 1 ? "true" : null);
    setText(parts.when, "when " + format.visible(rule.when ?? (rule.on ? `on ${rule.on}` : "anything")));
    const then = rule.node.get("then") ?? null;
    const actions = Array.isArray(then) ? then : [then];
    setText(parts.then, "then " + actions.map(actionText).join(", then "));
    drawHits(parts, rule);
    setText(parts.conditions, conditionTexts(rule.node).map(format.visible).join(" · "));
    parts.error.hidden = !rule.error;
    if (rule.error) setText(parts.error, `⚠ ${format.visible(rule.error)}`);
    const { failure } = state.ruleDesk;
    parts.failure.hidden = failure?.id !== rule.id;
    if (!parts.failure.hidden) setText(parts.failure, format.visible(failure.message));
    node.classList.toggle("off", !isEnabled);
    node.classList.toggle("faulty", Boolean(rule.error));
  }

  function drawHits(parts, rule) {
    const hits = rule.hits ?? 0;
    if (parts.knownHits !== undefined && hits > parts.knownHits) {
      // Anew where it is still lit.
      parts.hits.classList.remove("lit");
      void parts.hits.offsetWidth;
      parts.hits.classList.add("lit");
    }
    parts.knownHits = hits;
    setText(parts.hits, format.plural(hits, "hit"));
    setText(parts.last, rule.lastHit ? `last ${format.ago(rule.lastHit)}` : "");
    setAttribute(parts.last, "title", rule.lastHit ? format.fullTime(rule.lastHit) : null);
  }

  return {
    node: list,
    render,
    /** A rule's element; undefined for none. */
    find: (id) => [...list.children].find((node) => node.dataset.ruleId === id),
  };
}

function actionText(action) {
  return typeof action === "string" ? format.visible(action) : format.preview([action], 400);
}
