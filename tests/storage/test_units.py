"""Crates and pallets as their holders find them: where they are, and what is in them."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.kit import Claims, Signed, World
from tests.ledgers import codes, send
from tests.plans import planned
from traceability.core import ids
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.ledger.rebuild import check
from traceability.ledger.tokens import Principal
from traceability.ledger.units import Content, Packing, scanned_unit, unit_of, units_of
from traceability.ledger.viewer import AUDITOR, OPERATOR, PUBLIC, Viewer, viewer_of


def sscc(number: int) -> str:
    body = f"0893{number:013d}"
    return body + str(ids.check_digit(body))


def party(id_: str) -> Viewer:
    return viewer_of(Principal("t", "n", frozenset({"read"}), id_, "viewer"))


@dataclass
class Yard:
    """A farm with 100 kg, in four crates on a pallet and one beside it."""

    world: World
    ledger: Ledger

    def __post_init__(self) -> None:
        world = self.world
        self.farm, self.shop = world.party("farm"), world.party("supermarket")
        fruit, plot = world.product(self.farm), world.place(self.farm)
        self.crop = world.harvest(
            self.farm, plot, [(fruit, "N1", "100 KGM"), (fruit, "N2", "9 KGM")]
        )
        self.crates = [self.crate(f"{n}", self.crop[0], "10 KGM") for n in range(4)]
        self.mixed = self.crate("M", self.crop[1], "2.5 KGM")
        beside, crates = [(self.crop[0], "1.5 KGM")], [*self.crates, self.mixed]
        self.pallet = world.pack(self.farm, sscc(1), beside, crates, kind="pallet")
        self.loose = self.crate("L", self.crop[0], "5 KGM")

    def crate(self, number: str, of: Any, quantity: str) -> Signed:
        return self.world.pack(self.farm, number, [(of, quantity)])

    def ship(self, **more: Any) -> Signed:
        data: Claims = {"units": [self.pallet.name]}
        draws = [(self.crop[0], "50 KGM"), (self.crop[1], "2.5 KGM")]
        return self.world.ship(self.farm, draws, to=self.shop, data=data, **more)

    def send(self) -> None:
        fresh = self.world.take()
        assert codes(send(self.ledger, fresh)) == [None] * len(fresh)

    def seen(self, signed: Signed, viewer: Viewer = AUDITOR) -> Packing | None:
        self.send()
        with self.ledger.reading() as now:
            return unit_of(now, signed.name, viewer)

    def listed(self, who: str, **how: Any) -> list[str]:
        self.send()
        with self.ledger.reading() as now:
            return [each.unit.number for each in units_of(now, who, **how).items]


@pytest.fixture
def yard(world: World, ledger: Ledger) -> Yard:
    return Yard(world, ledger)


def test_a_pallet_says_all_that_is_in_it(yard: Yard) -> None:
    found = yard.seen(yard.pallet)
    assert found is not None
    product = yard.crop[0].product
    assert set(found.contents) == {
        Content(product, "N1", "41.5 KGM", None), Content(product, "N2", "2.5 KGM", None),
    }  # fmt: skip
    assert [each.number for each in found.inner] == ["0", "1", "2", "3", "M"]
    assert (found.state, found.outer) == ("whole", None)
    inner = yard.seen(yard.mixed)
    assert inner is not None
    assert inner.outer == found.unit
    assert check(yard.ledger.database) is None


def test_who_packed_and_who_holds_a_unit_may_know(yard: Yard) -> None:
    farm, shop, other = yard.farm.id, yard.shop.id, yard.world.party("farm").id
    yard.send()
    for viewer, knows in (
        (AUDITOR, True), (OPERATOR, True), (party(farm), True), (party(shop), False),
        (party(other), False), (PUBLIC, False),
    ):  # fmt: skip
        assert (yard.seen(yard.pallet, viewer) is not None) == knows
    yard.ship()
    assert yard.seen(yard.pallet, party(shop)) is not None
    assert yard.seen(yard.crates[0], party(shop)) is not None
    assert yard.seen(yard.crop, AUDITOR) is None
    with yard.ledger.reading() as now:
        assert unit_of(now, "A" * 43, AUDITOR) is None


def test_a_unit_says_where_it_is(yard: Yard) -> None:
    assert yard.listed(yard.farm.id) == [sscc(1), "L"]
    assert yard.listed(yard.farm.id, number="2") == ["2"]
    assert yard.listed(yard.farm.id, number="9") == []
    sent = yard.ship()
    assert yard.listed(yard.shop.id, transit=True) == [sscc(1)]
    assert yard.listed(yard.shop.id, transit=False) == []
    assert yard.listed(yard.farm.id) == ["L"]

    def state(signed: Signed) -> str:
        found = yard.seen(signed)
        assert found is not None
        return found.state

    assert [state(each) for each in (yard.pallet, yard.crates[0], yard.loose)] == [
        "in-transit", "in-transit", "whole",
    ]  # fmt: skip
    lines = [
        {"unit": each.name, "outcome": outcome}
        for each, outcome in zip(yard.crates, ("accepted", "refused", "missing"), strict=False)
    ]
    lost = [{"cause": "missing", "lot": "N1", "quantity": "10 KGM"}]
    got = yard.world.receive(yard.shop, sent, {0: "10 KGM"}, lost, data={"units": lines})
    assert [state(each) for each in (yard.pallet, *yard.crates)] == [
        "opened", "whole", "whole", "missing", "unseen",
    ]  # fmt: skip
    refused = yard.seen(yard.crates[1], party(yard.shop.id))
    assert refused is not None, "who sent it back knows it still"
    assert refused.unit.holder == yard.farm.id
    own = [out for out in got.outs if out.quantity != "10 KGM"]
    yard.world.consume(yard.shop, [(out, out.quantity) for out in own])
    assert state(yard.crates[0]) == "emptied"


def test_a_scanned_sscc_leads_to_what_was_packed_last_by_each(yard: Yard) -> None:
    world = yard.world
    world.unpack(yard.farm, yard.pallet)
    again = yard.crate(sscc(1), yard.crop[0], "7 KGM")
    yard.send()
    with yard.ledger.reading() as now:
        assert [each.unit.name for each in scanned_unit(now, sscc(1))] == [again.name]
        assert scanned_unit(now, sscc(2)) == []
        assert scanned_unit(now, "0") == []  # a number of somebody's own says nothing to others
    thief = world.party("farm")
    line = (world.product(thief), "X", "7 KGM")
    crop = world.harvest(thief, world.place(thief), [line])
    copied = world.pack(thief, sscc(1), [(crop[0], "7 KGM")])
    yard.send()
    with yard.ledger.reading() as now:
        found = [each.unit.name for each in scanned_unit(now, sscc(1))]
    assert found == [again.name, copied.name]


def test_many_units_come_in_pages(yard: Yard) -> None:
    for number in range(5):
        yard.crate(f"p{number}", yard.crop[0], "1 KGM")
    yard.send()
    numbers: list[str] = []
    with yard.ledger.reading() as now:
        page = units_of(now, yard.farm.id, limit=3)
        while True:
            numbers += [each.unit.number for each in page.items]
            if page.next is None:
                break
            page = units_of(now, yard.farm.id, after=page.next, limit=3)
        with pytest.raises(LedgerError, match=r"cursor\.malformed"):
            units_of(now, yard.farm.id, after="!")
    assert numbers == [sscc(1), "L", "p0", "p1", "p2", "p3", "p4"]


def test_no_question_about_units_reads_a_whole_table(yard: Yard) -> None:
    yard.send()
    with planned(yard.ledger) as (now, plan):
        units_of(now, yard.farm.id)
        units_of(now, yard.farm.id, number="2", transit=False)
        unit_of(now, yard.pallet.name, AUDITOR)
        scanned_unit(now, sscc(1))
        now.reader.units_numbered(yard.farm.id, "2")
        now.reader.units_on((0, 0))
        now.reader.packed_of([(0, 0), (1, 0)])
        now.reader.units_within([0, 1])
    assert plan.scans == []
