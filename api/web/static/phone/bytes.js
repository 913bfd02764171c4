// Bytes and their texts, each in its one canonical spelling (RFC 4648; docs/formats.md, "Spelling").
// Whatever is not exactly what the writer here writes is refused: it would be a second name for one
// thing. The counterpart of `traceability/core/b64.py` and `lines.py`.

/** What a check says when it refuses: a stable code of docs/errors.md, and what belongs to it. */
export class Fault extends Error {
  constructor(code, params = {}) {
    super(code);
    this.code = code;
    this.params = params;
  }
}

const UTF8 = new TextEncoder();
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text) {
  return UTF8.encode(text);
}

/** The text of UTF-8 bytes; null where they are none. */
export function textOf(bytes) {
  try {
    return STRICT.decode(bytes);
  } catch {
    return null;
  }
}

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(a, b) {
  let differs = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) differs |= a[at] ^ b[at];
  return differs === 0;
}

function letters(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/** Standard base64 with padding. */
export function base64(bytes) {
  return btoa(letters(bytes));
}

/** The bytes of standard base64 in its one spelling, else null. */
export function unbase64(text) {
  let raw;
  try {
    raw = atob(text);
  } catch {
    return null;
  }
  return btoa(raw) === text ? bytesOfLetters(raw) : null;
}

function bytesOfLetters(raw) {
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

/** Base64url without padding. */
export function base64url(bytes) {
  return base64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The bytes whose `base64url` is exactly `text`, else null. */
export function unbase64url(text) {
  // The unused low bits of the last letter are zero, which leaves it few choices.
  if (!/^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]|[A-Za-z0-9_-][AQgw])?$/.test(text)) {
    return null;
  }
  return bytesOfLetters(atob(text.replace(/-/g, "+").replace(/_/g, "/")));
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hex(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 1) text += HEX[bytes[at]];
  return text;
}

/** Whether an object has a member of its own by this name. */
export function has(object, name) {
  return Object.prototype.hasOwnProperty.call(object, name);
}

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
