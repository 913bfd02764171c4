// The worker's ear: a message with what the page is about starts a visit; what comes back are words,
// first of how far it is, then of what was found. SHAPES, TEXTS and LANGUAGE stand before this script
// as it is served (`api/web/phone.py`).
/* global SHAPES, TEXTS, LANGUAGE */

import { Words, told } from "./said.js";
import { Refusal } from "./site.js";
import { visit } from "./visit.js";

self.onmessage = async ({ data: page }) => {
  const words = new Words(TEXTS, LANGUAGE);
  const tell = (step, params) => self.postMessage({ step: words.say(`phone.step.${step}`, params) });
  try {
    const found = await visit(page, SHAPES, Date.now(), tell);
    self.postMessage({ found: told(found, words, page.mark) });
  } catch (error) {
    const code = error instanceof Refusal ? "phone.no-answer" : "phone.fault";
    self.postMessage({ failed: words.say(code) });
  }
};
