"""Keys for the serials of labels: kept in the keyring, used in turn, never forgotten."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import update

from labels.serials import Found, Run, find, read, serial
from traceability.core.errors import LedgerError
from traceability.ledger import label_keys
from traceability.ledger.keyring import Keyring
from traceability.ledger.label_keys import LabelKeys
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import migrate
from traceability.storage.tables import KeyringRow, table_of

KEY, OTHER = b"k" * 32, b"o" * 32
LOG = "goc.example/test"
HALF_A_MINUTE = 30_000
GTIN, LOT, RECORD = "08931234567897", "L1", "A" * 43


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now

    def later(self, ms: int) -> None:
        self.now += ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


def keys_of(database: Database, clock: Clock, key: bytes = KEY, log: str = LOG) -> LabelKeys:
    """As a process has them that was started just now."""
    return LabelKeys(Keyring(database, key, clock), log, clock)


def test_the_first_labels_make_the_first_key_and_every_process_has_it(
    database: Database, clock: Clock
) -> None:
    here, there = keys_of(database, clock), keys_of(database, clock)
    assert there.all() == ()
    first = here.newest()
    assert there.newest() == first
    assert there.all() == (first,)


def test_a_new_key_is_known_everywhere_before_labels_take_it(
    database: Database, clock: Clock
) -> None:
    here, there = keys_of(database, clock), keys_of(database, clock)
    first = here.newest()
    assert there.newest() == first
    clock.later(HALF_A_MINUTE)
    second = here.rotate()
    assert here.newest() == there.newest() == first
    clock.later(HALF_A_MINUTE)
    assert here.newest() == there.newest() == second
    assert here.all() == there.all() == (second, first)


def test_labels_of_every_time_are_recognised(database: Database, clock: Clock) -> None:
    keys, printed = keys_of(database, clock), []
    for index in range(3):
        printed.append((keys.newest(), index))
        keys.rotate()
        clock.later(HALF_A_MINUTE + 1)
    assert len({key.id for key, _ in printed}) == 3
    for key, index in printed:
        made = read(serial(key, GTIN, LOT, RECORD, index))
        found = find(made, GTIN, LOT, keys_of(database, clock).all(), [Run(RECORD, 3)])
        assert found == Found(RECORD, index, key.id)


def test_each_log_has_keys_of_its_own(database: Database, clock: Clock) -> None:
    first = keys_of(database, clock).newest()
    other = keys_of(database, clock, log="other.example")
    assert other.all() == ()
    assert other.newest() not in (first,)
    assert keys_of(database, clock).all() == (first,)


def test_without_the_keyrings_key_no_serial_can_be_made(database: Database, clock: Clock) -> None:
    keys_of(database, clock).newest()
    stranger = keys_of(database, clock, OTHER)
    for ask in (stranger.all, stranger.newest, stranger.rotate):
        with pytest.raises(LedgerError) as refused:
            ask()
        assert refused.value.code == "keyring.key"
    assert len(keys_of(database, clock).all()) == 1


def test_there_are_not_more_keys_than_a_scan_can_try(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_keys, "MOST", 2)
    keys = keys_of(database, clock)
    kept = [keys.rotate(), keys.rotate()]
    with pytest.raises(LedgerError) as refused:
        keys.rotate()
    assert refused.value.code == "label-key.too-many"
    assert keys.all() == tuple(reversed(kept))


def test_the_database_alone_tells_no_key(tmp_path: Path, clock: Clock) -> None:
    database = Database(sqlite_url(tmp_path / "goc.db"))
    migrate(database)
    key = keys_of(database, clock).newest()
    database.close()
    with sqlite3.connect(tmp_path / "goc.db") as connection:
        dump = "\n".join(connection.iterdump()).lower()
    assert key.id in dump
    assert key.secret.hex() not in dump


def test_a_row_of_another_kind_does_not_pass_for_a_key_of_labels(
    tmp_path: Path, clock: Clock
) -> None:
    database = Database(sqlite_url(tmp_path / "goc.db"))
    migrate(database)
    keyring = Keyring(database, KEY, clock)
    keyring.create("p-0123456789abcdef")
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE keyring SET party = ?", (f"labels:{LOG}",))
    with pytest.raises(LedgerError) as refused:
        keys_of(database, clock).all()
    assert refused.value.code == "keyring.key"
    database.close()


# -- a key that was stolen -------------------------------------------------------------------------
def test_a_withdrawn_key_is_known_everywhere_soon_and_makes_no_labels(
    database: Database, clock: Clock
) -> None:
    here, there = keys_of(database, clock), keys_of(database, clock)
    stolen = here.newest()
    assert there.newest() == stolen
    made = here.withdraw(stolen.id)
    assert made not in (None, stolen)
    assert here.newest() == made
    clock.later(HALF_A_MINUTE)
    for keys in (here, there, keys_of(database, clock)):
        assert keys.newest() == made
        assert keys.withdrawn() == {stolen.id}
        assert [each.withdrawn for each in keys.held()] == [None, clock.now - HALF_A_MINUTE]
        assert stolen in keys.all()  # its labels are told from invented ones


def test_an_older_key_is_withdrawn_without_another_being_made(
    database: Database, clock: Clock
) -> None:
    keys = keys_of(database, clock)
    older = keys.newest()
    newer = keys.rotate()
    clock.later(HALF_A_MINUTE + 1)
    assert keys.withdraw(older.id) is None
    assert keys.newest() == newer
    assert keys.all() == (newer, older)


def test_a_key_that_labels_do_not_take_yet_is_replaced_as_well(
    database: Database, clock: Clock
) -> None:
    keys = keys_of(database, clock)
    older = keys.newest()
    clock.later(HALF_A_MINUTE)
    young = keys.rotate()
    clock.later(1)
    made = keys.withdraw(young.id)
    assert made is not None
    assert keys.newest() == older  # until all have heard of the new one
    clock.later(HALF_A_MINUTE)
    assert keys.newest() == made


def test_a_key_is_withdrawn_once_and_only_if_there_is_one(database: Database, clock: Clock) -> None:
    keys = keys_of(database, clock)
    stolen = keys.newest()
    keys.withdraw(stolen.id)
    for name, code in ((stolen.id, "label-key.withdrawn"), ("k-none", "label-key.unknown")):
        with pytest.raises(LedgerError) as refused:
            keys.withdraw(name)
        assert refused.value.code == code
    assert keys.withdrawn() == {stolen.id}


def test_a_full_keyring_can_still_withdraw(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_keys, "MOST", 1)
    keys = keys_of(database, clock)
    stolen = keys.newest()
    assert keys.withdraw(stolen.id) is not None
    assert len(keys.all()) == 2


def test_who_writes_to_the_database_alone_brings_no_key_back(
    database: Database, clock: Clock
) -> None:
    keys = keys_of(database, clock)
    keys.withdraw(keys.newest().id)
    with database.writing() as connection:
        connection.execute(update(table_of(KeyringRow)).values(party=f"labels:{LOG}"))
    with pytest.raises(LedgerError) as refused:
        keys_of(database, clock).all()
    assert refused.value.code == "keyring.key"


def test_the_keyrings_other_key_keeps_it_withdrawn(database: Database, clock: Clock) -> None:
    keyring = Keyring(database, KEY, clock)
    keys = LabelKeys(keyring, LOG, clock)
    stolen = keys.newest()
    keys.withdraw(stolen.id)
    assert keyring.rotate(OTHER) == 2
    assert keyring.readable() == (2, 2)
    again = keys_of(database, clock, OTHER)
    assert again.withdrawn() == {stolen.id}
    assert again.all() == keys.all()
