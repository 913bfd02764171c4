"""The growing edge of the log's tiles: which tiles fill up as leaves are appended.

A tile of 256 hashes is written once, when it is full, in the transaction that fills it (C2SP
tlog-tiles; ``traceability.core.tiles``). Until then its hashes are kept here in memory; after a
restart, or where other writers have appended, they come from the records of the last incomplete
tile and from the full tiles below.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from traceability.core.leaf import Leaf
from traceability.core.merkle import leaf_hash, root_of
from traceability.core.registry_records import leaf_class
from traceability.core.tiles import WIDTH

_NO_TILES: Final[tuple["FullTile", ...]] = ()


@dataclass(frozen=True, slots=True)
class FullTile:
    """256 hashes of level ``level``, the ``n``-th such tile, and the hash over them."""

    level: int
    n: int
    root: bytes
    data: bytes


@dataclass(slots=True)
class Edge:
    """The hashes of the incomplete tiles of a log of ``size`` leaves: one list for each level."""

    size: int = 0
    levels: list[list[bytes]] = field(default_factory=list)

    def grown(self, leaf_hashes: Sequence[bytes]) -> tuple["Edge", Sequence[FullTile]]:
        """The edge after new leaves, and the tiles that they fill. ``self`` stays as it is: a
        commit may fail."""
        size = self.size + len(leaf_hashes)
        if (self.size % WIDTH) + len(leaf_hashes) < WIDTH and self.levels:
            return Edge(size, [[*self.levels[0], *leaf_hashes], *self.levels[1:]]), _NO_TILES
        full: list[FullTile] = []
        levels: list[list[bytes]] = []
        new: Sequence[bytes] = leaf_hashes
        before, level = self.size, 0  # entries of this level before
        while new or level < len(self.levels):
            pending = [*(self.levels[level] if level < len(self.levels) else ()), *new]
            first = before // WIDTH
            above: list[bytes] = []
            while len(pending) >= WIDTH:
                hashes, pending = pending[:WIDTH], pending[WIDTH:]
                root = root_of(hashes)
                full.append(FullTile(level, first + len(above), root, b"".join(hashes)))
                above.append(root)
            levels.append(pending)
            new, before, level = above, first, level + 1
        return Edge(size, levels or [[]]), full


def entries(cursor: Any, start: int, end: int) -> Iterable[bytes]:
    """The log's entries (41 bytes each) ``start`` to ``end`` (excluded), from the records."""
    cursor.execute(
        f"SELECT digest, time, type FROM record WHERE idx >= {start:d} AND idx < {end:d}"  # noqa: S608
        " ORDER BY idx"
    )
    for digest, time, kind in cursor.fetchall():
        yield Leaf(bytes(digest), time, leaf_class(kind)).to_bytes()


def load_edge(cursor: Any, size: int) -> Edge:
    """The tiles' edge at ``size``, from the full tiles and the records after the last of them."""
    levels: list[list[bytes]] = []
    count, level = size, 0
    while True:
        full, width = divmod(count, WIDTH)
        first = full * WIDTH
        if level == 0:
            levels.append([leaf_hash(each) for each in entries(cursor, first, size)])
        else:
            levels.append(list(tile_roots(cursor, level - 1, first, first + width)))
        if not full:
            return Edge(size, levels)
        count, level = full, level + 1


def tile_roots(cursor: Any, level: int, start: int, end: int) -> Iterable[bytes]:
    """The hashes over full tiles ``start`` to ``end`` (excluded) of a level."""
    cursor.execute(
        f"SELECT root FROM tile WHERE level = {level:d} AND n >= {start:d} AND n < {end:d}"  # noqa: S608
        " ORDER BY n"
    )
    for (root,) in cursor.fetchall():
        yield bytes(root)
