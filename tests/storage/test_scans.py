"""Scans of labels: counted, bounded, forgotten in time, and nobody's way."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import inspect

from traceability.core.errors import FormatError, LedgerError
from traceability.ledger import scans as module
from traceability.ledger.reading import reading
from traceability.ledger.scan_signs import HOUR, Scanned, signs
from traceability.ledger.scans import LASTING, Scans, scans_of
from traceability.storage.engine import Database

LABEL = ("08931234567897", "L1", "09H5KZXYQPSC2FM8DJ6T")
INVENTED = (*LABEL[:2], None)


class Clock:
    def __init__(self) -> None:
        self.hour = 497_000

    def __call__(self) -> int:
        return self.hour * HOUR + 1_234_567


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_scans_are_counted_by_hour_and_coarse_place(database: Database, clock: Clock) -> None:
    scans = Scans(database, clock)
    for place in ("VN-73", "VN-73", ""):
        assert scans.note(*LABEL, place)
    assert scans.of(*LABEL) == ()  # not yet
    assert scans.flush() == 2
    scans.note(*LABEL, "VN-73")
    clock.hour += 1
    scans.note(*LABEL, "VN-73")
    assert scans.flush() == 2
    assert scans.flush() == 0
    hour = clock.hour
    expected = (
        Scanned(hour - 1, "", 1),
        Scanned(hour - 1, "VN-73", 3),
        Scanned(hour, "VN-73", 1),
    )
    assert scans.of(*LABEL) == expected
    assert Scans(database, clock).of(*LABEL) == expected


def test_many_labels_are_looked_up_at_once(database: Database, clock: Clock) -> None:
    scans = Scans(database, clock)
    labels = [(LABEL[0], lot, f"S{n}") for lot in ("L1", "L2") for n in range(3)]
    for label in labels[1:]:
        scans.note(*label)
        scans.note(*label, "VN-73")
    scans.note(*INVENTED)
    scans.flush()
    clock.hour += 1
    scans.note(*labels[4])
    scans.flush()
    with reading(database) as now:
        found = scans_of(now, [*labels[:5], (LABEL[0], "L3", "S1")])
        assert scans_of(now, []) == {}
    assert found == {label: list(scans.of(*label)) for label in labels[1:5]}
    assert [len(found[label]) for label in labels[1:5]] == [2, 2, 2, 3]


def test_nothing_is_kept_but_label_hour_place_and_count(database: Database) -> None:
    with database.reading() as connection:
        columns = {each["name"] for each in inspect(connection).get_columns("scan")}
    assert columns == {"product", "lot", "serial", "hour", "place", "count"}


def test_invented_serials_of_a_lot_share_one_count(database: Database, clock: Clock) -> None:
    scans = Scans(database, clock)
    for _ in range(100):
        scans.note(*INVENTED)
    scans.note(*LABEL)
    assert scans.flush() == 2
    assert scans.of(*INVENTED) == (Scanned(clock.hour, "", 100),)
    assert scans.of(*LABEL) == (Scanned(clock.hour, "", 1),)
    assert scans.of(LABEL[0], "L2", None) == ()


@pytest.mark.parametrize(
    "place", ["Hậu Giang", "vn-73", "VN-73-1", "9.78,105.64", "VN-", " ", "VNM"]
)
def test_what_is_finer_than_a_province_is_not_taken(
    database: Database, clock: Clock, place: str
) -> None:
    scans = Scans(database, clock)
    with pytest.raises(FormatError) as refused:
        scans.note(*LABEL, place)
    assert refused.value.code == "scan.place"
    assert scans.flush() == 0


def test_too_many_labels_at_once_are_passed_over_and_known_ones_counted(
    database: Database, clock: Clock
) -> None:
    scans = Scans(database, clock, most_waiting=3)
    taken = [scans.note(*LABEL[:2], f"S{n}") for n in range(5)]
    assert taken == [True, True, True, False, False]
    assert scans.note(*LABEL[:2], "S0")
    assert scans.flush() == 3
    assert scans.of(*LABEL[:2], "S0") == (Scanned(clock.hour, "", 2),)
    assert scans.note(*LABEL[:2], "S4")


def test_a_label_has_so_many_rows_and_others_are_not_touched_by_it(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 4)
    scans, other = Scans(database, clock), (*LABEL[:2], "OTHER")
    for _ in range(9):
        clock.hour += 1
        scans.note(*LABEL)
        scans.note(*other, "VN-73")
        scans.flush()
        if clock.hour % 3 == 0:
            scans.note("02000000000015", "L1", LABEL[2])
            scans.flush()
    assert len(scans.of(*LABEL)) == 4
    assert len(scans.of(*other)) == 4
    assert len(scans.of("02000000000015", "L1", LABEL[2])) == 3


def test_rows_end_after_thirteen_months(database: Database, clock: Clock) -> None:
    scans = Scans(database, clock)
    scans.note(*LABEL)
    scans.flush()
    clock.hour += LASTING
    scans.note(*LABEL)
    scans.flush()
    assert scans.sweep() == 0
    clock.hour += 1
    assert scans.sweep() == 1
    assert scans.of(*LABEL) == (Scanned(clock.hour - 1, "", 1),)


def test_what_could_not_be_written_waits_and_is_written_once(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = Scans(database, clock)
    scans.note(*LABEL)

    def fails(*_: object) -> int:
        scans.note(*LABEL)  # somebody scans meanwhile
        raise LedgerError("ledger.unreachable")

    with monkeypatch.context() as patched:
        patched.setattr(module, "_add", fails)
        with pytest.raises(LedgerError):
            scans.flush()
    assert scans.of(*LABEL) == ()
    assert scans.flush() == 1
    assert scans.of(*LABEL) == (Scanned(clock.hour, "", 2),)


def test_processes_that_write_at_once_lose_no_count(database: Database, clock: Clock) -> None:
    def scanned(seed: int) -> None:
        scans = Scans(database, clock)
        for n in range(20):
            for serial in range(5):
                scans.note(*LABEL[:2], f"S{(serial * seed + n) % 5}", "VN-73")
            scans.flush()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(scanned, (1, 2, 3, 4), timeout=60))
    found = [scans for n in range(5) for scans in Scans(database, clock).of(*LABEL[:2], f"S{n}")]
    assert [each.count for each in found] == [80] * 5


def test_a_label_that_was_copied_shows(database: Database, clock: Clock) -> None:
    scans = Scans(database, clock)
    for place in ("VN-73", "FR"):
        scans.note(*LABEL, place)
    scans.flush()
    where = {"VN-73": (9.78, 105.64), "FR": (48.86, 2.35)}
    assert [sign.code for sign in signs(scans.of(*LABEL), where)] == ["far-apart"]
