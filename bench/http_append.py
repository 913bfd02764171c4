"""Appends over HTTP against the bare limit, in the same run and in turn.

On SQLite 32 clients and one process, on PostgreSQL 64 clients and two processes behind one port;
all on keep-alive connections. They send records that were signed before: one per request, then 100
per request. Each round gives the same requests to the ledger's servers and to ``bench.bare``; the
figures are records per second, medians of the rounds, and their ratio; and the processor time that
servers, PostgreSQL and the load generator spent on a record, which a busy machine disturbs less.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from bench.bare_postgres import create_table
from bench.postgres import postgres
from bench.postgres import processes as processes_of
from bench.processes import Server, cpu_of, load, serving
from bench.workload import Workload, workload
from tests.kit import Party, Signed
from tests.postgres import Postgres
from traceability.core import b64
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt
from traceability.storage.engine import sqlite_url

ROUNDS = 6  #: even, since each server comes first in every other
WARM = 3  #: rounds that are not counted, in which each process comes to know the registry
FARMS = 64
FLOWS = 30  #: of each client, in a round of single records
BATCH = 100
BATCHES = 2  #: of each client, times three records, in a round of batches
SINGLE_TYPE = "application/goc+sd-jwt"
BATCH_TYPE = "application/vnd.goc.records"


@dataclass
class Stand:
    """Where appends are measured: a ledger made ready in a database, and what is sent to it."""

    folder: Path
    work: Workload
    tokens: dict[str, str]
    clients: int
    url: str
    bare_url: str
    count: int  #: processes of each server
    database: Postgres | None = None

    def database_cpu(self) -> float:
        """Seconds of processor time that PostgreSQL has used; SQLite's are its server's."""
        return cpu_of(processes_of(self.database)) if self.database is not None else 0.0

    def singles(self, flows: int = FLOWS) -> list[list[bytes]]:
        """For each client, flows of its own, a record a request."""
        return [
            [
                request("/api/v1/records", SINGLE_TYPE, self.tokens[each.claims["iss"]], each.wire)
                for n in range(flows)
                for each in self.work.flow(client + self.clients * n)
            ]
            for client in range(self.clients)
        ]

    def batches(self, count: int = BATCHES) -> list[list[bytes]]:
        """For each client: a batch of harvests of one farm, one of their shipments to one shop, and
        the shop's batch of receipts; and again."""
        return [
            [each for _ in range(count) for each in self._batches(client)]
            for client in range(self.clients)
        ]

    def _batches(self, client: int) -> Iterator[bytes]:
        flows = [self.work.flow(client + FARMS * n) for n in range(BATCH)]
        for step in range(3):
            token = self.tokens[flows[0][step].claims["iss"]]
            body = b"\n".join(flow[step].wire for flow in flows)
            yield request("/api/v1/records/batch", BATCH_TYPE, token, body)


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """On SQLite; the figures."""
    with sqlite_stand() as stand:
        return _compare(stand, rounds)


def run_postgres(rounds: int = ROUNDS) -> dict[str, Any]:
    """On PostgreSQL; the figures."""
    with postgres_stand() as stand:
        return _compare(stand, rounds)


def _compare(stand: Stand, rounds: int) -> dict[str, Any]:
    with servers(stand, "ledger") as ours, servers(stand, "bare") as bare:
        for _ in range(WARM):
            warm = stand.singles()
            for each in (ours, bare):
                load(each.port, stand.folder, warm)
        return {
            "single": compare(stand, ours, bare, rounds, stand.singles, 1),
            f"batches of {BATCH}": compare(stand, ours, bare, rounds, stand.batches, BATCH),
        }


