"""Keys that the server holds: usable with the keyring's key, and worthless without it."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import update

from traceability.core.errors import LedgerError
from traceability.ledger.keyring import Keyring
from traceability.ledger.reading import accounts
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import migrate
from traceability.storage.tables import KeyringRow, table_of

KEY, OTHER = b"k" * 32, b"o" * 32
PARTY, SECOND = "p-0123456789abcdef", "p-fedcba9876543210"
LOG = "goc.example/test"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(sqlite_url(tmp_path / "goc.db"))
    migrate(found)
    yield found
    found.close()


def code_of(error: pytest.ExceptionInfo[LedgerError]) -> str:
    return error.value.code


def registered(database: Database, kid: str, idx: int, revoked: int | None = None) -> None:
    with accounts(database) as connection:
        connection.exec_driver_sql(
            "INSERT OR REPLACE INTO party_key VALUES (?, ?, ?, x'00', 'server', 0, ?, NULL)",
            (kid, idx, PARTY, revoked),
        )


def test_a_key_that_was_made_signs_in_every_later_process(database: Database) -> None:
    made = Keyring(database, KEY).create(PARTY)
    found = Keyring(database, KEY).signer(PARTY)
    assert found is not None
    assert found.public == made.public
    assert found.public.verify(found.sign(b"harvest"), b"harvest")


def test_a_party_without_a_key_has_no_signer(database: Database) -> None:
    keyring = Keyring(database, KEY)
    keyring.create(SECOND)
    assert keyring.signer(PARTY) is None


def test_the_newest_registered_key_signs_and_a_revoked_one_never(database: Database) -> None:
    keyring = Keyring(database, KEY)
    first, second, third = (keyring.create(PARTY).public for _ in range(3))
    registered(database, first.kid, 10)
    registered(database, second.kid, 20)

    def signing() -> object:
        found = Keyring(database, KEY).signer(PARTY)
        return found and found.public

    assert signing() == second
    registered(database, second.kid, 20, revoked=30)
    assert signing() == first
    registered(database, first.kid, 10, revoked=31)
    assert signing() == third
    keyring.discard(third.kid)
    assert signing() is None


def test_a_revoked_key_is_forgotten_within_half_a_minute_or_at_once(database: Database) -> None:
    time = [0]
    keyring = Keyring(database, KEY, now=lambda: time[0])
    first = keyring.create(PARTY).public
    registered(database, first.kid, 10)
    assert keyring.signer(PARTY) is not None
    registered(database, first.kid, 10, revoked=11)
    assert keyring.signer(PARTY) is not None
    keyring.forget(PARTY)
    assert keyring.signer(PARTY) is None
    registered(database, first.kid, 10)
    assert keyring.signer(PARTY) is not None
    registered(database, first.kid, 10, revoked=11)
    time[0] += 30_000
    assert keyring.signer(PARTY) is None


def test_another_keyring_key_is_told_apart(database: Database) -> None:
    Keyring(database, KEY).create(PARTY)
    with pytest.raises(LedgerError) as refused:
        Keyring(database, OTHER).signer(PARTY)
    assert code_of(refused) == "keyring.key"


def test_a_row_cannot_pass_for_another_partys(database: Database) -> None:
    keyring = Keyring(database, KEY)
    keyring.create(PARTY)
    ring = table_of(KeyringRow)
    with accounts(database) as connection:
        connection.execute(update(ring).values(party=SECOND))
    with pytest.raises(LedgerError) as refused:
        keyring.signer(SECOND)
    assert code_of(refused) == "keyring.key"


def test_the_database_alone_shows_no_key(database: Database, tmp_path: Path) -> None:
    seeds: list[bytes] = []

    def random(n: int) -> bytes:
        seeds.append(bytes([len(seeds) + 1]) * n)
        return seeds[-1]

    Keyring(database, KEY, random=random).create(PARTY)
    database.close()
    assert seeds[0] == b"\x01" * 32
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("goc.db*"))
    assert seeds[0] not in stored
    assert KEY not in stored


def test_every_entry_has_a_nonce_of_its_own(database: Database, tmp_path: Path) -> None:
    keyring = Keyring(database, KEY)
    for _ in range(20):
        keyring.create(PARTY)
    rows = sqlite3.connect(tmp_path / "goc.db").execute("SELECT nonce FROM keyring").fetchall()
    assert len({nonce for (nonce,) in rows}) == 20
    assert {len(nonce) for (nonce,) in rows} == {12}


def test_rotation_leaves_all_keys_usable_under_the_new_keyring_key_only(database: Database) -> None:
    keyring = Keyring(database, KEY)
    parties = {PARTY: keyring.create(PARTY).public, SECOND: keyring.create(SECOND).public}
    log = keyring.create_log_key(LOG).key
    assert keyring.rotate(OTHER) == 3
    for ring in (keyring, Keyring(database, OTHER)):
        found = {party: ring.signer(party) for party in parties}
        assert {party: key.public for party, key in found.items() if key} == parties
        assert ring.log_signer(LOG).key == log
    with pytest.raises(LedgerError) as refused:
        Keyring(database, KEY).signer(PARTY)
    assert code_of(refused) == "keyring.key"


def test_rotation_with_the_wrong_old_key_changes_nothing(database: Database) -> None:
    made = Keyring(database, KEY).create(PARTY)
    with pytest.raises(LedgerError) as refused:
        Keyring(database, OTHER).rotate(b"n" * 32)
    assert code_of(refused) == "keyring.key"
    found = Keyring(database, KEY).signer(PARTY)
    assert found is not None
    assert found.public == made.public


def test_the_log_has_one_key_under_its_own_name(database: Database) -> None:
    keyring = Keyring(database, KEY)
    with pytest.raises(LedgerError) as refused:
        keyring.log_signer(LOG)
    assert code_of(refused) == "keyring.no-log-key"
    made = keyring.create_log_key(LOG)
    assert made.key.name == LOG
    assert keyring.log_signer(LOG).key == made.key
    with pytest.raises(LedgerError) as refused:
        keyring.create_log_key(LOG)
    assert code_of(refused) == "ledger.exists"


def test_a_log_that_goes_over_to_another_key_has_two_and_then_the_second_alone(
    database: Database,
) -> None:
    keyring = Keyring(database, KEY, now=lambda: 7)  # a clock that stands still
    first = keyring.create_log_key(LOG).key
    both = keyring.create_next_log_key(LOG)
    assert both.key == first
    assert both.next not in (None, first)
    with pytest.raises(LedgerError) as refused:
        keyring.create_next_log_key(LOG)
    assert code_of(refused) == "keyring.next-key"
    keyring.drop_old_log_key(LOG)
    left = Keyring(database, KEY).log_signer(LOG)
    assert (left.key, left.next) == (both.next, None)
    with pytest.raises(LedgerError) as refused:
        keyring.drop_old_log_key(LOG)
    assert code_of(refused) == "keyring.no-next-key"


def test_a_next_key_is_made_under_the_right_key_of_the_keyring_alone(database: Database) -> None:
    first = Keyring(database, KEY).create_log_key(LOG)
    with pytest.raises(LedgerError) as refused:
        Keyring(database, OTHER).create_next_log_key(LOG)
    assert code_of(refused) == "keyring.key"
    left = Keyring(database, KEY).log_signer(LOG)
    assert (left.key, left.next) == (first.key, None)


def test_a_keyring_shows_nothing_of_itself(database: Database) -> None:
    assert repr(Keyring(database, KEY)) == "Keyring()"


def test_of_two_that_make_the_logs_key_at_once_one_is_refused(postgres_ledger_url: str) -> None:
    databases = [Database(postgres_ledger_url) for _ in range(2)]
    together = Barrier(2)

    def makes(database: Database, log: str) -> str:
        keyring = Keyring(database, KEY)
        together.wait(10)
        try:
            return str(keyring.create_log_key(log).key)
        except LedgerError as error:
            return error.code

    with ThreadPoolExecutor(2) as pool:
        for n in range(10):
            log = f"goc{n}.example"
            made = set(pool.map(makes, databases, (log, log), timeout=30))
            made.discard("ledger.exists")
            assert made == {str(Keyring(databases[0], KEY).log_signer(log).key)}
    for database in databases:
        database.close()
