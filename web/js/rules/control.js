import { write } from "../json.js";
import { filterFor, ruleOf } from "./draft.js";

/** Deleted rules that can come back. */
const deletedLimit = 5;
/** Events a rule is tried on. */
const trialLimit = 100;

/** What the rules panel does: one change after the other, each shown before the server has said yes. */
export function createRuleControl(api, store) {
  const { state } = store;
  const { ruleDesk: desk } = state;
  let last = Promise.resolve();
  let pending = 0;
  /** Counts changes: a list that was asked for before one is thrown away. */
  let changes = 0;
  let attempts = 0;

  async function load() {
    if (pending > 0) return;
    const mine = changes;
    try {
      const { rules, error } = await api.rules();
      if (mine !== changes) return;
      store.setRules(rules, error);
      if (!desk.hasFile && rules.some((rule) => rule.source === "file")) store.setRuleDesk({ hasFile: true });
    } catch (error) {
      if (mine === changes) store.setRules(state.rules, { message: error.message });
    }
  }

  /** Resolves to the error, or null, once the list shows what became of it. */
  function change(run) {
    pending += 1;
    changes += 1;
    const turn = last.then(run).then(() => null, (error) => error);
    last = turn.then(() => {
      pending -= 1;
      return load();
    });
    return last.then(() => turn);
  }

  /** A change to a rule of the list, which says there what failed. */
  async function changeOf(id, failure, run) {
    store.setRuleDesk({ failure: null, saving: null });
    const error = await change(run);
    if (error) store.setRuleDesk({ failure: { id, message: `${failure}: ${error.message}` } });
    return error === null;
  }

  const find = (id) => state.rules?.find((rule) => rule.id === id);
  const show = (rules) => store.setRules(rules, state.rulesError);

  function enable(id, isEnabled) {
    show(state.rules.map((rule) => (rule.id === id ? { ...rule, enabled: isEnabled } : rule)));
    const json = write(ruleOf(find(id).node, { enabled: isEnabled }));
    return changeOf(id, "It could not be switched", () => api.replaceRule(id, json));
  }

  /** Up by a step of -1, down by 1. */
  function move(id, step) {
    const from = state.rules.findIndex((rule) => rule.id === id);
    const to = from + step;
    if (from < 0 || to < 0 || to >= state.rules.length) return false;
    const rules = [...state.rules];
    rules.splice(to, 0, ...rules.splice(from, 1));
    show(rules);
    return changeOf(id, "It could not be moved", () => api.orderRules(rules.map((rule) => rule.id)));
  }

  async function remove(id) {
    const at = state.rules.findIndex((rule) => rule.id === id);
    const { node, name } = state.rules[at];
    const ids = state.rules.map((rule) => rule.id);
    const entry = { id, json: write(ruleOf(node)), name, above: ids.slice(0, at), below: ids.slice(at + 1) };
    const isDone = await changeOf(id, "It could not be deleted", () => api.deleteRule(id));
    if (!isDone) return false;
    store.setRuleDesk({ deleted: [...desk.deleted, entry].slice(-deletedLimit) });
    if (desk.draft?.id === id) store.setRuleDesk({ draft: null, trial: null });
    return true;
  }

  /** Puts a deleted rule back where it stood, under a new id, which it resolves to. */
  async function restore(entry) {
    let id = null;
    await changeOf(null, "It could not be put back", async () => {
      ({ id } = await api.addRule(entry.json));
      store.setRuleDesk({ deleted: withoutRestored(desk.deleted, entry, id) });
      const ids = (await api.rules()).rules.map((rule) => rule.id).filter((other) => other !== id);
      const place = placeBack(entry, ids);
      if (place === ids.length) return;
      ids.splice(place, 0, id);
      await api.orderRules(ids);
    });
    return id;
  }

  function forget(entry) {
    store.setRuleDesk({ deleted: desk.deleted.filter((other) => other !== entry) });
  }

  /** Adds what is in the form, or puts it in place of the rule that is edited. Resolves to the error, or null. */
  async function submit(json) {
    const { id } = desk.draft ?? {};
    store.setRuleDesk({ saving: null });
    const error = await change(() => (find(id) ? api.replaceRule(id, json) : api.addRule(json)));
    if (!error) close();
    return error;
  }

  async function save() {
    try {
      store.setRuleDesk({ saving: await api.saveRules(), hasFile: true });
      load();
    } catch (error) {
      if (error.status === 404) return store.setRuleDesk({ canSave: false, saving: null });
      store.setRuleDesk({ saving: { error: error.message, hasNoFile: error.code === "no_rule_file" } });
    }
  }

  /**
   * Says what a rule would have done to the events that were kept; null takes that away. Resolves to the error, or
   * null.
   */
  async function tryOut(json) {
    const mine = ++attempts;
    if (json === null) {
      store.setRuleDesk({ trial: null });
      return null;
    }
    try {
      const trial = await api.testRule(json, trialLimit);
      if (mine === attempts) store.setRuleDesk({ trial });
      return null;
    } catch (error) {
      if (mine !== attempts) return null;
      const isMissing = error.status === 404 || error.status === 405;
      store.setRuleDesk({ canTry: !isMissing, trial: isMissing ? null : { error } });
      return isMissing ? null : error;
    }
  }

  function edit(id) {
    const rule = find(id);
    if (rule) store.setRuleDesk({ draft: { id, json: ruleOf(rule.node) }, trial: null });
  }

  function begin() {
    store.setRuleDesk({ draft: {}, trial: null });
  }

  function beginFor(event) {
    store.setRuleDesk({ draft: { when: filterFor(event), sample: event }, trial: null });
  }

  function close() {
    attempts += 1;
    store.setRuleDesk({ draft: null, trial: null });
  }

  return { load, enable, move, remove, restore, forget, submit, save, tryOut, edit, begin, beginFor, close };
}

/** Where among the rules that are there a deleted one stood. */
export function placeBack({ above, below }, ids) {
  const next = ids.findIndex((id) => below.includes(id));
  if (next >= 0) return next;
  return ids.findLastIndex((id) => above.includes(id)) + 1 || ids.length;
}

/** The deleted rules without one that came back under a new id, which the others know as their neighbour. */
export function withoutRestored(deleted, entry, id) {
  const renamed = (ids) => ids.map((other) => (other === entry.id ? id : other));
  return deleted.filter((other) => other !== entry).map((other) => ({
    ...other,
    above: [...renamed(other.above), ...(entry.below.includes(other.id) ? [id] : [])],
    below: [...renamed(other.below), ...(entry.above.includes(other.id) ? [id] : [])],
  }));
}
