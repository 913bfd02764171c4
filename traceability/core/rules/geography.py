"""Impossible speed between places (DESIGN §2, rules that warn), in whole numbers only.

Floats could tip a threshold one way on the server and the other on an auditor's machine. Degrees
are taken as integers of 10⁻⁷; the cosine of the latitude is Bhāskara's rational approximation,
which is within 0.2 % and exact arithmetic.
"""

from collections.abc import Sequence
from math import isqrt
from typing import Final

from traceability.core.claims import Point
from traceability.core.facts import Statement
from traceability.core.rules.balance import Source
from traceability.core.rules.case import Case

_SCALE: Final = 10**7
_METRES_PER_DEGREE: Final = 111_195  #: of a great circle; mean radius 6,371,009 m (IUGG)


def check_speed(case: Case, sources: Sequence[Source]) -> None:
    """Marks a receipt that comes too soon after its shipment for the distance."""
    to = case.state.place(case.body.place) if case.body.place else None
    for source in sources:
        holding = source.holding
        left = case.state.place(holding.sent_from) if holding.sent_from else None
        start, end = position(left), position(to)
        if start is None or end is None:
            continue
        metres = distance(start, end)
        if metres <= case.state.thresholds.near:
            continue
        hours_in_ms = max(case.happened - holding.at, 1)
        # metres / (ms / 3.6e6) > km/h · 1000
        if metres * 3_600 > case.state.thresholds.speed * hours_in_ms:
            case.alert("speed")
            return


def position(place: Statement | None) -> tuple[int, int] | None:
    """Longitude and latitude of a place in 10⁻⁷ degrees: its point, or a corner of its shape."""
    if place is None:
        return None
    point: Point | None = place.data.point or (
        place.data.polygon[0] if place.data.polygon else None
    )
    return None if point is None else (_fixed(point.lon), _fixed(point.lat))


def distance(start: tuple[int, int], end: tuple[int, int]) -> int:
    """Metres between two positions, for distances of up to some hundred kilometres."""
    latitude = abs(start[1] + end[1]) // 2
    square = latitude * latitude
    full = 32_400 * _SCALE * _SCALE
    cosine = (full - 4 * square) * _SCALE // (full + square)
    east = (end[0] - start[0]) * cosine // _SCALE
    north = end[1] - start[1]
    return isqrt(east * east + north * north) * _METRES_PER_DEGREE // _SCALE


def _fixed(degrees: str) -> int:
    whole, _, fraction = degrees.lstrip("-").partition(".")
    value = int(whole) * _SCALE + int(fraction[:7].ljust(7, "0"))
    return -value if degrees.startswith("-") else value
