"""Proof bundles out of the ledger (DESIGN §3): closure, proofs, checkpoint, for a reader's eyes.

All of a bundle comes from one reading of the ledger, so that its proofs lead to its checkpoint.
"""

from collections.abc import Iterable
from typing import Final

import orjson

from traceability.core.bundle import Bundle, Entry, PublicLeaves, Target
from traceability.core.codec import rebuild
from traceability.core.errors import LedgerError
from traceability.core.lines import base64
from traceability.core.merkle import consistency_proof, inclusion_proof
from traceability.core.registry_records import PUBLIC_TYPES
from traceability.ledger.closure import LIMIT, closure
from traceability.ledger.reading import Reading
from traceability.ledger.records import shown
from traceability.ledger.viewer import Viewer
from traceability.storage.head import Head
from traceability.storage.payloads import unpack

#: Leaves of a log up to which a bundle carries them all: about a megabyte (ADR 003).
PUBLIC_UP_TO: Final = 20_000


def bundle(
    now: Reading,
    gtin: str,
    lot: str,
    viewer: Viewer,
    *,
    holding: str | None = None,
    depth: int | None = None,
    limit: int = LIMIT,
    since: int | None = None,
    include_personal: bool = True,
    public_up_to: int = PUBLIC_UP_TO,
) -> Bundle:
    """The bundle of a lot, or of one holding of it (``<digest>.<n>``), to the present checkpoint.

    ``since``: the size of the log that the reader saw last, to be proven consistent with this one.
    ``include_personal``: with what is personal and meant for this viewer; a file is not erased.
    Raises ``LedgerError``: ``lot.unknown``, ``holding.unknown``; ``ledger.index`` for ``since``.
    """
    head = now.head()
    if since is not None and not 0 <= since <= head.size:
        raise LedgerError("ledger.index", size=head.size, index=since)
    found = closure(now, gtin, lot, holding, depth, limit)
    hash_at = now.hash_at(head.size)
    entries = tuple(
        Entry(wire, index, time, tuple(inclusion_proof(index, head.size, hash_at)))
        for index, time, wire in shown(now, found.records.values(), viewer, include_personal)
    )
    consistency = None
    if since:
        consistency = since, tuple(consistency_proof(since, head.size, hash_at))
    return Bundle(
        Target(gtin, lot, holding),
        entries,
        head.checkpoint,
        consistency,
        _public(now, head) if head.size <= public_up_to else None,
        found.cut,
    )


def with_consistency(bundle: bytes, since: int, proof: Iterable[bytes]) -> bytes:
    """The file of a bundle that has no consistency proof, with one from ``since`` leaves: what is
    costly about a bundle is made once for all who saw the log at different sizes."""
    shown = {"consistency": {"from": since, "proof": [base64(each) for each in proof]}}
    member = orjson.dumps(shown, option=orjson.OPT_INDENT_2)[1:-2]
    return bundle.removesuffix(b"\n}\n") + b"," + member + b"\n}\n"


def _public(now: Reading, head: Head) -> PublicLeaves:
    """All leaves, and the signed texts of those that are public."""
    rows = now.rows(
        "SELECT k.kid, r.payload, r.signature FROM record r"  # noqa: S608
        f" JOIN party_key k ON k.idx = r.key_idx WHERE {now.among('r.type')} ORDER BY r.idx",
        now.pack(sorted(PUBLIC_TYPES)),
    )
    texts = tuple(
        rebuild(kid, unpack(payload), signature).removesuffix(b"~")
        for kid, payload, signature in rows
    )
    return PublicLeaves(tuple(now.leaves(0, head.size)), texts)
