import { element, setAttribute } from "../dom.js";
import { visible } from "../format.js";

/** Ends behind what something must follow. */
const isOpen = /[:[]$/;

/**
 * Offers what could stand at the caret of a text field. `offersFor(text)` takes the text up to the caret;
 * `changed(isWhole)` is told when an offer was taken. Its `keydown` says whether a key was for the offers.
 */
export function createCompletion(input, list, offersFor, changed) {
  let offered = [];
  let start = 0;
  let chosen = -1;

  input.addEventListener("blur", hide);

  function offer() {
    const found = offersFor(input.value.slice(0, input.selectionStart));
    offered = found.offers;
    start = found.start;
    chosen = -1;
    list.hidden = offered.length === 0;
    list.replaceChildren(...offered.map((text, index) => element("li", {
      role: "option", id: `${list.id}-${index}`, text: visible(text), "aria-selected": "false",
      on: {
        mousedown: (event) => {
          event.preventDefault();
          take(text);
        },
      },
    })));
    setAttribute(input, "aria-expanded", String(!list.hidden));
    setAttribute(input, "aria-activedescendant", null);
  }

  function choose(index) {
    chosen = (index + offered.length) % offered.length;
    [...list.children].forEach((child, at) => setAttribute(child, "aria-selected", String(at === chosen)));
    list.children[chosen].scrollIntoView({ block: "nearest" });
    setAttribute(input, "aria-activedescendant", `${list.id}-${chosen}`);
  }

  function take(text) {
    const rest = input.value.slice(input.selectionStart);
    const isWhole = !isOpen.test(text);
    const space = isWhole && rest === "" ? " " : "";
    input.value = input.value.slice(0, start) + text + space + rest;
    const end = start + text.length + (isWhole ? 1 : 0);
    input.setSelectionRange(end, end);
    if (isWhole) hide();
    else offer();
    changed(isWhole);
  }

  function hide() {
    list.hidden = true;
    setAttribute(input, "aria-expanded", "false");
  }

  function keydown(event) {
    if (list.hidden) return false;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? offered.length - 1 : chosen - 1);
    else if ((event.key === "Tab" || event.key === "Enter") && chosen >= 0) take(offered[chosen]);
    else if (event.key === "Escape") hide();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  return { offer, hide, keydown };
}
