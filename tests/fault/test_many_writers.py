"""Many processes append to one log on PostgreSQL, and any of them may be killed at any moment.

Nothing that was answered is lost, nothing is there twice, no two get the same goods, and nothing
forks; what was not answered is sent again, and is answered then. ``GOC_FAULT_ROUNDS`` multiplies
how often.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fault.crowd import Crowd, looking_at
from tests.fault.ledger_checks import require_kept
from tests.postgres import CRASHING, Postgres
from traceability.storage.engine import Database
from traceability.storage.tile_folder import TileFolder

ROUNDS = float(os.environ.get("GOC_FAULT_ROUNDS", "1"))
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults"), pytest.mark.postgres]


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server for one test to kill."""
    with Postgres(CRASHING) as found:
        yield found


def crowd_at(server: Postgres, folder: Path, writers: int = 4) -> Crowd:
    return Crowd(folder, server.url(server.create_database()), writers)


def require_all_kept(crowd: Crowd) -> None:
    """All is answered, and the ledger is what it said."""
    crowd.settle()
    database = Database(crowd.url)
    require_kept(database, crowd.world.signer.key, crowd.shown, TileFolder(crowd.tiles))
    database.close()


def test_every_process_gets_its_turn_and_what_remains_is_drawn_once(
    server: Postgres, tmp_path: Path
) -> None:
    crowd = crowd_at(server, tmp_path, writers=4)
    with looking_at(crowd.tiles, crowd.shown), crowd:
        crowd.until(answered=1_000)
    shares = [count / crowd.answered for count in crowd.by_process.values()]
    assert len(shares) == 4
    assert min(shares) > 1 / 16  # a quarter of an even share
    assert not crowd.errors
    assert crowd.drawn
    require_all_kept(crowd)


def test_writers_killed_at_any_moment_lose_nothing_and_fork_nothing(
    server: Postgres, tmp_path: Path
) -> None:
    chance = random.Random(7)
    crowd = crowd_at(server, tmp_path)
    kills = int(200 * ROUNDS)
    with looking_at(crowd.tiles, crowd.shown), crowd:
        for _ in range(kills):
            crowd.until(answered=chance.randrange(12))
            time.sleep(chance.random() * 0.02)
            crowd.kill()
    assert crowd.kills == kills
    require_all_kept(crowd)


def test_a_database_killed_at_any_moment_loses_nothing(server: Postgres, tmp_path: Path) -> None:
    chance = random.Random(8)
    crowd = crowd_at(server, tmp_path)
    with looking_at(crowd.tiles, crowd.shown), crowd:
        for n in range(int(60 * ROUNDS)):
            crowd.until(answered=1 + chance.randrange(20))
            time.sleep(chance.random() * 0.02)
            if n % 3:
                server.kill(all_at_once=n % 3 == 1)
                server.start()
            else:  # the server notices, ends all others, and recovers by itself
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(server.backends()), signal.SIGKILL)
    assert set(crowd.errors) <= {"ledger.unreachable", "ledger.locked"}
    assert crowd.errors
    require_all_kept(crowd)
