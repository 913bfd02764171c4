"""What scans of its labels tell a lot's maker and auditors."""

import pytest

from tests.api.stand import Stand
from tests.api.test_desk import labelled
from traceability.ledger.scan_signs import FIRST


@pytest.fixture
def copied(own_stand: Stand) -> str:
    """A label that was scanned far apart, and too often; its serial."""
    serial, scans = labelled(own_stand), own_stand.app.state.goc.scans
    about = own_stand.product, own_stand.lot
    for place in ("VN-HN", "VN-CT"):
        scans.note(*about, serial, place)
    for _ in range(FIRST.in_window):
        scans.note(*about, serial)
    scans.note(*about, None)
    scans.flush()
    return serial


def test_a_maker_sees_totals_and_which_labels_look_copied(own_stand: Stand, copied: str) -> None:
    found = own_stand.get(f"{own_stand.lot_path}/scans", "owner").json()
    assert (found["scans"], found["labels"], found["invented"]) == (FIRST.in_window + 2, 1, 1)
    [suspect] = found["suspects"]
    assert suspect["serial"] == copied
    assert {sign["code"] for sign in suspect["signs"]} == {"far-apart", "too-many"}
    assert all("may have been copied" in sign["text"] for sign in suspect["signs"])
    assert {(day["place"], day["count"]) for day in suspect["days"]} == {
        ("", FIRST.in_window), ("VN-HN", 1), ("VN-CT", 1),
    }  # fmt: skip
    assert all(len(day["day"]) == 10 for day in suspect["days"])
    assert "next" not in found


@pytest.mark.parametrize(
    ("role", "status"),
    [("viewer", 200), ("shop", 200), ("auditor", 200), ("admin", 200), ("other", 404)],
)
def test_who_stands_on_the_lot_s_way_may_see_it(
    own_stand: Stand, copied: str, role: str, status: int
) -> None:
    answer = own_stand.get(f"{own_stand.lot_path}/scans", role)
    assert answer.status_code == status
    assert (copied in answer.text) == (status == 200)


def test_the_lot_itself_says_how_many_labels_show_which_sign_to_who_may_know(
    own_stand: Stand, copied: str
) -> None:
    assert copied
    for role in ("owner", "auditor"):
        found = own_stand.get(own_stand.lot_path, role).json()
        assert found["copySigns"] == {"far-apart": 1, "too-many": 1}
    for role in ("anonymous", "other"):
        assert "copySigns" not in own_stand.get(own_stand.lot_path, role).json()


def test_labels_come_in_pages(own_stand: Stand, copied: str) -> None:
    scans = own_stand.app.state.goc.scans
    for serial in ("AAA", "ZZZ"):
        for place in ("VN-HN", "VN-CT"):
            scans.note(own_stand.product, own_stand.lot, serial, place)
    scans.flush()
    seen: list[str] = []
    query = "?limit=1"
    while query:
        found = own_stand.get(f"{own_stand.lot_path}/scans{query}", "owner").json()
        seen += [each["serial"] for each in found["suspects"]]
        query = f"?limit=1&after={found['next']}" if "next" in found else ""
    assert seen == sorted({"AAA", "ZZZ", copied})


def test_of_a_lot_that_is_not_there_nothing_is_said(stand: Stand) -> None:
    answer = stand.get(f"/api/v1/lots/{stand.product}/NO-SUCH/scans", "auditor")
    assert (answer.status_code, answer.json()["code"]) == (404, "lot.unknown")
