"""Labels of a demonstration to try: one that is genuine, one that is void, one whose goods are not
packed yet, and one that nobody printed, of a lot that is there.

Worked out from the keyring each time: a serial is written down nowhere. Labels of a key that was
withdrawn are none to show. Of a real ledger none is ever given away.
"""

from collections.abc import Iterator
from typing import Final

from api.lot import page_path
from api.web.view import Sample
from labels import serials
from traceability.clock import random_bytes
from traceability.core.errors import LedgerError
from traceability.core.label_key import SECRET_BYTES, LabelKey
from traceability.ledger.labels import LabelState, Run, labelled, runs_of
from traceability.ledger.ledger import Ledger
from traceability.settings import DEMO_LOG

_LOTS: Final = 12
_WANTED: Final[tuple[LabelState, ...]] = ("packed", "void", "not-yet")


def samples(ledger: Ledger) -> tuple[Sample, ...]:
    """One of each, as far as there are any; none of a ledger that is in earnest."""
    if ledger.log != DEMO_LOG:
        return ()
    gone = withdrawn(ledger)
    try:
        keys = {key.id: key for key in ledger.label_keys.all() if key.id not in gone}
    except LedgerError:  # without its keyring it knows no serial
        return ()
    found: dict[str, Sample] = {}
    with ledger.reading() as now:
        for gtin, lot in labelled(now, _LOTS):
            is_there = now.reader.lot((gtin, lot)) is not None
            for run in runs_of(now, gtin, lot, ledger.clock()):
                key = keys.get(run.label.key)
                if key is None:
                    continue
                for state, index in _one_of_each(run):
                    found.setdefault(state, _sample(state, key, run, index))
                    if is_there:  # else its page is that of no lot
                        false = LabelKey(key.id, random_bytes(SECRET_BYTES))
                        found.setdefault("invented", _sample("invented", false, run, index))
    return tuple(found[state] for state in (*_WANTED, "invented") if state in found)


def withdrawn(ledger: Ledger) -> list[str]:
    """The keys whose labels are none to show: what there is to try depends on them, and not on the
    log alone."""
    try:
        return sorted(ledger.label_keys.withdrawn())
    except LedgerError:
        return []


def _one_of_each(run: Run) -> Iterator[tuple[LabelState, int]]:
    """The first label in each state: states change where a range of voided ones begins or ends, and
    where the goods do."""
    edges = {0, *(edge for first, last in run.label.voided for edge in (first, last + 1))}
    packed = run.packed or 0
    for first, last in run.label.voided:
        packed += last - first + 1 if first <= packed else 0
    for index in sorted({*edges, packed}):
        state = run.state(index)
        if state in _WANTED:
            yield state, index


def _sample(state: str, key: LabelKey, run: Run, index: int) -> Sample:
    label = run.label
    serial = serials.serial(key, label.product, label.lot, label.name, index)
    return Sample(state, f"{page_path(label.product, label.lot)}/21/{serial}", serial)
