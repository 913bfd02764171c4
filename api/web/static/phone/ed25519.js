// Ed25519 (RFC 8032) in its strictest reading, as `traceability/core/keys.py` has it: a public key is
// the canonical encoding of a point of prime order; S is below the group's order; R is canonical and
// not of small order; the equation holds without the cofactor. What is refused of the key, of S and of
// R is decided here, for browsers differ; the equation is the browser's where it has Ed25519, and
// ours where it has not. Nothing secret is computed, so no time needs to be constant.

import { Fault, base64url, hex, joined, same, utf8 } from "./bytes.js";
import { sha256, sha512 } from "./hashes.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a) => {
  const rest = a % P;
  return rest < 0n ? rest + P : rest;
};

function power(base, exponent) {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % P;
    if (bit === "1") result = (result * base) % P;
  }
  return result;
}

const inverse = (a) => power(a, P - 2n);
const D = mod(-121665n * inverse(121666n));
const D2 = mod(2n * D);
const ROOT = power(2n, (P - 1n) / 4n); // of -1

/** The number that bytes write, the least byte first. */
function number(bytes) {
  return BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);
}

// Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, T = XY/Z (Hisil et al.; RFC 8032 §5.1.4).
const ZERO = [0n, 1n, 1n, 0n];

function sum([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = ((y1 - x1) * (y2 - x2)) % P;
  const b = ((y1 + x1) * (y2 + x2)) % P;
  const c = (((t1 * D2) % P) * t2) % P;
  const d = (2n * z1 * z2) % P;
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [(e * f) % P, (g * h) % P, (f * g) % P, (e * h) % P];
}

function doubled([x, y, z]) {
  const a = (x * x) % P;
  const b = (y * y) % P;
  const c = (2n * z * z) % P;
  const h = a + b;
  const e = h - (((x + y) * (x + y)) % P);
  const g = a - b;
  const f = c + g;
  return [(e * f) % P, (g * h) % P, (f * g) % P, (e * h) % P];
}

/** `m·first + n·second`, both at once. */
function combined(m, first, n, second) {
  const both = sum(first, second);
  const length = Math.max(m.toString(2).length, n.toString(2).length);
  const [ms, ns] = [m, n].map((each) => each.toString(2).padStart(length, "0"));
  let point = ZERO;
  for (let at = 0; at < length; at += 1) {
    point = doubled(point);
    if (ms[at] === "1") point = sum(point, ns[at] === "1" ? both : first);
    else if (ns[at] === "1") point = sum(point, second);
  }
  return point;
}

/** The point of 32 bytes; null where they are not the canonical encoding of one. */
function pointOf(bytes) {
  const sign = bytes[31] >> 7;
  const y = number(bytes) & (2n ** 255n - 1n);
  if (y >= P) return null;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  const v3 = (((v * v) % P) * v) % P;
  let x = (((u * v3) % P) * power((((u * v3) % P) * ((v3 * v) % P)) % P, (P - 5n) / 8n)) % P;
  const square = (((x * x) % P) * v) % P;
  if (square === mod(-u)) x = (x * ROOT) % P;
  else if (square !== u) return null;
  if (x === 0n && sign) return null;
  if (Number(x & 1n) !== sign) x = mod(-x);
  return [x, y, 1n, (x * y) % P];
}

function encoded([x, y, z]) {
  const back = inverse(mod(z));
  let whole = mod(y * back) | ((mod(x * back) & 1n) << 255n);
  const bytes = new Uint8Array(32);
  for (let at = 0; at < 32; at += 1) {
    bytes[at] = Number(whole & 255n);
    whole >>= 8n;
  }
  return bytes;
}

const isZero = ([x, y, z]) => mod(x) === 0n && mod(y - z) === 0n;
const BASE = pointOf(Uint8Array.from([0x58, ...new Array(31).fill(0x66)]));

// The y of the points of small order: 0, 1, -1, and the two of order 8.
const SMALL = new Set([
  0n,
  1n,
  P - 1n,
  0x5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

const KNOWN = new Map(); // keys by their base64url: a bundle speaks of each more than once
const MOST_KNOWN = 1000;

/** The public key of 32 bytes; throws `Fault("key.malformed")` or `Fault("key.weak")`. */
export function publicKey(bytes) {
  const x = base64url(bytes);
  let key = KNOWN.get(x);
  if (key === undefined) {
    if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
    key = new PublicKey(bytes);
    KNOWN.set(x, key);
  }
  return key;
}

/** A public key that passed every check, and its name (RFC 7638): made by `publicKey`. */
class PublicKey {
  constructor(bytes) {
    if (bytes.length !== 32) throw new Fault("key.malformed");
    const point = pointOf(bytes);
    if (point === null || SMALL.has(point[1]) || !isZero(combined(L, point, 0n, ZERO))) {
      throw new Fault("key.weak");
    }
    this.bytes = bytes;
    this.point = point;
    this.kid = thumbprint(base64url(bytes));
    this.imported = null;
  }

  /** Whether `signature` is this key's over `message`. Never throws. */
  async verify(signature, message) {
    if (signature.length !== 64) return false;
    const r = number(signature.subarray(0, 32)) & (2n ** 255n - 1n);
    if (r >= P || SMALL.has(r) || number(signature.subarray(32)) >= L) return false;
    this.imported = this.imported || native(this.bytes);
    const key = await this.imported;
    return key === null
      ? this.holds(signature, message)
      : crypto.subtle.verify("Ed25519", key, signature, message);
  }

  /** The equation, by our own arithmetic: R = S·B − k·A, R compared byte by byte. */
  holds(signature, message) {
    const r = signature.subarray(0, 32);
    const k = number(sha512(joined(r, this.bytes, message))) % L;
    const [x, y, z, t] = this.point;
    const s = number(signature.subarray(32));
    return same(encoded(combined(s, BASE, k, [mod(-x), y, z, mod(-t)])), r);
  }
}

/** The name of a key by its `x`, as a JWK has it. */
function thumbprint(x) {
  return base64url(sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)));
}

async function native(bytes) {
  try {
    return await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
  } catch {
    return null; // a browser without it, or a page that was not served securely
  }
}
