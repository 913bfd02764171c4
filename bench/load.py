"""A load generator: keep-alive connections, each with requests of its own, one after the other.

    python -m bench.load PORT REQUESTS

``REQUESTS`` is a pickle of one list of raw HTTP requests for each connection. A connection sends
the next as soon as it has the answer to the last. It runs in a process of its own and prints one
JSON object: requests, seconds, latencies in milliseconds, how often each status was answered.
"""

import asyncio
import pickle
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import cast

import orjson
import uvloop


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: list[bytes], done: "asyncio.Future[None]") -> None:
        self._requests = iter(requests)
        self._done = done
        self._buffer = b""
        self._sent = 0.0
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.refusals: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by name
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        self._sent = perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Wait for the whole of an answer, and send the next."""
        self._buffer += data
        head, gap, body = self._buffer.partition(b"\r\n\r\n")
        if not gap:
            return
        at = head.lower().index(b"content-length:") + 15
        length = int(head[at : head.find(b"\r\n", at) if b"\r\n" in head[at:] else None])
        if len(body) < length:
            return
        self.latencies.append(perf_counter() - self._sent)
        status = head[9:12].decode()
        self.statuses[status] += 1
        if status[0] != "2":
            self.refusals.append(body)
        self._buffer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """The server went away."""
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed the connection"))


def _same(client: Client) -> Client:
    return client


async def run(port: int, requests: list[list[bytes]]) -> dict[str, object]:
    """Send all; the figures."""
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    ends = []
    began = perf_counter()
    for mine in requests:
        end: asyncio.Future[None] = loop.create_future()
        client = Client(mine, end)
        await loop.create_connection(partial(_same, client), "127.0.0.1", port)
        clients.append(client)
        ends.append(end)
    async with asyncio.timeout(300):
        await asyncio.gather(*ends)
    seconds = perf_counter() - began
    latencies = sorted(each for client in clients for each in client.latencies)
    statuses: Counter[str] = sum((client.statuses for client in clients), Counter())
    refusals = [body.decode() for client in clients for body in client.refusals][:3]
    return {
        "requests": len(latencies),
        "seconds": seconds,
        "p50": 1000 * latencies[len(latencies) // 2],
        "p99": 1000 * latencies[len(latencies) * 99 // 100],
        "statuses": dict(statuses),
        "refusals": refusals,
    }


def main() -> None:
    """As ``python -m bench.load``."""
    requests = pickle.loads(Path(sys.argv[2]).read_bytes())  # noqa: S301
    print(orjson.dumps(uvloop.run(run(int(sys.argv[1]), requests))).decode())


if __name__ == "__main__":
    main()
