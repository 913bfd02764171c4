"""The bare group-commit writer of ``bench.bare`` on PostgreSQL.

One thread and one connection a process. All that waits goes in by one statement, an ``unnest`` of
one array that is sent in binary form, which is a transaction of its own: one round trip, and the
answer comes once it is on disk. Several processes do not wait for each other but for the disk.
"""

import asyncio
import threading
from collections import deque

import psycopg

from bench.bare import Settled, Waiting, settle
from traceability.storage.packed import blobs, teach

TABLE = "CREATE TABLE record (idx bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, wire bytea)"
INSERT = b"INSERT INTO record (wire) SELECT * FROM unnest($1::bytea[])"


def create_table(url: str) -> None:
    """Make the table in a new database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)


class PostgresWriter:
    """As ``bench.bare.Writer``; the number that a future gives counts this process's rows."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._url = url
        self._loop = loop
        self._waiting: deque[Waiting] = deque()
        self._arrived = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, rows: list[bytes]) -> "asyncio.Future[int]":
        """Queues rows; the future is done once they are durable."""
        future: asyncio.Future[int] = self._loop.create_future()
        with self._arrived:
            self._waiting.append((rows, future))
            self._arrived.notify()
        return future

    def close(self) -> None:
        """Stops when nothing waits."""
        with self._arrived:
            self._closed = True
            self._arrived.notify()
        self._thread.join()

    def _run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            teach(connection)
            cursor = psycopg.RawCursor(connection)
            number = 0
            while True:
                with self._arrived:
                    while not self._waiting and not self._closed:
                        self._arrived.wait()
                    if not self._waiting:
                        break
                group = [self._waiting.popleft() for _ in range(len(self._waiting))]
                rows = [wire for wires, _ in group for wire in wires]
                cursor.execute(INSERT, [blobs(rows)], prepare=True)
                settled: list[Settled] = []
                for wires, future in group:
                    number += len(wires)
                    settled.append((future, number))
                self._loop.call_soon_threadsafe(settle, settled)
