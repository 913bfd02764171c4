"""What scans of one label tell, and what they do not."""

import pytest

from traceability.ledger.scan_signs import (
    FIRST,
    HOUR,
    Scanned,
    ScanThresholds,
    Sign,
    kilometres,
    signs,
)
from traceability.text import LANGUAGES, has_text

#: Cần Thơ, Hà Nội, Hậu Giang, Paris: middle points.
WHERE = {
    "VN-CT": (10.03, 105.78),
    "VN-HN": (21.03, 105.85),
    "VN-73": (9.78, 105.64),
    "FR": (48.86, 2.35),
}
T = 497_000  # an hour


def codes(*scans: Scanned, used: int | None = None) -> list[str]:
    return [sign.code for sign in signs(scans, WHERE, used)]


def test_a_package_on_its_way_to_a_kitchen_shows_nothing() -> None:
    way = [Scanned(T, "VN-73", 2), Scanned(T + 5, "VN-CT", 4), Scanned(T + 30, "VN-HN", 20)]
    assert codes(*way, used=(T + 40) * HOUR) == []
    assert codes() == []


def test_more_scans_than_one_package_is_good_for_are_a_sign() -> None:
    most = FIRST.in_window
    assert codes(Scanned(T, "VN-CT", most)) == []
    assert codes(Scanned(T, "VN-CT", most), Scanned(T + 23, "VN-CT", 1)) == ["too-many"]
    assert codes(Scanned(T, "VN-CT", most), Scanned(T + 24, "VN-CT", 1)) == []
    slowly = [Scanned(T + 24 * day, "VN-CT", most) for day in range(FIRST.in_all // most + 1)]
    assert codes(*slowly) == ["too-many"]
    assert codes(*slowly[:-1]) == []


def test_of_many_scans_the_first_that_is_too_far_from_another_is_named() -> None:
    places = sorted(WHERE)
    scans = [Scanned(T + n // 4, places[n * 7 % 4], 1) for n in range(400)]
    pairs = [
        (one, other)
        for n, one in enumerate(scans)
        for other in scans[n + 1 :]
        if kilometres(WHERE[one.place], WHERE[other.place]) - FIRST.near
        > FIRST.speed * (other.hour - one.hour + 1)
    ]
    [found] = [sign for sign in signs(scans, WHERE) if sign.code == "far-apart"]
    assert found.hour == min(other.hour for _, other in pairs)


def test_two_places_that_nobody_reaches_in_time_are_a_sign() -> None:
    assert codes(Scanned(T, "VN-HN", 1), Scanned(T, "VN-CT", 1)) == ["far-apart"]
    assert codes(Scanned(T, "VN-CT", 1), Scanned(T + 1, "FR", 1)) == ["far-apart"]
    assert codes(Scanned(T + 1, "FR", 1), Scanned(T, "VN-CT", 1)) == ["far-apart"]
    assert codes(Scanned(T, "VN-CT", 1), Scanned(T + 12, "FR", 1)) == []  # a flight


def test_what_is_merely_coarse_is_no_sign() -> None:
    assert codes(Scanned(T, "VN-CT", 9), Scanned(T, "VN-73", 9)) == []  # neighbours
    assert codes(Scanned(T, "FR", 1), Scanned(T, "", 1), Scanned(T, "XX", 1)) == []


def test_slower_is_stricter() -> None:
    lorry = ScanThresholds(version=0, speed=100)
    scans = [Scanned(T, "VN-CT", 1), Scanned(T + 3, "VN-HN", 1)]
    assert signs(scans, WHERE, None, lorry) == (Sign("far-apart", T + 3),)


def test_a_scan_long_after_the_goods_were_eaten_is_a_sign() -> None:
    eaten = T * HOUR
    assert codes(Scanned(T + FIRST.after_use, "VN-CT", 1), used=eaten) == []
    assert codes(Scanned(T + FIRST.after_use + 1, "VN-CT", 1), used=eaten) == ["after-use"]


def test_each_sign_comes_once_with_the_hour_at_which_it_first_showed() -> None:
    scans = [
        Scanned(T + 2, "FR", 100),
        Scanned(T, "VN-CT", 1),
        Scanned(T + 3, "FR", 100),
        Scanned(T + 900, "FR", 1),
    ]
    assert signs(scans, WHERE, T * HOUR) == (
        Sign("too-many", T + 2),
        Sign("far-apart", T + 2),
        Sign("after-use", T + 900),
    )


@pytest.mark.parametrize(
    ("one", "other", "about"),
    [("VN-CT", "VN-HN", 1_223), ("VN-HN", "FR", 9_200), ("VN-CT", "VN-CT", 0)],
)
def test_distances_are_those_of_an_atlas(one: str, other: str, about: int) -> None:
    assert kilometres(WHERE[one], WHERE[other]) == pytest.approx(about, abs=40)


def test_opposite_ends_of_the_earth_and_the_date_line() -> None:
    assert kilometres((90, 0), (-90, 0)) == pytest.approx(20_015, abs=2)
    assert kilometres((0, 179.5), (0, -179.5)) == pytest.approx(111, abs=1)


def test_each_sign_has_its_sentence() -> None:
    for code in ("too-many", "far-apart", "after-use"):
        for language in LANGUAGES:
            assert has_text(language, Sign(code, T).key)
