import { offersAt, seenBy } from "../../completion.js";
import { element } from "../../dom.js";
import { createCompletion } from "../completion.js";
import { labelled, unchecked } from "./places.js";

/** The filter of a rule, with offers of what could stand there, and a caret below the column of an error. */
export function createWhenField(state) {
  const input = element("input", {
    id: "rule-when", "data-field": "when", role: "combobox", "aria-controls": "rule-suggestions",
    "aria-expanded": "false", "aria-autocomplete": "list", placeholder: "event:join from:client", ...unchecked,
  });
  const list = element("ul", {
    id: "rule-suggestions", class: "suggestions", role: "listbox", "aria-label": "Completions", hidden: true,
  });
  const caret = element("span", { class: "caret", text: "^" });
  const line = element("span", { class: "caret-line", hidden: true, "aria-hidden": "true" }, caret);
  const { node, place } = labelled("When (filter)", input, ["when"], line, list);
  node.classList.add("when");
  const seen = seenBy(state);
  const completion = createCompletion(input, list, (text) => offersAt(text, seen), () => {
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  input.addEventListener("input", (event) => {
    // Only what is typed asks for offers.
    if (event.isTrusted) completion.offer();
  });
  input.addEventListener("keydown", (event) => completion.keydown(event));

  return {
    node,
    input,
    place: {
      ...place,
      show(text, column = null) {
        place.show(text);
        line.hidden = text === null || column === null;
        if (column === null) return;
        // The server saw the filter without the spaces before it.
        const typed = column + input.value.length - input.value.trimStart().length;
        caret.dataset.column = typed;
        caret.style.left = `calc(${typed - 1}ch - ${input.scrollLeft}px)`;
      },
    },
  };
}
