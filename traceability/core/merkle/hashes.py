"""What the hash of a Merkle tree is (RFC 6962 §2.1).

Leaves and inner nodes are hashed under different first bytes, so that no inner node can be
passed off as a leaf.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
# Sizes and indices fit a signed 64-bit integer, as everybody's databases and languages have it.
MAX_SIZE: Final = 2**63 - 1

HashAt = Callable[[int, int], bytes]
"""``hash_at(level, index)``: the hash of leaves [index·2^level, (index+1)·2^level), all present."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the 32-byte hash of a log entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two 32-byte hashes, whose lengths the caller has checked."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root hash over all leaf hashes of a tree, in order."""
    if not leaf_hashes:
        return EMPTY_ROOT
    row = list(leaf_hashes)
    while len(row) > 1:
        above = [node_hash(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
        if len(row) & 1:  # a last node without a sibling stands for its parent
            above.append(row[-1])
        row = above
    return row[0]


def subtree_hash(level: int, index: int, size: int, hash_at: HashAt) -> bytes:
    """Return the hash of node (level, index) of the tree of ``size`` leaves.

    The node has at least one leaf; it may be the incomplete one at the right edge, which is put
    together from complete ones, the only ones that are ever stored.
    """
    start, end = index << level, (index + 1) << level
    if end <= size:
        return hash_at(level, index)
    parts: list[bytes] = []
    while start < size:
        part = (size - start).bit_length() - 1
        parts.append(hash_at(part, start >> part))
        start += 1 << part
    whole = parts.pop()
    while parts:
        whole = node_hash(parts.pop(), whole)
    return whole


def root_at(size: int, hash_at: HashAt) -> bytes:
    """Return the root hash of the tree of ``size`` leaves, from stored complete subtrees."""
    if size == 0:
        return EMPTY_ROOT
    return subtree_hash((size - 1).bit_length(), 0, size, hash_at)
