"""Whether this process can do its work now: what ``GET /health/ready`` answers.

Ready means: the database can be read and has the schema of this software, the writer is at work and
not stuck, the log is not shorter than this process has seen it or has it published, and nobody has
told the process to end. Otherwise it is 503 with the reason, and a load balancer sends its requests
elsewhere.

The question costs one reading, whoever asks how often: all who ask while it is under way share its
answer. It is asked on a thread of its own, and nobody waits for it longer than ``PATIENCE``: where
the database hangs, that one thread hangs with it, and who asks is told so.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from traceability.audit.standing import Standing
from traceability.core.errors import GocError, LedgerError
from traceability.ledger.ledger import Ledger
from traceability.storage.migrations import is_current

PATIENCE: Final = 2.0  #: seconds to wait for the database
STUCK: Final = 30.0  #: seconds after which a transaction of the writer will hardly end


class Health:
    """The health of one application; ``asked`` from its event loop."""

    def __init__(self, ledger: Ledger, standing: Standing) -> None:
        self._ledger = ledger
        self._standing = standing
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="goc-health")
        self._asking: asyncio.Future[int] | None = None
        self.is_ending = False  #: told to end: answers what it has, and wants nothing new

    async def ready(self) -> int:
        """The log's size; or ``LedgerError``: ``health.ending``, ``health.database``,
        ``health.writer``, ``health.shorter``, ``ledger.schema``, and as reading does."""
        if self.is_ending:
            raise LedgerError("health.ending")
        appender = self._ledger.appender
        if not appender.is_alive or appender.busy_for > STUCK:
            raise LedgerError("health.writer")
        if self._asking is None or self._asking.done():
            loop = asyncio.get_running_loop()
            self._asking = loop.run_in_executor(self._thread, self._look)
            self._asking.add_done_callback(_heard)
        done, _ = await asyncio.wait((self._asking,), timeout=PATIENCE)
        if not done:
            raise LedgerError("health.database")
        return self._asking.result()

    def _look(self) -> int:
        # First, for the log may grow meanwhile.
        seen = max(self._ledger.appender.size, self._standing.size)
        try:
            size = self._ledger.receipts.head().size
            if not is_current(self._ledger.database):
                raise LedgerError("ledger.schema")
        except GocError:
            raise
        except Exception:
            raise LedgerError("health.database") from None
        if size < seen:
            raise LedgerError("health.shorter", size=size, seen=seen)
        return size

    def close(self) -> None:
        """Ask nothing more; a question that hangs is left to itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _heard(answer: "asyncio.Future[int]") -> None:
    """Whoever asked may have gone: then nobody else takes the error."""
    if not answer.cancelled():
        answer.exception()
