"""What stands where on a label, in millimetres from its upper left corner, before any drawing.

A scene is made once by ``labels.layout`` and drawn by ``labels.raster`` (pixels) and
``labels.vector`` (SVG) alike.
"""

from dataclasses import dataclass, replace
from typing import Literal

from labels.qr import Symbol
from labels.typeface import Weight, width

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


Item = Words | Code | Mark | Rule


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
        """The one symbol of the label."""
        return next(item for item in self.items if isinstance(item, Code))


def moved(items: list[Item], dx: float, dy: float) -> list[Item]:
    """The same items, shifted."""
    return [replace(item, x=item.x + dx, y=item.y + dy) for item in items]
