// A bundle's verdicts, as far as a phone judges them itself: signatures, inclusion, witnesses,
// consistency, links, and whether a public record was left out. Names, outcomes and codes are those of `core/verdicts.py`; the order of the
// checks is that of `core/verify.py`, and what follows a failure is not reached. Balance, origin,
// certificates and alerts need the whole rulebook and are not judged here.

import { Fault, unbase64url, utf8 } from "./bytes.js";
import { readBundle } from "./bundle.js";
import { publicKey } from "./ed25519.js";
import { Registry, isVoided, linksOf, makesTarget } from "./links.js";
import { checkConsistency, checkInclusion, leafHash } from "./merkle.js";
import { judge, openCheckpoint, parsePolicy, requireLog, VerifierKey } from "./note.js";
import { checkComplete } from "./public.js";
import { isPublic, readRecord } from "./record.js";

export const NAMES = [
  "signatures", "inclusion", "witnesses", "consistency", "links", "recalls",
];

/** Ends a verification: what follows would rest on what failed. */
class Ending extends Error {
  constructor(name, fault, index = null) {
    super(name);
    const code = fault instanceof Fault ? fault.code : "verdict.fault";
    this.verdict = { name, outcome: "fail", code, params: fault.params || {}, index };
  }
}

/**
 * Checks a bundle's file. `log` is the log's vkey, `policy` the bytes of a witness policy or null,
 * `seen` the bytes of a checkpoint seen before or null, `seenBy` the vkey that signed it if not
 * `log`, `shapes` what records may hide, `label` the
 * GTIN and lot that were asked for or null, `tell` is told how far it is. Never throws for what the
 * file holds: every fault is a verdict. A file that is no bundle fails `signatures`.
 */
export async function verify({ file, log, policy, seen, seenBy, shapes, label = null, tell = () => {} }) {
  const report = { verdicts: [], checkpoint: null, records: [], refused: false };
  const say = (name, outcome, code, params = {}, index = null) =>
    report.verdicts.push({ name, outcome, code, params, index });
  try {
    const keys = { log: new VerifierKey(log), seenBy: new VerifierKey(seenBy || log) };
    await check({ file, ...keys, policy, seen, shapes, label, tell }, report, say);
  } catch (error) {
    if (error instanceof Ending) report.verdicts.push(error.verdict);
    else if (error instanceof Fault) {
      report.refused = true;
      say("signatures", "fail", error.code, error.params);
    } else say("links", "fail", "verdict.fault"); // what it interrupted never passes for verified
  }
  const said = new Map(report.verdicts.map((each) => [each.name, each]));
  report.verdicts = NAMES.map(
    (name) =>
      said.get(name) || { name, outcome: "unknown", code: "verdict.not-reached", params: {} },
  );
  report.holds = report.verdicts.every((each) => each.outcome !== "fail");
  return report;
}

async function check(asked, report, say) {
  const { log, tell } = asked;
  tell("read");
  const bundle = readBundle(asked.file);
  report.target = bundle.target;
  let checkpoint;
  try {
    ({ checkpoint } = await openCheckpoint(utf8(bundle.checkpoint), log));
  } catch (error) {
    throw new Ending("inclusion", error);
  }
  report.checkpoint = { ...checkpoint, note: bundle.checkpoint };
  tell("signatures", { records: bundle.entries.length });
  const records = await readAll(bundle.entries, asked.shapes);
  report.records = records;
  say("signatures", "ok", "signatures.ok", { records: records.length });
  tell("inclusion");
  checkEntries(records, checkpoint);
  say("inclusion", "ok", "inclusion.ok", { size: checkpoint.size });
  await judgeWitnesses(asked, bundle, say);
  await judgeConsistency(asked, bundle, checkpoint, say);
  tell("links");
  const registry = await replay(bundle, records, log.name);
  requireTarget(registry, bundle.target, asked.label);
  say("links", ...linksOf(registry, records));
  tell("recalls");
  say("recalls", ...recallsOf(bundle, checkpoint, registry, records, asked.shapes));
}

/** Whether what the log's public records say of the bundle is all here, and what that comes to. */
function recallsOf(bundle, checkpoint, registry, records, shapes) {
  let unread = 0;
  try {
    if (bundle.leaves !== null) {
      unread = checkComplete(bundle.leaves, checkpoint, records, shapes);
    }
  } catch (error) {
    const { index = null } = error.params || {};
    throw new Ending("recalls", error, index);
  }
  const doubted = records.filter(({ kid, index }) => {
    const { trusted } = registry.keys.get(kid) || {};
    return trusted !== undefined && index > trusted;
  }).length;
  if (isVoided(registry, bundle.target)) return ["warn", "recalls.voided"];
  if (doubted) return ["warn", "recalls.doubted-key", { records: doubted }];
  if (bundle.leaves === null) return ["unknown", "recalls.unknown"];
  if (unread) return ["unknown", "recalls.unread", { records: unread }];
  return ["ok", "recalls.none", { size: checkpoint.size }];
}

