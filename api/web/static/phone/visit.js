// One visit: the log's key as first seen, the bundle, its verdicts, the witnesses of the published
// checkpoint, and what is remembered for the next visit. Gives verdicts, with `key` before those of
// `verify.js`; what to say of them is `said.js`'s.

import { readBundle } from "./bundle.js";
import { textOf, utf8 } from "./bytes.js";
import { keep, recall } from "./memory.js";
import { judge, openCheckpoint, parseCheckpoint, parseNote, parsePolicy, VerifierKey } from "./note.js";
import { fetchBundle, fetchBytes, fetchPublished, POLICY_PATH } from "./site.js";
import { requireExtension, verify } from "./verify.js";

const TURNS = 3; // while the log grows under our hands
const FORKS = ["bundle.rolled-back", "consistency.root", "consistency.length"];

const isLog = (line) => /^[ \t]*log[ \t]/.test(line);
const withoutLogs = (text) => text.split("\n").filter((line) => !isLog(line)).join("\n");

/**
 * The verdict on the log's key, and the policy to judge by: the one that was seen first, or another
 * whose key the reader trusts from now on (`accept`). `seenBy` signed what was seen before; null
 * where that was of another log. `offered` is a key that the reader may trust.
 */
function pinned(remembered, served, accept) {
  const policy = parsePolicy(served);
  const text = textOf(served);
  const verdict = (outcome, code) => ({ name: "key", outcome, code, params: {}, index: null });
  if (remembered === null) {
    const [log, ...others] = policy.logs;
    if (log === undefined || others.some(({ name }) => name !== log.name)) {
      throw new Error("a policy of one log was expected");
    }
    return { text, vkey: log.text, seenBy: null, verdict: verdict("unknown", "key.first") };
  }
  const { vkey, since } = remembered;
  const known = { text: remembered.policy, vkey, seenBy: vkey };
  if (policy.logs.every((key) => key.text !== vkey)) {
    const log = policy.logs.find((key) => key.text === accept);
    if (log !== undefined) {
      const seenBy = log.name === new VerifierKey(vkey).name ? vkey : null;
      return { text, vkey: accept, seenBy, verdict: verdict("warn", "key.accepted") };
    }
    const offered = policy.logs.length ? policy.logs[policy.logs.length - 1].text : null;
    return { ...known, offered, verdict: verdict("fail", "key.changed") };
  }
  if (withoutLogs(remembered.policy) !== withoutLogs(text)) {
    return { ...known, verdict: verdict("warn", "key.policy") };
  }
  return { ...known, verdict: { ...verdict("ok", "key.same"), params: { since } } };
}

/**
 * While a log goes over to another key, its policy lists the new one behind the old, and both sign
 * (ADR 011). Where both signed what was verified now, the phone goes over too: gives the new key, or
 * null.
 */
async function successor(pin, served, note) {
  const logs = parsePolicy(served).logs;
  const at = logs.findIndex((key) => key.text === pin.vkey);
  const next = at < 0 ? undefined : logs[at + 1];
  if (next === undefined || next.name !== logs[at].name) return null;
  try {
    await openCheckpoint(utf8(note), next);
    return next.text;
  } catch {
    return null;
  }
}

/** The size of a signed checkpoint that was verified when it was kept. */
function sizeOf(note) {
  return parseCheckpoint(parseNote(utf8(note)).text).size;
}

/**
 * Fetches and verifies. `page` says `bundle` (path), `gtin`, `lot`, and perhaps `accept`: a key that
 * the reader trusts instead of the remembered one; `now` is Unix milliseconds. Gives
 * `{verdicts, report, remembered, kept, fork, offered}`; throws `Refusal` where the server gives nothing.
 */
