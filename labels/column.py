"""Blocks of text and what stands among them, set one below the other: what labels are laid out of.

No text is smaller than 1.65 mm to the em, so that capitals are at least 1.2 mm high.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labels.fitting import Block, fit
from labels.picture import Picture
from labels.qr import QUIET, Symbol
from labels.scene import Frame, Item, Mark, Photo, Rule, Tone, Words, moved
from labels.typeface import CAP_HEIGHT, DESCENT, evenly, rise, width

SMALLEST_TEXT: Final = 1.65
COMFORT: Final = 0.6  # mm: larger modules do not scan better on labels held in the hand
_LEADING: Final = 1.3
_MARK_SHARE: Final = 0.84  # of its square: the shape ends before that does, and words may begin


@dataclass(frozen=True, slots=True)
class Content:
    """The texts of one label, in its language, and its symbol."""

    symbol: Symbol
    name: str
    maker: str
    facts: tuple[tuple[str, str], ...]  # (what, value)
    numbers: tuple[tuple[str, str], ...]  # (application identifier, value)
    call: str  # what to do with the symbol
    host: str
    note: str  # where a restricted number holds, or empty
    code: str = ""  # what a person types who cannot scan
    marks: tuple[str, ...] = ()  # what certificates cover it, each to stand in a frame
    picture: Picture | None = None
    comfort: float = COMFORT  # mm: the largest module worth having on a label 50 mm wide
    aim: float = 0.0  # mm: a module to be had before texts are large


@dataclass(frozen=True, slots=True)
class Manner:
    """How to set a label: scale of its texts, size of a module (mm), and of its gaps."""

    scale: float
    module: float
    gaps: float  # 1 is ample; 0.35 is for labels that are only just high enough
    dense: bool = False  # whether both columns are filled, with nothing across their foot

    @property
    def quiet(self) -> float:
        return QUIET * self.module

    def gap(self, mm: float) -> float:
        return mm * self.scale * self.gaps


class Column:
    """Blocks of text set one below the other from ``x``, ``room`` wide; ``y`` is how far it is."""

    def __init__(self, manner: Manner, x: float, room: float, y: float) -> None:
        self.manner, self.x, self.room, self.y = manner, x, room, y
        self.items: list[Item] = []

    def heading(self, content: Content, *, align_caps: bool) -> None:
        """Product and maker, and beside them the maker's picture where there is one."""
        picture = content.picture
        if picture is None:
            self.name(content.name, align_caps=align_caps)
            self.maker(content.maker)
            return
        side = min(13.0 * self.manner.scale, 0.3 * self.room)
        wide, high = picture.fitted(side, side)
        top, room = self.y, self.room
        self.items.append(Photo(picture, self.x + room - wide, top, wide, high))
        self.room = room - wide - max(0.8, self.manner.gap(1.2))
        self.name(content.name, align_caps=align_caps)
        self.maker(content.maker)
        self.room, self.y = room, max(self.y, top + high + self.manner.gap(0.6))

    def code(self, code: str) -> None:
        """What is typed where nothing can scan: on one line, or on lines of even length."""
        if not code:
            return
        steps = (2.6 * self.manner.scale * percent / 100 for percent in range(100, 30, -5))
        choices = [*((size, 1) for size in steps if size > SMALLEST_TEXT), (SMALLEST_TEXT, 3)]
        block = fit(code, "strong", self.room, choices)
        self.set(Block(evenly(code, len(block.lines)), block.size, "strong"), "ink")
        self.y += self.manner.gap(0.5)

    def marks(self, marks: Sequence[str]) -> None:
        """Each in a frame of its own, side by side where they fit."""
        if not marks:
            return
        scale = self.manner.scale
        size = max(SMALLEST_TEXT, 1.9 * scale)
        inset, gap, thickness = 0.45 * size, max(0.6, self.manner.gap(0.9)), max(0.15, 0.2 * scale)
        height = 1.62 * size
        x, self.y = self.x, self.y + self.manner.gap(0.9)
        for mark in marks:
            block = fit(mark, "strong", self.room - 2 * inset, [(size, 1), (SMALLEST_TEXT, 1)])
            wide = block.width + 2 * inset
            if x > self.x and x + wide > self.x + self.room:
                x, self.y = self.x, self.y + height + gap
            base = self.y + (height + CAP_HEIGHT * block.size) / 2
            self.items.append(Frame(x, self.y, wide, height, thickness))
            self.items.append(Words(block.lines[0], x + inset, base, block.size, "strong", "leaf"))
            x += wide + gap
        self.y += height + self.manner.gap(0.4)

    def name(self, text: str, *, align_caps: bool) -> None:
        """The product, as large as it may be on few lines."""
        sizes = [(4.4, 1), (3.8, 2), (3.3, 3), (2.9, 3), (2.5, 4), (2.2, 5)]
        if self.manner.dense:
            sizes = [(3.8, 1), (3.3, 1), (2.9, 1), (2.6, 2), (2.2, 3), (2.2, 5)]
        block = fit(text, "strong", self.room, self.sizes(*sizes), balanced=True)
        if align_caps:  # its capitals start where the symbol starts, accents stand above
            highest = rise(block.lines[0], block.weight)
            self.y = max(self.y + (CAP_HEIGHT - 1) * block.size, 0.6 + (highest - 1) * block.size)
        self.set(block, "ink", leading=1.22)
        self.y += self.manner.gap(0.4)

    def maker(self, text: str) -> None:
        """Who made it."""
        sizes = ((2.3, 2), (2.0, 3), (1.8, 4), (1.65, 5))
        block = fit(text, "regular", self.room, self.sizes(*sizes), balanced=True)
        self.set(block, "ink")
        self.y += max(0.35, self.manner.gap(0.7))

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """What and value, in two columns where they fit, under a thin line."""
        if not facts:
            return
        thickness = 0.16 * self.manner.scale
        self.items.append(Rule(self.x, self.y, self.room, thickness))
        self.y += thickness + self.manner.gap(0.4)
        for size, _ in self.sizes((2.2, 1), (2.0, 1), (1.8, 1)):
            tab = max(width(what, "regular", size) for what, _ in facts) + 0.6 * size
            widest = max(width(value, "strong", size) for _, value in facts)
            if tab + widest <= self.room:
                break
        for what, value in facts:
            top = self.y
            self.set(fit(what, "regular", self.room, [(size, 1)]), "quiet")
            if tab + width(value, "strong", size) <= self.room:
                self.y = top
                self.set(Block((value,), size, "strong"), "ink", indent=tab)
            else:
                self.set(fit(value, "strong", self.room, [(size, 3)]), "ink")

    def call(self, text: str) -> None:
        """The mark, and beside it what to do with the symbol above."""
        scale = self.manner.scale
        mark = min(7.0 * scale, 0.34 * self.room)
        steps = (2.6 * scale * percent / 100 for percent in range(100, 40, -6))
        choices = [*((size, 2) for size in steps if size > SMALLEST_TEXT), (SMALLEST_TEXT, 3)]
        block = fit(text, "strong", self.room - _MARK_SHARE * mark, choices, balanced=True)
        words = Column(self.manner, 0, self.room, 0)
        words.set(block, "leaf")
        mark = min(mark, max(words.y + 1.2 * self.manner.gaps, 4.4 * scale))
        height = max(mark, words.y)
        self.items.append(Mark(self.x - 0.12 * mark, self.y + (height - mark) / 2, mark))
        x, y = self.x + _MARK_SHARE * mark, self.y + (height - words.y) / 2
        self.items += moved(words.items, x, y)
        self.y += height

    def numbers(self, content: Content) -> None:
        """The human-readable interpretation: each identifier in brackets, then its value.

        They share lines where they fit, and are never left out. The host follows, or the note
        that the number holds there only; the host alone may be missing where height is scarce.
        """
        last = content.note or content.host
        size, lines = min(
            (
                (size, self._flow(content.numbers, last, size))
                for size, _ in self.sizes((1.9, 1), (1.8, 1), (1.7, 1), (1.65, 1))
            ),
            key=lambda choice: len(choice[1]),
        )
        for line in lines:
            self.y += size if line is lines[0] else _LEADING * size
            for piece, x, tone in line:
                self.items.append(Words(piece, x, self.y, size, "regular", tone))
        self.y += DESCENT * size
        if all(piece != last for piece, _, _ in lines[-1]) and content.note:
            self.set(fit(last, "regular", self.room, [(size, 1), (SMALLEST_TEXT, 4)]), "quiet")

    def _flow(
        self, numbers: Sequence[tuple[str, str]], last: str, size: float
    ) -> list[list[tuple[str, float, Tone]]]:
        """Lines of (text, x, tone): the numbers as they come, ``last`` at the far right."""
        lines: list[list[tuple[str, float, Tone]]] = [[]]
        x, end = self.x, self.x + self.room
        for ai, value in numbers:
            for piece in _pieces(f"({ai}) {value}", size, self.room):
                run = width(piece, "regular", size)
                if lines[-1] and x + run > end:
                    lines.append([])
                    x = self.x
                lines[-1].append((piece, x, "ink"))
                x += run + 0.9 * size
        run = width(last, "regular", size)
        if x + run <= end:
            lines[-1].append((last, end - run, "quiet"))
        elif self.manner.gaps == 1.0 and run <= self.room:
            lines.append([(last, self.x, "quiet")])
        return lines

    def set(self, block: Block, tone: Tone, indent: float = 0, leading: float = _LEADING) -> None:
        """The lines of ``block``; ``y`` is then where their descenders end."""
        baseline = self.y + block.size
        for line in block.lines:
            x = self.x + indent
            self.items.append(Words(line, x, baseline, block.size, block.weight, tone))
            baseline += leading * block.size
        self.y = baseline - (leading - DESCENT) * block.size

    def sizes(self, *choices: tuple[float, int]) -> list[tuple[float, int]]:
        """Sizes and numbers of lines, scaled as this label is, none too small to be read."""
        return [(max(SMALLEST_TEXT, size * self.manner.scale), most) for size, most in choices]


def _pieces(line: str, size: float, room: float) -> list[str]:
    """``line`` in as few pieces as fit ``room``: a number may be broken, but never left out."""
    pieces = [""]
    for character in line:
        if width(pieces[-1] + character, "regular", size) > room:
            pieces.append("")
        pieces[-1] += character
    return pieces
