"""What a scanned label leads to, against bare FastAPI routes that return the very same bytes.

The ledger is the demo's season; what is asked for is of its juice, which some hundred records lead
to:

``page``      the page of the lot, as a phone's browser asks for it (gzip, Vietnamese)
``serial``    the page of a label with a serial, another one with each request: its mark is judged,
              and put into the page
``linkset``   all links of the lot
``linkset of a serial``  the same of one label, another one with each request
``307``       a link type that leads elsewhere
``300``       one that has several links

Both servers run under the same uvicorn, each in a process of its own, and are asked in turn by 32
keep-alive connections. What it costs to make the page anew, as after an append, is measured beside
it.

``python -m bench.page`` prints the figures; ``python -m bench.page ours|bare FOLDER PORT`` is one
of the servers.
"""

import pickle
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
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
from labels.serials import serials
from traceability.cli.demo_folder import make
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings

CLIENTS: Final = 32
REQUESTS: Final = 150  #: of each client, in a round
ROUNDS: Final = 7
LABELS: Final = 1000  #: with serials
HOST: Final = "http://127.0.0.1:8000"
ANSWERS: Final = "answers.bin"  #: what the bare server returns
LINKSET: Final = "application/linkset+json"
BROWSER: Final = {
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-encoding": "gzip, deflate",
    "accept-language": "vi-VN,vi;q=0.9,en;q=0.8",
    "user-agent": "Mozilla/5.0 (Linux; Android 13)",
}
_KEPT: Final = ("content-type", "content-encoding", "location")  #: headers of the bare answers


@dataclass(frozen=True)
class Case:
    """One kind of request: the addresses that are asked for in turn, and the status expected."""

    name: str
    paths: Sequence[str]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: BROWSER)


def run(rounds: int = ROUNDS, requests: int = REQUESTS) -> dict[str, Any]:
    """Measure all; the figures."""
    with tempfile.TemporaryDirectory(prefix="goc-bench-") as name:
        folder = Path(name) / "demo"
        demo = make(folder, HOST, LotLabel)
        label = next(each for each in demo.labels if "NC" in each.lot)
        path = urlsplit(label.url).path
        asked = cases(path, printed(folder, label.gtin, label.lot))
        with server("ours", folder) as ours:
            answers = [answer_of(ours, each) for each in asked]
            (folder / ANSWERS).write_bytes(pickle.dumps(answers))
            with server("bare", folder) as bare:
                figures: dict[str, Any] = {
                    case.name: _measure(folder, ours, bare, n, case, rounds, requests)
                    | {"bytes": len(answers[n][2])}
                    for n, case in enumerate(asked)
                }
        anew = made_anew(folder, label.gtin, label.lot)
        return figures | {"page made anew ms": round(anew, 1)}


def cases(path: str, serials: Sequence[str]) -> list[Case]:
    """What is asked of the lot at ``path`` and of its labels with these serials."""
    machine = {"accept": LINKSET, "accept-encoding": "gzip", "user-agent": "resolver"}
    units = [f"{path}/21/{serial}" for serial in serials]
    anything = machine | {"accept": "application/json"}
    return [
        Case("page", [path]),
        Case("serial", units),
        Case("linkset", [path], headers=machine),
        Case("linkset of a serial", units, headers=machine),
        Case("307", [f"{path}?linkType=gs1:masterData"], 307, anything),
        Case("300", [f"{path}?linkType=gs1:traceability"], 300, anything),
    ]


def printed(folder: Path, gtin: str, lot: str) -> list[str]:
    """Record labels of the lot, by its maker; their serials."""
    with Ledger.open(Settings.read(folder)) as ledger:
        with ledger.reading() as now:
            entry = now.reader.lot_entry((gtin, lot))
            product = now.reader.statements("product", gtin)[-1]
        if entry is None or entry.maker is None:
            raise RuntimeError(f"the demo does not say who makes {lot}")
        key = ledger.label_keys.newest()
        data = {"count": LABELS, "net": product.data.net_content, "key": key.id}
        about = [{"product": gtin, "lot": lot}]
        wire = ledger.commands.sign(entry.maker, {"type": "label", "about": about, "data": data})
        [receipt] = ledger.accept([wire])
        return list(serials(key, gtin, lot, receipt.name, 0, LABELS))


def answer_of(port: int, case: Case) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what our server answers, for the bare one to return."""
    with (
        httpx.Client(headers=case.headers) as client,
        client.stream("GET", f"http://127.0.0.1:{port}{case.paths[0]}") as answer,
    ):
        body = b"".join(answer.iter_raw())
        assert answer.status_code == case.status, (case.name, answer.status_code)
        kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        return answer.status_code, kept, body


def _measure(
    folder: Path, ours: int, bare: int, number: int, case: Case, rounds: int, requests: int
) -> dict[str, Any]:
    head = "".join(f"{name}: {value}\r\n" for name, value in case.headers.items())

    def plan(prefix: str, count: int) -> list[list[bytes]]:
        tail = f" HTTP/1.1\r\nhost: 127.0.0.1\r\n{head}\r\n"
        paths = cycle(f"GET {prefix}{path}{tail}".encode() for path in case.paths)
        return [list(islice(paths, count)) for _ in range(CLIENTS)]

    prefixes = {ours: "", bare: f"/{number}"}
    plans = {port: plan(prefix, requests) for port, prefix in prefixes.items()}
    for port in (ours, bare):
        load(port, folder, plan(prefixes[port], 20), case.status)
    found: dict[int, list[dict[str, Any]]] = {ours: [], bare: []}
    for n in range(rounds):
        for port in (ours, bare) if n % 2 else (bare, ours):
            found[port].append(load(port, folder, plans[port], case.status))
    rates = {
        port: [each["requests"] / each["seconds"] for each in results]
        for port, results in found.items()
    }
    ratios = [a / b for a, b in zip(rates[ours], rates[bare], strict=True)]
    return {
        "ours/s": round(median(rates[ours])),
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
def bare_app(answers: Sequence[tuple[int, dict[str, str], bytes]]) -> FastAPI:
    """A route for each answer, which returns it; for a lot and for a unit of it."""
    app = FastAPI(openapi_url=None)
    for number, (status, headers, body) in enumerate(answers):
        answer = _route(status, headers, body)
        app.get(f"/{number}/01/{{gtin}}/10/{{lot}}")(answer)
        app.get(f"/{number}/01/{{gtin}}/10/{{lot}}/21/{{serial}}")(answer)
    return app


def _route(status: int, headers: dict[str, str], body: bytes) -> Callable[..., Any]:
    async def answer(gtin: str, lot: str, serial: str = "") -> Response:  # noqa: ARG001
        return Response(body, status, headers)

    return answer


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
        answers = pickle.loads((folder / ANSWERS).read_bytes())  # noqa: S301 - our own
        uvicorn.Server(configure(bare_app(answers), port=port)).run()
        return
    settings = Settings.read(folder)
    with Ledger.open(settings) as ledger:
        uvicorn.Server(configure(create_app(ledger, settings), port=port)).run()


if __name__ == "__main__":
    if len(sys.argv) == 4:
        serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    else:
        print(orjson.dumps(run(), option=orjson.OPT_INDENT_2).decode())
