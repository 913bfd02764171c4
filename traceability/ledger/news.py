"""What the log has said lately, and of what: so that who keeps an answer knows that it still holds.

An answer about a lot is made from a closure: records, and what these *want* beside them
(``core.closure``). It holds for as long as no later record answers one of those wants or adds to
the lot. In a ledger that takes a thousand records a second that is a long time for nearly every
lot, though the head of the log never stands still.

``News`` reads each new record once, a second's worth at a time, and remembers of what it spoke.
What it has not read, or has forgotten, it does not vouch for.
"""

import threading
from collections.abc import Iterable
from typing import Any, Final

from traceability.core import b64
from traceability.core.closure import Want, answers, wanted
from traceability.core.codec import SignedRecord
from traceability.ledger.reading import Reading, reading
from traceability.ledger.records import records_at
from traceability.storage.engine import Database

KEPT: Final = 100_000  #: topics that are remembered
AT_ONCE: Final = 20_000  #: records that are read at once; beyond that, all is forgotten instead

#: Of these nothing is wanted by what is there already, but for what is linked to it and for lots.
_PLAIN: Final = ("harvest", "acquire", "transform", "ship", "receive", "consume", "count")
#: These add to a lot, or say anew how it came into being.
_MAKING: Final = ("harvest", "acquire", "transform", "correct")


def topics_of(records: Iterable[SignedRecord], gtin: str, lot: str) -> frozenset[Want]:
    """What later records must not speak of for an answer about a lot to hold, made from these
    records. A later harvest of a plot does not count: it says nothing of an earlier one; a
    corrected one does, for the yield of the season."""
    topics = {_lot(gtin, lot)}
    for record in records:
        topics.update(want for want in wanted(record) if want[0] not in ("record", "harvests"))
        if record.body.type in (*_PLAIN, "correct"):
            topics.add(("inspections", f"record:{record.name}"))
        if record.body.type == "harvest":
            topics.add(_yield(record))
    return frozenset(topics)


class News:
    """What a log has said since this began to read. For any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = threading.Lock()
        self._size: int | None = None  # records that were read, or passed over
        self._since = 0  # from here on all is known
        self._last: dict[Want, int] = {}  # topic -> the log's size when it was spoken of

    def read(self) -> int:
        """Read what is new; returns the log's size. Raises ``LedgerError`` as reading does."""
        with self._reading, reading(self._database) as now:
            size = now.head().size
            begin = self._size
            if begin is None or size - begin > AT_ONCE or len(self._last) > KEPT:
                self._since = size  # first: whoever sees the new memory must see where it begins
                self._last = {}
            elif begin < size:
                self._last.update(dict.fromkeys(_said(now, begin, size), size))
            self._size = size
            return size

    def quiet(self, topics: Iterable[Want], since: int) -> bool:
        """Whether nothing was said of any of the topics since the log had ``since`` records, as far
        as this has read; False where that is not known."""
        last = self._last
        return since >= self._since and all(last.get(topic, -1) <= since for topic in topics)


def _said(now: Reading, begin: int, end: int) -> Iterable[Want]:
    """Of what the records from ``begin`` to ``end`` (excluded) speak."""
    bounds = f"idx >= {begin:d} AND {{0}}.idx < {end:d}"
    made = now.rows(
        "SELECT DISTINCT h.product, h.lot FROM holding h JOIN record r ON r.idx = h.idx"  # noqa: S608
        f" WHERE h.{bounds.format('h')} AND r.type IN {_MAKING}"
    )
    yield from (_lot(product, lot) for product, lot in made)
    spoken = now.rows(
        "SELECT DISTINCT r.digest FROM link l JOIN record r ON r.idx = l.about"  # noqa: S608
        f" WHERE l.{bounds.format('l')}"
    )
    yield from (("about", b64.encode(bytes(digest))) for (digest,) in spoken)
    others = now.rows(
        f"SELECT r.idx FROM record r WHERE r.{bounds.format('r')} AND r.type NOT IN {_PLAIN}"  # noqa: S608
    )
    corrected: set[str] = set()
    for kept in records_at(now, [index for (index,) in others]).values():
        yield from answers(kept.record)
        body: Any = kept.record.body
        if body.type == "correct":
            corrected.add(body.data.corrects)
    crops = [
        each.index for each in now.reader.records(corrected).values() if each.type == "harvest"
    ]
    yield from (_yield(kept.record) for kept in records_at(now, crops).values())


def _yield(harvest: SignedRecord) -> Want:
    body: Any = harvest.body
    return "yield", body.place


def _lot(gtin: str, lot: str) -> Want:
    return "lot", f"{gtin}:{lot}"
