"""Clocks that go back, or differ from process to process: the log's time never does.

A record is accepted at the later of the process's time and that of the record before it.
"""

from pathlib import Path

import pytest

from tests.fault.ledger_checks import Shown, require_kept
from tests.kit import HOUR, World
from tests.ledgers import codes
from traceability.core import ids
from traceability.core.leaf import Leaf
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt
from traceability.settings import Settings
from traceability.storage.engine import Database, sqlite_url

BACK = (0, -5 * HOUR, 2, -1, 3 * HOUR, -HOUR, -26 * HOUR, 0)  #: against the right time


class Clock:
    """A process's clock, which somebody sets."""

    def __init__(self) -> None:
        self.right = World().now
        self.off = 0

    def __call__(self) -> int:
        self.right += 1
        return self.right + self.off


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = sqlite_url(tmp_path / "goc.db")
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_ledger_url")
    return Settings(tmp_path, url, "goc.example/clock", "https://goc.example", b"k" * 32)


def command(number: int) -> dict[str, object]:
    """A place to be registered, signed by the server."""
    place = ids.place_id(number.to_bytes(10, "big"))
    return {"type": "place", "data": {"place": place, "kind": "plot", "area": "1 HAR"}}


def test_time_never_runs_backwards_whatever_the_clocks_say(settings: Settings) -> None:
    shown, times = Shown(), []
    clocks = [Clock(), Clock(), Clock()]
    Ledger.create(settings, {"name": "Vận hành"}, clocks[0]).close()
    clocks[1].off = 3 * HOUR  # that machine is ahead all the time
    ledgers = [Ledger.open(settings, clock) for clock in clocks]
    number = 0
    for off in BACK:
        clocks[0].off = off
        for ledger in ledgers:
            number += 1
            wire = ledger.commands.sign(ledger.operator, command(number))
            outcomes = ledger.append([wire])
            assert codes(outcomes) == [None]
            (receipt,) = outcomes
            assert isinstance(receipt, Receipt)
            shown.receipt(receipt.name, receipt.to_proof())
            times.append(receipt.time)
    assert times == sorted(times)
    # The first machine's clock was back behind the second's, and did not make the log wait.
    assert times[-1] - times[0] >= 2 * HOUR
    key = ledgers[0].vkey
    for ledger in ledgers:
        ledger.close()
    database = Database(settings.database_url)
    entries = require_kept(database, key, shown)
    assert [Leaf.from_bytes(each).time for each in entries[-number:]] == times
    database.close()


def test_a_process_that_begins_with_its_clock_far_back_signs_and_appends(
    settings: Settings,
) -> None:
    clock = Clock()
    with Ledger.create(settings, {"name": "Vận hành"}, clock) as ledger:
        time = ledger.receipts.head().time
    clock.off = -400 * 24 * HOUR  # a battery that is empty
    with Ledger.open(settings, clock) as ledger:
        outcomes = ledger.append([ledger.commands.sign(ledger.operator, command(1))])
        assert [each.time for each in outcomes if isinstance(each, Receipt)] == [time]
