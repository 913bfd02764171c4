"""The primary dies, and its standby takes its place: what was answered is there.

A standby that is synchronous has all of it. One that is not may lack what was published already:
then nothing more is appended, and whoever runs it is told what to do.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.fault.crowd import Crowd, looking_at
from tests.fault.ledger_checks import require_kept
from tests.kit import World
from tests.ledgers import codes, open_ledger, send
from tests.postgres import CRASHING, Postgres
from traceability.audit.publisher import Publisher
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.storage.engine import Database
from traceability.storage.leader import Alone
from traceability.storage.log_source import LogSource
from traceability.storage.tile_folder import TileFolder
from traceability.text import sentence_of

PATIENCE = 60

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults"), pytest.mark.postgres]


@contextmanager
def pair(synchronous: bool) -> Iterator[tuple[Postgres, Postgres]]:
    """A primary and its standby, which follows."""
    with Postgres(CRASHING) as primary, Postgres(CRASHING, standby_of=primary) as standby:
        kind = "async"
        if synchronous:
            kind = "sync"
            primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.execute("SELECT pg_reload_conf()")
        until(lambda: asked(primary, "SELECT sync_state FROM pg_stat_replication") == kind)
        yield primary, standby


def asked(server: Postgres, question: str, database: str = "postgres") -> object:
    """The one value of the answer; None where there is no row."""
    with psycopg.connect(server.url(database), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def until(holds: Callable[[], bool]) -> None:
    late = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < late, "it never came to that"
        time.sleep(0.02)


def both(primary: Postgres, standby: Postgres, name: str) -> str:
    """A URL that leads to whichever of the two takes writes."""
    hosts = f"{primary.folder},{standby.folder}"
    return f"postgresql://postgres@/{name}?host={hosts}&target_session_attrs=read-write"


def test_a_promoted_synchronous_standby_has_all_that_was_answered(tmp_path: Path) -> None:
    with pair(synchronous=True) as (primary, standby):
        crowd = Crowd(tmp_path, both(primary, standby, primary.create_database()))
        with looking_at(crowd.tiles, crowd.shown), crowd:
            crowd.until(answered=300)
            primary.kill(all_at_once=True)
            before = crowd.answered
            assert asked(standby, "SELECT pg_promote()") is True
            crowd.until(answered=300)
        assert crowd.answered > before
        assert set(crowd.errors) <= {"ledger.unreachable", "ledger.locked"}
        crowd.settle()
        database = Database(crowd.url)
        key = crowd.world.signer.key
        require_kept(database, key, crowd.shown, TileFolder(crowd.tiles))
        database.close()


def test_without_its_standby_a_synchronous_primary_answers_nothing(tmp_path: Path) -> None:
    """Neither a receipt, nor one that it had been asked for before: until the standby is back."""
    world = World()
    with pair(synchronous=True) as (primary, standby):
        url = primary.url(primary.create_database())
        open_ledger(tmp_path, world, url=url).close()
        ledger = Ledger(Database(url, 300, 1.0), world.signer, world.clock)
        farm = world.party("farm")
        records = world.take()
        standby.kill(all_at_once=True)
        until(lambda: asked(primary, "SELECT count(*) FROM pg_stat_replication") == 0)
        for _ in range(3):
            with pytest.raises(LedgerError) as refused:
                send(ledger, records)
            assert refused.value.code in {"ledger.unreachable", "ledger.locked"}
        standby.start()
        until(lambda: ledger_takes(ledger, records))
        world.place(farm)
        assert codes(send(ledger, world.take())) == [None]
        ledger.close()


def ledger_takes(ledger: Ledger, records: list) -> bool:  # type: ignore[type-arg]
    try:
        return set(codes(send(ledger, records))) == {None}
    except LedgerError:
        return False


def test_a_promoted_standby_that_lacks_what_was_published_takes_nothing(tmp_path: Path) -> None:
    world, store = World(), TileFolder(tmp_path / "tiles")
    with pair(synchronous=False) as (primary, standby):
        name = primary.create_database()
        url = both(primary, standby, name)
        open_ledger(tmp_path, world, url=url).close()
        ledger = Ledger(Database(url), world.signer, world.clock, tiles=store)
        farm = world.party("farm")
        send(ledger, world.take())
        size = ledger.size
        until(lambda: asked(standby, "SELECT size FROM head", name) == size)
        standby.execute("ALTER SYSTEM SET primary_conninfo = ''")
        standby.execute("SELECT pg_reload_conf()")
        until(lambda: asked(primary, "SELECT count(*) FROM pg_stat_replication") == 0)
        world.place(farm)
        assert codes(send(ledger, world.take())) == [None]
        Publisher(LogSource(ledger.database), store, ledger.vkey, Alone()).publish()

        primary.kill(all_at_once=True)
        assert asked(standby, "SELECT pg_promote()") is True
        late = Ledger(Database(url), world.signer, world.clock, tiles=store)
        world.place(farm)
        for each in (ledger, late):  # the one that was there, and one that starts now
            with pytest.raises(LedgerError) as refused:
                send(each, world.records[-1:])
            assert refused.value.code == "ledger.rolled-back"
            assert refused.value.params == {"size": size, "published": size + 1}
        told = sentence_of("en", refused.value.code, refused.value.params)
        assert "must restore a newer backup or another replica" in told
        found = late.receipts.of(world.records[0].name)  # reading goes on
        assert found is not None
        assert found.index == 0
        ledger.close()
        late.close()
