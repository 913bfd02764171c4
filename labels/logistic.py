"""Where everything goes on the label of a pallet (a logistic unit).

Three parts, one below the other, as the GS1 Logistic Label Guideline has them: what people read,
the SSCC in figures, and its bars at the bottom, at least 31.75 mm high, with the human-readable
interpretation under them. The QR symbol stands beside the facts, large enough for a phone from a
step away.
"""

from collections.abc import Iterator
from typing import Final

from labels.column import Column, Content, Manner
from labels.encoders import LARGEST_BAR, LOWEST_BARS, QUIET_BARS, SMALLEST_BAR, Bars
from labels.fitting import Block
from labels.layout import modules_for
from labels.qr import MM_PER_INCH, QUIET, dots_for
from labels.scene import Code, Item, Linear, Rule, Scene, moved
from labels.typeface import width
from traceability.core.errors import FormatError

_MARGIN: Final = 3.0
_HIGHEST_BARS: Final = 60.0
_QR_SHARE: Final = 0.44  # of the width, at most
_SCALES: Final = (2.6, 2.2, 1.9, 1.6, 1.4, 1.2, 1.0, 0.9, 0.8)


def bar_module(bars: Bars, width_mm: float, dpi: int | None) -> float:
    """The widest module (mm) with which the bars and their quiet zones fit; whole dots at ``dpi``.

    ``label.bars-too-wide`` when not even the narrowest does.
    """
    span = bars.side + 2 * QUIET_BARS
    room = width_mm / span
    if dpi is None:
        widest = min(room, LARGEST_BAR)
        least = SMALLEST_BAR
    else:
        dot = MM_PER_INCH / dpi
        widest = min(int(room / dot + 1e-9), int(LARGEST_BAR / dot)) * dot
        least = dots_for(SMALLEST_BAR, dpi) * dot
    if widest < least - 1e-9:
        raise FormatError(
            "label.bars-too-wide", needed=f"{span * least:.1f}", found=f"{width_mm:g}"
        )
    return widest


def arrange_pallet(
    content: Content,
    bars: Bars,
    size: tuple[float, float],
    dpi: int | None,
    title: str,
    language: str,
) -> Scene:
    """The label at exactly ``size`` (mm); ``label.too-low``, ``label.too-narrow`` as others."""
    width_mm, height_mm = size
    module = bar_module(bars, width_mm, dpi)
    foot = _foot(bars, module, width_mm)
    needed = 0.0
    for manner in _manners(content, width_mm, dpi):
        head = _head(content, width_mm, manner)
        total = head.y + foot.y + LOWEST_BARS
        needed = min(needed or total, total)
        if total <= height_mm + 1e-6:
            return _set(head, foot, bars, module, size, title, language)
    if needed:
        raise FormatError("label.too-low", needed=f"{needed:.1f}", found=f"{height_mm:g}")
    side = (content.symbol.side + 2 * QUIET) * modules_for(dpi)[0]
    raise FormatError("label.too-narrow", needed=f"{side:.1f}", found=f"{width_mm:g}")


def _manners(content: Content, width_mm: float, dpi: int | None) -> Iterator[Manner]:
    """Large before small: the texts first, since every module allowed is one that scans."""
    span = content.symbol.side + 2 * QUIET
    fitting = [module for module in modules_for(dpi) if span * module <= _QR_SHARE * width_mm]
    most = max(1.0, width_mm / 46)
    for scale in _SCALES:
        for module in reversed(fitting):
            if scale <= most:
                yield Manner(scale, module, 1.0)
                yield Manner(scale, module, 0.5)


def _head(content: Content, width_mm: float, manner: Manner) -> Column:
    """Product and maker across the label; below them the symbol, and the facts beside it."""
    room = width_mm - 2 * _MARGIN
    head = Column(manner, _MARGIN, room, _MARGIN)
    head.heading(content, align_caps=False)
    head.y += manner.gap(0.6)
    top = max(head.y, manner.quiet)
    edge = max(_MARGIN, manner.quiet)
    code = Code(content.symbol, edge, top + manner.quiet / 2, manner.module)
    left = Column(manner, edge, code.side, code.y + code.side + manner.quiet)
    left.call(content.call)
    x = edge + code.side + manner.quiet
    right = Column(manner, x, width_mm - _MARGIN - x, code.y)
    right.facts(content.facts)
    right.marks(content.marks)
    right.y += manner.gap(1.0)
    right.numbers(content)
    head.items += [code, *left.items, *right.items]
    head.y = max(left.y, right.y) + manner.gap(1.2)
    return head


def _foot(bars: Bars, module: float, width_mm: float) -> Column:
    """What stands under the bars, from their lower edge, as ``y`` 0."""
    manner = Manner(1.0, module, 1.0)
    foot = Column(manner, _MARGIN, width_mm - 2 * _MARGIN, 0.8)
    for size in (6.0, 5.5, 5.0, 4.5, 4.0, 3.5, 3.0):
        run = width(bars.content, "strong", size)
        if run <= bars.side * module:
            break
    foot.set(Block((bars.content,), size, "strong"), "ink", indent=(foot.room - run) / 2)
    foot.y += 2.0
    return foot


def _set(
    head: Column,
    foot: Column,
    bars: Bars,
    module: float,
    size: tuple[float, float],
    title: str,
    language: str,
) -> Scene:
    """What is left of the height goes to the bars first, then between the parts."""
    width_mm, height_mm = size
    line = 0.25
    spare = height_mm - head.y - foot.y - LOWEST_BARS - line
    bar_height = min(_HIGHEST_BARS, LOWEST_BARS + max(0.0, 0.6 * spare))
    top = height_mm - foot.y - bar_height
    x = (width_mm - bars.side * module) / 2
    middle = (head.y + top) / 2
    items: list[Item] = [*head.items]
    if top - head.y >= 2.0:
        items.append(Rule(_MARGIN, middle - line / 2, width_mm - 2 * _MARGIN, line))
    items.append(Linear(bars, x, top, module, bar_height))
    items += moved(foot.items, 0, height_mm - foot.y)
    return Scene(width_mm, height_mm, tuple(items), title, "", language)
