"""The store fails, at each point at which it can: before and after it had done what it was asked.

Nobody is given a receipt by a batch that failed. The next batch finds a ledger that is whole, and
what was sent is sent again: it is taken, or answered with the receipt of what had persisted anyway.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from tests.kit import Signed, World
from tests.ledgers import codes, open_ledger, verify
from traceability.core.errors import LedgerError
from traceability.core.facts import Effects
from traceability.core.needs import Needs
from traceability.ledger.append import Appender
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt
from traceability.ledger.rebuild import check
from traceability.storage.append_store import SqlAppendStore
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.head import Head
from traceability.storage.postgres import PostgresDialect
from traceability.storage.sqlite import SqliteDialect


class Trip:
    """Fails the ``n``-th time that something is about to be done, or has been."""

    def __init__(self) -> None:
        self.point = ""
        self.left = 0
        self.tripped = 0
        self.error: Exception = LedgerError("ledger.storage")

    def set(self, point: str, error: Exception | None = None, n: int = 1) -> None:
        """Fail at ``point``, once."""
        self.point, self.left = point, n
        self.error = error or LedgerError("ledger.storage")

    def is_due(self, point: str) -> bool:
        """Whether this is when to fail."""
        if point == self.point and self.left:
            self.left -= 1
            if not self.left:
                self.tripped += 1
                return True
        return False

    def at(self, point: str) -> None:
        """Passes, or fails."""
        if self.is_due(point):
            raise self.error


class FaultyStore(SqlAppendStore):
    """A store that fails on demand."""

    def __init__(self, database: Database, trip: Trip) -> None:
        super().__init__(database)
        self.trip = trip
        self._dialect = FaultySqlite(trip) if database.is_sqlite else FaultyPostgres(trip)

    @contextmanager
    def around(self, call: str) -> Iterator[None]:
        self.trip.at(f"before {call}")
        yield
        self.trip.at(f"after {call}")

    def lock(self) -> Head:
        with self.around("lock"):
            return super().lock()

    def fetch(self, needs: Needs) -> None:
        with self.around("fetch"):
            super().fetch(needs)

    def commit(self, head: Head, effects: Sequence[Effects], leaves: Sequence[bytes]) -> None:
        with self.around("commit"):
            super().commit(head, effects, leaves)

    def rest(self, proved: bool) -> None:
        with self.around("rest"):
            super().rest(proved)

    def release(self) -> None:
        with self.around("release"):
            super().release()


class FaultySqlite(SqliteDialect):
    """A dialect whose ``n``-th write fails as the disk does."""

    def __init__(self, trip: Trip) -> None:
        super().__init__()
        self.trip = trip

    def _write(self, cursor: Any, table: Any, rows: Any, mode: str) -> None:
        if rows and self.trip.is_due("write"):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR_WRITE"
            raise error
        super()._write(cursor, table, rows, mode)


class FaultyPostgres(PostgresDialect):
    """One whose ``n``-th write fails at the server, as a full disk does: the writer has sent all
    that follows before it hears of it."""

    full = "DO $$ BEGIN RAISE 'No space left on device' USING ERRCODE = '53100'; END $$"

    def __init__(self, trip: Trip) -> None:
        super().__init__(20.0)
        self.trip = trip

    def _write(self, cursor: Any, table: Any, rows: Any, mode: str) -> None:
        if rows and self.trip.is_due("write"):
            cursor.execute(self.full)
        super()._write(cursor, table, rows, mode)


class Bench:
    """A ledger with a faulty store, a registry, and goods to send."""

    def __init__(self, folder: Path, url: str) -> None:
        self.world = World()
        self.ledger = open_ledger(folder, self.world, url=url)
        self.trip = Trip()
        self.appender = Appender(
            FaultyStore(self.ledger.database, self.trip),
            self.world.signer,
            self.ledger.keys,
            self.world.clock,
        )
        self.farm, self.shop = self.world.party("farm"), self.world.party("market")
        self.plot, self.product = self.world.place(self.farm), self.world.product(self.farm)
        assert codes(self.send(self.world.take())) == [None] * len(self.world.records)

    def flow(self) -> list[Signed]:
        """A harvest, its shipment and receipt, and a spraying that opens an alert."""
        world = self.world
        crop = world.harvest(self.farm, self.plot, [(self.product, world.lot(), "5 KGM")])
        world.receive(self.shop, world.ship(self.farm, [crop[0]], to=self.shop))
        world.diary(self.farm, self.plot, "pesticide", phi=9)
        return world.take()

    def send(self, records: Sequence[Signed]) -> list[Any]:
        return self.appender.submit([each.wire for each in records]).result(10)

    def close(self) -> None:
        self.appender.close()
        self.ledger.close()


@pytest.fixture(params=["sqlite", "postgres"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A bench on each database system."""
    postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_ledger_url") if postgres else ""
    found = Bench(tmp_path, url)
    yield found
    found.close()


def holds(bench: Bench, records: Sequence[Signed], outcomes: Sequence[object]) -> None:
    """All were taken, once each, and the ledger is what its records make it."""
    for signed, receipt in zip(records, outcomes, strict=True):
        assert isinstance(receipt, Receipt)
        verify(bench.world, signed, receipt)
    with bench.ledger.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT count(*), count(DISTINCT digest) FROM record")
        assert set(found.one()) == {bench.ledger.receipts.head().size}
    assert check(bench.ledger.database) is None


