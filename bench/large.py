"""Ledgers of ten thousand to ten million records on one PostgreSQL, made once and kept.

    python -m bench.large FOLDER SIZE …      make those that are not there yet

Each is a database of the server in the folder (``bench.standing``): a season (``bench.season``)
that went through the real writer, multiplied (``bench.copies``). Ten million take some ten minutes
and 20 GB.
"""

import os
import sqlite3
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import psycopg

from bench.copies import multiply, plan
from bench.season import Season
from bench.standing import FILLING, standing
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import migrate

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
#: Where they lie, if not elsewhere: on a disk with room, where ``nobody`` may enter.
FOLDER = Path(os.environ.get("GOC_BENCH_FOLDER") or Path(tempfile.gettempdir()) / "goc-scale")
BASE = 30_000  #: records of the season that is multiplied


def database_url(server: str, size: int) -> str:
    """The URL of the ledger of about ``size`` records on a server."""
    return server.replace("/postgres?", f"/goc{size}?")


def prepare(folder: Path, sizes: tuple[int, ...], anew: int = 0) -> None:
    """Make the ledgers that are not there yet; and those below ``anew`` records again, since what
    is appended to measure them makes another ledger of a small one."""
    with standing(folder, FILLING) as server:
        for size in sizes:
            with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
                name = f"goc{size}"
                if size < anew:
                    connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
                known = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(known, (name,)).fetchone():
                    continue
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
            _make(database_url(server, size), size)


def _make(url: str, size: int) -> None:
    began = perf_counter()

    def say(what: str) -> None:
        print(f"{size}: {perf_counter() - began:.0f} s, {what}", file=sys.stderr, flush=True)

    season = Season()
    with tempfile.TemporaryDirectory(prefix="goc-bench-") as folder:
        base = Path(folder) / "goc.db"
        with Ledger.begin(sqlite_url(base), season.world.signer, season.world.clock) as ledger:
            for batch in season.batches(min(BASE, size)):
                outcomes = ledger.append([each.wire for each in batch])
                assert all(isinstance(each, Receipt) for each in outcomes)
            made = ledger.size
        database = Database(url)
        migrate(database)
        with sqlite3.connect(base) as small:
            multiply(database, small, plan(season.registry, made, size), season.world.signer, say)
        database.close()
    say("there it is")


def opened(server: str, size: int) -> tuple[Ledger, Season]:
    """A ledger, and a season whose parties go on with it: nothing that they sign was signed
    before."""
    season = Season()
    ledger = Ledger(Database(database_url(server, size)), season.world.signer, season.world.clock)
    head = ledger.receipts.head()
    season.world.now = head.time
    season.go_on(head.size)
    return ledger, season


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), tuple(map(int, sys.argv[2:])) or SIZES)
