"""Labels as dots, for thermal printers.

A printer keeps the picture of all that labels share; each label then sends only its symbols and its
serial, as small patches. A patch is cut to its ink, so that it may be laid over what stands
beside it without harm, and its width is a whole number of bytes, as printers' languages ask.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, floor
from typing import Final

from PIL import Image, ImageChops

from labels.design import Design, Setting, Unit
from labels.printing import skip
from labels.qr import MM_PER_INCH
from labels.raster import draw
from labels.scene import Code, Item, Linear, Scene, Words
from traceability.core.errors import FormatError

RESOLUTIONS: Final = (203, 300, 600)
MOST_OFFSET: Final = 5.0  #: mm
DARKNESS: Final = (0, 15)
SPEED: Final = (1, 14)  #: inches a second
_ABOVE: Final = 1.25  # ems from the baseline to above any accent
_BELOW: Final = 0.35


@dataclass(frozen=True, slots=True)
class Tuning:
    """What makes up for one printer and its roll.

    ``offset_x``, ``offset_y``: millimetres that all is moved to the right and down, at most
    ``MOST_OFFSET`` either way. The dots themselves are moved, since a setting of the printer would
    stay for whoever prints next, and not all know it. ``darkness`` 0 (lightest) to 15; ``speed`` in
    inches a second; None leaves them as the printer has them. ``print.setting`` beyond that.
    """

    offset_x: float = 0.0
    offset_y: float = 0.0
    darkness: int | None = None
    speed: int | None = None

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("offset_x", self.offset_x, -MOST_OFFSET, MOST_OFFSET),
            ("offset_y", self.offset_y, -MOST_OFFSET, MOST_OFFSET),
            ("darkness", self.darkness, *DARKNESS),
            ("speed", self.speed, *SPEED),
        ):
            if value is not None and not low <= value <= high:
                raise FormatError("print.setting", name=name, low=f"{low:g}", high=f"{high:g}")

    def moved(self, patch: "Patch", size: tuple[int, int], dpi: int) -> "Patch":
        """A patch where it belongs on a label of ``size`` dots; ``print.cut`` where some of its ink
        would lie outside."""
        scale = dpi / MM_PER_INCH
        right, down = round(self.offset_x * scale), round(self.offset_y * scale)
        if not right and not down:
            return patch
        x, y = patch.x + right, patch.y + down
        wide, high = patch.image.size
        kept = max(0, -x), max(0, -y), min(wide, size[0] - x), min(high, size[1] - y)
        ink = ImageChops.invert(patch.image.convert("L")).getbbox()
        if ink and not _within(ink, kept):
            raise FormatError("print.cut", x=f"{self.offset_x:g}", y=f"{self.offset_y:g}")
        return _padded(max(x, 0), max(y, 0), patch.image.crop(kept))


UNTUNED: Final = Tuning()


@dataclass(frozen=True, slots=True)
class Patch:
    """Dots with their upper left corner on the label; ``image`` is of mode "1", white is 255."""

    x: int
    y: int
    image: Image.Image

    @property
    def row_bytes(self) -> int:
        """Bytes in a row of dots."""
        return self.image.width // 8

    def ink(self) -> bytes:
        """Rows of dots, eight to a byte, the leftmost in the highest bit; 1 is ink."""
        return ImageChops.invert(self.image).tobytes()


@dataclass(frozen=True, slots=True)
class Dots:
    """A label as its language sends it: the key of the picture that it lies on, and its patches.

    ``ground`` is that picture, or ``None`` where a label shares nothing with others and its one
    patch is the whole.
    """

    key: object
    ground: Scene | None
    patches: tuple[Patch, ...]


def checked(dpi: int) -> int:
    """``dpi`` if printers of that resolution are written for, or ``print.dpi``."""
    if dpi not in RESOLUTIONS:
        raise FormatError("print.dpi", known=", ".join(map(str, RESOLUTIONS)), found=dpi)
    return dpi


def batches(units: Iterator[Unit], start: int, size: int) -> Iterator[tuple[int, list[Unit], bool]]:
    """Units from ``start`` on, as (number of the first, units, whether they are the last), parted
    at multiples of ``size``.

    So a part holds the same labels wherever a run went on, but for the first, which may be cut.
    """
    skip(units, start)
    first = start
    batch: list[Unit] = []
    for number, unit in enumerate(units, start):
        if batch and number % size == 0:
            yield first, batch, False
            first, batch = number, []
        batch.append(unit)
    if batch:
        yield first, batch, True


def dots(design: Design, unit: Unit, dpi: int) -> Dots:
    """The label of ``unit``."""
    setting: Setting = design.set(unit, dpi)
    if not setting.shared:
        return Dots(None, None, (whole(setting.scene, dpi),))
    own = setting.scene.own(setting.template)
    patches = tuple(_patch(setting.scene, item, dpi) for item in own)
    return Dots(setting.key, setting.template.same(), patches)


def whole(scene: Scene, dpi: int) -> Patch:
    """All of a scene as one patch."""
    return _padded(0, 0, draw(scene, dpi, colour=False))


def size_in_dots(design: Design, dpi: int) -> tuple[int, int]:
    """Width and height of the label."""
    scale = dpi / MM_PER_INCH
    return round(design.width_mm * scale), round(design.height_mm * scale)


@lru_cache(maxsize=16)
def ground(scene: Scene, dpi: int) -> Patch:
    """All of a scene that labels share, drawn once for all parts of a run."""
    return whole(scene, dpi)


def _patch(scene: Scene, item: Item, dpi: int) -> Patch:
    scale = dpi / MM_PER_INCH
    if isinstance(item, Code):  # dot by dot, as ``labels.raster`` sets it
        image = item.symbol.image(round(item.module * scale))
        return _padded(round(item.x * scale), round(item.y * scale), image)
    left, top, right, low = _box(item)
    x, y = max(0, floor(left * scale) - 1), max(0, floor(top * scale) - 1)
    width, height = ceil(right * scale) + 2 - x, ceil(low * scale) + 2 - y
    moved = replace(item, x=item.x - x / scale, y=item.y - y / scale)
    alone = replace(scene, width=width / scale, height=height / scale, items=(moved,))
    image = draw(alone, dpi, colour=False)
    ink = ImageChops.invert(image.convert("L")).getbbox()
    if ink is None:
        raise AssertionError(item)
    return _padded(x + ink[0], y + ink[1], image.crop(ink))


def _box(item: Item) -> tuple[float, float, float, float]:
    if isinstance(item, Words):
        return item.x, item.y - _ABOVE * item.size, item.right, item.y + _BELOW * item.size
    if isinstance(item, Linear):
        return item.x, item.y, item.x + item.length, item.y + item.height
    raise AssertionError(item)


def _within(inner: tuple[int, ...], outer: tuple[int, ...]) -> bool:
    """Whether a box (left, top, right, low) lies in another."""
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and inner[2] <= outer[2]
        and inner[3] <= outer[3]
    )


def _padded(x: int, y: int, image: Image.Image) -> Patch:
    width = -(-image.width // 8) * 8
    if width != image.width:
        wider = Image.new("1", (width, image.height), 255)
        wider.paste(image, (0, 0))
        image = wider
    return Patch(x, y, image)