/** The records, every signature verified by a key that is registered among them. */
async function readAll(entries, shapes) {
  const records = [];
  for (const { jws, disclosures, index, time, proof } of entries) {
    try {
      records.push({ ...readRecord(jws, disclosures, shapes), index, time, proof });
    } catch (error) {
      throw new Ending("signatures", error, index);
    }
  }
  const keys = keysIn(records);
  const faults = await Promise.all(
    records.map(async ({ kid, signature, signed }) => {
      const key = keys.get(kid);
      if (key === undefined) return new Fault("record.unknown-key", { kid });
      return (await key.verify(signature, signed)) ? null : new Fault("record.signature");
    }),
  );
  faults.forEach((fault, n) => {
    if (fault !== null) throw new Ending("signatures", fault, records[n].index);
  });
  return records;
}

/** The keys that the records register; a weak one verifies nothing, and its record fails later. */
function keysIn(records) {
  const keys = new Map();
  for (const { type, body } of records) {
    if (type !== "key") continue;
    try {
      const key = publicKey(unbase64url(body.data.jwk.x));
      keys.set(key.kid, key);
    } catch {
      continue;
    }
  }
  return keys;
}

function entryBytes({ digest, time, type }) {
  const bytes = new Uint8Array(41);
  bytes.set(digest);
  new DataView(bytes.buffer).setBigUint64(32, BigInt(time));
  bytes[40] = isPublic(type) ? 1 : 0;
  return bytes;
}

/** Indices rise, times do not fall, and each record is the leaf that its proof leads from. */
function checkEntries(records, { size, root }) {
  let [lastIndex, lastTime] = [-1, -1];
  for (const record of records) {
    const { index, time, proof } = record;
    try {
      if (index <= lastIndex || time < lastTime) throw new Fault("bundle.order");
      checkInclusion(BigInt(index), size, leafHash(entryBytes(record)), proof, root);
    } catch (error) {
      throw new Ending("inclusion", error, index);
    }
    [lastIndex, lastTime] = [index, time];
  }
}

async function judgeWitnesses({ log, policy }, bundle, say) {
  if (policy === null) {
    say("witnesses", "unknown", "witnesses.no-policy");
    return;
  }
  try {
    const asked = parsePolicy(policy);
    requireLog(asked, log);
    const keys = asked.witnesses.map((witness) => witness.key);
    const { seen } = await openCheckpoint(utf8(bundle.checkpoint), log, keys);
    const { met, witnesses } = judge(asked, seen);
    const params = { witnesses: witnesses.join(", ") };
    if (!met) say("witnesses", "fail", "policy.quorum", params);
    else if (asked.quorum === "none") say("witnesses", "unknown", "witnesses.none-asked", params);
    else say("witnesses", "ok", "witnesses.ok", params);
  } catch (error) {
    say("witnesses", "fail", error instanceof Fault ? error.code : "verdict.fault");
  }
}

async function judgeConsistency({ seenBy, seen }, bundle, now, say) {
  if (seen === null) {
    say("consistency", "unknown", "consistency.first");
    return;
  }
  try {
    const { checkpoint: before } = await openCheckpoint(seen, seenBy);
    requireExtension(before, now, bundle.consistency);
    say("consistency", "ok", "consistency.ok", { size: before.size });
  } catch (error) {
    throw new Ending("consistency", error);
  }
}

/** Whether a checkpoint extends an earlier one, by a bundle's proof from there; else a `Fault`. */
export function requireExtension(before, now, consistency) {
  if (before.size > now.size) {
    throw new Fault("bundle.rolled-back", { seen: before.size, shown: now.size });
  }
  let proof = [];
  if (before.size > 0n && before.size < now.size) {
    if (consistency === null || BigInt(consistency.from) !== before.size) {
      throw new Fault("bundle.no-consistency", { seen: before.size });
    }
    proof = consistency.proof;
  }
  checkConsistency(before.size, now.size, before.root, now.root, proof);
}

async function replay(bundle, records, log) {
  const [first, second] = records;
  if (first.index !== 0 || second === undefined || second.index !== 1) {
    throw new Ending("links", new Fault("bundle.genesis"));
  }
  const registry = new Registry(log, bundle.cut);
  for (const record of records) {
    try {
      await registry.take(record, record.index, record.time);
    } catch (error) {
      throw new Ending("links", error, record.index);
    }
  }
  return registry;
}

/** The lot is the one that was asked for, and the records made it. */
function requireTarget(registry, target, label) {
  const asked = label === null || (label.gtin === target.gtin && label.lot === target.lot);
  if (!asked || !makesTarget(registry, target)) {
    throw new Ending("links", new Fault("bundle.target", { lot: target.lot }));
  }
}
