"""Numbers, dates and times as Vietnamese and English readers write them."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from shlex import split

import pytest

from api.web.format import amount, clock, day, days, lasting, moment, number
from api.web.journey import stages
from api.web.view import Amount, Party, Place, Step, StepKind
from tests.browser.pages import at, proof

VIETNAM = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        ("1234.5", "1.234,5", "1,234.5"),
        ("1234.50", "1.234,5", "1,234.5"),
        ("100.0", "100", "100"),
        ("1E+3", "1.000", "1,000"),
        ("-3.3", "-3,3", "-3.3"),
        ("-0.0", "0", "0"),
        ("0.005", "0,005", "0.005"),
        ("98765432109876543210.123456789", "98.765.432.109.876.543.210,123456789",
         "98,765,432,109,876,543,210.123456789"),
    ],
)  # fmt: skip
def test_a_number_is_exact_and_grouped(value: str, vi: str, en: str) -> None:
    assert number(Decimal(value), "vi") == vi
    assert number(Decimal(value), "en") == en


def test_counts_are_grouped_too() -> None:
    assert (number(1_532, "vi"), number(1_532, "en"), number(0, "vi")) == ("1.532", "1,532", "0")


@pytest.mark.parametrize(
    ("quantity", "vi", "en"),
    [
        (Amount(Decimal("1234.5"), "KGM"), "1.234,5\u00a0kg", "1,234.5\u00a0kg"),
        (Amount(Decimal("2"), "TNE"), "2\u00a0tấn", "2\u00a0t"),
        (Amount(Decimal("10"), "H87", "quả"), "10\u00a0quả", "10\u00a0quả"),
        (Amount(Decimal("7"), "XYZ"), "7\u00a0XYZ", "7\u00a0XYZ"),
    ],
)
def test_a_quantity_has_its_unit_beside_it(quantity: Amount, vi: str, en: str) -> None:
    assert (amount(quantity, "vi"), amount(quantity, "en")) == (vi, en)


def test_dates_are_written_as_each_reader_writes_them() -> None:
    assert day(date(2026, 11, 2), "vi") == "02/11/2026"
    assert day(date(2026, 11, 2), "en") == "2 Nov 2026"


@pytest.mark.parametrize(
    ("values", "vi", "en"),
    [
        ((), "", ""),
        ((date(2026, 11, 20),), "20/11/2026", "20 Nov 2026"),
        ((date(2026, 11, 20), date(2026, 11, 18)), "18–20/11/2026", "18–20 Nov 2026"),
        ((date(2026, 10, 28), date(2026, 11, 2)), "28/10–02/11/2026", "28 Oct–2 Nov 2026"),
        ((date(2025, 12, 30), date(2026, 1, 2)), "30/12/2025–02/01/2026",
         "30 Dec 2025–2 Jan 2026"),
    ],
)  # fmt: skip
def test_a_span_of_days_says_nothing_twice(values: tuple[date, ...], vi: str, en: str) -> None:
    assert (days(values, "vi"), days(values, "en")) == (vi, en)


def test_a_time_is_that_of_the_place_and_says_so_where_it_is_not_vietnam() -> None:
    morning = datetime(2026, 11, 22, 6, 5, tzinfo=VIETNAM)
    assert moment(morning, "vi") == "06:05, 22/11/2026"
    assert moment(morning, "en") == "22 Nov 2026, 06:05"
    kolkata = timezone(timedelta(hours=5, minutes=30))
    assert clock(morning.astimezone(kolkata)) == "04:35 GMT+5:30"
    assert clock(morning.astimezone(timezone(timedelta(hours=-5)))) == "18:05 GMT-5"


def test_a_time_that_lasts_names_a_shared_day_or_year_once() -> None:
    start = datetime(2026, 11, 20, 19, 0, tzinfo=VIETNAM)
    assert lasting(start, start.replace(hour=23), "vi") == "19:00–23:00, 20/11/2026"
    assert lasting(start, start.replace(day=21), "vi") == "19:00, 20/11 – 19:00, 21/11/2026"
    assert lasting(start, start.replace(day=21), "en") == "20 Nov, 19:00 – 21 Nov 2026, 19:00"
    assert lasting(start, start.replace(year=2027), "vi").startswith("19:00, 20/11/2026 – ")
    assert lasting(start, None, "vi") == "19:00, 20/11/2026"


def step(kind: StepKind, who: str, place: str = "") -> Step:
    return Step(kind, at(20, "06:00"), Party("farm", who), Place(place))


def test_more_than_two_like_steps_are_one_stage_and_keep_their_order() -> None:
    made = stages(
        [
            *(step(StepKind.HARVEST, name) for name in "abc"),
            *(step(StepKind.SHIP, name) for name in "ab"),
            step(StepKind.RECEIVE, "d"),
        ]
    )
    assert [len(stage.steps) for stage in made] == [3, 1, 1, 1]
    assert [party.name for party in made[0].parties] == ["a", "b", "c"]


def test_unnamed_parties_of_a_stage_are_told_once() -> None:
    (stage,) = stages([step(StepKind.HARVEST, name) for name in ("", "a", "", "a")])
    assert [party.name for party in stage.parties] == ["a", ""]


def test_a_place_is_told_again_only_when_it_changes() -> None:
    made = stages(
        [
            step(StepKind.RECEIVE, "a", "x"),
            step(StepKind.PACK, "a", "x"),
            step(StepKind.SHIP, "a", "y"),
        ]
    )
    assert [stage.moved for stage in made] == [True, False, True]


@pytest.mark.parametrize("lot", ["KH-1", "a b", "-rf", "x;rm -rf ~", "$(x)", "'", '"', "`x`"])
def test_the_command_is_five_words_for_a_shell_whatever_the_lot_is_called(lot: str) -> None:
    known = proof(lot)
    assert split(known.command) == ["goc", "verify", f"./{lot}.goc.json", "--log",
                                    known.verifier_key]  # fmt: skip
