"""Scans of labels: counted, bounded, forgotten in time, and nobody's way."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, inspect

from traceability.core.errors import FormatError, LedgerError
from traceability.ledger import scans as module
from traceability.ledger.lot_scans import (
    DayCount,
    count_with_signs,
    lot_scans,
    lots_with_signs,
    signs_of,
)
from traceability.ledger.provinces import MIDDLES
from traceability.ledger.reading import accounts, looking, reading
from traceability.ledger.scan_notices import noticed
from traceability.ledger.scan_signs import FIRST, HOUR, Scanned, Sign, signs
from traceability.ledger.scans import LASTING, Scans, scans_of
from traceability.storage.engine import Database
from traceability.storage.tables import LotRow, table_of

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


def test_a_scan_whose_place_is_told_later_moves_there_and_is_not_counted_twice(
    database: Database, clock: Clock
) -> None:
    scans = Scans(database, clock)
    scans.note(*LABEL)
    scans.note(*LABEL)
    scans.flush()
    assert scans.tell(*LABEL, "VN-CT")
    scans.flush()
    assert scans.of(*LABEL) == (Scanned(clock.hour, "", 1), Scanned(clock.hour, "VN-CT", 1))
    assert scans.tell(*LABEL, "VN-HN")
    assert scans.flush() == 1
    assert [each.place for each in scans.of(*LABEL)] == ["VN-CT", "VN-HN"]
    clock.hour += 1  # the scan itself was counted in the hour before: it stays
    scans.tell(*LABEL, "VN-CT")
    scans.flush()
    assert sum(each.count for each in scans.of(*LABEL)) == 3
    with pytest.raises(FormatError):
        scans.tell(*LABEL, "10.03,105.78")


def test_a_place_told_before_its_scan_was_written_moves_it_too(
    database: Database, clock: Clock
) -> None:
    scans = Scans(database, clock)
    scans.note(*LABEL, "VN")
    scans.tell(*LABEL, "VN-CT", "VN")
    assert scans.flush() == 1
    assert scans.of(*LABEL) == (Scanned(clock.hour, "VN-CT", 1),)


def test_what_could_not_be_moved_waits_and_nothing_is_counted_twice(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = Scans(database, clock)
    scans.note(*LABEL)
    scans.flush()
    scans.tell(*LABEL, "VN-CT")

    def fails(*_: object) -> None:
        raise LedgerError("ledger.unreachable")

    with monkeypatch.context() as patched:
        patched.setattr(module, "_take", fails)
        with pytest.raises(LedgerError):
            scans.flush()
    scans.flush()
    assert scans.of(*LABEL) == (Scanned(clock.hour, "VN-CT", 1),)


# -- signs -----------------------------------------------------------------------------------------
def test_signs_are_noticed_as_scans_are_written_and_stay_as_they_first_showed(
    database: Database, clock: Clock
) -> None:
    scans, quiet = Scans(database, clock), (*LABEL[:2], "QUIET")
    first = clock.hour
    for label in (LABEL, quiet):
        scans.note(*label, "VN-CT")
    scans.note(*LABEL, "VN-HN")
    scans.note(*INVENTED, "VN-HN")
    scans.note(*INVENTED, "VN-CT")
    scans.flush()
    for _ in range(FIRST.in_window + 1):
        scans.note(*LABEL)
    clock.hour += 1
    for _ in range(FIRST.in_window + 1):
        scans.note(*LABEL)
    scans.flush()
    assert signs_of(database, *LABEL[:2], None) == {"far-apart": 1, "too-many": 1}
    [suspect] = lot_scans(database, *LABEL[:2], None).suspects.items
    assert suspect.serial == LABEL[2]
    assert set(suspect.signs) == {Sign("far-apart", first), Sign("too-many", first)}
    with looking(database) as connection:
        assert noticed(connection) == 2
    clock.hour += LASTING
    scans.sweep()
    assert signs_of(database, *LABEL[:2], None) == {}


def test_neighbours_within_an_hour_are_no_sign(database: Database, clock: Clock) -> None:
    scans = Scans(database, clock)
    for place in ("VN-CT", "VN-49", "VN-59", "VN-SG", "VN", "FR", ""):
        scans.note(*LABEL, place)
    scans.flush()
    assert signs_of(database, *LABEL[:2], None) == {}
    assert {"VN-CT", "VN-SG"} < set(MIDDLES)
    assert not {"VN", "FR", ""} & set(MIDDLES)


def test_what_a_lot_shows_comes_in_pages_by_day_and_place(database: Database, clock: Clock) -> None:
    scans = Scans(database, clock)
    clock.hour = 24 * 20_000 + 16  # an hour before midnight in Vietnam
    serials = [f"S{n}" for n in range(5)]
    for serial in serials:
        scans.note(*LABEL[:2], serial, "VN-CT")
        scans.note(*LABEL[:2], serial, "VN-HN")
    scans.note(*INVENTED)
    scans.note(*LABEL[:2], "QUIET")
    scans.note(LABEL[0], "L2", "ELSEWHERE")
    scans.flush()
    clock.hour += 1
    scans.note(*LABEL[:2], "S0", "VN-CT")
    scans.flush()
    found = lot_scans(database, *LABEL[:2], None, limit=2)
    assert (found.count, found.labels, found.invented) == (12, 6, 1)
    first, second = found.suspects.items
    assert (first.serial, first.count, second.count) == ("S0", 3, 2)
    assert first.days == (
        DayCount(20_000, "VN-CT", 1), DayCount(20_000, "VN-HN", 1), DayCount(20_001, "VN-CT", 1),
    )  # fmt: skip
    seen = [first.serial, second.serial]
    following = found.suspects.next
    while following is not None:
        page = lot_scans(database, *LABEL[:2], None, following, 2).suspects
        seen += [each.serial for each in page.items]
        following = page.next
    assert seen == serials


def test_labels_scanned_long_after_all_was_used_show(database: Database, clock: Clock) -> None:
    scans, other = Scans(database, clock), (*LABEL[:2], "OTHER")
    used = clock()
    scans.note(*other)
    scans.note(*LABEL)
    scans.flush()
    clock.hour += FIRST.after_use
    scans.note(*LABEL)
    scans.flush()
    assert signs_of(database, *LABEL[:2], used) == {}
    clock.hour += 1
    scans.note(*LABEL)
    scans.note(*INVENTED)
    scans.flush()
    assert signs_of(database, *LABEL[:2], used) == {"after-use": 1}
    assert signs_of(database, *LABEL[:2], None) == {}
    [suspect] = lot_scans(database, *LABEL[:2], used).suspects.items
    assert (suspect.serial, suspect.signs) == (LABEL[2], (Sign("after-use", clock.hour),))


def test_lots_with_signs_are_listed_by_party_the_latest_first(
    database: Database, clock: Clock
) -> None:
    scans = Scans(database, clock)
    made = {"L1": "p-1", "L2": "p-2", "L3": "p-1", "L4": "p-1"}
    lot = table_of(LotRow)
    with accounts(database) as connection:
        for code, maker in made.items():
            values = {"product": LABEL[0], "lot": code, "maker": maker, "opened": 1}
            connection.execute(insert(lot).values(**values, idx=1, labelled=0))
    for code in ("L3", "L1", "L2"):
        for serial in ("S1", "S2") if code == "L1" else ("S1",):
            for place in ("VN-HN", "VN-CT"):
                scans.note(LABEL[0], code, serial, place)
        scans.flush()
        clock.hour += 1
    scans.note(LABEL[0], "L4", "S1", "VN-HN")
    scans.flush()

    def listed(party: str | None) -> list[tuple[str, int]]:
        return [(each.lot, each.labels) for each in lots_with_signs(database, party).items]

    assert listed(None) == [("L2", 1), ("L1", 2), ("L3", 1)]
    assert listed("p-1") == [("L1", 2), ("L3", 1)]
    assert listed("p-3") == []
    assert [count_with_signs(database, each) for each in (None, "p-1", "p-3")] == [3, 2, 0]
    seen, after = [], None
    for _ in range(3):
        page = lots_with_signs(database, None, after, 1)
        seen += [each.lot for each in page.items]
        after = page.next
    assert seen == ["L2", "L1", "L3"]
    assert after is None
    with pytest.raises(LedgerError, match=r"cursor\.malformed"):
        lots_with_signs(database, None, "W10")
