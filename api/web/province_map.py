"""The map of a lot's way: the provinces of Vietnam, those that it passed, and how it went.

The drawing is ``static/provinces.json`` (from ``@svg-maps/vietnam``, CC BY 4.0; the README beside
it says how it was made). A map is named by what it shows, so that its picture never changes and is
fetched once: two digits for each province in the order of the way, then pairs of their numbers for
the journeys between them, as in ``92-79.12``. It is a picture with an address of its own and makes
no page heavier; nothing is fetched from elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import hypot
from pathlib import Path
from typing import Any, Final

import orjson

from traceability.core.errors import LedgerError

MOST: Final = 9  #: stops of one map; a longer way has none
PATTERN: Final = r"^[0-9]{2}(-[0-9]{2}){0,8}(\.[1-9]{2}(-[1-9]{2}){0,19})?$"

_MAP: Final = orjson.loads((Path(__file__).parent / "static" / "provinces.json").read_bytes())
_PROVINCES: Final[dict[str, Any]] = {each["code"]: each for each in _MAP["provinces"]}
_WIDTH, _HEIGHT = _MAP["box"][2:]
_ISLANDS: Final = (("Hoàng Sa", 588, 350), ("Trường Sa", 690, 630))
_is_name: Final = re.compile(PATTERN).fullmatch
_TITLES: Final = re.compile(r"\b(tinh|thanh pho|tp)\b\.?")

_INK, _LEAF, _PALE, _PAPER = "#1d2416", "#447a14", "#dfe5d0", "#fffdf7"
_RADIUS: Final = 17


@dataclass(frozen=True, slots=True)
class Way:
    """A lot's way over the map: the provinces' names in their order, and the picture's name."""

    stops: tuple[str, ...]
    name: str

    @property
    def path(self) -> str:
        """Where the picture is."""
        return f"/maps/{self.name}.svg"


