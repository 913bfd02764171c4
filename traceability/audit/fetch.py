"""Reading a published log from wherever it lies: over HTTP, or in a folder that was copied."""

import http.client
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from traceability.core.errors import LedgerError
from traceability.core.tiles import Read

SECONDS: Final = 30  #: for one file
MOST_BYTES: Final = 32 * 1024 * 1024  #: of one file: 256 entries of the largest size, and more


def reader_of(place: str) -> Read:
    """A ``Read`` below ``http(s)://…`` or a folder. What it does not find is ``None``.

    It raises ``LedgerError("tiles.unreachable")``; this, ``LedgerError("cli.log-address")``.
    """
    scheme = urlsplit(place).scheme
    if scheme in ("http", "https"):
        return lambda path: _get(f"{place.rstrip('/')}/{path}")
    if scheme:
        raise LedgerError("cli.log-address")
    folder = Path(place)
    return lambda path: _file(folder / path)


def _get(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 (http, https)
            data: bytes = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (404, 410):
            return None
        raise LedgerError("tiles.unreachable", reason=str(error.code)) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise LedgerError("tiles.unreachable", reason=str(reason)[:200]) from error
    if len(data) > MOST_BYTES:
        raise LedgerError("tiles.unreachable", reason="too large")
    return data


def _file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LedgerError("tiles.unreachable", reason=reason) from error
