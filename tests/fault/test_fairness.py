"""Nobody's import keeps a clerk waiting, and nobody's nonsense keeps anybody waiting.

How long somebody waits is counted in transactions: those that the writer makes until it answers.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.kit import Signed, World
from tests.ledgers import codes, open_ledger, send
from traceability.ledger.ledger import Ledger
from traceability.ledger.observer import GroupSeen, Nobody
from traceability.ledger.outcome import Outcome
from traceability.ledger.waiting import MAX_BATCH
from traceability.storage.engine import Database

ENOUGH = 120

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


class Counter(Nobody):
    """Counts the writer's transactions."""

    def __init__(self) -> None:
        self.seen: list[GroupSeen] = []

    def group(self, seen: GroupSeen) -> None:
        self.seen.append(seen)


class Office:
    """A ledger, those who send to it, and in which transaction each was answered."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.world = World(step=0)
        self.farm = self.world.party("farm")
        self.plot = self.world.place(self.farm)
        open_ledger(folder, self.world, url=url).close()
        self.ledger = Ledger(
            Database(url, busy_ms=ENOUGH * 1000, silent_seconds=ENOUGH),
            self.world.signer,
            self.world.clock,
        )
        assert set(codes(send(self.ledger, self.world.take()))) == {None}
        self.counter = self.ledger.appender.observer = Counter()
        self.answered: dict[str, int] = {}
        self.outcomes: dict[str, list[Outcome]] = {}
        self._waiting: list[Future[list[Outcome]]] = []

    def diaries(self, count: int) -> list[Signed]:
        for _ in range(count):
            self.world.diary(self.farm, self.plot)
        return self.world.take()

    def forged(self, count: int) -> list[bytes]:
        """Records whose signature does not hold."""
        (record,) = self.diaries(1)
        head, payload, signature = record.wire.rstrip(b"~").split(b".")
        flipped = bytes([signature[0] ^ 1]) if signature[:1] != b"A" else b"B"
        return [b".".join((head, payload, flipped + signature[1:])) + b"~"] * count

    def submit(self, name: str, wires: list[bytes], then: Callable[[], None] | None = None) -> None:
        """Queue a batch under a name."""
        future = self.ledger.appender.submit(wires)
        self._waiting.append(future)

        def told(_: object) -> None:
            self.answered[name] = len(self.counter.seen)
            self.outcomes[name] = future.result()
            if then is not None:
                then()

        future.add_done_callback(told)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The writer waits for the lock, and all that is sent meanwhile queues."""
        with psycopg.connect(self.url) as other:
            other.execute("SELECT size FROM head FOR UPDATE")
            yield

    def all_answered(self) -> None:
        for future in self._waiting:
            future.result(ENOUGH)


@pytest.fixture
def office(tmp_path: Path, postgres_ledger_url: str) -> Iterator[Office]:
    found = Office(tmp_path, postgres_ledger_url)
    yield found
    found.ledger.close()


def test_a_clerk_waits_for_one_transaction_however_much_others_import(office: Office) -> None:
    imports = [office.diaries(MAX_BATCH) for _ in range(4)]
    singles = [record.wire for record in office.diaries(12)]
    forged = office.forged(MAX_BATCH)

    def clerk(n: int) -> None:  # who sends the next record when the last is answered
        if n < 6:
            office.submit(f"clerk {n}", [singles[n]], lambda: clerk(n + 1))

    with office.held():
        for n, batch in enumerate(imports):
            office.submit(f"import {n}", [each.wire for each in batch])
            office.submit(f"forged {n}", forged)
        for n, wire in enumerate(singles[6:]):
            office.submit(f"passer-by {n}", [wire])
        clerk(0)
    office.all_answered()
    while len(office.answered) < 4 + 4 + 6 + 6:
        office.all_answered()

    # All who queued with one record were in the first transaction, before seven long batches.
    first = {name for name, group in office.answered.items() if group == 0}
    assert {f"passer-by {n}" for n in range(6)} | {"clerk 0"} <= first
    for n in range(1, 6):
        assert office.answered[f"clerk {n}"] - office.answered[f"clerk {n - 1}"] <= 2
    # Long ones come one after the other, and none waits for ever.
    order = [office.answered[f"import {n}"] for n in range(4)]
    assert order == sorted(order)
    assert len(office.counter.seen) <= 4 + 4 + 6
    for name, outcomes in office.outcomes.items():
        expected = {"record.signature"} if name.startswith("forged") else {None}
        assert set(codes(outcomes)) == expected, name


def test_an_import_is_not_kept_waiting_by_a_crowd_of_clerks(office: Office) -> None:
    singles = [record.wire for record in office.diaries(1_500)]
    batch = [record.wire for record in office.diaries(400)]
    with office.held():
        for n, wire in enumerate(singles):
            office.submit(f"clerk {n}", [wire])
        office.submit("import", batch)
    office.all_answered()
    assert office.answered["import"] == 0
    assert office.answered["clerk 1499"] <= 3  # 500 of them at a time, and then all
    assert set(codes(office.outcomes["import"])) == {None}


def test_a_record_that_the_rules_refuse_costs_its_neighbours_nothing(office: Office) -> None:
    world = office.world
    (good,) = office.diaries(1)
    stranger = world.party("farm")  # who is not on this ledger yet
    world.take()
    bad = [world.diary(stranger, office.plot).wire for _ in range(200)]
    with office.held():
        office.submit("bad", bad)
        office.submit("good", [good.wire])
    office.all_answered()
    assert office.answered == {"bad": 0, "good": 0}
    assert codes(office.outcomes["good"]) == [None]
    assert set(codes(office.outcomes["bad"])) == {"record.unknown-key"}