def _key(name: str) -> str:
    """A name as people spell it in many ways: no accents, no case, no "tỉnh"."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return re.sub(r"[^a-z]", "", _TITLES.sub(" ", letters))


_CODES: Final = {
    _key(name): code for code, each in _PROVINCES.items() for name in (*each["was"], each["name"])
} | {"baria": "79", "saigon": "79", "thuathienhue": "46"}


def code_of(province: str) -> str | None:
    """The code of a province by its name, that of today or that of before July 2025."""
    return _CODES.get(_key(province))


def way_of(visits: Iterable[str], journeys: Iterable[tuple[str, str]]) -> Way | None:
    """The way through provinces by name, in their order; ``journeys`` from one to another.

    None where no province is known, or more than a map can tell apart.
    """
    codes = list(dict.fromkeys(code for each in visits if (code := code_of(each))))
    if not 1 <= len(codes) <= MOST:
        return None
    numbers = {code: n for n, code in enumerate(codes, 1)}
    pairs = dict.fromkeys(
        (numbers[a], numbers[b])
        for one, other in journeys
        if (a := code_of(one)) in numbers and (b := code_of(other)) in numbers and a != b
    )
    name = "-".join(codes)
    if pairs:
        name += "." + "-".join(f"{a}{b}" for a, b in list(pairs)[:20])
    return Way(tuple(_PROVINCES[each]["name"] for each in codes), name)


@lru_cache(maxsize=256)
def draw(name: str) -> bytes:
    """The picture of that name as SVG. Raises ``LedgerError("request.nothing-here")``."""
    if not _is_name(name):
        raise LedgerError("request.nothing-here")
    places, _, journeys = name.partition(".")
    codes = places.split("-")
    pairs = [(int(each[0]), int(each[1])) for each in journeys.split("-") if each]
    if (
        len(set(codes)) < len(codes)
        or not set(codes) <= _PROVINCES.keys()
        or any(a == b or max(a, b) > len(codes) for a, b in pairs)
    ):
        raise LedgerError("request.nothing-here")
    points = _apart([tuple(_PROVINCES[code]["at"]) for code in codes])
    return "".join((_HEAD, _land(frozenset(codes)), _lines(points, pairs), _marks(points))).encode()


_HEAD: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    f' width="{_WIDTH}" height="{_HEIGHT}" font-family="system-ui,sans-serif">'
    f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{_PAPER}"/>'
    f'<marker id="a" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="5" markerHeight="5"'
    f' orient="auto"><path d="M0 0L10 5L0 10z" fill="{_INK}"/></marker>'
)

_Dot = tuple[float, float]


def _land(visited: frozenset[str]) -> str:
    parts = []
    for code, each in _PROVINCES.items():
        fill = _LEAF if code in visited else _PALE
        parts.append(f'<path d="{each["path"]}" fill="{fill}" stroke="{_PAPER}" stroke-width="2"/>')
        if each["dots"]:
            dots = "".join(f"M{x} {y}h0" for x, y in each["dots"])
            parts.append(
                f'<path d="{dots}" stroke="{_LEAF}" stroke-width="5" stroke-linecap="round"/>'
            )
    parts += (
        f'<text x="{x}" y="{y}" font-size="24" text-anchor="middle" fill="{_INK}">{name}</text>'
        for name, x, y in _ISLANDS
    )
    return "".join(parts)


def _lines(points: Sequence[_Dot], pairs: Sequence[tuple[int, int]]) -> str:
    """Each journey as a bow from edge to edge of two marks, to the right of who goes it."""
    found = []
    for a, b in pairs:
        (x1, y1), (x2, y2) = points[a - 1], points[b - 1]
        length = hypot(x2 - x1, y2 - y1)
        across = (y1 - y2) / length, (x2 - x1) / length
        bow = min(length / 4, 60)
        middle = (x1 + x2) / 2 + across[0] * bow, (y1 + y2) / 2 + across[1] * bow
        start, end = _towards((x1, y1), middle, _RADIUS), _towards((x2, y2), middle, _RADIUS + 3)
        found.append(
            f'<path d="M{start[0]:.0f} {start[1]:.0f}Q{middle[0]:.0f} {middle[1]:.0f}'
            f' {end[0]:.0f} {end[1]:.0f}" fill="none" stroke="{_INK}" stroke-width="4"'
            ' marker-end="url(#a)"/>'
        )
    return "".join(found)


def _towards(point: _Dot, other: _Dot, far: float) -> _Dot:
    """So far from a point, in the direction of another."""
    length = hypot(other[0] - point[0], other[1] - point[1]) or 1.0
    return (
        point[0] + (other[0] - point[0]) / length * far,
        point[1] + (other[1] - point[1]) / length * far,
    )


def _marks(points: Sequence[_Dot]) -> str:
    found = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{_RADIUS}" fill="{_PAPER}" stroke="{_INK}"'
        f' stroke-width="3"/><text x="{x:.0f}" y="{y + 8:.0f}" font-size="23" font-weight="700"'
        f' text-anchor="middle" fill="{_INK}">{n}</text>'
        for n, (x, y) in enumerate(points, 1)
    )
    return f"{found}</svg>"


def _apart(points: Sequence[_Dot]) -> list[_Dot]:
    """The points, moved so far that their marks do not cover each other."""
    found = [(float(x), float(y)) for x, y in points]
    least = 2 * _RADIUS + 30  # room for an arrow
    for _ in range(40):
        moved = False
        for a in range(len(found)):
            for b in range(a):
                (x1, y1), (x2, y2) = found[a], found[b]
                gap = hypot(x1 - x2, y1 - y2)
                if gap < least:
                    push = (least - gap) / 2 + 0.5
                    found[a] = _towards((x1, y1), (x2, y2), -push)
                    found[b] = _towards((x2, y2), (x1, y1), -push)
                    moved = True
        if not moved:
            break
    return [(min(max(x, 20), _WIDTH - 20), min(max(y, 20), _HEIGHT - 20)) for x, y in found]
