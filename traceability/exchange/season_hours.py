"""When what happened in a season was entered, and so accepted by the ledger.

People do not type while they work. A diary is copied in the evening; a harvest is entered when the
lorry comes for it, else in the evening; whatever happens at a dock, a sorting table or in a kitchen
is entered some minutes later. What the season's files say was recorded late, was recorded then.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from traceability.core import moment
from traceability.exchange.season import DiaryEntry, Event, HarvestEntry, Season
from traceability.exchange.season_registry import Certificate

MINUTE: Final = 60_000
_EVENING: Final = 19 * 60 + 10  #: when clerks begin to type, in minutes of the local day
_PERSONS: Final = 90 * MINUTE  #: how far one clerk's evening is from another's
_ON_THE_SPOT: Final = 4 * MINUTE
_BEFORE_LOADING: Final = 12 * MINUTE


def entered(season: Season) -> list[tuple[int, Event]]:
    """All events with the time of their acceptance (Unix milliseconds), in that order.

    Nothing is entered before what it draws on: events that were told one after the other on the
    spot stay in that order, and harvests come before the first step that names them.
    """
    events = [(moment.parse_time(at), event) for at, event in season.timeline()]
    first_use = _first_uses(events)
    times: list[tuple[int, int, Event]] = []
    for position, (told, event) in enumerate(events):
        times.append((_entered(position, told, event, first_use), position, event))
    times.sort(key=lambda each: each[:2])
    return [(time, event) for time, _, event in times]


def _entered(position: int, told: int, event: Event, first_use: dict[str, int]) -> int:
    if event.recorded is not None or isinstance(event, Certificate):
        return told
    if isinstance(event, DiaryEntry | HarvestEntry):
        local = moment.local_minutes(event.at) * MINUTE
        evening = told - local + _EVENING * MINUTE + position * 7 * MINUTE % _PERSONS
        use = first_use.get(event.label or "")
        if use is not None:
            evening = min(evening, use - _BEFORE_LOADING)
        return max(told + _ON_THE_SPOT, evening)
    return told + _ON_THE_SPOT


def _first_uses(events: Iterable[tuple[int, Event]]) -> dict[str, int]:
    """When each label is first named by another event."""
    found: dict[str, int] = {}
    for told, event in events:
        for label in _named(event):
            found.setdefault(label, told)
    return found


def _named(event: Event) -> Iterator[str]:
    yield from (draw.from_ for draw in getattr(event, "draws", ()))
    yield from (about.lot_of for about in getattr(event, "about", ()) if about.lot_of)
    yield from getattr(event, "confirms", ())
    corrects = getattr(event, "corrects", None)
    if corrects is not None:
        yield corrects
