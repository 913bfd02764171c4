"""A ledger of its own for each test, on each database system."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import World
from tests.ledgers import open_ledger
from tests.postgres import Postgres
from traceability.ledger.ledger import Ledger
from traceability.storage.engine import Database
from traceability.storage.migrations import migrate


@pytest.fixture
def world() -> World:
    """A fresh world."""
    return World()


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a database with all tables and no rows, for making others from."""
    name = postgres.create_database()
    database = Database(postgres.url(name))
    migrate(database)
    database.close()
    return name


@pytest.fixture
def postgres_ledger_url(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    """The URL of a migrated, empty database on PostgreSQL."""
    name = postgres.create_database(postgres_template)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path, world: World) -> Iterator[Ledger]:
    """An empty ledger for the world's log, on each database system."""
    url = ""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_ledger_url")
    with open_ledger(tmp_path, world, url=url) as found:
        yield found
