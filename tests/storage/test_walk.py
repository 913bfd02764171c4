"""Walks within bounds: what is cut is said, and can be gone on with from there."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.kit import Out, World
from tests.ledgers import codes, send
from traceability.core.facts import HoldingKey
from traceability.ledger import walk as walking
from traceability.ledger.ledger import Ledger
from traceability.ledger.trace import Graph, trace
from traceability.ledger.walk import Bounds, Walk

MEALS = 30


@dataclass
class Market:
    """A lot of rice from which very many packed; and a silo that was topped up again and again."""

    ledger: Ledger
    world: World

    def __post_init__(self) -> None:
        world = self.world
        self.mill = world.party("cooperative")
        self.rice, self.packed = world.product(self.mill, "rice"), world.product(self.mill, "rice")
        field = world.place(self.mill)
        self.large = world.harvest(self.mill, field, [(self.rice, "LARGE", "9000 KGM")])[0]
        self.packs = [
            world.transform(self.mill, [(self.large, "10 KGM")], [
                (self.packed, f"P{n}a", "4 KGM"), (self.packed, f"P{n}b", "6 KGM")])
            for n in range(MEALS)
        ]  # fmt: skip
        self.intakes = []
        rest: list[Out] = []
        for n in range(MEALS):
            intake = world.harvest(self.mill, field, [(self.rice, f"F{n}", "10 KGM")])[0]
            self.intakes.append(intake)
            line = (self.rice, "SILO", f"{10 * (n + 1)} KGM")
            rest = [world.transform(self.mill, [*rest, intake], [line], kind="top-up")[0]]
        self.silo = rest[0]
        outcomes = send(self.ledger, world.take())
        assert set(codes(outcomes)) == {None}

    def key(self, out: Out) -> HoldingKey:
        with self.ledger.reading() as now:
            entry = now.reader.record(out.record)
        assert entry is not None
        return entry.index, out.n

    def forth(self, out: Out, bounds: Bounds, after: int | None = None) -> Graph:
        key = self.key(out)
        with self.ledger.reading() as now:
            return trace(now, "forward", [key], bounds, after)

    def back(self, outs: Sequence[Out], bounds: Bounds) -> Graph:
        keys = list(map(self.key, outs))
        with self.ledger.reading() as now:
            return trace(now, "back", keys, bounds)


@pytest.fixture
def market(ledger: Ledger, world: World) -> Market:
    return Market(ledger, world)


@pytest.fixture(params=["whole", "in pages"])
def rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers as large as they are; or so small that everything comes in pages and halves."""
    if request.param == "in pages":
        monkeypatch.setattr(walking, "ROWS", 3)
        monkeypatch.setattr(walking, "DRAWS", 2)
        monkeypatch.setattr(walking, "KEYS", 5)


@pytest.mark.usefixtures("rows")
def test_however_it_is_asked_for_a_graph_is_the_same(market: Market) -> None:
    forth = market.forth(market.large, Bounds())
    assert len(forth.nodes) == 1 + 2 * MEALS
    assert len(forth.edges) == 2 * MEALS
    back = market.back([market.silo], Bounds())
    assert len(back.nodes) == 2 * MEALS
    assert len(back.edges) == 2 * MEALS - 1
    assert not forth.cut
    assert not back.cut
    assert {node.lot for node in back.sources} == {out.lot for out in market.intakes}


@pytest.mark.usefixtures("rows")
def test_what_was_cut_can_be_gone_on_with(market: Market) -> None:
    """Each walk takes ten holdings more, from where the one before ended."""
    found: set[HoldingKey] = set()
    after: int | None = None
    walks = 0
    while True:
        graph = market.forth(market.large, Bounds(holdings=10), after)
        assert len(graph.nodes) <= 10
        found |= graph.nodes.keys()
        walks += 1
        if not graph.cut:
            break
        [place] = graph.open
        assert place.key == market.key(market.large)
        assert place.after is not None
        assert after is None or place.after > after
        after = place.after
    assert len(found) == 1 + 2 * MEALS
    assert walks > 2 * MEALS // 10


@pytest.mark.usefixtures("rows")
def test_what_is_made_of_a_holding_comes_in_the_order_of_the_log(market: Market) -> None:
    graph = market.forth(market.large, Bounds(holdings=8))
    assert (
        sorted(graph.nodes)[1:]
        == [market.key(out) for each in market.packs for out in each.outs][:7]
    )
    [place] = graph.open
    # The fourth record's outputs did not both fit: from there on all is for the next walk.
    assert place.after == market.key(market.packs[3][0])[0] - 1


def test_a_chain_is_cut_at_a_depth_and_said_where(market: Market) -> None:
    graph = market.back([market.silo], Bounds(depth=5))
    assert len(graph.nodes) == 1 + 2 * 5
    [place] = graph.open
    assert graph.nodes[place.key].lot == "SILO"
    assert place.key == min(key for key, node in graph.nodes.items() if node.lot == "SILO")
    whole = market.back([market.silo], Bounds(depth=MEALS))
    assert not whole.cut


def test_edges_are_bounded_too(market: Market) -> None:
    graph = market.back([market.silo], Bounds(edges=7))
    assert graph.cut
    assert 7 <= len(graph.edges) <= 8  # a question is answered whole
    assert all(key in graph.nodes for key, _ in graph.open)


def test_a_walk_ends_when_it_is_told(market: Market) -> None:
    asked = 0

    def ended() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    graph = market.back([market.silo], Bounds(ended=ended))
    assert len(graph.nodes) == 1 + 2 * 3
    assert len(graph.open) == 2
    assert market.back([market.silo], Bounds(ended=lambda: True)).nodes.keys() == {
        market.key(market.silo)
    }


def test_more_targets_than_holdings_are_cut(market: Market) -> None:
    graph = market.back(market.intakes, Bounds(holdings=4))
    assert len(graph.nodes) == 4
    assert len(graph.open) == MEALS - 4


def test_an_edge_never_comes_before_its_holdings(market: Market) -> None:
    key = market.key(market.silo)
    with market.ledger.reading() as now:
        known: set[HoldingKey] = set()
        for step in Walk(now, "back", [key], Bounds()):
            known |= {node.key for node in step.nodes}
            assert all(end in known for edge in step.edges for end in edge)
