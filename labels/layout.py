"""Where everything goes on a lot label.

Wide labels have the symbol on the left with its numbers below it (the human-readable
interpretation, GS1 General Specifications section 4.14), and on the right what a buyer reads:
product, maker, dates; narrow ones stack the same parts. Sizes grow with the label. No text is
smaller than 1.65 mm to the em, so that capitals are at least 1.2 mm high; where a given height is
too little even so, the label is refused rather than clipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labels.fitting import Block, fit
from labels.qr import LARGEST_MODULE, MM_PER_INCH, QUIET, SMALLEST_MODULE, Symbol, dots_for
from labels.scene import Code, Item, Mark, Rule, Scene, Tone, Words, moved
from labels.typeface import CAP_HEIGHT, DESCENT, rise, width
from traceability.core.errors import FormatError

SMALLEST_TEXT: Final = 1.65
_LEADING: Final = 1.3
_BESIDE: Final = 18.0  # mm that the right column needs; with less, parts are stacked
_SHARE: Final = 0.46  # of the width, at most, for a symbol with text beside it
_COMFORT: Final = 0.6  # mm: larger modules do not scan better on labels held in the hand
_VECTOR_STEPS: Final = 24
_MARK_SHARE: Final = 0.84  # of its square: the shape ends before that does, and words may begin
_EPSILON: Final = 1e-6


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


def modules_for(dpi: int | None) -> list[float]:
    """Module sizes (mm) that GS1 allows and ``dpi`` can print, smallest first.

    ``None`` stands for outlines, which have no dots.
    """
    if dpi is None:
        span = LARGEST_MODULE - SMALLEST_MODULE
        return [SMALLEST_MODULE + span * n / _VECTOR_STEPS for n in range(_VECTOR_STEPS + 1)]
    dot = MM_PER_INCH / dpi
    first = dots_for(SMALLEST_MODULE, dpi)
    last = max(first, int(LARGEST_MODULE / dot))
    return [dots * dot for dots in range(first, last + 1)]


def arrange(
    content: Content,
    width_mm: float,
    height_mm: float | None,
    dpi: int | None,
    title: str,
    description: str,
    language: str,
) -> Scene:
    """The label at ``width_mm``, as high as it needs or exactly ``height_mm``.

    ``label.too-small`` when the symbol or the texts do not fit at sizes that can be read.
    """
    needed = 0.0
    for manner in _manners(content, width_mm, height_mm is not None, dpi):
        parts = _parts(content, width_mm, manner)
        needed = min(needed or parts.height, parts.height)
        if height_mm is None or parts.height <= height_mm + _EPSILON:
            spare = 0.0 if height_mm is None else height_mm - parts.height
            items = [*parts.head, *moved(parts.body, 0, spare / 2), *moved(parts.foot, 0, spare)]
            final = height_mm or parts.height
            return Scene(width_mm, final, tuple(items), title, description, language)
    if needed:
        raise FormatError("label.too-low", needed=f"{needed:.1f}", found=f"{height_mm:g}")
    side = (content.symbol.side + 2 * QUIET) * modules_for(dpi)[0]
    raise FormatError("label.too-narrow", needed=f"{side:.1f}", found=f"{width_mm:g}")


@dataclass(frozen=True, slots=True)
class _Manner:
    """How to set a label: scale of its texts, size of a module (mm), and of its gaps."""

    scale: float
    module: float
    gaps: float  # 1 is ample; 0.35 is for labels that are only just high enough

    @property
    def quiet(self) -> float:
        return QUIET * self.module

    def gap(self, mm: float) -> float:
        return mm * self.scale * self.gaps


@dataclass(frozen=True, slots=True)
class _Parts:
    """Items that stay at the top, in the middle and at the bottom when there is height to spare."""

    head: list[Item]
    body: list[Item]
    foot: list[Item]
    height: float


def _manners(
    content: Content, width_mm: float, height_is_given: bool, dpi: int | None
) -> list[_Manner]:
    """All manners to try, the best first: large before small, ample before tight."""
    base = min(2.0, max(0.8, width_mm / 50))
    modules = modules_for(dpi)
    span = content.symbol.side + 2 * QUIET
    beside = width_mm - span * modules[0] >= _BESIDE
    room = _SHARE * width_mm if beside else width_mm
    largest = max(modules[0], min(room / span, _COMFORT * max(1.0, base)))
    if span * modules[0] > width_mm + _EPSILON:
        return []
    fitting = [module for module in modules if module <= largest + _EPSILON]
    if not height_is_given:
        return [_Manner(base, fitting[-1], 1.0)]
    scales = {base, *(scale for scale in (1.6, 1.25, 1.1, 1.0, 0.9, 0.8) if scale < base)}
    manners = [_Manner(s, m, g) for s in scales for m in fitting for g in (1.0, 0.35)]
    return sorted(manners, key=lambda manner: -manner.scale * manner.module * manner.gaps**0.3)


def _parts(content: Content, width_mm: float, manner: _Manner) -> _Parts:
    span = (content.symbol.side + 2 * QUIET) * manner.module
    place = _beside if width_mm - span >= _BESIDE else _stacked
    return place(content, width_mm, manner)


def _beside(content: Content, width_mm: float, manner: _Manner) -> _Parts:
    margin = max(1.0, manner.gap(2.0))
    edge = max(margin, manner.quiet)
    code = Code(content.symbol, edge, edge, manner.module)
    column = edge + code.side + max(manner.quiet, margin)

    left = _Column(manner, edge, column - edge - max(0.8, manner.gap(1.0)), 0)
    left.y = edge + code.side + manner.quiet
    left.call(content.call)
    right = _Column(manner, column, width_mm - margin - column, edge)
    right.name(content.name, align_caps=True)
    right.maker(content.maker)
    right.facts(content.facts)

    foot = _Column(manner, edge, width_mm - margin - edge, max(left.y, right.y) + manner.gap(0.9))
    foot.numbers(content)
    height = foot.y + max(0.8, manner.gap(1.6))
    return _Parts([code, *left.items, *right.items], [], foot.items, height)


def _stacked(content: Content, width_mm: float, manner: _Manner) -> _Parts:
    margin = max(1.0, manner.gap(1.5))
    room = width_mm - 2 * margin
    head = _Column(manner, margin, room, margin)
    head.name(content.name, align_caps=False)
    head.maker(content.maker)

    x = (width_mm - content.symbol.side * manner.module) / 2
    code = Code(content.symbol, x, head.y + manner.quiet, manner.module)
    body = _Column(manner, margin, room, code.y + code.side + manner.quiet)
    body.call(content.call)
    foot = _Column(manner, margin, room, body.y + manner.gap(0.8))
    foot.facts(content.facts)
    foot.y += manner.gap(0.8)
    foot.numbers(content)
    return _Parts(head.items, [code, *body.items], foot.items, foot.y + margin)


class _Column:
    """Blocks of text set one below the other from ``x``, ``room`` wide; ``y`` is how far it is."""

    def __init__(self, manner: _Manner, x: float, room: float, y: float) -> None:
        self.manner, self.x, self.room, self.y = manner, x, room, y
        self.items: list[Item] = []

    def name(self, text: str, *, align_caps: bool) -> None:
        """The product, as large as it may be on few lines."""
        sizes = ((4.4, 1), (3.8, 2), (3.3, 3), (2.9, 3), (2.5, 4), (2.2, 5))
        block = fit(text, "strong", self.room, self._sizes(*sizes), balanced=True)
        if align_caps:  # its capitals start where the symbol starts, accents stand above
            highest = rise(block.lines[0], block.weight)
            self.y = max(self.y + (CAP_HEIGHT - 1) * block.size, 0.6 + (highest - 1) * block.size)
        self._set(block, "ink", leading=1.22)
        self.y += self.manner.gap(0.4)

    def maker(self, text: str) -> None:
        """Who made it."""
        sizes = ((2.3, 2), (2.0, 3), (1.8, 4), (1.65, 5))
        block = fit(text, "regular", self.room, self._sizes(*sizes), balanced=True)
        self._set(block, "ink")
        self.y += max(0.35, self.manner.gap(0.7))

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """What and value, in two columns where they fit, under a thin line."""
        if not facts:
            return
        thickness = 0.16 * self.manner.scale
        self.items.append(Rule(self.x, self.y, self.room, thickness))
        self.y += thickness + self.manner.gap(0.4)
        for size, _ in self._sizes((2.2, 1), (2.0, 1), (1.8, 1)):
            tab = max(width(what, "regular", size) for what, _ in facts) + 0.6 * size
            widest = max(width(value, "strong", size) for _, value in facts)
            if tab + widest <= self.room:
                break
        for what, value in facts:
            top = self.y
            self._set(fit(what, "regular", self.room, [(size, 1)]), "quiet")
            if tab + width(value, "strong", size) <= self.room:
                self.y = top
                self._set(Block((value,), size, "strong"), "ink", indent=tab)
            else:
                self._set(fit(value, "strong", self.room, [(size, 3)]), "ink")

    def call(self, text: str) -> None:
        """The mark, and beside it what to do with the symbol above."""
        scale = self.manner.scale
        mark = min(7.0 * scale, 0.34 * self.room)
        steps = (2.6 * scale * percent / 100 for percent in range(100, 40, -6))
        choices = [*((size, 2) for size in steps if size > SMALLEST_TEXT), (SMALLEST_TEXT, 3)]
        block = fit(text, "strong", self.room - _MARK_SHARE * mark, choices, balanced=True)
        words = _Column(self.manner, 0, self.room, 0)
        words._set(block, "leaf")
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
                for size, _ in self._sizes((1.9, 1), (1.8, 1), (1.7, 1), (1.65, 1))
            ),
            key=lambda choice: len(choice[1]),
        )
        for line in lines:
            self.y += size if line is lines[0] else _LEADING * size
            for piece, x, tone in line:
                self.items.append(Words(piece, x, self.y, size, "regular", tone))
        self.y += DESCENT * size
        if all(piece != last for piece, _, _ in lines[-1]) and content.note:
            self._set(fit(last, "regular", self.room, [(size, 1), (SMALLEST_TEXT, 4)]), "quiet")

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

    def _set(self, block: Block, tone: Tone, indent: float = 0, leading: float = _LEADING) -> None:
        baseline = self.y + block.size
        for line in block.lines:
            x = self.x + indent
            self.items.append(Words(line, x, baseline, block.size, block.weight, tone))
            baseline += leading * block.size
        self.y = baseline - (leading - DESCENT) * block.size

    def _sizes(self, *choices: tuple[float, int]) -> list[tuple[float, int]]:
        return [(max(SMALLEST_TEXT, size * self.manner.scale), most) for size, most in choices]


def _pieces(line: str, size: float, room: float) -> list[str]:
    """``line`` in as few pieces as fit ``room``: a number may be broken, but never left out."""
    pieces = [""]
    for character in line:
        if width(pieces[-1] + character, "regular", size) > room:
            pieces.append("")
        pieces[-1] += character
    return pieces
