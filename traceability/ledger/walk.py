"""Walking the graph of holdings, level by level, within bounds (DESIGN §1.1).

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

``harvest`` begins, ``consume`` ends.

Each question takes the holdings of one level, some hundred at a time, and brings the edges from
them and the holdings at the other end, found by the indexes of ``draw``. So a walk costs what it
finds, however large the ledger is, and it can end between any two questions: a question is answered
from at most ``ROWS`` rows, and one that would need more is asked in parts. A holding that more
records drew on than that (a lot from which a whole country is supplied) is read in the order of
those records, ``DRAWS`` of them at a time. What was found and not followed is said: ``Walk.open``.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from traceability.core.facts import HoldingKey
from traceability.ledger.held import Held, columns, held_at, held_of
from traceability.ledger.reading import Reading
from traceability.storage.dialect import Row

Direction = Literal["back", "forward"]
Edge = tuple[HoldingKey, HoldingKey]  #: drawn on, made

HOLDINGS: Final = 20_000
EDGES: Final = 100_000
KEYS: Final = 500  #: holdings in one question
ROWS: Final = 2_000  #: edges in one answer
DRAWS: Final = 100  #: records in one answer about a holding that very many drew on


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a walk goes: ``depth`` records away from its targets (None: all the way),
    ``holdings`` and ``edges`` in all, and until ``ended`` says so, which is asked between two
    questions."""

    holdings: int = HOLDINGS
    edges: int = EDGES
    depth: int | None = None
    ended: Callable[[], bool] = _never


class Open(NamedTuple):
    """A holding from which the walk did not go on as far as there is to go. ``after``: what records
    up to this index made of it is there (forward only; None: nothing of it needs to be)."""

    key: HoldingKey
    after: int | None = None


class Step(NamedTuple):
    """What one question found: holdings that were not known, and edges between known ones."""

    nodes: Sequence[Held]
    edges: Sequence[Edge]


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
# ``r`` is the record of ``h``, ``q`` that of ``s``.
_BACK: Final = f"""
    SELECT h.idx, h.n, d.idx, {columns("s", "q")} FROM holding h
    JOIN record r ON r.idx = h.idx
    JOIN draw d ON d.idx = coalesce(CASE r.type
        WHEN 'acquire' THEN (SELECT min(l.idx) FROM link l
            WHERE l.about = h.idx AND l.kind = 'closes' AND {_NOT_VOID})
        WHEN 'correct' THEN (SELECT l.about FROM link l WHERE l.idx = h.idx AND l.kind = 'void')
        END, h.idx)
    JOIN holding s ON s.idx = d.source_idx AND s.n = d.source_n
    JOIN record q ON q.idx = s.idx
    WHERE {{among}}
    AND (r.type = 'transform' OR ({_SAME_LOT})
     OR (r.type = 'correct' AND d.idx = h.idx AND {_NEW_CODE}))
"""  # noqa: S608
# ``r`` is the record of ``d``, ``q`` that of ``h``.
_FORTH: Final = f"""
    SELECT s.idx, s.n, d.idx, {columns("h", "q")} FROM holding s
    JOIN draw d ON d.source_idx = s.idx AND d.source_n = s.n
    JOIN record r ON r.idx = d.idx
    JOIN holding h ON h.idx IN (
        CASE WHEN r.type = 'correct' AND EXISTS (
            SELECT 1 FROM link l WHERE l.idx = d.idx AND l.kind = 'void') THEN NULL ELSE d.idx END,
        CASE r.type WHEN 'ship' THEN (SELECT min(l.about) FROM link l
            WHERE l.idx = d.idx AND l.kind = 'closes' AND {_NOT_VOID}) END,
        (SELECT min(l.idx) FROM link l WHERE l.about = d.idx AND l.kind = 'void'))
    JOIN record q ON q.idx = h.idx
    WHERE {{among}}
    AND ((h.idx = d.idx AND r.type = 'transform') OR ({_SAME_LOT})
     OR (h.idx = d.idx AND r.type = 'correct' AND {_NEW_CODE}))
"""  # noqa: S608
_DRAWN_BY: Final = (
    "SELECT DISTINCT idx FROM draw WHERE source_idx = ? AND source_n = ? AND idx > ?"
    " ORDER BY idx LIMIT ?"
)
_ORDER: Final = itemgetter(0, 1, 2, 3, 4)


