"""Records as the ledger keeps them, many at once, and what of them a viewer may read."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from traceability.core import codec
from traceability.core.audience import visible
from traceability.core.claims import Audience
from traceability.core.codec import SignedRecord
from traceability.ledger.reading import Reading
from traceability.ledger.viewer import Viewer
from traceability.storage.payloads import unpack
from traceability.storage.reader import split_disclosures


@dataclass(slots=True)
class Kept:
    """A record at its index: ``time`` accepted and ``at`` claimed, Unix milliseconds. ``wire`` has
    all disclosures but those that were erased."""

    index: int
    time: int
    at: int
    wire: bytes
    _record: SignedRecord | None = field(default=None, repr=False)

    @property
    def record(self) -> SignedRecord:
        """The record, parsed; values that were erased are undisclosed."""
        if self._record is None:
            self._record = codec.parse(self.wire, complete=False)
        return self._record


def records_at(now: Reading, indexes: Iterable[int]) -> dict[int, Kept]:
    """The records at these indexes, in log order."""
    found = now.rows(
        "SELECT r.idx, r.time, r.at, k.kid, r.payload, r.signature, d.disclosures FROM record r"  # noqa: S608
        " JOIN party_key k ON k.idx = r.key_idx LEFT JOIN disclosure d ON d.idx = r.idx"
        f" WHERE {now.among('r.idx')} ORDER BY r.idx",
        now.pack(indexes),
    )
    return {
        index: Kept(
            index,
            time,
            at,
            codec.rebuild(kid, unpack(payload), signature, split_disclosures(disclosures)),
        )
        for index, time, at, kid, payload, signature, disclosures in found
    }


def shown(
    now: Reading, records: Iterable[Kept], viewer: Viewer, include_personal: bool = True
) -> list[tuple[int, int, bytes]]:
    """Index, acceptance time and wire form of records, each with those disclosures alone that the
    viewer may read. A sender is a party to the receipt of what it sent."""
    kept = list(records)
    if viewer.audience is Audience.AUDITOR and include_personal:
        return [(each.index, each.time, each.wire) for each in kept]
    sent = set() if viewer.party is None else _sent_by(now, kept, viewer.party)
    out: list[tuple[int, int, bytes]] = []
    for each in kept:
        record = each.record
        audience = viewer.of_record(record)
        if each.index in sent:
            audience = max(audience, Audience.PARTY)
        disclosures = visible(record, audience, include_personal)
        out.append((each.index, each.time, codec.to_wire(record.jws, disclosures)))
    return out


def load(
    now: Reading, indexes: Iterable[int], viewer: Viewer, include_personal: bool = True
) -> list[tuple[int, int, bytes]]:
    """As ``shown``, of the records at these indexes."""
    return shown(now, records_at(now, indexes).values(), viewer, include_personal)


def _sent_by(now: Reading, kept: Iterable[Kept], party: str) -> set[int]:
    """The indexes of records that draw on what ``party`` had sent."""
    found = now.rows(
        f"SELECT DISTINCT d.idx FROM draw d WHERE {now.among('d.idx')} AND ? = ("  # noqa: S608
        "SELECT s.shipper FROM holding s WHERE s.idx = d.source_idx AND s.n = d.source_n)",
        now.pack(each.index for each in kept),
        party,
    )
    return {index for (index,) in found}
