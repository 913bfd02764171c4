"""Lineage as far as whoever asks may know it.

Back is what the public bundle shows, with holders, places and amounts as far as the records
disclose them to the viewer. Forward says who bought: that is for auditors and the operator, and for
a party as far as the records go that name it.

The same comes in two forms: one JSON document (``lineage``), or line by line while the walk goes on
(``lineage_lines``), for lots from which a whole country was supplied.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, TypeVar

from api.lot import viewer_at
from api.schemas import Trace, TraceEnd, TraceLine, TraceNode, TraceOpen, TraceStart
from traceability.core import codec
from traceability.core.errors import LedgerError
from traceability.core.facts import HoldingKey
from traceability.ledger.held import Held, held_at
from traceability.ledger.holdings import key_of
from traceability.ledger.ledger import Ledger
from traceability.ledger.reading import Reading
from traceability.ledger.records import load
from traceability.ledger.tokens import Principal
from traceability.ledger.trace import origins
from traceability.ledger.viewer import Viewer
from traceability.ledger.walk import Bounds, Direction, Edge, Walk

LINES: Final = "application/x-ndjson"
MOST_NODES: Final = 2_000
MOST_EDGES: Final = 20_000
SECONDS: Final = 5.0
#: Of an answer in lines, which keeps some 300 bytes of memory for each holding.
MOST_STREAMED: Final = 100_000
MOST_STREAMED_EDGES: Final = 1_000_000
_TOGETHER: Final = 100  #: holdings whose records are read at once, and that make one chunk of lines

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Question:
    """A lot, or one ``holding`` of it; ``after``: of what was made of it directly, only what later
    records made."""

    gtin: str
    lot: str
    direction: Direction = "back"
    depth: int | None = None
    holding: str | None = None
    after: int | None = None


def lineage(ledger: Ledger, asked: Question, asking: Principal | None) -> Trace:
    """The lineage of a lot. ``LedgerError``: ``lot.unknown``, ``holding.unknown``,
    ``access.no-token``."""
    end = monotonic() + SECONDS
    bounds = Bounds(MOST_NODES, MOST_EDGES, asked.depth, lambda: monotonic() > end)
    with _viewing(ledger, asked, asking) as view:
        walk = view.walk(bounds)
        nodes: dict[HoldingKey, Held] = {}
        edges: list[Edge] = []
        for step in walk:
            nodes.update((node.key, node) for node in view.seen(step.nodes))
            edges += step.edges
        return Trace(
            gtin=asked.gtin,
            lot=asked.lot,
            direction=asked.direction,
            targets=[nodes[key].name for key in walk.targets if key in nodes],
            nodes=list(view.shown([nodes[key] for key in sorted(nodes)])),
            edges=[
                (nodes[drawn].name, nodes[made].name)
                for drawn, made in sorted(edges)
                if drawn in nodes and made in nodes
            ],
            cut=walk.cut or view.hides,
            open=[
                TraceOpen(holding=nodes[each.key].name, after=each.after)
                for each in walk.open
                if each.key in nodes
            ],
        )


def lineage_lines(
    ledger: Ledger, asked: Question, asking: Principal | None, ended: Callable[[], bool]
) -> Iterator[bytes]:
    """The same, in lines (``TraceLine``), some at a time, until ``ended`` says that it is time.
    Raises as ``lineage`` does, before the first line."""
    bounds = Bounds(MOST_STREAMED, MOST_STREAMED_EDGES, asked.depth, ended)
    with _viewing(ledger, asked, asking) as view:
        walk = view.walk(bounds)
        names: dict[HoldingKey, str] = {}
        count = 0
        for number, step in enumerate(walk):
            seen = view.seen(step.nodes)
            names.update((node.key, node.name) for node in seen)
            if number == 0:
                yield _line(
                    start=TraceStart(
                        gtin=asked.gtin,
                        lot=asked.lot,
                        direction=asked.direction,
                        targets=[names[key] for key in walk.targets if key in names],
                    )
                )
            for some in _in_parts(seen):
                yield b"".join(_line(node=node) for node in view.shown(some))
            edges = [each for each in step.edges if each[0] in names and each[1] in names]
            count += len(edges)
            for part in _in_parts(edges):
                yield b"".join(_line(edge=(names[drawn], names[made])) for drawn, made in part)
        left = [each for each in walk.open if each.key in names]
        for places in _in_parts(left):
            yield b"".join(
                _line(open=TraceOpen(holding=names[each.key], after=each.after)) for each in places
            )
        cut = walk.cut or view.hides
        yield _line(end=TraceEnd(nodes=len(names), edges=count, open=len(left), cut=cut))


def _line(**member: Any) -> bytes:
    return TraceLine(**member).to_json() + b"\n"


def _in_parts(items: Sequence[Part]) -> Iterator[Sequence[Part]]:
    for start in range(0, len(items), _TOGETHER):
        yield items[start : start + _TOGETHER]


@contextmanager
def _viewing(ledger: Ledger, asked: Question, asking: Principal | None) -> Iterator["_View"]:
    if asked.direction == "forward" and asking is None:
        raise LedgerError("access.no-token")
    with ledger.reading() as now:
        targets = origins(now, asked.gtin, asked.lot)
        if not targets:
            raise LedgerError("lot.unknown", lot=asked.lot)
        yield _View(now, asked, targets, viewer_at(now, asked.gtin, asked.lot, asking))


class _View:
    """One reading of a lot's lineage, by somebody who may know all of it or some."""

    def __init__(
        self, now: Reading, asked: Question, targets: Sequence[HoldingKey], viewer: Viewer
    ) -> None:
        self._now = now
        self._asked = asked
        self._viewer = viewer
        self._everything = asked.direction == "back" or viewer.sees_all
        self._targets = set(targets if asked.holding is None else [self._holding(asked.holding)])
        self.hides = False  #: whether something was found that is not for who asks

    def _holding(self, name: str) -> HoldingKey:
        """A holding of the lot that who asks may know of."""
        key = key_of(self._now, name)
        for held in held_at(self._now, [] if key is None else [key]):
            known = self._everything or self._viewer.party in held.parties
            if known and (held.product, held.lot) == (self._asked.gtin, self._asked.lot):
                return held.key
        raise LedgerError("holding.unknown", holding=name[:60])

    def walk(self, bounds: Bounds) -> Walk:
        """The walk that was asked for."""
        after = self._asked.after if self._asked.direction == "forward" else None
        return Walk(self._now, self._asked.direction, self._targets, bounds, after)

    def seen(self, nodes: Iterable[Held]) -> list[Held]:
        """Those of the nodes that are for who asks."""
        found: list[Held] = []
        for node in nodes:
            if self._everything or node.key in self._targets or self._viewer.party in node.parties:
                found.append(node)
            else:
                self.hides = True
        return found

    def shown(self, nodes: Sequence[Held]) -> Iterator[TraceNode]:
        """Nodes as they are answered, with what of their records may be read."""
        loaded = load(self._now, sorted({node.key[0] for node in nodes}), self._viewer)
        bodies = {index: codec.parse(wire, complete=False).body for index, _, wire in loaded}
        return (_node(node, bodies[node.key[0]]) for node in nodes)


def _node(node: Held, body: Any) -> TraceNode:
    made = body.makes[node.key[1]]
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
