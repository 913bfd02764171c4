// What a visit found, in words and shapes for the page. `texts` are those of the reader's language,
// by the keys of the catalogues; a code without a sentence of its own is said by its verdict.

const RANK = { fail: 3, warn: 2, unknown: 1, ok: 0 };

function filled(sentence, params) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) =>
    params[name] === undefined ? whole : String(params[name]),
  );
}

/** Texts of one language; numbers and days as its people write them. */
export class Words {
  constructor(texts, language) {
    this.texts = texts;
    this.language = language === "vi" ? "vi-VN" : "en-GB";
  }

  say(key, params = {}) {
    const readable = {};
    for (const [name, value] of Object.entries(params)) {
      const counted = typeof value === "bigint" || typeof value === "number";
      readable[name] = counted ? value.toLocaleString(this.language) : value;
    }
    return filled(this.texts[key] === undefined ? key : this.texts[key], readable);
  }

  day(time) {
    return new Date(time).toLocaleDateString(this.language);
  }

  knows(key) {
    return this.texts[key] !== undefined;
  }
}

function lineOf({ name, outcome, code, params, index }, words) {
  const own = `phone.code.${code}`;
  const known = params.since === undefined ? params : { ...params, since: words.day(params.since) };
  let text = words.say(words.knows(own) ? own : `phone.${name}.${outcome}`, known);
  if (outcome === "fail") {
    const at = index === null || index === undefined ? "" : words.say("phone.at", { index });
    text = [text, at, words.say("phone.code", { code })].filter(Boolean).join(" ");
  }
  const word = words.say(`phone.word.${outcome}`);
  return { tone: outcome, word, title: words.say(`phone.${name}`), text };
}

/**
 * `{tone, title, lead, lines, evidence, offer, notes}` for the page to show. `mark` is what the page
 * says of the label in hand: `good`, `bad`, or nothing. No phone can judge it: what holds is the lot.
 */
export function told(found, words, mark = "") {
  const { verdicts, report, kept, fork } = found;
  const worst = verdicts.reduce((a, b) => (RANK[b.outcome] > RANK[a.outcome] ? b : a));
  const outcome = worst.outcome === "unknown" ? "ok" : worst.outcome;
  const ofLot = mark === "bad" && outcome !== "fail";
  const tone = ofLot ? "unknown" : outcome;
  const first = verdicts.find((each) => each.outcome === "fail");
  const lines = verdicts.map((each) => lineOf(each, words));
  for (const name of mark ? ["phone.label", "phone.rest"] : ["phone.rest"]) {
    const text = words.say(`${name}.lead`);
    lines.push({ tone: "note", word: words.say("phone.word.note"), title: words.say(name), text });
  }
  const notes = [words.say("phone.trust")];
  if (!kept) notes.push(words.say("phone.not-kept"));
  const result = `phone.result.${ofLot ? "lot" : outcome}`;
  let title = words.say(result);
  let lead = words.say(`${result}.lead`, { records: report.records.length });
  if (first !== undefined) {
    lead = lines[verdicts.indexOf(first)].text;
    if (fork !== null) title = words.say("phone.fork");
  }
  const offer = offerOf(found, words);
  return { tone, title, lead, lines, notes, evidence: evidenceOf(fork, words), offer };
}

/** Both keys, to be compared with what the keeper of the log says elsewhere; and how to go over. */
function offerOf({ offered, remembered }, words) {
  if (offered === null) return null;
  const say = (name) => words.say(`phone.offer.${name}`);
  return {
    title: say("title"),
    lead: say("lead"),
    keys: [
      { what: words.say("phone.offer.old", { day: words.day(remembered.since) }), key: remembered.vkey },
      { what: say("new"), key: offered },
    ],
    trust: say("trust"),
    sure: say("sure"),
    yes: say("yes"),
    no: say("no"),
    accept: offered,
  };
}

/** Both checkpoints, to be copied and shown to others. */
function evidenceOf(fork, words) {
  if (fork === null) return null;
  return {
    title: words.say("phone.fork"),
    lead: words.say("phone.fork.lead", { day: words.day(fork.at) }),
    text: `${fork.before}\n\n${fork.after}`,
    copy: words.say("phone.fork.copy"),
    copied: words.say("phone.fork.copied"),
  };
}
