"""What the serial of a scanned label is worth, as far as the ledger can say.

Told apart are a label that was printed for this lot (and is packed, not packed yet, or void), one
that anybody may have made since the key was stolen, a serial that nobody printed for it, one that
is no serial at all, and that of a sample. A lot whose labels have no serials of the ledger's own
says nothing of any: that is no sign of a copy.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from api.web.format import in_vietnam
from api.web.view import Mark
from labels import serials
from labels.serials import Run
from traceability.core.errors import FormatError, LedgerError
from traceability.ledger.labels import runs_of
from traceability.ledger.ledger import Ledger
from traceability.ledger.provinces import MIDDLES
from traceability.ledger.reading import Reading
from traceability.ledger.scan_signs import HOUR, Scanned, signs
from traceability.ledger.scans import Label, Scans, scans_of


class Visit(NamedTuple):
    """That the page of a label was opened: at a coarse place, if that is known; ``again`` where the
    same phone has just opened it."""

    place: str
    again: bool
    gtin: str
    lot: str
    serial: str

    @property
    def label(self) -> Label:
        """The label as it was written."""
        return self.gtin, self.lot, self.serial


def scanned(ledger: Ledger, scans: Scans, asked: Sequence[Visit]) -> list[Mark | FormatError]:
    """Judge serials that were scanned now, and count the scans, but for those that were made
    again: nothing of who did it is kept. An error stands for one that cannot be judged
    (``serial.too-many``). Raises ``LedgerError`` as reading does.

    The count is told to whoever scans, as it was some seconds ago; what signs of a copy are in it,
    and in this scan, ``scan_signs`` says.
    """
    with ledger.reading() as now:
        marks = _judged(ledger, now, [visit.label for visit in asked])
        proven = {
            (visit.gtin, visit.lot, mark.serial)
            for visit, mark in zip(asked, marks, strict=True)
            if isinstance(mark, Mark) and mark.is_ours
        }
        before = scans_of(now, proven)
    hour = ledger.clock() // HOUR
    answers: list[Mark | FormatError] = []
    for (place, again, gtin, lot, _), mark in zip(asked, marks, strict=True):
        if not isinstance(mark, Mark) or not mark.is_ours:
            if isinstance(mark, Mark) and mark.state == "invented" and not again:
                scans.note(gtin, lot, None, place)
            answers.append(mark)
            continue
        if not again:
            scans.note(gtin, lot, mark.serial, place)
        counts = before.get((gtin, lot, mark.serial), [])
        answers.append(_told(mark, counts, Scanned(hour, place, 1), scans.used(gtin, lot)))
    return answers


def mark_of(ledger: Ledger, gtin: str, lot: str, serial: str) -> Mark:
    """Judge a serial of a lot's label, without counting anything. Raises as ``scanned`` does."""
    with ledger.reading() as now:
        [mark] = _judged(ledger, now, [(gtin, lot, serial)])
    if isinstance(mark, FormatError):
        raise mark
    return mark


def _judged(ledger: Ledger, now: Reading, asked: Iterable[Label]) -> list[Mark | FormatError]:
    lots: dict[tuple[str, str], _Judge] = {}
    found: list[Mark | FormatError] = []
    for gtin, lot, serial in asked:
        judge = lots.get((gtin, lot))
        if judge is None:
            judge = lots[gtin, lot] = _Judge(ledger, now, gtin, lot)
        try:
            found.append(judge.mark(serial))
        except FormatError as error:
            found.append(error)
    return found


class _Judge:
    """Judges the serials of one lot."""

    def __init__(self, ledger: Ledger, now: Reading, gtin: str, lot: str) -> None:
        self._ledger = ledger
        self._lot = gtin, lot
        found = runs_of(now, gtin, lot, ledger.clock())
        self._runs = {run.label.name: run for run in found}
        self._tried = [Run(run.label.name, run.label.count, run.label.key) for run in found]

    def mark(self, text: str) -> Mark:
        if text.upper() == serials.SPECIMEN:
            return Mark(text, "specimen")
        if not self._runs:
            return Mark(text, "foreign")
        try:
            serial = serials.read(text)
        except FormatError:
            return Mark(text, "mistyped")
        try:
            keys = self._ledger.label_keys.all()
        except LedgerError as error:
            if error.code != "keyring.no-key":
                raise
            return Mark(serial.text, "unchecked")
        known = serials.find(serial, *self._lot, keys, self._tried)
        if known is None:
            held = {key.id for key in keys}
            lost = any(run.key not in held for run in self._tried)
            return Mark(serial.text, "unchecked" if lost else "invented")
        state = self._runs[known.digest].state(known.index)
        if state is None:
            return Mark(serial.text, "invented")
        if state != "void" and known.key in self._ledger.label_keys.withdrawn():
            return Mark(serial.text, "withdrawn")
        return Mark(serial.text, "printed" if state == "unknown" else state)


def _told(mark: Mark, before: Sequence[Scanned], this: Scanned, used: int | None) -> Mark:
    found = tuple(sign.code for sign in signs((*before, this), MIDDLES, used))
    if not before:
        return replace(mark, signs=found)
    since = in_vietnam(before[0].hour * HOUR).date()
    return replace(mark, scans=sum(each.count for each in before), since=since, signs=found)
