"""Crates and pallets, as the rules look them up: by record, by number, by what they stand on or in
(DESIGN §2, ``unit``).

A part of ``State``. Whatever a look-up once brought is kept and brought up to date by what is
absorbed, so that a unit that was unpacked meanwhile is not found where it stood.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Protocol, TypeVar

from traceability.core.facts import HoldingKey, Unit

_Key = TypeVar("_Key", bound=Hashable)


class UnitReader(Protocol):
    """Where a window looks up what it has not seen."""

    def units(self, indices: Iterable[int]) -> list[Unit]: ...
    def units_numbered(self, party: str, number: str) -> list[Unit]: ...
    def units_within(self, parent: int) -> list[Unit]: ...
    def units_on(self, holding: HoldingKey) -> list[Unit]: ...


class Units:
    """All units of a ledger (``reader`` None), or a window on what ``reader`` has."""

    def __init__(self, reader: UnitReader | None) -> None:
        self._reader = reader
        self._known: dict[int, Unit | None] = {}
        self._numbered: dict[tuple[str, str], dict[int, None]] = {}
        self._within: dict[int, dict[int, None]] = {}
        self._on: dict[HoldingKey, dict[int, None]] = {}

    def __iter__(self) -> Iterator[Unit]:
        """Those that are known, in the order in which they came."""
        return (unit for unit in self._known.values() if unit is not None)

    def get(self, index: int) -> Unit | None:
        """The unit of the record at an index."""
        self.load((index,))
        return self._known[index]

    def load(self, indices: Iterable[int]) -> None:
        """Looks up many at once."""
        missing = [index for index in indices if index not in self._known]
        self._known.update(dict.fromkeys(missing))
        if missing and self._reader is not None:
            self._known.update((unit.index, unit) for unit in self._reader.units(missing))

    def numbered(self, party: str, number: str) -> list[Unit]:
        """What a party ever packed under a number, oldest first."""
        reader = self._reader
        return self._among(
            self._numbered,
            (party, number),
            None if reader is None else lambda: reader.units_numbered(party, number),
            lambda unit: (unit.party, unit.number) == (party, number),
        )

    def within(self, parent: int) -> list[Unit]:
        """What stands in a unit, one level down."""
        reader = self._reader
        return self._among(
            self._within,
            parent,
            None if reader is None else lambda: reader.units_within(parent),
            lambda unit: unit.parent == parent,
        )

    def on(self, holding: HoldingKey) -> list[Unit]:
        """The units that hold a part of a holding, but for those that were opened."""
        reader = self._reader
        return self._among(
            self._on,
            holding,
            None if reader is None else lambda: reader.units_on(holding),
            lambda unit: (
                unit.opened is None and any(each.source == holding for each in unit.contents)
            ),
        )

    def put(self, unit: Unit) -> None:
        """Takes in what a record left of a unit."""
        self._known[unit.index] = unit
        self._note(self._numbered, (unit.party, unit.number), unit.index)
        if unit.parent is not None:
            self._note(self._within, unit.parent, unit.index)
        for each in unit.contents:
            self._note(self._on, each.source, unit.index)

    def _note(self, found: dict[_Key, dict[int, None]], key: _Key, index: int) -> None:
        if self._reader is None or key in found:
            found.setdefault(key, {})[index] = None

    def _among(
        self,
        cache: dict[_Key, dict[int, None]],
        key: _Key,
        read: Callable[[], list[Unit]] | None,
        holds: Callable[[Unit], bool],
    ) -> list[Unit]:
        """Those under ``key`` of which it still holds. What is known already is newer than what a
        reader says."""
        if key not in cache and read is not None:
            for unit in read():
                if self._known.get(unit.index) is None:
                    self._known[unit.index] = unit
            cache[key] = {unit.index: None for unit in self if holds(unit)}
        found = (self._known[index] for index in sorted(cache.get(key, ())))
        return [unit for unit in found if unit is not None and holds(unit)]


__all__ = ["UnitReader", "Units"]
