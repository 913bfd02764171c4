"""Shapes given as SVG path data, turned into pixels.

Only what our own drawings use: absolute ``M L C Z``, filled by the even-odd rule.
"""

import re
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw

Point = tuple[float, float]
_TOKENS = re.compile(r"[MLCZ]|-?[0-9.]+")
_STEPS = 24  # straight pieces to a curve: no corner shows at any size that a label has


@lru_cache(maxsize=16)
def flatten(path: str) -> tuple[tuple[Point, ...], ...]:
    """The contours of ``path`` as polygons, in its own units."""
    contours: list[tuple[Point, ...]] = []
    points: list[Point] = []
    for command, numbers in commands(path):
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "M":
            points = pairs
        elif command == "L":
            points += pairs
        elif command == "C":
            for at in range(0, len(pairs), 3):
                points += _curve(points[-1], *pairs[at : at + 3])
        else:
            contours.append(tuple(points))
    return tuple(contours)


def mask(path: str, view: float, pixels: int, oversample: int = 4) -> Image.Image:
    """``path``, drawn in a square of ``view`` units, as a grey mask of ``pixels`` by ``pixels``."""
    side = pixels * oversample
    whole = Image.new("1", (side, side))
    for contour in flatten(path):
        one = Image.new("1", (side, side))
        scaled = [(x * side / view, y * side / view) for x, y in contour]
        ImageDraw.Draw(one).polygon(scaled, fill=1)
        whole = ImageChops.logical_xor(whole, one)
    return whole.convert("L").reduce(oversample)


def commands(path: str) -> list[tuple[str, list[float]]]:
    """Each command of ``path`` with the numbers that follow it."""
    found: list[tuple[str, list[float]]] = []
    for token in _TOKENS.findall(path):
        if token.isalpha():
            found.append((token, []))
        else:
            found[-1][1].append(float(token))
    return found


def _curve(a: Point, b: Point, c: Point, d: Point) -> list[Point]:
    """The cubic Bézier curve from ``a`` to ``d`` with handles ``b`` and ``c``, without ``a``."""
    points = []
    for step in range(1, _STEPS + 1):
        t = step / _STEPS
        s = 1 - t
        weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
        x, y = (
            sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1)
        )
        points.append((x, y))
    return points
