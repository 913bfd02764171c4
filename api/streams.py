"""Answers that are made while they are sent, for what is too large to be held.

A few threads make them, one each, since whoever makes one holds a read transaction all the while.
A chunk is made when the one before was sent: who reads slowly is not sent more than the network
holds, and holds no more of this server than one chunk. The thread ends, and its transaction with
it, when all is sent, when the client goes, or after ``SECONDS``. Who has no token shares one place
with all who have none: there it is sooner over, and at once for a client that stopped reading, so
that nobody keeps the others out for long. A stream that cannot be ended in
order, for a client that stopped reading or a database that went away, just stops: what is streamed
says at its own end that it is whole.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTimeError
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Final

from starlette.responses import Response, StreamingResponse

from traceability.core.errors import LedgerError

SECONDS: Final = 60.0
SECONDS_OF_ANYBODY: Final = 15.0  #: for who has no token
STALLED_SECONDS: Final = 5.0  #: for who has no token, to take one chunk
MOST: Final = 3  #: at a time
MOST_OF_ANYBODY: Final = 1  #: of those, for who has no token
_GRACE: Final = 5.0  #: for a client to take the last of it

_log = logging.getLogger("goc.server")

Ended = Callable[[], bool]
Making = Callable[[Ended], Iterator[bytes]]
"""Makes the chunks; it should come to an end soon after ``Ended`` says that it is time."""


class Streams:
    """The streams of one event loop."""

    def __init__(self, most: int = MOST, of_anybody: int = MOST_OF_ANYBODY) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="goc-stream")
        self._free = {True: most, False: of_anybody}
        self._open: set[_Stream] = set()

    async def response(self, make: Making, media_type: str, known: bool) -> Response:
        """A response of what ``make`` makes, for somebody who is ``known`` or not.

        Raises what ``make`` raises before its first chunk, and ``LedgerError("ledger.busy")`` when
        there are as many streams as may be.
        """
        loop = asyncio.get_running_loop()
        places = (True,) if known else (True, False)
        if not all(self._free[place] for place in places):
            raise LedgerError("ledger.busy")
        for place in places:
            self._free[place] -= 1
        stream = _Stream(loop, known)

        def ended(_: object) -> None:
            for place in places:
                self._free[place] += 1
            self._open.discard(stream)

        self._open.add(stream)
        making = loop.run_in_executor(self._pool, stream.run, make)
        making.add_done_callback(ended)
        try:
            first = await stream.next()
        except BaseException:
            stream.stop()
            raise
        return StreamingResponse(
            _chunks(stream, first), media_type=media_type, headers={"cache-control": "no-store"}
        )

    async def close(self) -> None:
        """End all streams, and take none any more."""
        for stream in list(self._open):
            stream.stop()
        # Not on the loop, on which a thread may still wait for its turn.
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)


async def _chunks(stream: "_Stream", first: bytes | None) -> AsyncIterator[bytes]:
    try:
        chunk = first
        while chunk is not None:
            yield chunk
            chunk = await stream.next()
    finally:
        stream.stop()  # waits for nothing: the client may be gone, and this task cancelled


class _Stream:
    """One thread that makes chunks, and one task that sends them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, known: bool) -> None:
        self._loop = loop
        self._end = monotonic() + (SECONDS if known else SECONDS_OF_ANYBODY)
        self._patience = inf if known else STALLED_SECONDS
        self._stopped = threading.Event()
        self._made: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(1)

    # -- in the task -------------------------------------------------------------------------------
    async def next(self) -> bytes | None:
        """The next chunk; None after the last. Raises what making it raised."""
        made = await self._made.get()
        if isinstance(made, BaseException):
            raise made
        return made

    def stop(self) -> None:
        """Nothing more is wanted."""
        self._stopped.set()
        with suppress(asyncio.QueueEmpty):
            self._made.get_nowait()  # so that the thread does not wait for its turn

    # -- in the thread -----------------------------------------------------------------------------
    def run(self, make: Making) -> None:
        """Make all chunks, and hand them over one by one."""
        begun = False
        last: BaseException | None = None
        try:
            for chunk in make(self._is_over):
                self._hand_over(chunk)
                begun = True
                if self._stopped.is_set():
                    return
        except NotInTimeError:
            pass
        except Exception as error:
            if begun:
                _log.warning("a stream broke off: %r", error)
            else:
                last = error
        with suppress(NotInTimeError):
            self._hand_over(last)

    def _is_over(self) -> bool:
        return self._stopped.is_set() or monotonic() >= self._end

    def _hand_over(self, made: bytes | BaseException | None) -> None:
        """Raises ``NotInTimeError`` when nobody takes what was made before."""
        if self._stopped.is_set():
            return
        putting: Future[None] = asyncio.run_coroutine_threadsafe(self._made.put(made), self._loop)
        try:
            putting.result(min(max(self._end - monotonic(), 0) + _GRACE, self._patience))
        except NotInTimeError:
            putting.cancel()
            self._loop.call_soon_threadsafe(self._break_off)
            raise

    def _break_off(self) -> None:
        """On the loop: what was made last is lost, and nothing follows."""
        self.stop()
        self._made.put_nowait(None)
