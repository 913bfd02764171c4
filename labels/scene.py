"""What stands where on a label, in millimetres from its upper left corner, before any drawing.

A scene is made once, by ``labels.layout`` or ``labels.logistic``, and drawn alike by
``labels.raster`` (pixels), ``labels.vector`` (SVG) and ``labels.pdf``. Of the labels of a run only
the symbols and a few runs of letters differ: ``same`` and ``own`` tell them apart.
"""

from dataclasses import dataclass, replace
from typing import Literal

from labels.encoders import Bars
from labels.picture import Picture
from labels.qr import Symbol
from labels.typeface import Weight, filled, has_blanks, width

Tone = Literal["ink", "quiet", "leaf"]


@dataclass(frozen=True, slots=True)
class Words:
    """One run of text; ``x`` is its left end, ``y`` its baseline, ``size`` the em."""

    text: str
    x: float
    y: float
    size: float
    weight: Weight = "regular"
    tone: Tone = "ink"

    @property
    def right(self) -> float:
        """Where the run ends."""
        return self.x + width(self.text, self.weight, self.size)


@dataclass(frozen=True, slots=True)
class Code:
    """The symbol; ``x`` and ``y`` are the corner of its first module, inside the quiet zone."""

    symbol: Symbol
    x: float
    y: float
    module: float

    @property
    def side(self) -> float:
        """Its size without the quiet zone."""
        return self.symbol.side * self.module


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark in its square of ``size``."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line to the right of (``x``, ``y``)."""

    x: float
    y: float
    length: float
    thickness: float


@dataclass(frozen=True, slots=True)
class Frame:
    """The outline of a box with square corners; the line runs inside it."""

    x: float
    y: float
    width: float
    height: float
    thickness: float


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of the maker's own, in a box of its shape."""

    picture: Picture
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear symbol with bars of ``height``; (``x``, ``y``) is the upper corner of the first."""

    bars: Bars
    x: float
    y: float
    module: float
    height: float

    @property
    def length(self) -> float:
        """Its length without the quiet zones."""
        return self.bars.side * self.module


Item = Words | Code | Mark | Rule | Frame | Photo | Linear


@dataclass(frozen=True, slots=True)
class Scene:
    """All items of one label of ``width`` by ``height`` mm, and the words for who cannot see it."""

    width: float
    height: float
    items: tuple[Item, ...]
    title: str
    description: str
    language: str

    @property
    def code(self) -> Code:
        """The one QR symbol of the label."""
        return next(item for item in self.items if isinstance(item, Code))

    def same(self) -> "Scene":
        """What is the same on all labels laid out as this template."""
        return replace(self, items=tuple(item for item in self.items if not _is_own(item)))

    def own(self, template: "Scene") -> tuple[Item, ...]:
        """What this label has for itself: its symbols and the letters that fill blanks."""
        pairs = zip(self.items, template.items, strict=True)
        return tuple(item for item, place in pairs if _is_own(place))

    def filled(self, symbol: Symbol, bars: Bars | None, letters: str) -> "Scene | None":
        """The scene with these symbols, and ``letters`` where it has blanks.

        ``None`` where a run of letters is wider than the blanks that keep its place.
        """
        items: list[Item] = []
        for item in self.items:
            if isinstance(item, Code):
                items.append(replace(item, symbol=symbol))
            elif isinstance(item, Linear) and bars is not None:
                items.append(replace(item, bars=bars))
            elif isinstance(item, Words) and has_blanks(item.text):
                words = replace(item, text=filled(item.text, letters))
                if words.right > item.right + 1e-6:
                    return None
                items.append(words)
            else:
                items.append(item)
        return replace(self, items=tuple(items))


def _is_own(item: Item) -> bool:
    return isinstance(item, Code | Linear) or (isinstance(item, Words) and has_blanks(item.text))


def moved(items: list[Item], dx: float, dy: float) -> list[Item]:
    """The same items, shifted."""
    return [replace(item, x=item.x + dx, y=item.y + dy) for item in items]
