"""The bare group-commit writer of ``bench.bare`` on PostgreSQL.

One thread and one connection a process. All that waits goes in by one statement, an ``unnest`` of
one array that is sent in binary form, which is a transaction of its own: one round trip by the
ledger's own line to the server, and the answer comes once it is on disk. Several processes do not
wait for each other but for the disk.
"""

import asyncio

import psycopg

from bench.bare import Queue, Settled, settle
from traceability.storage.packed import blobs
from traceability.storage.patience import PatientConnection
from traceability.storage.postgres_line import Line

TABLE = "CREATE TABLE record (idx bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, wire bytea)"
INSERT = "INSERT INTO record (wire) SELECT * FROM unnest(?::bytea[])"


def create_table(url: str) -> None:
    """Make the table in a new database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)


class PostgresWriter(Queue):
    """As ``bench.bare.Writer``; the number that a future gives counts this process's rows."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._url = url
        super().__init__(loop)

    def run(self) -> None:
        """As ``Queue``."""
        with PatientConnection.connect(self._url, autocommit=True) as connection:
            line = Line(connection)
            number = 0
            while self.wait():
                group = self.take()
                rows = [wire for wires, _ in group for wire in wires]
                line.execute(INSERT, [blobs(rows)])
                settled: list[Settled] = []
                for wires, future in group:
                    number += len(wires)
                    settled.append((future, number))
                self._loop.call_soon_threadsafe(settle, settled)
