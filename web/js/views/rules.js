import { afterDrawing, button, element, setText } from "../dom.js";
import * as format from "../format.js";
import { createRuleForm } from "./rules/form.js";
import { createRuleList } from "./rules/list.js";

/** The rules panel: the list, what was deleted, saving, and the form. `act` is the rule control with `open(id)`. */
export function createRulesView(root, store, act) {
  const { state } = store;
  const { ruleDesk: desk } = state;
  const begin = button("New rule", { "data-action": "new-rule", on: () => open(() => act.begin()) });
  const save = button("Save to file", {
    "data-action": "save-rules", title: "Write these rules to the file of --rules", on: () => act.save(),
  });
  const saved = element("p", { class: "note", role: "status", "data-field": "saved", hidden: true });
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const failure = element("p", { class: "problem", role: "alert", hidden: true });
  const empty = element("p", { class: "hint", text: "No rules: every event passes as it came." });
  const deleted = element("ul", { class: "deleted", "data-list": "deleted", "aria-label": "Deleted rules" });
  const fresh = element("div");
  const list = createRuleList(store, {
    ...act,
    edit: (id) => open(() => act.edit(id)),
    remove: async (id) => {
      const isDone = await act.remove(id);
      if (isDone) afterDrawing(() => deleted.querySelector("li:last-child button")?.focus());
    },
  });
  const form = createRuleForm(store, {
    ...act,
    close: () => closeForm(() => act.close()),
    submit: async (json) => {
      const wasKnown = new Set(state.rules?.map((rule) => rule.id));
      let error = null;
      await closeForm(async () => {
        error = await act.submit(json);
        return error === null;
      }, () => state.rules?.find((rule) => !wasKnown.has(rule.id))?.id);
      return error;
    },
  });
  root.append(
    element("div", { class: "rules-head" }, begin, save), saved, problem, failure, fresh, empty, list.node, deleted);
  fresh.append(form.node);

  function open(run) {
    run();
    afterDrawing(() => form.focus());
  }

  /** Closes the form, and the focus goes to the rule it was about. */
  async function closeForm(run, madeID = () => undefined) {
    const edited = desk.draft?.id;
    if ((await run()) === false) return;
    afterDrawing(() => {
      const rule = list.find(edited ?? madeID());
      rule?.scrollIntoView({ block: "nearest" });
      (rule?.querySelector("[data-action=edit-rule]") ?? begin).focus();
    });
  }

  function renderDeleted() {
    if (deleted.shown === desk.deleted) return;
    deleted.shown = desk.deleted;
    deleted.replaceChildren(...desk.deleted.map(deletedNode));
  }

  function deletedNode(entry) {
    const name = format.visible((entry.name || entry.id).trim());
    const undo = async () => {
      const id = await act.restore(entry);
      afterDrawing(() => list.find(id)?.querySelector("[data-action=edit-rule]").focus());
    };
    const forget = () => {
      act.forget(entry);
      begin.focus();
    };
    return element("li", {},
      element("span", { class: "note", text: `Deleted “${name}”.` }),
      button("Undo", { "data-action": "undo-delete", "aria-label": `put back rule ${name}`, on: undo }),
      button("×", { class: "quiet", "aria-label": "do not offer it any more", title: "Forget it", on: forget }));
  }

  function renderSaving() {
    const { saving } = desk;
    save.hidden = !desk.canSave || state.rules === null || (state.rules.length === 0 && !desk.hasFile);
    saved.hidden = saving === null;
    if (saving === saved.shown) return;
    saved.shown = saving;
    saved.classList.toggle("problem", Boolean(saving?.error) && !saving.hasNoFile);
    if (!saving) saved.replaceChildren();
    else if (saving.hasNoFile) {
      const option = element("code", { text: "--rules rules.yaml" });
      saved.replaceChildren("There is no rule file. Start Siphon with ", option, ", and rules can be saved there.");
    } else if (saving.error) setText(saved, `Not saved: ${format.visible(saving.error)}`);
    else setText(saved, `${format.plural(saving.rules, "rule")} saved to ${format.visible(saving.path)}.`);
  }

  function render() {
    const { draft } = desk;
    problem.hidden = !state.rulesError;
    if (state.rulesError) setText(problem, format.rulesError(state.rulesError));
    failure.hidden = !desk.failure || state.rules?.some((rule) => rule.id === desk.failure.id);
    if (!failure.hidden) setText(failure, format.visible(desk.failure.message));
    list.render();
    // The form of a rule stands in that rule's place.
    const place = list.find(draft?.id) ?? fresh;
    if (form.node.parentNode !== place) place.append(form.node);
    empty.hidden = state.rules === null || state.rules.length > 0;
    begin.hidden = Boolean(draft) && !draft.id;
    form.render();
    renderDeleted();
    renderSaving();
  }

  return {
    render,
    focus: () => (desk.draft ? form : begin).focus(),
  };
}
