"""Records as far as whoever asks may read them (DESIGN §3: audiences).

An auditor reads everything, a party what concerns it, anybody what is public. A record of leaf
class 0 shows strangers nothing but that it exists: by its name it is not there for them, unless
they come by way of a lot whose label they hold.
"""

from typing import Any

import orjson

from api.schemas import ShownRecord
from traceability.core import codec, disclosures
from traceability.core.audience import visible
from traceability.core.claims import Audience, shape_of
from traceability.core.codec import SignedRecord
from traceability.core.errors import LedgerError
from traceability.core.facts import RecordEntry
from traceability.core.leaf import PUBLIC
from traceability.ledger.reading import Reading
from traceability.ledger.tokens import Principal
from traceability.ledger.viewer import viewer_of


def audience_of(record: SignedRecord, principal: Principal | None) -> Audience | None:
    """As whom ``principal`` may read a record by its name; None: not at all."""
    audience = viewer_of(principal).of_record(record)
    if audience is Audience.PUBLIC and record.leaf_class != PUBLIC:
        return None
    return audience


def read_record(now: Reading, name: str, principal: Principal | None) -> ShownRecord:
    """A record by its digest; ``record.unknown`` where there is none that ``principal`` may see."""
    entry = now.reader.record(name)
    record = now.reader.signed(entry.index) if entry is not None else None
    audience = audience_of(record, principal) if record is not None else None
    if entry is None or record is None or audience is None:
        raise LedgerError("record.unknown", record=name)
    return show(entry, record, audience)


def show(entry: RecordEntry, record: SignedRecord, audience: Audience) -> ShownRecord:
    """A record with what ``audience`` may read of it."""
    shown = visible(record, audience)
    claims, undisclosed = claims_of(record, shown)
    return ShownRecord(
        record=record.name,
        index=entry.index,
        time=entry.time,
        leaf_class=1 if record.leaf_class else 0,
        type=record.body.type,
        wire=codec.to_wire(record.jws, shown).decode(),
        claims=claims,
        undisclosed=list(undisclosed),
    )


def claims_of(
    record: SignedRecord, shown: tuple[bytes, ...]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A record's claims with the disclosed values in their places, and pointers to the others."""
    claims: dict[str, Any] = orjson.loads(record.payload)
    shape = shape_of(type(record.body))
    undisclosed = disclosures.place(claims, shape, disclosures.read(shown), False)
    found: dict[str, Any] = _clear(claims)
    return found, undisclosed


def _clear(value: Any) -> Any:
    """Without the digests: what people and programs read, not what they verify."""
    if isinstance(value, dict):
        return {name: _clear(each) for name, each in value.items() if name not in ("_sd", "hidden")}
    if isinstance(value, list):
        return [_clear(each) for each in value]
    return value
