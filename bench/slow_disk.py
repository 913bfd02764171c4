"""Appends over HTTP on a slow disk: 5 ms more for each fsync, against the disk as it is.

Two ledgers, each with servers of its own, take the same kind of requests in turn; before what
writes to the disk (PostgreSQL's processes, or SQLite's server) of one of them lies a small library
(``slow_disk.c``, compiled for the run) that waits 5 ms before each ``fsync`` and ``fdatasync``.
Group commit should let the rate fall by less than half. Without a C compiler nothing is measured,
and that is said.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.http_append import Stand, measure, postgres_stand, servers, sqlite_stand
from bench.processes import load

MS: Final = 5
ROUNDS: Final = 3
SOURCE: Final = Path(__file__).with_suffix(".c")


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure both databases; the figures, or why there are none."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return {"skipped": "no C compiler (gcc) is here to make the slow disk with"}
    with _library(compiler) as slow:
        return {
            "added to each fsync, ms": MS,
            "PostgreSQL": _compare(
                rounds, lambda environment: postgres_stand(environment=environment), slow
            ),
            "SQLite": _compare(rounds, lambda _: sqlite_stand(), slow, slow),
        }


def _compare(
    rounds: int,
    stand: Callable[[Mapping[str, str]], AbstractContextManager[Stand]],
    slow: Mapping[str, str],
    server: Mapping[str, str] = {},
) -> dict[str, Any]:
    """``slow`` goes to the database's processes, ``server`` to those that serve."""
    with (
        stand({}) as fast_stand,
        stand(slow) as slow_stand,
        servers(fast_stand, "ledger") as fast_server,
        servers(slow_stand, "ledger", server) as slow_server,
    ):
        turns = {"as it is": (fast_stand, fast_server), "slow": (slow_stand, slow_server)}
        found: dict[str, list[dict[str, float]]] = {name: [] for name in turns}
        for where, to in turns.values():
            load(to.port, where.folder, where.singles(2))
        for _ in range(rounds):
            for name, (where, to) in turns.items():
                found[name].append(measure(where, to, where.singles(), 1))
    rates = {name: [each["rate"] for each in results] for name, results in found.items()}
    return {
        **{f"{name}, records/s": round(median(each)) for name, each in rates.items()},
        **{
            f"{name}, p99 ms": round(median(each["p99"] for each in results), 1)
            for name, results in found.items()
        },
        "ratio": round(
            median(a / b for a, b in zip(rates["slow"], rates["as it is"], strict=True)), 3
        ),
    }


@contextmanager
def _library(compiler: str) -> Iterator[dict[str, str]]:
    """The environment that makes a process's disk slow. Its folder may be read by anybody, since
    PostgreSQL may run as another user."""
    with tempfile.TemporaryDirectory(prefix="goc-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        library = folder / "slow_disk.so"
        options = ["-O2", "-shared", "-fPIC", "-o", str(library)]
        subprocess.run([compiler, *options, str(SOURCE), "-ldl"], check=True)
        library.chmod(0o755)
        yield {"LD_PRELOAD": str(library), "GOC_BENCH_DISK_MS": str(MS)}
