"""``python -m tools.province_points`` picks the points by which a phone guesses its province.

A phone that may know where it is looks for the nearest of some four hundred points, each of which
is a commune's, and proposes that point's province; people see it before they send it, and may
choose another. The communes are those of ``vietnamadminunits`` (MIT), the points
``api/web/static/province_points.json``: by the code of the province, latitude and longitude in
hundredths of a degree.

Each province begins with the commune in its middle. Then, again and again, the commune that lies
deepest in a wrong province becomes a point of its own, until nearly all are in the right one.
"""

import json
import sqlite3
from collections import defaultdict
from math import cos, radians
from pathlib import Path
from typing import Final

import vietnamadminunits  # type: ignore[import-untyped,unused-ignore]

from traceability.ledger.provinces import PROVINCES

TARGET: Final = Path(__file__).parents[1] / "api/web/static/province_points.json"
RIGHT: Final = 0.93  #: of all communes
Point = tuple[int, int]


def communes() -> list[tuple[str, Point]]:
    """All communes: the code of their province, and where they are."""
    codes = {each.number: each.code for each in PROVINCES}
    source = Path(vietnamadminunits.__file__).parent / "data" / "dataset.db"
    query = "SELECT provinceCode, wardLat, wardLon FROM admin_units ORDER BY wardCode"
    with sqlite3.connect(source) as base:
        return [
            (codes[number], (round(100 * lat), round(100 * lon)))
            for number, lat, lon in base.execute(query)
        ]


def apart(one: Point, other: Point) -> float:
    """How far two points are from each other, squared; as the phone reckons it."""
    east = (one[1] - other[1]) * cos(radians(one[0] / 100))
    return float((one[0] - other[0]) ** 2 + east**2)


def points() -> dict[str, list[Point]]:
    """The points by province."""
    all_ = communes()
    by_code: defaultdict[str, list[Point]] = defaultdict(list)
    for code, at in all_:
        by_code[code].append(at)
    found = {}
    for code, members in by_code.items():
        middle = tuple(round(sum(each[axis] for each in members) / len(members)) for axis in (0, 1))
        found[code] = [min(members, key=lambda at: apart(at, (middle[0], middle[1])))]
    near = {(code, at): {each: apart(at, found[each][0]) for each in found} for code, at in all_}
    while True:
        wrong = [
            (near[code, at][code] - min(near[code, at].values()), code, at)
            for code, at in near
            if near[code, at][code] > min(near[code, at].values())
        ]
        if len(wrong) <= (1 - RIGHT) * len(near):
            return {code: sorted(found[code]) for code in sorted(found)}
        _, code, new = max(wrong)
        found[code].append(new)
        for (_, at), distances in near.items():
            distances[code] = min(distances[code], apart(at, new))


if __name__ == "__main__":
    TARGET.write_text(json.dumps(points(), separators=(",", ":")) + "\n", "ascii")
