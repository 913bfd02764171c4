"""The database stands still while a crowd sends: memory does not grow, and nobody is lied to.

The real program in a process of its own, and another session that holds the head's lock. Who
cannot be served is told so with 503 and when to come again; when the lock is free, all are served,
and whoever sends the same again gets the same receipt.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.api.served import LINES, bearer
from tests.fault.test_sigterm import KEY, goc_serve
from tests.kit import World
from tests.ledgers import codes, send
from traceability import clock
from traceability.core import moment
from traceability.ledger.keyring import Keyring
from traceability.ledger.ledger import Ledger
from traceability.ledger.rebuild import check
from traceability.ledger.waiting import MAX_WAITING
from traceability.settings import create_key_file
from traceability.storage.engine import Database

SENDERS, BATCHES, EACH = 120, 6, 250
GROWTH = 250  #: MB that a full queue and the requests at the door may take

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


def memory(process: subprocess.Popen[str]) -> int:
    """Megabytes that a process has in memory."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    raise AssertionError("it is gone")


def test_a_database_that_stands_still_is_said_to_all_and_costs_no_memory(
    tmp_path: Path, postgres_ledger_url: str
) -> None:
    world = World(start=moment.format_time(clock.now_ms() - 3_600_000), step=1)
    database = Database(postgres_ledger_url)
    keyring = Keyring(database, KEY)
    create_key_file(tmp_path, KEY)
    with Ledger(database, keyring.create_log_key(world.log), world.clock, keyring) as ledger:
        farm = world.party("farm")
        plot = world.place(farm)
        assert set(codes(send(ledger, world.take()))) == {None}
        before = ledger.size
        token = ledger.tokens.create("farm", ["read", "write"], farm.id, "owner").text
    batches = []
    for _ in range(BATCHES):
        for _ in range(EACH):
            world.diary(farm, plot)
        batches.append(b"\n".join(each.wire for each in world.take()) + b"\n")
    headers = {"content-type": LINES, **bearer(token)}

    with goc_serve(tmp_path, GOC_DATABASE_URL=postgres_ledger_url) as (process, address):

        def post(number: int) -> httpx.Response:
            return httpx.post(
                f"{address}/api/v1/records/batch",
                content=batches[number % BATCHES],
                headers=headers,
                timeout=300,
            )

        quiet = memory(process)
        with psycopg.connect(postgres_ledger_url) as other:
            other.execute("SELECT size FROM head FOR UPDATE")
            with ThreadPoolExecutor(SENDERS) as pool:
                answers = list(pool.map(post, range(SENDERS)))
            full = memory(process)
        assert SENDERS * EACH > 2 * MAX_WAITING
        assert {each.status_code for each in answers} == {503}
        assert {each.json()["code"] for each in answers} == {"ledger.busy", "ledger.locked"}
        assert {each.headers["retry-after"] for each in answers} == {"1"}
        assert full - quiet < GROWTH

        served: dict[int, set[Any]] = {n: set() for n in range(BATCHES)}
        for number in [*range(BATCHES), *range(BATCHES)]:
            answer = post(number)
            assert answer.status_code == 200
            results = answer.json()["results"]
            assert {each["status"] for each in results} <= {200, 201}
            served[number].add(tuple(each["receipt"]["index"] for each in results))
    assert [len(each) for each in served.values()] == [1] * BATCHES
    taken = sorted(index for each in served.values() for one in each for index in one)
    assert taken == list(range(before, before + BATCHES * EACH))
    database = Database(postgres_ledger_url)
    assert check(database) is None
    database.close()
