"""Inclusion proofs: that a leaf is at an index of the tree of a size (RFC 6962 §2.1.1).

The proof of a leaf is the list of the siblings on its way to the root, from its own sibling up
to the root's child. Index and size alone say how many there are and on which side each stands,
so a proof of another length is refused before anything is hashed.
"""

from collections.abc import Sequence

from traceability.core.errors import ProofError
from traceability.core.merkle.hashes import HASH_BYTES, HashAt, node_hash, subtree_hash


def proof_length(index: int, last: int) -> int:
    """Return how many siblings node ``index`` meets on a level whose last node is ``last``.

    Below the level where both are in one node there is always a sibling; above it, where the
    node is itself the last one, only a left sibling, one for each bit set.
    """
    shared = (index ^ last).bit_length()
    return shared + (index >> shared).bit_count()


def sibling_hashes(level: int, index: int, size: int, hash_at: HashAt) -> list[bytes]:
    """Return the siblings from node (level, index) up to the root's child."""
    siblings = []
    last = (size - 1) >> level
    while last:
        sibling = index ^ 1
        if sibling <= last:
            siblings.append(subtree_hash(level, sibling, size, hash_at))
        index, last, level = index >> 1, last >> 1, level + 1
    return siblings


def inclusion_proof(index: int, size: int, hash_at: HashAt) -> list[bytes]:
    """Return the proof that leaf ``index`` is in the tree of ``size`` leaves.

    Raises ``ProofError("proof.index")`` where it is not, and what ``hash_at`` raises.
    """
    if not 0 <= index < size:
        raise ProofError("proof.index", index=index, size=size)
    return sibling_hashes(0, index, size, hash_at)


def _check_shape(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes]) -> None:
    if not 0 <= index < size:
        raise ProofError("proof.index", index=index, size=size)
    expected = proof_length(index, size - 1)
    if len(proof) != expected:
        raise ProofError("proof.length", found=len(proof), expected=expected)
    if len(leaf_hash) != HASH_BYTES:
        raise ProofError("proof.hash-length")
    for sibling in proof:
        if len(sibling) != HASH_BYTES:
            raise ProofError("proof.hash-length")


def inclusion_root(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that a tree of ``size`` leaves must have for ``proof`` to hold.

    Raises ``ProofError``: ``proof.index``, ``proof.length`` or ``proof.hash-length``.
    """
    _check_shape(index, size, leaf_hash, proof)
    node, last = leaf_hash, size - 1
    siblings = iter(proof)
    while last:
        if index & 1:
            node = node_hash(next(siblings), node)
        elif index < last:
            node = node_hash(node, next(siblings))
        index, last = index >> 1, last >> 1
    return node


def verify_inclusion(
    index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that ``leaf_hash`` is leaf ``index`` of the tree of ``size`` leaves under ``root``.

    Raises ``ProofError``: as :func:`inclusion_root`, or ``proof.root``.
    """
    if inclusion_root(index, size, leaf_hash, proof) != root:
        raise ProofError("proof.root")


class InclusionChecker:
    """Checks many inclusion proofs against one root, hashing each node once.

    It remembers every node that a proof has authenticated, by level and index. A later proof is
    hashed up to the first node that is known, must agree with it, and must repeat, hash for hash,
    what is known of the siblings above: so it accepts what :func:`verify_inclusion` accepts, and
    nothing else. A refused proof leaves nothing behind.
    """

    __slots__ = ("_known", "_size")

    def __init__(self, size: int, root: bytes) -> None:
        """Take the tree's size and its 32-byte root, which a signed checkpoint has given."""
        if len(root) != HASH_BYTES:
            raise ProofError("proof.hash-length")
        height = max(size - 1, 0).bit_length()
        # A node is known only if its sibling, its parent and all above are known as well.
        self._known: list[dict[int, bytes]] = [{} for _ in range(height + 1)]
        self._known[height][0] = root
        self._size = size

    def check(self, index: int, leaf_hash: bytes, proof: Sequence[bytes]) -> None:
        """Check one leaf's proof. Raises ``ProofError`` as :func:`verify_inclusion` does."""
        _check_shape(index, self._size, leaf_hash, proof)
        node, last = leaf_hash, self._size - 1
        level = used = 0
        fresh: list[tuple[dict[int, bytes], int, bytes]] = []
        known = self._known[0]
        while index not in known:
            fresh.append((known, index, node))
            if index & 1:
                sibling = proof[used]
                used += 1
                fresh.append((known, index - 1, sibling))
                node = node_hash(sibling, node)
            elif index < last:
                sibling = proof[used]
                used += 1
                fresh.append((known, index + 1, sibling))
                node = node_hash(node, sibling)
            index, last, level = index >> 1, last >> 1, level + 1
            known = self._known[level]
        if known[index] != node:
            raise ProofError("proof.root")
        while used < len(proof):
            sibling_index = index ^ 1
            if sibling_index <= last:
                if proof[used] != self._known[level][sibling_index]:
                    raise ProofError("proof.root")
                used += 1
            index, last, level = index >> 1, last >> 1, level + 1
        for row, at, value in fresh:
            row[at] = value
