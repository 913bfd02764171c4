"""Labels that are scanned, judged together.

Each scan is judged by what the ledger holds at that time. Many scan at once, and a hop to a thread
costs more than a judgement; so all that wait go over together and are judged in one reading, as the
writer takes all records that wait. Nobody waits for others to come.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from api.serials import Visit, scanned
from api.threads import MOST_WAITING, Threads
from api.web.view import Mark
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.ledger.scans import Scans

AT_ONCE: Final = 64  #: that are judged in one reading

_Waiting = tuple[Visit, "asyncio.Future[Mark]"]


class Scanning:
    """Judges what is scanned, for one event loop."""

    def __init__(self, threads: Threads, ledger: Ledger, scans: Scans) -> None:
        self._threads = threads
        self._ledger = ledger
        self._scans = scans
        self._waiting: list[_Waiting] = []
        self._running: asyncio.Task[None] | None = None

    async def mark(
        self, gtin: str, lot: str, serial: str, place: str = "", *, again: bool = False
    ) -> Mark:
        """Judge a serial that was scanned now, and count the scan, as ``serials.scanned`` does for
        a ``Visit``. Raises as it does, and ``LedgerError("ledger.busy")`` while too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            raise LedgerError("ledger.busy")
        judged: asyncio.Future[Mark] = asyncio.get_running_loop().create_future()
        self._waiting.append((Visit(place, again, gtin, lot, serial), judged))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await judged

    async def _run(self) -> None:
        """Judge until nothing waits."""
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                await self._judge(taken)
        finally:
            self._running = None
            for _, judged in self._waiting:  # the server ends
                judged.cancel()
            self._waiting = []

    async def _judge(self, taken: Sequence[_Waiting]) -> None:
        asked = [visit for visit, _ in taken]
        marks: Sequence[Mark | Exception]
        try:
            marks = await self._threads.run(scanned, self._ledger, self._scans, asked)
        except asyncio.CancelledError:
            for _, judged in taken:
                judged.cancel()
            raise
        except Exception as error:  # it is theirs who wait
            marks = [error] * len(taken)
        for (_, judged), mark in zip(taken, marks, strict=True):
            if judged.done():  # whoever asked gave up
                continue
            if isinstance(mark, Mark):
                judged.set_result(mark)
            else:
                judged.set_exception(mark)
