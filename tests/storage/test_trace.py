"""Where a lot comes from and where it went: neither more than is true, nor less."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.kit import Out, Party, Signed, World
from tests.ledgers import codes, send
from tests.plans import planned
from traceability.core.facts import HoldingKey
from traceability.ledger.ledger import Ledger
from traceability.ledger.trace import Graph, origins, trace_back, trace_forward, uses


@dataclass
class Told:
    """A ledger with what a world has told it."""

    ledger: Ledger
    world: World

    def send(self) -> None:
        outcomes = send(self.ledger, self.world.take())
        assert codes(outcomes) == [None] * len(outcomes)

    def key(self, out: Out) -> HoldingKey:
        with self.ledger.reading() as now:
            entry = now.reader.record(out.record)
        assert entry is not None
        return entry.index, out.n

    def back(self, *outs: Out, depth: int | None = None, limit: int = 1000) -> Graph:
        self.send()
        keys = [self.key(out) for out in outs]
        with self.ledger.reading() as now:
            return trace_back(now, keys, depth, limit)

    def forth(self, *outs: Out, depth: int | None = None, limit: int = 1000) -> Graph:
        self.send()
        keys = [self.key(out) for out in outs]
        with self.ledger.reading() as now:
            return trace_forward(now, keys, depth, limit)


@pytest.fixture
def told(ledger: Ledger, world: World) -> Told:
    return Told(ledger, world)


def lots(graph: Graph) -> set[str]:
    return {node.lot for node in graph.nodes.values()}


def types(graph: Graph) -> list[str]:
    """Types of the records in the graph, in log order."""
    found = {key[0]: node.type for key, node in graph.nodes.items()}
    return [found[index] for index in sorted(found)]


@dataclass
class Chain:
    """Two farms' pineapples go on one lorry to a packhouse, are packed together, and sold on."""

    world: World

    def __post_init__(self) -> None:
        world = self.world
        self.farms = [world.party("farm") for _ in range(2)]
        self.packhouse = world.party("processor")
        self.shops = [world.party("supermarket"), world.party("school-kitchen")]
        self.pineapple = world.product(self.farms[0])
        self.packed = world.product(self.packhouse)
        self.coop = world.party("cooperative")
        self.harvests = [
            world.harvest(farm, world.place(farm), [(self.pineapple, f"F{n}", "100 KGM")])
            for n, farm in enumerate(self.farms)
        ]
        shipments = [
            world.ship(farm, [harvest[0]], to=self.coop)
            for farm, harvest in zip(self.farms, self.harvests, strict=True)
        ]
        self.intakes = [world.receive(self.coop, shipment) for shipment in shipments]
        self.lorry = world.ship(
            self.coop, [intake[0] for intake in self.intakes], to=self.packhouse
        )
        self.dock = world.receive(self.packhouse, self.lorry)

    def pack(self, draws: Sequence[tuple[Out, str]], lot: str, quantity: str) -> Signed:
        return self.world.transform(self.packhouse, draws, [(self.packed, lot, quantity)])

    def sell(self, out: Out, quantity: str, shop: Party) -> Signed:
        return self.world.receive(shop, self.world.ship(self.packhouse, [(out, quantity)], to=shop))


@pytest.fixture
def chain(told: Told) -> Chain:
    return Chain(told.world)


def test_a_packed_lot_descends_from_all_farms_that_went_into_it(told: Told, chain: Chain) -> None:
    packed = chain.pack([(chain.dock[0], "60 KGM"), (chain.dock[1], "30 KGM")], "P1", "90 KGM")
    found = told.back(chain.sell(packed[0], "50 KGM", chain.shops[0])[0])
    assert lots(found) == {"F0", "F1", "P1"}
    assert [node.type for node in found.sources] == ["harvest", "harvest"]
    assert {node.holder for node in found.sources} == {farm.id for farm in chain.farms}
    assert types(found) == [
        "harvest", "harvest", "ship", "ship", "receive", "receive", "ship", "receive",
        "transform", "ship", "receive",
    ]  # fmt: skip
    assert not found.cut


def test_a_lorry_with_two_lots_does_not_mix_them(told: Told, chain: Chain) -> None:
    packed = chain.pack([(chain.dock[1], "30 KGM")], "P1", "30 KGM")
    found = told.back(packed[0])
    assert lots(found) == {"F1", "P1"}
    assert [node.holder for node in found.sources] == [chain.farms[1].id]


def test_a_harvest_reaches_all_that_was_made_of_it_and_no_other(told: Told, chain: Chain) -> None:
    one = chain.pack([(chain.dock[0], "60 KGM"), (chain.dock[1], "30 KGM")], "P1", "90 KGM")
    two = chain.pack([(chain.dock[1], "30 KGM")], "P2", "30 KGM")
    sold = chain.sell(one[0], "50 KGM", chain.shops[0])
    chain.sell(two[0], "10 KGM", chain.shops[1])
    found = told.forth(chain.harvests[0][0])
    assert lots(found) == {"F0", "P1"}
    assert [node.record for node in found.ends] == [sold.name]
    both = told.forth(chain.harvests[1][0])
    assert lots(both) == {"F1", "P1", "P2"}
    assert {node.holder for node in both.ends} == {shop.id for shop in chain.shops}


