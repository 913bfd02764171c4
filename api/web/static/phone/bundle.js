// The bundle's file (docs/formats.md, "A bundle"): closed, bounded, no name twice. Counterpart of
// `core/bundle.py`.

import { Fault, has, isObject, unbase64 } from "./bytes.js";
import { readJson } from "./json.js";

export const LEAF_BYTES = 41;
const MAX_RECORDS = 200000;
const MAX_DISCLOSURES = 4000;
const MAX_HASHES = 64;
const MAX_TEXT = 60 * 1024;
const MAX_CHECKPOINT = 65536;
const GTIN = /^[0-9]{14}$/;
const LOT = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const HOLDING = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\.(?:0|[1-9][0-9]{0,2})$/;
const JWS = /^[A-Za-z0-9_.-]*$/;

function wrong(at) {
  return new Fault("bundle.malformed", { what: at });
}

/** An object with these members, and of others those that may be there. */
function closed(value, needed, also, at) {
  if (!isObject(value)) throw wrong(at);
  const names = Object.keys(value);
  if (needed.some((name) => !has(value, name))) throw wrong(at);
  if (names.some((name) => !needed.includes(name) && !also.includes(name))) throw wrong(at);
  return value;
}

/** A member that may be absent or null. */
function optional(value, name) {
  return has(value, name) && value[name] !== null ? value[name] : null;
}

function whole(value, at) {
  if (!Number.isSafeInteger(value) || value < 0) throw wrong(at);
  return value;
}

function matching(value, pattern, at) {
  if (typeof value !== "string" || !pattern.test(value)) throw wrong(at);
  return value;
}

function listed(value, most, at, read) {
  if (!Array.isArray(value) || value.length > most) throw wrong(at);
  return value.map(read);
}

function text(value, at) {
  if (typeof value !== "string" || value.length > MAX_TEXT) throw wrong(at);
  return matching(value, JWS, at);
}

/** The parts of a bundle; hashes are bytes. Throws `Fault("bundle.malformed")`. */
export function readBundle(bytes) {
  const file = closed(
    readJson(bytes),
    ["format", "target", "records", "checkpoint"],
    ["cut", "consistency", "public"],
    "/",
  );
  if (file.format !== "goc-bundle/1") throw wrong("/format");
  if (has(file, "cut") && typeof file.cut !== "boolean") throw wrong("/cut");
  const note = file.checkpoint;
  if (typeof note !== "string" || [...note].length > MAX_CHECKPOINT || /[\ud800-\udfff]/u.test(note)) {
    throw wrong("/checkpoint");
  }
  const known = new Map(); // proofs share most of their hashes: each is read once
  const entries = listed(file.records, MAX_RECORDS, "/records", (each) => entryOf(each, known));
  if (!entries.length) throw wrong("/records");
  return {
    target: targetOf(file.target),
    entries,
    checkpoint: note,
    consistency: consistencyOf(optional(file, "consistency"), known),
    leaves: leavesOf(optional(file, "public")),
    cut: has(file, "cut") && file.cut,
  };
}

function targetOf(value) {
  const target = closed(value, ["gtin", "lot"], ["holding"], "/target");
  const holding = optional(target, "holding");
  return {
    gtin: matching(target.gtin, GTIN, "/target/gtin"),
    lot: matching(target.lot, LOT, "/target/lot"),
    holding: holding === null ? null : matching(holding, HOLDING, "/target/holding"),
  };
}

function entryOf(value, known) {
  const entry = closed(value, ["jws", "disclosures", "index", "time", "proof"], [], "/records");
  return {
    jws: text(entry.jws, "/records/jws"),
    disclosures: listed(entry.disclosures, MAX_DISCLOSURES, "/records/disclosures", (each) =>
      text(each, "/records/disclosures"),
    ),
    index: whole(entry.index, "/records/index"),
    time: whole(entry.time, "/records/time"),
    proof: hashesOf(entry.proof, known),
  };
}

function hashesOf(value, known) {
  return listed(value, MAX_HASHES, "/proof", (each) => {
    let bytes = known.get(each);
    if (bytes === undefined) {
      bytes = typeof each === "string" && each.length === 44 ? unbase64(each) : null;
      if (!bytes || bytes.length !== 32) throw wrong("/proof");
      known.set(each, bytes);
    }
    return bytes;
  });
}

function consistencyOf(value, known) {
  if (value === null) return null;
  const consistency = closed(value, ["from", "proof"], [], "/consistency");
  return {
    from: whole(consistency.from, "/consistency/from"),
    proof: hashesOf(consistency.proof, known),
  };
}

/** The public section: all leaves, as bytes, and the signed texts of those of class 1. */
function leavesOf(value) {
  if (value === null) return null;
  const section = closed(value, ["leaves", "records"], [], "/public");
  const bytes = typeof section.leaves === "string" ? unbase64(section.leaves) : null;
  if (!bytes || bytes.length % LEAF_BYTES) throw wrong("/public/leaves");
  const texts = listed(section.records, MAX_RECORDS, "/public/records", (each) =>
    text(each, "/public/records"),
  );
  return { bytes, texts };
}