export async function visit(page, shapes, now, tell) {
  const remembered = await recall();
  tell("fetch");
  const served = await fetchBytes(POLICY_PATH);
  const pin = pinned(remembered, served, page.accept);
  const { seenBy } = pin;
  const seen = seenBy === null ? null : utf8(remembered.note);
  const from = seenBy === null ? null : sizeOf(remembered.note);
  const policy = utf8(pin.text);
  const label = { gtin: page.gtin, lot: page.lot };
  let report;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const file = await fetchBundle(page.bundle, from);
    report = await verify({ file, log: pin.vkey, policy, seen, seenBy, shapes, label, tell });
    if (await lookAtPublished(page.bundle, pin, report)) break;
  }
  const found = (name) => report.verdicts.find((each) => each.name === name);
  const fork = forkOf(remembered, report, found("consistency"), now);
  let kept = true;
  const stays = remembered !== null && remembered.vkey === pin.vkey;
  const since = stays ? remembered.since : now;
  const known = { policy: pin.text, vkey: pin.vkey, since, at: now, fork };
  if (found("consistency").outcome === "fail") {
    // What was seen before stays: it is what the log is held to.
    const note = remembered === null ? fork && fork.before : remembered.note;
    const held = remembered === null ? known : { ...remembered, at: now, fork };
    if (fork !== null) kept = await keep({ ...held, note });
  } else if (pin.verdict.outcome !== "fail" && sound(found)) {
    const { note } = report.checkpoint;
    const next = pin.verdict.outcome === "warn" ? null : await successor(pin, served, note);
    const moved = next === null ? {} : { policy: textOf(served), vkey: next, since: now };
    kept = await keep({ ...known, ...moved, note });
    if (next !== null && stays) pin.verdict = { ...pin.verdict, code: "key.moved" };
  }
  const offered = pin.offered || null;
  const verdicts = [pin.verdict, ...report.verdicts];
  return { verdicts, report, remembered, kept, fork, offered };
}

function sound(found) {
  const { outcome, code } = found("consistency");
  return outcome === "ok" || code === "consistency.first";
}

/** The two checkpoints that no honest log signs both: those of now, or of an earlier visit. */
function forkOf(remembered, report, consistency, now) {
  if (consistency.outcome === "fail" && FORKS.includes(consistency.code)) {
    const before = report.published || remembered.note;
    return { before, after: report.checkpoint.note, at: now, code: consistency.code };
  }
  return remembered === null ? null : remembered.fork || null;
}

/**
 * Witnesses cosign what is published, which is a little behind what the ledger has. Where the bundle's
 * own checkpoint lacks the quorum, the published one is judged, and the bundle's must extend it. False
 * where the log grew meanwhile, so that another bundle has to be fetched.
 */
async function lookAtPublished(path, pin, report) {
  const at = (name) => report.verdicts.findIndex((each) => each.name === name);
  const put = (name, outcome, code, params = {}) => {
    report.verdicts[at(name)] = { name, outcome, code, params, index: null };
    report.holds = report.verdicts.every((each) => each.outcome !== "fail");
  };
  if (report.verdicts[at("witnesses")].code !== "policy.quorum") return true;
  const published = await fetchPublished();
  if (published === null) return true;
  const policy = parsePolicy(utf8(pin.text));
  const log = new VerifierKey(pin.vkey);
  const keys = policy.witnesses.map((witness) => witness.key);
  let opened;
  try {
    opened = await openCheckpoint(published, log, keys);
  } catch {
    return true; // what the witnesses were to have signed does not open: there is no quorum
  }
  const { met, witnesses } = judge(policy, opened.seen);
  if (!met) return true;
  const { checkpoint } = opened;
  const again = readBundle(await fetchBundle(path, checkpoint.size));
  if (again.checkpoint !== report.checkpoint.note) {
    put("witnesses", "unknown", "witnesses.moved");
    return false;
  }
  try {
    requireExtension(checkpoint, report.checkpoint, again.consistency);
  } catch (error) {
    report.published = textOf(published);
    put("consistency", "fail", error.code || "verdict.fault");
    put("witnesses", "fail", "witnesses.other");
    return true;
  }
  const later = report.records.filter(({ index }) => BigInt(index) >= checkpoint.size).length;
  const params = { witnesses: witnesses.join(", "), records: later };
  put("witnesses", later ? "warn" : "ok", later ? "witnesses.later" : "witnesses.ok", params);
  return true;
}
