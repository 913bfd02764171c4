"""The labels of a lot, and what a label that was scanned is worth (DESIGN §2, §3, ``label``).

Labels get the goods that were made so far in the order of their records, and within a record by
index, voided ones left out: that is all that can be said of labels that are one like the other.

``packed``      there are goods for it
``not-yet``     it came ahead of packing, and there are none so far
``void``        it was voided; or the lot came to be another's; or it was left over: its lot may not
                be added to any more, and less was made
``unknown``     what was made is not disclosed

Whether *one* label is good, anybody may know who holds it: its serial cannot be guessed. How many
there are, and how many goods, is for the parties on the lot's way.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from traceability.core.facts import Label, Lot
from traceability.core.rules.labels import labels_in
from traceability.core.thresholds import Thresholds
from traceability.ledger.held import amount_text
from traceability.ledger.lots import in_chain
from traceability.ledger.reading import Reading
from traceability.ledger.viewer import Viewer

LabelState = Literal["packed", "not-yet", "void", "unknown"]


@dataclass(frozen=True, slots=True)
class Run:
    """The labels of one record. ``packed``: for how many of those that stand there are goods; None
    where that is not known. ``closed``: no more goods can come for the others."""

    label: Label
    packed: int | None
    closed: bool

    @property
    def voided(self) -> int:
        """How many were voided, or came to nothing with the lot."""
        return self.label.count if self.label.lost is not None else labels_in(self.label.voided)

    @property
    def waiting(self) -> int | None:
        """How many wait for goods, or are left over where none can come any more."""
        return None if self.packed is None else self.label.count - self.voided - self.packed

    def state(self, index: int) -> LabelState | None:
        """What the label with this index is worth; None where the record has no such label."""
        if not 0 <= index < self.label.count:
            return None
        if self.label.lost is not None:
            return "void"
        at = bisect_right(self.label.voided, (index, self.label.count)) - 1
        if at >= 0 and index <= self.label.voided[at][1]:
            return "void"
        if self.packed is None:
            return "unknown"
        if index - labels_in(self.label.voided[: at + 1]) < self.packed:
            return "packed"
        return "void" if self.closed else "not-yet"


@dataclass(frozen=True, slots=True)
class LotLabels:
    """All labels of a lot, oldest first. Sums are None where they are not known. ``room``: for how
    much more there may be labels without reserving anything, as people read it; ``left``: how many
    more like the last ones that is."""

    runs: tuple[Run, ...]
    printed: int
    voided: int
    packed: int | None
    waiting: int | None
    left_over: int | None
    room: str | None
    left: int | None


def labels_of(now: Reading, gtin: str, lot: str, viewer: Viewer, time: int) -> LotLabels | None:
    """The labels of a lot at a time (Unix milliseconds), for who may know; else None, as where
    there is neither such a lot nor a label of it."""
    entry = now.reader.lot_entry((gtin, lot))
    if entry is None or not may_know(now, entry, viewer):
        return None
    runs = tuple(_runs(now, entry, time))
    packed = _total([run.packed for run in runs])
    outstanding = _total([run.waiting for run in runs])
    closed = is_closed(now, entry, time)
    room = None if entry.made is None else max(entry.made - entry.labelled, 0)
    return LotLabels(
        runs,
        printed=sum(run.label.count for run in runs),
        voided=sum(run.voided for run in runs),
        packed=packed,
        waiting=0 if closed else outstanding,
        left_over=outstanding if closed else 0,
        room=None if entry.unit is None else amount_text(room, entry.unit),
        left=None if room is None or not runs else room // runs[-1].label.each,
    )


def label_records(now: Reading, gtin: str, lot: str) -> list[Label]:
    """The label records of a lot, oldest first: a scanned serial is of one of them, or of none."""
    return now.reader.labels_of((gtin, lot))


def labelled(now: Reading, limit: int) -> list[tuple[str, str]]:
    """Lots that have labels, those of the latest label records first."""
    found = now.rows(
        "SELECT product, lot, MAX(idx) FROM label GROUP BY product, lot ORDER BY MAX(idx) DESC"
        " LIMIT ?",
        limit,
    )
    return [(product, lot) for product, lot, _ in found]


def runs_of(now: Reading, gtin: str, lot: str, time: int) -> tuple[Run, ...]:
    """The same, and what the labels of each are worth at a time; for whoever holds one of them."""
    entry = now.reader.lot_entry((gtin, lot))
    return () if entry is None else tuple(_runs(now, entry, time))


def _runs(now: Reading, entry: Lot, time: int) -> Iterator[Run]:
    closed = is_closed(now, entry, time)
    left = None if entry.made is None else max(entry.made, 0)
    for label in now.reader.labels_of(entry.key):
        if label.lost is not None:
            yield Run(label, 0, closed)
            continue
        standing = label.count - labels_in(label.voided)
        packed = None if left is None else min(standing, left // label.each)
        if left is not None and packed is not None:
            left -= packed * label.each
        yield Run(label, packed, closed)


def is_closed(now: Reading, entry: Lot, time: int) -> bool:
    """Whether nobody can add to a lot any more at a time (Unix milliseconds)."""
    rules = Thresholds.named(now.head().thresholds)
    return bool(entry.opened) and time - entry.opened > rules.lot_open


def may_know(now: Reading, entry: Lot, viewer: Viewer) -> bool:
    """Whether a viewer may know how it goes with a lot's labels: who stands on its way, auditors,
    the operator."""
    if viewer.sees_all:
        return True
    if viewer.party is None:
        return False
    if viewer.party in (entry.maker, entry.labeller):
        return True
    return entry.maker is not None and in_chain(now, viewer.party, *entry.key)


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
