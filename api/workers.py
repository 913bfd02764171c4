"""``goc serve --workers N``: several processes over one database, behind one port.

A supervisor starts the workers, and another for one that ends; it serves nothing itself. Each
worker is a whole server: its own loop, its own writer, its own connections. The head row's lock
keeps their writers in one line (DESIGN §4).

Each worker listens on a socket of its own, all of one address (``SO_REUSEPORT``): the kernel
spreads connections evenly, where one shared socket gives most of them to whoever wakes first. The
supervisor holds the sockets too, so that connections which wait at a worker that has died are
served by the next one.

SIGTERM and SIGINT end the workers in order: each answers what it has accepted. So does SIGHUP, when
a terminal is closed, unless it was to be ignored (``nohup``); the workers leave it to the
supervisor. A worker whose supervisor is gone ends itself.
"""

import contextlib
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from api import metrics_folder
from traceability.audit.publisher import Publisher
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings

_log = logging.getLogger("goc.server")

MOST_WORKERS: Final = 64
BACKLOG: Final = 2048
SHORT: Final = 5.0  #: seconds: a worker that ends sooner is started again only after as many
PATIENCE: Final = 45.0
"""Seconds, after it has drained, for a worker to end before it is killed: it answers for 30, and
publishes for 10."""

Sockets = Sequence[socket.socket]
Work = Callable[[Settings, Sockets, Callable[[], None]], int]
"""Serves on sockets until told to stop, and says when it has begun; returns an exit code."""


@dataclass(slots=True)
class Worker:
    """A place for a worker: its sockets stay, whichever process serves them."""

    sockets: Sockets
    process: int = 0
    begun: float = 0.0
    is_ready: bool = False


def supervise(
    settings: Settings, address: tuple[str, int], count: int, work: Work, ready: Callable[[], None]
) -> int:
    """Run ``count`` workers until told to stop; returns an exit code. ``ready`` is called when all
    of them serve.

    Raises ``LedgerError``: ``cli.workers`` where this cannot be, and as ``Ledger.open`` does.
    """
    if not 1 <= count <= MOST_WORKERS or not hasattr(os, "fork"):
        raise LedgerError("cli.workers", most=MOST_WORKERS)
    with Ledger.open(settings) as ledger:  # what is wrong is said here, once
        if ledger.database.is_sqlite:
            raise LedgerError("cli.workers-sqlite")
        Publisher.of(ledger, settings)
    workers = [Worker(listening(*address)) for _ in range(count)]
    with tempfile.TemporaryDirectory(prefix="goc-metrics-") as folder:
        metrics_folder.prepare(Path(folder))
        return _Supervisor(settings, workers, work, ready).run()


def listening(host: str, port: int) -> list[socket.socket]:
    """Sockets for all addresses of ``host``, beside others of the same addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets = []
    for family, kind, protocol, _, where in found:
        one = socket.socket(family, kind, protocol)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(where)
        one.listen(BACKLOG)
        one.setblocking(False)
        sockets.append(one)
    return sockets


class _Supervisor:
    def __init__(
        self,
        settings: Settings,
        workers: Sequence[Worker],
        work: Work,
        ready: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._workers = workers
        self._work = work
        self._ready = ready
        self._told = False
        self._closing = False
        # A worker writes its number here when it serves; and sees by the end of the other pipe
        # that the supervisor is gone.
        self._serving, self._serves = os.pipe()
        self._alive, self._living = os.pipe()
        os.set_blocking(self._serving, False)

    def run(self) -> int:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._stop)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._stop)
        for number in range(len(self._workers)):
            self._start(number)
        while not self._closing:
            self._reap()
            self._hear()
            time.sleep(0.05)
        return self._end()

    def _stop(self, *_: object) -> None:
        self._closing = True

    def _start(self, number: int) -> None:
        worker = self._workers[number]
        worker.is_ready, worker.begun = False, time.monotonic()
        worker.process = os.fork()
        if not worker.process:
            self._serve(number)

    def _serve(self, number: int) -> NoReturn:
        """In the new process: serves, and never comes back."""
        code = 1
        try:
            for each in (signal.SIGTERM, signal.SIGINT):
                signal.signal(each, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.close(self._living)
            threading.Thread(target=self._mourn, daemon=True).start()
            worker = self._workers[number]
            code = self._work(self._settings, worker.sockets, lambda: self._say(number))
        except LedgerError as error:
            _log.error("worker %d: %s", number, error)
        except BaseException:
            _log.exception("worker %d met a fault", number)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _mourn(self) -> None:
        os.read(self._alive, 1)  # nobody writes: it ends when the supervisor does
        os.kill(os.getpid(), signal.SIGTERM)

    def _say(self, number: int) -> None:
        os.write(self._serves, bytes([number]))

    def _hear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for number in os.read(self._serving, MOST_WORKERS):
                self._workers[number].is_ready = True
        if not self._told and all(worker.is_ready for worker in self._workers):
            self._told = True
            self._ready()

    def _reap(self) -> None:
        """Starts another for one that has ended, but not at once for one that cannot live."""
        now = time.monotonic()
        for number, worker in enumerate(self._workers):
            code = _exit_code(worker.process) if worker.process else None
            if code is not None:
                metrics_folder.gone(worker.process)
                worker.process = 0
                _log.error("worker %d has ended (%s); another takes its place", number, _how(code))
            if not worker.process and now - worker.begun > SHORT:
                self._start(number)

    def _end(self) -> int:
        """Ends all workers, and says whether each ended as it should."""
        for worker in self._workers:
            for one in worker.sockets:
                one.close()  # the workers have them too, and refuse whoever comes once they end
        processes = [worker.process for worker in self._workers if worker.process]
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        late = time.monotonic() + PATIENCE + self._settings.drain_seconds
        well = True
        for process in processes:
            code = None
            while (code := _exit_code(process)) is None and time.monotonic() < late:
                time.sleep(0.02)
            if code is None:
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
            well &= code in (0, -signal.SIGTERM)  # the latter before it had begun
        return 0 if well else 1


def _exit_code(process: int) -> int | None:
    try:
        found, status = os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return 1
    return os.waitstatus_to_exitcode(status) if found else None


def _how(code: int) -> str:
    """How a process ended: SIGKILL without anybody's doing is the kernel's, out of memory."""
    return f"code {code}" if code >= 0 else f"signal {-code}: {signal.strsignal(-code)}"
