"""The provinces as coarse places: today's 34 for every code that anybody may write."""

import json
import re
import sqlite3
from pathlib import Path

import pytest
import vietnamadminunits  # type: ignore[import-untyped,unused-ignore]

from api.web.province_map import code_of
from tools.province_points import TARGET, apart, communes
from traceability.core.errors import FormatError
from traceability.ledger.provinces import ABROAD, MIDDLES, PROVINCES, place_of
from traceability.ledger.scan_signs import FIRST, kilometres
from traceability.ledger.scans import Scans

DATA = Path(vietnamadminunits.__file__).parent / "data" / "dataset.db"


def test_they_are_the_34_of_today_at_their_middle_points() -> None:
    query = "SELECT DISTINCT provinceCode, provinceShort, provinceLat, provinceLon FROM admin_units"
    with sqlite3.connect(DATA) as base:
        known = {number: (name, lat, lon) for number, name, lat, lon in base.execute(query)}
    assert {each.number for each in PROVINCES} == set(known)
    for each in PROVINCES:
        name, *at = known[each.number]
        assert each.name == name
        assert each.at == pytest.approx(at, abs=0.01)
        assert code_of(each.name) == each.number


def test_every_code_of_the_63_leads_to_one_of_today() -> None:
    codes = [code for each in PROVINCES for code in (each.code, *each.was)]
    assert len(set(codes)) == len(codes) == 63
    assert all(re.fullmatch(r"VN-[A-Z0-9]{2}", code) for code in codes)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("VN-CT", "VN-CT"), ("VN-73", "VN-CT"), ("vn-hn", "VN-HN"), ("VN", "VN"), ("VN-99", "VN"),
        ("VN-", "VN"), ("FR", "FR"), ("FR-75", "FR"), ("us-ca", "US"), (ABROAD, ABROAD), ("XX", ""),
        ("T1", ""), ("", ""), ("-", ""), ("Viet Nam", ""), ("192.0.2.1", ""), ("ĐN", ""),
        (" VN-SG ", "VN-SG"),
    ],
)  # fmt: skip
def test_what_a_proxy_writes_becomes_a_place_that_can_be_counted(written: str, place: str) -> None:
    assert place_of(written) == place
    try:
        Scans(None, lambda: 0).note("", "", "", place)  # type: ignore[arg-type]
    except FormatError:
        pytest.fail("no place")


def test_neighbours_are_nearer_than_what_is_merely_coarse() -> None:
    """The farthest commune on land of each province, from its middle point."""
    radius: dict[str, float] = {}
    for code, (lat, lon) in communes():
        far = kilometres(MIDDLES[code], (lat / 100, lon / 100))
        if lon < 11000:  # not Hoàng Sa and Trường Sa
            radius[code] = max(far, radius.get(code, 0))
    two = sorted(radius.values())[-2:]
    assert sum(two) < FIRST.near + FIRST.speed


def test_a_phone_guesses_right_nearly_everywhere() -> None:
    points = [
        (code, (lat, lon))
        for code, each in json.loads(TARGET.read_text()).items()
        for lat, lon in each
    ]
    assert {code for code, _ in points} == set(MIDDLES)
    all_ = communes()
    right = sum(min(points, key=lambda p: apart(p[1], at))[0] == code for code, at in all_)
    assert right / len(all_) > 0.92
