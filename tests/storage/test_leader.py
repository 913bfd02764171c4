"""Of all processes that use a database one leads, and another takes over when it is gone."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import ROOT
from tests.postgres import Postgres
from traceability.core.errors import LedgerError
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.leader import FileLeader, Leader, PostgresLeader, leader_of, lock_key

LOG = "goc.example/test"
Candidate = Callable[[], Leader]


@pytest.fixture(params=["sqlite", "postgres"])
def candidate(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Candidate]:
    """Makes candidates for the same log."""
    url = sqlite_url(tmp_path / "goc.db")
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
    database = Database(url)
    yield lambda: leader_of(database, LOG)
    database.close()


def test_one_leads_and_the_next_when_it_lets_go(candidate: Candidate) -> None:
    first, second = candidate(), candidate()
    assert [first.leads(), second.leads(), first.leads(), second.leads()] == [
        True, False, True, False,
    ]  # fmt: skip
    first.close()
    assert second.leads()
    assert not first.leads()
    second.close()
    assert first.leads()
    first.close()
    first.close()


def test_logs_have_leaders_of_their_own(postgres_database: str) -> None:
    leaders = [PostgresLeader(postgres_database, lock_key(log)) for log in (LOG, LOG + "/2")]
    assert [each.leads() for each in leaders] == [True, True]
    for each in leaders:
        each.close()


def test_a_session_that_the_server_ended_leads_no_longer(postgres_database: str) -> None:
    first, second = (PostgresLeader(postgres_database, lock_key(LOG)) for _ in range(2))
    assert first.leads()
    with psycopg.connect(postgres_database) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'goc publisher'"
        )
    while not second.leads():  # the server takes a moment
        pass
    with pytest.raises(LedgerError) as refusal:
        first.leads()
    assert refusal.value.code == "ledger.unreachable"
    assert not first.leads()  # a new session, which comes too late
    second.close()
    assert first.leads()
    first.close()


def test_a_process_that_is_killed_leads_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "goc.db.publisher"
    program = (
        "import sys; from pathlib import Path; from traceability.storage.leader import FileLeader\n"
        "leader = FileLeader(Path(sys.argv[1])); print(leader.leads(), flush=True)\n"
        "sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        leader = FileLeader(path)
        assert not leader.leads()
        other.kill()
        other.wait(10)
        assert leader.leads()
        leader.close()


def test_a_database_in_memory_has_no_rivals() -> None:
    leader = leader_of(Database("sqlite://"), LOG)
    assert leader.leads()
    leader.close()


def test_a_database_that_cannot_be_reached_is_said_without_its_password() -> None:
    leader = PostgresLeader("postgresql://goc:hush@127.0.0.1:1/goc", 1)
    with pytest.raises(LedgerError) as refusal:
        leader.leads()
    assert refusal.value.code == "ledger.unreachable"
    assert "hush" not in f"{refusal.value} {refusal.value.__cause__}"


def test_several_servers_may_be_named_and_the_one_that_answers_is_used(
    postgres: Postgres,
) -> None:
    hosts = f"host=127.0.0.1,{postgres.folder}&port=1,5432"
    url = f"postgresql://postgres@/postgres?{hosts}&target_session_attrs=read-write"
    database = Database(url)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    leader = leader_of(database, LOG)
    assert leader.leads()
    leader.close()
    database.close()


def test_servers_that_are_named_in_another_way_are_refused_without_the_password() -> None:
    with pytest.raises(LedgerError) as refusal:
        Database("postgresql://goc:hush@one:5432,two:5432/goc")
    assert refusal.value.code == "settings.database"
    assert "hush" not in str(refusal.value)


def test_an_option_that_there_is_not_is_refused_without_the_password() -> None:
    database = Database("postgresql://goc:hush@127.0.0.1:1/goc?no_such_option=1")
    with pytest.raises(LedgerError) as refusal, database.reading():
        pass
    assert refusal.value.code == "settings.database"
    assert "hush" not in f"{refusal.value} {refusal.value.__cause__}"
