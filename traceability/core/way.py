"""A lot's own way: the records and holdings through which it went, back to where it comes from.

A bundle holds more than that: other harvests of the same plots, for yields and intervals, and what
else its parties, papers and corrections bring along. What is said of a lot (its origins, papers,
alerts) is said of its own way, and of the diaries, findings, corrections, denials and registry
statements on which that rests. The verifier, the page and the JSON of a lot all read it here.

Where a record does not say from which of its draws an output comes, it comes from all of them: so
nothing on the way can be lost by what a record leaves unsaid. What a correction voided, or gave to
another lot, is on the way of the lot that it was recorded for, but nothing came of it.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final, NamedTuple

from traceability.core.closure import subject
from traceability.core.codec import SignedRecord
from traceability.core.facts import (
    GONE,
    Accepted,
    AlertKey,
    Crop,
    Effects,
    Holding,
    HoldingKey,
    LotKey,
)
from traceability.core.state import State

FLOW: Final = frozenset({"harvest", "acquire", "transform", "ship", "receive", "count", "consume"})

Taken = tuple[SignedRecord, Accepted, Effects]


class Origin(NamedTuple):
    """An output of a harvest or an acquisition from which a lot comes; ``lot_key`` as corrected."""

    record: SignedRecord
    at: Accepted
    lot_key: LotKey


class Way:
    """The way of ``lot`` through replayed ``taken`` records and the ``state`` they led to.

    ``records`` are indices of the log, ``holdings`` and ``lots`` those that the lot came through.
    """

    def __init__(self, taken: Iterable[Taken], state: State, lot: LotKey) -> None:
        self._taken = {each[1].index: each for each in taken}
        self._state = self.state = state
        self.lot = lot
        self.records: set[int] = set()
        self.holdings: set[HoldingKey] = set()
        self.lots: set[LotKey] = {lot}
        self._walk()

    # -- the walk ----------------------------------------------------------------------------
    def _walk(self) -> None:
        own = [
            made
            for _, _, effects in self._taken.values()
            for made in effects.made
            if made.lot_key == self.lot
        ]
        self.records.update(made.index for made in own)
        self.holdings.update(made.key for made in own)
        for index, (record, _, effects) in self._taken.items():
            if record.body.type == "consume" and any(
                source.lot_key == self.lot for source in self._drawn(effects)
            ):
                self.records.add(index)
        todo = [made for made in own if self.stands(made)] or own
        while todo:
            holding = todo.pop()
            self.records.add(holding.index)
            self.lots.add(holding.lot_key)
            for source in self._sources(holding):
                if source.key not in self.holdings:
                    self.holdings.add(source.key)
                    todo.append(source)

    def stands(self, holding: Holding) -> bool:
        """Whether no correction took the holding back: its record, or its lot's code."""
        if self._state.voided(holding.index):
            return False
        found = self._taken.get(holding.index)
        if found is not None and found[0].body.type == "correct":
            for root in self._made_anew(found[0].body, holding.n):
                if not self._lives_as(root, holding.lot_key):
                    return False
        return self._lives_as(holding, holding.lot_key)

    def _lives_as(self, root: Holding, lot: LotKey) -> bool:
        """Whether what remains of a corrected output, if anything does, is still of this lot."""
        if root.live is None or root.live == GONE:
            return True
        live = self._state.holding(root.live)
        return live is None or live.lot_key == lot

    def _drawn(self, effects: Effects) -> list[Holding]:
        found = (self._state.holding(each.source) for each in effects.drawn)
        return [each for each in found if each is not None]

    def _sources(self, holding: Holding) -> Iterator[Holding]:
        """What went into a holding: all that its record drew; of that the same lot alone, where
        goods change hands or are counted; what a correction makes anew, by that line."""
        closing = self._state.closed_by(holding.index)
        for index in (holding.index, closing):
            found = self._taken.get(index) if index is not None else None
            if found is None or index is None:
                continue
            self.records.add(index)
            body: Any = found[0].body
            if body.type == "correct":
                yield from self._made_anew(body, holding.n)
                continue
            drawn = self._drawn(found[2])
            same = [each for each in drawn if each.lot_key == holding.lot_key]
            yield from drawn if body.type == "transform" or not same else same

    def _made_anew(self, correction: Any, n: int) -> Iterator[Holding]:
        """What line ``n`` of a correction makes anew: an output of the corrected record, or an
        input of it where that was voided."""
        of = correction.makes[n].of
        entry = self._state.record(correction.data.corrects)
        if entry is not None and correction.data.void and entry.index in self._taken:
            original: Any = self._taken[entry.index][0].body
            name, _, output = original.draws[of].from_.rpartition(".")
            entry, of = self._state.record(name), int(output)
        made = self._state.holding((entry.index, of)) if entry is not None else None
        if made is not None:
            yield made

    @property
    def bodies(self) -> list[Any]:
        """What the records on the way say, in log order."""
        return [self._taken[index][0].body for index in sorted(self.records & self._taken.keys())]

    # -- what is said of it --------------------------------------------------------------------
    def origins(self) -> Iterator[Origin]:
        """Where the lot comes from, output by output. What was acquired is none where its supplier
        recorded the shipment later, as far as we can tell that it was the supplier."""
        for index in sorted(self.records & self._taken.keys()):
            record, at, effects = self._taken[index]
            kind = record.body.type
            if kind not in ("harvest", "acquire") or self._state.voided(index):
                continue
            if kind == "acquire" and closed(record, index, self._state):
                continue
            for made in effects.made:
                if made.key not in self.holdings:
                    continue
                live = None if made.live in (None, GONE) else self._state.holding(made.live)
                now = made if live is None else live
                if now.lot_key in self.lots:
                    yield Origin(record, at, now.lot_key)

    @cached_property
    def crops(self) -> list[Crop]:
        """What was harvested for it, as it now stands; without what was not harvested after all."""
        found = {
            (crop.index, crop.n): crop
            for _, _, effects in self._taken.values()
            for crop in effects.crops
        }
        return [
            crop
            for key, crop in found.items()
            if key in self.holdings and crop.amount != 0 and not self._state.voided(crop.index)
        ]

    def bears(self, alert: AlertKey) -> bool:
        """Whether an alert concerns the lot: it arises on its way, or at what that rests on."""
        if alert.index in self.records:
            return alert.n < 0 or (alert.index, alert.n) in self.holdings
        if alert.code == "inspect.failed" and alert.detail not in self._subjects:
            return False
        return alert.index in self.beside

    @cached_property
    def parties(self) -> frozenset[str]:
        """Who signed, acted and held on the way, and the cooperatives that they were members of."""
        found: set[str] = set()
        for index in self.records & self._taken.keys():
            found.update((self._taken[index][0].body.iss, self._taken[index][0].body.acting))
        found.update(each.holder for each in self._held if each.holder is not None)
        for party in tuple(found):
            for statement in self._state.statements("party", party):
                found.update(statement.data.members_of)
        return frozenset(found)

    @cached_property
    def plots(self) -> frozenset[str]:
        """Where it was harvested."""
        bodies: Iterable[Any] = (self._taken[i][0].body for i in self.records & self._taken.keys())
        return frozenset(body.place for body in bodies if body.type == "harvest")

    @cached_property
    def beside(self) -> frozenset[int]:
        """The indices of what bears on the way without being of it: diaries of its plots, findings,
        corrections and denials, and what the registry says of its parties, places and products."""
        found: set[int] = set()
        for index, (record, _, _) in self._taken.items():
            if index not in self.records and self._speaks_of_it(record.body, found):
                found.add(index)
        return frozenset(found)

    def _speaks_of_it(self, body: Any, found: set[int]) -> bool:
        data = body.data
        match body.type:
            case "diary":
                return body.place in self.plots
            case "inspect":
                return any(subject(about) in self._subjects for about in body.about)
            case "correct" | "dispute":
                name = data.corrects if body.type == "correct" else data.record
                entry = self._state.record(name)
                return entry is not None and (entry.index in self.records or entry.index in found)
            case "place":
                return data.place in self._places
            case "product":
                return any(data.product == product for product, _ in self.lots)
            case "party" | "key":
                return data.party in self.parties
            case "certificate":
                return data.holder in self.parties
            case "consent":
                return data.grantor in self.parties and data.agent in self.parties
            case kind:
                return kind not in FLOW

    @cached_property
    def _held(self) -> list[Holding]:
        found = (self._state.holding(key) for key in self.holdings)
        return [each for each in found if each is not None]

    @cached_property
    def _places(self) -> frozenset[str]:
        return self.plots.union(each.place for each in self._held if each.place is not None)

    @cached_property
    def _subjects(self) -> frozenset[str]:
        return frozenset(
            (
                *(f"lot:{product}:{lot}" for product, lot in self.lots),
                *(f"place:{plot}" for plot in self._places),
                *(f"party:{party}" for party in self.parties),
                *(f"record:{self._taken[i][0].name}" for i in self.records & self._taken.keys()),
            )
        )


def closed(record: SignedRecord, index: int, state: State) -> bool:
    """Whether the supplier itself recorded the shipment of acquired goods later. Where its name is
    not disclosed to us, we cannot tell its shipment from anybody's."""
    return "/data/source/party" not in record.undisclosed and state.closed_by(index) is not None
