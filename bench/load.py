"""A load generator: keep-alive connections, each with requests of its own, one after the other.

    python -m bench.load PORT REQUESTS [RATE]

``REQUESTS`` is a pickle of one list of raw HTTP requests for each connection. Without ``RATE`` a
connection sends the next as soon as it has the answer to the last. With it, so many requests a
second fall due at even times, whatever the answers do: each goes out on the connection that has
been idle for longest, and waits where none is; its latency counts from when it fell due, so that a
server that stalls is charged for all that it kept waiting.

It takes its processor time from those that it measures where cores are few, so it is a loop over
``epoll`` and raw sockets that reads of an answer no more than status and length. It runs in a
process of its own and prints one JSON object: requests, seconds, its own processor time,
latencies in milliseconds, how often each status was answered.
"""

import gc
import pickle
import select
import socket
import sys
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time

import orjson

LONGEST = 300.0  #: seconds
_MOST = 1 << 18  #: bytes read at once


class Client:
    """One connection."""

    __slots__ = ("answer", "due", "requests", "socket", "unsent", "wanted")

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.requests: Iterator[bytes] = iter(requests)
        self.due = 0.0
        self.unsent = memoryview(b"")
        self.answer = b""
        self.wanted = 0  # bytes of the answer, once its head is known

    def take(self, data: bytes) -> bool:
        """A piece of the answer; whether it is whole."""
        self.answer = data = self.answer + data if self.answer else data
        if not self.wanted:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = data[:end].lower()
            at = head.index(b"\r\ncontent-length:") + 17
            self.wanted = end + 4 + int(head[at:].partition(b"\r\n")[0])
        return len(data) >= self.wanted


class Load:
    """All connections, and what came of their requests."""

    def __init__(self, port: int, requests: list[list[bytes]], rate: float | None) -> None:
        self.clients = {client.socket.fileno(): client for client in _connect(port, requests)}
        self.left = sum(map(len, requests))
        self.rate = rate
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.refusals: list[str] = []
        self._poll = select.epoll()
        self._idle = deque(self.clients.values())
        for number in self.clients:
            self._poll.register(number, select.EPOLLIN)

    def run(self) -> dict[str, object]:
        """Send all; the figures."""
        count, sent = self.left, 0
        began, used = perf_counter(), process_time()
        while self.left:
            now = perf_counter()
            if now - began > LONGEST:
                raise TimeoutError(f"{self.left} requests were not answered")
            fallen_due = count if self.rate is None else int((now - began) * self.rate) + 1
            while self._idle and sent < min(fallen_due, count):
                due = now if self.rate is None else began + sent / self.rate
                sent += self._next(self._idle.popleft(), due)
            wait = 1.0
            if self.rate is not None and self._idle and sent < count:
                wait = max(began + sent / self.rate - perf_counter(), 0.0)
            for number, event in self._poll.poll(wait):
                self._serve(self.clients[number], event)
        seconds = perf_counter() - began
        ordered = sorted(self.latencies)
        return {
            "requests": len(ordered),
            "seconds": seconds,
            "cpu": process_time() - used,
            "p50": 1000 * ordered[len(ordered) // 2],
            "p99": 1000 * ordered[len(ordered) * 99 // 100],
            "max": 1000 * ordered[-1],
            "statuses": dict(self.statuses),
            "refusals": self.refusals[:3],
        }

    def _next(self, client: Client, due: float) -> int:
        """Sends a connection's next request; how many that is."""
        request = next(client.requests, None)
        if request is None:
            return 0
        client.due, client.answer, client.wanted = due, b"", 0
        self._send(client, memoryview(request))
        return 1

    def _send(self, client: Client, data: memoryview) -> None:
        try:
            done = client.socket.send(data)
        except BlockingIOError:
            done = 0
        waited = bool(client.unsent)
        client.unsent = data[done:]
        if bool(client.unsent) != waited:
            out = select.EPOLLOUT if client.unsent else 0
            self._poll.modify(client.socket.fileno(), select.EPOLLIN | out)

    def _serve(self, client: Client, event: int) -> None:
        if event & select.EPOLLOUT:
            self._send(client, client.unsent)
        if not event & ~select.EPOLLOUT:
            return
        data = client.socket.recv(_MOST)
        if not data:
            raise ConnectionError("the server closed the connection")
        if not client.take(data):
            return
        now = perf_counter()
        self.latencies.append(now - client.due)
        status = client.answer[9:12].decode()
        self.statuses[status] += 1
        if status[0] != "2":
            self.refusals.append(client.answer.partition(b"\r\n\r\n")[2].decode())
        self.left -= 1
        if self.rate is not None:
            self._idle.append(client)
        else:
            self._next(client, now)


def _connect(port: int, requests: list[list[bytes]]) -> list[Client]:
    return [Client(port, mine) for mine in requests]


def main() -> None:
    """As ``python -m bench.load``."""
    requests = pickle.loads(Path(sys.argv[2]).read_bytes())  # noqa: S301
    gc.disable()
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else None
    print(orjson.dumps(Load(int(sys.argv[1]), requests, rate).run()).decode())


if __name__ == "__main__":
    main()