def test_who_ate_of_a_harvest_is_found(told: Told, chain: Chain) -> None:
    packed = chain.pack([(chain.dock[0], "60 KGM")], "P1", "60 KGM")
    sold = chain.sell(packed[0], "50 KGM", chain.shops[1])
    eaten = told.world.consume(chain.shops[1], [(sold[0], "20.5 KGM")], "served")
    graph = told.forth(chain.harvests[0][0])
    with told.ledger.reading() as now:
        [use] = uses(now, graph)
    assert (use.acting, use.amount) == (chain.shops[1].id, 20_500_000)
    assert use.source == told.key(sold[0])
    assert use.index == told.key(Out(eaten.name, 0, "", "", ""))[0]


def test_back_and_forth_agree_on_every_edge(told: Told, chain: Chain) -> None:
    packed = chain.pack([(chain.dock[0], "60 KGM"), (chain.dock[1], "30 KGM")], "P1", "90 KGM")
    chain.sell(packed[0], "50 KGM", chain.shops[0])
    forth = told.forth(chain.harvests[0][0], chain.harvests[1][0])
    with told.ledger.reading() as now:
        back = trace_back(now, forth.nodes)
    assert back.edges == forth.edges
    assert set(back.nodes) == set(forth.nodes)


def test_a_count_keeps_lots_apart(told: Told, chain: Chain) -> None:
    counted = told.world.count(
        chain.packhouse,
        [chain.dock[0], chain.dock[1]],
        [(chain.pineapple, "F0", "99.5 KGM"), (chain.pineapple, "F1", "100 KGM")],
        losses=[{"cause": "shrinkage", "lot": "F0", "quantity": "0.5 KGM"}],
    )
    assert lots(told.back(counted[0])) == {"F0"}


def test_an_acquired_lot_begins_with_its_holder(told: Told, chain: Chain) -> None:
    got = told.world.acquire(chain.packhouse, [(chain.pineapple, "X9", "10 KGM")])
    found = told.back(got[0])
    assert [node.type for node in found.sources] == ["acquire"]
    assert len(found.nodes) == 1


def test_a_late_shipment_gives_an_acquired_lot_its_farm(told: Told, chain: Chain) -> None:
    world, farm, kitchen = told.world, chain.farms[0], chain.shops[1]
    harvest = world.harvest(farm, world.place(farm), [
        (chain.pineapple, "K1", "30 KGM"), (chain.pineapple, "K2", "20 KGM")])  # fmt: skip
    got = world.acquire(
        kitchen,
        [(chain.pineapple, "K1", "30 KGM"), (chain.pineapple, "K2", "20 KGM")],
        {"kind": "unrecorded", "party": farm.id},
    )
    eaten = told.back(got[0])
    assert lots(eaten) == {"K1"}
    assert [node.type for node in eaten.sources] == ["acquire"]
    late = [{"from": out.name, "quantity": out.quantity} for out in harvest.outs]
    world.sign(farm, "ship", {"closes": got.name}, draws=late)
    found = told.back(got[1])
    assert lots(found) == {"K2"}
    assert [(node.type, node.holder) for node in found.sources] == [("harvest", farm.id)]
    onward = told.forth(harvest[0])
    assert [node.holder for node in onward.ends] == [kitchen.id]
    assert onward.edges == ((told.key(harvest[0]), told.key(got[0])),)


def test_a_correction_descends_from_what_it_corrects(told: Told, chain: Chain) -> None:
    world, farm = told.world, chain.farms[0]
    lines = [(chain.pineapple, "C1", "100 KGM"), (chain.pineapple, "C2", "50 KGM")]
    harvest = world.harvest(farm, world.place(farm), lines)
    make = {"product": chain.pineapple, "holder": farm.id, "of": 0}
    corrected = world.correct(
        farm,
        harvest,
        [harvest[0]],
        data={"outputs": [{"n": 0, "quantity": "80 KGM"}]},
        makes=[make | {"lot": "C1", "quantity": "80 KGM"}],
    )
    renamed = world.correct(
        farm,
        harvest,
        [harvest[1]],
        data={"outputs": [{"n": 1, "quantity": "50 KGM"}]},
        makes=[make | {"lot": "C3", "quantity": "50 KGM", "of": 1}],
    )
    assert lots(told.back(corrected[0])) == {"C1"}
    assert lots(told.back(renamed[0])) == {"C2", "C3"}
    assert lots(told.forth(harvest[1])) == {"C2", "C3"}


