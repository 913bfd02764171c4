"""Fixtures that every kind of test shares.

A test that uses ``postgres…`` or ``chromium``/``browser_page`` gets the marker of that name by
itself. A missing PostgreSQL or browser fails the test: only ``GOC_TESTS_WITHOUT_BROWSER=1`` skips
the tests that need a browser, and then the closing lines say so.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.chromium import WITHOUT_BROWSER, chromium, phone
from tests.postgres import Postgres
from traceability.storage.engine import Database
from traceability.storage.migrations import migrate

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT.parent / "shared" / "vectors"

REAL_PARTS = {"postgres": {"postgres"}, "browser": {"chromium", "browser_page"}}

# A slow machine breaks no law, so no deadlines; and a run of CI can be repeated.
settings.register_profile("goc", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("goc")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a real part by the fixtures that they use."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        for marker, fixtures in REAL_PARTS.items():
            if used & fixtures:
                item.add_marker(marker)
        if WITHOUT_BROWSER and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="GOC_TESTS_WITHOUT_BROWSER is set"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested."""
    if WITHOUT_BROWSER:
        terminalreporter.write_sep("!", "NO BROWSER: tests that need one were skipped", red=True)


@pytest.fixture(scope="session")
def shared_vectors() -> Path:
    """The folder of third-party test vectors; the test is skipped, loudly, where it is absent."""
    if not VECTORS.is_dir():
        pytest.skip(f"third-party vectors are not at {VECTORS}")
    return VECTORS


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test process, which makes databases from templates."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """The URL of the server's own database ``postgres``; what a test leaves there, others find."""
    return postgres.url()


@pytest.fixture
def postgres_database(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database for one test."""
    name = postgres.create_database()
    yield postgres.url(name)
    postgres.drop_database(name)


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


# Not for the session: while Playwright runs, asyncio takes its event loop for running in this
# thread, and a later test's `asyncio.run` would be refused.
@pytest.fixture(scope="module", name="chromium")
def _chromium() -> "Iterator[Browser]":
    """A real Chromium that knows no host but this machine."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser_page(chromium: "Browser") -> "Iterator[Page]":
    """A page as a small phone in Vietnam shows it, in a profile of its own."""
    context = phone(chromium)
    yield context.new_page()
    context.close()