POINTS = [
    "before lock", "after lock", "before fetch", "after fetch", "before commit", "after commit",
]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("kind", ["storage", "fault"])
def test_a_store_that_fails_gives_no_receipt_and_the_next_batch_finds_it_whole(
    point: str, kind: str, bench: Bench
) -> None:
    before = bench.ledger.receipts.head()
    records = bench.flow()
    bench.trip.set(point, LedgerError("ledger.storage") if kind == "storage" else KeyError("x"))
    with pytest.raises(LedgerError, match=rf"ledger\.{kind}"):
        bench.send(records)
    after = bench.ledger.receipts.head()
    persisted = point == "after commit"
    assert (after != before) == persisted
    outcomes = bench.send(records)
    assert [each.repeated for each in outcomes] == [persisted] * len(records)
    holds(bench, records, outcomes)
    more = bench.flow()
    holds(bench, more, bench.send(more))


def failed_storage(appender: Appender, records: Sequence[Signed]) -> bool:
    """Whether the storage failed under a batch; it is accepted otherwise."""
    future = appender.submit([each.wire for each in records])
    error = future.exception(10)
    if error is None:
        assert codes(future.result()) == [None] * len(records)
        return False
    assert isinstance(error, LedgerError)
    assert error.code == "ledger.storage"
    return True


def test_every_single_write_may_fail(bench: Bench) -> None:
    """The disk fails at the first write of a transaction, at the second, and so on to the last."""
    n = 0
    while True:
        n += 1
        records = bench.flow()
        before = bench.ledger.receipts.head()
        bench.trip.set("write", n=n)
        if not failed_storage(bench.appender, records):
            break
        assert bench.ledger.receipts.head() == before
        holds(bench, records, bench.send(records))
    assert n > 8  # record, disclosure, holding, draw, lot, crop, diary, alert, head
    holds(bench, records, bench.send(records))


def test_even_letting_go_may_fail(bench: Bench) -> None:
    records = bench.flow()
    bench.trip.set("before lock")
    release = bench.trip

    def broken(point: str, at: Any = Trip.at) -> None:
        if point == "before release":
            raise bench.ledger.database.dialect.errors[0]("cannot rollback")
        at(release, point)

    release.at = broken  # type: ignore[method-assign]
    with pytest.raises(LedgerError, match=r"ledger\.storage"):
        bench.send(records)
    del release.at
    holds(bench, records, bench.send(records))


def test_answers_to_repeated_records_fail_as_well(bench: Bench) -> None:
    records = bench.flow()
    bench.send(records)
    for point in ("before rest", "after rest"):
        bench.trip.set(point)
        with pytest.raises(LedgerError, match=r"ledger\.storage"):
            bench.send(records)
        holds(bench, records, bench.send(records))


def test_a_full_disk_is_said_and_survived(tmp_path: Path) -> None:
    """SQLite itself reports the disk full, at a page count that it is not to exceed."""
    world = World()
    ledger = open_ledger(tmp_path, world)

    class Small(SqlAppendStore):
        limit = 0  # pages; 0: none

        def lock(self) -> Head:
            head = super().lock()
            self._cursor.execute("PRAGMA page_count")
            (count,) = self._cursor.fetchone()
            limit = max(count, self.limit) if self.limit else 2**30
            self._cursor.execute(f"PRAGMA max_page_count = {limit}")
            return head

    store = Small(ledger.database)
    appender = Appender(store, world.signer, ledger.keys, world.clock)
    farm = world.party("farm")
    plot, product = world.place(farm), world.product(farm)

    def harvest() -> list[Signed]:
        for _ in range(20):
            world.harvest(farm, plot, [(product, world.lot(), "5 KGM")], note="đầy " * 100)
        return world.take()

    assert not failed_storage(appender, harvest())
    with ledger.database.reading() as connection:
        store.limit = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 4
    batch, before = harvest(), ledger.receipts.head()
    while not failed_storage(appender, batch):
        assert len(world.records) < 1000, "the disk never was full"
        batch, before = harvest(), ledger.receipts.head()
    assert ledger.receipts.head() == before
    assert failed_storage(appender, batch)
    store.limit = 0
    outcomes = appender.submit([each.wire for each in batch]).result(10)
    assert codes(outcomes) == [None] * 20
    assert not any(isinstance(each, Receipt) and each.repeated for each in outcomes)
    assert check(ledger.database) is None
    appender.close()
    ledger.close()


@contextmanager
def held(url: str) -> Iterator[Callable[[], None]]:
    """Another program holds the database; what lets go of it."""
    if url.startswith("sqlite"):
        other: Any = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    else:
        other = psycopg.connect(url)
        other.execute("SELECT size FROM head FOR UPDATE")
    with closing(other):
        yield lambda: other.execute("ROLLBACK")


@pytest.mark.parametrize("system", ["sqlite", "postgres"])
def test_a_locked_database_is_waited_for_and_then_said(
    system: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    world = World()
    url = sqlite_url(tmp_path / "goc.db")
    if system == "postgres":
        url = request.getfixturevalue("postgres_ledger_url")
    open_ledger(tmp_path, world, url=url).close()
    ledger = Ledger(Database(url, busy_ms=150), world.signer, world.clock)
    wires = [each.wire for each in world.take()]
    with held(url) as let_go:
        with pytest.raises(LedgerError, match=r"ledger\.locked"):
            ledger.appender.submit(wires).result(10)
        # Whoever holds it for less than the wait is not noticed.
        waiting = ledger.appender.submit(wires)
        time.sleep(0.02)
        let_go()
        assert codes(waiting.result(10)) == [None, None]
    ledger.close()
