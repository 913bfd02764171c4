"""Lineage, both ways: what a holding was made of, and what became of it (DESIGN §1.1).

Holdings are nodes; an edge leads from a holding that a record drew on to one that it made. Which of
a record's outputs descend from which of its draws:

* ``transform``: each output from every draw;
* ``ship``, ``receive``, ``count``: an output from the draws of the same lot. A lorry that carries
  two farms' lots does not mix them;
* ``correct``: an output from the draws of the same lot; where there is none, the code was what was
  corrected: from every draw. A *void* makes the inputs of a record anew: each from what that record
  had drawn of the same lot, as if it had not been mixed with others;
* ``acquire``: from nothing. But a late ``ship`` that closes it (and was not voided) ties its
  outputs to that shipment's draws of the same lot.

``harvest`` begins, ``consume`` ends. The walk is one recursive query over both indexes of ``draw``,
so that its cost is that of what it finds, however large the ledger is.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from traceability.core.facts import HoldingKey
from traceability.ledger.held import HELD, Held, held_of
from traceability.ledger.reading import Reading

LIMIT: Final = 20_000  #: holdings of a graph, if nothing else is said

Edge = tuple[HoldingKey, HoldingKey]  #: drawn on, made

# -- one step: a holding ``s`` that ``d`` draws on, and a holding ``h`` that is made of it ---------
_SAME_LOT: Final = "s.product = h.product AND s.lot = h.lot"
_NOT_VOID: Final = """
    NOT EXISTS (SELECT 1 FROM link v WHERE v.about = l.idx AND v.kind = 'void')
"""
_NEW_CODE: Final = """
    NOT EXISTS (SELECT 1 FROM draw x CROSS JOIN holding y
        WHERE x.idx = d.idx AND y.idx = x.source_idx AND y.n = x.source_n
            AND y.product = h.product AND y.lot = h.lot)
"""
# ``r`` is the record of ``h``.
_UP: Final = f"""
    JOIN record r ON r.idx = h.idx
    JOIN draw d ON d.idx = coalesce(CASE r.type
        WHEN 'acquire' THEN (SELECT min(l.idx) FROM link l
            WHERE l.about = h.idx AND l.kind = 'closes' AND {_NOT_VOID})
        WHEN 'correct' THEN (SELECT l.about FROM link l WHERE l.idx = h.idx AND l.kind = 'void')
        END, h.idx)
    JOIN holding s ON s.idx = d.source_idx AND s.n = d.source_n
"""  # noqa: S608
_UP_IF: Final = f"""
    (r.type = 'transform' OR ({_SAME_LOT})
     OR (r.type = 'correct' AND d.idx = h.idx AND {_NEW_CODE}))
"""
# ``r`` is the record of ``d``.
_DOWN: Final = f"""
    JOIN draw d ON d.source_idx = s.idx AND d.source_n = s.n
    JOIN record r ON r.idx = d.idx
    JOIN holding h ON h.idx IN (
        CASE WHEN r.type = 'correct' AND EXISTS (
            SELECT 1 FROM link l WHERE l.idx = d.idx AND l.kind = 'void') THEN NULL ELSE d.idx END,
        CASE r.type WHEN 'ship' THEN (SELECT min(l.about) FROM link l
            WHERE l.idx = d.idx AND l.kind = 'closes' AND {_NOT_VOID}) END,
        (SELECT min(l.idx) FROM link l WHERE l.about = d.idx AND l.kind = 'void'))
"""  # noqa: S608
_DOWN_IF: Final = f"""
    ((h.idx = d.idx AND r.type = 'transform') OR ({_SAME_LOT})
     OR (h.idx = d.idx AND r.type = 'correct' AND {_NEW_CODE}))
