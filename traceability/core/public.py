"""The public section of a bundle: proof that nothing public was left out (ADR 003).

All leaf entries up to the checkpoint give the root, so they are the log's own; they say which
leaves are of class 1, and the signed text of each of those must be there. So whoever reads a bundle
with this section knows every correction, dispute, revocation, consent and certificate of the log.
"""

from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from typing import Final

from traceability.core import codec
from traceability.core.bundle import PublicLeaves
from traceability.core.checkpoint import Checkpoint
from traceability.core.closure import Want, answers, wanted
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError, ProofError
from traceability.core.leaf import PUBLIC, Leaf
from traceability.core.merkle import leaf_hash, root_of
from traceability.core.verdicts import VerdictError

_LATER: Final = ("record.type", "record.type-reserved")


def check_complete(
    public: PublicLeaves,
    checkpoint: Checkpoint,
    records: Sequence[SignedRecord],
) -> int:
    """Refuses a bundle that lacks a public record which one of its ``records`` wants.

    Returns how many public records there are of types that this version does not know: what they
    say of the bundle, a later one will tell. Raises ``VerdictError("recalls")``:
    ``bundle.leaves``, ``bundle.class``, ``bundle.order`` where the section is not the log's;
    ``bundle.left-out`` with the type of what was left out, at its index.
    """
    wants: set[Want] = set()
    unread = 0
    for record, index in _not_shown(public, checkpoint, {record.digest for record in records}):
        if record is None:
            unread += 1
            continue
        if not wants:
            wants = {want for shown in records for want in wanted(shown)}
        if any(want in wants for want in answers(record)):
            error = ProofError("bundle.left-out", type=record.body.type)
            raise VerdictError("recalls", error, index)
    return unread


def _not_shown(
    public: PublicLeaves, checkpoint: Checkpoint, shown: Collection[bytes]
) -> Iterator[tuple[SignedRecord | None, int]]:
    """All class-1 records of the log but those shown, which have been read already; None for one
    of a type that we do not know."""
    texts = iter(public.records)
    for index, leaf in enumerate(_leaves(public, checkpoint)):
        if leaf.cls != PUBLIC:
            continue
        jws = next(texts, b"")
        if sha256(jws).digest() != leaf.digest:
            raise VerdictError("recalls", ProofError("bundle.class"), index)
        if leaf.digest in shown:
            continue
        try:
            record = codec.parse(jws + b"~", complete=False)
            if record.leaf_class != PUBLIC:
                raise ProofError("bundle.class")
        except GocError as error:
            if error.code not in _LATER:
                raise VerdictError("recalls", error, index) from error
            yield None, index
        else:
            yield record, index
    if next(texts, None) is not None:
        raise VerdictError("recalls", ProofError("bundle.leaves"))


def _leaves(public: PublicLeaves, checkpoint: Checkpoint) -> list[Leaf]:
    try:
        if len(public.leaves) != checkpoint.size:
            raise ProofError("bundle.leaves")
        if root_of([leaf_hash(leaf) for leaf in public.leaves]) != checkpoint.root:
            raise ProofError("bundle.leaves")
        leaves = [Leaf.from_bytes(leaf) for leaf in public.leaves]
    except GocError as error:
        raise VerdictError("recalls", error) from error
    time = 0
    for index, leaf in enumerate(leaves):
        if leaf.time < time:
            raise VerdictError("recalls", ProofError("bundle.order"), index)
        time = leaf.time
    return leaves
