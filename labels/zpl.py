"""ZPL II, the language of Zebra's printers and of many others.

All text is drawn here and sent as dots, since printers' own fonts lack Vietnamese letters. What
labels share is stored in the printer's memory (``~DG``) at the beginning of each part and recalled
(``^XG``); symbols and serials follow as graphic fields (``^GF``). Each part of a run stands for
itself, so that it can be sent again, or to another printer.

Dots are compressed in one of the two ways that the language has: ``acs``, runs of hexadecimal
digits, which every printer knows; or ``z64``, deflate in base64 with a check sum, some half of the
size, which copies of the language may lack.
"""

import re
import zlib
from base64 import b64encode
from binascii import crc_hqx
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from labels.design import Design, Unit
from labels.printing import Part
from labels.thermal import UNTUNED, Patch, Tuning, batches, checked, dots, ground, size_in_dots

Compression = Literal["acs", "z64"]
_RUN: Final = re.compile(r"(.)\1{2,}")
_LONGEST: Final = 400  # digits that one letter counts


@dataclass(frozen=True, slots=True)
class Zpl:
    """A run in ZPL, in parts of ``batch`` labels."""

    dpi: int = 203
    compression: Compression = "acs"
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
        size = width, height = size_in_dots(design, self.dpi)
        tuning, dpi = self.tuning, self.dpi
        speed = "" if tuning.speed is None else f"^PR{tuning.speed}"
        head = f"^XA^PW{width}^LL{height}^LH0,0{speed}\n"
        for first, batch, is_last in batches(units, start, self.batch):
            stored: dict[object, tuple[str, str]] = {}
            written: list[str] = []
            if tuning.darkness is not None:  # of thirty steps
                written.append(f"~SD{2 * tuning.darkness:02d}\n")
            for unit in batch:
                label = dots(design, unit, dpi)
                fields = ""
                if label.ground is not None:
                    if label.key not in stored:
                        below = tuning.moved(ground(label.ground, dpi), size, dpi)
                        name = f"R:GOC{len(stored)}.GRF"
                        stored[label.key] = name, f"^FO{below.x},{below.y}^XG{name},1,1^FS\n"
                        written.append(self._store(name, below))
                    fields = stored[label.key][1]
                fields += "".join(
                    self._field(tuning.moved(patch, size, dpi)) for patch in label.patches
                )
                written.append(f"{head}{fields}^XZ\n")
            written += [f"^XA^ID{name}^FS^XZ\n" for name, _ in stored.values()]
            yield Part("".join(written).encode("ascii"), first + len(batch), is_last=is_last)

    def _store(self, name: str, patch: Patch) -> str:
        return f"~DG{name},{len(patch.ink())},{patch.row_bytes},{self._packed(patch)}\n"

    def _field(self, patch: Patch) -> str:
        total = len(patch.ink())
        size = f"{total},{total},{patch.row_bytes}"
        return f"^FO{patch.x},{patch.y}^GFA,{size},{self._packed(patch)}^FS\n"

    def _packed(self, patch: Patch) -> str:
        ink = patch.ink()
        return z64(ink) if self.compression == "z64" else acs(ink, patch.row_bytes)


def z64(data: bytes) -> str:
    """``data`` deflated, in base64, with the CRC-16 (polynomial 0x1021) of that text."""
    text = b64encode(zlib.compress(data, 9))
    return f":Z64:{text.decode('ascii')}:{crc_hqx(text, 0):04X}"


def acs(data: bytes, row_bytes: int) -> str:
    """``data`` in hexadecimal with runs counted: a letter or two, then the digit.

    G to Y count 1 to 19, g to z 20 to 400 in twenties; a comma fills the row with white, an
    exclamation mark with black, and a colon repeats the row above.
    """
    rows: list[str] = []
    before = None
    for at in range(0, len(data), row_bytes):
        row = data[at : at + row_bytes].hex().upper()
        rows.append(":" if row == before else _shortened(row))
        before = row
    return "".join(rows)


def _shortened(row: str) -> str:
    for digit, sign in (("0", ","), ("F", "!")):
        kept = row.rstrip(digit)
        if len(row) - len(kept) >= 2:
            return _counted(kept) + sign
    return _counted(row)


def _counted(digits: str) -> str:
    return _RUN.sub(lambda run: _count(len(run.group())) + run.group(1), digits)


def _count(number: int) -> str:
    most, rest = divmod(number, _LONGEST)
    twenties, ones = divmod(rest, 20)
    return (
        "z" * most
        + (chr(ord("f") + twenties) if twenties else "")
        + (chr(ord("F") + ones) if ones else "")
    )
