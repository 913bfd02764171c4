"""A ledger, or a database without one, of its own for each test, on each database system."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import World
from tests.ledgers import open_ledger
from traceability.ledger.ledger import Ledger
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import migrate


@pytest.fixture
def world() -> World:
    """A fresh world."""
    return World()


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path, world: World) -> Iterator[Ledger]:
    """An empty ledger for the world's log, on each database system."""
    url = ""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_ledger_url")
    with open_ledger(tmp_path, world, url=url) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database that no ledger is in."""
    url = sqlite_url(tmp_path / "goc.db")
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_ledger_url")
    found = Database(url)
    migrate(found)
    yield found
    found.close()
