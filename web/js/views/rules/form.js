import { button, element, setAttribute, setText } from "../../dom.js";
import { visible } from "../../format.js";
import { Members, parse, write } from "../../json.js";
import { pathsOf } from "../../paths.js";
import { emptyAction, emptyDraft, readRule, writeRule } from "../../rules/draft.js";
import { depthOf, placeOf } from "../../rules/place.js";
import { createAction } from "./action.js";
import { createConditions } from "./conditions.js";
import { labelled, unchecked } from "./places.js";
import { trialNodes } from "./trial.js";
import { createWhenField } from "./when.js";

/** How long the form rests before it is tried again. */
const trialDelay = 400;

/**
 * The form of one rule, in fields or as JSON. `act` has `submit(json)` and `tryOut(json)`, which resolve to an error or
 * null, `close()`, `open(id)`.
 */
export function createRuleForm(store, act) {
  const { state } = store;
  const { ruleDesk: desk } = state;
  let shown = null;
  let actions = [];
  let isEnabled = true;
  let isJSON = false;
  let isTrying = false;
  let timer = null;
  let wrong = null;

  const title = element("h3", { "data-field": "form-title" });
  const when = createWhenField(state);
  const actionList = element("div", { class: "actions-list" });
  const more = button("+ another action", { class: "quiet add", "data-action": "add-action", on: () => addAction() });
  const name = labelled("Name (optional)", element("input", { "data-field": "name", ...unchecked }), ["name"]);
  const conditions = createConditions();
  const fields = element("div", { class: "form" },
    when.node, element("div", { class: "field" }, element("span", { class: "label", text: "Then" }), actionList, more),
    name.node, conditions.node);
  const json = labelled("Rule (JSON)", element("textarea", { id: "rule-json", rows: 10, ...unchecked }), []);
  const preview = element("pre", { class: "raw", "data-field": "preview" });
  const switchJSON = button("Edit as JSON", { "data-action": "as-json", on: () => showJSON(!isJSON) });
  const fold = element("details", { class: "fold", "data-fold": "preview" },
    element("summary", { text: "What is sent" }), preview);
  const note = element("p", { class: "note", id: "rule-note", role: "status" });
  const submit = element("button", {
    type: "submit", class: "primary", "data-action": "submit-rule", "aria-describedby": note.id,
  });
  const tryButton = button("Try", {
    class: "toggle", "data-action": "try-rule", "aria-pressed": "false",
    title: "What would it have done to the events that were kept?", on: () => setTrying(!isTrying),
  });
  const trial = element("div", { class: "trial", role: "status", "data-field": "trial" });
  const paths = element("datalist", { id: "rule-paths" });
  const form = element("form", { class: "form rule-form", autocomplete: "off" },
    title, fields, json.node, fold, paths,
    element("div", { class: "actions" }, submit, tryButton, switchJSON,
      button("Cancel", { class: "quiet", "data-action": "close-form", on: () => act.close() })),
    note, trial);

  // Before the field itself hears of it, which may have something to say of its own.
  form.addEventListener("input", () => tell(null), { capture: true });
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { text } = ruleText();
    if (text === null || submit.disabled) return;
    submit.disabled = true;
    const error = await act.submit(text);
    submit.disabled = false;
    if (error) tell(error, true);
  });

  /** The rule as it stands in the form: its JSON text, or what keeps it from being one. */
  function ruleText() {
    try {
      if (!isJSON) return { text: write(writeRule(draft())), rule: writeRule(draft()) };
      const rule = parse(json.place.control.value);
      if (!(rule instanceof Members)) return { text: null, fault: "a rule is a JSON object" };
      return { text: json.place.control.value, rule };
    } catch (error) {
      return { text: null, fault: error.message };
    }
  }

  function draft() {
    return {
      when: when.input.value, actions: actions.map((action) => action.value), name: name.place.control.value,
      conditions: conditions.value, stop: conditions.stop, isEnabled,
    };
  }

  function fillFields(draft) {
    when.input.value = draft.when;
    name.place.control.value = draft.name;
    conditions.fill(draft.conditions, draft.stop);
    isEnabled = draft.isEnabled;
    setActions(draft.actions);
  }

  function setActions(values) {
    actions = values.map((value, index) => {
      const removed = values.length > 1 && (() => {
        setActions(actions.map((action) => action.value).toSpliced(index, 1));
        actions[Math.min(index, actions.length - 1)].focus();
        changed();
      });
      const action = createAction(["then", index], { changed, removed });
      action.value = value;
      return action;
    });
    actionList.replaceChildren(...actions.map((action) => action.node));
  }

  function addAction() {
    setActions([...actions.map((action) => action.value), emptyAction("set")]);
    actions.at(-1).focus();
    changed();
  }

  function showJSON(wanted) {
    const { rule } = ruleText();
    const begun = new Members([["when", when.input.value.trim() || "event:join"], ["then", "drop"]]);
    if (wanted) json.place.control.value = write(rule ?? begun, { indent: 2 });
    else fillFields(readRule(rule));
    isJSON = wanted;
    changed();
    // Its beginning is what one reads first.
    json.place.control.setSelectionRange(0, 0);
    (isJSON ? json.place.control : when.input).focus();
  }

  function changed() {
    const { text, rule, fault } = ruleText();
    conditions.say();
    fields.hidden = isJSON;
    json.node.hidden = !isJSON;
    fold.hidden = isJSON;
    setText(preview, rule ? write(rule, { indent: 2 }) : "Not complete yet.");
    setText(switchJSON, isJSON ? "Back to the form" : "Edit as JSON");
    switchJSON.disabled = isJSON && !(rule && readRule(rule));
    setAttribute(switchJSON, "title", switchJSON.disabled ? "The form has no fields for all of this rule" : null);
    submit.disabled = tryButton.disabled = text === null;
    if (!wrong) {
      setText(note, fault ?? "");
      note.classList.toggle("problem", isJSON && Boolean(fault));
    }
    if (isTrying) {
      clearTimeout(timer);
      timer = setTimeout(tryOut, trialDelay);
    }
  }

  function setTrying(wanted) {
    isTrying = wanted;
    setAttribute(tryButton, "aria-pressed", String(isTrying));
    clearTimeout(timer);
    tryOut();
  }

  async function tryOut() {
    const error = await act.tryOut(isTrying ? ruleText().text : null);
    if (error) tell(error);
  }

  /** Says what the server found wrong at the field it is about, or below the form. */
  function tell(error, isFocused = false) {
    wrong?.show(null);
    wrong = null;
    note.classList.toggle("problem", error !== null);
    if (error === null) return setText(note, "");
    const { steps, column, text } = placeOf(error.message);
    const ofActions = actions.flatMap(({ places }) => places);
    const places = isJSON ? [] : [when.place, name.place, ...conditions.places, ...ofActions];
    const rated = places.map((place) => [depthOf(place.steps, steps), place]).filter(([depth]) => depth > 0);
    wrong = rated.sort(([left], [right]) => right - left)[0]?.[1] ?? null;
    setText(note, wrong ? "See above." : visible(error.message));
    wrong?.show(visible(text), column);
    if (isFocused) wrong?.control.focus();
  }

  function show() {
    const { json: node, when: filter, sample } = desk.draft;
    tell(null);
    // For a new rule that is under way another event brings its filter, and the rest stays.
    const isUnderWay = shown && !shown.id && !isJSON;
    const fresh = filter === undefined ? emptyDraft() : { ...(isUnderWay ? draft() : emptyDraft()), when: filter };
    const read = node ? readRule(node) : fresh;
    shown = desk.draft;
    isJSON = read === null;
    if (isJSON) json.place.control.value = write(node, { indent: 2 });
    else fillFields(read);
    const source = sample ?? state.detail?.event;
    paths.replaceChildren(...pathsOf(source?.args ?? []).map(([path]) => element("option", { value: path })));
    isTrying = false;
    setAttribute(tryButton, "aria-pressed", "false");
    changed();
  }

  function renderTitle() {
    const { id } = desk.draft;
    const rule = state.rules?.find((rule) => rule.id === id);
    const name = rule?.name ? ` “${visible(rule.name.trim())}”` : "";
    setText(title, rule ? `Edit ${id}${name}` : id ? `${id} is gone: add it anew?` : "New rule");
    setText(submit, rule ? "Save rule" : "Add rule");
  }

  function render() {
    form.hidden = desk.draft === null;
    if (desk.draft === null) {
      shown = null;
      clearTimeout(timer);
    } else {
      if (desk.draft !== shown) show();
      renderTitle();
    }
    tryButton.hidden = !desk.canTry;
    trial.hidden = desk.trial === null;
    if (trial.shown !== desk.trial) trial.replaceChildren(...trialNodes(desk.trial, act));
    trial.shown = desk.trial;
  }

  return {
    node: form,
    render,
    focus() {
      form.scrollIntoView({ block: "nearest" });
      (isJSON ? json.place.control : when.input.value === "" ? when.input : (actions[0] ?? when.input)).focus();
    },
  };
}
