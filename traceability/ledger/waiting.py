"""Batches that wait for the writer, and how they are told what became of them.

Two lanes: short batches and long ones. A long one waits behind short ones for at most one group,
and short ones behind long ones for at most one long batch, so that nobody's bulk import keeps a
clerk waiting, or the other way round.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from traceability.core.codec import SignedRecord
from traceability.core.errors import LedgerError
from traceability.core.keys import PublicKey
from traceability.ledger.outcome import Outcome, Refusal

MAX_BATCH: Final = 1_000  #: records of one batch
MAX_GROUP: Final = 1_000  #: records of one transaction, but that a long batch is never cut
MAX_WAITING: Final = 10_000  #: records that wait in all
_SHORT: Final = 16


@dataclass(frozen=True, slots=True)
class Parsed:
    """A batch whose records are parsed, or refused already. ``keys`` are those that it registers
    itself; ``is_known``: no other has to be looked up in the database.

    Made by ``Appender.parse`` alone.
    """

    records: list[SignedRecord | Refusal]
    keys: Mapping[str, PublicKey]
    is_known: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch whose records are parsed and whose signatures hold, or are refused already.

    Made by ``Appender.prepare`` alone.
    """

    records: Sequence[SignedRecord | Refusal]


Told = list[tuple[Any, "Answer"]]
Channel = Callable[[Told], None]
"""Is told, from the writer's thread and once a group, of all batches that were sent through it:
each with the token that came with it. It must return at once, and raise nothing."""


@dataclass(slots=True)
class Answer:
    """Outcomes in the batch's order; or, where the ledger itself failed, why: then nothing of the
    batch was recorded (or, if the failure was that of the disk, it may have been: send again)."""

    outcomes: list[Outcome] | None
    error: LedgerError | None = None


@dataclass(slots=True)
class Ticket:
    """A batch in the queue."""

    batch: Prepared
    channel: Channel
    token: Any


class Waiting:
    """The queue before the one writer. ``put`` and ``close`` serve any thread; the rest serves the
    writer's."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._max_waiting = max_waiting
        self._count = 0
        self.most = 0  #: records that ever waited at once
        self._tickets = 0
        self._wanted = 1  # batches that the writer waits for
        self._closed = False
        self._short: deque[Ticket] = deque()
        self._long: deque[Ticket] = deque()
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)

    def put(self, ticket: Ticket) -> None:
        """Queue a batch.

        Raises ``LedgerError``: ``ledger.batch`` for its size, ``ledger.busy`` while too many wait,
        ``ledger.closed`` after ``close``.
        """
        count = len(ticket.batch.records)
        if not 1 <= count <= MAX_BATCH:
            raise LedgerError("ledger.batch", limit=MAX_BATCH, count=count)
        with self._lock:
            if self._closed:
                raise LedgerError("ledger.closed")
            if self._count + count > self._max_waiting:
                raise LedgerError("ledger.busy")
            self._count += count
            self.most = max(self.most, self._count)
            (self._short if count <= _SHORT else self._long).append(ticket)
            self._tickets += 1
            if self._tickets >= self._wanted:
                self._arrived.notify()

    @property
    def count(self) -> int:
        """How many records wait now."""
        return self._count

    def wait(self) -> bool:
        """Wait until something is queued; False when nothing is and nothing will be."""
        with self._lock:
            while not (self._short or self._long):
                if self._closed:
                    return False
                self._arrived.wait()
            return True

    def gather(self, more: int, seconds: float) -> None:
        """Wait until so many more batches are queued, or for so long.

        Whoever was just answered is about to send again: taken together with those who came
        meanwhile, they share what a transaction costs.
        """
        with self._lock:
            if more > 0 and seconds > 0 and not self._closed:
                self._wanted = self._tickets + more
                self._arrived.wait(seconds)
                self._wanted = 1

    def take(self) -> list[Ticket]:
        """Take what one group may hold, oldest first in each lane."""
        taken: list[Ticket] = []
        count = 0
        with self._lock:
            limit = MAX_GROUP // 2 if self._long else MAX_GROUP
            while self._short and count < limit:
                taken.append(self._short.popleft())
                count += len(taken[-1].batch.records)
            while self._long and (
                count <= MAX_GROUP // 2 or count + len(self._long[0].batch.records) <= MAX_GROUP
            ):
                taken.append(self._long.popleft())
                count += len(taken[-1].batch.records)
            self._count -= count
            self._tickets -= len(taken)
        return taken

    def take_all(self) -> list[Ticket]:
        """Take all that wait, to tell them that there is nothing to wait for."""
        with self._lock:
            taken = [*self._short, *self._long]
            self._short.clear()
            self._long.clear()
            self._count = self._tickets = 0
        return taken

    def close(self) -> None:
        """Take nothing more in; what is queued is still served."""
        with self._lock:
            self._closed = True
            self._arrived.notify_all()
