"""Which of the forms of a thing suits a client best (RFC 9110 §12.4.2 and §12.5.1, ``Accept``).

A client gives media ranges with weights from 0 to 1. For each form the most specific range that
covers it counts: ``text/html`` before ``text/*`` before ``*/*``. The form of the highest weight is
given; among equals the one that was named more exactly, then the one that the server puts first.
Weight 0 means *not this*. A range that cannot be read, or has parameters that our forms do not
have, covers nothing. No header, or an empty one, accepts everything.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

LONGEST: Final = 2048  #: characters of a header that are looked at; no browser's is as long
_RANGE: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)/([!#$%&'*+.^_`|~0-9A-Za-z-]+)")
_WEIGHT: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
_UTF8: Final = frozenset({"charset=utf-8", 'charset="utf-8"'})  # what every text of ours is

Range = tuple[str, float]


def bounded(header: str) -> str:
    """As much of a list as is looked at: whole members, ``LONGEST`` characters at the most."""
    return header if len(header) <= LONGEST else header[:LONGEST].rpartition(",")[0]


def weight(text: str) -> float | None:
    """A weight as RFC 9110 §12.4.2 writes it, or None where it is none."""
    return float(text) if _WEIGHT.fullmatch(text) else None


def best(header: str, forms: Sequence[str]) -> int | None:
    """Which of ``forms`` (media types, the server's favourite first) suits; None: none of them."""
    ranges = _ranges(bounded(header))
    if ranges is None:
        return 0
    found: tuple[float, int] = (0.0, -1)
    choice = None
    for number, form in enumerate(forms):
        liked = _liking(form, ranges)
        if liked[0] > 0 and liked > found:
            found, choice = liked, number
    return choice


def _liking(form: str, ranges: Sequence[Range]) -> tuple[float, int]:
    """Weight of a form, and how exactly it was named: 2 its type, 1 its kind, 0 anything."""
    known = dict(ranges)
    for exactness, name in ((2, form), (1, form.partition("/")[0] + "/*"), (0, "*/*")):
        if name in known:
            return known[name], exactness
    return 0.0, 0


@lru_cache(maxsize=1024)
def _ranges(header: str) -> tuple[Range, ...] | None:
    """The ranges of a header, with the highest weight of those that stand twice; None: no header.

    Commas part ranges; those within a quoted string do not occur in what browsers and programs
    send, and leave a range that covers nothing.
    """
    if not header.strip():
        return None
    found: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        liked: float | None = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                liked = weight(value.strip())
                break  # what follows the weight is an extension of old, and means nothing
            if parameter and parameter not in _UTF8:
                liked = None
                break
        if liked is not None and _RANGE.fullmatch(name):
            found[name] = max(liked, found.get(name, 0.0))
    return tuple(found.items())
