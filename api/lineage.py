"""Lineage as far as whoever asks may know it.

Back is what the public bundle shows, with holders, places and amounts as far as the records
disclose them to the viewer. Forward says who bought: that is for auditors and the operator, and for
a party as far as the records go that name it.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from api.lot import viewer_at
from api.schemas import Trace, TraceNode
from traceability.core import codec
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.ledger.reading import Reading
from traceability.ledger.records import load
from traceability.ledger.tokens import Principal
from traceability.ledger.trace import Graph, origins, trace_back, trace_forward
from traceability.ledger.viewer import Viewer

Direction = Literal["back", "forward"]
MOST_NODES: Final = 2_000


def lineage(
    ledger: Ledger,
    gtin: str,
    lot: str,
    direction: Direction,
    depth: int | None,
    asking: Principal | None,
) -> Trace:
    """The lineage of a lot. ``LedgerError``: ``lot.unknown``, ``access.no-token``."""
    if direction == "forward" and asking is None:
        raise LedgerError("access.no-token")
    with ledger.reading() as now:
        targets = origins(now, gtin, lot)
        if not targets:
            raise LedgerError("lot.unknown", lot=lot)
        walk = trace_back if direction == "back" else trace_forward
        graph = walk(now, targets, depth, MOST_NODES)
        viewer = viewer_at(now, gtin, lot, asking)
        bodies = _bodies(now, graph, viewer)
    everything = direction == "back" or viewer.sees_all
    known = {
        key
        for key, node in graph.nodes.items()
        if everything or viewer.party in node.parties or key in graph.targets
    }
    return Trace(
        gtin=gtin,
        lot=lot,
        direction=direction,
        targets=[graph.nodes[key].name for key in graph.targets],
        nodes=[_node(graph, key, bodies) for key in sorted(known)],
        edges=[
            (graph.nodes[drawn].name, graph.nodes[made].name)
            for drawn, made in graph.edges
            if drawn in known and made in known
        ],
        cut=graph.cut or len(known) < len(graph.nodes),
    )


def _bodies(now: Reading, graph: Graph, viewer: Viewer) -> Mapping[int, Any]:
    """The records of a graph, with what the viewer may read."""
    return {
        index: codec.parse(wire, complete=False).body
        for index, _, wire in load(now, graph.records, viewer)
    }


def _node(graph: Graph, key: tuple[int, int], bodies: Mapping[int, Any]) -> TraceNode:
    node, body = graph.nodes[key], bodies[key[0]]
    made = body.makes[key[1]]
    return TraceNode(
        holding=node.name,
        record=node.record,
        index=node.key[0],
        type=node.type,
        at=body.at,
        gtin=node.product,
        lot=node.lot,
        party=node.acting,
        holder=made.holder,
        place=made.place,
        quantity=made.quantity,
        claims=list(node.claims),
        in_transit=node.ship is not None,
    )
