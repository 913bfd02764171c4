"""Clients by the dozen: they send to several writers, and send again what was not answered.

    with Crowd(folder, url, writers=3) as crowd:
        crowd.until(answered=100)
        crowd.kill()                       # one of the writers, and another takes its place
    crowd.settle()                         # all that was sent is answered

They send flows of three records in a batch, single entries of a diary, and shipments that compete:
of a holding of 100 kg, more shipments of 7 kg are sent than it has, to all writers at once.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.conftest import ROOT
from tests.fault.ledger_checks import Shown
from tests.kit import Out, Signed, World
from tests.ledgers import codes, open_ledger, send

HAS, TAKES = 100, 7  #: kilograms of a holding, and of each shipment from it
ENOUGH = HAS // TAKES
ASKED = ENOUGH + 4  #: shipments that are sent for each
AT_ONCE = 3  #: batches that wait at each writer
PAUSE = 0.004  #: seconds between two: what matters is what happens, not how much
PATIENCE = 60.0  #: seconds for something to go on at all


@dataclass
class Unit:
    """A batch, and the holding that its one record competes for."""

    records: list[Signed]
    pot: Out | None = None


@dataclass
class Crowd:
    """A ledger at ``url`` with so many writers, and their clients."""

    folder: Path
    url: str
    writers: int = 4
    shown: Shown = field(default_factory=Shown)

    def __post_init__(self) -> None:
        self.world = world = World(step=0)
        self.farms = [world.party("farm") for _ in range(3)]
        self.plots = [world.place(farm) for farm in self.farms]
        self.shop = world.party("supermarket")
        self.product = world.product(self.farms[0])
        with open_ledger(self.folder, world, url=self.url) as ledger:
            assert set(codes(send(ledger, world.take()))) == {None}
        self.random = random.Random(5)
        self.tiles = self.folder / "tiles"
        self.drawn: Counter[str] = Counter()  # shipments that were taken, by what they drew from
        self.refused: Counter[str] = Counter()  # and that were told that there is no more
        self.by_process: Counter[int] = Counter()  # records answered
        self.errors: Counter[str] = Counter()
        self.processes: list[int] = []
        self.faults: list[str] = []
        self.answered = self.kills = 0
        self._queue: deque[Unit] = deque()
        self._closing = False
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    # -- the writers -------------------------------------------------------------------------------
    def __enter__(self) -> "Crowd":
        path = str(self.folder / "writers")
        Path(path).unlink(missing_ok=True)
        self._closing = False
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(path)
        self._door.listen(64)
        command = [sys.executable, "-m", "tests.fault.writers", path, self.url, str(self.tiles)]
        self._log = (self.folder / "writers.log").open("a")
        self._program = subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=self._log, cwd=ROOT, text=True
        )
        threading.Thread(target=self._receive, daemon=True).start()
        for _ in range(self.writers):
            self.start()
        self._until(lambda: len(self.processes) == self.writers)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads), "an answer never came"
        assert self._program.stdin is not None
        self._program.stdin.close()
        self._program.wait(PATIENCE)
        self._door.close()
        self._log.close()
        self._threads.clear()
        self.processes.clear()
        assert not self.faults, self.faults[:5]

    def start(self) -> None:
        """Begin another writer."""
        assert self._program.stdin is not None
        self._program.stdin.write("fork\n")
        self._program.stdin.flush()

    def kill(self) -> None:
        """Kill one of the writers, as soon as two are at work; another takes its place."""
        self._until(lambda: len(self.processes) >= 2)
        with self._lock:
            process = self.random.choice(self.processes)
            self.processes.remove(process)
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        self.kills += 1
        self.start()

    def until(self, answered: int) -> None:
        """Wait until so many records more are answered."""
        before = self.answered
        self._until(lambda: self.answered >= before + answered)

    def _until(self, holds: Any) -> None:
        late = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < late, f"nothing goes on any more: {self.errors}"
            assert not self.faults, self.faults[:5]
            time.sleep(0.002)

    # -- the clients -------------------------------------------------------------------------------
    def _receive(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._client, args=(line,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _client(self, line: socket.socket) -> None:
        """All clients of one writer, until it is gone."""
        waiting: dict[int, Unit] = {}
        process = 0
        try:
            with line, line.makefile("rb") as answers:
                hello = answers.readline()
                if not hello:
                    return
                process = int(orjson.loads(hello)[0])
                with self._lock:
                    self.processes.append(process)
                number = 0
                while waiting or not self._closing:
                    while len(waiting) < AT_ONCE and not self._closing:
                        number += 1
                        unit = waiting[number] = self._next()
                        words = [number, *(each.wire.decode() for each in unit.records)]
                        line.sendall(orjson.dumps(words) + b"\n")
                    answer = answers.readline()
                    if not answer.endswith(b"\n"):
                        return
                    self._hear(process, waiting, *orjson.loads(answer))
                    time.sleep(PAUSE)
        except OSError:
            pass  # it was killed
        except Exception as fault:
            self.faults.append(repr(fault))
        finally:
            with self._lock:
                self._queue.extendleft(waiting.values())  # to be sent again
                if process in self.processes and not self._closing:
                    self.processes.remove(process)
                    self.faults.append(f"writer {process} has ended by itself")

    def _hear(
        self, process: int, waiting: dict[int, Unit], number: int, error: str | None, said: Any = ()
    ) -> None:
        unit = waiting.pop(number)
        if error is not None:
            with self._lock:
                self.errors[error] += 1
                self._queue.appendleft(unit)
            time.sleep(0.01)
            return
        for record, each in zip(unit.records, said, strict=True):
            self._record(unit, record, each)
        with self._lock:
            self.answered += len(said)
            self.by_process[process] += len(said)

    def _record(self, unit: Unit, record: Signed, said: Any) -> None:
        if isinstance(said, str):
            is_new = record.name not in self.shown.names if unit.pot else True
            self.shown.receipt(record.name, b64decode(said))
        else:
            is_new = True
            assert unit.pot is not None, (record.claims["type"], said)
            assert said == {"code": "draw.over"}
        if unit.pot is not None and is_new:
            with self._lock:
                tally = self.drawn if isinstance(said, str) else self.refused
                tally[unit.pot.name] += 1
        elif record.claims["type"] == "acquire":
            self._compete(record)

    def _compete(self, stock: Signed) -> None:
        """Shipments for more than there is, at the end of the queue."""
        with self._lock:
            farm, pot = self.farms[0], stock[0]
            for _ in range(ASKED):
                shipment = self.world.ship(farm, [(pot, f"{TAKES} KGM")], to=self.shop)
                self._queue.append(Unit([shipment], pot))

    def _next(self) -> Unit:
        with self._lock:
            chance = self.random.random()
            if self._queue and chance < 0.7:
                return self._queue.popleft()
            n = self.random.randrange(len(self.farms))
            farm, plot = self.farms[n], self.plots[n]
            if chance > 0.97:
                line = (self.product, self.world.lot(), f"{HAS} KGM")
                return Unit([self.world.acquire(self.farms[0], [line])])
            if chance > 0.85:
                return Unit([self.world.diary(farm, plot)])
            crop = self.world.harvest(farm, plot, [(self.product, self.world.lot(), "9 KGM")])
            shipment = self.world.ship(farm, [(crop[0], "5 KGM")], to=self.shop)
            return Unit([crop, shipment, self.world.receive(self.shop, shipment)])

    def settle(self) -> None:
        """Send again what was not answered, and nothing new, until all is answered."""
        with open_ledger(self.folder, self.world, url=self.url) as ledger:
            while self._queue:
                unit = self._queue.popleft()
                outcomes = ledger.append([each.wire for each in unit.records])
                for record, outcome in zip(unit.records, outcomes, strict=True):
                    self._record(unit, record, _as_said(outcome))
        for pot in self.drawn.keys() | self.refused.keys():
            assert (self.drawn[pot], self.refused[pot]) == (ENOUGH, ASKED - ENOUGH), pot


def _as_said(outcome: Any) -> Any:
    from tests.fault.writers import _word

    return _word(outcome)


@contextmanager
def looking_at(tiles: Path, shown: Shown) -> Iterator[None]:
    """Somebody who reads the published checkpoint all the time."""
    stopping = threading.Event()

    def look() -> None:
        while not stopping.wait(0.02):
            with suppress(FileNotFoundError):
                shown.checkpoint((tiles / "checkpoint").read_bytes())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
