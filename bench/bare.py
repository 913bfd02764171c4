"""The bare limit of an append over HTTP: the same stack, and nothing of a ledger.

FastAPI under uvicorn, as our application runs. A request's body is a record's wire form; its JSON
is parsed, its one Ed25519 signature verified by the same library, and one row of the same size
inserted by a thread that commits all that waits in one transaction (SQLite, WAL,
``synchronous=FULL``; on PostgreSQL ``bench.bare_postgres``). The answer comes once the row is
durable. No rules, no Merkle tree, no receipts, no projections.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path
from typing import Protocol

import orjson
from fastapi import FastAPI, Request, Response

from traceability.core import b64
from traceability.core.keys import PublicKey

Waiting = tuple[list[bytes], "asyncio.Future[int]"]
Settled = tuple["asyncio.Future[int]", int]
MOST_ROWS = 32


class Writing(Protocol):
    """A writer behind the routes."""

    def put(self, rows: list[bytes]) -> "asyncio.Future[int]": ...
    def close(self) -> None: ...


class Queue:
    """What waits for one thread, which ``run`` is; it commits all that ``take`` gives at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Waiting] = deque()
        self._arrived = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self.run, daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Write until nothing is and nothing will be there."""
        raise NotImplementedError

    def put(self, rows: list[bytes]) -> "asyncio.Future[int]":
        """Queues rows; the future gives the number of the last once they are durable."""
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

    def wait(self) -> bool:
        """Wait for something; False when nothing will come."""
        with self._arrived:
            while not self._waiting and not self._closed:
                self._arrived.wait()
            return bool(self._waiting)

    def take(self) -> list[Waiting]:
        """All that waits."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]


class Writer(Queue):
    """One thread, one transaction for all that waits."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        super().__init__(loop)

    def run(self) -> None:
        """As ``Queue``."""
        connection = sqlite3.connect(self._path, isolation_level=None, cached_statements=512)
        cursor = connection.cursor()
        for pragma in ("page_size = 8192", "journal_mode = WAL", "synchronous = FULL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute("CREATE TABLE IF NOT EXISTS record (idx INTEGER PRIMARY KEY, wire BLOB)")
        number = cursor.execute("SELECT coalesce(max(idx), 0) FROM record").fetchone()[0]
        while self.wait():
            cursor.execute("BEGIN IMMEDIATE")
            group = self.take()
            rows: list[tuple[int, bytes]] = []
            answers: list[Settled] = []
            for wires, future in group:
                for wire in wires:
                    number += 1
                    rows.append((number, wire))
                answers.append((future, number))
            for at in range(0, len(rows), MOST_ROWS):
                part = rows[at : at + MOST_ROWS]
                values = ", ".join(["(?, ?)"] * len(part))
                statement = f"INSERT INTO record VALUES {values}"  # noqa: S608
                cursor.execute(statement, tuple(chain.from_iterable(part)))
            cursor.execute("COMMIT")
            self._loop.call_soon_threadsafe(settle, answers)
        connection.close()


def settle(answers: Sequence[Settled]) -> None:
    """Answer who waits, on the loop."""
    for future, number in answers:
        if not future.done():
            future.set_result(number)


def verified(wire: bytes, keys: dict[str, PublicKey]) -> bytes:
    """Parses a record's JSON and verifies its signature."""
    jws, _, _ = wire.partition(b"~")
    header, payload, signature = jws.split(b".")
    kid = orjson.loads(b64.decode(header))["kid"]
    orjson.loads(b64.decode(payload))
    if not keys[kid].verify(b64.decode(signature), header + b"." + payload):
        raise ValueError("signature")
    return wire


def create_bare_app(
    begin: Callable[[asyncio.AbstractEventLoop], Writing], keys: dict[str, PublicKey]
) -> FastAPI:
    """The application over the writer that ``begin`` makes, for records signed by ``keys``."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.writer = begin(asyncio.get_running_loop())
        yield
        app.state.writer.close()

    app = FastAPI(openapi_url=None, lifespan=lifespan)

    @app.post("/api/v1/records")
    async def append(request: Request) -> Response:
        wire = verified(await request.body(), keys)
        number = await app.state.writer.put([wire])
        return Response(orjson.dumps({"index": number}), 201, media_type="application/json")

    @app.post("/api/v1/records/batch")
    async def append_batch(request: Request) -> Response:
        wires = [verified(wire, keys) for wire in (await request.body()).split()]
        number = await app.state.writer.put(wires)
        answer = {"index": number, "count": len(wires)}
        return Response(orjson.dumps(answer), media_type="application/json")

    return app