class Walk:
    """All that the targets descend from, or that descends from them; to be gone through once.

    ``targets``: those that exist, in log order. ``after``: of what was made of the targets
    themselves, only what records beyond this index made (forward only). Each edge comes once, with
    or after its holdings. Then ``open`` says what was not followed; nothing: the walk is complete.
    """

    def __init__(
        self,
        now: Reading,
        direction: Direction,
        targets: Iterable[HoldingKey],
        bounds: Bounds,
        after: int | None = None,
    ) -> None:
        self._now = now
        self._forward = direction == "forward"
        self._bounds = bounds
        self._after = after
        self._away: dict[HoldingKey, int] = {}  # records from the targets
        self._todo: deque[HoldingKey] = deque()
        self._edges = 0
        self._open: dict[HoldingKey, int | None] = {}
        if self._forward:
            self._step = _FORTH.format(among=now.among("s.idx", "s.n"))
        else:
            self._step = _BACK.format(among=now.among("h.idx", "h.n"))
        self._first = held_at(now, targets)
        self.targets: tuple[HoldingKey, ...] = tuple(node.key for node in self._first)

    @property
    def open(self) -> list[Open]:
        """What was not followed, in log order."""
        return [Open(key, self._open[key]) for key in sorted(self._open)]

    @property
    def cut(self) -> bool:
        """Whether there is more, beyond the bounds."""
        return bool(self._open)

    def __iter__(self) -> Iterator[Step]:
        begin = self._first[: self._bounds.holdings]
        for node in self._first[self._bounds.holdings :]:
            self._open[node.key] = self._after
        self._know(begin, 0)
        yield Step(begin, ())
        if self._after is not None:
            for key in [self._todo.popleft() for _ in begin]:
                yield from self._paged(key, self._after)
        while self._todo:
            yield from self._expanded(self._level())

    def _level(self) -> list[HoldingKey]:
        """The next holdings to go on from, all equally far away: so that each is found by the
        shortest way."""
        todo, keys = self._todo, [self._todo.popleft()]
        while todo and len(keys) < KEYS and self._away[todo[0]] == self._away[keys[0]]:
            keys.append(todo.popleft())
        return keys

    def _know(self, nodes: Iterable[Held], away: int) -> None:
        for node in nodes:
            self._away[node.key] = away
            self._todo.append(node.key)

    def _spent(self) -> bool:
        return self._edges >= self._bounds.edges or self._bounds.ended()

    # -- questions ---------------------------------------------------------------------------------
    def _expanded(self, keys: Sequence[HoldingKey]) -> Iterator[Step]:
        """The edges of some holdings: at once, or in halves where those are too many."""
        if self._spent():
            self._open.update(dict.fromkeys(keys))
            return
        rows = self._now.rows(f"{self._step} LIMIT ?", self._now.pack(keys), ROWS + 1)
        if len(rows) <= ROWS:
            yield self._taken(rows)
        elif len(keys) > 1:
            half = len(keys) // 2
            yield from self._expanded(keys[:half])
            yield from self._expanded(keys[half:])
        elif self._forward:
            yield from self._paged(keys[0], -1)
        else:  # bounded by the size of a record
            yield self._taken(self._now.rows(self._step, self._now.pack(keys)))

    def _paged(self, key: HoldingKey, after: int) -> Iterator[Step]:
        """The edges from one holding to what records beyond ``after`` made of it, in log order."""
        between = f"{self._step} AND d.idx > ? AND d.idx <= ?"
        while not self._spent():
            found = self._now.rows(_DRAWN_BY, *key, after, DRAWS)
            if not found:
                return
            last: int = found[-1][0]
            rows = self._now.rows(between, self._now.pack([key]), after, last)
            yield self._taken(rows)
            if key in self._open:  # the bounds were met: what is beyond is for another walk
                return
            after = last
        self._open[key] = after

    def _taken(self, rows: Iterable[Row]) -> Step:
        """What of an answer is within the bounds. For each holding that it is from, the answer is
        complete up to some record: so what is beyond the bounds begins at a record."""
        nodes: list[Held] = []
        edges: dict[Edge, None] = {}
        away, bounds = self._away, self._bounds
        for row in sorted(rows, key=_ORDER):
            near, at, far = (row[0], row[1]), row[2], (row[3], row[4])
            if far not in away:
                deep = bounds.depth is not None and away[near] >= bounds.depth
                if deep or len(away) >= bounds.holdings:
                    self._open.setdefault(near, at - 1 if self._forward else None)
                    continue
                node = held_of(row[3:])
                nodes.append(node)
                self._know([node], away[near] + 1)
            edges[(near, far) if self._forward else (far, near)] = None
        self._edges += len(edges)
        return Step(nodes, list(edges))
