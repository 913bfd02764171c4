"""The migrations lead from nothing to the very schema that the tables declare."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, select

from tests.kit import World
from tests.ledgers import codes, open_ledger, send
from tests.story import Story
from traceability.core.errors import LedgerError
from traceability.ledger import append as appending
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt
from traceability.ledger.rebuild import check
from traceability.ledger.upgrade import upgrade
from traceability.storage import append_store
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import configuration, is_current, migrate, newest
from traceability.storage.tables import Row


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    if request.param == "sqlite":
        database = Database(sqlite_url(tmp_path / "goc.db"))
    else:
        url = request.getfixturevalue("postgres_database")
        database = Database(url.replace("postgresql://", "postgresql+psycopg://"))
    yield database
    database.close()


def test_an_empty_database_is_brought_to_the_declared_schema(empty: Database) -> None:
    assert not is_current(empty)
    migrate(empty)
    assert is_current(empty)
    with empty.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


def test_indexes_and_keys_are_those_declared(empty: Database) -> None:
    migrate(empty)
    with empty.reading() as connection:
        inspector = inspect(connection)
        for table in Row.metadata.tables.values():
            found = {
                (index["name"], tuple(index["column_names"]), bool(index["unique"]))
                for index in inspector.get_indexes(table.name)
            }
            declared = {
                (index.name, tuple(index.columns.keys()), index.unique) for index in table.indexes
            }
            assert found == declared
            key = inspector.get_pk_constraint(table.name)["constrained_columns"]
            assert key == table.primary_key.columns.keys()


def test_sqlite_tables_are_made_as_declared_to_the_letter(tmp_path: Path) -> None:
    """STRICT, WITHOUT ROWID and conditions of indexes, which no inspector shows."""
    migrated, declared = (Database(sqlite_url(tmp_path / name)) for name in ("m.db", "d.db"))
    migrate(migrated)
    with declared.writing() as connection:
        Row.metadata.create_all(connection)
    schemas = []
    for database in (migrated, declared):
        with database.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'alembic%'"
            )
            schemas.append({name: sql and " ".join(sql.split()) for name, sql in rows})
        database.close()
    schemas[0].pop("sqlite_autoindex_alembic_version_1", None)
    assert schemas[0] == schemas[1]


def of_old(database: Database, filled: Database, revision: str) -> None:
    """Gives a database an older schema, and what a ledger of today has, as far as it knew that."""
    config = configuration()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        inspector = inspect(connection)
        with filled.reading() as source:
            for table in Row.metadata.tables.values():
                if not inspector.has_table(table.name):
                    continue
                old = {column["name"] for column in inspector.get_columns(table.name)}
                columns = [column for column in table.columns if column.name in old]
                rows = [dict(row._mapping) for row in source.execute(select(*columns))]
                if rows:
                    connection.execute(insert(table), rows)


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_ledger_of_an_older_schema_goes_on_as_it_was(
    empty: Database, tmp_path: Path, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows hold payloads as they were signed; those after them are packed. What was made of its
    lots is known once the projections were made again, and not before."""
    world = World()
    story = Story(world)
    for _ in range(120):
        story.step()
    labels = [each.claims["type"] == "label" for each in world.records]
    half = len(world.records) // 2
    old = [each for each, new in zip(world.records[:half], labels[:half], strict=True) if not new]
    with monkeypatch.context() as before:
        before.setattr(appending, "make_ready", lambda _: None)
        before.setattr(append_store, "pack", lambda payload: payload)
        (tmp_path / "then").mkdir()
        with open_ledger(tmp_path / "then", world) as ledger:
            send(ledger, old)
            of_old(empty, ledger.database, revision)
    assert not is_current(empty)
    migrate(empty)
    assert not is_current(empty)  # until what follows from the records is made again
    with pytest.raises(LedgerError) as refused:
        Ledger(Database(empty.url), world.signer, world.clock)
    assert refused.value.code == "ledger.schema"
    assert upgrade(empty) == (newest(), newest(), True)
    assert upgrade(empty) == (newest(), newest(), False)
    assert is_current(empty)
    with Ledger(Database(empty.url), world.signer, world.clock) as ledger:
        assert check(ledger.database) is None
        with ledger.reading() as now:
            assert now.rows("SELECT made FROM lot WHERE made > 0")
        again = send(ledger, world.records)
        repeated = [each for each in again if isinstance(each, Receipt) and each.repeated]
        assert len(repeated) == story.told[:half].count(None) - sum(
            new and code is None for new, code in zip(labels[:half], story.told, strict=False)
        )
        known = zip(codes(again), story.told, labels, strict=True)
        assert [found for found, _, new in known if not new] == [
            told for told, new in zip(story.told, labels, strict=True) if not new
        ]
        assert any(
            isinstance(each, Receipt) and new for each, new in zip(again, labels, strict=True)
        )
        with ledger.reading() as now:
            begins = {bytes(row[0])[:1] for row in now.rows("SELECT payload FROM record")}
        assert begins == {b"{", b"\x01"}
        assert check(ledger.database) is None


def test_an_empty_ledger_of_an_older_schema_needs_nothing_more(empty: Database) -> None:
    config = configuration()
    with empty.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    assert upgrade(empty) == ("0002", newest(), False)
    assert is_current(empty)


def test_migrating_again_changes_nothing(empty: Database) -> None:
    migrate(empty)
    migrate(empty)
    assert is_current(empty)


def test_a_migration_that_fails_leaves_no_table_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(sqlite_url(tmp_path / "goc.db"))
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE idempotency (x INTEGER)")  # the last one made
    with pytest.raises(Exception, match="idempotency"):
        migrate(database)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["idempotency"]
    database.close()
