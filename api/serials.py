"""What the serial of a scanned label is worth, as far as the ledger can say.

Told apart are a label that was printed for this lot (and is packed, not packed yet, or void), a
serial that nobody printed for it, and one that is mistyped. A lot whose labels have no serials of
the ledger's own says nothing of any: that is no sign of a copy.
"""

from dataclasses import replace
from datetime import datetime

from api.web.story import VIETNAM
from api.web.view import Mark
from labels import serials
from labels.serials import Run
from traceability.core.errors import FormatError, LedgerError
from traceability.ledger.labels import label_records, state_of
from traceability.ledger.ledger import Ledger
from traceability.ledger.scan_signs import HOUR, signs
from traceability.ledger.scans import Scans


def scanned(ledger: Ledger, scans: Scans, gtin: str, lot: str, serial: str) -> Mark:
    """Judge a serial that was scanned now, and count the scan: nothing of who did it is kept.

    The count is told to whoever scans, as it was some seconds ago; whether it is more than one
    package is scanned, ``scan_signs`` says.
    """
    mark = mark_of(ledger, gtin, lot, serial)
    if mark.state == "invented":
        scans.note(gtin, lot, None)
    if not mark.is_ours:
        return mark
    before = scans.of(gtin, lot, mark.serial)
    scans.note(gtin, lot, mark.serial)
    if not before:
        return mark
    since = datetime.fromtimestamp(before[0].hour * HOUR / 1000, VIETNAM).date()
    many = any(sign.code == "too-many" for sign in signs(before, {}))
    return replace(mark, scans=sum(each.count for each in before), since=since, many=many)


def mark_of(ledger: Ledger, gtin: str, lot: str, serial: str) -> Mark:
    """Judge a serial of a lot's label. Raises ``LedgerError`` as reading does."""
    with ledger.reading() as now:
        labels = label_records(now, gtin, lot)
        if not labels:
            return Mark(serial, "foreign")
        try:
            found = serials.read(serial)
        except FormatError:
            return Mark(serial, "mistyped")
        try:
            keys = ledger.label_keys.all()
        except LedgerError as error:
            if error.code != "keyring.no-key":
                raise
            return Mark(found.text, "unchecked")
        runs = [Run(label.name, label.count, label.key) for label in labels]
        known = serials.find(found, gtin, lot, keys, runs)
        if known is None:
            held = {key.id for key in keys}
            lost = any(label.key not in held for label in labels)
            return Mark(found.text, "unchecked" if lost else "invented")
        state = state_of(now, gtin, lot, known.digest, known.index, ledger.clock())
    if state is None:
        return Mark(found.text, "invented")
    return Mark(found.text, "printed" if state == "unknown" else state)
