"""Text made to fit a box: a smaller size, then more lines, then, last of all, an ellipsis."""

from collections.abc import Sequence
from dataclasses import dataclass

from labels.typeface import ELLIPSIS, Weight, width


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text at one size (em), each no wider than asked for."""

    lines: tuple[str, ...]
    size: float
    weight: Weight
    whole: bool = True  # false when an ellipsis stands for what was left out

    @property
    def width(self) -> float:
        """The width of the widest line."""
        return max((width(line, self.weight, self.size) for line in self.lines), default=0.0)


def fit(
    text: str,
    weight: Weight,
    room: float,
    choices: Sequence[tuple[float, int]],
    *,
    balanced: bool = False,
) -> Block:
    """``text`` in the first of ``choices`` (size, most lines) in which it fits whole.

    ``balanced`` makes its lines of even length, so that no word is left alone on the last.
    Where none will do, words are broken at the last choice; what still does not fit is left out
    and an ellipsis says so.
    """
    for size, most in choices:
        lines = _wrap(text, weight, size, room)
        if lines is not None and len(lines) <= most:
            if balanced:
                lines = _balance(text, weight, size, room, lines)
            return Block(lines, size, weight)
    size, most = choices[-1]
    pieces = _break_words(text, weight, size, room)
    lines = _wrap(" ".join(pieces), weight, size, room) or ()
    if len(lines) <= most:
        return Block(lines, size, weight)
    last = _shorten(" ".join(lines[most - 1 :]), weight, size, room)
    return Block((*lines[: most - 1], last), size, weight, whole=False)


def _shorten(text: str, weight: Weight, size: float, room: float) -> str:
    """As much of ``text`` as fits with an ellipsis, in whole words if those are most of it."""
    cut = next(
        n for n in range(len(text), -1, -1) if _ends(text[:n], weight, size) <= room or not n
    )
    kept = text[:cut]
    words = kept[: kept.rfind(" ") + 1] if text[cut : cut + 1] not in {"", " "} else kept
    return (words if len(words) > cut / 2 else kept).rstrip(" ,;.-") + ELLIPSIS


def _ends(kept: str, weight: Weight, size: float) -> float:
    return width(kept + ELLIPSIS, weight, size)


def _wrap(text: str, weight: Weight, size: float, room: float) -> tuple[str, ...] | None:
    """Lines filled word by word, or ``None`` when a word is wider than ``room``."""
    lines: list[str] = []
    for word in text.split():
        if width(word, weight, size) > room:
            return None
        if lines and width(f"{lines[-1]} {word}", weight, size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def _balance(
    text: str, weight: Weight, size: float, room: float, lines: tuple[str, ...]
) -> tuple[str, ...]:
    """As many lines, but of a more even length."""
    best = lines
    for percent in range(95, 50, -5):
        narrower = _wrap(text, weight, size, room * percent / 100)
        if narrower is None or len(narrower) > len(lines):
            break
        best = narrower
    return best


def _break_words(text: str, weight: Weight, size: float, room: float) -> list[str]:
    pieces: list[str] = []
    for word in text.split():
        rest = word
        while width(rest, weight, size) > room and len(rest) > 1:
            cut = next(
                n
                for n in range(len(rest) - 1, 0, -1)
                if n == 1 or width(rest[:n], weight, size) <= room
            )
            pieces.append(rest[:cut])
            rest = rest[cut:]
        pieces.append(rest)
    return pieces
