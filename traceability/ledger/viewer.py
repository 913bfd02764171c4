"""Who is looking: which hidden values, and which holders, may be shown (DESIGN §3, *audience*).

A viewer has an audience that holds for every record. One that looks for a party sees more of the
records that name this party (``PARTY``) and of the lots on whose way it stands (``CHAIN``).
"""

from dataclasses import dataclass
from typing import Any, Final

from traceability.core.claims import Audience
from traceability.core.codec import SignedRecord
from traceability.ledger.tokens import Principal


@dataclass(frozen=True, slots=True)
class Viewer:
    """``audience``: what it may read of every record; ``party``: for whom it looks."""

    audience: Audience
    party: str | None = None

    @property
    def sees_all(self) -> bool:
        """Whether holders and amounts of all lots are shown: to auditors and the operator."""
        return self.audience >= Audience.PARTY

    def of_lot(self, in_chain: bool) -> "Viewer":
        """The viewer of a lot, on whose way its party stands or not."""
        if not in_chain or self.audience >= Audience.CHAIN:
            return self
        return Viewer(Audience.CHAIN, self.party)

    def of_record(self, record: SignedRecord) -> Audience:
        """The audience that the viewer belongs to at a record."""
        if self.party is not None and self.party in named_in(record):
            return max(self.audience, Audience.PARTY)
        return self.audience


PUBLIC: Final = Viewer(Audience.PUBLIC)
AUDITOR: Final = Viewer(Audience.AUDITOR)
OPERATOR: Final = Viewer(Audience.PARTY)


def viewer_of(principal: Principal | None) -> Viewer:
    """The viewer behind a token, or behind none."""
    if principal is None:
        return PUBLIC
    if principal.has("audit"):
        return AUDITOR
    if principal.has("admin"):
        return OPERATOR
    return Viewer(Audience.PUBLIC, principal.party if principal.has("read") else None)


def named_in(record: SignedRecord) -> frozenset[str]:
    """The parties that a record itself names: signer, who it is for, holders, sources, subjects."""
    body: Any = record.body
    data = body.data
    named = {body.iss, body.acting}
    named.update(make.holder for make in getattr(body, "makes", ()))
    for member in ("party", "grantor", "agent", "holder", "certifier"):
        named.add(getattr(data, member, None))
    source = getattr(data, "source", None)
    named.add(getattr(source, "party", None))
    return frozenset(party for party in named if party is not None)
