"""A server for a benchmark, in a process of its own; several may share a port.

    python -m bench.servers ledger|bare FOLDER URL PORT

``ledger`` serves the ledger in the database at ``URL`` as a worker of ``goc serve`` does, without
its access log and by the clock of ``bench.workload``'s world; ``bare`` serves ``bench.bare`` under
the same uvicorn, for the keys in ``keys.json``. Prints ``serving`` once it does.
"""

import asyncio
import sys
from pathlib import Path

import orjson
import uvicorn

from api.app import create_app
from api.server import QuietServer, collect_garbage_rarely, configure
from api.workers import listening
from bench.bare import Writer, Writing, create_bare_app
from bench.bare_postgres import PostgresWriter
from bench.workload import LOG, SEED
from tests.kit import World
from traceability.core import b64
from traceability.core.keys import PublicKey
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings
from traceability.storage.engine import Database


def main(kind: str, folder: Path, url: str, port: int) -> None:
    """Serve until stopped. Both collect garbage as rarely as ``goc serve`` does."""
    if kind == "bare":
        _serve_bare(folder, url, port)
        return
    settings = Settings(folder, url, LOG, "https://goc.example", None)
    world = World(SEED, LOG)
    ledger = Ledger(Database(url), world.signer, world.clock)
    try:
        _run(configure(create_app(ledger, settings)), port)
    finally:
        ledger.close()


def _serve_bare(folder: Path, url: str, port: int) -> None:
    keys = {
        kid: PublicKey(b64.decode(raw))
        for kid, raw in orjson.loads((folder / "keys.json").read_bytes()).items()
    }

    def begin(loop: asyncio.AbstractEventLoop) -> Writing:
        if url.startswith("sqlite:///"):
            return Writer(Path(url.removeprefix("sqlite:///")), loop)
        return PostgresWriter(url, loop)

    config = uvicorn.Config(
        create_bare_app(begin, keys), log_config=None, access_log=False, server_header=False
    )
    _run(config, port)


def _run(config: uvicorn.Config, port: int) -> None:
    server = QuietServer(config)
    server.begun = lambda: print("serving", flush=True)
    collect_garbage_rarely()
    server.run(listening("127.0.0.1", port))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
