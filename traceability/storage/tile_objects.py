"""Tiles in object storage: S3 and what speaks like it, Google Cloud Storage, Azure.

Tiles are created on the condition that nothing is there, and the checkpoint is replaced on the
condition that it is still the one that was read (its ETag): two publishers that both take
themselves for the only one cannot undo each other's work. A store that knows no conditions is
written to without; the leader's lock alone then keeps a second publisher away.

Credentials, endpoints and regions come from the environment (``AWS_…``, ``GOOGLE_…``,
``AZURE_…``), as ``obstore`` reads it.
"""

from datetime import timedelta
from typing import Any, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError, PreconditionError
from obstore.store import from_url

from traceability.core.errors import LedgerError
from traceability.core.tiles import CHECKPOINT_PATH
from traceability.storage.tile_store import check_path, is_readable

# A store that does not answer must neither stop the publisher for minutes nor a writer that starts.
_OPTIONS: Final[dict[str, Any]] = {
    "client_options": {"timeout": "10s", "connect_timeout": "3s"},
    "retry_config": {"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ERRORS: Final = (BaseError, OSError, ValueError)

#: What whoever reads the bucket itself is told of its files.
_TILE: Final = {"Content-Type": "application/octet-stream", "Cache-Control": _FOR_EVER}
_CHECKPOINT: Final = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "max-age=1"}


class TileObjects:
    """A ``TileStore`` in a bucket or container, below the prefix that its URL has."""

    def __init__(self, url: str) -> None:
        """Raises ``LedgerError("settings.tiles")`` where the URL, or what the environment says
        beside it, names no store."""
        try:
            options = {} if url.startswith("memory:") else _OPTIONS
            self._store = from_url(url, **options)
        except _ERRORS:
            raise LedgerError("settings.tiles") from None

    def get(self, path: str) -> bytes | None:
        """As ``TileStore``."""
        return self._find(path)[0] if is_readable(path) else None

    def put(self, path: str, data: bytes) -> None:
        """As ``TileStore``."""
        check_path(path)
        try:
            self._write(path, data, "create", _TILE)
        except AlreadyExistsError:
            if self.get(path) != data:
                raise LedgerError("tiles.conflict", path=path) from None
        except _ERRORS as error:
            raise _unreachable(error) from None

    def replace(self, before: bytes | None, data: bytes) -> None:
        """As ``TileStore``."""
        there, etag = self._find(CHECKPOINT_PATH)
        if there != before:
            raise LedgerError("tiles.raced")
        mode: Any = "create" if there is None else {"e_tag": etag} if etag else "overwrite"
        try:
            self._write(CHECKPOINT_PATH, data, mode, _CHECKPOINT)
        except (AlreadyExistsError, PreconditionError):
            # Or it was written, and only the answer got lost and the request was sent again.
            if self.get(CHECKPOINT_PATH) != data:
                raise LedgerError("tiles.raced") from None
        except _ERRORS as error:
            raise _unreachable(error) from None

    def remove(self, path: str) -> None:
        """As ``TileStore``."""
        check_path(path, partial=True)
        try:
            obstore.delete(self._store, path)
        except FileNotFoundError:
            return
        except _ERRORS as error:
            raise _unreachable(error) from None

    def sweep(self) -> None:
        """As ``TileStore``: an object is there whole or not at all."""

    def _write(self, path: str, data: bytes, mode: Any, attributes: Any) -> None:
        try:
            obstore.put(self._store, path, data, mode=mode, attributes=attributes)
        except NotSupportedError:
            there = self.get(path) if mode == "create" else None
            if there is not None:
                raise AlreadyExistsError from None
            obstore.put(self._store, path, data, mode="overwrite", attributes=attributes)

    def _find(self, path: str) -> tuple[bytes | None, str | None]:
        """The bytes at a path and their ETag."""
        try:
            found = obstore.get(self._store, path)
            return bytes(found.bytes()), found.meta["e_tag"]
        except FileNotFoundError:
            return None, None
        except _ERRORS as error:
            raise _unreachable(error) from None


def _unreachable(error: Exception) -> LedgerError:
    """What kind of failure it was: the text of it may name accounts and addresses."""
    return LedgerError("tiles.unreachable", reason=type(error).__name__)
