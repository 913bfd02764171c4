"""What the scans of one label tell: does somebody else carry the same serial? (DESIGN §2, rules
that warn: *label scanned too often or in two far places at once*.)

Pure functions over counts by hour and coarse place; who scanned is not in them. A sign is a reason
to look, never a proof: a label that was photographed and shared looks like one that was copied, and
whoever has one label can open its page as often as they like. Signs are for the maker and for
auditors, who can look; who holds the very label is told what was seen, and what else it may mean.

* ``too-many``: more scans within some hours, or in all, than one package is good for.
* ``far-apart``: two places that nobody gets from one to the other in the time between. Hours are
  taken at their widest, and places as far inside each other as ``near`` allows, so that what is
  merely coarse never makes a sign.
* ``after-use``: scans long after the goods were used up (``traceability.ledger.used``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Final, Literal

HOUR: Final = 3_600_000  #: milliseconds
_DIAMETER: Final = 12_742  # of the earth, in kilometres

Code = Literal["too-many", "far-apart", "after-use"]
Position = tuple[float, float]  #: latitude and longitude, degrees (WGS-84)


@dataclass(frozen=True, slots=True)
class Scanned:
    """``count`` scans of a label within one hour (hours since 1970) at one coarse place (ISO 3166:
    a country or a part of one; empty: not known)."""

    hour: int
    place: str
    count: int


@dataclass(frozen=True, slots=True)
class ScanThresholds:
    """From what on a label's scans are a sign: data, with a version and a source for each."""

    version: int
    #: Project: a package is scanned in packhouse, transport, shop and kitchen, by shoppers who put
    #: it back, and by a family; not by a hundred people within a day.
    window: int = 24  #: hours
    in_window: int = 60
    in_all: int = 400
    #: Project: what an airliner covers, km/h.
    speed: int = 900
    #: Project: the middle points of two neighbouring provinces may be so far apart, km.
    near: int = 300
    #: Project: a package lies in a kitchen or a bin for a while after it was used, hours.
    after_use: int = 30 * 24


FIRST: Final = ScanThresholds(version=1)


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign, and the hour of the scan by which it first showed. ``key`` is its text."""

    code: Code
    hour: int

    @property
    def key(self) -> str:
        """Its text in the catalogues."""
        return f"scan.{self.code}"


def signs(
    scans: Sequence[Scanned],
    where: Mapping[str, Position],
    used: int | None = None,
    thresholds: ScanThresholds = FIRST,
) -> tuple[Sign, ...]:
    """The signs in the scans of one label, each once, in the order of the module's text.

    ``where``: middle points of coarse places; others are not compared. ``used``: when the goods
    were used up (Unix milliseconds), if they were.
    """
    ordered = sorted(scans, key=lambda scan: scan.hour)
    found: list[Sign] = []
    for code, hours in (
        ("too-many", _too_many(ordered, thresholds)),
        ("far-apart", _far_apart(ordered, where, thresholds)),
        ("after-use", _after_use(ordered, used, thresholds)),
    ):
        first = min(hours, default=None)
        if first is not None:
            found.append(Sign(code, first))  # type: ignore[arg-type]
    return tuple(found)


def _too_many(scans: Sequence[Scanned], thresholds: ScanThresholds) -> Iterator[int]:
    start = inside = total = 0
    for scan in scans:
        inside += scan.count
        total += scan.count
        while scans[start].hour <= scan.hour - thresholds.window:
            inside -= scans[start].count
            start += 1
        if inside > thresholds.in_window or total > thresholds.in_all:
            yield scan.hour


def _far_apart(
    scans: Sequence[Scanned], where: Mapping[str, Position], thresholds: ScanThresholds
) -> Iterator[int]:
    last: dict[str, int] = {}  # of each place: what is too far from any scan there is from this one
    for scan in scans:
        if scan.place not in where:
            continue
        for place, hour in last.items():
            apart = kilometres(where[place], where[scan.place]) - thresholds.near
            if apart > thresholds.speed * (scan.hour - hour + 1):
                yield scan.hour
        last[scan.place] = scan.hour


def _after_use(
    scans: Sequence[Scanned], used: int | None, thresholds: ScanThresholds
) -> Iterator[int]:
    if used is None:
        return
    last = used // HOUR + thresholds.after_use
    yield from (scan.hour for scan in scans if scan.hour > last)


@lru_cache(maxsize=4096)
def kilometres(one: Position, other: Position) -> float:
    """The way between two positions on a great circle (haversine formula)."""
    north, east = (radians(b - a) for a, b in zip(one, other, strict=True))
    half = sin(north / 2) ** 2
    half += cos(radians(one[0])) * cos(radians(other[0])) * sin(east / 2) ** 2
    return _DIAMETER * asin(sqrt(min(half, 1.0)))
