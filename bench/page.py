"""The page of a lot, against a bare FastAPI route that returns the very same bytes.

The ledger is the demo's season; the page that of its juice, which some hundred records lead to.
Both servers run under the same uvicorn, each in a process of its own, and are asked in turn by 32
keep-alive connections as a phone's browser asks (gzip, Vietnamese). The ledger's server resolves
the label's address, finds the page among those that it keeps, and sees to it that it is still true.
What it costs to make the page anew, as after an append, is measured beside it.

``python -m bench.page`` prints the figures; ``python -m bench.page ours|bare FOLDER PORT`` is one
of the servers.
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
import uvicorn
from fastapi import FastAPI, Response

from api.app import create_app
from api.lot import check, page_of
from api.server import configure
from api.web.render import render_lot
from bench.processes import load
from labels.label import LotLabel
from traceability.cli.demo_folder import make
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings

CLIENTS: Final = 32
REQUESTS: Final = 150  #: of each client, in a round
ROUNDS: Final = 7
HOST: Final = "http://127.0.0.1:8000"
PAGE: Final = "page.bin"  #: what the bare server returns
HEADERS: Final = {
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-encoding": "gzip, deflate",
    "accept-language": "vi-VN,vi;q=0.9,en;q=0.8",
    "user-agent": "Mozilla/5.0 (Linux; Android 13)",
}


def run(rounds: int = ROUNDS, requests: int = REQUESTS) -> dict[str, Any]:
    """Measure both; the figures."""
    with tempfile.TemporaryDirectory(prefix="goc-bench-") as name:
        folder = Path(name) / "demo"
        demo = make(folder, HOST, LotLabel)
        label = next(each for each in demo.labels if "NC" in each.lot)
        path = urlsplit(label.url).path
        with server("ours", folder) as ours:
            with (
                httpx.Client(headers=HEADERS) as client,
                client.stream("GET", f"http://127.0.0.1:{ours}{path}") as answer,
            ):
                page = b"".join(answer.iter_raw())
                assert answer.headers["content-encoding"] == "gzip"
            (folder / PAGE).write_bytes(page)
            with server("bare", folder) as bare:
                return _measure(folder, ours, bare, path, rounds, requests) | {
                    "bytes": len(page),
                    "made anew ms": round(made_anew(folder, label.gtin, label.lot), 1),
                }


def _measure(
    folder: Path, ours: int, bare: int, path: str, rounds: int, requests: int
) -> dict[str, Any]:
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{head}\r\n".encode()
    plan = [[request] * requests for _ in range(CLIENTS)]
    for port in (ours, bare):
        load(port, folder, [each[:20] for each in plan])
    found: dict[int, list[dict[str, Any]]] = {ours: [], bare: []}
    for n in range(rounds):
        for port in (ours, bare) if n % 2 else (bare, ours):
            found[port].append(load(port, folder, plan))
    rates = {
        port: [each["requests"] / each["seconds"] for each in results]
        for port, results in found.items()
    }
    ratios = [a / b for a, b in zip(rates[ours], rates[bare], strict=True)]
    return {
        "pages/s": round(median(rates[ours])),
        "bare/s": round(median(rates[bare])),
        "ratio": round(median(ratios), 3),
        "p50 ms": round(median(each["p50"] for each in found[ours]), 1),
        "p99 ms": round(median(each["p99"] for each in found[ours]), 1),
    }


def made_anew(folder: Path, gtin: str, lot: str, rounds: int = 15) -> float:
    """Milliseconds to make the page: bundle, verification, story, HTML."""
    took = []
    with Ledger.open(Settings.read(folder)) as ledger:
        settings = Settings.read(folder)
        for _ in range(rounds):
            began = perf_counter()
            render_lot(page_of(ledger, settings, check(ledger, gtin, lot), "vi"), "vi")
            took.append(1000 * (perf_counter() - began))
    return median(took)


# -- the servers ---------------------------------------------------------------------------------
def bare_app(page: bytes) -> FastAPI:
    """A route that returns bytes."""
    app = FastAPI(openapi_url=None)

    @app.get("/01/{gtin}/10/{lot}")
    async def lot_page(gtin: str, lot: str) -> Response:  # noqa: ARG001
        return Response(page, headers={"content-encoding": "gzip"}, media_type="text/html")

    return app


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def server(kind: str, folder: Path) -> Iterator[int]:
    """A server in a process of its own; its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.page", kind, folder, str(port)])
    try:
        for _ in range(400):
            try:
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def serve(kind: str, folder: Path, port: int) -> None:
    """Serve until stopped."""
    if kind == "bare":
        uvicorn.Server(configure(bare_app((folder / PAGE).read_bytes()), port=port)).run()
        return
    settings = Settings.read(folder)
    with Ledger.open(settings) as ledger:
        uvicorn.Server(configure(create_app(ledger, settings), port=port)).run()


if __name__ == "__main__":
    if len(sys.argv) == 4:
        serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    else:
        print(orjson.dumps(run(), option=orjson.OPT_INDENT_2).decode())
