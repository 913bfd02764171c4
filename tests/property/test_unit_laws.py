"""The laws of crates and pallets, over whatever people may do with them (DESIGN §2, ``unit``).

The parties of ``test_flow_laws`` go on as they do, and pack besides: what they have and what they
have not, crates on pallets, crates that stand on another, units that they send and take in. After
every record:

* *nothing by packing*: a unit record draws nothing and makes nothing (the laws of flow see to it);
* *units are trees*: what stands in a unit is in the same hands and on the same way as it; nothing
  stands in what was opened;
* *a unit is where its goods are*: its parts are of holdings of its holder, and of the same lots;
* *opened for good*: no unit comes back, and none changes its number, its kind or how much is in it.
"""

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.kit import Out, Party, Signed
from tests.property.test_flow_laws import ANY, HONESTY, SHARE, Market
from traceability.core.facts import Unit
from traceability.core.quantity import Quantity

OUTCOMES = st.sampled_from(["accepted", "accepted", "refused", "missing"])


class Stacked(Market):
    """People, what they have, and what they put it in."""

    def __init__(self) -> None:
        super().__init__()
        self.packed: list[Signed] = []
        self.known: dict[int, Unit] = {}

    # -- packing -------------------------------------------------------------------------------
    @precondition(lambda self: self.outs)
    @rule(which=ANY, share=SHARE, number=st.integers(0, 6), who=HONESTY)
    def pack(self, which: int, share: tuple[int, int], number: int, who: int) -> None:
        """Something goes into a crate, which may be full."""
        out = self.some(which)
        part = self.share(out, share)
        party = self.party(which, self.holder(out), who)
        self._keep(self.attempt(lambda: self.story.pack(party, f"{number}", [(out, part)])))

    @precondition(lambda self: self.packed)
    @rule(first=ANY, second=ANY, beside=st.booleans(), which=ANY, who=HONESTY)
    def stack(self, first: int, second: int, beside: bool, which: int, who: int) -> None:
        """One or two units go on another, perhaps with goods beside them."""
        units = list({each.name: each for each in (self._some(first), self._some(second))}.values())
        out = self.some(which) if beside and self.outs else None
        loose = [(out, self.share(out, (1, 3)))] if out is not None else []
        party = self.party(first, self._holder(units[0]), who)
        lot = self.story.lot()
        self._keep(self.attempt(lambda: self.story.pack(party, lot, list(loose), units)))

    @precondition(lambda self: self.packed)
    @rule(first=ANY, second=ANY, who=HONESTY)
    def open(self, first: int, second: int, who: int) -> None:
        """One or two units are opened."""
        units = list({each.name: each for each in (self._some(first), self._some(second))}.values())
        party = self.party(first, self._holder(units[0]), who)
        self.attempt(lambda: self.story.unpack(party, *units))

    # -- on the way ----------------------------------------------------------------------------
    @precondition(lambda self: self.packed)
    @rule(which=ANY, to=ANY, who=HONESTY, part=SHARE)
    def send(self, which: int, to: int, who: int, part: tuple[int, int]) -> None:
        """A unit is sent, with what is in it, or without a part of that."""
        unit = self._some(which)
        draws = [
            (out, Quantity.of(min(amount, left) * part[0] // part[1], code).text)
            for out, amount, left, code in self._contents(unit)
            if left
        ]
        if not draws:
            return
        party = self.party(to, self._holder(unit), who)
        data = {"units": [unit.name]}
        consignee = self.party(to)
        self.attempt(lambda: self.story.ship(party, list(draws), to=consignee, data=data))

    @precondition(lambda self: self._ships())
    @rule(which=ANY, outcome=OUTCOMES, inner=st.booleans(), refuse=st.booleans())
    def take(self, which: int, outcome: str, inner: bool, refuse: bool) -> None:
        """A shipment comes, and what became of its unit is said, or of one in it."""
        ships = self._ships()
        shipment = ships[max(which % len(ships), len(ships) - 4)]
        (name,) = shipment.claims["data"]["units"]
        within = [each for each in self._units() if self._parent(each) == name]
        if inner and within:
            name = within[which % len(within)].name
        lines = [{"unit": name, "outcome": outcome}]
        all_of_it = {n: out.quantity for n, out in enumerate(shipment.outs)} if refuse else None
        to = next(each for each in self.parties if each.id == shipment.claims["makes"][0]["holder"])
        self.attempt(lambda: self.story.receive(to, shipment, all_of_it, data={"units": lines}))

    @precondition(lambda self: self.outs)
    @rule(
        which=ANY,
        crates=st.integers(1, 3),
        stacked=st.booleans(),
        to=ANY,
        part=SHARE,
        outcomes=st.lists(OUTCOMES, min_size=3, max_size=3),
        apart=st.booleans(),
    )
    def journey(
        self, which: int, crates: int, stacked: bool, to: int, part: tuple[int, int],
        outcomes: list[str], apart: bool,
    ) -> None:  # fmt: skip
        """Crates are packed, stacked, sent and taken in, whole or one by one."""
        out = self.some(which)
        quantity = self.share(out, (1, crates + 1))
        before = len(self.packed)
        for _ in range(crates):
            self._keep(
                self.attempt(
                    lambda: self.story.pack(self.holder(out), self.story.lot(), [(out, quantity)])
                )
            )
        if len(self.packed) == before:
            return
        if stacked:
            inner = self.packed[before:]
            lot = self.story.lot()
            self._keep(self.attempt(lambda: self.story.pack(self.holder(out), lot, units=inner)))
        self.send(len(self.packed) - 1, to, 1, part)
        if self.flows[-1] in self._ships():
            for outcome in outcomes:
                self.take(len(self._ships()) - 1, outcome, apart, outcome == "refused")

    # -- choosing ------------------------------------------------------------------------------
    def _ships(self) -> list[Signed]:
        return [
            each
            for each in self.flows
            if each.claims["type"] == "ship" and each.claims["data"].get("units")
        ]

    def _keep(self, signed: Signed | None) -> None:
        if signed is not None:
            self.packed.append(signed)

    def _some(self, choice: int) -> Signed:
        whole = [each for each in self.packed if self._unit(each).opened is None]
        pool = whole or self.packed
        return pool[max(choice % len(pool), len(pool) - 8)]

    def _units(self) -> list[Unit]:
        return list(self.story.book.state.units)

    def _unit(self, signed: Signed) -> Unit:
        found = self.story.book.state.units.get(self.story.index(signed))
        assert found is not None
        return found

    def _parent(self, unit: Unit) -> str | None:
        found = None if unit.parent is None else self.story.book.state.units.get(unit.parent)
        return None if found is None else found.name

    def _holder(self, signed: Signed) -> Party | None:
        holder = self._unit(signed).holder
        return next((each for each in self.parties if each.id == holder), None)

    def _contents(self, signed: Signed) -> list[tuple[Out, int, int, str]]:
        """What is in a unit and all in it, by holding: how much, and how much there is of it."""
        sums: dict[tuple[int, int], int] = {}
        todo = [self._unit(signed)]
        while todo:
            unit = todo.pop()
            for each in unit.contents:
                sums[each.source] = sums.get(each.source, 0) + (each.amount or 0)
            todo += [each for each in self._units() if each.parent == unit.index]
        found = []
        for out in self.outs:
            held = self.story.holding(out)
            if held.key in sums:
                found.append((out, sums[held.key], held.left or 0, held.unit))
        return found

    # -- the laws ------------------------------------------------------------------------------
    def attempt(self, act: Callable[[], Signed]) -> Signed | None:
        """As before, and by the laws of units too."""
        signed = super().attempt(act)
        if signed is not None:
            for unit in self._units():
                self._tree(unit)
                self._goods(unit)
                self._lasting(unit)
            self.known = {unit.index: unit for unit in self._units()}
        return signed

    def _tree(self, unit: Unit) -> None:
        if unit.parent is None:
            return
        outer = self.story.book.state.units.get(unit.parent)
        assert outer is not None
        assert outer.index > unit.index, "a unit stands in one that was packed later"
        assert outer.opened is None, "nothing stands in what was opened"
        if unit.opened is None:
            assert (unit.holder, unit.ship) == (outer.holder, outer.ship)

    def _goods(self, unit: Unit) -> None:
        if unit.opened is not None:
            return
        for each in unit.contents:
            held = self.story.book.state.holding(each.source)
            assert held is not None
            assert held.lot_key == each.lot_key
            assert (held.holder, held.ship) == (unit.holder, unit.ship)

    def _lasting(self, unit: Unit) -> None:
        before = self.known.get(unit.index)
        if before is None:
            return
        if before.opened is not None:
            assert unit.opened == before.opened
        for name in ("name", "party", "number", "sscc", "kind"):
            assert getattr(unit, name) == getattr(before, name)
        assert [(each.amount, each.pieces) for each in unit.contents] == [
            (each.amount, each.pieces) for each in before.contents
        ]


TestUnitLaws = Stacked.TestCase
TestUnitLaws.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
