import { setAttribute, setText } from "../dom.js";
import * as format from "../format.js";

const streams = {
  connecting: "connecting…",
  live: "live",
  lost: "connection to Siphon lost, trying again…",
  unauthorised: "no longer signed in",
};

const signedOut = "Siphon was started anew, or does not know this page any more. Open the address that it printed.";

/** The line at the bottom, and the notice on top when the page is cut off or something failed. */
export function createStatusView(nodes, store) {
  const { state } = store;

  function render() {
    const { status, stream } = state;
    setText(nodes.stream, streams[stream]);
    setAttribute(nodes.stream, "data-state", stream);
    const isOut = stream === "unauthorised";
    nodes.notice.hidden = !isOut && state.notice === null;
    nodes.noticeClose.hidden = isOut;
    setText(nodes.noticeText, isOut ? signedOut : (state.notice ?? ""));
    nodes.upstream.hidden = nodes.figures.hidden = !status;
    if (!status) return;
    const { upstream = {} } = status;
    const reach = upstream.reachable === true ? "reachable" : upstream.reachable === false ? "unreachable" : "untried";
    setText(nodes.upstreamURL, upstream.url ?? "");
    setAttribute(nodes.upstream, "data-state", reach);
    setText(nodes.upstreamState, reach === "untried" ? "not tried yet" : reach);
    const figures = [
      `${format.count(status.connections ?? 0)} open`,
      `${rate(status.eventsPerSecond ?? 0)} events/s`,
      `${format.memory(status.memoryBytes ?? 0)} kept`,
      status.evicted > 0 && `${format.count(status.evicted)} evicted`,
      status.http?.requests > 0 && format.plural(status.http.requests, "HTTP request"),
      status.rules?.active > 0 && format.plural(status.rules.active, "rule"),
      status.rules?.error && "rules file has an error",
      status.version && `Siphon ${status.version}`,
    ].filter(Boolean);
    setText(nodes.figures, figures.join("  ·  "));
  }

  return { render };
}

function rate(number) {
  return number > 0 && number < 10 ? number.toFixed(1) : format.count(number);
}
