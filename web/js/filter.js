// The server alone understands filters. This reads just enough of a filter's text for the page's buttons to edit it:
// where its terms begin and end.

/** The top-level terms, split at spaces outside quotes, regular expressions, brackets and parentheses. */
export function terms(text) {
  const found = [];
  let term = "";
  let depth = 0;
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "\\" && index + 1 < text.length) {
      term += character + text[++index];
      continue;
    }
    if (quote) {
      if (character === quote) quote = "";
    } else if (character === '"' || (character === "/" && /:$/.test(term))) {
      // A slash opens a regular expression only where one ends too: `ns:/admin` is a namespace.
      if (character === '"' || closesRegularExpression(text, index)) quote = character;
    } else if (character === "(" || character === "[") {
      depth += 1;
    } else if (character === ")" || character === "]") {
      depth = Math.max(0, depth - 1);
    } else if (/\s/.test(character) && depth === 0) {
      if (term) found.push(term);
      term = "";
      continue;
    }
    term += character;
  }
  if (term) found.push(term);
  return found;
}

function closesRegularExpression(text, index) {
  if (/(^|[\s(-])ns:$/.test(text.slice(0, index))) return false;
  return /^\/(?:\\.|[^/\\])+\/[a-z]*(?=[\s)]|$)/.test(text.slice(index));
}

/** The values of a top-level term `key:a|b`; empty where there is none. */
export function valuesOf(text, key) {
  const term = terms(text).find((term) => term.startsWith(key + ":"));
  return term === undefined ? [] : term.slice(key.length + 1).split("|").filter(Boolean);
}

/** The text with `key:` saying exactly these values, or without it for none. What else it says stays. */
export function withValues(text, key, values) {
  const all = terms(text);
  const term = values.length > 0 ? `${key}:${values.join("|")}` : "";
  const index = all.findIndex((term) => term.startsWith(key + ":"));
  if (index >= 0) {
    all.splice(index, 1, ...(term ? [term] : []));
    return unwrapped(all.join(" "));
  }
  if (!term) return text;
  // `or` binds last: what is added must hold for all of it.
  const rest = all.includes("or") ? `(${all.join(" ")})` : all.join(" ");
  return rest ? `${rest} ${term}` : term;
}

/** Adds values that are not there, or removes them where all are. */
export function withToggled(text, key, values) {
  const now = valuesOf(text, key);
  const isOn = values.every((value) => now.includes(value));
  const rest = now.filter((value) => !values.includes(value));
  return withValues(text, key, isOn ? rest : [...rest, ...values]);
}

/** A value as it may stand behind a colon: quoted unless it is plain. */
export function quoted(value) {
  return /^[A-Za-z0-9_/.@-]+$/.test(value) && !/^(true|false|null|-?\d.*)$/.test(value)
    ? value
    : `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

/** Whether a value in quotes has a character that is a wildcard outside of them. */
export function hasQuotedWildcard(text) {
  return (text.match(/"(?:\\.|[^"\\])*"/g) ?? []).some((value) => /[*?]/.test(value));
}

/** Where the word at the end of the text begins, behind a parenthesis or the minus that stands for `not`. */
export function wordStart(text) {
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && /[\s()]/.test(text[index])) start = index + 1;
  }
  return text[start] === "-" ? start + 1 : start;
}

/** Where the last of a term's values begins, behind `key:` and each `|`. */
export function valueStart(term, key) {
  let start = key.length + 1;
  let isQuoted = false;
  for (let index = start; index < term.length; index++) {
    if (term[index] === "\\") index += 1;
    else if (term[index] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && term[index] === "|") start = index + 1;
  }
  return start;
}

/** What is asked of the server: heartbeats are folded away unless the filter itself speaks of them. */
export function sentFilter(text, showHeartbeats) {
  const trimmed = text.trim();
  if (showHeartbeats || /\b(ping|pong)\b/.test(trimmed)) return trimmed;
  const rest = terms(trimmed).includes("or") ? `(${trimmed})` : trimmed;
  return rest ? `${rest} not kind:ping|pong` : "not kind:ping|pong";
}

/** The column in the text as typed of a column in what was sent. */
export function typedColumn(column, text, showHeartbeats) {
  const lead = text.length - text.trimStart().length;
  const before = sentFilter(text, showHeartbeats).indexOf(text.trim());
  return Math.min(Math.max(1, column - before + lead), text.length + 1);
}

function unwrapped(text) {
  const whole = /^\((.*)\)$/s.exec(text);
  return whole && terms(text).length === 1 && !/[()]/.test(whole[1]) ? whole[1] : text;
}
