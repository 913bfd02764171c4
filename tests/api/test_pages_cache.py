"""Answers that are kept: fresh for a second, valid while the log stands still, made once."""

import asyncio
import gzip
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from api.pages import GLANCE, Made, Pages
from api.threads import Threads
from traceability.core.errors import LedgerError

KEY = ("page", "x")
Result = TypeVar("Result")


class Ground:
    """A log that grows when told to, a clock that goes when told to, a maker that counts."""

    def __init__(self, most_bytes: int = 10**6) -> None:
        self.time = 100.0
        self.size = 5
        self.looks = 0
        self.made: list[int] = []
        self.pause = threading.Event()
        self.pause.set()
        self.threads = Threads(3)
        self.said: set[tuple[str, str]] = set()  # of what the log spoke
        self.topics: frozenset[tuple[str, str]] | None = None
        self.pages = Pages(
            self.threads, self.head, lambda: self.time, most_bytes,
            lambda topics, since: since >= 5 and not topics & self.said,
        )  # fmt: skip

    def head(self) -> int:
        """The log's size."""
        self.looks += 1
        return self.size

    def make(self) -> Made:
        """An answer of the present."""
        self.pause.wait(5)
        self.made.append(self.size)
        return Made(b"as of %d " % self.size * 50, "text/html", self.size, topics=self.topics)

    async def ask(self, key: tuple[str, ...] = KEY) -> bytes:
        """The body of the answer."""
        return bytes((await self.pages.get(key, self.make)).plain.body)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to its end."""
    return asyncio.run(work)


def test_a_fresh_answer_is_given_without_a_look_at_the_log() -> None:
    async def work() -> None:
        ground = Ground()
        await ground.ask()
        ground.size = 6
        ground.time += 0.9
        assert b"as of 5" in await ground.ask()
        assert (ground.looks, ground.made) == (0, [5])
        assert ground.pages.at_once(KEY) is not None

    run(work())


def test_an_answer_stays_valid_while_the_log_stands_still() -> None:
    async def work() -> None:
        ground = Ground()
        await ground.ask()
        for _ in range(5):
            ground.time += 4.5
            assert ground.pages.at_once(KEY) is None
            await ground.ask()
        assert (ground.looks, ground.made) == (5, [5])

    run(work())


def test_an_answer_is_made_anew_when_the_log_has_grown() -> None:
    async def work() -> None:
        ground = Ground()
        first = await ground.pages.get(KEY, ground.make)
        ground.size = 6
        ground.time += 4.1
        second = await ground.pages.get(KEY, ground.make)
        assert ground.made == [5, 6]
        assert first.etag != second.etag

    run(work())


def test_while_another_is_made_nobody_waits_for_it() -> None:
    async def work() -> None:
        ground = Ground()
        first = await ground.pages.get(KEY, ground.make)
        ground.size = 6
        ground.time += 1.1
        ground.pause.clear()
        for _ in range(3):
            assert await ground.pages.get(KEY, ground.make) is first
        ground.pause.set()
        while ground.made != [5, 6]:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert b"as of 6" in await ground.ask()
        assert ground.made == [5, 6]

    run(work())


def test_an_answer_that_nobody_asked_for_lately_is_looked_at_while_the_next_is_served() -> None:
    async def work() -> None:
        ground = Ground()
        first = await ground.pages.get(KEY, ground.make)
        ground.time += 1.1
        assert await ground.pages.get(KEY, ground.make) is first
        while ground.pages.at_once(KEY) is None:
            await asyncio.sleep(0.01)
        assert (ground.looks, ground.made) == (1, [5])

    run(work())


def test_an_answer_holds_while_the_log_speaks_of_other_things_but_for_a_minute_at_most() -> None:
    async def work() -> None:
        ground = Ground()
        ground.topics = frozenset({("about", "this")})
        await ground.ask()
        ground.said = {("about", "that")}
        for size in range(6, 14):
            ground.size = size
            ground.time += 5
            assert b"as of 5" in await ground.ask()
        ground.said |= {("about", "this")}
        ground.size, ground.time = 14, ground.time + 5
        assert b"as of 14" in await ground.ask()
        ground.said, ground.size, ground.time = set(), 15, ground.time + 61
        assert b"as of 15" in await ground.ask()
        assert ground.made == [5, 14, 15]

    run(work())


def test_however_many_wait_an_answer_is_made_once() -> None:
    async def work() -> None:
        ground = Ground()
        ground.pause.clear()
        waiting = [asyncio.create_task(ground.ask()) for _ in range(50)]
        await asyncio.sleep(0.05)
        waiting[0].cancel()  # who gives up takes nothing from the others
        ground.pause.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert {type(each) for each in answers[1:]} == {bytes}
        assert ground.made == [5]

    run(work())


def test_one_look_at_the_log_serves_all_answers_for_a_moment() -> None:
    async def work() -> None:
        ground = Ground()
        keys = [("page", str(n)) for n in range(20)]
        for key in keys:
            await ground.ask(key)
        ground.time += 4.1
        await asyncio.gather(*(ground.ask(key) for key in keys))
        assert ground.looks == 1
        ground.time += 4.1 + GLANCE
        await asyncio.gather(*(ground.ask(key) for key in keys))
        assert ground.looks == 2

    run(work())


def test_an_answer_that_could_not_be_made_is_asked_for_anew() -> None:
    async def work() -> None:
        ground = Ground()

        def fail() -> Made:
            raise LedgerError("ledger.locked")

        with pytest.raises(LedgerError):
            await ground.pages.get(KEY, fail)
        assert b"as of 5" in await ground.ask()

    run(work())


def test_old_answers_give_way_when_there_is_no_more_room() -> None:
    async def work() -> None:
        ground = Ground(most_bytes=10_000)
        for n in range(20):
            await ground.ask(("page", str(n)))
        assert ground.pages.at_once(("page", "0")) is None
        assert ground.pages.at_once(("page", "19")) is not None
        assert ground.pages._weight <= 10_000

    run(work())


def test_an_answer_that_does_not_depend_on_the_log_is_made_once() -> None:
    async def work() -> None:
        ground = Ground()

        def make() -> Made:
            ground.made.append(0)
            return Made(b"the same", "text/plain", None)

        for _ in range(3):
            await ground.pages.get(KEY, make)
            ground.size += 1
            ground.time += 10
        assert (ground.made, ground.looks) == ([0], 0)

    run(work())


def test_what_goes_out_suits_what_the_client_takes() -> None:
    async def work() -> None:
        ground = Ground()
        kept = await ground.pages.get(KEY, ground.make)

        def answer(*headers: tuple[bytes, bytes]) -> Any:
            return kept.response({"headers": list(headers)})

        assert answer().body == kept.plain.body
        packed = answer((b"accept-encoding", b"gzip, br"))
        assert gzip.decompress(packed.body) == kept.plain.body
        assert (b"content-encoding", b"gzip") in packed.raw_headers
        known = answer((b"if-none-match", b'"x", ' + kept.etag))
        assert (known.status_code, known.body) == (304, b"")

    run(work())


def test_threads_take_no_more_than_may_wait() -> None:
    async def work() -> None:
        threads, gate = Threads(1, most_waiting=2), threading.Event()
        waiting = [asyncio.create_task(threads.run(gate.wait, 5)) for _ in range(2)]
        await asyncio.sleep(0.02)
        with pytest.raises(LedgerError, match="busy"):
            await threads.run(gate.wait, 5)
        gate.set()
        assert await asyncio.gather(*waiting) == [True, True]
        assert await threads.run(lambda: 1) == 1
        threads.close()

    run(work())
