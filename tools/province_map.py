"""Make the map of Vietnam's 34 provinces that pages show (``api/web/static/provinces.json``).

    uv run --with shapely python -m tools.province_map vietnam.svg

``vietnam.svg`` is that of the npm package ``@svg-maps/vietnam`` (2.0.0, CC BY 4.0): the 63
provinces as they were until June 2025, and the islands of Hoàng Sa and Trường Sa. Those that were
merged are joined here (which ones, ``vietnamadminunits`` knows), their common borders drawn alike,
and all is made as coarse as a phone shows it. The islands are too small for that: they become dots.
"""

import json
import re
import sqlite3
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import vietnamadminunits  # type: ignore[import-untyped]

TARGET: Final = Path(__file__).parent.parent / "api" / "web" / "static" / "provinces.json"
COARSE: Final = 0.9  #: units of the drawing, which is 873 high
LEAST: Final = 2.5  #: square units: smaller islands are left out
ISLANDS: Final = {"hoangsa": "48", "truongsa": "56"}  # of Đà Nẵng, of Khánh Hòa
_SHORT: Final = {"baria": "bariavungtau", "hcm": "hochiminh", "tthue": "hue"}
_STEP: Final = re.compile(r"[a-zA-Z]|-?\d*\.?\d+(?:e-?\d+)?")
_PATH: Final = re.compile(r'<path\s+id="(\w+)".*?\sd="([^"]+)"', re.DOTALL)

_Point = tuple[float, float]


def rings(path: str) -> Iterator[list[_Point]]:
    """The closed lines of an SVG path; curves by their ends alone."""
    steps, word = iter(_STEP.findall(path)), ""
    x = y = 0.0
    ring: list[_Point] = []
    for step in steps:
        if step.isalpha():
            word = step
            if word in "zZ":
                if len(ring) > 2:
                    yield ring
                x, y = ring[0] if ring else (x, y)
                ring = []
                continue
            step = next(steps)
        base = (x, y) if word.islower() else (0.0, 0.0)
        if word in "hH":
            x = base[0] + float(step)
        elif word in "vV":
            y = base[1] + float(step)
        else:
            if word in "cC":  # two points of control, then the end
                step = [next(steps) for _ in range(4)][-1]
            x, y = base[0] + float(step), base[1] + float(next(steps))
        if word in "mM":
            if len(ring) > 2:
                yield ring
            ring, word = [], "l" if word == "m" else "L"
        ring.append((x, y))
    if len(ring) > 2:
        yield ring


def key_of(name: str) -> str:
    """A name without accents, spaces and what it is a province or city of."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return re.sub(r"[^a-z]", "", plain.replace("thanh pho ", "").replace("tinh ", ""))


def provinces() -> dict[str, tuple[str, list[str]]]:
    """Code -> name, and the names of those that were merged into it."""
    folder = Path(vietnamadminunits.__file__).parent / "data"
    merged = json.loads((folder / "converter_2025.json").read_text())["DICT_PROVINCE"]
    with sqlite3.connect(folder / "dataset.db") as base:
        new = base.execute(
            "SELECT DISTINCT provinceCode, provinceShort, provinceKey FROM admin_units"
        )
        old = dict(
            base.execute("SELECT DISTINCT provinceKey, provinceShort FROM admin_units_legacy")
        )
        return {
            code: (name, [old[each] for each in merged[key]]) for code, name, key in sorted(new)
        }


def main(source: Path) -> None:
    """Write the map."""
    from shapely import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
        MultiPolygon,
        Polygon,
        coverage_simplify,
        unary_union,
    )

    drawn: dict[str, Any] = {}
    dots: dict[str, list[_Point]] = {}
    for name, path in _PATH.findall(source.read_text()):
        lines = list(rings(path))
        if name in ISLANDS:
            dots[ISLANDS[name]] = [_middle(each) for each in lines]
        else:
            shape = unary_union([Polygon(each).buffer(0) for each in lines])
            drawn[_SHORT.get(name, name)] = shape.buffer(0.25, join_style="mitre")
    found = provinces()
    shapes = [unary_union([drawn[key_of(each)] for each in was]) for _, was in found.values()]
    taken: Any = Polygon()
    apart = []
    for shape in shapes:  # neighbours share a border: none lies over another
        apart.append(shape.difference(taken))
        taken = taken.union(shape)
    coarse = coverage_simplify(apart, COARSE)
    entries = []
    for (code, (name, was)), shape in zip(found.items(), coarse, strict=True):
        parts = list(shape.geoms) if isinstance(shape, MultiPolygon) else [shape]
        parts = [each for each in parts if each.area >= LEAST]
        where = max(parts, key=lambda each: each.area).representative_point()
        entries.append(
            {
                "code": code,
                "name": name,
                "was": [each for each in was if each != name],
                "at": [round(where.x), round(where.y)],
                "path": "".join(_line(each) for each in parts),
                "dots": _spread(dots.get(code, [])),
            }
        )
    box = [0, 0, 812, 873]  # the source's own
    TARGET.write_text(
        json.dumps({"box": box, "provinces": entries}, ensure_ascii=False, separators=(",", ":"))
        + "\n",
        encoding="utf-8",
    )


def _middle(ring: list[_Point]) -> _Point:
    return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)


def _spread(dots: list[_Point]) -> list[list[int]]:
    """Dots that can be told apart."""
    kept: list[list[int]] = []
    for x, y in dots:
        if all(abs(x - a) + abs(y - b) > 5 for a, b in kept):
            kept.append([round(x), round(y)])
    return sorted(kept)


def _line(polygon: Any) -> str:
    """The outer line of a polygon as a path in whole units, relative."""
    points = [(round(x), round(y)) for x, y in polygon.exterior.coords]
    text, (x, y) = f"M{points[0][0]} {points[0][1]}l", points[0]
    for a, b in points[1:-1]:
        if (a, b) != (x, y):
            text += f"{a - x}{' ' if b - y >= 0 else ''}{b - y} "
            x, y = a, b
    return text.rstrip() + "z"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
