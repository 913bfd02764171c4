"""Pages of lots at a constant 500 requests a second while records are appended at half of what the
servers can take: PostgreSQL, two processes behind one port that serve both.

The limit of appends is measured first, by 64 clients that send one record after the other. Then two
load generators run at even times beside each other: one appends at half of that, one asks for the
pages of twenty lots in turn, as a phone's browser does. A page's latency counts from the moment at
which its request fell due, not from when a connection was free to carry it, so that nothing is left
out when the servers fall behind. At the end stands what the same pages take with no appends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from bench.http_append import Stand, append, measure, postgres_stand, servers
from bench.page import BROWSER
from bench.processes import Sending, Server, load
from traceability.ledger.ledger import Ledger
from traceability.storage.engine import Database

PAGES: Final = 500.0  #: requests a second
SECONDS: Final = 10.0
LOTS: Final = 20
CONNECTIONS: Final = 50


@dataclass
class Pages:
    """A stand whose ledger has lots to show, and their pages' requests."""

    stand: Stand
    requests: list[bytes]

    def plan(self, seconds: float) -> list[list[bytes]]:
        """For each connection, its requests of so many seconds; all lots in turn."""
        each = int(PAGES * seconds) // CONNECTIONS
        return [
            [self.requests[(n + client) % LOTS] for n in range(each)]
            for client in range(CONNECTIONS)
        ]


def run(seconds: float = SECONDS) -> dict[str, Any]:
    """Measure; the figures."""
    with pages() as shown, servers(shown.stand, "ledger") as server:
        stand = shown.stand
        load(server.port, stand.folder, shown.plan(1))
        load(server.port, stand.folder, stand.singles(3))
        limit = measure(stand, server, stand.singles(), 1)["rate"]
        beside = _beside(shown, server, limit / 2, seconds)
        alone = Sending(server.port, stand.folder, shown.plan(seconds), PAGES).figures()
        return {
            "appends at their limit, records/s": round(limit),
            **beside,
            "with no appends": _told(alone),
        }


def _beside(shown: Pages, server: Server, rate: float, seconds: float) -> dict[str, Any]:
    stand = shown.stand
    flows = max(int(rate * seconds) // (3 * stand.clients), 1)
    appends = stand.singles(flows)
    plan = shown.plan(seconds)
    appending = Sending(server.port, stand.folder, appends, rate)
    asking = Sending(server.port, stand.folder, plan, PAGES)
    asked, appended = asking.figures(), appending.figures()
    return {
        "pages": _told(asked),
        "appends beside them": {"due/s": round(rate), **_told(appended)},
    }


def _told(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "answered/s": round(figures["requests"] / figures["seconds"]),
        **{f"{each} ms": round(figures[each], 1) for each in ("p50", "p99", "max")},
    }


@contextmanager
def pages() -> Iterator[Pages]:
    """A ledger on PostgreSQL with lots that were shipped and received."""
    with postgres_stand() as stand:
        work = stand.work
        flows = work.flows(LOTS)
        with Ledger(Database(stand.url), work.world.signer, work.world.clock) as ledger:
            append(ledger, [each for flow in flows for each in flow])
        head = "".join(f"{name}: {value}\r\n" for name, value in BROWSER.items())
        requests = [
            f"GET /01/{out.product}/10/{out.lot} HTTP/1.1\r\nhost: goc.example\r\n{head}\r\n"
            for out in (flow[0][0] for flow in flows)
        ]
        yield Pages(stand, [each.encode() for each in requests])
