"""Nothing is appended to a database that has less than was shown to others, or something else."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.kit import World
from tests.ledgers import codes, send
from tests.postgres import Postgres
from traceability.audit.publisher import Publisher
from traceability.core.checkpoint import Checkpoint
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.leader import Alone
from traceability.storage.log_source import LogSource
from traceability.storage.migrations import migrate
from traceability.storage.tables import PROJECTIONS
from traceability.storage.tile_folder import TileFolder
from traceability.storage.tile_store import TileStore


class Files:
    """Databases of SQLite, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, name: str) -> str:
        """The URL of a database."""
        return sqlite_url(self._folder / name)

    def copy(self, source: str, target: str) -> None:
        """A backup of one, which is closed."""
        shutil.copy(self._folder / source, self._folder / target)

    def replace(self, target: str, source: str) -> None:
        """Makes one what another is, under those who have it open."""
        old, new = (sqlite3.connect(self._folder / name) for name in (source, target))
        with closing(old), closing(new):
            old.backup(new)


class Servers:
    """Databases of PostgreSQL, by name."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._names: dict[str, str] = {}

    def url(self, name: str) -> str:
        """The URL of a database."""
        if name not in self._names:
            self._names[name] = self._server.create_database()
        return self._server.url(self._names[name])

    def copy(self, source: str, target: str) -> None:
        """A backup of one, which is closed."""
        self._names[target] = self._server.create_database(self._names[source])

    def replace(self, target: str, source: str) -> None:
        """Makes one what another is: its name leads there now, and the old sessions end."""
        self._server.drop_database(self._names[target])
        old, new = self._names.pop(source), self._names[target]
        self._server.execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')

    def close(self) -> None:
        """Remove them all."""
        for name in self._names.values():
            self._server.drop_database(name)


class Place:
    """Databases and the published log, which are opened together."""

    def __init__(self, databases: Files | Servers, folder: Path) -> None:
        self.databases = databases
        self.folder = folder
        self.world = World()
        self.store: TileStore = TileFolder(folder / "tiles")
        with self.opened() as ledger:
            self.farm = self.world.party("farm")
            self.plot = self.world.place(self.farm)
            self.grow(ledger)

    @contextmanager
    def opened(self, name: str = "goc.db", store: TileStore | None = None) -> Iterator[Ledger]:
        """The ledger, on one of the databases."""
        database = Database(self.databases.url(name))
        migrate(database)
        ledger = Ledger(database, self.world.signer, self.world.clock, tiles=store or self.store)
        with ledger:
            yield ledger

    def copy(self, name: str) -> None:
        """A backup of the database, which is closed."""
        self.databases.copy("goc.db", name)

    def replace(self, target: str, source: str) -> None:
        """One database becomes what another is."""
        self.databases.replace(target, source)

    def grow(self, ledger: Ledger, count: int = 1) -> None:
        """Append so many records. Raises what the ledger says."""
        for _ in range(count if ledger.size else 0):
            self.world.diary(self.farm, self.plot)
        assert set(codes(send(ledger, self.world.take()))) == {None}

    def publish(self, ledger: Ledger) -> None:
        """Publish what there is."""
        source = LogSource(ledger.database)
        Publisher(source, self.store, ledger.vkey, Alone()).publish()

    def refused(self, ledger: Ledger) -> str:
        """The code of what keeps a record from being appended; the log stays as it is."""
        before = ledger.receipts.head()
        self.world.diary(self.farm, self.plot)
        with pytest.raises(LedgerError) as refusal:
            send(ledger, self.world.take())
        assert ledger.receipts.head() == before
        return refusal.value.code


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place with a few records, on each database system."""
    if request.param == "sqlite":
        yield Place(Files(tmp_path), tmp_path)
        return
    databases = Servers(request.getfixturevalue("postgres"))
    yield Place(databases, tmp_path)
    databases.close()


def test_a_ledger_goes_on_from_what_it_published(place: Place) -> None:
    with place.opened() as ledger:
        place.publish(ledger)
        place.grow(ledger, 300)
        place.publish(ledger)
    with place.opened() as ledger:
        place.grow(ledger)


def test_a_restored_backup_takes_nothing_and_can_be_read(place: Place) -> None:
    place.copy("backup.db")
    with place.opened() as ledger:
        place.grow(ledger, 2)
        place.publish(ledger)
    with place.opened("backup.db") as old:
        assert place.refused(old) == "ledger.rolled-back"
        assert place.refused(old) == "ledger.rolled-back"
        receipt = old.receipts.of(place.world.records[0].name)
        assert receipt is not None
        assert receipt.index == 0
    with place.opened() as ledger:  # the right one is none the worse for it
        place.grow(ledger)


def test_a_backup_of_what_was_published_goes_on(place: Place) -> None:
    with place.opened() as ledger:
        place.publish(ledger)
    place.copy("backup.db")
    with place.opened("backup.db") as old:
        place.grow(old)


