"""A world whose records are judged as soon as they are signed, to tell what people do as a story.

    story = Story()
    story.on("2026-06-01", "15:30")
    farm = story.party("farm", name="Năm Thành")
    ...
    with story.refuses("draw.over"):
        story.ship(farm, [(harvest[0], "101 KGM")], to=shop)
    assert story.left(harvest[0]) == "100 KGM"

Every record goes the whole way: hidden fields concealed, signed, parsed, its signature verified,
judged, taken in. What a phone without signal writes down waits until it has signal again:
``with story.without_signal(): …`` and then ``story.send()``. A refused record must leave the state
exactly as it was, so ``refuses`` compares snapshots. ``story.clock_at`` and ``story.on`` move the
time; each record takes a second.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest

from tests.kit import Claims, Out, Party, Signed, World
from tests.memory import MemoryLedger
from traceability.core import codec, moment
from traceability.core.errors import CODES, GocError
from traceability.core.facts import Accepted, Effects, Holding, HoldingKey
from traceability.core.keys import PublicKey
from traceability.core.quantity import Quantity
from traceability.core.rules import apply
from traceability.core.snapshot import snapshot
from traceability.core.state import State


@dataclass
class Story(World):
    """A world and its ledger at once."""

    step: int = 1000
    queue: list[Signed] = field(default_factory=list)
    _signal: bool = True

    def __post_init__(self) -> None:
        self.ledger: MemoryLedger | None = None
        super().__post_init__()
        self.ledger = MemoryLedger(self)
        for signed in self.records:
            self._accept(signed)

    # -- time ----------------------------------------------------------------------------------
    def on(self, date: str, clock: str = "06:00") -> None:
        """Goes to a day (in Vietnam) and an hour."""
        self.now = moment.parse_time(f"{date}T{clock}:00+07:00")

    def clock_at(self, clock: str) -> None:
        """Goes to an hour of the same day."""
        self.on(self.time()[:10], clock)

    def at(self, clock: str, days: int = 0) -> str:
        """An hour of this day, or of one so many days later, as records write it."""
        return f"{self.date(days)}T{clock}:00+07:00"

    # -- judging -------------------------------------------------------------------------------
    @property
    def book(self) -> MemoryLedger:
        """The ledger."""
        assert self.ledger is not None
        return self.ledger

    def sign_claims(self, *args: Any, **named: Any) -> Signed:
        """Signs, and at once has it judged, unless there is no signal."""
        signed = super().sign_claims(*args, **named)
        if self.ledger is not None:
            if self._signal:
                self._accept(signed)
            else:
                self.queue.append(signed)
        return signed

    def _accept(self, signed: Signed) -> Effects:
        record = codec.parse(signed.wire)
        keys = codec.keys_in([record])
        known = self.book.state.key(record.kid)
        if known is not None:
            keys[record.kid] = PublicKey(known.raw)
        if self.book.state.size == 0:  # record 0 precedes its key
            keys[record.kid] = self.operator.key.public
        if record.kid in keys:  # of a key that nobody registered, the rules say so
            codec.verify(record, keys)
        return self.book.append(signed, self.now)

    @contextmanager
    def without_signal(self) -> Iterator[None]:
        """What is signed in here waits in the phone."""
        self._signal = False
        try:
            yield
        finally:
            self._signal = True

    def send(self) -> list[Effects]:
        """The phone has signal again, and sends all that waits."""
        waiting, self.queue = self.queue, []
        return [self._accept(signed) for signed in waiting]

    def replay(self) -> State:
        """The state at which an auditor arrives, from the bytes of the records alone."""
        state = State(self.log)
        for effects in self.book.effects:
            at = Accepted(effects.at.index, effects.at.time)
            state.absorb(apply(codec.parse(effects.record.wire), at, state))
        return state

    @contextmanager
    def refuses(self, code: str) -> Iterator[None]:
        """What is signed in here is refused with this code, and changes nothing at all."""
        before = snapshot(self.book.state)
        with pytest.raises(GocError) as caught:
            yield
        assert caught.value.code == code, f"refused, but with {caught.value}"
        missing = re.findall(r"{(\w+)}", CODES[code])
        assert set(missing) <= set(caught.value.params), "the sentence cannot be written"
        assert snapshot(self.book.state) == before, "a refused record left a trace"

    # -- asking --------------------------------------------------------------------------------
    def index(self, signed: Signed) -> int:
        """The record's index in the log."""
        entry = self.book.state.record(signed.name)
        assert entry is not None, "the record is not on the ledger"
        return entry.index

    def holding(self, out: Out) -> Holding:
        """Output ``out`` as the ledger holds it."""
        entry = self.book.state.record(out.record)
        assert entry is not None, "the record is not on the ledger"
        found = self.book.state.holding((entry.index, out.n))
        assert found is not None
        return found

    def left(self, out: Out) -> str:
        """What is left of it."""
        holding = self.holding(out)
        assert holding.left is not None
        return Quantity.of(holding.left, holding.unit).text

    def holds(self, party: Party, lot: str) -> str:
        """How much of a lot a party holds now, in all (in the unit of the first holding)."""
        found = [
            each
            for each in self.book.state.holdings.values()
            if each and each.holder == party.id and each.lot == lot and each.ship is None
        ]
        unit = found[0].unit if found else "KGM"
        return Quantity.of(sum(each.left or 0 for each in found), unit).text

    def alerts(self, *records: Signed) -> set[str]:
        """The codes of the alerts that are open at these records."""
        return {
            alert.key.code
            for signed in records
            for alert in self.book.state.alerts_of(self.index(signed))
            if alert.closed is None
        }

    def answered(self, signed: Signed) -> dict[str, int]:
        """The alerts at a record that a later paper closed, with the index of that paper."""
        return {
            alert.key.code: alert.closed
            for alert in self.book.state.alerts_of(self.index(signed))
            if alert.closed is not None
        }

    # -- the way back --------------------------------------------------------------------------
    def upstream(self, out: Out) -> list[Effects]:
        """The records that goods came from, back to harvests and acquisitions, in log order:
        lot by lot by the draws alone, and by late shipments that closed an intake."""
        todo, seen = [self.holding(out)], set[HoldingKey]()
        records = set[int]()
        while todo:
            holding = todo.pop()
            if holding.key in seen:
                continue
            seen.add(holding.key)
            records.add(holding.index)
            todo.extend(source for source, _ in self._sources(holding, holding.index))
            late = self.book.state.closed_by(holding.index)
            if late is not None:
                records.add(late)
                todo.extend(source for source, _ in self._sources(holding, late))
        return [self.book.effects[index] for index in sorted(records)]

    def _sources(self, holding: Holding, index: int) -> list[tuple[Holding, int]]:
        """What went into a holding by record ``index``, and how much of each was drawn."""
        effects = self.book.effects[index]
        sources = [
            (source, drawn.amount or 0)
            for drawn in effects.drawn
            if (source := self.book.state.holding(drawn.source)) is not None
        ]
        if effects.entry.type in ("ship", "receive", "count"):
            return [each for each in sources if each[0].lot_key == holding.lot_key]
        return sources

    def declared(self, out: Out) -> list[str]:
        """The lots on the goods' way that came from outside: declared, not proven."""
        return [
            made.lot
            for effects in self.upstream(out)
            if effects.entry.type == "acquire"
            and self.book.state.closed_by(effects.at.index) is None
            for made in effects.made
        ]

    def downstream(self, out: Out) -> list[Effects]:
        """The records that goods went into, in log order."""
        found = {self.holding(out).key}
        reached: list[Effects] = []
        for effects in self.book.effects:
            if any(drawn.source in found for drawn in effects.drawn):
                reached.append(effects)
                found.update(made.key for made in effects.made)
        return reached

    def whereabouts(self, out: Out) -> dict[str, str]:
        """Who holds what came of these goods, and how much of it (in all lots): party -> amount."""
        held: dict[str, tuple[int, str]] = {}
        for effects in self.downstream(out):
            for made in effects.made:
                now = self.book.state.holding(made.key)
                if now is not None and now.left and now.holder is not None:
                    before = held.get(now.holder, (0, now.unit))
                    held[now.holder] = before[0] + now.left, now.unit
        return {party: Quantity.of(*amount).text for party, amount in held.items()}

    def origins(self, out: Out) -> dict[str, str]:
        """How much of these goods comes from each origin (the party that harvested or acquired
        it), in proportion to what was drawn: party -> quantity."""
        holding = self.holding(out)
        shares: dict[str, Fraction] = defaultdict(Fraction)
        self._share(holding, Fraction(holding.made or 0), shares)
        return {
            party: Quantity.of(round(part), holding.unit).text for party, part in shares.items()
        }

    def _share(self, holding: Holding, part: Fraction, shares: dict[str, Fraction]) -> None:
        sources = self._sources(holding, holding.index)
        if not sources:
            shares[self.book.effects[holding.index].entry.acting] += part
            return
        whole = sum(amount for _, amount in sources)
        for source, amount in sources:
            self._share(source, part * Fraction(amount, whole), shares)

    def alerts_upstream(self, out: Out) -> set[str]:
        """The codes of open alerts anywhere on the goods' way: what a buyer is shown."""
        return {
            alert.key.code
            for effects in self.upstream(out)
            for alert in self.book.state.alerts_of(effects.at.index)
            if alert.closed is None
        }

    def claims(self, out: Out) -> set[str]:
        """The claims (VietGAP, organic) that goods carry."""
        return set(self.holding(out).claims)


def draw(out: Out, quantity: str | None = None) -> Claims:
    """A line of draws: so much of an output, or all of it."""
    return {"from": out.name, "quantity": quantity or out.quantity}


def make(product: str, lot: str, quantity: str, holder: Party, **more: Any) -> Claims:
    """A line of makes."""
    return {"product": product, "lot": lot, "quantity": quantity, "holder": holder.id} | more


def loss(cause: str, quantity: str, lot: str | None = None, product: str | None = None) -> Claims:
    """A line of losses or gains."""
    line: Claims = {"cause": cause, "quantity": quantity}
    if lot is not None:
        line["lot"] = lot
    if product is not None:
        line["product"] = product
    return line