def test_a_walk_that_is_cut_says_so(told: Told, chain: Chain) -> None:
    packed = chain.pack([(chain.dock[0], "60 KGM"), (chain.dock[1], "30 KGM")], "P1", "90 KGM")
    near = told.back(packed[0], depth=1)
    assert near.cut
    assert types(near) == ["receive", "transform"]
    assert len(near.edges) == 2
    few = told.back(packed[0], limit=4)
    assert few.cut
    assert len(few.nodes) == 4
    whole = told.back(packed[0], depth=50)
    assert not whole.cut
    assert len(whole.nodes) == len(told.back(packed[0]).nodes)


def test_from_nothing_comes_nothing(told: Told, chain: Chain) -> None:
    told.send()
    with told.ledger.reading() as now:
        graph = trace_back(now, [(10**9, 0), (0, 0)])
        assert (graph.targets, graph.nodes, graph.edges, graph.cut) == ((), {}, (), False)
        assert uses(now, graph) == []


def test_a_lot_begins_where_its_maker_made_it(told: Told, chain: Chain) -> None:
    world, farm = told.world, chain.farms[0]
    world.acquire(chain.packhouse, [(chain.pineapple, "F0", "5 KGM")])
    stock = world.acquire(farm, [(chain.pineapple, "F0", "1 KGM")], {"kind": "opening"})
    declared = [
        world.acquire(party, [(chain.pineapple, "D1", "5 KGM")])
        for party in (chain.packhouse, farm)
    ]
    told.send()
    with told.ledger.reading() as now:
        made = origins(now, chain.pineapple, "F0")
        bought = origins(now, chain.pineapple, "D1")
        assert origins(now, chain.pineapple, "none") == []
    assert made == [told.key(chain.harvests[0][0]), told.key(stock[0])]
    assert bought == [told.key(each[0]) for each in declared]


def test_nobody_gets_into_a_lots_story_by_packing_some_anew(told: Told, chain: Chain) -> None:
    world, rival = told.world, chain.packhouse
    declared = world.acquire(rival, [(chain.pineapple, "F0", "5 KGM")])
    world.transform(rival, [declared[0]], [(chain.pineapple, "F0", "5 KGM")])
    told.send()
    with told.ledger.reading() as now:
        assert origins(now, chain.pineapple, "F0") == [told.key(chain.harvests[0][0])]


def test_reading_a_whole_table_would_be_seen(told: Told, chain: Chain) -> None:
    told.send()
    with planned(told.ledger) as (now, plan):
        now.rows("SELECT idx FROM record WHERE time = 0")
    assert len(plan.scans) == 1


def test_no_walk_reads_a_whole_table(told: Told, chain: Chain) -> None:
    packed = chain.pack([(chain.dock[0], "60 KGM"), (chain.dock[1], "30 KGM")], "P1", "90 KGM")
    told.send()
    key = told.key(packed[0])
    with planned(told.ledger) as (now, plan):
        trace_back(now, [key])
        graph = trace_forward(now, [told.key(chain.harvests[0][0])])
        uses(now, graph)
        origins(now, chain.packed, "P1")
    assert plan.scans == []


# -- what was undone -------------------------------------------------------------------------------
def test_goods_that_were_mixed_by_mistake_are_themselves_again(told: Told, chain: Chain) -> None:
    packed = chain.pack([(chain.dock[0], "60 KGM"), (chain.dock[1], "30 KGM")], "P1", "90 KGM")
    house = chain.packhouse
    make = {"product": chain.pineapple, "holder": house.id}
    undone = told.world.correct(
        house,
        packed,
        [packed[0]],
        data={"void": True},
        makes=[
            make | {"lot": "F0", "quantity": "60 KGM", "of": 0},
            make | {"lot": "F1", "quantity": "30 KGM", "of": 1},
        ],
    )
    assert lots(told.back(undone[0])) == {"F0"}
    assert lots(told.back(undone[1])) == {"F1"}
    again = chain.pack([(undone[0], "60 KGM")], "P2", "60 KGM")
    assert [node.holder for node in told.back(again[0]).sources] == [chain.farms[0].id]
    assert lots(told.forth(chain.harvests[1][0])) == {"F1", "P1"}
    assert lots(told.forth(chain.harvests[0][0])) == {"F0", "P1", "P2"}


def test_a_late_shipment_that_was_a_mistake_gives_no_farm(told: Told, chain: Chain) -> None:
    world, farm, kitchen = told.world, chain.farms[0], chain.shops[1]
    harvest = world.harvest(farm, world.place(farm), [(chain.pineapple, "K1", "30 KGM")])
    line = (chain.pineapple, "K1", "30 KGM")
    got = world.acquire(kitchen, [line], {"kind": "unrecorded", "party": farm.id})
    draws = [{"from": harvest[0].name, "quantity": "30 KGM"}]
    late = world.sign(farm, "ship", {"closes": got.name}, draws=draws)
    make = {"product": chain.pineapple, "lot": "K1", "holder": farm.id, "quantity": "30 KGM"}
    world.correct(farm, late, data={"void": True}, makes=[make | {"of": 0}])
    assert [node.type for node in told.back(got[0]).sources] == ["acquire"]
    assert kitchen.id not in told.forth(harvest[0]).parties
