// JSON as bundles and records have it. A bundle may be spelt in any way, but with no name twice in
// one object and with whole numbers only; a record has one spelling, the canonical one (RFC 8785).

import { Fault, textOf } from "./bytes.js";

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|-?[0-9][0-9.eE+-]*/g;
const LONE = /[\ud800-\udfff]/u; // under the flag, pairs are one character and do not match
const DEEPEST = 128;

/** The value of JSON bytes in any spelling; throws `Fault("bundle.malformed")`. */
export function readJson(bytes) {
  const text = textOf(bytes);
  let value;
  let usual;
  try {
    value = JSON.parse(text);
    usual = `${JSON.stringify(value, null, 2)}\n`;
  } catch {
    throw new Fault("bundle.malformed", { what: "not JSON, or nested too deeply" });
  }
  // The server's own spelling, compared whole: equal, it repeats no name.
  if (text === null || text !== usual) requirePlain(text);
  return value;
}

/** Refuses a name that stands twice in one object, and a number that is not whole. */
function requirePlain(text) {
  const open = [];
  let key = false; // whether a text that comes now is a name
  for (const [token] of text === null ? [] : text.matchAll(TOKENS)) {
    const inside = open[open.length - 1];
    if (token === "{") {
      open.push(new Set());
      key = true;
    } else if (token === "[") {
      open.push(null);
      key = false;
    } else if (token === "}" || token === "]") {
      open.pop();
      key = false;
    } else if (token === ",") {
      key = Boolean(inside);
    } else if (token[0] === '"' && key) {
      const name = JSON.parse(token);
      if (inside.has(name)) throw new Fault("bundle.malformed", { what: "a name stands twice" });
      inside.add(name);
      key = false;
    } else if (/^-?[0-9]+[.eE]/.test(token)) {
      throw new Fault("bundle.malformed", { what: "a number that is not whole" });
    }
  }
}

/** The value of canonical JSON; `Fault(code)` for any other spelling. */
export function readCanonical(bytes, code) {
  const text = textOf(bytes);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Fault("record.malformed", { what: "not JSON" });
  }
  if (text === null) throw new Fault("record.malformed", { what: "not JSON" });
  if (canonicalOf(value, 0) !== text) throw new Fault(code, { what: "not in canonical form" });
  return value;
}

function canonicalOf(value, depth) {
  if (depth > DEEPEST) throw new Fault("record.not-canonical", { what: "it nests too deeply" });
  if (typeof value === "string" || typeof value === "boolean") {
    if (typeof value === "string" && LONE.test(value)) throw new Fault("record.malformed");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Fault("record.schema", { what: "a number" });
    return String(value);
  }
  if (value === null) throw new Fault("record.schema", { what: "null is no value" });
  if (Array.isArray(value)) return `[${value.map((each) => canonicalOf(each, depth + 1)).join()}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${canonicalOf(name, depth + 1)}:${canonicalOf(value[name], depth + 1)}`);
  return `{${members.join()}}`;
}
