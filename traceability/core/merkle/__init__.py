"""The Merkle tree of the log (RFC 6962 §2.1, RFC 9162 §2.1): hashes, growth, proofs.

``hashes`` says what a tree's hash is, ``frontier`` makes it grow and proves its newest leaves,
``inclusion`` and ``consistency`` make and check the two kinds of proof. Everything here is a
pure function of hashes; where stored ones are needed, a ``HashAt`` is passed in, which
``traceability.core.tiles`` gives over published tiles.

A node is named by (level, index): the subtree over leaves ``[index·2^level, (index+1)·2^level)``,
cut at the tree's size. Level 0 are leaf hashes. A node without a right half is its left half.
"""

from traceability.core.merkle.consistency import consistency_proof, verify_consistency
from traceability.core.merkle.frontier import Extension, Frontier, extend
from traceability.core.merkle.hashes import (
    EMPTY_ROOT,
    HASH_BYTES,
    MAX_SIZE,
    HashAt,
    leaf_hash,
    node_hash,
    root_at,
    root_of,
    subtree_hash,
)
from traceability.core.merkle.inclusion import (
    InclusionChecker,
    inclusion_proof,
    inclusion_root,
    proof_length,
    verify_inclusion,
)

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "MAX_SIZE",
    "Extension",
    "Frontier",
    "HashAt",
    "InclusionChecker",
    "consistency_proof",
    "extend",
    "inclusion_proof",
    "inclusion_root",
    "leaf_hash",
    "node_hash",
    "proof_length",
    "root_at",
    "root_of",
    "subtree_hash",
    "verify_consistency",
    "verify_inclusion",
]
