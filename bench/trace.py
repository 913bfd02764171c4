"""Where lots come from and where they went, in a ledger of ten million records.

Random lots of three kinds, back and forth: packs as consumers buy them, harvests, and what a
packhouse merged from a lorry; and two that are made to be hard: a lot that everybody drew on and a
silo that was topped up two hundred times. Each walk is measured against a bare limit in the same
run: the same holdings with their records, by primary key in one query. First on a server that was
just started (what the operating system keeps of its files stays there), then again.

    python -m bench trace
"""

import random
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench.large import FOLDER, opened, prepare
from bench.season import Season
from bench.standing import standing
from traceability.core.facts import HoldingKey
from traceability.ledger.held import held_at
from traceability.ledger.reading import Reading
from traceability.ledger.trace import Graph, origins, trace
from traceability.ledger.walk import Bounds, Direction

SIZE = 10_000_000
LOTS = 300  #: of each kind
DOCUMENT = Bounds(2_000, 20_000)  #: as ``api.lineage`` bounds an answer of JSON

Lots = Sequence[tuple[str, str]]


def run(folder: Path = FOLDER, size: int = SIZE, lots: int = LOTS) -> dict[str, Any]:
    """Milliseconds, and sizes of graphs, by kind of lot and direction."""
    prepare(folder, (size,))
    found: dict[str, Any] = {}
    with standing(folder) as server:
        ledger, season = opened(server, size)
        with ledger.reading() as now:
            kinds = _kinds(now, season, ledger.size, lots)
        ledger.close()
    with standing(folder) as server:
        ledger, season = opened(server, size)
        found["records"] = ledger.size
        for when in ("after a start", "again"):
            with ledger.reading() as now:
                found[when] = {
                    f"{kind}, {direction}": _measured(now, some, direction)
                    for kind, some in kinds.items()
                    for direction in ("back", "forward")
                }
        hard = {"the lot of everybody": season.large, "the silo": season.silo}
        with ledger.reading() as now:
            found["hard"] = {
                f"{name}, {direction}": _measured(now, [(out.product, out.lot)] * 5, direction)
                for name, out in hard.items()
                for direction in ("back", "forward")
            }
        ledger.close()
    return found


def _kinds(now: Reading, season: Season, size: int, count: int) -> dict[str, Lots]:
    """Random lots of each kind, found by random records."""
    wanted = {
        "packs": ("transform", set(season.packed)),
        "harvests": ("harvest", set(season.raw)),
        "merges": ("transform", set(season.raw)),
    }
    chance = random.Random(1)
    found: dict[str, list[tuple[str, str]]] = {kind: [] for kind in wanted}
    while any(len(some) < count for some in found.values()):
        index = chance.randrange(season.registry, size)
        rows = now.rows(
            "SELECT h.product, h.lot, r.type FROM holding h JOIN record r ON r.idx = h.idx"
            " WHERE h.idx = ? ORDER BY h.n LIMIT 1",
            index,
        )
        for product, lot, type_ in rows:
            for kind, (made, products) in wanted.items():
                if type_ == made and product in products and len(found[kind]) < count:
                    found[kind].append((product, lot))
    return dict(found)


def _measured(now: Reading, lots: Lots, direction: Direction) -> dict[str, Any]:
    walks, bare, nodes, edges, cut = [], [], [], [], 0
    for product, lot in lots:
        began = perf_counter()
        graph: Graph = trace(now, direction, origins(now, product, lot), DOCUMENT)
        walked = perf_counter()
        held_at(now, list[HoldingKey](graph.nodes))
        fetched = perf_counter()
        walks.append(1e3 * (walked - began))
        bare.append(1e3 * (fetched - walked))
        nodes.append(len(graph.nodes))
        edges.append(len(graph.edges))
        cut += graph.cut
    return {
        "ms": _spread(walks),
        "bare ms": _spread(bare),
        "ratio": round(median(a / b for a, b in zip(walks, bare, strict=True)), 2),
        "holdings": _spread(nodes),
        "edges": _spread(edges),
        "cut": cut,
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)

    def at(part: float) -> float:
        return round(ordered[min(int(part * len(ordered)), len(ordered) - 1)], 2)

    return {"median": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1)}
