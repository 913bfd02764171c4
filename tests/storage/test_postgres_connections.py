"""What a server, a database or a role have for defaults changes nothing for the ledger, or it is
refused."""

import threading

import pytest

from tests.goc import goc
from tests.kit import World
from tests.ledgers import codes, send
from tests.postgres import Postgres
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.storage.engine import Database
from traceability.storage.migrations import migrate, revision


@pytest.fixture
def database_name(postgres_ledger_url: str) -> str:
    return postgres_ledger_url.partition("?")[0].rpartition("/")[2]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_writers_that_wait_for_each_other_fail_nobody(
    level: str, world: World, postgres: Postgres, postgres_ledger_url: str, database_name: str
) -> None:
    """They see what the one before committed, though a transaction here sees one state."""
    default = f"default_transaction_isolation = '{level}'"
    postgres.execute(f'ALTER DATABASE "{database_name}" SET {default}')
    ledgers = [Ledger(Database(postgres_ledger_url), world.signer, world.clock) for _ in range(2)]
    farm = world.party("farm")
    plot = world.place(farm)
    send(ledgers[0], world.take())
    for _ in range(40):
        world.diary(farm, plot)
    records = world.take()
    refused: list[str | None] = []

    def sends(n: int) -> None:
        refused.extend(codes(send(ledgers[n], records[n::2], size=1)))

    threads = [threading.Thread(target=sends, args=(n,)) for n in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for ledger in ledgers:
        ledger.close()
    assert refused == [None] * len(records)


def test_texts_are_kept_as_they_are_whatever_encoding_a_client_has_by_default(
    world: World, postgres: Postgres, postgres_ledger_url: str, database_name: str
) -> None:
    postgres.execute(f"ALTER DATABASE \"{database_name}\" SET client_encoding = 'LATIN1'")
    with Ledger(Database(postgres_ledger_url), world.signer, world.clock) as ledger:
        world.party("cooperative", name="Hợp tác xã Dứa")
        assert set(codes(send(ledger, world.take()))) == {None}
        query = "SELECT count(*) FROM statement WHERE strpos(data, U&'H\\1EE3p t\\00E1c') > 0"
        with ledger.database.reading() as connection:
            assert connection.exec_driver_sql(query).scalar() == 1


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_name_is_refused(
    encoding: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"other_{encoding.lower()}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    database = Database(postgres.url(name))
    for use in (migrate, revision):
        with pytest.raises(LedgerError) as refused:
            use(database)
        assert refused.value.code == "settings.encoding"
        assert refused.value.params == {"encoding": encoding}
    database.close()
    monkeypatch.setenv("GOC_DATABASE_URL", postgres.url(name))
    migrating = goc("migrate")
    assert migrating.code == 2
    assert "[settings.encoding]" in migrating.err
    assert encoding in goc("doctor").text
    postgres.drop_database(name)
