"""What strangers may tell a server: that they scanned a label, where they are, what is wrong.

All of it is bounded: by what one address does in ten minutes (``api.limits``), by what is said of
one label, and by what the ledger takes of all.
"""

from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from api.forms import Forms
from api.limits import Limits, address_of, header_of
from labels import serials
from traceability.core.errors import FormatError
from traceability.ledger.complaints import Complaints
from traceability.ledger.ledger import Ledger
from traceability.ledger.provinces import place_of
from traceability.settings import Settings

SENT_BY_ONE: Final = 20  #: forms from an address in ten minutes
SENT_OF_ONE: Final = 30  #: of one lot or label, whoever sends them
LOOKED_UP: Final = 60  #: receipt codes that an address asks for; all of them are 2^60


@dataclass(slots=True)
class Desk:
    """One for an application. ``visits``: the labels that were scanned, remembered apart, since
    scanning fills it; ``place_header``, ``address_header``: as ``Settings`` has them."""

    complaints: Complaints
    forms: Forms
    limits: Limits
    visits: Limits
    place_header: str
    address_header: str

    @classmethod
    def of(cls, ledger: Ledger, settings: Settings) -> "Desk":
        """The desk of a ledger."""
        return cls(
            Complaints(ledger.database, ledger.clock, months=settings.complaint_months),
            Forms(settings.keyring_key, ledger.clock),
            Limits(),
            Limits(shared=0),
            settings.place_header,
            settings.address_header,
        )

    def place(self, scope: Scope) -> str:
        """The coarse place of a request, where the proxy says one; else nothing."""
        return place_of(header_of(scope, self.place_header)) if self.place_header else ""

    def is_repeated(self, scope: Scope, gtin: str, lot: str, serial: str) -> bool:
        """Whether the same address has just opened the page of the same label: one who reads it
        again, goes back, or reloads, is no second scan, however the serial is written. What is no
        serial is never counted."""
        who = address_of(scope, self.address_header)
        try:
            read = serials.read(serial).text
        except FormatError:
            return False
        return bool(who) and self.visits.times(who, gtin, lot, read) > 1

    def admit(self, scope: Scope, kind: str, *about: str) -> None:
        """Refuse whoever sends too many forms of a kind, and too many about the same:
        ``LedgerError("request.too-often")``."""
        who = address_of(scope, self.address_header)
        if who:
            self.limits.admit(SENT_BY_ONE, kind, who)
        self.limits.admit(SENT_OF_ONE, kind, "", *about)

    def admit_code(self, scope: Scope) -> None:
        """Refuse whoever tries too many receipt codes."""
        who = address_of(scope, self.address_header)
        if who:
            self.limits.admit(LOOKED_UP, "code", who)
