"""A run of labels: one design, many units, printed in parts.

``print_run`` is a generator. Whoever drives it may stop after any part and go on later from the
number of labels done: the same design and the same units give the same bytes from there on. Only
the design and what is said once for all labels is held in memory, whatever the length of the run.

A PDF says at its end where everything lies, so whoever goes on with one draws again what came
before; or has kept the marks of its parts, and draws nothing twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from labels.design import Design, Setting, Unit
from labels.pdf import Document
from labels.pdf_drawing import drawing
from labels.sheets import Sheet
from traceability.core.errors import FormatError

_FARTHEST: Final = 10.0  # mm that a sheet may be shifted
_TICK: Final = 5.0  # mm from the labels to the far end of a cut mark
_GAP: Final = 1.0  # mm from the labels to its near end
_MARGIN: Final = 3.0  # mm that cut marks need on each side


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that follow those of the part before; ``done`` labels are then complete. ``mark``: what
    a run that goes on behind it has to know, beside the marks before it."""

    data: bytes
    done: int
    mark: bytes = b""
    is_last: bool = False


class Format(Protocol):
    """How a run becomes bytes."""

    def parts(
        self, design: Design, units: Iterator[Unit], start: int, marks: Sequence[bytes]
    ) -> Iterator[Part]:
        """The parts from label ``start`` on; ``units`` are all of the run."""
        ...


def print_run(
    design: Design,
    units: Iterable[Unit],
    format: Format,
    start: int = 0,
    marks: Sequence[bytes] = (),
) -> Iterator[Part]:
    """Print ``units``, all of the run, from label ``start`` (0 is the first) on.

    Printers' languages go on with exactly that label. A PDF goes on with the part that holds it,
    which begins there when ``start`` is what an earlier part gave as ``done``. With the ``marks``
    of all parts up to that one nothing before it is drawn again. ``print.start`` when the run has
    fewer labels.
    """
    if start < 0:
        raise FormatError("print.start", found=start, limit=0)
    yield from format.parts(design, iter(units), start, marks)


def skip(units: Iterator[Unit], count: int) -> None:
    """Pass over ``count`` units; ``print.start`` when there are fewer."""
    passed = sum(1 for _ in islice(units, count))
    if passed < count:
        raise FormatError("print.start", found=count, limit=passed)


@dataclass(frozen=True, slots=True)
class Sheets:
    """A PDF of sheets.

    ``first`` is the position (from 1, along the rows) of the first label, for a sheet that has been
    used in part. ``shift`` (mm to the right, mm down) makes up for how a printer takes its paper.
    ``cut_marks`` puts a tick in the margins for each edge of a column or a row.
    """

    sheet: Sheet
    first: int = 1
    shift: tuple[float, float] = (0.0, 0.0)
    cut_marks: bool = False
    pages_in_part: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.sheet.places:
            raise FormatError("print.position", limit=self.sheet.places, found=self.first)
        if not all(-_FARTHEST <= side <= _FARTHEST for side in self.shift):
            raise FormatError("print.offset", limit=f"{_FARTHEST:g}")
        if self.cut_marks and min(self.sheet.margins) < _MARGIN:
            raise FormatError("print.cut-marks", needed=f"{_MARGIN:g}")

    def parts(
        self, design: Design, units: Iterator[Unit], start: int, marks: Sequence[bytes]
    ) -> Iterator[Part]:
        """See ``Format``. Without marks, what comes before ``start`` is drawn again, and not given:
        the table at the end of the file says where all of it lies."""
        self._check(design)
        title = f"{design.product_name} {design.lot or ''}".rstrip()
        document = Document(title, design.language, marks)
        page = _Page(self, document, design)
        done, pages, place = 0, 0, self.first - 1
        if marks:  # a part ends with a page
            skip(units, start)
            done, place = start, 0
        while labels := list(islice(units, self.sheet.places - place)):
            page.print(labels, place)
            place = 0
            done += len(labels)
            pages += 1
            if pages % self.pages_in_part == 0:
                part = Part(document.take(), done, document.mark())
                if done > start:
                    yield part
        if done < start:
            raise FormatError("print.start", found=start, limit=done)
        document.finish()
        yield Part(document.take(), done, is_last=True)

    def _check(self, design: Design) -> None:
        across, down = self.sheet.label_width, self.sheet.label_height
        if design.width_mm > across + 0.01 or design.height_mm > down + 0.01:
            raise FormatError(
                "print.cell",
                width=f"{design.width_mm:g}",
                height=f"{design.height_mm:g}",
                across=f"{across:g}",
                down=f"{down:g}",
            )


class _Page:
    """Draws one page after the other; what labels share is written once and shown by number."""

    def __init__(self, sheets: Sheets, document: Document, design: Design) -> None:
        self.sheets, self.document, self.design = sheets, document, design
        self.size = (design.width_mm, design.height_mm)
        sheet = sheets.sheet
        self.dx = sheets.shift[0] + (sheet.label_width - design.width_mm) / 2
        self.dy = sheets.shift[1] + (sheet.label_height - design.height_mm) / 2

    def print(self, units: list[Unit], place: int) -> None:
        """A page with ``units`` from ``place`` on."""
        uses: set[int] = set()
        pieces = [self._cut_marks()] if self.sheets.cut_marks else []
        for n, unit in enumerate(units, place):
            setting = self.design.set(unit, None)
            x, y = self.sheets.sheet.place(n)
            pieces.append(b"q 1 0 0 1 %.4f %.4f cm\n" % (x + self.dx, y + self.dy))
            if setting.shared:
                form = self._form(setting)
                uses.add(form)
                pieces.append(b"/X%d Do\n" % form)
                pieces.append(drawing(setting.scene.own(setting.template), self.document, uses))
            else:
                pieces.append(drawing(setting.scene.items, self.document, uses))
            pieces.append(b"Q\n")
        self.document.page(b"".join(pieces), self.sheets.sheet.page, uses)

    def _form(self, setting: Setting) -> int:
        def made() -> int:
            uses: set[int] = set()
            same = drawing(setting.template.same().items, self.document, uses)
            return self.document.form(same, self.size, uses)

        return self.document.once(f"form {setting.key}", made)

    def _cut_marks(self) -> bytes:
        """A tick in the margins for each edge of a column or a row: none enters a label."""
        sheet, (across, down) = self.sheets.sheet, self.sheets.shift
        left, top, right, low = sheet.margins
        width, height = sheet.page
        corners = [sheet.place(n) for n in range(sheet.places)]
        lines = set()
        for x in {a + side for a, _ in corners for side in (0, sheet.label_width)}:
            for start, end in (
                (top - _GAP, top - _tick(top)),
                (height - low + _GAP, height - low + _tick(low)),
            ):
                lines.add(_line(x + across, start + down, x + across, end + down))
        for y in {b + side for _, b in corners for side in (0, sheet.label_height)}:
            for start, end in (
                (left - _GAP, left - _tick(left)),
                (width - right + _GAP, width - right + _tick(right)),
            ):
                lines.add(_line(start + across, y + down, end + across, y + down))
        return ("0.5 G 0.1 w\n" + "\n".join(sorted(lines)) + " S\n").encode()


def _tick(margin: float) -> float:
    """How far from the labels a tick ends."""
    return min(_TICK, margin - _GAP / 2)


def _line(x: float, y: float, x2: float, y2: float) -> str:
    return f"{x:.3f} {y:.3f} m {x2:.3f} {y2:.3f} l"
