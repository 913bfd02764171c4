"""TSPL, the language of TSC's printers and of many small ones.

As for ZPL, everything is sent as dots. What labels share is stored as a picture in the printer's
memory (``DOWNLOAD``) at the beginning of each part and laid down with ``PUTBMP``; symbols and
serials follow as ``BITMAP``, whose dots are the other way round: 0 is ink. The language has no
compression that all printers know.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labels.design import Design, Unit
from labels.printing import Part
from labels.thermal import UNTUNED, Patch, Tuning, batches, checked, dots, ground, size_in_dots


@dataclass(frozen=True, slots=True)
class Tspl:
    """A run in TSPL, in parts of ``batch`` labels; ``gap_mm`` lies between labels on the roll."""

    dpi: int = 203
    gap_mm: float = 2.0
    batch: int = 100
    tuning: Tuning = UNTUNED

    def __post_init__(self) -> None:
        checked(self.dpi)

    def parts(
        self,
        design: Design,
        units: Iterator[Unit],
        start: int,
        marks: Sequence[bytes],  # noqa: ARG002  # each part stands for itself
    ) -> Iterator[Part]:
        """See ``labels.printing.Format``."""
        tuning, dpi = self.tuning, self.dpi
        size = size_in_dots(design, dpi)
        head = _lines(
            f"SIZE {design.width_mm:g} mm,{design.height_mm:g} mm",
            f"GAP {self.gap_mm:g} mm,0 mm",
            "DIRECTION 1",
            "REFERENCE 0,0",
            *([] if tuning.speed is None else [f"SPEED {tuning.speed}"]),
            *([] if tuning.darkness is None else [f"DENSITY {tuning.darkness}"]),
        )
        for first, batch, is_last in batches(units, start, self.batch):
            stored: dict[object, tuple[str, str]] = {}
            written = [head]
            for unit in batch:
                label = dots(design, unit, dpi)
                lines = [_lines("CLS")]
                if label.ground is not None:
                    if label.key not in stored:
                        below = tuning.moved(ground(label.ground, dpi), size, dpi)
                        name = f"GOC{len(stored)}.BMP"
                        stored[label.key] = name, f'PUTBMP {below.x},{below.y},"{name}"'
                        written.append(_store(name, below))
                    lines.append(_lines(stored[label.key][1]))
                lines += [_field(tuning.moved(patch, size, dpi)) for patch in label.patches]
                written += [*lines, _lines("PRINT 1,1")]
            written += [_lines(f'KILL "{name}"') for name, _ in stored.values()]
            yield Part(b"".join(written), first + len(batch), is_last=is_last)


def _store(name: str, patch: Patch) -> bytes:
    file = io.BytesIO()
    patch.image.save(file, "BMP")
    data = file.getvalue()
    return f'DOWNLOAD "{name}",{len(data)},'.encode("ascii") + data + b"\r\n"


def _field(patch: Patch) -> bytes:
    place = f"BITMAP {patch.x},{patch.y},{patch.row_bytes},{patch.image.height},0,"
    return place.encode("ascii") + patch.image.tobytes() + b"\r\n"


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
