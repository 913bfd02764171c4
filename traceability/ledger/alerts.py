"""The alerts of records, open and answered (ADR 002), and those that only time brings.

An alert stays at the record at which it arises; whoever shows a lot asks for the alerts of all
records of its lineage or closure. What depends on the present is computed when it is asked for,
since no clock enters the core: goods of a ledger supplier whose shipment is still not recorded
after 48 hours (DESIGN §2, ``acquire``).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from traceability.core.alerts import ALERTS, SERIOUS
from traceability.core.facts import HoldingKey
from traceability.core.thresholds import HOUR
from traceability.ledger.reading import Reading

UNRECORDED: Final = "acquire.unrecorded"
UNRECORDED_AFTER: Final = 48 * HOUR  #: milliseconds since acceptance

#: Alerts that need the present time, beside the rulebook's ``ALERTS``.
TIMED: Final[dict[str, str]] = {
    UNRECORDED: "The supplier has not recorded its delivery, two days after it came in.",
}
_NONE: Final = -1


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert at record ``index``, about its output ``n`` (-1: all of it). ``opened`` and
    ``closed``: indices of the records that brought and answered it (None: it is open)."""

    index: int
    n: int
    code: str
    detail: str
    opened: int
    closed: int | None

    @property
    def serious(self) -> bool:
        """Whether it speaks against the goods or the record."""
        return self.code in SERIOUS

    @property
    def sentence(self) -> str:
        """What it means, in English; texts for people are in the catalogues, ``alert.<code>``."""
        return ALERTS.get(self.code) or TIMED[self.code]


def alerts_of(
    now: Reading,
    indices: Iterable[int],
    time: int | None = None,
    among: Collection[HoldingKey] | None = None,
) -> list[AlertView]:
    """The alerts of records, open and closed, in log order.

    ``time`` (Unix milliseconds) adds those that time brings. ``among``: holdings of a lineage; an
    alert about another output of one of their records is left out.
    """
    wanted = now.pack(indices)
    found = [
        AlertView(*row)
        for row in now.rows(
            "SELECT idx, n, code, detail, opened, closed FROM alert"  # noqa: S608
            f" WHERE {now.among('idx')} ORDER BY idx, n, code, detail",
            wanted,
        )
    ]
    if among is not None:
        made = {index for index, _ in among}
        found = [
            each
            for each in found
            if each.n == _NONE or each.index not in made or (each.index, each.n) in among
        ]
    if time is not None:
        found += _unrecorded(now, wanted, time)
        found.sort(key=lambda each: (each.index, each.n, each.code, each.detail))
    return found


def open_alerts(alerts: Iterable[AlertView]) -> list[AlertView]:
    """Those that nothing has answered."""
    return [each for each in alerts if each.closed is None]


def _unrecorded(now: Reading, wanted: object, time: int) -> Iterable[AlertView]:
    rows = now.rows(
        "SELECT r.idx, r.time, r.payload, l.idx, s.time FROM record r"  # noqa: S608
        " LEFT JOIN link l ON l.about = r.idx AND l.kind = 'closes' AND NOT EXISTS"
        " (SELECT 1 FROM link v WHERE v.about = l.idx AND v.kind = 'void')"
        " LEFT JOIN record s ON s.idx = l.idx"
        f" WHERE {now.among('r.idx')} AND r.type = 'acquire'",
        wanted,
    )
    for index, taken, payload, closing, closed in rows:
        if (time if closed is None else closed) - taken < UNRECORDED_AFTER:
            continue
        if orjson.loads(payload)["data"]["source"]["kind"] == "unrecorded":
            yield AlertView(index, _NONE, UNRECORDED, "", index, closing)
