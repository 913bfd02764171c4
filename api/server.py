"""``goc serve``: the application under uvicorn, with bounds on what a client may hold open.

Limits of time: a request's head must arrive within ``HEAD_SECONDS``, its body within
``bodies.SECONDS``, and a connection without requests is closed after ``IDLE_SECONDS``. Limits of
size: ``HEAD_BYTES`` of headers, and for bodies what each route takes.

On SIGTERM ``/health/ready`` answers 503 at once, and for ``drain_seconds`` all else is served as
before, so that a load balancer can send its requests elsewhere. Then nothing new is accepted, what
is under way is answered, within ``CLOSING_SECONDS``, and the appender is closed. A second signal
does not wait for the load balancer.
"""

import asyncio
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any, ClassVar, Final, cast
from weakref import WeakSet

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import logs
from api.app import create_app
from api.health import Health
from api.workers import Sockets, supervise
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings

HEAD_SECONDS: Final = 10
HEAD_BYTES: Final = 16 * 1024
IDLE_SECONDS: Final = 15
CLOSING_SECONDS: Final = 30  #: longer than a silent database is waited for
MOST_CONNECTIONS: Final = 2000
_SWEEP_SECONDS: Final = 2


class JoiningTransport:
    """A transport on which what is written in one turn of the loop goes out in one call.

    uvicorn writes head and body apart; together they cost one system call and one packet.
    """

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send this, with what follows at once."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)

    def close(self) -> None:
        """Send what is held, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.write(b"".join(held))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 on one connection; heads of requests are bounded in size and time."""

    open: ClassVar["WeakSet[BoundedProtocol]"] = WeakSet()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting_since: float | None = None
        self._head = 0

    def connection_made(self, transport: Any) -> None:
        """A connection must soon say what it wants."""
        super().connection_made(cast(Any, JoiningTransport(transport, self.loop)))
        self.waiting_since = monotonic()
        BoundedProtocol.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is expected."""
        BoundedProtocol.open.discard(self)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._head = 0
        self.waiting_since = monotonic()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._count(name, value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self.waiting_since = None
        super().on_headers_complete()

    def _count(self, *parts: bytes) -> None:
        self._head += sum(map(len, parts)) + 4
        if self._head > HEAD_BYTES:
            raise ValueError("the head is too large")  # the parser's caller answers 400

    @classmethod
    async def sweep(cls) -> None:
        """Close connections whose head is too slow."""
        late = monotonic() - HEAD_SECONDS
        for each in list(cls.open):
            if each.waiting_since is not None and each.waiting_since < late:
                each.transport.abort()


class QuietServer(uvicorn.Server):
    """A server that a signal ends in order: uvicorn's own would send the signal on to the process
    when it has closed, and that would die of it before the ledger is closed."""

    _health: Health | None = None
    _drain = 0.0
    _ends: float | None = None
    begun: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the doors, and say so."""
        await super().startup(sockets)
        if self.started:
            self.begun()

    def drains(self, health: Health, seconds: float) -> None:
        """Say by ``health`` that the end is near, so many seconds before it."""
        self._health, self._drain = health, seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGINT or SIGTERM."""
        if self._health is not None and self._drain and self._ends is None:
            self._health.is_ending = True
            self._ends = monotonic() + self._drain
            return
        if self._health is not None:
            self._health.is_ending = True
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end."""
        if self._ends is not None and monotonic() >= self._ends:
            self.should_exit = True
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end the server."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        ours = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(each, self.handle_exit) for each in ours]
        try:
            yield
        finally:
            for each, handler in zip(ours, before, strict=True):
                signal.signal(each, handler)


def configure(app: FastAPI, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Config:
    """How an application is served, here and in tests."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_notify=_SWEEP_SECONDS,
        timeout_graceful_shutdown=CLOSING_SECONDS,
        callback_notify=BoundedProtocol.sweep,
    )


def serve(
    settings: Settings,
    host: str,
    port: int,
    ready: Callable[[], None] = lambda: None,
    workers: int = 1,
) -> int:
    """Serve the ledger of ``settings`` until told to stop; returns an exit code. ``ready`` is
    called when the ledger is open; with several ``workers``, when all of them serve.

    Raises ``LedgerError`` as ``Ledger.open`` and ``workers.supervise`` do.
    """
    logs.to_stream(sys.stderr, settings.log_format)
    if workers != 1:
        return supervise(settings, (host, port), workers, _work, ready)
    ledger = Ledger.open(settings)
    app = create_app(ledger, settings)
    server = QuietServer(configure(app, host, port))
    server.drains(app.state.health, settings.drain_seconds)
    collect_garbage_rarely()
    try:
        ready()
        server.run()
    finally:
        ledger.close()
    return 0 if server.started else 1


def _work(settings: Settings, sockets: Sockets, ready: Callable[[], None]) -> int:
    """One worker of several."""
    with Ledger.open(settings) as ledger:
        app = create_app(ledger, settings)
        server = QuietServer(configure(app))
        server.drains(app.state.health, settings.drain_seconds)
        server.begun = ready
        collect_garbage_rarely()
        server.run(list(sockets))
    return 0 if server.started else 1


def collect_garbage_rarely() -> None:
    """What stands after the start stays, and what a request makes has no cycles: looking for them
    at Python's usual pace would cost several per cent."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 20, 100)
