import { button, element, setAttribute, setText } from "../dom.js";
import * as format from "../format.js";
import { Members, parse, write } from "../json.js";

const sample = `{
  "name": "everyone to staging",
  "when": "event:join from:client",
  "then": { "set": { "args[0].room": "staging" } }
}`;

/** Fields that the server adds to a rule, and does not take back. */
const serverFields = new Set(["id", "source", "hits", "lastHit"]);

/**
 * The rules and how often each acted. `act` has `add(json)`, `replace(id, json)`, `remove(id)`, which resolve
 * to an error's sentence, or null.
 */
export function createRulesView(root, store, act) {
  const { state } = store;
  const list = element("ul", { class: "rules", "data-list": "rules", "aria-label": "Rules" });
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const empty = element("p", { class: "hint", text: "No rules: every event passes as it came." });

  const when = element("input", {
    id: "rule-when", "data-field": "when", spellcheck: "false", autocomplete: "off",
    placeholder: "event:join from:client",
  });
  const action = element("select", { id: "rule-action", "data-field": "action" },
    element("option", { value: "drop", text: "drop it" }),
    element("option", { value: "set", text: "set a value" }),
    element("option", { value: "json", text: "rule as JSON" }));
  const path = element("input", {
    id: "rule-path", "data-field": "path", spellcheck: "false", autocomplete: "off", placeholder: "args[0].room",
  });
  const value = element("input", {
    id: "rule-value", "data-field": "value", spellcheck: "false", autocomplete: "off", placeholder: '"staging"',
  });
  const json = element("textarea", { id: "rule-json", "data-field": "json", rows: 7, spellcheck: "false" });
  json.value = sample;
  const note = element("p", { class: "note", role: "status" });
  const submit = element("button", { type: "submit", class: "primary", "data-action": "add-rule", text: "Add rule" });
  const field = (label, control) =>
    element("div", { class: "field" }, element("label", { for: control.id, text: label }), control);
  const whenField = field("When (filter)", when);
  const pathField = field("Path", path);
  const valueField = field("Value (JSON)", value);
  const jsonField = field("Rule (JSON)", json);
  const form = element("form", { class: "form", autocomplete: "off" },
    element("h3", { text: "New rule" }), whenField, field("Then", action), pathField, valueField, jsonField, note,
    element("div", { class: "actions" }, submit));
  root.append(problem, empty, list, form);

  action.addEventListener("change", renderForm);
  form.addEventListener("input", renderForm);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { text, error } = ruleText();
    if (error) return say(error, true);
    const failure = await act.add(text);
    say(failure ?? "Added.", failure !== null);
    if (failure === null && action.value !== "json") {
      when.value = "";
      submit.disabled = true;
    }
  });

  function ruleText() {
    try {
      if (action.value === "json") {
        if (!(parse(json.value) instanceof Members)) return { error: "a rule is a JSON object" };
        return { text: json.value };
      }
      if (when.value.trim() === "") return { error: "say which events: a filter such as event:join" };
      const head = `{"when":${JSON.stringify(when.value.trim())},"then":`;
      if (action.value === "drop") return { text: `${head}"drop"}` };
      if (path.value.trim() === "") return { error: "say what to set: a path such as args[0].room" };
      if (value.value.trim() === "") return { error: "say the value, as JSON" };
      const valueError = jsonValueError(value.value);
      if (valueError) return { error: valueError };
      return { text: `${head}{"set":{${JSON.stringify(path.value.trim())}:${value.value}}}}` };
    } catch (error) {
      return { error: error.message };
    }
  }

  function isTypedWrong() {
    if (action.value === "json") return true;
    return action.value === "set" && value.value.trim() !== "" && jsonValueError(value.value) !== null;
  }

  function say(text, isProblem) {
    setText(note, text);
    note.classList.toggle("problem", isProblem);
  }

  function renderForm() {
    whenField.hidden = action.value === "json";
    pathField.hidden = valueField.hidden = action.value !== "set";
    jsonField.hidden = action.value !== "json";
    const { error } = ruleText();
    submit.disabled = Boolean(error);
    // What is missing is said from the start, and only what was typed wrong as a problem.
    say(error ?? "", Boolean(error) && isTypedWrong());
  }

  function render() {
    problem.hidden = !state.rulesError;
    if (state.rulesError) setText(problem, format.rulesError(state.rulesError));
    const rules = state.rules ?? [];
    empty.hidden = rules.length > 0 || state.rules === null;
    // Kept by id, so that the focus stays on a button whose rule was hit meanwhile.
    const known = new Map([...list.children].map((node) => [node.dataset.ruleId, node]));
    const wanted = rules.map((rule) => {
      const node = known.get(rule.id) ?? makeRule(rule.id);
      drawRule(node, rule);
      return node;
    });
    if (wanted.length !== list.children.length || wanted.some((node, at) => list.children[at] !== node)) {
      list.replaceChildren(...wanted);
    }
  }

  function makeRule(id) {
    const parts = {
      name: element("strong", { class: "rule-name" }),
      source: element("span", {
        class: "source", "data-field": "source", text: "file", hidden: true,
        title: "from the rule file; what is changed here goes when the file is read again",
      }),
      hits: element("span", { class: "hits", "data-field": "hits" }),
      when: element("code", { class: "rule-when" }),
      then: element("code", { class: "rule-then" }),
      enabled: element("input", { type: "checkbox", "data-field": "enabled", "aria-label": `rule ${id} is enabled` }),
      problem: element("p", { class: "problem", role: "alert", hidden: true }),
    };
    const node = element("li", { class: "rule", "data-rule-id": id });
    parts.enabled.addEventListener("change", async () => {
      // A list that was asked for before the change must not turn the switch back meanwhile.
      node.isChanging = true;
      const failure = await act.replace(id, textOf(node.rule, parts.enabled.checked));
      node.isChanging = false;
      render();
      parts.problem.hidden = failure === null;
      setText(parts.problem, failure ?? "");
    });
    node.append(
      element("div", { class: "rule-head" }, parts.enabled, parts.name, parts.source, parts.hits,
        button("Delete", {
          class: "quiet danger", "data-action": "delete-rule", "aria-label": `delete rule ${id}`,
          on: async () => {
            const failure = await act.remove(id);
            parts.problem.hidden = failure === null;
            setText(parts.problem, failure === null ? "" : `It could not be deleted: ${failure}`);
          },
        })),
      parts.when, parts.then, parts.problem,
    );
    node.parts = parts;
    return node;
  }

  function drawRule(node, rule) {
    node.rule = rule;
    const { parts } = node;
    setText(parts.name, format.visible(rule.name ?? rule.id));
    parts.source.hidden = rule.source !== "file";
    setText(parts.hits, format.plural(rule.hits ?? 0, "hit"));
    setAttribute(parts.hits, "title", rule.lastHit ? `last ${format.clock(rule.lastHit)}` : null);
    setText(parts.when, "when " + format.visible(rule.when ?? (rule.on ? `on ${rule.on}` : "anything")));
    const then = rule.node.get("then") ?? null;
    setText(parts.then, "then " + (typeof then === "string" ? format.visible(then) : format.preview([then], 400)));
    if (!node.isChanging) parts.enabled.checked = rule.enabled !== false;
    node.classList.toggle("off", rule.enabled === false);
  }

  renderForm();
  return {
    render,
    focus: () => (action.value === "json" ? json : when).focus(),
  };
}

/** What keeps a text from being a JSON value; null for nothing. */
function jsonValueError(text) {
  try {
    parse(text);
    return null;
  } catch (error) {
    const bare = text.trim();
    const isBareText = !/^[[{"]/.test(bare);
    return isBareText ? `a text needs quotes: ${JSON.stringify(bare)}` : error.message;
  }
}

/** The rule's JSON as it was, but for `enabled`. */
function textOf(rule, isEnabled) {
  const entries = rule.node.entries.filter(([key]) => !serverFields.has(key) && key !== "enabled");
  return write(new Members([...entries, ["enabled", isEnabled]]));
}
