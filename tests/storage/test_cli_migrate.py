"""``goc migrate`` brings an older database up to date, once, whoever else would at that time."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from sqlalchemy import inspect

from tests.conftest import ROOT
from tests.goc import goc
from tests.kit import World
from tests.ledgers import open_ledger, send
from traceability.core.errors import LedgerError
from traceability.ledger.rebuild import check
from traceability.storage import migrations
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import LOCK, is_current, migrate, revision

STEPS = ROOT / "traceability" / "storage" / "migrations" / "versions"
STEP = """
from alembic import op
import sqlalchemy as sa

revision = "0999"
down_revision = "{before}"
branch_labels = depends_on = None


def upgrade():
    op.create_table("novelty", sa.Column("id", sa.Integer, primary_key=True))
"""


def forget() -> None:
    """What is remembered of the steps that there are."""
    migrations.newest.cache_clear()
    migrations._known.cache_clear()


@pytest.fixture(params=["sqlite", "postgres"])
def url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of a database that has the schema of this version of the software."""
    found = sqlite_url(tmp_path / "goc.db")
    if request.param == "postgres":
        found = request.getfixturevalue("postgres_database")
    monkeypatch.setenv("GOC_DATABASE_URL", found)
    database = Database(found)
    migrate(database)
    database.close()
    yield found
    forget()


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A later version of the software, with one more step; the revision that it leads to."""
    step = STEP.format(before=migrations.newest())
    (tmp_path / "v0999_novelty.py").write_text(step)
    here = migrations.configuration

    def configuration() -> Config:
        config = here()
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{STEPS}\n{tmp_path}")
        return config

    monkeypatch.setattr(migrations, "configuration", configuration)
    forget()
    return "0999"


def tables(url: str) -> list[str]:
    database = Database(url)
    with database.reading() as connection:
        found = inspect(connection).get_table_names()
    database.close()
    return found


def test_an_older_database_is_brought_up_to_date_once(url: str, later: str, tmp_path: Path) -> None:
    data = ("--data", tmp_path)
    database = Database(url)
    before = revision(database)
    database.close()
    assert goc("migrate", *data, "--check").code == 1
    assert "novelty" not in tables(url)
    run = goc("migrate", *data)
    assert run.code == 0
    assert run.text == f"Đã nâng cơ sở dữ liệu từ phiên bản {before} lên {later}\n"
    assert "novelty" in tables(url)
    again = goc("migrate", *data)
    assert (again.code, again.text) == (
        0, "Cơ sở dữ liệu đã ở phiên bản 0999, không phải làm gì\n",
    )  # fmt: skip
    assert goc("migrate", *data, "--check").code == 0


def test_what_follows_from_the_records_is_made_again_where_that_is_needed(
    url: str, tmp_path: Path
) -> None:
    world = World()
    with open_ledger(tmp_path, world, url=url) as ledger:
        farm = world.party("farm")
        pineapple, plot = world.product(farm), world.place(farm)
        world.harvest(farm, plot, [(pineapple, "L1", "10 KGM")])
        send(ledger, world.records)
        database = ledger.database
        with database.writing() as connection:
            connection.exec_driver_sql("UPDATE lot SET made = 0")
            connection.exec_driver_sql("INSERT INTO outdated (id) VALUES (1)")
        assert not is_current(database)
        assert goc("migrate", "--data", tmp_path, "--check").code == 1
        run = goc("migrate", "--data", tmp_path)
        assert (run.code, "dựng lại" in run.text) == (0, True)
        assert is_current(database)
        assert check(database) is None
    assert goc("migrate", "--data", tmp_path, "--check").code == 0


@pytest.mark.usefixtures("url")
def test_a_server_of_the_new_version_names_the_command(tmp_path: Path, later: str) -> None:
    run = goc("log", "key", "--data", tmp_path)
    assert run.code == 2
    assert "goc migrate" in run.err
    assert "[ledger.schema]" in run.err
    assert later


@pytest.mark.usefixtures("url")
def test_an_older_program_leaves_a_newer_database_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with monkeypatch.context() as newer:
        request.getfixturevalue("later")
        assert goc("migrate", "--data", tmp_path).code == 0
        newer.undo()
    monkeypatch.undo()
    forget()
    url = request.getfixturevalue("url")
    monkeypatch.setenv("GOC_DATABASE_URL", url)
    run = goc("migrate", "--data", tmp_path)
    assert run.code == 2
    assert "[migrate.newer]" in run.err
    assert "novelty" in tables(url)


def test_where_there_is_no_ledger_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_database: str
) -> None:
    for url in (sqlite_url(tmp_path / "none.db"), postgres_database):
        monkeypatch.setenv("GOC_DATABASE_URL", url)
        run = goc("migrate", "--data", tmp_path)
        assert run.code == 2
        assert "[ledger.none]" in run.err
    assert not (tmp_path / "none.db").exists()
    assert tables(postgres_database) == []


def test_of_two_that_migrate_postgresql_one_waits_for_the_other(postgres_database: str) -> None:
    database = Database(postgres_database, busy_ms=100)
    with psycopg.connect(postgres_database) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        thread = threading.Thread(target=migrate, args=(database,))
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while other.execute(waiting).fetchone() == (0,):
            time.sleep(0.01)
        time.sleep(0.3)  # longer than a server waits for a lock
        assert thread.is_alive()
        assert revision(database) is None
    thread.join()
    assert is_current(database)
    database.close()


def test_a_table_in_use_is_waited_for_no_longer_than_usual(
    postgres_database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = Database(postgres_database, busy_ms=100)
    migrate(database)
    request.getfixturevalue("later")
    step = tmp_path / "v0999_novelty.py"
    step.write_text(
        step.read_text().replace(
            'op.create_table("novelty"', 'op.add_column("record"'
        ).replace("primary_key=True", "nullable=True")
    )  # fmt: skip
    with psycopg.connect(postgres_database) as other:
        other.execute("SELECT 1 FROM record")  # a reader that does not end
        with pytest.raises(LedgerError) as refused:
            migrate(database)
        assert refused.value.code == "ledger.locked"
    migrate(database)
    assert revision(database) == "0999"
    database.close()
    forget()


def test_a_newer_schema_is_told_from_an_older_one(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "goc.db"))
    migrate(database)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError) as refused:
        migrate(database)
    assert refused.value.code == "migrate.newer"
    assert refused.value.params == {"found": "9999"}
    database.close()
