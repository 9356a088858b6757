import { button, element, setText } from "../../dom.js";
import { kindOf, typedValue } from "../../rules/value.js";
import { placeAt, problemLine, unchecked } from "./places.js";

/**
 * Lines that can be added and removed. `make(index)` gives one, with `node`, `value` and `places`; `empty` is what a
 * new one holds; without `canBeNone` one always stays. `changed` is told when lines come or go.
 */
export function createLines({ label, addLabel, make, empty, canBeNone, changed }) {
  let lines = [];
  const list = element("div", { class: "lines" });
  const add = button(`+ ${addLabel}`, {
    class: "quiet add",
    on: () => {
      put(empty);
      lines.at(-1).places[0].control.focus();
      changed();
    },
  });
  const node = element("div", { class: "field", role: "group", "aria-label": label },
    element("span", { class: "label", text: label }), list, add);

  function put(value) {
    const line = make(lines.length);
    line.value = value;
    lines.push(line);
    line.node.append(button("×", {
      class: "quiet remove", title: "Remove this line", "aria-label": `remove line ${lines.length}`,
      on: () => remove(lines.indexOf(line)),
    }));
    list.append(line.node);
  }

  function remove(at) {
    const rest = lines.toSpliced(at, 1).map((line) => line.value);
    fill(rest.length === 0 && !canBeNone ? [empty] : rest);
    (lines[Math.min(at, lines.length - 1)]?.places[0].control ?? add).focus();
    changed();
  }

  /** A line knows its index: all are made anew. */
  function fill(values) {
    lines = [];
    list.replaceChildren();
    for (const value of values) put(value);
  }

  return {
    node,
    get value() {
      return lines.map((line) => line.value);
    },
    set value(values) {
      fill(values);
    },
    get places() {
      return lines.flatMap((line) => line.places);
    },
  };
}

function pathInput() {
  return element("input", { "aria-label": "path", list: "rule-paths", placeholder: "args[0].room", ...unchecked });
}

export function pathLine(steps) {
  const input = pathInput();
  const problem = problemLine();
  return {
    node: element("div", { class: "line" }, input, problem),
    get value() {
      return input.value;
    },
    set value(text) {
      input.value = text;
    },
    places: [placeAt(steps, input, problem)],
  };
}

export function valueLine(steps) {
  const box = valueBox(`value ${steps.at(-1) + 1}`, "hello");
  return {
    node: element("div", { class: "line" }, box.control, box.kind, box.problem),
    get value() {
      return box.control.value;
    },
    set value(text) {
      box.fill(text);
    },
    places: [placeAt(steps, box.control, box.problem)],
  };
}

/** A path, and what to set there. */
export function assignmentLine(steps) {
  const path = pathInput();
  const box = valueBox("value", "staging");
  const node = element("div", { class: "line pair" },
    path, element("span", { class: "equals", text: "=" }), box.control, box.kind, box.problem);
  return {
    node,
    get value() {
      return [path.value, box.control.value];
    },
    set value([where, text]) {
      path.value = where;
      box.fill(text);
    },
    /** The steps end with the path that stands here: they are as good for what is wrong with it as with the value. */
    get places() {
      const all = [...steps, path.value.trim()];
      const [ofPath, ofValue] = [path, box.control].map((control) => placeAt(all, control, box.problem));
      const show = (text) => {
        for (const place of [ofPath, ofValue]) place.show(null);
        if (text !== null) (/\bpath\b|comes twice/.test(text) ? ofPath : ofValue).show(text);
      };
      return [{ ...ofPath, show }];
    },
  };
}

/** A value, and what it is taken for. */
function valueBox(label, placeholder) {
  const control = element("textarea", { rows: 1, "aria-label": label, placeholder, class: "value", ...unchecked });
  const kind = element("span", { class: "value-kind" });
  const problem = problemLine();
  const place = placeAt([], control, problem);
  const say = () => {
    let says = "";
    let fault = null;
    try {
      if (control.value.trim() !== "") says = kindOf(typedValue(control.value));
    } catch (error) {
      fault = error.message;
    }
    setText(kind, says);
    place.show(fault);
  };
  control.addEventListener("input", say);
  control.addEventListener("keydown", (event) => {
    // Most values are one line: Enter is done with the form, as in any other field.
    if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    event.preventDefault();
    control.form?.requestSubmit();
  });
  const fill = (text) => {
    control.value = text;
    say();
  };
  return { control, kind, problem, fill };
}
