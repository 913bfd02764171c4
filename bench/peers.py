"""A peer on the same machine: quartet_epcis (Django, GS1 EPCIS 1.2), beside our figures.

    python -m bench.peers

Makes a virtual environment in a temporary folder, installs the peer from the package index there
(never into ours), and lets it capture EPCIS XML documents: over HTTP one event a document, through
its own capture interface under gunicorn, and in process a hundred events a document, through its
own parser. Its rules are off ("loose enforcement") and nothing is signed; ours verify signatures
and disclosures, judge every rule and give proofs. Both keep their data in SQLite with WAL and
``synchronous=FULL``. Where the index cannot be reached nothing is measured, and that is said.
"""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import orjson

from bench.http_append import BATCH, append, measure, servers, sqlite_stand
from bench.processes import Sending, load
from bench.workload import workload
from traceability.ledger.ledger import Ledger
from traceability.storage.engine import sqlite_url

ROOT: Final = Path(__file__).parents[1]
PROGRAM: Final = Path(__file__).with_name("peer_quartet.txt")
PACKAGES: Final = (
    "quartet_epcis==4.1.5",
    "quartet_capture==4.1.0",
    "django==5.2.19",
    "djangorestframework==3.17.2",
    "djangorestframework-xml==2.0.0",
    "drf-yasg==1.21.18",
    "celery==5.7.0",
    "gunicorn==27.0.1",
)
CLIENTS: Final = 2  #: as many as the peer has processes; more only wait for SQLite's lock
DOCUMENTS: Final = 100  #: of each client, with one event each
LARGE: Final = 20  #: documents of EVENTS events, in process
EVENTS: Final = 100


def run() -> dict[str, Any]:
    """Measure both; the figures."""
    with tempfile.TemporaryDirectory(prefix="goc-peer-") as name:
        folder = Path(name)
        python = _install(folder)
        if python is None:
            return {"skipped": "the peer's packages cannot be installed here"}
        return {
            "machine": {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()},
            "quartet_epcis": _peer(folder, python),
            "ours": _ours(),
        }


def _install(folder: Path) -> Path | None:
    """The interpreter of a new environment that has the peer."""
    uv, home = str(ROOT / "tools" / "uv.sh"), folder / "venv"
    python = home / "bin" / "python"
    commands = (
        [uv, "venv", "--quiet", "--python", sys.executable, str(home)],
        [uv, "pip", "install", "--quiet", "--python", str(python), *PACKAGES],
    )
    for command in commands:
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
            return None
    return python


# -- the peer ------------------------------------------------------------------------------------
def _peer(folder: Path, python: Path) -> dict[str, Any]:
    environment = os.environ | {"PEER_FOLDER": str(folder), "PYTHONWARNINGS": "ignore"}
    program = str(shutil.copy(PROGRAM, folder / "peer_quartet.py"))
    subprocess.run([str(python), program, "prepare"], check=True, env=environment)
    large = folder / "documents.json"
    large.write_text(json.dumps([document(EVENTS * n, EVENTS) for n in range(LARGE)]))
    command = [str(python), program, "capture", str(large)]
    told = subprocess.run(command, check=True, env=environment, capture_output=True).stdout
    first = EVENTS * LARGE
    requests = [
        [_capture(document(first + client * DOCUMENTS + n, 1)) for n in range(DOCUMENTS)]
        for client in range(CLIENTS)
    ]
    warm = [[_capture(document(10**6 + client, 1))] for client in range(CLIENTS)]
    with _gunicorn(python, folder, environment) as port:
        for client in warm:  # one after the other: the first ones make what all share
            Sending(port, folder, [client]).figures()
        figures = Sending(port, folder, requests).figures()
    return {
        "packages": list(PACKAGES),
        "documents/s over HTTP": round(figures["requests"] / figures["seconds"], 1),
        "p99 ms": round(figures["p99"], 1),
        "events/s in process": round(EVENTS * LARGE / float(told)),
    }


@contextmanager
def _gunicorn(python: Path, folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """Its capture interface in two processes; the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        str(python.with_name("gunicorn")), "peer_quartet:application", "--chdir", str(folder),
        "--bind", f"127.0.0.1:{port}", "--workers", str(CLIENTS), "--worker-class", "gthread",
        "--threads", "2", "--keep-alive", "60", "--log-level", "critical",
    ]  # fmt: skip
    process = subprocess.Popen(command, env=environment)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _capture(body: str) -> bytes:
    head = (
        "POST /epcis-capture/?run-immediately=true HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"content-type: application/xml\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def document(first: int, events: int) -> str:
    """An EPCIS 1.2 document: so many things commissioned, each by an event of its own."""
    time, site = "2026-11-01T00:00:00Z", "urn:epc:id:sgln:893000000.001.0"
    body = "".join(
        f"<ObjectEvent><eventTime>{time}</eventTime><eventTimeZoneOffset>+07:00"
        "</eventTimeZoneOffset><epcList><epc>urn:epc:id:sgtin:893000000.0001."
        f"{number}</epc></epcList><action>ADD</action>"
        "<bizStep>urn:epcglobal:cbv:bizstep:commissioning</bizStep>"
        "<disposition>urn:epcglobal:cbv:disp:active</disposition>"
        f"<readPoint><id>{site}</id></readPoint><bizLocation><id>{site}</id></bizLocation>"
        "</ObjectEvent>"
        for number in range(first, first + events)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><epcis:EPCISDocument '
        'xmlns:epcis="urn:epcglobal:epcis:xsd:1" schemaVersion="1.2" '
        f'creationDate="{time}"><EPCISBody><EventList>{body}</EventList></EPCISBody>'
        "</epcis:EPCISDocument>"
    )


# -- ours ----------------------------------------------------------------------------------------
def _ours() -> dict[str, Any]:
    with sqlite_stand() as stand, servers(stand, "ledger") as server:
        load(server.port, stand.folder, stand.singles(2))
        single = measure(stand, server, stand.singles(), 1)
        batch = measure(stand, server, stand.batches(), BATCH)
    return {
        "records/s over HTTP": round(single["rate"]),
        "p99 ms": round(single["p99"], 1),
        f"records/s over HTTP, batches of {BATCH}": round(batch["rate"]),
        "records/s in process": round(_in_process()),
    }


def _in_process(flows: int = 2000) -> float:
    work = workload(40)
    with tempfile.TemporaryDirectory(prefix="goc-bench-") as name:
        url = sqlite_url(Path(name) / "goc.db")
        with Ledger.begin(url, work.world.signer, work.world.clock) as ledger:
            append(ledger, work.registry)
            records = [each for flow in work.flows(flows) for each in flow]
            began = perf_counter()
            append(ledger, records)
            return len(records) / (perf_counter() - began)


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(run(), option=orjson.OPT_INDENT_2) + b"\n")
