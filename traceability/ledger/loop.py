"""Append from an event loop: parse and verify in the loop, wait for the writer's thread.

The loop is woken once for all answers of a group that its coroutines wait for: a wake-up costs a
system call and a change of threads, which at thousands of records a second is most of the work.
"""

import asyncio
from collections.abc import Sequence

from traceability.ledger.append import Appender
from traceability.ledger.outcome import Outcome
from traceability.ledger.waiting import Prepared, Told


class LoopAppender:
    """An appender for the coroutines of one event loop."""

    def __init__(self, appender: Appender, loop: asyncio.AbstractEventLoop) -> None:
        self._appender = appender
        self._loop = loop
        self._channel = self._deliver  # one object, so that a group's answers come in one call

    async def append(self, batch: Sequence[bytes] | Prepared) -> list[Outcome]:
        """As ``Appender.submit``: its errors at once, and its future's."""
        if not isinstance(batch, Prepared):
            batch = self._appender.prepare(batch)
        answered: asyncio.Future[list[Outcome]] = self._loop.create_future()
        self._appender.enqueue(batch, self._channel, answered)
        return await answered

    def _deliver(self, told: Told) -> None:
        self._loop.call_soon_threadsafe(_settle, told)


def _settle(told: Told) -> None:
    for future, answer in told:
        if future.done():  # whoever waited has gone away
            continue
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer.outcomes)
