"""Where everything goes on a lot label.

Wide labels have the symbol on the left with its numbers below it (the human-readable
interpretation, GS1 General Specifications section 4.14), and on the right what a buyer reads:
product, maker, dates; narrow ones stack the same parts. Sizes grow with the label. No text is
smaller than 1.65 mm to the em, so that capitals are at least 1.2 mm high; where a given height is
too little even so, the label is refused rather than clipped.
"""

from dataclasses import dataclass
from typing import Final

from labels.column import Column, Content, Manner
from labels.qr import LARGEST_MODULE, MM_PER_INCH, QUIET, SMALLEST_MODULE, dots_for
from labels.scene import Code, Item, Scene, moved
from traceability.core.errors import FormatError

_BESIDE: Final = 18.0  # mm that the right column needs; with less, parts are stacked
_SHARE: Final = 0.46  # of the width, at most, for a symbol with text beside it
_VECTOR_STEPS: Final = 24
_TOO_SMALL: Final = 0.7  # what a layout with less than the aim is worth
_EPSILON: Final = 1e-6


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
class _Parts:
    """Items that stay at the top, in the middle and at the bottom when there is height to spare."""

    head: list[Item]
    body: list[Item]
    foot: list[Item]
    height: float


def _manners(
    content: Content, width_mm: float, height_is_given: bool, dpi: int | None
) -> list[Manner]:
    """All manners to try, the best first: large before small, ample before tight."""
    base = min(2.0, max(0.8, width_mm / 50))
    modules = modules_for(dpi)
    span = content.symbol.side + 2 * QUIET
    beside = width_mm - span * modules[0] >= _BESIDE
    room = _SHARE * width_mm if beside else width_mm
    largest = max(modules[0], min(room / span, content.comfort * max(1.0, base)))
    if span * modules[0] > width_mm + _EPSILON:
        return []
    fitting = [module for module in modules if module <= largest + _EPSILON]
    if not height_is_given:
        return [Manner(base, fitting[-1], 1.0)]
    scales = {base, *(scale for scale in (1.6, 1.25, 1.1, 1.0, 0.9, 0.8) if scale < base)}
    manners = [Manner(s, m, g) for s in scales for m in fitting for g in (1.0, 0.35)]
    manners += [Manner(s, m, 0.35, dense=True) for s in scales for m in fitting if content.aim]
    return sorted(manners, key=lambda manner: _worth(manner, content.aim), reverse=True)


def _worth(manner: Manner, aim: float) -> float:
    worth = manner.scale * manner.module * float(manner.gaps**0.3)
    small = manner.module < aim - _EPSILON
    return worth * (0.8 if manner.dense else 1.0) * (_TOO_SMALL if small else 1.0)


def _parts(content: Content, width_mm: float, manner: Manner) -> _Parts:
    span = (content.symbol.side + 2 * QUIET) * manner.module
    place = _beside if width_mm - span >= _BESIDE else _stacked
    return place(content, width_mm, manner)


def _beside(content: Content, width_mm: float, manner: Manner) -> _Parts:
    margin = max(1.0, manner.gap(2.0))
    edge = max(margin, manner.quiet)
    code = Code(content.symbol, edge, edge, manner.module)
    column = edge + code.side + max(manner.quiet, margin)

    left = Column(manner, edge, column - edge - max(0.8, manner.gap(1.0)), 0)
    left.y = edge + code.side + manner.quiet
    left.code(content.code)
    if not manner.dense:
        left.call(content.call)
    right = Column(manner, column, width_mm - margin - column, edge)
    right.heading(content, align_caps=True)
    right.facts(content.facts)
    right.marks(content.marks)

    if manner.dense:
        right.y += manner.gap(1.2)
        right.numbers(content)
        right.y += manner.gap(1.2)
        (right if left.y > right.y - 2 * manner.scale else left).call(content.call)
        height = max(left.y, right.y) + max(0.8, manner.gap(1.6))
        return _Parts([], [code, *left.items, *right.items], [], height)

    foot = Column(manner, edge, width_mm - margin - edge, max(left.y, right.y) + manner.gap(0.9))
    foot.numbers(content)
    height = foot.y + max(0.8, manner.gap(1.6))
    return _Parts([code, *left.items, *right.items], [], foot.items, height)


def _stacked(content: Content, width_mm: float, manner: Manner) -> _Parts:
    margin = max(1.0, manner.gap(1.5))
    room = width_mm - 2 * margin
    head = Column(manner, margin, room, margin)
    head.heading(content, align_caps=False)

    x = (width_mm - content.symbol.side * manner.module) / 2
    code = Code(content.symbol, x, head.y + manner.quiet, manner.module)
    body = Column(manner, margin, room, code.y + code.side + manner.quiet)
    body.code(content.code)
    body.call(content.call)
    foot = Column(manner, margin, room, body.y + manner.gap(0.8))
    foot.facts(content.facts)
    foot.marks(content.marks)
    foot.y += manner.gap(0.8)
    foot.numbers(content)
    return _Parts(head.items, [code, *body.items], foot.items, foot.y + margin)
