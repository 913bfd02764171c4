// Records (docs/formats.md, "A record", "Hidden fields"): the JWS and its one header, the canonical
// payload, the disclosures, each in the one place it belongs to. Counterpart of `core/envelope.py`,
// `codec.py`, `disclosures.py`. `shapes` says by type what may be hidden and what must be; the server
// reads it off the models.

import { Fault, base64url, has, isObject, textOf, unbase64url, utf8 } from "./bytes.js";
import { sha256 } from "./hashes.js";
import { readCanonical } from "./json.js";

export const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const SALT = /^[A-Za-z0-9_-]{21}[AQgw]$/;
const PLAIN = /^\["[A-Za-z0-9_-]{21}[AQgw]","([a-z]+)","([^"\\\u0000-\u001f]*)"\]$/;
const HEADER = /^\{"alg":"Ed25519","kid":"([A-Za-z0-9_-]{43})","typ":"goc\+sd-jwt"\}$/;
const PUBLIC_TYPES = [
  "party", "key", "key-revoke", "consent", "certificate", "rules",
  "hold", "recall", "recall-close", "correct", "dispute",
];
const MAX_JWS = 60 * 1024;
const USED = {}; // stands for a disclosure that has found its field

/** Whether records of a type are of leaf class 1: their signed text is public with the log. */
export function isPublic(type) {
  return PUBLIC_TYPES.includes(type);
}

/**
 * Reads a record and the disclosures beside it; nothing about the signature is checked yet.
 * `undisclosed` are JSON pointers to the hidden fields that nothing shows. Throws `Fault("record.…")`.
 */
export function readRecord(jws, disclosures, shapes) {
  const length = disclosures.reduce((sum, each) => sum + each.length + 1, jws.length + 1);
  if (length > 2 * MAX_JWS || jws.length > MAX_JWS) throw new Fault("record.too-large");
  const segments = jws.split(".");
  if (segments.length !== 3) throw malformed("a JWS has three parts");
  const header = HEADER.exec(textOf(unbase64url(segments[0]) || new Uint8Array()) || "");
  if (!header || !unbase64url(header[1])) throw new Fault("record.header");
  const signature = unbase64url(segments[2]);
  if (!signature || signature.length !== 64) throw malformed("an Ed25519 signature has 64 bytes");
  const payload = unbase64url(segments[1]);
  if (!payload) throw malformed("base64url is not canonical");
  const body = readCanonical(payload, "record.not-canonical");
  const type = isObject(body) ? body.type : null;
  if (typeof type !== "string" || !has(shapes, type)) throw new Fault("record.type");
  const undisclosed = place(body, shapes[type], readDisclosures(disclosures));
  return {
    type,
    body,
    kid: header[1],
    signature,
    signed: utf8(`${segments[0]}.${segments[1]}`),
    digest: sha256(utf8(jws)),
    undisclosed,
  };
}

function malformed(what) {
  return new Fault("record.malformed", { what });
}

/** The disclosures of one record, by their digests. */
function readDisclosures(disclosures) {
  const shown = new Map();
  for (const disclosure of disclosures) {
    const bytes = unbase64url(disclosure);
    if (bytes === null) throw new Fault("record.disclosure", { what: "base64url" });
    const text = textOf(bytes);
    if (text === null) throw malformed("not UTF-8");
    const plain = PLAIN.exec(text);
    const found = plain ? { name: plain[1], value: plain[2] } : readDisclosure(bytes);
    shown.set(base64url(sha256(utf8(disclosure))), found);
  }
  if (shown.size !== disclosures.length) throw new Fault("record.disclosure", { what: "twice" });
  return shown;
}

function readDisclosure(bytes) {
  const array = readCanonical(bytes, "record.disclosure");
  const [salt, name, value] = Array.isArray(array) && array.length === 3 ? array : [];
  if (typeof salt !== "string" || !SALT.test(salt) || typeof name !== "string" || hides(value)) {
    throw new Fault("record.disclosure", { what: "it is not [salt, name, value]" });
  }
  return { name, value };
}

function hides(value) {
  if (Array.isArray(value)) return value.some(hides);
  if (!isObject(value)) return false;
  return has(value, "_sd") || has(value, "hidden") || Object.values(value).some(hides);
}

/** Puts the disclosed values where they belong; gives pointers to what is hidden and not shown. */
function place(body, shape, shown) {
  const walk = { shown, used: 0, absent: new Set(), undisclosed: [] };
  enter(walk, body, shape, "");
  if (walk.used !== shown.size) {
    throw new Fault("record.disclosure", { what: "a disclosure belongs to no field" });
  }
  return walk.undisclosed;
}

function enter(walk, value, shape, at) {
  if (!isObject(value)) return;
  if (shape.must.some((name) => has(value, name))) throw new Fault("record.in-the-clear");
  for (const [member, [inner, many]] of Object.entries(shape.in)) {
    if (shape.must.includes(member) || !has(value, member)) continue;
    const child = value[member];
    if (many && Array.isArray(child)) {
      child.forEach((each, n) => enter(walk, each, inner, `${at}/${member}/${n}`));
    } else {
      enter(walk, child, inner, `${at}/${member}`);
    }
  }
  if (has(value, "hidden") || has(value, "_sd")) fill(walk, value, shape, at);
}

function fill(walk, value, shape, at) {
  const [digests, names] = [value._sd, value.hidden];
  const wrong = (what) => new Fault("record.hidden", { what });
  if (!Array.isArray(names) || !Array.isArray(digests)) throw wrong("_sd and hidden");
  if (!names.length || names.length !== digests.length) throw wrong("_sd and hidden");
  names.forEach((name, n) => {
    const digest = digests[n];
    if (typeof name !== "string" || !shape.hide.includes(name)) throw wrong("not to be hidden");
    if (has(value, name)) throw wrong("hidden and shown");
    const found = walk.shown.get(digest);
    if (found === undefined) {
      if (typeof digest !== "string" || !DIGEST.test(digest)) throw wrong("this is no digest");
      if (walk.absent.has(digest) || names.indexOf(name) !== names.lastIndexOf(name)) {
        throw wrong("hidden twice");
      }
      walk.absent.add(digest);
      walk.undisclosed.push(`${at}/${name}`);
    } else if (found.name !== name) {
      throw found === USED ? wrong("hidden twice") : new Fault("record.disclosure");
    } else {
      value[name] = found.value;
      walk.shown.set(digest, USED);
      walk.used += 1;
    }
  });
}
