"""Draws print jobs (``ledger.print_queue``), on one thread of every process that serves.

A job has the thread for a turn, and then waits behind the others. A process that is told to end
gives its job back at the end of a part; one that dies leaves it until its lease is over. Either way
another goes on behind the last part.
"""

import logging
import threading
from contextlib import suppress
from time import monotonic
from typing import Final

from api.print_jobs import require_standing
from api.print_orders import Order
from api.printing import key_of
from traceability.core.errors import GocError, LedgerError
from traceability.ledger.ledger import Ledger
from traceability.ledger.print_jobs import PrintJobs
from traceability.ledger.print_queue import Claimed, PrintQueue

POLL_SECONDS: Final = 2.0  #: until a job that was asked for at another process is seen
TURN_SECONDS: Final = 20.0
_SWEEP_SECONDS: Final = 600.0
_CLOSING: Final = 10.0  # seconds for a part to end

_log = logging.getLogger("goc.server")


class PrintRunner:
    """The drawing thread of one process; ``jobs`` is for those who ask. ``waiting`` and ``running``
    say how many jobs there were when it last looked."""

    def __init__(self, ledger: Ledger, turn_seconds: float = TURN_SECONDS) -> None:
        self._ledger = ledger
        self._queue = PrintQueue(ledger.database, ledger.clock)
        self.jobs = PrintJobs(ledger.database, ledger.clock)
        self._turn_seconds = turn_seconds
        self._woken = threading.Event()
        self._stopping = False
        self._swept = monotonic()
        self._thread = threading.Thread(target=self._run, name="goc-printer", daemon=True)
        self.waiting = self.running = 0

    def start(self) -> None:
        """Draw from now on."""
        self._thread.start()

    def wake(self) -> None:
        """Look for a job at once."""
        self._woken.set()

    def close(self) -> None:
        """Give back what is being drawn, and stop."""
        self._stopping = True
        self._woken.set()
        self._thread.join(_CLOSING)

    def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            was_busy = False
            try:
                was_busy = self.turn()
                self.look()
                self._sweep()
            except LedgerError as error:  # the database is away: another time
                _log.warning("print jobs wait: %s", error)
            except Exception:
                _log.exception("print jobs met a fault")
            if not was_busy:
                self._woken.wait(POLL_SECONDS)

    def look(self) -> None:
        """Count the jobs that have not ended."""
        self.waiting, self.running = self._queue.counts()

    def turn(self) -> bool:
        """Draw one job for a turn; returns whether there was one. Raises as the database does."""
        claimed = self._queue.claim()
        if claimed is None:
            return False
        try:
            self._draw(claimed)
        except GocError as error:
            if error.code.startswith("ledger."):  # ours is not the fault: another time
                with suppress(LedgerError):
                    self._queue.release(claimed)
                raise
            self._queue.fail(claimed, error)
        except Exception:
            _log.exception("a print job met a fault")
            self._queue.fail(claimed, LedgerError("ledger.fault"))
        return True

    def _draw(self, claimed: Claimed) -> None:
        ends = monotonic() + self._turn_seconds
        require_standing(self._ledger, claimed.job)
        order = Order.parse(claimed.job.wish)
        key = key_of(self._ledger, order.label)
        for part in order.parts(key, claimed.job.printed, claimed.marks):
            kept = self._queue.store(claimed, part.data, part.done, part.mark, part.is_last)
            if not kept or part.is_last:
                return
            if self._stopping or monotonic() > ends:
                break
        self._queue.release(claimed)

    def _sweep(self) -> None:
        if monotonic() - self._swept > _SWEEP_SECONDS:
            self._swept = monotonic()
            self.jobs.sweep()
