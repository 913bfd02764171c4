"""Tiles (C2SP tlog-tiles): how a log is published as files that never change.

Leaf hashes are cut into tiles of 256, the hashes of full tiles into tiles of 256 again, and so
on: entry i of tile n at level l is the hash over leaves [(n·256+i)·256^l, (n·256+i+1)·256^l).
The rightmost tile of a level may be partial and then says its width. Hashes of incomplete
subtrees are never written; readers put them together. The entries themselves lie in bundles
beside the tiles of level 0.

    tile/<L>/<N>[.p/<W>]          32 bytes a hash
    tile/entries/<N>[.p/<W>]      16-bit big-endian length ‖ entry, repeated
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from traceability.core.errors import FormatError, ProofError
from traceability.core.merkle import HASH_BYTES, MAX_SIZE, HashAt, node_hash

CHECKPOINT_PATH: Final = "checkpoint"
HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
MAX_LEVEL: Final = 63
ENTRIES: Final = -1
"""The level of entry bundles, which have no level of their own."""

Read = Callable[[str], bytes | None]
"""Gives the bytes at a path below the log's prefix, or ``None`` where there is nothing."""

_PATH = re.compile(
    r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?", re.ASCII
)
_LENGTH_BYTES = 2
_MAX_ENTRY = 0xFFFF
_TILES_KEPT = 128
MAX_ENTRIES_BYTES: Final = WIDTH * (_LENGTH_BYTES + _MAX_ENTRY)
"""The most bytes that an entry bundle can have."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Tile ``index`` of ``level`` (or :data:`ENTRIES`), of which ``width`` entries (1-256) exist.

    Raises ``FormatError("tile.path")`` for numbers that no tile has.
    """

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if (
            not ENTRIES <= self.level <= MAX_LEVEL
            or not 0 <= self.index <= MAX_SIZE
            or not 1 <= self.width <= WIDTH
        ):
            raise FormatError("tile.path")

    @property
    def is_full(self) -> bool:
        """Whether the tile is full, and so never changes again."""
        return self.width == WIDTH

    @property
    def path(self) -> str:
        """The path below the log's prefix, e.g. ``tile/0/x001/x234/067.p/8``."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        rest, last = divmod(self.index, 1000)
        groups = [f"{last:03}"]
        while rest:
            rest, group = divmod(rest, 1000)
            groups.append(f"x{group:03}")
        suffix = "" if self.is_full else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{suffix}"

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """Read what :attr:`path` writes; anything else is ``FormatError("tile.path")``."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise FormatError("tile.path")
        level, index, width = match.groups()
        tile = cls(
            ENTRIES if level == "entries" else int(level),
            int(index.replace("/", "").replace("x", "")),
            WIDTH if width is None else int(width),
        )
        if tile.path != path:  # leading zeroes, or a full tile's width spelled out
            raise FormatError("tile.path")
        return tile


def tiles_at(size: int, since: int = 0) -> Iterator[Tile]:
    """Yield the tiles of a log of ``size`` leaves that it did not have at size ``since``.

    Entry bundles come first, then level 0 and up: written in this order, no tile is ever there
    before what it is made of.
    """
    for level in (ENTRIES, *range(MAX_LEVEL + 1)):
        shift = HEIGHT * max(level, 0)
        count, before = size >> shift, since >> shift
        if not count:
            return
        for index in range(before >> HEIGHT, count >> HEIGHT):
            yield Tile(level, index)
        width = count % WIDTH
        if width and count != before:
            yield Tile(level, count >> HEIGHT, width)


def tile_of(level: int, index: int, size: int) -> Tile:
    """Return the tile, as it is at ``size``, that holds entry ``index`` of tile level ``level``."""
    shift = HEIGHT * max(level, 0)
    tile = index >> HEIGHT
    width = min((size >> shift) - (tile << HEIGHT), WIDTH)
    if index < 0 or index & (WIDTH - 1) >= width:
        raise ProofError("proof.index", index=index << shift, size=size)
    return Tile(level, tile, width)


def tile_data(tile: Tile, hash_at: HashAt) -> bytes:
    """Return the bytes of a tile of hashes, from the hashes of the complete subtrees it holds.

    Raises ``FormatError("tile.path")`` for an entry bundle, which holds no hashes.
    """
    if tile.level == ENTRIES:
        raise FormatError("tile.path")
    start = tile.index << HEIGHT
    level = tile.level * HEIGHT
    return b"".join(hash_at(level, start + i) for i in range(tile.width))


def tile_hash_at(read: Read, size: int) -> HashAt:
    """Return a ``HashAt`` over the published tiles of a log of ``size`` leaves.

    A partial tile that is gone is looked for in the full one that has followed it. The hashes
    are what the store says: whoever reads from a stranger checks them against a checkpoint's
    root. Asking for a subtree that is not complete at ``size`` is ``ProofError("proof.index")``;
    a tile that is absent ``ProofError("tile.missing")``, of a wrong size
    ``FormatError("tile.malformed")``.
    """

    @lru_cache(maxsize=_TILES_KEPT)
    def rows_of(tile: Tile) -> list[list[bytes]]:
        return _rows(_read_tile(read, tile))

    def hash_at(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        # The last of the hashes below says whether all are there: tiles fill from the left.
        tile = tile_of(tile_level, ((index + 1) << height) - 1, size)
        return rows_of(tile)[height][index & ((WIDTH >> height) - 1)]

    return hash_at


def _read_tile(read: Read, tile: Tile) -> bytes:
    """Return a tile's hashes, out of the full tile where the partial one is gone."""
    length = tile.width * HASH_BYTES
    data = read(tile.path)
    if data is None and not tile.is_full:
        data = read(Tile(tile.level, tile.index).path)
        if data is not None and len(data) == WIDTH * HASH_BYTES:
            data = data[:length]
    if data is None:
        raise ProofError("tile.missing", path=tile.path)
    if len(data) != length:
        raise FormatError("tile.malformed")
    return data


def _rows(data: bytes) -> list[list[bytes]]:
    """Return a tile's hashes and the complete nodes above them, level by level, up to 2^7 wide."""
    row = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
    rows = [row]
    for _ in range(HEIGHT - 1):
        row = [node_hash(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
        rows.append(row)
    return rows


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """Return a bundle of entries of at most 65,535 bytes each.

    Raises ``FormatError("tile.entry-size")``.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > _MAX_ENTRY:
            raise FormatError("tile.entry-size")
        parts += (len(entry).to_bytes(_LENGTH_BYTES, "big"), entry)
    return b"".join(parts)


def decode_entries(data: bytes, width: int) -> list[bytes]:
    """Return the ``width`` entries of a bundle, no more and no fewer.

    Raises ``FormatError("tile.malformed")``.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) < width:
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data) or len(entries) != width:
        raise FormatError("tile.malformed")
    return entries
