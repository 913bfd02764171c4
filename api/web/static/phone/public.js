// The public section: proof that nothing public was left out. All leaves give the root, so they are the
// log's own; they say which are of class 1, and the signed text of each of those must be there; and none
// of them answers what a record of the bundle wants. Counterpart of `core/public.py` and of those parts
// of `core/closure.py` that speak of public types.

import { LEAF_BYTES } from "./bundle.js";
import { Fault, base64url, same, utf8 } from "./bytes.js";
import { sha256 } from "./hashes.js";
import { leafHash, rootOf } from "./merkle.js";
import { isPublic, readRecord } from "./record.js";

const LATER = ["record.type", "record.type-reserved"];

/**
 * How many public records there are of types that this version does not know. Throws a `Fault`, with
 * the index where there is one, for a section that is not the log's, and for what was left out.
 */
export function checkComplete({ bytes, texts }, { size, root }, records, shapes) {
  const leaves = readLeaves(bytes, size, root);
  const shown = new Set(records.map((each) => base64url(each.digest)));
  const wants = new Set(records.flatMap(wanted));
  let [next, unread] = [0, 0];
  leaves.forEach(({ digest, cls }, index) => {
    if (cls === 0) return;
    const jws = next < texts.length ? texts[next] : "";
    next += 1;
    if (!same(sha256(utf8(jws)), digest)) throw new Fault("bundle.class", { index });
    if (shown.has(base64url(digest))) return;
    const record = readPublic(jws, shapes, index);
    if (record === null) unread += 1;
    else if (answers(record).some((want) => wants.has(want))) {
      throw new Fault("bundle.left-out", { type: record.type, index });
    }
  });
  if (next < texts.length) throw new Fault("bundle.leaves");
  return unread;
}

function readLeaves(bytes, size, root) {
  if (BigInt(bytes.length / LEAF_BYTES) !== size) throw new Fault("bundle.leaves");
  const parts = [];
  for (let at = 0; at < bytes.length; at += LEAF_BYTES) {
    parts.push(bytes.subarray(at, at + LEAF_BYTES));
  }
  if (!same(rootOf(parts.map(leafHash)), root)) throw new Fault("bundle.leaves");
  let last = 0n;
  const leaves = parts.map((leaf) => ({
    digest: leaf.subarray(0, 32),
    time: new DataView(leaf.buffer, leaf.byteOffset).getBigUint64(32),
    cls: leaf[40],
  }));
  if (leaves.some(({ cls, time }) => cls > 1 || time >= 2n ** 63n)) {
    throw new Fault("leaf.malformed");
  }
  leaves.forEach(({ time }, index) => {
    if (time < last) throw new Fault("bundle.order", { index });
    last = time;
  });
  return leaves;
}

/** A public record; null for one of a type that we do not know. */
function readPublic(jws, shapes, index) {
  try {
    const record = readRecord(jws, [], shapes);
    if (!isPublic(record.type)) throw new Fault("bundle.class");
    return record;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (LATER.includes(error.code)) return null;
    error.params = { ...error.params, index };
    throw error;
  }
}

/** What must stand in a bundle beside a record, of what public records can answer. */
function wanted({ type, body, kid, digest }) {
  const { data } = body;
  const acting = body.for === undefined ? body.iss : body.for;
  const wants = [`about ${base64url(digest)}`, "rules", `keys ${body.iss}`, `revocation ${kid}`];
  const party = (...names) => {
    for (const name of names) if (name !== undefined) wants.push(`party ${name}`);
  };
  party(body.iss);
  if (acting !== body.iss) {
    party(acting);
    wants.push(`consent ${acting}>${body.iss}`);
  }
  for (const draw of body.draws || []) wants.push(`record ${draw.from.slice(0, 43)}`);
  for (const make of body.makes || []) party(make.holder);
  const own = {
    party: () => {
      const others = [...(data.memberOf || []), ...(data.succeeds || [])];
      party(...others);
      wants.push(...others.map((other) => `certificates ${other}`));
    },
    key: () => party(data.party),
    consent: () => party(data.grantor, data.agent),
    certificate: () => party(data.holder),
    harvest: () => {
      const claims = body.makes.some((make) => (make.claims || []).length);
      if (claims) wants.push(`certificates ${acting}`);
    },
    acquire: () => party(data.source.party),
    ship: () => wants.push(`record ${data.closes}`),
    correct: () => wants.push(`record ${data.corrects}`),
    dispute: () => wants.push(`record ${data.record}`),
  }[type];
  if (own !== undefined) own();
  return wants;
}

/** The wants that a public record answers; its own name among them. */
function answers({ type, body, digest }) {
  const { data } = body;
  const own = {
    party: () => [`party ${data.party}`],
    key: () => [`keys ${data.party}`],
    "key-revoke": () => [`revocation ${data.kid}`],
    consent: () => [
      `consent ${data.grantor}>${data.agent}`,
      ...(data.confirms || []).map((name) => `about ${name}`),
    ],
    certificate: () => [`certificates ${data.holder}`],
    rules: () => ["rules"],
    correct: () => [`about ${data.corrects}`],
    dispute: () => [`about ${data.record}`],
  }[type];
  return [`record ${base64url(digest)}`, ...(own === undefined ? [] : own())];
}
