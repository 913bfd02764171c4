"""Labels of a label record, printed.

What they say is read off the lot's verified bundle, or off the registry where the lot is still to
be packed; each bears a serial of its own (``labels.serials``).

A run comes in parts while it is drawn. Whoever lost the rest asks for it again from the number of
labels that are printed: the same record gives the same labels.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from api.lot import Dates, check, dates_of, link_of, page_of
from api.names import party_shown, product_name
from api.streams import Ended
from api.web.format import amount
from api.web.pictures import logo_of
from api.web.words import Amount
from api.wishes import Wish
from labels import serials
from labels.design import Design, Unit
from labels.printing import print_run
from traceability.core.errors import FormatError, LedgerError
from traceability.core.facts import Label
from traceability.core.label_key import LabelKey
from traceability.core.quantity import Quantity
from traceability.ledger.labels import label_records
from traceability.ledger.ledger import Ledger
from traceability.ledger.tokens import Principal
from traceability.settings import Settings
from traceability.text import text


@dataclass(frozen=True, slots=True)
class Run:
    """The labels of a record that are to be printed, and the key of their serials."""

    label: Label
    key: LabelKey

    @property
    def count(self) -> int:
        """How many there are: those that were voided are not printed."""
        return self.behind(0)

    def behind(self, skip: int) -> int:
        """How many there are behind the first ``skip`` of the record, void or not. Raises
        ``FormatError("print.start")`` where passing over them leaves none."""
        label = self.label
        gone = sum(last + 1 - max(first, skip) for first, last in label.voided if last >= skip)
        left = label.count - skip - gone
        if skip and left < 1:
            raise FormatError("print.start", found=skip + 1, limit=label.count)
        return left

    def serials(self, skip: int = 0) -> Iterator[str]:
        """In the order of their indices, behind the first ``skip`` of the record: a label's number
        stays what it is, whichever others are voided."""
        label, at = self.label, skip
        for first, last in (*label.voided, (label.count, label.count)):
            lot = label.product, label.lot, label.name
            if first > at:
                yield from serials.serials(self.key, *lot, at, first - at)
            at = max(at, last + 1)


def run_of(ledger: Ledger, gtin: str, lot: str, record: str, asking: Principal) -> Run:
    """The labels of a record, for who may print them: its maker's people that may sign labels.

    Raises ``LedgerError``: ``label.unknown``, ``print.lost``, ``label-key.unknown``,
    ``label-key.withdrawn``, ``access.…``.
    """
    label = _label(ledger, gtin, lot, record)
    asking.require_writing(label.party, "label", ledger.operator)
    return _run(ledger, label)


def print_here(
    ledger: Ledger, settings: Settings, gtin: str, lot: str, record: str | None, **wishes: Any
) -> tuple[int, Iterator[bytes]]:
    """For whoever has the ledger itself, at the command line: how many labels of a record (None:
    the latest of the lot) are printed, and the run. ``wishes`` are members of ``Wish``. Raises as
    ``run_of`` does, and for what cannot be printed so."""
    run = _run(ledger, _label(ledger, gtin, lot, record))
    wish = Wish(**{"start": 0, "width": None, "height": None, **wishes})
    return run.behind(wish.skip), parts(ledger, settings, gtin, lot, run, wish, lambda: False)


def _label(ledger: Ledger, gtin: str, lot: str, record: str | None) -> Label:
    with ledger.reading() as now:
        known = label_records(now, gtin, lot)
    found = [each for each in known if record in (None, each.name)]
    if not found and record is None:
        raise LedgerError("label.none", lot=lot)
    if not found:
        raise LedgerError("label.unknown", record=record, lot=lot)
    return found[-1]


def _run(ledger: Ledger, label: Label) -> Run:
    if label.lost is not None:
        raise LedgerError("print.lost", lot=label.lot)
    return Run(label, key_of(ledger, label))


def key_of(ledger: Ledger, label: Label) -> LabelKey:
    """The key of a record's serials; ``label-key.unknown``."""
    key = next((each for each in ledger.label_keys.all() if each.id == label.key), None)
    if key is None:
        raise LedgerError("label-key.unknown", key=label.key)
    if key.id in ledger.label_keys.withdrawn():
        raise LedgerError("label-key.withdrawn", key=key.id)
    return key


