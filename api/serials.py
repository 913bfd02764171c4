"""What the serial of a scanned label is worth, as far as the ledger can say.

Told apart are a label that was printed for this lot (and is packed, not packed yet, or void), one
that anybody may have made since the key was stolen, a serial that nobody printed for it, and one
that is mistyped. A lot whose labels have no serials of
the ledger's own says nothing of any: that is no sign of a copy.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from api.web.story import VIETNAM
from api.web.view import Mark
from labels import serials
from labels.serials import Run
from traceability.core.errors import FormatError, LedgerError
from traceability.ledger.labels import runs_of
from traceability.ledger.ledger import Ledger
from traceability.ledger.reading import Reading
from traceability.ledger.scan_signs import HOUR, Scanned, signs
from traceability.ledger.scans import Label, Scans, scans_of


def scanned(ledger: Ledger, scans: Scans, asked: Sequence[Label]) -> list[Mark | FormatError]:
    """Judge serials that were scanned now, and count the scans: nothing of who did it is kept. An
    error stands for one that cannot be judged (``serial.too-many``). Raises ``LedgerError`` as
    reading does.

    The count is told to whoever scans, as it was some seconds ago; whether it is more than one
    package is scanned, ``scan_signs`` says.
    """
    with ledger.reading() as now:
        marks = _judged(ledger, now, asked)
        proven = {
            (gtin, lot, mark.serial)
            for (gtin, lot, _), mark in zip(asked, marks, strict=True)
            if isinstance(mark, Mark) and mark.is_ours
        }
        before = scans_of(now, proven)
    answers: list[Mark | FormatError] = []
    for (gtin, lot, _), mark in zip(asked, marks, strict=True):
        if isinstance(mark, Mark) and mark.is_ours:
            scans.note(gtin, lot, mark.serial)
            answers.append(_counted(mark, before.get((gtin, lot, mark.serial))))
            continue
        if isinstance(mark, Mark) and mark.state == "invented":
            scans.note(gtin, lot, None)
        answers.append(mark)
    return answers


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


def _counted(mark: Mark, before: Sequence[Scanned] | None) -> Mark:
    if not before:
        return mark
    since = datetime.fromtimestamp(before[0].hour * HOUR / 1000, VIETNAM).date()
    many = any(sign.code == "too-many" for sign in signs(before, {}))
    return replace(mark, scans=sum(each.count for each in before), since=since, many=many)
