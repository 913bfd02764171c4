// The Merkle tree of the log (RFC 6962 §2.1). Sizes and indices are BigInt: they reach 2⁶³.
// Counterpart of `traceability/core/merkle`.

import { Fault, joined, same } from "./bytes.js";
import { sha256 } from "./hashes.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const EMPTY_ROOT = sha256(new Uint8Array());
export const leafHash = (entry) => sha256(joined(LEAF, entry));
export const nodeHash = (left, right) => sha256(joined(NODE, left, right));

/** How many siblings node `index` meets on a level whose last node is `last`. */
function proofLength(index, last) {
  let count = 0;
  for (; index !== last; index >>= 1n, last >>= 1n) count += 1;
  for (; index; index >>= 1n) count += Number(index & 1n);
  return count;
}

function requireHashes(hashes) {
  if (hashes.some((each) => each.length !== 32)) throw new Fault("proof.hash-length");
}

/** Whether the leaf stands at `index` of the tree of `size` leaves under `root`; else a `Fault`. */
export function checkInclusion(index, size, leaf, proof, root) {
  if (index < 0n || index >= size) throw new Fault("proof.index");
  let last = size - 1n;
  if (proof.length !== proofLength(index, last)) throw new Fault("proof.length");
  requireHashes([leaf, root, ...proof]);
  let hash = leaf;
  let at = 0;
  for (; last; index >>= 1n, last >>= 1n) {
    if (index & 1n) hash = nodeHash(proof[at++], hash);
    else if (index < last) hash = nodeHash(hash, proof[at++]);
  }
  if (!same(hash, root)) throw new Fault("proof.root");
}

/** Whether the larger tree only appended to the smaller one; else a `Fault`. */
export function checkConsistency(size1, size2, root1, root2, proof) {
  if (size1 < 0n || size1 > size2) throw new Fault("consistency.sizes");
  for (const [size, root] of [[size1, root1], [size2, root2]]) {
    if (size === 0n && !same(root, EMPTY_ROOT)) throw new Fault("consistency.root");
  }
  if ((size1 === 0n || size1 === size2) && proof.length) throw new Fault("consistency.length");
  if (size1 === size2) {
    if (!same(root1, root2)) throw new Fault("consistency.root");
    return;
  }
  requireHashes([root1, root2, ...proof]);
  if (size1 === 0n) return;
  let index = size1 - 1n;
  let last = size2 - 1n;
  for (; index & 1n; index >>= 1n) last >>= 1n;
  if (proof.length !== proofLength(index, last) + (index ? 1 : 0)) {
    throw new Fault("consistency.length");
  }
  let at = 0;
  let old = index ? proof[at++] : root1;
  let now = old;
  for (; last; index >>= 1n, last >>= 1n) {
    if (index & 1n) {
      old = nodeHash(proof[at], old);
      now = nodeHash(proof[at++], now);
    } else if (index < last) {
      now = nodeHash(now, proof[at++]);
    }
  }
  if (!same(old, root1) || !same(now, root2)) throw new Fault("consistency.root");
}

/** The root over all leaf hashes of a tree, in order. */
export function rootOf(hashes) {
  if (!hashes.length) return EMPTY_ROOT;
  let row = hashes;
  while (row.length > 1) {
    const above = [];
    for (let at = 0; at + 1 < row.length; at += 2) above.push(nodeHash(row[at], row[at + 1]));
    if (row.length % 2) above.push(row[row.length - 1]);
    row = above;
  }
  return row[0];
}
