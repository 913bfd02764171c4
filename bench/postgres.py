"""A real PostgreSQL on a real disk for benchmarks, from the binaries of a Python package.

The server of ``tests.postgres`` (stopped and removed however this process ends, run as ``nobody``
where we are root), with the settings that somebody would run it with who wants to keep the data:
every commit waits for the disk. ``shared_buffers`` and the size of the write-ahead log are those of
a small server; the checkpointer has room, so that it does not fall into a short measurement.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.postgres import Postgres

DURABLE: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "timezone": "UTC",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_sync_method": "fdatasync",
    "wal_compression": "off",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "min_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
}


@contextmanager
def postgres(
    environment: Mapping[str, str] = {}, parent: Path | None = None, **settings: str
) -> Iterator[Postgres]:
    """A running server whose data lies in a new folder in ``parent`` (the folder for temporary
    files: it must be one that ``nobody`` may enter); ``settings`` come on top of ``DURABLE``, and
    ``environment`` goes to the server process."""
    place = str(parent or tempfile.gettempdir())
    with Postgres({**DURABLE, **settings}, place, environment) as server:
        yield server


def processes(server: Postgres) -> list[int]:
    """The server's processes: the postmaster and all that it started."""
    first = int((Path(server.folder) / "data" / "postmaster.pid").read_text().split()[0])
    return [first, *children(first)]


def children(parent: int) -> list[int]:
    """The processes that one has started and that still run."""
    found = []
    for each in os.listdir("/proc"):
        if each.isdigit():
            try:
                fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            if int(fields[1]) == parent:
                found.append(int(each))
    return found