def parts(
    ledger: Ledger, settings: Settings, gtin: str, lot: str, run: Run, wish: Wish, ended: Ended
) -> Iterator[bytes]:
    """The printed run, part by part, until all is printed or it is time to end."""
    design = design_of(ledger, settings, gtin, lot, run.label, wish)
    run.behind(wish.skip)
    units = units_of(run, link_of(settings, gtin, lot).uri, wish.skip)
    for part in print_run(design, units, wish.format, wish.start):
        yield part.data
        if ended():
            return


def label_file(what: str, form: str, kind: str = "tem") -> str:
    """What a file of labels is called, in letters that every system takes: ``tem`` of a lot,
    ``kien`` of a unit."""
    return f"{kind}-{re.sub(r'[^A-Za-z0-9._-]', '_', what)}.{form}"


def units_of(run: Run, uri: str, skip: int = 0) -> Iterator[Unit]:
    """The labels of a run behind the first ``skip``; its lot has the address ``uri``."""
    return (Unit(f"{uri}/21/{serial}", serial) for serial in run.serials(skip))


def specimen(
    ledger: Ledger, settings: Settings, gtin: str, lot: str, party: str, net: str, wish: Wish
) -> str:
    """What a label of ``party`` with ``net`` content will look like, as SVG: across it stands that
    it is none, and its serial is none that could be. Raises as drawing a label does."""
    none = Label(-1, "", gtin, lot, party, 0, net, 0, "")
    design = design_of(ledger, settings, gtin, lot, none, wish)
    uri = link_of(settings, gtin, lot).uri
    drawn = design.svg(Unit(f"{uri}/21/{serials.SPECIMEN}", serials.SPECIMEN))
    width, height = wish.size
    word = text(wish.language, "label.specimen")
    across = (
        f'<text x="{width / 2:g}" y="{height / 2:g}" font-size="{width / (len(word) + 1):.1f}" '
        f'transform="rotate(-18 {width / 2:g} {height / 2:g})" text-anchor="middle" '
        'dominant-baseline="central" font-family="sans-serif" font-weight="700" '
        f'fill="#8a2a14" fill-opacity=".5">{word}</text></svg>'
    )
    return drawn.replace("</svg>", across)


def design_of(
    ledger: Ledger, settings: Settings, gtin: str, lot: str, label: Label, wish: Wish
) -> Design:
    """What all labels of a record say, as the ledger now has it. Raises ``FormatError``
    (``label.…``) for what cannot be drawn."""
    language = wish.language
    dates = Dates()
    marks: tuple[str, ...] = ()
    try:
        page = page_of(ledger, settings, check(ledger, gtin, lot), language)
    except LedgerError as error:
        if error.code != "lot.unknown":
            raise
        with ledger.reading() as now:
            name, maker = product_name(now, gtin, language), party_shown(now, label.party).name
    else:
        name, maker = str(page.product.name), page.producer.name
        dates = dates_of(page)
        good = page.verdict.outcome in ("verified", "warnings")
        marks = page.product.claims[:4] if good else ()
    net = Quantity.parse(label.net)
    width, height = wish.size
    design = Design(
        kind=wish.kind,
        product_name=name,
        maker=maker or settings.domain,
        gtin=gtin,
        lot=lot,
        net_content=amount(Amount(net.amount, net.unit.code), language),
        **dates._asdict(),
        marks=tuple(mark[:24] for mark in marks),
        picture=logo_of(settings.data, label.party) if wish.logo else None,
        width_mm=width,
        height_mm=height,
        language=language,
    )
    uri = link_of(settings, gtin, lot).uri
    return _fitting(design, uri, None if wish.form == "pdf" else wish.dpi)


def _fitting(design: Design, uri: str, dpi: int | None) -> Design:
    """The design, or one without the day of packing where there is no room beside a use-by date."""
    try:
        design.set(Unit(f"{uri}/21/{serials.SPECIMEN}", serials.SPECIMEN), dpi)
    except FormatError as error:
        if error.code == "label.too-low" and design.use_by is not None:
            return replace(design, packed_date=None)
        raise
    return design
