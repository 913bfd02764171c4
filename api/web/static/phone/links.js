// Who signed, and what rests on what: the part of the rulebook that a phone judges itself. Keys belong
// to who signs at that index, whoever acts for another may, draws name earlier outputs, corrections
// and denials earlier records. Of the same rules as `core/rules/authority.py` and `registry.py`; all
// that weighs goods, papers and times is the server's and the auditor's to judge.

import { Fault, base64url, unbase64url, utf8 } from "./bytes.js";
import { publicKey } from "./ed25519.js";

const CUTTABLE = ["transform", "ship", "receive", "count", "consume"];
const GOODS = ["harvest", "acquire", "transform", "ship", "receive", "consume", "count", "correct"];
const HANOI = 7 * 3600 * 1000; // the calendar of the log, in milliseconds from UTC

/** What the records of a bundle have stated so far. `log` is the origin of the log. */
export class Registry {
  constructor(log, cut) {
    this.log = log;
    this.cut = cut;
    this.records = new Map(); // name -> index, makes, acting, iss
    this.nonces = new Set();
    this.parties = new Map();
    this.keys = new Map(); // kid -> party, revoked, recovery, trusted
    this.consents = new Map();
    this.operator = null;
    this.genesis = null;
    this.voided = new Set(); // indices of records that a correction voided
    this.beyond = 0; // records that draw on what lies before the cut
    this.declared = new Set(); // indices of those that act by a consent on the operator's word
  }

  /** Judges one record, in log order, and takes it in. Throws a `Fault`. */
  async take(record, index, time) {
    const { body } = record;
    const name = base64url(record.digest);
    const acting = body.for === undefined ? body.iss : body.for;
    const nonce = `${body.iss} ${body.nonce}`;
    if (this.records.has(name)) throw new Fault("record.known");
    if (this.nonces.has(nonce)) throw new Fault("record.replay");
    if (body.log !== this.log) throw new Fault("record.log");
    if (index < 2) this.begin(record, index);
    else this.authorise(record, acting, time);
    const confirmed = await this.state(record, index);
    this.resolve(body, record.type);
    if (acting !== body.iss) {
      const consent = this.consents.get(`${acting}>${body.iss}`);
      if (consent !== undefined && consent.declared) this.declared.add(index);
    }
    for (const each of confirmed) this.declared.delete(each);
    this.nonces.add(nonce);
    this.records.set(name, { index, acting, iss: body.iss, makes: body.makes || [] });
  }

  /** Records 0 and 1 are the operator's party and key; they alone precede their key. */
  begin({ type, body, kid }, index) {
    if (index === 0) {
      if (type !== "party" || body.data.party !== body.iss) throw new Fault("genesis.party");
      if (!body.data.roles.includes("operator")) throw new Fault("genesis.party");
      this.operator = body.iss;
      this.genesis = kid;
    } else if (
      type !== "key" ||
      body.iss !== this.operator ||
      body.data.party !== body.iss ||
      kid !== this.genesis
    ) {
      throw new Fault("genesis.key");
    }
  }

  authorise({ type, body, kid }, acting, time) {
    const key = this.keys.get(kid);
    if (key === undefined) throw new Fault("key.unknown", { kid });
    if (key.party !== body.iss) throw new Fault("key.foreign", { kid });
    if (key.revoked !== null) throw new Fault("key.revoked", { kid, index: key.revoked });
    const ended = this.party(body.iss).ended;
    if (ended !== undefined && ended < body.at.slice(0, 10)) throw new Fault("party.ended");
    if (acting === body.iss) return;
    this.party(acting);
    if (this.standsFor(body.iss, acting)) return;
    const consent = this.consents.get(`${acting}>${body.iss}`);
    if (consent === undefined) throw new Fault("consent.missing", { party: acting });
    const { types = [], until } = consent.data;
    if (!types.includes(type)) throw new Fault("consent.type", { party: acting, type });
    const today = new Date(time + HANOI).toISOString().slice(0, 10);
    if (until < today) throw new Fault("consent.ended", { party: acting, date: until });
  }

  /** What a statement of the registry changes; the indices of the records that it confirms. */
  async state({ type, body }, index) {
    if (type === "party") this.stateParty(body, index);
    else if (type === "key") await this.stateKey(body);
    else if (type === "key-revoke") this.revokeKey(body, index);
    else if (type === "consent") return this.stateConsent(body);
    return [];
  }

  stateParty({ iss, data }, index) {
    if (index > 0 && iss !== this.operator) throw new Fault("party.by-operator");
    if (index > 0 && data.roles.includes("operator") && data.party !== this.operator) {
      throw new Fault("party.one-operator");
    }
    for (const other of [...(data.memberOf || []), ...(data.succeeds || [])]) {
      if (this.party(other) && other === data.party) throw new Fault("party.itself");
    }
    this.parties.set(data.party, data);
  }

