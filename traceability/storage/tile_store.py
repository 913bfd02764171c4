"""Where the published log lies (DESIGN §4, §5; C2SP tlog-tiles): files below a prefix.

    tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>]     written once, never changed
    checkpoint                                          replaced by a larger one

A tile's path says all that it depends on: level, place and width, of a log that only grows. So a
tile, partial or full, is put where nothing is, and finding other bytes there means that somebody
has published another history. The checkpoint is the one file that changes, and is replaced only by
whoever has seen what it replaces. What it says, and that it never gets smaller, is the publisher's
business (``storage.published``).

A store is for any thread. Errors name what kind of failure it was and never an address or a
credential: those of object stores come from the environment, as ``obstore`` reads it.
"""

from typing import Protocol

from traceability.core.errors import FormatError
from traceability.core.merkle import HASH_BYTES
from traceability.core.note import MAX_NOTE_BYTES
from traceability.core.tiles import CHECKPOINT_PATH, ENTRIES, MAX_ENTRIES_BYTES, WIDTH, Tile


class TileStore(Protocol):
    """A store of a log's tiles and checkpoint. Every call may raise
    ``LedgerError("tiles.unreachable")``; it is then unknown whether a write took place."""

    def get(self, path: str) -> bytes | None:
        """The bytes at a path, or None where there is nothing, or where no tile can be."""
        ...

    def put(self, path: str, data: bytes) -> None:
        """Write a tile where there is none; durable when it returns.

        The same bytes may be put again. Raises ``LedgerError("tiles.conflict")`` where other bytes
        are, which stay, and ``FormatError("tile.path")`` for what is no tile's path.
        """
        ...

    def replace(self, before: bytes | None, data: bytes) -> None:
        """Put the checkpoint in the place of the one that was there (None: of none); durable when
        it returns. Raises ``LedgerError("tiles.raced")`` where another one is there by now."""
        ...

    def remove(self, path: str) -> None:
        """Remove a partial tile, if it is there: the full one that followed it has all of it.
        Raises ``FormatError("tile.path")`` for what is no partial tile's path."""
        ...

    def sweep(self) -> None:
        """Remove what crashes left half written: for the one publisher, when it begins."""
        ...


def check_path(path: str, partial: bool = False) -> None:
    """Refuse what is no (partial) tile's path: ``FormatError("tile.path")``. So none leads
    elsewhere."""
    if Tile.parse(path).is_full and partial:
        raise FormatError("tile.path")


def most_bytes(path: str) -> int:
    """How large what is at a readable path may be: more is not read."""
    if path == CHECKPOINT_PATH:
        return MAX_NOTE_BYTES
    return MAX_ENTRIES_BYTES if Tile.parse(path).level == ENTRIES else WIDTH * HASH_BYTES


def is_readable(path: str) -> bool:
    """Whether something can be at a path: a tile or the checkpoint."""
    if path == CHECKPOINT_PATH:
        return True
    try:
        check_path(path)
    except FormatError:
        return False
    return True
