"""The published log as it goes out: tiles kept in memory, the checkpoint looked at once a second.

What anybody may ask for by the thousand: answered from memory where it can be, else from the tile
store on threads of its own, and never from the database. Tiles never change, so they are kept for
as long as there is room; what is not there is not kept, for it may come. A partial tile that is
gone is cut from the full one that followed it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from time import monotonic
from typing import Final

from starlette.types import Scope

from api.pages import Ready
from api.threads import Threads
from traceability.core.errors import FormatError, LedgerError
from traceability.core.merkle import HASH_BYTES
from traceability.core.tiles import (
    CHECKPOINT_PATH,
    ENTRIES,
    WIDTH,
    Tile,
    decode_entries,
    encode_entries,
)
from traceability.storage.tile_store import TileStore

FRESH: Final = 1.0  #: seconds for which a checkpoint is the latest
MOST_BYTES: Final = 32 * 1024 * 1024
_THREADS: Final = 4  # an object store is waited for, not computed
_NOTE: Final = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"public, max-age=1"),
)
_TILE: Final = (
    (b"content-type", b"application/octet-stream"),
    (b"cache-control", b"public, max-age=31536000, immutable"),
)


class Sheet:
    """A file as it goes out: whole, or not at all to whoever has it already."""

    __slots__ = ("_etag", "_known", "_whole", "data")

    def __init__(self, data: bytes, is_tile: bool) -> None:
        self.data = data
        self._etag = b'"%b"' % sha256(data).hexdigest()[:32].encode()
        headers = [*(_TILE if is_tile else _NOTE), (b"etag", self._etag)]
        self._known = Ready(304, headers, b"")
        length = (b"content-length", str(len(data)).encode())
        self._whole = Ready(200, [*headers, length], data)

    def response(self, scope: Scope) -> Ready:
        """The response that suits a request."""
        for name, value in scope["headers"]:
            if name == b"if-none-match" and (self._etag in value or value == b"*"):
                return self._known
        return self._whole


class PublishedLog:
    """The files of one tile store, for one event loop."""

    def __init__(
        self,
        store: TileStore,
        clock: Callable[[], float] = monotonic,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._store = store
        self._clock = clock
        self._most_bytes = most_bytes
        self._threads = Threads(_THREADS)
        self._kept: OrderedDict[str, Sheet] = OrderedDict()
        self._bytes = 0
        self._note: Sheet | None = None
        self._note_until = 0.0
        self._reading: dict[str, asyncio.Task[bytes | None]] = {}

    def close(self) -> None:
        """Let what runs end, and read nothing more."""
        self._threads.close()

    async def checkpoint(self) -> Sheet:
        """The published checkpoint; ``LedgerError("request.nothing-here")`` before the first."""
        if self._note is None or self._clock() >= self._note_until:
            data = await self._read(CHECKPOINT_PATH)
            if data is None:
                raise LedgerError("request.nothing-here")
            if self._note is None or self._note.data != data:
                self._note = Sheet(data, is_tile=False)
            self._note_until = self._clock() + FRESH
        return self._note

    async def tile(self, path: str) -> Sheet:
        """The tile at a path below the log's prefix; or ``request.nothing-here``."""
        kept = self._kept.get(path)
        if kept is not None:
            self._kept.move_to_end(path)
            return kept
        try:
            tile = Tile.parse(path)
        except FormatError:
            raise LedgerError("request.nothing-here") from None
        data = await self._read(path)
        if data is None and not tile.is_full:
            full = await self._read(Tile(tile.level, tile.index).path)
            data = None if full is None else _cut(full, tile)
        if data is None:
            raise LedgerError("request.nothing-here")
        return self._keep(path, Sheet(data, is_tile=True))

    def _keep(self, path: str, sheet: Sheet) -> Sheet:
        if path not in self._kept:
            self._kept[path] = sheet
            self._bytes += len(sheet.data)
            while self._bytes > self._most_bytes:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.data)
        return sheet

    async def _read(self, path: str) -> bytes | None:
        """Read the store, once for all who ask at the same time. Raises ``LedgerError``."""
        task = self._reading.get(path)
        if task is None:
            task = asyncio.create_task(self._threads.run(self._store.get, path))
            self._reading[path] = task
            task.add_done_callback(lambda done: self._done(path, done))
        # Whoever gives up waiting must not take the answer from the others.
        return await asyncio.shield(task)

    def _done(self, path: str, task: "asyncio.Task[bytes | None]") -> None:
        del self._reading[path]
        if not task.cancelled():
            task.exception()  # perhaps nobody waits for it any more


def _cut(full: bytes, tile: Tile) -> bytes:
    """The bytes of a partial tile, from those of the full one."""
    if tile.level != ENTRIES:
        return full[: tile.width * HASH_BYTES]
    try:
        return encode_entries(decode_entries(full, WIDTH)[: tile.width])
    except FormatError as error:
        raise LedgerError("ledger.fault") from error
