// Signed notes, checkpoints and witness policies (C2SP signed-note, tlog-checkpoint,
// tlog-cosignature, tlog-policy). Counterpart of `core/note.py`, `checkpoint.py`, `policy.py`.

import { Fault, base64, hex, joined, textOf, unbase64, utf8 } from "./bytes.js";
import { publicKey } from "./ed25519.js";
import { sha256 } from "./hashes.js";

const MAX_NOTE_BYTES = 64 * 1024;
const MAX_SIGNATURES = 100;
const MAX_POLICY_BYTES = 256 * 1024;
const MAX_NUMBER = 2n ** 63n - 1n;
const LOG_KEY = 1;
const WITNESS_KEY = 4;
const UNPLAIN = /[\u0000-\u0009\u000b-\u001f\ud800-\udfff]/u;
const NO_NAME = /[+\s\u0085\u001c-\u001f]/;

const isPlain = (text) => !UNPLAIN.test(text);
const isKeyName = (text) =>
  text !== "" && !NO_NAME.test(text.replace(/\ufeff/g, "")) && isPlain(text);

function decimal(text) {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text)) return null;
  const found = BigInt(text);
  return found <= MAX_NUMBER ? found : null;
}

/** A name, a type and a public key, as a vkey writes them; throws `Fault("note.key")` and others. */
export class VerifierKey {
  constructor(text) {
    const parts = text.split("+");
    const [name, digits] = parts;
    const material = unbase64(parts.slice(2).join("+"));
    if (!isKeyName(name) || !/^[0-9a-f]{8}$/.test(digits) || !material || !material.length) {
      throw new Fault("note.key");
    }
    this.id = sha256(joined(utf8(`${name}\n`), material)).subarray(0, 4);
    if (hex(this.id) !== digits) throw new Fault("note.key");
    this.name = name;
    this.kind = material[0];
    this.text = text;
    if (this.kind !== LOG_KEY && this.kind !== WITNESS_KEY) throw new Fault("note.key-type");
    this.key = publicKey(material.subarray(1));
  }

  /** By what a signature line names it. */
  get line() {
    return `${this.name} ${hex(this.id)}`;
  }
}

function signatureOf(line) {
  const match = /^\u2014 ([^ ]*) ([^]*)$/.exec(line);
  const data = match && unbase64(match[2]);
  if (!data || !isKeyName(match[1]) || data.length <= 4) {
    throw new Fault("note.malformed", { what: "a signature line" });
  }
  return { line: `${match[1]} ${hex(data.subarray(0, 4))}`, value: data.subarray(4) };
}

/** The text of a note and its signature lines, taken apart and not verified. */
export function parseNote(bytes) {
  if (bytes.length > MAX_NOTE_BYTES) throw new Fault("note.too-large");
  const whole = textOf(bytes);
  if (whole === null || !isPlain(whole)) throw new Fault("note.malformed");
  const split = whole.lastIndexOf("\n\n");
  if (split < 0 || !whole.endsWith("\n")) throw new Fault("note.malformed");
  const lines = whole.slice(split + 2, -1).split("\n");
  if (split + 2 === whole.length || lines.length > MAX_SIGNATURES) throw new Fault("note.malformed");
  return { text: whole.slice(0, split + 1), signatures: lines.map(signatureOf) };
}

/** The text of a note that known keys signed, and by whom; throws `Fault("note.…")`. */
export async function openNote(bytes, keys) {
  const known = new Map();
  for (const key of keys) {
    const other = known.get(key.line);
    if (other && other.text !== key.text) throw new Fault("note.key-clash");
    known.set(key.line, key);
  }
  const note = parseNote(bytes);
  const text = utf8(note.text);
  const verified = [];
  for (const { line, value } of note.signatures) {
    const key = known.get(line);
    if (key) verified.push({ key, time: await timeOf(key, value, text) });
  }
  if (!verified.length) throw new Fault("note.unsigned");
  return { text: note.text, verified };
}

/** Verifies one signature; its time in Unix seconds, if its type has one. */
async function timeOf(key, value, text) {
  let time = null;
  let message = text;
  let signature = value;
  if (key.kind === WITNESS_KEY) {
    if (value.length !== 72) throw new Fault("note.signature");
    time = BigInt(`0x${hex(value.subarray(0, 8))}`);
    signature = value.subarray(8);
    message = joined(utf8(`cosignature/v1\ntime ${time}\n`), text);
    if (time > MAX_NUMBER) throw new Fault("note.signature");
  }
  if (!(await key.key.verify(signature, message))) throw new Fault("note.signature");
  return time;
}

