"""The migrations lead from nothing to the very schema that the tables declare."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from tests.kit import World
from tests.ledgers import codes, send
from tests.story import Story
from traceability.ledger import append as appending
from traceability.ledger import ledger as ledgers
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt
from traceability.ledger.rebuild import check
from traceability.storage import append_store
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import configuration, is_current, migrate
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


def test_a_ledger_of_the_first_schema_goes_on_as_it_was(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows hold payloads as they were signed; those after them are packed."""
    config = configuration()
    with empty.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    assert not is_current(empty)
    world = World()
    story = Story(world)
    for _ in range(80):
        story.step()
    half = len(world.records) // 2
    with monkeypatch.context() as before:
        before.setattr(ledgers, "is_current", lambda _: True)
        before.setattr(appending, "make_ready", lambda _: None)
        before.setattr(append_store, "pack", lambda payload: payload)
        with Ledger(Database(empty.url), world.signer, world.clock) as ledger:
            send(ledger, world.records[:half])
    migrate(empty)
    assert is_current(empty)
    with Ledger(Database(empty.url), world.signer, world.clock) as ledger:
        again = send(ledger, world.records)
        assert len([each for each in again[:half] if isinstance(each, Receipt) and each.repeated])
        assert codes(again) == story.told
        with ledger.reading() as now:
            begins = {bytes(row[0])[:1] for row in now.rows("SELECT payload FROM record")}
        assert begins == {b"{", b"\x01"}
        assert check(ledger.database) is None


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
