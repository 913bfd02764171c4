"""Consistency proofs: that a larger tree only appended to a smaller one (RFC 6962 §2.1.2).

The proof starts at the node over the last leaves of the smaller tree, the largest complete one
that ends there, and climbs from it to the root of the larger tree. Left siblings on the way are
in both trees, right ones in the larger alone, so the same hashes must give both roots. Where
that node is the whole smaller tree, its hash is the smaller root itself and is left out.
"""

from collections.abc import Sequence

from traceability.core.errors import ProofError
from traceability.core.merkle.hashes import EMPTY_ROOT, HASH_BYTES, HashAt, node_hash
from traceability.core.merkle.inclusion import proof_length, sibling_hashes


def _start(size1: int) -> tuple[int, int]:
    """Return (level, index) of the largest complete subtree that ends at leaf ``size1``."""
    level = (size1 & -size1).bit_length() - 1
    return level, (size1 >> level) - 1


def consistency_proof(size1: int, size2: int, hash_at: HashAt) -> list[bytes]:
    """Return the proof that the tree of ``size2`` leaves begins with that of ``size1``.

    It is empty where the sizes are equal or ``size1`` is 0. Raises
    ``ProofError("consistency.sizes")`` where ``size1`` is larger, and what ``hash_at`` raises.
    """
    if not 0 <= size1 <= size2:
        raise ProofError("consistency.sizes", size1=size1, size2=size2)
    if size1 in (0, size2):
        return []
    level, index = _start(size1)
    siblings = sibling_hashes(level, index, size2, hash_at)
    return [hash_at(level, index), *siblings] if index else siblings


def verify_consistency(
    size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree (size2, root2) only appended to the tree (size1, root1).

    Every tree extends the empty one, whose root must then be :data:`EMPTY_ROOT`. Raises
    ``ProofError``: ``consistency.sizes``, ``consistency.length``, ``proof.hash-length`` or
    ``consistency.root``.
    """
    if not 0 <= size1 <= size2:
        raise ProofError("consistency.sizes", size1=size1, size2=size2)
    if any(size == 0 and root != EMPTY_ROOT for size, root in ((size1, root1), (size2, root2))):
        raise ProofError("consistency.root")
    if size1 in (0, size2) and proof:
        raise ProofError("consistency.length", found=len(proof), expected=0)
    if size1 == size2:  # nothing to hash
        if root1 != root2:
            raise ProofError("consistency.root")
        return
    if any(len(each) != HASH_BYTES for each in (root1, root2, *proof)):
        raise ProofError("proof.hash-length")
    if size1 == 0:
        return
    level, index = _start(size1)
    last = (size2 - 1) >> level
    expected = proof_length(index, last) + (1 if index else 0)
    if len(proof) != expected:
        raise ProofError("consistency.length", found=len(proof), expected=expected)
    siblings = iter(proof)
    old = new = next(siblings) if index else root1
    while last:
        if index & 1:
            left = next(siblings)
            old, new = node_hash(left, old), node_hash(left, new)
        elif index < last:
            new = node_hash(new, next(siblings))
        index, last = index >> 1, last >> 1
    if old != root1 or new != root2:
        raise ProofError("consistency.root")
