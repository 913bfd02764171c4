"""Crates and pallets, as the rules look them up: by record, by number, by what they stand on or in
(DESIGN §2, ``unit``).

A part of ``State``. Whatever a look-up once brought is kept and brought up to date by what is
absorbed, so that a unit that was unpacked meanwhile is not found where it stood.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar

from traceability.core.facts import HoldingKey, Unit

_Key = TypeVar("_Key", bound=Hashable)


class Held(NamedTuple):
    """What lies of a holding in units that are whole: in how many parts, how much of it in base
    units, and how many parts are of an amount that is not disclosed."""

    parts: int = 0
    amount: int = 0
    undisclosed: int = 0

    def plus(self, other: "Held", sign: int = 1) -> "Held":
        """Both together, or (``sign`` -1) the one less the other."""
        return Held(*(one + sign * two for one, two in zip(self, other, strict=True)))


class UnitReader(Protocol):
    """Where a window looks up what it has not seen."""

    def units(self, indices: Iterable[int]) -> list[Unit]: ...
    def units_numbered(self, party: str, number: str) -> list[Unit]: ...
    def units_within(self, parents: Iterable[int]) -> list[Unit]: ...
    def units_on(self, holding: HoldingKey) -> list[Unit]: ...
    def packed_of(self, holdings: Iterable[HoldingKey]) -> dict[HoldingKey, Held]: ...


class Units:
    """All units of a ledger (``reader`` None), or a window on what ``reader`` has."""

    def __init__(self, reader: UnitReader | None) -> None:
        self._reader = reader
        self._known: dict[int, Unit | None] = {}
        self._numbered: dict[tuple[str, str], set[int]] = {}
        self._within: dict[int, set[int]] = {}
        self._on: dict[HoldingKey, set[int]] = {}
        self._packed: dict[HoldingKey, Held] = {}  # as the reader has it
        self._since: dict[HoldingKey, Held] = {}  # what was absorbed since; all, without a reader

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
        """What bears a number of a party's, so that it may not be given again."""
        key = party, number
        if self._reader is not None and key not in self._numbered:
            self._take(self._reader.units_numbered(party, number))
            self._numbered[key] = {unit.index for unit in self if key in _numbers(unit)}
        return self._among(self._numbered.get(key, ()))

    def within(self, parents: Iterable[int]) -> list[Unit]:
        """What stands in units, one level down."""
        wanted = list(parents)
        missing = {parent for parent in wanted if parent not in self._within}
        if self._reader is not None and missing:
            self._take(self._reader.units_within(missing))
            self._within.update((parent, set()) for parent in missing)
            for unit in self:
                if unit.parent in missing:
                    self._within[unit.parent].add(unit.index)
        return [unit for each in wanted for unit in self._among(self._within.get(each, ()))]

    def on(self, holding: HoldingKey) -> list[Unit]:
        """The units that hold a part of a holding, but for those that were opened."""
        if self._reader is not None and holding not in self._on:
            self._take(self._reader.units_on(holding))
            self._on[holding] = {unit.index for unit in self if holding in _sources(unit)}
        return self._among(self._on.get(holding, ()))

    def packed_of(self, holdings: Sequence[HoldingKey]) -> list[Held]:
        """What lies of each holding in units that are whole."""
        missing = [holding for holding in holdings if holding not in self._packed]
        if self._reader is not None and missing:
            found = self._reader.packed_of(missing)
            self._packed.update((holding, found.get(holding, Held())) for holding in missing)
        none = Held()
        return [
            self._packed.get(holding, none).plus(self._since.get(holding, none))
            for holding in holdings
        ]

    def put(self, unit: Unit) -> None:
        """Takes in what a record left of a unit."""
        before = self._known.get(unit.index)
        if before is not None:
            self._count(before, -1)
            self._move(before, False)
        self._known[unit.index] = unit
        self._count(unit, 1)
        self._move(unit, True)

    def _count(self, unit: Unit, sign: int) -> None:
        if unit.opened is not None:
            return
        for each in unit.contents:
            part = Held(1, each.amount or 0, int(each.amount is None))
            before = self._since.get(each.source, Held())
            self._since[each.source] = before.plus(part, sign)

    def _move(self, unit: Unit, comes: bool) -> None:
        """Under what a unit is found, or is found no more. A window knows some keys alone."""
        parents = () if unit.parent is None else (unit.parent,)
        self._note(self._numbered, _numbers(unit), unit.index, comes)
        self._note(self._within, parents, unit.index, comes)
        self._note(self._on, _sources(unit), unit.index, comes)

    def _note(
        self, found: dict[_Key, set[int]], keys: Iterable[_Key], index: int, comes: bool
    ) -> None:
        for key in keys:
            if not comes:
                found.get(key, set()).discard(index)
            elif self._reader is None or key in found:
                found.setdefault(key, set()).add(index)

    def _take(self, found: Iterable[Unit]) -> None:
        """What is known already is newer than what a reader says."""
        for unit in found:
            if self._known.get(unit.index) is None:
                self._known[unit.index] = unit

    def _among(self, indices: Iterable[int]) -> list[Unit]:
        """Oldest first."""
        found = (self._known[index] for index in sorted(indices))
        return [unit for unit in found if unit is not None]


def takes_number(unit: Unit) -> bool:
    """Whether a unit's number may not be given again: it is whole and in its packer's hands, or it
    is an SSCC that has left."""
    here = unit.opened is None and unit.ship is None and unit.holder == unit.party
    return here or (unit.sscc and unit.sent is not None)


def _numbers(unit: Unit) -> tuple[tuple[str, str], ...]:
    return ((unit.party, unit.number),) if takes_number(unit) else ()


def _sources(unit: Unit) -> tuple[HoldingKey, ...]:
    return () if unit.opened is not None else tuple(each.source for each in unit.contents)


__all__ = ["Held", "UnitReader", "Units", "takes_number"]