  async stateKey({ iss, data }) {
    this.party(data.party);
    const byOperator = iss === this.operator;
    if (data.party !== iss && !byOperator) throw new Fault("key.by-party");
    const key = keyOf(data.jwk);
    if (this.keys.has(key.kid)) throw new Fault("key.registered", { kid: key.kid });
    const claimed = utf8(`goc-pop/1\n${this.log}\n${data.party}\n${key.kid}\n`);
    const proof = unbase64url(data.pop);
    if (!proof || !(await key.verify(proof, claimed))) throw new Fault("key.possession");
    const others = [...this.keys.values()].some((each) => each.party === data.party);
    const recovery = byOperator && data.party !== iss && others;
    this.keys.set(key.kid, { party: data.party, revoked: null, recovery });
  }

  revokeKey({ iss, data }, index) {
    const key = this.keys.get(data.kid);
    if (key === undefined) throw new Fault("key.unknown", { kid: data.kid });
    if (key.party !== iss && iss !== this.operator) throw new Fault("key.by-party");
    if (key.revoked !== null) throw new Fault("key.revoked", { kid: data.kid, index: key.revoked });
    if (data.trusted !== undefined && data.trusted >= index) throw new Fault("key.trusted");
    key.revoked = index;
    key.trusted = data.trusted;
  }

  stateConsent({ iss, data }) {
    this.party(data.grantor);
    this.party(data.agent);
    const declared = data.grantor !== iss;
    if (declared && iss !== this.operator) throw new Fault("consent.by-grantor");
    const confirms = (data.confirms || []).map((name) => this.records.get(name)).filter(Boolean);
    const strange = (each) => each.acting !== data.grantor || each.iss !== data.agent;
    if ((declared && confirms.length) || confirms.some(strange)) {
      throw new Fault("consent.confirms");
    }
    if (!confirms.length || (data.types || []).length) {
      this.consents.set(`${data.grantor}>${data.agent}`, { data, declared });
    }
    return confirms.map((each) => each.index);
  }

  /** Draws name outputs of earlier records; corrections and denials name earlier records. */
  resolve(body, type) {
    const draws = body.draws || [];
    const unknown = draws.filter((draw) => !this.records.has(draw.from.slice(0, 43)));
    if (unknown.length && this.cut && CUTTABLE.includes(type)) this.beyond += 1;
    else if (unknown.length) throw new Fault("draw.unknown");
    for (const draw of draws) {
      const source = this.records.get(draw.from.slice(0, 43));
      const n = Number(draw.from.slice(44));
      if (source !== undefined && n >= source.makes.length) throw new Fault("draw.unknown");
    }
    const named = { correct: body.data.corrects, dispute: body.data.record }[type];
    if (named === undefined) return;
    const about = this.records.get(named);
    if (about === undefined) throw new Fault(`${type}.unknown`);
    if (type === "correct" && body.data.void) this.voided.add(about.index);
  }

  party(party) {
    const found = this.parties.get(party);
    if (found === undefined) throw new Fault("party.unknown", { party });
    return found;
  }

  /** Whether `party` is `other`, or has succeeded it (a chain of successions counts). */
  standsFor(party, other) {
    const seen = new Set([party]);
    for (const current of seen) {
      if (current === other) return true;
      for (const each of (this.parties.get(current) || {}).succeeds || []) seen.add(each);
    }
    return false;
  }
}

function keyOf({ kty, crv, x }) {
  const bytes = unbase64url(x);
  if (kty !== "OKP" || crv !== "Ed25519" || !bytes) throw new Fault("key.malformed");
  return publicKey(bytes);
}

/** The records that made what a bundle speaks of: its lot, or the one holding that it names. */
function makersOf(registry, { gtin, lot, holding }) {
  const isOf = (make) => make !== undefined && make.product === gtin && make.lot === lot;
  if (holding === null) return [...registry.records.values()].filter((each) => each.makes.some(isOf));
  const source = registry.records.get(holding.slice(0, 43));
  const named = source !== undefined && isOf(source.makes[Number(holding.slice(44))]);
  return named ? [source] : [];
}

/** Whether the target of a bundle is among what its records made. */
export function makesTarget(registry, target) {
  return makersOf(registry, target).length > 0;
}

/** Whether all that made the target was voided. */
export function isVoided(registry, target) {
  return makersOf(registry, target).every(({ index }) => registry.voided.has(index));
}

/** The verdict on links that hold: where they rest on the operator's word, or on what is hidden. */
export function linksOf(registry, records) {
  const hidden = records.filter(
    ({ type, undisclosed }) =>
      GOODS.includes(type) && undisclosed.some((each) => each.endsWith("/holder")),
  ).length;
  const onWord = records.filter(({ kid, index }) => {
    const key = registry.keys.get(kid);
    return (key !== undefined && key.recovery) || registry.declared.has(index);
  }).length;
  if (registry.beyond) return ["warn", "links.cut", { records: registry.beyond }];
  if (onWord) return ["warn", "links.operator-word", { records: onWord }];
  if (hidden) return ["warn", "links.undisclosed", { records: hidden }];
  return ["ok", "links.ok", { records: records.length }];
}
