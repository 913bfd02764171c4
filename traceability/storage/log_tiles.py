"""The log as C2SP tiles, read from the database: what the publisher writes out, and what proofs of
old leaves are made from (``traceability.core.tiles.tile_hash_at``).

Full tiles of hashes are rows; partial ones are put together from the records after the last full
tile, or from the hashes over full tiles below. Entry bundles come from the records.
"""

from typing import Any

from traceability.core.merkle import leaf_hash
from traceability.core.tiles import ENTRIES, WIDTH, Tile, encode_entries
from traceability.storage.edge import entries, tile_roots


class LogTiles:
    """The tiles of a log of ``size`` leaves, in the transaction of a cursor."""

    def __init__(self, cursor: Any, size: int) -> None:
        self._cursor = cursor
        self._size = size

    def read(self, path: str) -> bytes | None:
        """The bytes at a tile's path, or None where there is no such tile at this size.

        Raises ``FormatError("tile.path")`` for what is no tile's path.
        """
        tile = Tile.parse(path)
        width = (self._size >> (8 * max(tile.level, 0))) - tile.index * WIDTH
        return self.data(tile) if width >= tile.width else None

    def data(self, tile: Tile) -> bytes:
        """The bytes of a tile that is there."""
        start = tile.index * WIDTH
        end = start + tile.width
        if tile.level == ENTRIES:
            return encode_entries(entries(self._cursor, start, end))
        if tile.is_full:
            self._cursor.execute(
                f"SELECT data FROM tile WHERE level = {tile.level:d} AND n = {tile.index:d}"  # noqa: S608
            )
            return bytes(self._cursor.fetchone()[0])
        if tile.level:
            return b"".join(tile_roots(self._cursor, tile.level - 1, start, end))
        return b"".join(map(leaf_hash, entries(self._cursor, start, end)))
