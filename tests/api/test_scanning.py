"""Serials that wait to be judged are all answered, or let go."""

import asyncio
from typing import Any

import pytest

from api import scanning
from api.scanning import AT_ONCE, Scanning
from api.threads import MOST_WAITING, Threads
from api.web.view import Mark
from traceability.core.errors import FormatError, LedgerError

LOT = ("00200000000019", "L1")


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many were judged at once, each time; ``-`` cannot be judged."""
    found: list[int] = []

    def scanned(_ledger: Any, _scans: Any, asked: Any) -> list[Any]:
        found.append(len(asked))
        wrong = FormatError("serial.too-many", limit=1)
        return [wrong if serial == "-" else Mark(serial, "packed") for *_, serial in asked]

    monkeypatch.setattr(scanning, "scanned", scanned)
    return found


def scanner(threads: Any) -> Scanning:
    nothing: Any = None
    return Scanning(threads, nothing, nothing)


def test_all_that_wait_are_judged_together_and_each_gets_its_own(groups: list[int]) -> None:
    asked = [*(f"S{n}" for n in range(AT_ONCE + 10)), "-"]

    async def scan() -> list[Any]:
        threads = Threads()
        one = scanner(threads)
        try:
            return await asyncio.gather(
                *(one.mark(*LOT, serial) for serial in asked), return_exceptions=True
            )
        finally:
            threads.close()

    *marks, refused = asyncio.run(scan())
    assert [mark.serial for mark in marks] == asked[:-1]
    assert isinstance(refused, FormatError)
    assert groups == [AT_ONCE, 11]


def test_too_many_that_wait_are_turned_away(groups: list[int]) -> None:
    async def scan() -> list[Any]:
        threads = Threads()
        one = scanner(threads)
        try:
            asked = (one.mark(*LOT, f"S{n}") for n in range(MOST_WAITING + 5))
            return await asyncio.gather(*asked, return_exceptions=True)
        finally:
            threads.close()

    answers = asyncio.run(scan())
    busy = [each for each in answers if isinstance(each, LedgerError)]
    assert [each.code for each in busy] == ["ledger.busy"] * 5
    assert sum(groups) == MOST_WAITING


def test_whoever_waits_when_the_server_ends_is_let_go() -> None:
    class Stuck:
        async def run(self, *_: Any) -> None:
            await asyncio.Event().wait()

    async def scan() -> list[Any]:
        one = scanner(Stuck())
        waiting = [asyncio.create_task(one.mark(*LOT, f"S{n}")) for n in range(AT_ONCE + 3)]
        while one._running is None or one._waiting == []:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        one._running.cancel()
        async with asyncio.timeout(5):
            return await asyncio.gather(*waiting, return_exceptions=True)

    answers = asyncio.run(scan())
    assert len(answers) == AT_ONCE + 3
    assert all(isinstance(each, asyncio.CancelledError) for each in answers)
