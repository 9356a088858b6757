import { button, element } from "../../dom.js";
import { actionNamed, actions, emptyFields } from "../../rules/actions.js";
import { kinds } from "../../rules/fields.js";
import { assignmentLine, createLines, pathLine, valueLine } from "./lines.js";
import { freshID, labelled, placeAt, problemLine, unchecked } from "./places.js";

/**
 * One action of the form: which, and the fields it needs. `steps` lead to it in the rule. `value` is
 * `{ name, fields }`, `places` where something can be wrong with it. What was typed for another action is there when
 * that is chosen again.
 */
export function createAction(steps, { changed, removed }) {
  const typed = new Map();
  let name = null;
  let fields = [];
  const choice = element("select", { class: "action-name", "aria-label": "action", "data-field": "action" },
    actions.map(({ name, says }) => {
      return element("option", { value: name, text: name === "json" ? `as JSON: ${says}` : `${name}: ${says}` });
    }));
  const problem = problemLine();
  const body = element("div", { class: "action-fields" });
  const node = element("div", { class: "action" },
    element("div", { class: "line" }, choice,
      removed && button("×", { class: "quiet remove", title: "Remove this action", "aria-label": "remove this action",
        on: removed })),
    problem, body);

  choice.addEventListener("change", () => {
    show(choice.value, typed.get(choice.value));
    changed();
  });

  function show(wanted, values) {
    if (name !== null) typed.set(name, fieldValues());
    name = choice.value = wanted;
    const action = actionNamed(name);
    const path = action.isJSON ? steps : [...steps, name];
    const given = values ?? emptyFields(action);
    fields = action.fields.map((field) => {
      const made = createField(field, field.key === undefined ? path : [...path, field.key], changed);
      made.value = given[field.key ?? ""];
      return { key: field.key ?? "", made };
    });
    body.replaceChildren(...fields.map((field) => field.made.node));
  }

  function fieldValues() {
    return Object.fromEntries(fields.map(({ key, made }) => [key, made.value]));
  }

  return {
    node,
    get value() {
      return { name, fields: fieldValues() };
    },
    set value(action) {
      show(action.name, action.fields);
    },
    get places() {
      const inFields = fields.flatMap(({ made }) => made.places);
      return actionNamed(name).isJSON ? inFields : [placeAt(steps, choice, problem), ...inFields];
    },
    focus: () => choice.focus(),
  };
}

function createField(field, steps, changed) {
  if (field.kind === "values") return createValues(field, steps, changed);
  const { empty } = kinds[field.kind];
  if (field.kind === "paths") {
    const make = (index) => pathLine([...steps, index]);
    return createLines({ label: "Paths", addLabel: "another path", make, empty: empty()[0], changed });
  }
  if (field.kind === "assignments") {
    const make = () => assignmentLine(steps);
    const label = "Path and its new value";
    return createLines({ label, addLabel: "another value", make, empty: empty()[0], changed });
  }
  return createSingle(field, steps);
}

function createSingle(field, steps) {
  const { label, kind, isOptional } = field;
  const control = createControl(field);
  control.dataset.field = field.key ?? "only";
  const { node, place } = labelled(isOptional ? `${label} (optional)` : label, control, steps);
  node.classList.toggle("short", kind !== "json" && !field.isWide);
  return {
    node,
    get value() {
      return control.value;
    },
    set value(text) {
      control.value = text;
    },
    places: [place],
  };
}

function createControl({ kind, options, placeholder }) {
  if (kind === "json") return element("textarea", { rows: 5, ...unchecked });
  if (kind !== "choice") {
    return element("input", { placeholder, inputmode: kind === "number" ? "decimal" : null, ...unchecked });
  }
  return element("select", {}, options.map(([value, text]) => element("option", { value, text })));
}

/** A list of values; an optional one with a switch before it. */
function createValues(field, steps, changed) {
  const lines = createLines({
    label: field.label, addLabel: "another argument", make: (index) => valueLine([...steps, index]), empty: "",
    canBeNone: true, changed,
  });
  if (!field.isOptional) return lines;
  const offer = element("input", { type: "checkbox", id: freshID(), "data-field": field.key });
  const sync = () => {
    lines.node.hidden = !offer.checked;
  };
  offer.addEventListener("change", sync);
  const head = element("div", { class: "field inline" }, offer, element("label", { for: offer.id, text: field.offer }));
  return {
    node: element("div", { class: "optional" }, head, lines.node),
    get value() {
      return offer.checked ? lines.value : null;
    },
    set value(texts) {
      offer.checked = texts !== null;
      lines.value = texts ?? [""];
      sync();
    },
    get places() {
      return lines.places;
    },
  };
}