def compare(
    stand: Stand,
    ours: Server,
    bare: Server,
    rounds: int,
    make: Callable[[], list[list[bytes]]],
    size: int,
) -> dict[str, Any]:
    """The same requests, of ``size`` records each, to both servers in turn; the figures."""
    found: dict[str, list[dict[str, float]]] = {"ledger": [], "bare": []}
    for n in range(rounds):
        requests = make()
        turns = [("ledger", ours), ("bare", bare)]
        for name, server in turns if n % 2 else turns[::-1]:
            found[name].append(measure(stand, server, requests, size))
    middle = {
        name: {each: median(one[each] for one in results) for each in results[0]}
        for name, results in found.items()
    }
    ratios = [a["rate"] / b["rate"] for a, b in zip(found["ledger"], found["bare"], strict=True)]
    return {
        "ledger": round(middle["ledger"]["rate"]),
        "bare": round(middle["bare"]["rate"]),
        "ratio": round(median(ratios), 3),
        "ratios": [round(each, 3) for each in ratios],
        "cpu µs": _cpu(middle["ledger"]),
        "bare cpu µs": _cpu(middle["bare"]),
        "p50 ms": round(middle["ledger"]["p50"], 1),
        "p99 ms": round(middle["ledger"]["p99"], 1),
    }


def measure(
    stand: Stand, server: Server, requests: list[list[bytes]], size: int
) -> dict[str, float]:
    """Records a second, latencies of requests, and processor time of a record by who spent it."""
    before, database = server.cpu(), stand.database_cpu()
    figures = load(server.port, stand.folder, requests)
    records = figures["requests"] * size
    return {
        "rate": records / figures["seconds"],
        "p50": figures["p50"],
        "p99": figures["p99"],
        "server": (server.cpu() - before) / records,
        "database": (stand.database_cpu() - database) / records,
        "load": figures["cpu"] / records,
    }


def _cpu(figures: Mapping[str, float]) -> dict[str, float]:
    return {each: round(1e6 * figures[each], 1) for each in ("server", "database", "load")}


def request(path: str, kind: str, token: str, body: bytes) -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
        f"content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


# -- what is measured ------------------------------------------------------------------------------
@contextmanager
def sqlite_stand(clients: int = 32) -> Iterator[Stand]:
    """A ledger in a SQLite file, for one process."""
    with tempfile.TemporaryDirectory(prefix="goc-bench-") as name:
        folder, work = Path(name), workload(FARMS)
        url = sqlite_url(folder / "goc.db")
        tokens = prepare(folder, url, work)
        yield Stand(folder, work, tokens, clients, url, sqlite_url(folder / "bare.db"), 1)


@contextmanager
def postgres_stand(
    clients: int = 64, count: int = 2, environment: Mapping[str, str] = {}
) -> Iterator[Stand]:
    """A ledger in a database of a PostgreSQL of its own, for so many processes; ``environment``
    goes to the PostgreSQL server."""
    with (
        tempfile.TemporaryDirectory(prefix="goc-bench-") as name,
        postgres(environment) as database,
    ):
        folder, work = Path(name), workload(FARMS)
        url, bare_url = (database.url(database.create_database()) for _ in range(2))
        create_table(bare_url)
        tokens = prepare(folder, url, work)
        yield Stand(folder, work, tokens, clients, url, bare_url, count, database)


@contextmanager
def servers(stand: Stand, kind: str, environment: Mapping[str, str] = {}) -> Iterator[Server]:
    """The stand's processes of a kind, ``ledger`` or ``bare``."""
    url = stand.url if kind == "ledger" else stand.bare_url
    with serving(kind, stand.folder, url, stand.count, environment) as server:
        yield server


def prepare(folder: Path, url: str, work: Workload) -> dict[str, str]:
    """Make the ledger with its registry, a token for each party, and the bare server's keys."""
    with Ledger.begin(url, work.world.signer, work.world.clock) as ledger:
        append(ledger, work.registry)

        def token(party: Party) -> str:
            return ledger.tokens.create("bench", ["write"], party.id, "owner").text

        tokens = {party.id: token(party) for party in work.parties}
    keys = {party.kid: b64.encode(party.key.public.raw) for party in work.parties}
    (folder / "keys.json").write_bytes(orjson.dumps(keys))
    return tokens


def append(ledger: Ledger, records: Sequence[Signed]) -> None:
    """Append records in process."""
    wires = [each.wire for each in records]
    for start in range(0, len(wires), 500):
        outcomes = ledger.append(wires[start : start + 500])
        assert all(isinstance(each, Receipt) for each in outcomes)
