"""The map of a lot's way: names of provinces old and new, what is drawn, and what is refused."""

from xml.etree import ElementTree

import pytest

from api.web.province_map import MOST, code_of, draw, way_of
from traceability.core.errors import LedgerError

SVG = "{http://www.w3.org/2000/svg}"
INK = "#1d2416"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Cần Thơ", "92"),
        ("Thành phố Cần Thơ", "92"),
        ("TP. Cần Thơ", "92"),
        ("Hậu Giang", "92"),
        ("tỉnh Sóc Trăng", "92"),
        ("CAN THO", "92"),
        ("Đắk Lắk", "66"),
        ("Dak Lak", "66"),
        ("TP Hồ Chí Minh", "79"),
        ("Bà Rịa - Vũng Tàu", "79"),
        ("Thừa Thiên Huế", "46"),
        ("Kobe", None),
        ("", None),
    ],
)
def test_a_province_is_known_by_any_of_its_names(name: str, code: str | None) -> None:
    assert code_of(name) == code


def test_a_way_names_each_province_once_and_only_journeys_that_were_made() -> None:
    way = way_of(
        ["Hậu Giang", "Vĩnh Long", "Cần Thơ", "Hà Nội"],
        [("Hậu Giang", "Vĩnh Long"), ("Cần Thơ", "Vĩnh Long"), ("Vĩnh Long", "Kobe")],
    )
    assert way is not None
    assert way.stops == ("Cần Thơ", "Vĩnh Long", "Hà Nội")
    assert way.path == "/maps/92-86-01.12.svg"


def test_without_a_known_province_or_with_too_many_there_is_no_map() -> None:
    assert way_of(["Kobe"], []) is None
    many = [
        "Hà Nội",
        "Cao Bằng",
        "Sơn La",
        "Lào Cai",
        "Huế",
        "Cà Mau",
        "Gia Lai",
        "An Giang",
        "Phú Thọ",
    ]
    assert len(many) == MOST
    assert way_of(many, []) is not None
    assert way_of([*many, "Đồng Nai"], []) is None


def test_all_of_the_country_is_drawn_and_what_was_passed_stands_out() -> None:
    drawn = ElementTree.fromstring(draw("92-79.12"))  # noqa: S314 - our own
    shapes = [each for each in drawn.iter(f"{SVG}path") if each.get("d", "").endswith("z")]
    land = [each for each in shapes if each.get("fill") != INK]
    assert len(land) == 34
    assert len({each.get("fill") for each in land}) == 2
    assert [each.text for each in drawn.iter(f"{SVG}text")] == ["Hoàng Sa", "Trường Sa", "1", "2"]
    islands = [each for each in drawn.iter(f"{SVG}path") if "h0" in each.get("d", "")]
    assert len(islands) == 2
    assert len([each for each in drawn.iter(f"{SVG}path") if each.get("marker-end")]) == 1


def test_marks_of_neighbours_do_not_cover_each_other() -> None:
    drawn = ElementTree.fromstring(draw("91-92-86-82-80-79"))  # noqa: S314 - our own
    marks = [
        (float(each.get("cx", 0)), float(each.get("cy", 0)), float(each.get("r", 0)))
        for each in drawn.iter(f"{SVG}circle")
    ]
    assert len(marks) == 6
    for n, (x, y, radius) in enumerate(marks):
        for a, b, other in marks[:n]:
            assert (x - a) ** 2 + (y - b) ** 2 > (radius + other) ** 2


@pytest.mark.parametrize(
    "name", ["", "99", "92-92", "92.11", "92-79.13", "92-79.", "92/79", "9", "92-79.12x", "92" * 60]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(LedgerError, match=r"request\.nothing-here"):
        draw(name)
