"""What goes to PostgreSQL together: order, errors, transactions, and a line that breaks."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.postgres import Postgres
from traceability.storage.packed import blobs, ints, texts
from traceability.storage.patience import PatientConnection, SilentError
from traceability.storage.postgres_line import Line

TABLE = "CREATE TABLE thing (id bigint PRIMARY KEY, name text, data bytea)"
PUT = "INSERT INTO thing SELECT * FROM unnest(?::bigint[], ?::text[], ?::bytea[])"
COUNT = "SELECT count(*) FROM thing"


@pytest.fixture(name="url")
def _url(postgres: Postgres) -> Iterator[str]:
    name = postgres.create_database()
    yield postgres.url(name).replace("+psycopg", "")
    postgres.drop_database(name)


@pytest.fixture(name="line")
def _line(url: str) -> Iterator[Line]:
    with PatientConnection.connect(url) as connection:
        found = Line(connection)
        found.execute(TABLE)
        found.commit()
        yield found
        if not connection.closed:
            connection.rollback()


def put(line: Line, *numbers: int) -> None:
    """Insert rows."""
    names, data = [f"n{each}" for each in numbers], [b"\0\xff"] * len(numbers)
    line.execute(PUT, (ints(numbers), texts(names), blobs(data)))


def count(url: str) -> int:
    """How many rows others see."""
    with psycopg.connect(url) as connection:
        return int(connection.execute(COUNT).fetchone()[0])  # type: ignore[index]


def test_what_is_gathered_is_sent_in_order_and_committed_with_it(line: Line, url: str) -> None:
    with line.together():
        put(line, 1, 2)
        put(line, 3)
        assert count(url) == 0
        line.commit()
    assert count(url) == 3


def test_rows_are_asked_for_within_and_the_rest_goes_on(line: Line, url: str) -> None:
    with line.together():
        put(line, 1)
        assert line.execute(COUNT).fetchone() == (1,)
        assert line.fetchone() is None
        put(line, 2)
        line.commit()
    assert count(url) == 2


def test_values_come_back_as_they_went(line: Line) -> None:
    put(line, 2**63 - 1, -5)
    rows = line.execute("SELECT * FROM thing WHERE id < ? ORDER BY id", (2**63 - 1,)).fetchall()
    assert rows == [(-5, "n-5", b"\0\xff")]
    question = "SELECT ?::bytea, ?::text, ?::bigint, ?::json ->> 0"
    given = (b"\0x", None, -1, '["gốc"]')
    assert line.execute(question, given).fetchall() == [(b"\0x", None, -1, "gốc")]


def test_nothing_of_what_is_gathered_is_sent_after_an_error_of_ours(line: Line, url: str) -> None:
    def stumble() -> None:
        with line.together():
            put(line, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    put(line, 2)
    line.commit()
    assert count(url) == 1


@pytest.mark.parametrize(
    ("value", "error"), [("a\0b", psycopg.DataError), (1.5, TypeError), ([1], TypeError)]
)
def test_a_value_that_cannot_be_sent_is_refused_and_the_line_lives(
    line: Line, value: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        line.execute("SELECT ?", (value,))
    assert line.execute(COUNT).fetchone() == (0,)


def test_a_statement_that_fails_takes_those_behind_it_along(line: Line, url: str) -> None:
    def both() -> None:
        with line.together():
            put(line, 1)
            put(line, 1)
            line.execute("SELECT 17 + ?::bigint", (1,))  # would be prepared here
            line.commit()

    with pytest.raises(psycopg.errors.UniqueViolation) as raised:
        both()
    assert raised.value.sqlstate == "23505"
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        line.execute(COUNT)
    line.connection.rollback()
    assert line.execute("SELECT 17 + ?::bigint", (1,)).fetchone() == (18,)
    put(line, 1)
    line.commit()
    assert count(url) == 1


def test_a_statement_is_prepared_once_for_all_lines_of_a_connection(line: Line) -> None:
    for n in range(3):
        put(Line(line.connection), n)
    found = line.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement ~ '^INS'")
    assert found.fetchone() == (1,)


def test_transactions_are_those_that_the_connection_is_set_to(line: Line, url: str) -> None:
    connection = line.connection
    connection.rollback()
    connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
    assert line.execute("SHOW transaction_isolation").fetchone() == ("repeatable read",)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        put(line, 1)
    connection.rollback()
    with PatientConnection.connect(url, autocommit=True) as other:
        put(Line(other), 2)
        assert count(url) == 1
        assert other.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_more_than_the_network_holds_goes_both_ways(line: Line) -> None:
    long = ["x" * 1000] * 4000
    with line.together():
        for n in range(4):
            numbers = range(n * 4000, (n + 1) * 4000)
            line.execute(PUT, (ints(numbers), texts(long), blobs([b"y" * 500] * 4000)))
            line.execute("SELECT name, data FROM thing")
        line.execute("SELECT name FROM thing")
    assert line.fetchall() == [("x" * 1000,)] * 16000


def test_a_connection_that_the_server_ends_is_gone(line: Line, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (line.connection.info.backend_pid,))
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            put(line, 1)
        assert line.connection.closed
    assert count(url) == 0


def test_a_server_that_says_nothing_is_not_waited_for(line: Line) -> None:
    line.connection.patience = 0.2
    with pytest.raises(SilentError):
        line.execute("SELECT pg_sleep(30)")
    assert line.connection.closed
