import { button, copyButton, element, wireText } from "../dom.js";
import * as api from "../api.js";
import * as format from "../format.js";
import { Members, write } from "../json.js";
import { isForRules } from "../rules/draft.js";
import { tree } from "./tree.js";

/** Characters of raw text shown at first. */
const rawLimit = 20_000;
/** Bytes of an attachment that are fetched for a look without being asked. */
const previewLimit = 262_144;

const arrows = { client: "→", upstream: "←" };
const sides = { client: "client → upstream", upstream: "upstream → client" };

/**
 * All of one event. `act` has `open(id)`, `again(event)`, `filterName(event)`, `filterConnection(id)`,
 * `makeRule(event)`, `attachment(id, index)` (its bytes).
 */
export function createDetailView(root, store, act) {
  const { state } = store;
  let shown = null;
  let shownRules = "";

  function render() {
    const detail = state.detail;
    const rules = ruleNames(detail?.event ?? null).join("\n");
    if (detail === shown && rules === shownRules) return;
    shownRules = rules;
    const isSame = shown !== null && detail !== null && shown.id === detail.id;
    const { scrollTop } = root;
    shown = detail;
    if (!detail) {
      root.replaceChildren(element("p", { class: "hint", text: "Select an event to see all of it." }));
      return;
    }
    // Until the whole event is here the list's own copy says most of it: nothing blinks.
    const event = detail.event ?? state.byID.get(detail.id);
    root.dataset.eventId = detail.id;
    root.dataset.complete = String(detail.event !== null);
    root.replaceChildren(
      ...(detail.error ? [element("p", { class: "problem", role: "alert", text: detail.error })] : []),
      ...(event ? sections(event, detail) : []),
    );
    root.scrollTop = isSame ? scrollTop : 0;
  }

  function sections(event, detail) {
    return [
      head(event),
      ackSection(event, detail.ackEvent),
      verdictSection(event, detail.ackEvent),
      ...argumentSections(event),
      attachmentsSection(event),
      ...rawSections(event),
    ].filter(Boolean);
  }

  function head(event) {
    const title = element("h2", { class: "event-title", "data-field": "name" });
    title.append(...(event.name == null ? [event.kind] : wireText(event.name.slice(0, 2000))));
    const facts = [
      ["id", event.id],
      ["time", format.fullTime(event.time)],
      ["direction", `${sides[event.from] ?? ""}${event.injected ? " (injected)" : ""}`],
      ["kind", event.kind],
      ["namespace", format.visible(event.namespace ?? "")],
      ["connection", button(event.connection, {
        class: "link", title: "Only this connection", on: () => act.filterConnection(event.connection),
      })],
      ["came by", [event.transport, event.parser].filter(Boolean).join(", ")],
      ["size", sizeText(event)],
      event.ackId !== null && ["ack id", event.ackId],
      event.marks.length > 0 && ["marks", event.marks.map(format.visible).join(", ")],
    ].filter(Boolean);
    return element(
      "header", { class: "event-head" },
      element("div", { class: "title-line" },
        element("span", {
          class: `arrow ${event.from}`, "aria-label": sides[event.from] ?? "", text: arrows[event.from] ?? "",
        }),
        title),
      element("div", { class: "actions" },
        event.kind === "event" && button("Send again…", { "data-action": "again", on: () => act.again(event) }),
        event.name != null && button("Only this name", { "data-action": "only-name", on: () => act.filterName(event) }),
        isForRules(event) && button("Make a rule…", {
          "data-action": "make-rule", title: "A rule for events like this one (m)", on: () => act.makeRule(event),
        }),
        copyButton("Copy arguments", () => write(event.args, { indent: 2 }), "Copy the arguments as JSON")),
      element("dl", { class: "facts" }, facts.flatMap(([name, value]) => [
        element("dt", { text: name }), element("dd", { "data-fact": name }, value),
      ])),
    );
  }

  function ackSection(event, partner) {
    if (event.kind === "ack") {
      if (!event.answers) {
        return section("Ack", element("p", { text: "It answers no event that was seen." }));
      }
      return section(
        "Answers", link(event.answers, partner),
        partner && element("span", {
          class: "note", text: ` after ${format.latency(format.millisecondsBetween(partner.time, event.time))}`,
        }),
        partner && tree(partner.args, { label: "Arguments of the emit" }),
      );
    }
    const closed = state.connections.get(event.connection)?.closedAt != null;
    const ack = format.ackState(event, closed);
    if (!ack) return null;
    if (!event.ack) {
      const says = ack.state === "pending" ? "No ack yet." : "The connection ended before an ack came.";
      return section("Ack", element("p", { "data-ack": ack.state, text: says }));
    }
    return section(
      "Ack",
      element("p", { "data-ack": "answered" }, "✓ after ",
        element("strong", { text: format.latency(event.ack.latencyMilliseconds) }), " ",
        link(event.ack.event, partner)),
      partner && tree(partner.args, { label: "Arguments of the ack" }),
    );
  }

  function link(id, partner) {
    const name = partner?.name ? ` ${format.visible(partner.name.slice(0, 100))}` : "";
    return button(`${id}${name}`, {
      class: "link", title: "Go there (a)", "data-action": "partner", on: () => act.open(id),
    });
  }

  function verdictSection(event, partner) {
    if (format.isReturned(event, partner)) {
      return section("What became of it", element("p", { class: "verdicts" },
        element("span", { class: "badge", "data-badge": "returned", text: "returned" }),
        "It came back to you, who injected the event: no peer waits for it."));
    }
    const words = event.verdict.length > 0 ? event.verdict : ["forwarded"];
    if (words.length === 1 && words[0] === "forwarded" && event.rules.length === 0) return null;
    const rules = ruleNames(event);
    return section(
      "What became of it",
      element("p", { class: "verdicts" },
        words.map((word) => element("span", { class: "badge", "data-badge": word, text: word }))),
      rules.length > 0 && element("p", { "data-field": "rules", text: `by ${rules.join(", ")}` }),
    );
  }

  /** The rules that acted, each by its id and, where it has one, its name. */
  function ruleNames(event) {
    return (event?.rules ?? []).map((id) => {
      const name = state.rules?.find((rule) => rule.id === id)?.name;
      return format.visible(name ? `${id} “${name}”` : id);
    });
  }

  function argumentSections(event) {
    const attachment = (index) =>
      root.querySelector(`[data-attachment="${index}"]`)?.scrollIntoView({ block: "nearest" });
    const before = event.original;
    if (!before) return [section("Arguments", tree(event.args, { attachment }))];
    const others = before.entries.filter(([key]) => ["name", "namespace", "ackId"].includes(key));
    const beforeArgs = before.get("args");
    const changes = others.map(([key, value]) => element("p", { class: "change" },
      `${key}: `, element("del", {}, wireText(valueText(value))), " → ",
      element("ins", {}, wireText(valueText(event[key] ?? null)))));
    if (!Array.isArray(beforeArgs)) {
      return [changes.length > 0 && section("Changed", changes), section("Arguments", tree(event.args, { attachment }))]
        .filter(Boolean);
    }
    return [
      changes.length > 0 && section("Changed", changes),
      section("Arguments, before and after", element("div", { class: "beside" },
        element("div", { "data-side": "original" }, element("h4", { text: "as received" }),
          tree(beforeArgs, { other: event.args, label: "Arguments as received" })),
        element("div", { "data-side": "sent" }, element("h4", { text: "as sent" }),
          tree(event.args, { other: beforeArgs, label: "Arguments as sent", attachment })))),
    ].filter(Boolean);
  }

  function attachmentsSection(event) {
    if (event.attachments.length === 0) return null;
    return section(`Attachments (${event.attachments.length})`,
      element("ul", { class: "attachments" },
        event.attachments.map((attachment) => attachmentItem(event, attachment))));
  }

  function attachmentItem(event, { index, sizeBytes }) {
    const dump = element("pre", { class: "hex", "data-hex": "" });
    const show = async () => {
      dump.textContent = "…";
      try {
        const bytes = await act.attachment(event.id, index);
        const rest = bytes.byteLength > 256 ? `\n… ${format.bytes(bytes.byteLength)} in all` : "";
        dump.textContent = format.hex(bytes) + rest;
      } catch (error) {
        dump.textContent = error.message;
      }
    };
    const isSmall = sizeBytes <= previewLimit;
    // The first few at once; a packet may have a thousand.
    if (isSmall && index < 3) show();
    return element(
      "li", { "data-attachment": index },
      element("span", { text: `#${index}, ${format.bytes(sizeBytes)} ` }),
      element("a", {
        href: api.attachmentURL(event.id, index), download: `${event.id}-${index}.bin`, text: "download",
      }),
      (!isSmall || index >= 3) && button("look", { class: "quiet", on: show }),
      dump,
    );
  }

  function rawSections(event) {
    const before = event.original?.get("raw");
    if (typeof before !== "string" || before === event.raw) return [rawSection("Raw", event.raw, event.rawEncoding)];
    return [
      rawSection("Raw, as received", before, event.original.get("rawEncoding")),
      rawSection("Raw, as sent", event.raw, event.rawEncoding),
    ];
  }

  function rawSection(title, text, encoding) {
    if (typeof text !== "string") return null;
    const body = element("pre", { class: "raw", "data-raw": "" });
    body.append(...wireText(text.slice(0, rawLimit)));
    const more = text.length > rawLimit && button(`show all ${format.plural(text.length, "character")}`, {
      class: "quiet",
      on: (click) => {
        body.replaceChildren(...wireText(text));
        click.target.remove();
      },
    });
    return section(encoding === "base64" ? `${title}, base64` : title, copyButton("copy", () => text), body, more);
  }

  return { render };
}

function section(title, ...children) {
  return element("section", { class: "part" }, element("h3", { text: title }), ...children.flat());
}

function valueText(value) {
  if (typeof value === "string") return value.slice(0, 2000);
  return write(value, { limit: 2000 });
}

/** The size on each hop where the server says both, since an edit or another transport changes it. */
function sizeText(event) {
  const { receivedSizeBytes: received, sentSizeBytes: sent, sizeBytes } = event;
  if (received === undefined || sent === undefined || received === sent) return format.bytes(sizeBytes);
  return `${format.bytes(received)} received, ${format.bytes(sent)} sent`;
}
