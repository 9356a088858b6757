import { element, setAttribute, setText } from "../../dom.js";

let made = 0;

/** An id that no other control of the form has. */
export function freshID() {
  made += 1;
  return `rule-field-${made}`;
}

/** For controls whose text is no prose. */
export const unchecked = { spellcheck: "false", autocomplete: "off", autocapitalize: "off" };

export function problemLine() {
  return element("p", { class: "problem", id: freshID(), role: "alert", hidden: true });
}

/** Where something can be wrong: the steps in the rule, the control, and `show(text)`; null takes the text away. */
export function placeAt(steps, control, problem) {
  return {
    steps,
    control,
    show(text) {
      setText(problem, text ?? "");
      problem.hidden = text === null;
      setAttribute(control, "aria-invalid", text === null ? null : "true");
      setAttribute(control, "aria-describedby", text === null ? null : problem.id);
    },
  };
}

/** A control below its label, with the line for what is wrong with it. */
export function labelled(label, control, steps, ...rest) {
  control.id ||= freshID();
  const problem = problemLine();
  const node = element("div", { class: "field" },
    element("label", { for: control.id, text: label }), control, ...rest, problem);
  return { node, place: placeAt(steps, control, problem) };
}
