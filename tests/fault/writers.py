"""Processes that append to one log and may be killed: each a whole writer, as an API process is.

    python -m tests.fault.writers SOCKET URL TILES

The program waits, with all modules in memory, and forks a writer for each line of its standard
input. A writer connects to the Unix socket and says its process number; then it takes batches and
answers them, each a line of JSON:

    [17, "<record>", …]  →  [17, null, ["<proof file in base64>" or {"code": …}, …]]
                            [17, "<code>"]      the ledger itself failed: to be sent again

Each has a publisher too; the one that leads writes to the folder TILES.
"""

import os
import signal
import socket
import sys
import threading
import time
from base64 import b64encode
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from tests.kit import World
from traceability.audit.publisher import Publisher
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Outcome, Receipt
from traceability.storage.engine import Database
from traceability.storage.leader import leader_of
from traceability.storage.log_source import LogSource
from traceability.storage.migrations import newest
from traceability.storage.tile_folder import TileFolder

BUSY_MS = 2_000
SILENT_SECONDS = 3.0
PUBLISH_SECONDS = 0.1


def serve(path: str, url: str, tiles: Path) -> None:
    """One writer: until the other end of the socket is gone."""
    world = World()
    store = TileFolder(tiles)
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        ledger = opened(url, world, store)
        database, key = ledger.database, world.signer.key
        leader = leader_of(database, ledger.log)
        Publisher(
            LogSource(database), store, key, leader, clock=world.clock, interval=PUBLISH_SECONDS
        ).start()
        speaking = threading.Lock()

        def say(*words: Any) -> None:
            with speaking:
                line.sendall(orjson.dumps(words) + b"\n")

        def answer(number: int, future: "Future[list[Outcome]]") -> None:
            error = future.exception()
            if error is None:
                say(number, None, [_word(each) for each in future.result()])
            else:
                say(number, error.code if isinstance(error, LedgerError) else repr(error))

        say(os.getpid())
        for request in line.makefile("rb"):
            number, *records = orjson.loads(request)
            try:
                future = ledger.appender.submit([each.encode() for each in records])
            except LedgerError as error:
                say(number, error.code)
            else:
                future.add_done_callback(partial(answer, number))


def opened(url: str, world: World, store: TileFolder) -> Ledger:
    """The ledger, as soon as its database is there."""
    while True:
        database = Database(url, BUSY_MS, SILENT_SECONDS)
        try:
            return Ledger(database, world.signer, world.clock, tiles=store)
        except LedgerError as error:
            if error.code not in ("ledger.unreachable", "ledger.locked"):
                raise
            database.close()
            time.sleep(0.05)


def _word(outcome: Outcome) -> Any:
    if isinstance(outcome, Receipt):
        return b64encode(outcome.to_proof()).decode()
    return {"code": outcome.error.code}


def main(path: str, url: str, tiles: str) -> None:
    """Fork writers, and see none of them again."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    newest()  # which is looked up once
    while sys.stdin.readline():
        if not os.fork():
            code = 1
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                serve(path, url, Path(tiles))
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
