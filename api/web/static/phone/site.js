// What a server is asked for: its policy, the bundle, the published checkpoint. All from the page's
// own site, bounded in size and in time.

export const POLICY_PATH = "/.well-known/goc-policy";
const CHECKPOINT_PATH = "/log/checkpoint";
const MOST_BYTES = 16 * 1024 * 1024;
const LONGEST = 60 * 1000; // milliseconds: a bundle over 2G takes its time

/** The server said no, or nothing: `code` is that of its problem document, or "". */
export class Refusal extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

async function read(response) {
  const reader = response.body.getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MOST_BYTES) throw new Refusal("too-large");
    parts.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The bytes at a path of this site; throws a `Refusal`. */
export async function fetchBytes(path) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), LONGEST);
  try {
    const response = await fetch(path, { signal: stop.signal, credentials: "omit" });
    const body = await read(response);
    if (response.ok) return body;
    let code = "";
    try {
      code = String(JSON.parse(new TextDecoder().decode(body)).code);
    } catch {
      code = String(response.status);
    }
    throw new Refusal(code);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("");
  } finally {
    clearTimeout(timer);
  }
}

/** A lot's bundle, with the proof from a size seen before; a log that is smaller now gives none. */
export async function fetchBundle(path, from) {
  if (from === null) return fetchBytes(path);
  try {
    return await fetchBytes(`${path}?from=${from}`);
  } catch (error) {
    if (error.code !== "ledger.index") throw error;
    return fetchBytes(path);
  }
}

/** The published checkpoint, which witnesses have cosigned; null where there is none. */
export async function fetchPublished() {
  try {
    return await fetchBytes(CHECKPOINT_PATH);
  } catch {
    return null;
  }
}
