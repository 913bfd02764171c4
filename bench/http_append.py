"""Appends over HTTP against the bare limit, in the same run and in turn.

32 clients on keep-alive connections send records that were signed before: one per request, then 100
per request. Each round gives the same requests to the ledger's server and to ``bench.bare``; the
figures are records per second, medians of the rounds, and their ratio; and the processor time that
each server spent on a record, which a busy machine disturbs less.
"""

import os
import pickle
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from bench.workload import Workload, workload
from tests.kit import Party, Signed
from traceability.core import b64
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt
from traceability.storage.engine import sqlite_url

CLIENTS = 32
ROUNDS = 5
FARMS = 64
FLOWS = 30  #: of each client, in a round of single records
BATCH = 100
SINGLE_TYPE = "application/goc+sd-jwt"
BATCH_TYPE = "application/vnd.goc.records"


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure both; the figures."""
    with tempfile.TemporaryDirectory(prefix="goc-bench-") as name:
        folder = Path(name)
        work = workload(FARMS)
        tokens = prepare(folder, work)
        with server("ledger", folder) as ours, server("bare", folder) as bare:
            warm = [_single(tokens, [work.flow(n)]) for n in range(CLIENTS)]
            for each in (ours, bare):
                load(each.port, folder, warm)
            return {
                "single": _measure(folder, ours, bare, rounds, lambda: singles(work, tokens), 1),
                f"batches of {BATCH}": _measure(
                    folder, ours, bare, rounds, lambda: batches(work, tokens), BATCH
                ),
            }


def _measure(
    folder: Path, ours: "Server", bare: "Server", rounds: int, make: Any, size: int
) -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {"ledger": [], "bare": []}
    for n in range(rounds):
        requests = make()
        turns = [("ledger", ours), ("bare", bare)]
        for name, server in turns if n % 2 else turns[::-1]:
            before = server.cpu()
            figures = load(server.port, folder, requests)
            figures["cpu"] = (server.cpu() - before) / figures["requests"] / size
            found[name].append(figures)
    rates = {
        name: [size * each["requests"] / each["seconds"] for each in results]
        for name, results in found.items()
    }
    ratios = [a / b for a, b in zip(rates["ledger"], rates["bare"], strict=True)]
    return {
        "ledger": round(median(rates["ledger"])),
        "bare": round(median(rates["bare"])),
        "ratio": round(median(ratios), 3),
        "ratios": [round(each, 3) for each in ratios],
        "cpu µs": round(1e6 * median(each["cpu"] for each in found["ledger"])),
        "bare cpu µs": round(1e6 * median(each["cpu"] for each in found["bare"])),
        "p50 ms": round(median(each["p50"] for each in found["ledger"]), 1),
        "p99 ms": round(median(each["p99"] for each in found["ledger"]), 1),
    }


# -- the requests ----------------------------------------------------------------------------------
def singles(work: Workload, tokens: dict[str, str]) -> list[list[bytes]]:
    """For each client, flows of its own, a record a request."""
    return [
        _single(tokens, [work.flow(client + CLIENTS * n) for n in range(FLOWS)])
        for client in range(CLIENTS)
    ]


def _single(tokens: dict[str, str], flows: Sequence[Sequence[Signed]]) -> list[bytes]:
    return [
        request("/api/v1/records", SINGLE_TYPE, tokens[each.claims["iss"]], each.wire)
        for flow in flows
        for each in flow
    ]


def batches(work: Workload, tokens: dict[str, str]) -> list[list[bytes]]:
    """For each client: a batch of harvests of one farm, one of their shipments to one shop, and the
    shop's batch of receipts."""
    found = []
    for client in range(CLIENTS):
        flows = [work.flow(client + FARMS * n) for n in range(BATCH)]
        found.append(
            [
                request(
                    "/api/v1/records/batch",
                    BATCH_TYPE,
                    tokens[flows[0][step].claims["iss"]],
                    b"\n".join(flow[step].wire for flow in flows),
                )
                for step in range(3)
            ]
        )
    return found


def request(path: str, kind: str, token: str, body: bytes) -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
        f"content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


# -- what runs -------------------------------------------------------------------------------------
def prepare(folder: Path, work: Workload) -> dict[str, str]:
    """Make the ledger with its registry, a token for each party, and the bare server's keys."""
    ledger = Ledger.begin(sqlite_url(folder / "goc.db"), work.world.signer, work.world.clock)
    wires = [each.wire for each in work.registry]
    for start in range(0, len(wires), 500):
        outcomes = ledger.append(wires[start : start + 500])
        assert all(isinstance(each, Receipt) for each in outcomes)

    def token(party: Party) -> str:
        return ledger.tokens.create("bench", ["write"], party.id, "owner").text

    tokens = {party.id: token(party) for party in work.parties}
    ledger.close()
    keys = {party.kid: b64.encode(party.key.public.raw) for party in work.parties}
    (folder / "keys.json").write_bytes(orjson.dumps(keys))
    return tokens


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(kind: str, folder: Path) -> Iterator[Server]:
    """A server in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "bench.servers", kind, folder, str(port)])
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"the {kind} server ended with {process.returncode}")
            time.sleep(0.05)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def load(port: int, folder: Path, requests: list[list[bytes]]) -> dict[str, Any]:
    """Send the requests from another process; its figures."""
    file = folder / "requests"
    file.write_bytes(pickle.dumps(requests))
    command = [sys.executable, "-m", "bench.load", str(port), str(file)]
    done = subprocess.run(command, capture_output=True, check=True)
    found: dict[str, Any] = orjson.loads(done.stdout)
    wrong = {status: n for status, n in found["statuses"].items() if status[0] != "2"}
    if wrong:
        raise RuntimeError(f"answered {wrong}: {found['refusals']}")
    return found
