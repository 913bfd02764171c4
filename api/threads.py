"""A few threads for whatever reads the database or draws: never on the event loop's own.

A hop to a thread costs two thirds of the throughput of small requests, so hot paths do without; and
few threads are faster than many, which would only fight for the interpreter.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from traceability.core.errors import LedgerError

THREADS: Final = 3
MOST_WAITING: Final = 300

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Threads:
    """The threads of one event loop."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="goc-reader")
        self._most_waiting = most_waiting
        self._waiting = 0

    async def run(
        self,
        function: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call ``function`` on a thread. ``LedgerError("ledger.busy")`` while too many wait."""
        if self._waiting >= self._most_waiting:
            raise LedgerError("ledger.busy")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, lambda: function(*args, **kwargs))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let what runs end, and take nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
