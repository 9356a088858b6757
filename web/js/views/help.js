import { button, element } from "../dom.js";
import { keyName, keys } from "../keys.js";

/** The keys and the filter language. `filterHelp` resolves to the text that `siphon help filters` prints. */
export function createHelp(dialog, filterHelp) {
  const rows = keys.map((entry) => [entry.keys.map((key) => element("kbd", { text: keyName(key) })), entry.says]);
  const text = element("pre", {
    class: "help-text", id: "help-filters", tabindex: "0", role: "region", "aria-label": "Filter language",
  });
  let isRead = false;
  dialog.append(
    element("div", { class: "dialog-head" }, element("h2", { text: "Keys" }),
      button("Close (Esc)", { class: "quiet", on: () => dialog.close() })),
    element("dl", { class: "keys" }, rows.flatMap(([what, says]) => [
      element("dt", {}, what), element("dd", { text: says }),
    ])),
    element("h2", { text: "Filter" }),
    text,
  );

  async function read() {
    try {
      text.textContent = await filterHelp();
      isRead = true;
    } catch (error) {
      // Asked again with the next opening.
      text.textContent = `It cannot be shown: ${error.message}`;
    }
    text.classList.toggle("problem", !isRead);
  }

  return {
    open() {
      dialog.showModal();
      if (!isRead) read();
    },
  };
}
