"""A PostgreSQL whose data stays: a large ledger is made once and measured many times.

    with standing(folder, **settings) as url:
        …

The data lies in ``data`` in the folder, which is made where there is none, and is still there after
the server was stopped. ``python -m bench.standing FOLDER`` serves a folder until it is interrupted.

``DURABLE`` is how a server runs whose every commit shall wait for the disk; ``FILLING`` how one is
filled that has nothing to lose yet. As root it runs as ``nobody``, who must be able to enter the
folder.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.postgres import CLUSTER, _binaries, _unprivileged

DURABLE: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "min_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "effective_cache_size": "8GB",
    "random_page_cost": "1.1",
    "jit": "off",
}
FILLING: Final[Mapping[str, str]] = {
    **DURABLE,
    "shared_buffers": "2GB",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "synchronous_commit": "off",
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "8GB",
    "autovacuum": "off",
}
PATIENCE: Final = 300  #: seconds to start or stop


@contextmanager
def standing(folder: Path, settings: Mapping[str, str] = DURABLE) -> Iterator[str]:
    """The URL of a running server's database ``postgres``; the server is stopped in order, so that
    what it was told is on disk, and its data stays."""
    folder.mkdir(parents=True, exist_ok=True)
    user = _unprivileged(folder)
    binaries, log = _binaries(folder, user), folder / "log"

    def start(program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                [binaries / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=user,
                cwd=folder,
                env={"LC_ALL": "C", "PATH": os.defpath},
            )

    superuser = ("-U", "postgres")
    if (
        not (folder / "data").exists()
        and start("initdb", "-D", "data", *superuser, *CLUSTER).wait()
    ):
        raise RuntimeError(log.read_text("utf-8", "replace"))
    given = [f"--{name}={value}" for name, value in settings.items()]
    server = start("postgres", "-D", "data", "-k", str(folder), *given)
    try:
        end = time.monotonic() + PATIENCE
        while start("pg_isready", "-q", "-h", str(folder), *superuser).wait():
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log.read_text("utf-8", "replace")[-2000:])
            time.sleep(0.05)
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: a checkpoint, and the end
        server.wait(PATIENCE)


def main() -> None:
    """Serve a folder until interrupted."""
    with standing(Path(sys.argv[1]).absolute()) as url:
        print(url, flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopped", flush=True)


if __name__ == "__main__":
    main()
