"""Connections are what durability needs of them, each and every one."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from traceability.core.errors import LedgerError
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import migrate

FULL = 2


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(sqlite_url(tmp_path / "goc.db"), busy_ms=100)
    migrate(found)
    yield found
    found.close()


def pragma(database: Database, name: str) -> set[object]:
    """The value on two connections of each engine, all open at once."""
    found = set()
    engines = (database.write_engine, database.read_engine)
    opened = [engine.raw_connection() for engine in engines for _ in range(2)]
    for connection in opened:
        cursor = connection.cursor()
        found.add(cursor.execute(f"PRAGMA {name}").fetchone()[0])
    for connection in opened:
        connection.close()
    return found


def test_every_connection_waits_for_the_disk(database: Database) -> None:
    assert pragma(database, "synchronous") == {FULL}
    assert pragma(database, "journal_mode") == {"wal"}
    assert pragma(database, "foreign_keys") == {1}
    assert pragma(database, "busy_timeout") == {100}


def test_a_reader_cannot_write(database: Database) -> None:
    with database.reading() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.exec_driver_sql("DELETE FROM lot")


def test_a_reader_sees_one_state_while_a_writer_goes_on(database: Database) -> None:
    insert = "INSERT INTO member VALUES ('a', 'b', 1)"
    with database.reading() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM member").scalar() == 0
        with database.writing() as writer:
            writer.exec_driver_sql(insert)
        assert reader.exec_driver_sql("SELECT count(*) FROM member").scalar() == 0
    with database.reading() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM member").scalar() == 1


def test_a_writer_locks_from_its_first_word_and_another_gives_up_in_time(
    database: Database,
) -> None:
    with database.writing(), pytest.raises(LedgerError) as refused, database.writing():
        pass
    assert refused.value.code == "ledger.locked"


def test_a_writer_waits_for_another_that_is_quick(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "goc.db"), busy_ms=5000)
    migrate(database)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.writing():
            held.set()
            done.wait(0.1)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO member VALUES ('a', 'b', 1)")
    thread.join()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM member").scalar() == 1
    database.close()


def test_no_float_lies_in_an_amount(database: Database) -> None:
    draw = "INSERT INTO draw VALUES (1, 0, 0, 0, 0.5, NULL)"
    with database.writing() as connection, pytest.raises(IntegrityError, match="REAL"):
        connection.exec_driver_sql(draw)


def test_the_largest_amount_is_kept_exactly(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO draw VALUES (1, 0, 0, 0, ?, NULL)", (10**18,))
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT amount FROM draw").scalar() == 10**18