@pytest.mark.parametrize("more", [3, 4, 300])
def test_another_history_takes_nothing_however_long_it_is(place: Place, more: int) -> None:
    place.copy("other.db")
    with place.opened() as ledger:
        place.grow(ledger, 3)
        place.publish(ledger)
    with place.opened("other.db", TileFolder(place.folder / "nowhere")) as other:
        place.grow(other, more)
    with place.opened("other.db") as other:
        assert place.refused(other) == "ledger.forked"


def test_the_refusal_ends_when_the_database_has_everything_again(place: Place) -> None:
    """A standby that catches up, as a copy of the database that takes the old one's place."""
    place.copy("standby.db")
    with place.opened() as ledger:
        place.grow(ledger, 2)
        place.publish(ledger)
    with place.opened("standby.db") as standby:
        assert place.refused(standby) == "ledger.rolled-back"
        place.replace("standby.db", "goc.db")
        place.grow(standby)


def test_a_failover_to_a_database_that_lost_answered_records_is_noticed(place: Place) -> None:
    """Nothing of them was published: the writer itself knows what it has answered."""
    place.copy("standby.db")
    with place.opened() as ledger:
        place.grow(ledger, 2)
        ledger.appender._store.release()  # the connection is lost …
        place.replace("goc.db", "standby.db")
        assert place.refused(ledger) == "ledger.rolled-back"


def test_a_database_that_goes_back_under_an_open_connection_takes_nothing(place: Place) -> None:
    """Its tables are filled from a backup while the server runs: no connection ends."""
    tables = ("head", "record", "disclosure", *(each.name for each in PROJECTIONS))
    with place.opened() as ledger:
        with ledger.database.writing() as connection:
            for name in tables:
                kept = f"CREATE TABLE kept_{name} AS SELECT * FROM {name}"  # noqa: S608
                connection.exec_driver_sql(kept)
        place.grow(ledger, 2)
        with ledger.database.writing() as connection:
            for name in tables:
                connection.exec_driver_sql(f"DELETE FROM {name}")  # noqa: S608
                old = f"INSERT INTO {name} SELECT * FROM kept_{name}"  # noqa: S608
                connection.exec_driver_sql(old)
        assert place.refused(ledger) == "ledger.rolled-back"
        assert place.refused(ledger) == "ledger.rolled-back"


def test_it_is_asked_once_for_each_connection(place: Place) -> None:
    store = Counting(place.folder / "tiles")
    with place.opened(store=store) as ledger:
        place.grow(ledger)
        place.grow(ledger)
        assert store.reads == 1
        ledger.appender._store.release()
        place.grow(ledger)
        assert store.reads == 2


def test_a_store_that_cannot_be_reached_keeps_a_writer_from_beginning(place: Place) -> None:
    store = Counting(place.folder / "tiles")
    with place.opened(store=store) as ledger:
        store.reachable = False
        assert place.refused(ledger) == "tiles.unreachable"
        store.reachable = True
        place.grow(ledger)


def test_a_writer_that_has_begun_goes_on_without_it_and_forgets_nothing(place: Place) -> None:
    place.copy("standby.db")
    store = Counting(place.folder / "tiles")
    with place.opened() as ledger:
        place.publish(ledger)
    with place.opened(store=store) as ledger:
        place.grow(ledger)
        store.reachable = False
        ledger.appender._store.release()
        place.grow(ledger)
        ledger.appender._store.release()
        place.replace("goc.db", "standby.db")
        assert place.refused(ledger) == "ledger.rolled-back"


def test_what_others_have_seen_is_heeded_at_the_next_record(place: Place) -> None:
    with place.opened("goc.db") as ledger:
        place.grow(ledger)
        head = ledger.receipts.head()
        assert ledger.guard is not None
        ledger.guard.learn(Checkpoint(ledger.log, head.size, head.frontier.root))
        place.grow(ledger)
        ledger.guard.learn(Checkpoint(ledger.log, head.size + 9, bytes(32)))
        assert place.refused(ledger) == "ledger.rolled-back"
        assert place.refused(ledger) == "ledger.rolled-back"


def test_a_new_ledger_is_not_begun_where_another_is_published(tmp_path: Path) -> None:
    operator = {"name": "HTX Thử Nghiệm"}
    settings = Settings(tmp_path / "one", sqlite_url(tmp_path / "one.db"), None, "http://h", KEY)
    with Ledger.create(settings, operator) as ledger:
        Publisher.of(ledger, settings).publish()
    again = Settings(
        tmp_path / "two", sqlite_url(tmp_path / "two.db"), None, "http://h", KEY, settings.tiles
    )
    with pytest.raises(LedgerError) as refusal:
        Ledger.create(again, operator)
    assert refusal.value.code == "tiles.checkpoint"  # of the same name, but another key's


KEY = b"k" * 32


class Counting(TileFolder):
    """A store that counts reads of its checkpoint, and that can be out of reach."""

    reads = 0
    reachable = True

    def get(self, path: str) -> bytes | None:
        self.reads += 1
        if not self.reachable:
            raise LedgerError("tiles.unreachable", reason="the test says so")
        return super().get(path)
