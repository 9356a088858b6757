import { element, setText } from "../../dom.js";
import { conditions } from "../../rules/draft.js";
import { freshID, labelled, unchecked } from "./places.js";

/** When a rule that matches acts, folded away while nothing is said of it. */
export function createConditions() {
  const fields = conditions.map(({ key, label, placeholder, kind }) => {
    const control = element("input", {
      placeholder, "data-field": key, inputmode: kind === "number" ? "decimal" : null, ...unchecked,
    });
    return { key, control, ...labelled(label, control, [key]) };
  });
  const stop = element("input", { type: "checkbox", id: freshID(), "data-field": "stop" });
  const stopLine = element("div", { class: "field inline" },
    stop, element("label", { for: stop.id, text: "later rules do not see it" }));
  const summary = element("summary", { text: "Conditions" });
  const node = element("details", { class: "fold", "data-fold": "conditions" }, summary,
    element("div", { class: "condition-fields" }, fields.map((field) => field.node)), stopLine);

  return {
    node,
    get value() {
      return Object.fromEntries(fields.map(({ key, control }) => [key, control.value]));
    },
    get stop() {
      return stop.checked;
    },
    fill(values, isStop) {
      for (const { key, control } of fields) control.value = values[key] ?? "";
      stop.checked = isStop;
      node.open = isStop || Object.keys(values).length > 0;
      this.say();
    },
    /** Folded away or not, it says that there are some. */
    say() {
      const number = fields.filter(({ control }) => control.value.trim() !== "").length + (stop.checked ? 1 : 0);
      setText(summary, number > 0 ? `Conditions (${number})` : "Conditions");
    },
    places: fields.map(({ place }) => ({
      ...place,
      show(text, column) {
        if (text !== null) node.open = true;
        place.show(text, column);
      },
    })),
  };
}
