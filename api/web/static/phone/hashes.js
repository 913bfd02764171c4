// SHA-256 and SHA-512 (FIPS 180-4). The browser's own are asked for asynchronously, which costs more
// than hashing forty bytes does; and where a page is not served securely, there are none. The
// constants are what the standard says they are, the roots of the first primes, and are worked out.

const PRIMES = [];
for (let n = 2; PRIMES.length < 80; n += 1) {
  if (PRIMES.every((prime) => n % prime)) PRIMES.push(n);
}

/** The first 64 bits behind the point of the square or cube root of a prime. */
function fraction(prime, power) {
  const k = BigInt(power);
  const scaled = BigInt(prime) << (64n * k);
  let root = BigInt(Math.floor(prime ** (1 / power) * 2 ** 40)) << 24n;
  for (let turn = 0; turn < 2; turn += 1) {
    root += (scaled - root ** k) / (k * root ** (k - 1n)); // Newton
  }
  while (root ** k > scaled) root -= 1n;
  while ((root + 1n) ** k <= scaled) root += 1n;
  return root & 0xffffffffffffffffn;
}

const ROOTS = PRIMES.slice(0, 8).map((prime) => fraction(prime, 2));
const CUBES = PRIMES.map((prime) => fraction(prime, 3));
const H256 = Uint32Array.from(ROOTS, (root) => Number(root >> 32n));
const K256 = Uint32Array.from(CUBES.slice(0, 64), (root) => Number(root >> 32n));
const W256 = new Uint32Array(64);

/** The message with its padding: a one bit, zeros, its length in bits. */
function padded(bytes, block) {
  const whole = new Uint8Array(Math.ceil((bytes.length + 1 + block / 8) / block) * block);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  const view = new DataView(whole.buffer);
  view.setUint32(whole.length - 8, Math.floor(bytes.length / 0x20000000));
  view.setUint32(whole.length - 4, bytes.length << 3);
  return view;
}

export function sha256(bytes) {
  const view = padded(bytes, 64);
  const state = H256.slice();
  const w = W256;
  for (let start = 0; start < view.byteLength; start += 64) {
    for (let t = 0; t < 16; t += 1) w[t] = view.getUint32(start + 4 * t);
    for (let t = 16; t < 64; t += 1) {
      const x = w[t - 15];
      const y = w[t - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    let f = state[5];
    let g = state[6];
    let h = state[7];
    for (let t = 0; t < 64; t += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K256[t] + w[t]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let at = 0; at < 8; at += 1) digest.setUint32(4 * at, state[at]);
  return new Uint8Array(digest.buffer);
}

const turned = (x, n) => BigInt.asUintN(64, (x >> n) | (x << (64n - n)));
const low64 = (x) => BigInt.asUintN(64, x);

/** For Ed25519 where the browser has none: slow, and in one place. */
export function sha512(bytes) {
  const view = padded(bytes, 128);
  const state = ROOTS.slice();
  const w = new Array(80);
  for (let start = 0; start < view.byteLength; start += 128) {
    for (let t = 0; t < 16; t += 1) w[t] = view.getBigUint64(start + 8 * t);
    for (let t = 16; t < 80; t += 1) {
      const [x, y] = [w[t - 15], w[t - 2]];
      const s0 = turned(x, 1n) ^ turned(x, 8n) ^ (x >> 7n);
      const s1 = turned(y, 19n) ^ turned(y, 61n) ^ (y >> 6n);
      w[t] = low64(w[t - 16] + s0 + w[t - 7] + s1);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 80; t += 1) {
      const s1 = turned(e, 14n) ^ turned(e, 18n) ^ turned(e, 41n);
      const t1 = h + s1 + ((e & f) ^ (g & ~e)) + CUBES[t] + w[t];
      const s0 = turned(a, 28n) ^ turned(a, 34n) ^ turned(a, 39n);
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, low64(d + t1), c, b, a, low64(t1 + t2)];
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => {
      state[at] = low64(state[at] + word);
    });
  }
  const digest = new DataView(new ArrayBuffer(64));
  state.forEach((word, at) => digest.setBigUint64(8 * at, word));
  return new Uint8Array(digest.buffer);
}
