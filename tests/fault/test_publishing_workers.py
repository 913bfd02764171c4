"""Of many workers one publishes; when it is killed, another does, and readers see one log."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from tests.api.test_workers import WORKERS, Served, children, until
from tests.log_reader import PublishedLog, read_published_log
from traceability.core.vkey import VerifierKey
from traceability.ledger.ledger import Ledger
from traceability.storage.tile_folder import TileFolder

LEADERS = (
    "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid"
    " WHERE a.application_name = 'goc publisher' AND l.locktype = 'advisory' AND l.granted"
    " AND a.datname = current_database()"
)


def leaders(url: str) -> int:
    """How many sessions hold a publisher's lock."""
    with psycopg.connect(url) as connection:
        row = connection.execute(LEADERS).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.slow
@pytest.mark.xdist_group("workers")
def test_a_worker_that_is_killed_is_followed_by_another_that_publishes(
    tmp_path: Path, postgres_ledger_url: str
) -> None:
    served = Served(tmp_path, postgres_ledger_url)
    with Ledger.open(served.settings) as ledger:
        key: VerifierKey = ledger.vkey
    store = TileFolder(tmp_path / "tiles")
    seen: PublishedLog | None = None

    def caught_up() -> bool:
        nonlocal seen
        found = read_published_log(store.get, key)
        assert found is None or found.extends(seen)
        seen = found or seen
        return seen is not None and seen.size == served.size()

    with served.serving() as process:
        for number in range(3):  # the oldest goes: each of the first two leads at some time
            until(lambda: served.register(number) == 201)  # noqa: B023
            until(caught_up)
            assert leaders(postgres_ledger_url) == 1
            oldest = min(children(process.pid))
            os.kill(oldest, signal.SIGKILL)
            until(lambda: oldest not in children(process.pid))  # noqa: B023
            until(lambda: leaders(postgres_ledger_url) == 1)
        until(lambda: len(children(process.pid)) == WORKERS)
        until(lambda: served.register(9) == 201)
        until(caught_up)
