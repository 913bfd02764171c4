"""What the registry says now about a subject, as far as whoever asks may read it."""

from typing import Any

from api.schemas import Statement
from api.shown import audience_of, claims_of
from traceability.core.audience import visible
from traceability.core.claims import Audience
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.ledger.tokens import Principal


def statement(ledger: Ledger, kind: str, subject: str, asking: Principal | None) -> Statement:
    """The latest statement about a subject. ``<kind>.unknown`` where there is none.

    It is read from the record itself, so that its hidden fields are shown to their audience alone.
    """
    with ledger.reading() as now:
        found = now.reader.statements(kind, subject)
        record = now.reader.signed(found[-1].index) if found else None
    if record is None:
        raise LedgerError(f"{kind}.unknown", **{kind: subject})
    latest = found[-1]
    audience = audience_of(record, asking) or Audience.PUBLIC
    claims, _ = claims_of(record, visible(record, audience))
    data: dict[str, Any] = claims["data"]
    return Statement(
        id=subject,
        record=record.name,
        index=latest.index,
        since=latest.time,
        party=latest.party,
        declared=latest.declared,
        data=data,
    )
