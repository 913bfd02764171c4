"""The application as it runs: a real server on a port of its own, asked by a real client."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.server import QuietServer, configure
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings

HOST: Final = "https://goc.example"
RECORD: Final = "application/sd-jwt"
LINES: Final = "application/vnd.goc.records"


def settings_for(folder: Path, policy: Path | None = None) -> Settings:
    """Settings of a test's server; ``policy`` is its file of witnesses."""
    url = f"sqlite:///{folder}/goc.db"
    return Settings(folder, url, None, HOST, b"k" * 32, witness_policy=policy)


@contextmanager
def running(app: FastAPI) -> Iterator[int]:
    """The application under uvicorn, on a thread; its port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        server = QuietServer(configure(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                if not thread.is_alive():
                    raise RuntimeError("the server did not start")
                time.sleep(0.005)
            yield port
        finally:
            server.should_exit = True
            thread.join(15)
            assert not thread.is_alive(), "the server does not end"


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of a running application, whose people read English."""
    with (
        running(app) as port,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"accept-language": "en"}, timeout=20
        ) as client,
    ):
        yield client


def app_of(ledger: Ledger, folder: Path, policy: Path | None = None) -> FastAPI:
    """The application over a ledger."""
    return create_app(ledger, settings_for(folder, policy))


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"authorization": f"Bearer {token}"}
