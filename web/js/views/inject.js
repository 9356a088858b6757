import { element, setAttribute, setText } from "../dom.js";
import * as format from "../format.js";
import { parse } from "../json.js";
import { tree } from "./tree.js";

/** Whether events can be put into a connection. */
export function takesEvents(connection) {
  return connection !== undefined && connection.closedAt == null && connection.protocol !== "websocket";
}

/** The form that sends an event of one's own. `act` has `inject(connection, injection)`, `open(id)`. */
export function createInjectView(root, store, act) {
  const { state } = store;
  let shownDraft = null;
  let connectionsVersion = -1;

  const connection = element("select", { id: "inject-connection", "data-field": "connection", required: true });
  const to = element("select", { id: "inject-to", "data-field": "to" },
    element("option", { value: "client", text: "client (as if the upstream sent it)" }),
    element("option", { value: "upstream", text: "upstream (as if the client sent it)" }));
  const namespace = element("select", { id: "inject-namespace", "data-field": "namespace" });
  const name = element("input", {
    id: "inject-name", "data-field": "name", autocomplete: "off", spellcheck: "false", list: "inject-names",
    required: true,
  });
  const names = element("datalist", { id: "inject-names" });
  const args = element("textarea", {
    id: "inject-args", "data-field": "args", rows: 7, spellcheck: "false", "aria-describedby": "inject-args-note",
  });
  args.value = "[]";
  const argsNote = element("p", { id: "inject-args-note", class: "note", role: "status" });
  const wantsAck = element("input", { id: "inject-ack", type: "checkbox", "data-field": "ack" });
  const timeout = element("input", {
    id: "inject-timeout", type: "number", min: 1, max: 600000, value: 5000, "data-field": "timeout",
    "aria-label": "Milliseconds to wait for the ack",
  });
  const submit = element("button", { type: "submit", class: "primary", "data-action": "send", text: "Send" });
  const submitNote = element("span", { id: "inject-send-note", class: "note", role: "status" });
  setAttribute(submit, "aria-describedby", submitNote.id);
  const result = element("div", { class: "result", "data-field": "result", role: "status" });
  const field = (label, control, ...rest) =>
    element("div", { class: "field" }, element("label", { for: control.id, text: label }), control, ...rest);

  const form = element(
    "form", { class: "form", autocomplete: "off" },
    field("To", to),
    field("Connection", connection),
    field("Namespace", namespace),
    field("Event", name, names),
    field("Arguments (JSON list)", args, argsNote),
    element("div", { class: "field inline" },
      wantsAck, element("label", { for: wantsAck.id, text: "wait for an ack, at most" }), timeout, "ms"),
    element("div", { class: "actions" }, submit, submitNote),
    result,
  );
  root.append(form);

  args.addEventListener("input", validate);
  name.addEventListener("input", validate);
  connection.addEventListener("change", renderNamespaces);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = argumentsText();
    if (text === null || submit.disabled) return;
    act.inject(connection.value, {
      to: to.value, namespace: namespace.value || "/", name: name.value, args: text, ack: wantsAck.checked,
      timeoutMilliseconds: Number(timeout.value) || 5000,
    });
  });

  /** The text of a JSON list, or null where what is typed is no JSON. */
  function argumentsText() {
    const text = args.value.trim();
    if (text === "") return "[]";
    try {
      return Array.isArray(parse(text)) ? text : `[${text}]`;
    } catch {
      return null;
    }
  }

  function validate() {
    const text = args.value.trim();
    let says = "";
    let isWrong = false;
    try {
      const value = text === "" ? [] : parse(text);
      says = Array.isArray(value) ? format.plural(value.length, "argument") : "no list: sent as the one argument";
    } catch (error) {
      isWrong = true;
      says = error.message;
    }
    setText(argsNote, says);
    argsNote.classList.toggle("problem", isWrong);
    setAttribute(args, "aria-invalid", isWrong ? "true" : null);
    let obstacle = null;
    if (connection.value === "") obstacle = "No connection is open to send to.";
    else if (isWrong) obstacle = "The arguments are not JSON yet.";
    else if (state.injection?.isRunning) obstacle = wantsAck.checked ? "Waiting for the ack." : "Sending.";
    submit.disabled = obstacle !== null;
    setText(submitNote, obstacle ?? "Ctrl+Enter");
  }

  function renderConnections() {
    if (connectionsVersion === state.connectionsVersion) return;
    connectionsVersion = state.connectionsVersion;
    const open = [...state.connections.values()]
      .filter(takesEvents)
      .reverse()
      .slice(0, 500);
    const chosen = connection.value;
    const labels = open.map(({ id, client = {} }) => {
      return [id, format.visible(client.address ?? ""), client.transport ?? ""].join("  ");
    });
    const stamp = labels.join("\n");
    if (connection.stamp !== stamp) {
      connection.stamp = stamp;
      connection.replaceChildren(...open.map(({ id }, index) => element("option", { value: id, text: labels[index] })));
      if (open.length === 0) connection.append(element("option", { value: "", text: "no open connection" }));
      if (open.some(({ id }) => id === chosen)) connection.value = chosen;
    }
    renderNamespaces();
    names.replaceChildren(...[...state.names.keys()].slice(0, 200).map((name) => element("option", { value: name })));
  }

  function renderNamespaces() {
    const joined = state.connections.get(connection.value)?.namespaces ?? [];
    const stamp = joined.map(({ name }) => name).join("\n");
    if (namespace.stamp !== stamp || namespace.options.length === 0) {
      const chosen = namespace.value;
      namespace.stamp = stamp;
      const options = joined.map(({ name }) => element("option", { value: name, text: format.visible(name) }));
      namespace.replaceChildren(...options);
      if (joined.length === 0) namespace.append(element("option", { value: "/", text: "/ (not joined)" }));
      if (joined.some(({ name }) => name === chosen)) namespace.value = chosen;
    }
    validate();
  }

  function renderDraft() {
    const { draft } = state;
    if (draft === shownDraft) return;
    shownDraft = draft;
    if (!draft) return;
    // A select without such an option would become blank.
    if ([...connection.options].some(({ value }) => value === draft.connection)) connection.value = draft.connection;
    renderNamespaces();
    if (draft.to) to.value = draft.to;
    if (draft.namespace) namespace.value = draft.namespace;
    if (draft.name !== undefined) name.value = draft.name;
    if (draft.args !== undefined) args.value = draft.args;
    if (draft.ack !== undefined) wantsAck.checked = draft.ack;
    result.replaceChildren();
    validate();
  }

  function renderResult() {
    const { injection } = state;
    if (result.shown === injection) return;
    result.shown = injection;
    validate();
    setText(submit, injection?.isRunning ? "Waiting…" : "Send");
    if (!injection) return result.replaceChildren();
    result.dataset.state = injection.isRunning ? "running" : injection.error ? "failed" : "done";
    if (injection.isRunning) return result.replaceChildren();
    const sent = injection.event && element("button", {
      type: "button", class: "link", text: injection.event, on: { click: () => act.open(injection.event) },
    });
    if (injection.error) {
      return result.replaceChildren(element("p", { class: "problem" }, injection.error, " ", sent || ""));
    }
    const { ack } = injection;
    result.replaceChildren(
      element("p", {}, "Sent as ", sent, ack ? `, ack after ${format.latency(ack.latencyMilliseconds)}:` : "."),
      ...(ack ? [tree(ack.args, { label: "Arguments of the ack" })] : []),
    );
  }

  return {
    render() {
      renderConnections();
      renderDraft();
      renderResult();
    },
    /** The connection that stands in the form; null where none is open. */
    get target() {
      return connection.value || null;
    },
    focus() {
      (name.value === "" ? name : args).focus();
    },
  };
}
