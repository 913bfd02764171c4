"""The tests' own world signs what the rulebook accepts, and the same every time."""

import pytest

from tests.kit import World
from tests.memory import MemoryLedger
from traceability.core.checkpoint import Checkpoint, open_checkpoint
from traceability.core.errors import RuleError
from traceability.core.merkle import verify_inclusion
from traceability.core.moment import parse_time


def season(world: World) -> None:
    """A record of each type that a season needs."""
    farm, shop, kitchen = (world.party(r) for r in ("farm", "supermarket", "school-kitchen"))
    certifier, cooperative = world.party("certifier"), world.party("cooperative")
    member = world.party("farm", memberOf=[cooperative.id])
    pineapple, juice = world.product(farm), world.product(cooperative, makers="owner")
    plot, field = world.place(farm), world.place(member)
    world.certificate(certifier, farm)
    world.consent(member, cooperative, "harvest", "diary")
    world.register(farm)
    world.diary(farm, plot, "pesticide", input="Abamectin", phi=0, dose="10 ml")
    crop = world.harvest(farm, plot, [(pineapple, "L1", "100 KGM"), (pineapple, "L2", "50 KGM")])
    other = world.harvest(cooperative, field, [(pineapple, "M1", "80 KGM")], for_=member.id)
    sent = world.ship(farm, [(crop[0], "60 KGM"), crop[1]], to=shop)
    taken = world.receive(shop, sent, refused={1: "5 KGM"})
    world.inspect(certifier, {"product": pineapple, "lot": "L1"})
    world.consume(shop, [taken[0]])
    world.later(3_600_000)
    home = world.ship(member, [other[0]], to=cooperative)
    mine = world.receive(cooperative, home, losses=[{"cause": "missing", "quantity": "1 KGM"}])
    made = world.transform(
        cooperative,
        [mine[0]],
        [(juice, "J1", "40 KGM")],
        kind="process",
        losses=[{"cause": "trim", "quantity": "39 KGM"}],
    )
    world.count(cooperative, [made[0]], [(juice, "J1", "40 KGM")])
    onward = world.ship(farm, [(crop[0], "10 KGM")], to=kitchen)
    world.dispute(kitchen, onward)
    extra = world.harvest(farm, plot, [(pineapple, "L3", "10 KGM")])
    world.correct(
        farm,
        extra,
        [extra[0]],
        makes=[
            {"of": 0, "product": pineapple, "lot": "L3", "holder": farm.id, "quantity": "9 KGM"}
        ],
        data={"outputs": [{"n": 0, "quantity": "9 KGM"}]},
    )
    world.acquire(kitchen, [(pineapple, "X1", "3 KGM")])
    world.revoke(world.operator, farm.kid)


def test_the_rulebook_accepts_a_whole_season() -> None:
    world = World()
    season(world)
    ledger = MemoryLedger(world)
    assert len(ledger.append_all()) == len(world.records)
    assert ledger.state.size == len(world.records)


def test_two_worlds_of_one_seed_are_the_same_to_the_byte() -> None:
    first, second, other = World(7), World(7), World(8)
    for world in (first, second, other):
        season(world)
    assert [each.wire for each in first.records] == [each.wire for each in second.records]
    assert {each.name for each in first.records}.isdisjoint(each.name for each in other.records)


def test_the_memory_ledger_refuses_and_proves() -> None:
    world = World()
    farm, shop = world.party("farm"), world.party("market")
    plot, pineapple = world.place(farm), world.product(farm)
    crop = world.harvest(farm, plot, [(pineapple, "L1", "100 KGM")])
    ledger = MemoryLedger(world)
    ledger.append_all()
    world.ship(farm, [(crop[0], "101 KGM")], to=shop)
    with pytest.raises(RuleError, match=r"draw\.over"):
        ledger.append_all()
    opened = open_checkpoint(ledger.checkpoint(), world.signer.key)
    assert isinstance(opened.checkpoint, Checkpoint)
    for index, leaf in enumerate(ledger.hashes):
        root = opened.checkpoint.root
        verify_inclusion(index, opened.checkpoint.size, leaf, ledger.proof(index), root)
    assert ledger.leaves[-1].time == parse_time(crop.claims["at"])