"""


@dataclass(frozen=True, slots=True)
class Use:
    """A ``consume`` record ends so much (base units) of a holding."""

    index: int
    source: HoldingKey
    amount: int | None
    acting: str


@dataclass(frozen=True, slots=True)
class Graph:
    """What a walk found. ``cut``: there is more, beyond the depth or the number asked for."""

    targets: tuple[HoldingKey, ...]
    nodes: dict[HoldingKey, Held]
    edges: tuple[Edge, ...]
    cut: bool

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
        " ORDER BY h.idx, h.n",
        gtin,
        lot,
        known.index,
    )
    return [
        (index, n)
        for index, n, holder, anybody in found
        if not anybody or known.maker is None or holder == known.maker
    ]


def trace_back(
    now: Reading, targets: Iterable[HoldingKey], depth: int | None = None, limit: int = LIMIT
) -> Graph:
    """All that the targets descend from, at most ``depth`` records back and ``limit`` holdings."""
    graph = _walk(now, _BACK, _BACK_EDGES, targets, limit)
    return _within(graph, depth, [(made, drawn) for drawn, made in graph.edges])


def trace_forward(
    now: Reading, targets: Iterable[HoldingKey], depth: int | None = None, limit: int = LIMIT
) -> Graph:
    """All that descends from the targets, at most ``depth`` records on and ``limit`` holdings."""
    graph = _walk(now, _FORTH, _FORTH_EDGES, targets, limit)
    return _within(graph, depth, graph.edges)


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


# -- the walk ----------------------------------------------------------------------------------
_BACK: Final = (
    "WITH RECURSIVE walk(idx, n) AS (SELECT h.idx, h.n FROM holding h WHERE {among}"  # noqa: S608
    " UNION SELECT s.idx, s.n FROM walk w JOIN holding h ON h.idx = w.idx AND h.n = w.n"
    f"{_UP} WHERE {_UP_IF}) SELECT idx, n FROM walk LIMIT ?"
)
_FORTH: Final = (
    "WITH RECURSIVE walk(idx, n) AS (SELECT h.idx, h.n FROM holding h WHERE {among}"  # noqa: S608
    " UNION SELECT h.idx, h.n FROM walk w JOIN holding s ON s.idx = w.idx AND s.n = w.n"
    f"{_DOWN} WHERE {_DOWN_IF}) SELECT idx, n FROM walk LIMIT ?"
)
_BACK_EDGES: Final = (
    f"SELECT DISTINCT s.idx, s.n, h.idx, h.n FROM holding h {_UP}"  # noqa: S608
    f" WHERE {{among_made}} AND {_UP_IF}"
)
_FORTH_EDGES: Final = (
    f"SELECT DISTINCT s.idx, s.n, h.idx, h.n FROM holding s {_DOWN}"  # noqa: S608
    f" WHERE {{among_drawn}} AND {_DOWN_IF}"
)


def _walk(
    now: Reading,
    walk: str,
    step: str,
    targets: Iterable[HoldingKey],
    limit: int,
) -> Graph:
    start = now.pack(targets)
    among = {
        "among": now.among("h.idx", "h.n"),
        "among_made": now.among("h.idx", "h.n"),
        "among_drawn": now.among("s.idx", "s.n"),
    }
    keys: list[HoldingKey] = [
        (idx, n) for idx, n in now.rows(walk.format(**among), start, limit + 1)
    ]
    cut = len(keys) > limit
    keys = keys[:limit]
    packed = now.pack(keys)
    nodes = {
        node.key: node for node in map(held_of, now.rows(f"{HELD} WHERE {among['among']}", packed))
    }
    edges: list[Edge] = [
        ((source, m), (idx, n))
        for source, m, idx, n in now.rows(step.format(**among), packed)
        if (source, m) in nodes and (idx, n) in nodes
    ]
    found = now.rows(f"SELECT h.idx, h.n FROM holding h WHERE {among['among']}", start)  # noqa: S608
    return Graph(tuple(sorted((idx, n) for idx, n in found)), nodes, tuple(sorted(edges)), cut)


def _within(graph: Graph, depth: int | None, steps: Iterable[Edge]) -> Graph:
    """The graph without what is more than ``depth`` of ``steps`` from its targets."""
    if depth is None:
        return graph
    beside: dict[HoldingKey, list[HoldingKey]] = {}
    for one, next_ in steps:
        beside.setdefault(one, []).append(next_)
    away = dict.fromkeys(graph.targets, 0)
    todo = deque(away)
    while todo:
        key = todo.popleft()
        for other in beside.get(key, ()) if away[key] < depth else ():
            if other not in away:
                away[other] = away[key] + 1
                todo.append(other)
    nodes = {key: node for key, node in graph.nodes.items() if key in away}
    edges = tuple(edge for edge in graph.edges if edge[0] in away and edge[1] in away)
    return Graph(graph.targets, nodes, edges, graph.cut or len(nodes) < len(graph.nodes))
