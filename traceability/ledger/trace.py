"""Lineage, both ways: what a holding was made of, and what became of it (DESIGN §1.1).

``traceability.ledger.walk`` says what an edge is and how it is found; here walks become graphs, and
lots become the holdings at which a walk begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from traceability.core.facts import HoldingKey
from traceability.ledger.held import Held
from traceability.ledger.reading import Reading
from traceability.ledger.walk import HOLDINGS, Bounds, Direction, Edge, Open, Walk

LIMIT: Final = HOLDINGS  #: holdings of a graph, if nothing else is said
ORIGINS: Final = 20_000  #: holdings by which a lot came into being, the first ones: a silo has many


@dataclass(frozen=True, slots=True)
class Use:
    """A ``consume`` record ends so much (base units) of a holding."""

    index: int
    source: HoldingKey
    amount: int | None
    acting: str


@dataclass(frozen=True, slots=True)
class Graph:
    """What a walk found. ``open``: from where it did not go on, for what is beyond its bounds."""

    targets: tuple[HoldingKey, ...]
    nodes: dict[HoldingKey, Held]
    edges: tuple[Edge, ...]
    open: tuple[Open, ...]

    @property
    def cut(self) -> bool:
        """Whether there is more."""
        return bool(self.open)

    @property
    def records(self) -> list[int]:
        """The indices of the records that made the nodes, in log order."""
        return sorted({index for index, _ in self.nodes})

    @property
    def sources(self) -> list[Held]:
        """Nodes that descend from none in the graph: harvests and acquisitions, unless it is cut;
        in log order."""
        made = {after for _, after in self.edges}
        return [self.nodes[key] for key in sorted(self.nodes) if key not in made]

    @property
    def ends(self) -> list[Held]:
        """Nodes from which none in the graph descends, in log order."""
        drawn = {before for before, _ in self.edges}
        return [self.nodes[key] for key in sorted(self.nodes) if key not in drawn]

    @property
    def parties(self) -> frozenset[str]:
        """All who signed for, held or sent what is in the graph."""
        return frozenset().union(*(node.parties for node in self.nodes.values()))


def origins(now: Reading, gtin: str, lot: str) -> list[HoldingKey]:
    """The holdings by which a lot came into being: those of its harvests and transformations, of
    the correction that gave it its code, and of what its own maker acquired of it; of a lot that is
    only declared, of all acquisitions.

    What somebody else acquires under a lot's name, or washes and packs anew under its code, says
    nothing about how the lot came into being.
    """
    known = now.reader.lot((gtin, lot))
    if known is None:
        return []
    found = now.rows(
        "SELECT h.idx, h.n, h.holder, r.type = 'acquire' OR r.type = 'transform' AND EXISTS ("
        "SELECT 1 FROM draw d JOIN holding s ON s.idx = d.source_idx AND s.n = d.source_n"
        " WHERE d.idx = h.idx AND s.product = h.product AND s.lot = h.lot)"
        " FROM holding h JOIN record r ON r.idx = h.idx"
        " WHERE h.product = ? AND h.lot = ?"
        " AND (r.type IN ('harvest', 'acquire', 'transform') OR r.idx = ?)"
        " ORDER BY h.idx, h.n LIMIT ?",
        gtin,
        lot,
        known.index,
        ORIGINS,
    )
    return [
        (index, n)
        for index, n, holder, anybody in found
        if not anybody or known.maker is None or holder == known.maker
    ]


def trace(
    now: Reading,
    direction: Direction,
    targets: Iterable[HoldingKey],
    bounds: Bounds,
    after: int | None = None,
) -> Graph:
    """The graph of a ``Walk``, whole."""
    walk = Walk(now, direction, targets, bounds, after)
    nodes: dict[HoldingKey, Held] = {}
    edges: list[Edge] = []
    for step in walk:
        nodes.update((node.key, node) for node in step.nodes)
        edges += step.edges
    return Graph(walk.targets, nodes, tuple(sorted(edges)), tuple(walk.open))


def trace_back(
    now: Reading, targets: Iterable[HoldingKey], depth: int | None = None, limit: int = LIMIT
) -> Graph:
    """All that the targets descend from, at most ``depth`` records back and ``limit`` holdings."""
    return trace(now, "back", targets, Bounds(limit, depth=depth))


def trace_forward(
    now: Reading, targets: Iterable[HoldingKey], depth: int | None = None, limit: int = LIMIT
) -> Graph:
    """All that descends from the targets, at most ``depth`` records on and ``limit`` holdings."""
    return trace(now, "forward", targets, Bounds(limit, depth=depth))


def uses(now: Reading, graph: Graph) -> list[Use]:
    """Who consumed of the graph's holdings, and how much; in log order."""
    among = now.among("d.source_idx", "d.source_n")
    found = now.rows(
        "SELECT d.idx, d.source_idx, d.source_n, d.amount, r.acting"  # noqa: S608
        f" FROM draw d JOIN record r ON r.idx = d.idx WHERE {among} AND r.type = 'consume'"
        " ORDER BY d.idx, d.n",
        now.pack(graph.nodes),
    )
    return [Use(idx, (source, n), amount, acting) for idx, source, n, amount, acting in found]
