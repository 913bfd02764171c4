"""What a print job is to draw, fixed when it is asked for (``ledger.print_jobs``, *wish*).

Whoever draws it, whenever, draws the same: names and dates as the ledger had them, the labels that
were voided by then, the address of this host. Only the key of the serials is not in it.
"""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from time import sleep
from typing import Final

import orjson
from pydantic import TypeAdapter

from api.lot import link_of
from api.printing import Run, design_of, units_of
from api.wishes import Form, Wish
from labels.design import Design, Unit
from labels.picture import Picture
from labels.printing import Part, print_run
from traceability.core.errors import FormatError
from traceability.core.facts import Label
from traceability.core.label_key import LabelKey
from traceability.ledger.ledger import Ledger
from traceability.ledger.print_jobs import MOST_LABELS
from traceability.settings import Settings


@dataclass(frozen=True, slots=True)
class Order:
    """``count`` labels of a record, behind the first ``wish.skip`` of it, which count whether they
    are void or not: a file of their own.

    ``logo`` is the picture of the design, a PNG in base64, and the design is kept without it.
    """

    label: Label
    uri: str
    design: Design
    wish: Wish
    count: int
    logo: str | None = None

    def to_json(self) -> str:
        """As it is kept."""
        return _ORDER.dump_json(self).decode()

    @classmethod
    def parse(cls, text: str) -> "Order":
        """What ``to_json`` wrote."""
        return _ORDER.validate_json(text)

    def parts(self, key: LabelKey, done: int = 0, marks: Sequence[bytes] = ()) -> Iterator[Part]:
        """The parts of the file, behind those that have ``marks`` and ``done`` labels."""
        units = islice(units_of(Run(self.label, key), self.uri, self.wish.skip), self.count)
        design = self.design
        if self.logo is not None:
            design = replace(design, picture=Picture.read(b64decode(self.logo)))
        return print_run(design, _politely(units), self.wish.format, done, marks)


def order_of(ledger: Ledger, settings: Settings, run: Run, wish: Wish, count: int | None) -> Order:
    """The order of ``count`` labels of a run; of all that are left where that is None.

    One label is drawn, so that what cannot be printed is refused at once. Raises as ``print_run``
    does, and ``print-job.too-long``.
    """
    lot = run.label.lot_key
    left = run.behind(wish.skip)
    if not left:
        raise FormatError("print.start", found=wish.skip + 1, limit=run.label.count)
    number = left if count is None else min(count, left)
    if number > MOST_LABELS:
        raise FormatError("print-job.too-long", limit=MOST_LABELS)
    uri = link_of(settings, *lot).uri
    design = design_of(ledger, settings, *lot, run.label, wish)
    logo = None if design.picture is None else design.picture.base64(colour=True)
    order = Order(run.label, uri, replace(design, picture=None), wish, number, logo)
    next(replace(order, count=1).parts(run.key))
    return order


def _politely(units: Iterator[Unit]) -> Iterator[Unit]:
    """The same, but whoever waits for the interpreter has it between two labels. Drawing holds it
    for milliseconds else, and an append waits for it several times."""
    for unit in units:
        sleep(_PAUSE)
        yield unit


def form_of(wish: str) -> Form:
    """The form of an order, as it is kept."""
    form: Form = orjson.loads(wish)["wish"]["form"]
    return form


def medium_of(wish: str) -> tuple[Form, str, int]:
    """For what an order is drawn, as it is kept: its form, and the sheet of a PDF or the dots per
    inch of a printer."""
    kept = orjson.loads(wish)["wish"]
    return kept["form"], kept["sheet"], kept["dpi"]


_PAUSE: Final = 0.0001  # seconds
_ORDER: Final = TypeAdapter(Order)
