"""When a lot was used up: only where the ledger leaves no doubt."""

from collections.abc import Callable

import pytest

from tests.kit import DAY, Out, Party, World
from tests.ledgers import codes, send
from traceability.ledger.ledger import Ledger
from traceability.ledger.scans import Scans
from traceability.ledger.used import used_at

LATER = 40 * DAY


class Kitchen:
    """A farm's harvest of 100 kg, of which all goes to a kitchen."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger = world, ledger
        self.farm, self.kitchen = world.party("farm"), world.party("school-kitchen")
        self.place, self.product = world.place(self.farm), world.product(self.farm)
        self.crop = world.harvest(self.farm, self.place, [(self.product, "L1", "100 KGM")])[0]

    def deliver(self, quantity: str = "100 KGM") -> Out:
        shipment = self.world.ship(self.farm, [(self.crop, quantity)], to=self.kitchen)
        return self.world.receive(self.kitchen, shipment)[0]

    def used(self, later: int = LATER) -> int | None:
        fresh = self.world.take()
        assert codes(send(self.ledger, fresh)) == [None] * len(fresh)
        with self.ledger.reading() as now:
            return used_at(now, self.product, "L1", self.world.now + later)


@pytest.fixture
def kitchen(world: World, ledger: Ledger) -> Kitchen:
    return Kitchen(world, ledger)


@pytest.mark.parametrize("kind", ["served", "wasted", "destroyed", "sampled"])
def test_a_lot_of_which_all_was_used_is_used_up_at_the_last_of_it(
    kitchen: Kitchen, kind: str
) -> None:
    there, world = kitchen.deliver(), kitchen.world
    world.consume(kitchen.kitchen, [(there, "60 KGM")], kind)
    assert kitchen.used() is None
    world.later(DAY)
    world.consume(kitchen.kitchen, [(there, "40 KGM")], "served")
    found = kitchen.used()
    with kitchen.ledger.reading() as now:
        assert [(found,)] == now.rows("SELECT MAX(time) FROM record WHERE type = 'consume'")
    scans = Scans(kitchen.ledger.database, lambda: world.now + LATER)
    assert scans.used(kitchen.product, "L1") == found
    assert scans.used(kitchen.product, "L2") is None


def sold(kitchen: Kitchen, there: Out) -> Party:
    kitchen.world.consume(kitchen.kitchen, [there], "sold")
    return kitchen.kitchen


def given_in_part(kitchen: Kitchen, there: Out) -> Party:
    kitchen.world.consume(kitchen.kitchen, [(there, "99 KGM")], "served")
    kitchen.world.consume(kitchen.kitchen, [(there, "1 KGM")], "given")
    return kitchen.kitchen


def packed_anew(kitchen: Kitchen, there: Out) -> Party:
    world = kitchen.world
    world.consume(kitchen.kitchen, [(there, "90 KGM")], "served")
    other = world.product(kitchen.kitchen)
    line = (other, "P1", "10 KGM")
    world.transform(kitchen.kitchen, [(there, "10 KGM")], [line], kind="process")
    return kitchen.kitchen


@pytest.mark.parametrize("ending", [sold, given_in_part, packed_anew])
def test_of_goods_that_may_still_lie_somewhere_nothing_is_said(
    kitchen: Kitchen, ending: Callable[[Kitchen, Out], Party]
) -> None:
    ending(kitchen, kitchen.deliver())
    assert kitchen.used() is None


def test_of_a_lot_that_arrived_short_or_is_partly_elsewhere_nothing_is_said(
    kitchen: Kitchen,
) -> None:
    there = kitchen.deliver("60 KGM")
    kitchen.world.consume(kitchen.kitchen, [there], "served")
    assert kitchen.used() is None  # 40 are with the farm
    shipment = kitchen.world.ship(kitchen.farm, [(kitchen.crop, "40 KGM")], to=kitchen.kitchen)
    loss = {"cause": "missing", "quantity": "5 KGM"}
    arrived = kitchen.world.receive(kitchen.kitchen, shipment, losses=[loss])[0]
    kitchen.world.consume(kitchen.kitchen, [arrived], "served")
    assert kitchen.used() is None  # 5 are nobody knows where


def test_a_lot_that_may_still_be_added_to_is_not_used_up(kitchen: Kitchen) -> None:
    kitchen.world.consume(kitchen.kitchen, [kitchen.deliver()], "served")
    assert kitchen.used(later=0) is None
    assert kitchen.used() is not None
