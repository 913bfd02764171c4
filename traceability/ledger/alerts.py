"""The alerts of records, open and answered (ADR 002), and those that only time brings.

What the public bundle of a lot proves anybody can see. Alerts that rest on undisclosed amounts the
operator *states* (``on_way``), without any detail: the rule and the record, nothing of the amounts,
people or places; ``goc audit`` replays the ledger and compares.

An alert stays at the record at which it arises; whoever shows a lot asks for the alerts of all
records of its lineage or closure. What depends on the present is computed when it is asked for,
since no clock enters the core: goods of a ledger supplier whose shipment is still not recorded
after 48 hours (DESIGN §2, ``acquire``).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

import orjson

from traceability.core.alerts import ALERTS, SERIOUS
from traceability.core.facts import AlertKey, HoldingKey
from traceability.core.thresholds import HOUR
from traceability.core.verdicts import Report
from traceability.core.way import Way
from traceability.ledger.reading import Reading
from traceability.storage.payloads import unpack

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
    stated: bool = False  #: by the operator; the public bundle does not prove it

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


def proven(report: Report, way: Way) -> list[AlertView]:
    """The alerts on a lot's way that a verified bundle shows by itself, in log order."""
    return [
        AlertView(*_parts(alert.key), alert.opened, alert.closed)
        for alert in report.alerts()
        if way.bears(alert.key)
    ]


def on_way(
    now: Reading, report: Report, way: Way, time: int, *, details: bool = False
) -> list[AlertView]:
    """All alerts on a lot's way, in log order: those that its public bundle proves, and those that
    the ledger states beyond it; these without ``details``, which are for those who may read all."""
    found = proven(report, way)
    known = {(each.index, each.n, each.code, each.detail): each.closed for each in found}
    said: set[AlertView] = set()
    for each in alerts_of(now, (at.index for _, at, _ in report.records), time):
        key = (each.index, each.n, each.code, each.detail)
        if not way.bears(AlertKey(*key)):
            continue
        if key not in known or (known[key] is not None and each.closed is None):
            said.add(replace(each, stated=True, detail=each.detail if details else ""))
    return sorted((*found, *said), key=lambda each: (each.index, each.n, each.code, each.detail))


def _parts(key: AlertKey) -> tuple[int, int, str, str]:
    return key.index, key.n, key.code, key.detail


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
        if orjson.loads(unpack(payload))["data"]["source"]["kind"] == "unrecorded":
            yield AlertView(index, _NONE, UNRECORDED, "", index, closing)
