"""A server for a benchmark, in a process of its own.

    python -m bench.servers ledger|bare FOLDER PORT

``ledger`` serves the ledger in the folder (``goc.db``) as ``goc serve`` does, without its access
log; ``bare`` serves ``bench.bare`` under the same uvicorn, for the keys in ``keys.json``.
"""

import sys
from pathlib import Path

import orjson
import uvicorn

from api.app import create_app
from api.server import BoundedProtocol, collect_garbage_rarely
from bench.bare import create_bare_app
from bench.workload import LOG, SEED
from tests.kit import World
from traceability.core import b64
from traceability.core.keys import PublicKey
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings
from traceability.storage.engine import Database, sqlite_url


def main(kind: str, folder: Path, port: int) -> None:
    """Serve until stopped. Both collect garbage as rarely as ``goc serve`` does."""
    collect_garbage_rarely()
    config = {"host": "127.0.0.1", "port": port, "log_level": "warning", "access_log": False}
    if kind == "bare":
        keys = {
            kid: PublicKey(b64.decode(raw))
            for kid, raw in orjson.loads((folder / "keys.json").read_bytes()).items()
        }
        uvicorn.run(create_bare_app(folder / "bare.db", keys), **config)  # type: ignore[arg-type]
        return
    url = sqlite_url(folder / "goc.db")
    settings = Settings(folder, url, LOG, "https://goc.example", None)
    world = World(SEED, LOG)
    ledger = Ledger(Database(url), world.signer, world.clock)
    try:
        uvicorn.run(create_app(ledger, settings), http=BoundedProtocol, **config)  # type: ignore[arg-type]
    finally:
        ledger.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
