"""Long lists in pages, each of which says where the next begins.

A cursor is opaque to those who carry it: base64url of a JSON array, the place in the list's own
order after which to go on. A page read today goes on where it ended, whatever was added since.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import orjson

from traceability.core import b64
from traceability.core.errors import FormatError, LedgerError

Item = TypeVar("Item")

MOST: Final = 500  #: items of a page


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items, and the cursor of the page after them (None: there are no more)."""

    items: tuple[Item, ...]
    next: str | None


def bounded(limit: int) -> int:
    """A page's size, between one and ``MOST``."""
    return max(1, min(limit, MOST))


def cursor(*place: str | int) -> str:
    """The cursor that goes on after a place."""
    return b64.encode(orjson.dumps(place))


def place_of(text: str | None, *first: str | int) -> tuple[str | int, ...]:
    """The place of a cursor, or ``first`` without one; members are of the types that ``first`` has.

    Raises ``LedgerError("cursor.malformed")``.
    """
    if text is None:
        return first
    try:
        place = orjson.loads(b64.decode(text))
    except (FormatError, orjson.JSONDecodeError):
        raise LedgerError("cursor.malformed") from None
    if not isinstance(place, list) or [type(each) for each in place] != [type(e) for e in first]:
        raise LedgerError("cursor.malformed")
    if any(isinstance(each, int) and abs(each) >= 2**63 for each in place):
        raise LedgerError("cursor.malformed")
    if any(isinstance(each, str) and "\0" in each for each in place):
        raise LedgerError("cursor.malformed")  # no text of ours has one, and PostgreSQL takes none
    return tuple(place)