/** A checkpoint's origin, size and root, from its text. */
export function parseCheckpoint(text) {
  const lines = text.split("\n");
  const size = lines.length > 3 ? decimal(lines[1]) : null;
  const root = lines.length > 3 ? unbase64(lines[2]) : null;
  const written = [lines[0], ...lines.slice(3, -1)];
  if (size === null || !root || root.length !== 32 || written.some((line) => line === "")) {
    throw new Fault("checkpoint.malformed");
  }
  return { origin: lines[0], size, root, text };
}

/** A checkpoint that its log signed, and the times of the witnesses' lines by their vkeys. */
export async function openCheckpoint(bytes, log, witnesses = []) {
  if (log.kind !== LOG_KEY || witnesses.some((key) => key.kind !== WITNESS_KEY)) {
    throw new Fault("note.key-type");
  }
  const opened = await openNote(bytes, [log, ...witnesses]);
  if (opened.verified.every(({ key }) => key.text !== log.text)) {
    throw new Fault("checkpoint.unsigned");
  }
  const checkpoint = parseCheckpoint(opened.text);
  if (checkpoint.origin !== log.name) throw new Fault("checkpoint.origin");
  const seen = new Map();
  for (const { key, time } of opened.verified) {
    const before = seen.get(key.text);
    if (time !== null && (before === undefined || time > before)) seen.set(key.text, time);
  }
  return { checkpoint, seen };
}

/** A policy: which logs, which witnesses, and how many of them; throws `Fault("policy.…")`. */
export function parsePolicy(bytes) {
  const text = bytes.length > MAX_POLICY_BYTES ? null : textOf(bytes);
  if (text === null) throw new Fault("policy.malformed");
  const policy = { logs: [], witnesses: [], groups: [], quorum: null };
  const taken = { names: new Set(), grouped: new Set(), listed: new Set() };
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) throw new Fault("policy.malformed");
  for (const line of text.split("\n")) {
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (words.length && !words[0].startsWith("#")) takeLine(policy, taken, words);
  }
  if (policy.quorum === null) throw new Fault("policy.no-quorum");
  return policy;
}

function takeLine(policy, taken, words) {
  const [kind, name] = words;
  const wrong = () => new Fault("policy.malformed", { what: kind });
  const define = () => {
    if (name === "none" || taken.names.has(name)) throw wrong();
    taken.names.add(name);
  };
  if (kind === "log" && (words.length === 2 || words.length === 3)) {
    policy.logs.push(listedKey(taken, name, LOG_KEY, wrong));
  } else if (kind === "witness" && (words.length === 3 || words.length === 4)) {
    const key = listedKey(taken, words[2], WITNESS_KEY, wrong);
    define();
    policy.witnesses.push({ name, key });
  } else if (kind === "group" && words.length > 3) {
    const members = words.slice(3);
    const least = { all: BigInt(members.length), any: 1n }[words[2]] || decimal(words[2]);
    if (!least || least > BigInt(members.length)) throw wrong();
    for (const member of members) {
      if (!taken.names.has(member) || taken.grouped.has(member)) throw wrong();
      taken.grouped.add(member);
    }
    define();
    policy.groups.push({ name, least: Number(least), members });
  } else if (kind === "quorum" && words.length === 2 && policy.quorum === null) {
    if (name !== "none" && !taken.names.has(name)) throw wrong();
    policy.quorum = name;
  } else {
    throw wrong();
  }
}

function listedKey(taken, vkey, kind, wrong) {
  let key;
  try {
    key = new VerifierKey(vkey);
  } catch {
    throw wrong();
  }
  const marks = [`${kind} ${base64(key.key.bytes)}`, `${kind} ${key.line}`];
  if (key.kind !== kind || marks.some((mark) => taken.listed.has(mark))) throw wrong();
  marks.forEach((mark) => taken.listed.add(mark));
  return key;
}

/** Whether the cosignatures of an opened checkpoint meet a policy's quorum, and whose counted. */
export function judge(policy, seen) {
  const counted = policy.witnesses.filter((witness) => seen.has(witness.key.text));
  const names = new Set(counted.map((witness) => witness.name));
  for (const group of policy.groups) {
    if (group.members.filter((member) => names.has(member)).length >= group.least) {
      names.add(group.name);
    }
  }
  return {
    met: policy.quorum === "none" || names.has(policy.quorum),
    witnesses: counted.map((witness) => witness.name),
  };
}

/** Throws `Fault("policy.log")` where a policy lists logs, but not this one. */
export function requireLog(policy, log) {
  if (policy.logs.length && policy.logs.every((key) => key.text !== log.text)) {
    throw new Fault("policy.log");
  }
}

