"""The tile store at a URL: a folder, or a bucket of an object store (``storage.tile_store``)."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from traceability.core.errors import LedgerError
from traceability.storage.tile_folder import TileFolder
from traceability.storage.tile_store import TileStore

#: Object stores by the schemes of their URLs; ``memory`` is gone with its process: for tests.
OBJECT_STORES: Final = frozenset({"s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "memory"})


def open_tiles(url: str) -> TileStore:
    """The store at a URL: ``file:///folder``, or one of an object store, with a prefix if need be.

    Nothing is connected to and nothing made before first use. Raises
    ``LedgerError("settings.tiles")`` for any other URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise LedgerError("settings.tiles") from None
    folder = unquote(parts.path)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and folder.strip("/"):
        return TileFolder(Path(folder))
    if parts.scheme in OBJECT_STORES:
        # Only here: a folder needs none of it.
        from traceability.storage.tile_objects import TileObjects

        return TileObjects(url)
    raise LedgerError("settings.tiles")
