"""Complaints reach the party whose lot it is, and auditors; nobody else, and no contact further."""

from typing import Any

import pytest

from tests.api.stand import Stand
from tests.api.test_desk import complain, complaints

LIST = "/api/v1/complaints"


def listed(stand: Stand, role: str, query: str = "") -> list[dict[str, Any]]:
    answer = stand.get(LIST + query, role)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["complaints"]
    return found


def answer(stand: Stand, role: str, id_: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    sent = stand.client.post(f"{LIST}/{id_}/answer", json=body, headers=stand.as_(role))
    return sent.status_code, sent.json()


@pytest.fixture
def complained(own_stand: Stand) -> str:
    """A complaint with a contact, of the farm's lot; its id."""
    sent = complain(
        own_stand, words="Hai gói cùng số", contact="0901 234 567", consent="1",
        position="10.03,105.78", near="1",
    )  # fmt: skip
    assert sent.status_code == 200
    [found] = complaints(own_stand)
    return found.id


@pytest.mark.parametrize(
    ("role", "sees", "reaches"),
    [
        ("owner", True, True), ("clerk", True, True), ("auditor", True, True),
        ("viewer", True, False), ("scanner", True, False), ("admin", True, False),
        ("other", False, False), ("shop", False, False),
    ],
)  # fmt: skip
def test_each_role_sees_what_is_its_business(
    own_stand: Stand, complained: str, role: str, sees: bool, reaches: bool
) -> None:
    found = listed(own_stand, role)
    assert [each["id"] for each in found] == ([complained] if sees else [])
    assert [each.get("contact") for each in found if "contact" in each] == (
        [{"contact": "0901 234 567", "position": "10.03,105.78"}] if reaches else []
    )


def test_the_party_s_people_answer_and_others_do_not_know_that_there_is_one(
    own_stand: Stand, complained: str
) -> None:
    for role, status in (("other", 404), ("shop", 404), ("scanner", 403), ("viewer", 403)):
        assert answer(own_stand, role, complained, {"text": "x"})[0] == status
    status, seen = answer(own_stand, "clerk", complained, {})
    assert (status, seen["state"], "seen" in seen) == (200, "open", True)
    status, problem = answer(own_stand, "clerk", complained, {"state": "answered"})
    assert (status, problem["code"]) == (422, "complaint.nothing"), "nobody would read anything"
    status, said = answer(own_stand, "owner", complained, {"text": "Đã kiểm tra"})
    assert (status, said["state"], said["answer"]) == (200, "answered", "Đã kiểm tra")
    status, said = answer(own_stand, "owner", complained, {"state": "closed"})
    assert (said["state"], said["answer"]) == ("closed", "Đã kiểm tra")
    status, said = answer(own_stand, "owner", complained, {"state": "answered"})
    assert (status, said["state"], said["answer"]) == (200, "answered", "Đã kiểm tra")
    assert answer(own_stand, "owner", "0" * 16, {"text": "x"})[0] == 404


def test_an_auditor_remarks_beside_the_answer_and_changes_nothing_of_it(
    own_stand: Stand, complained: str
) -> None:
    status, said = answer(own_stand, "auditor", complained, {"text": "Đã xem sổ in tem"})
    assert (status, said["remark"], said["state"]) == (200, "Đã xem sổ in tem", "open")
    for nothing in ({}, {"state": "closed"}, {"state": "closed", "text": "x"}):
        status, problem = answer(own_stand, "auditor", complained, nothing)
        assert (status, problem["code"]) == (422, "complaint.nothing")


@pytest.mark.parametrize("body", [{"state": "seen"}, {"text": "x" * 1_001}, {"party": "me"}])
def test_an_answer_of_no_sense_is_refused(
    own_stand: Stand, complained: str, body: dict[str, Any]
) -> None:
    status, problem = answer(own_stand, "owner", complained, body)
    assert (status, problem["code"]) == (422, "request.field")


@pytest.mark.parametrize(("role", "status"), [("clerk", 204), ("admin", 204), ("other", 404),
                                              ("scanner", 403), ("auditor", 403)])  # fmt: skip
def test_a_contact_is_erased_by_who_answers_for_it_or_by_the_operator(
    own_stand: Stand, complained: str, role: str, status: int
) -> None:
    path = f"{LIST}/{complained}/contact"
    assert own_stand.client.delete(path, headers=own_stand.as_(role)).status_code == status
    [found] = listed(own_stand, "owner")
    assert ("contact" in found) == (status != 204)


def test_a_list_is_narrowed_and_paged(own_stand: Stand) -> None:
    for lot in ("A1", "A2", "A3"):
        complain(own_stand, f"/complain/01/{own_stand.product}/10/{lot}")
    assert len(listed(own_stand, "owner")) == 3
    [one] = listed(own_stand, "auditor", f"?gtin={own_stand.product}&lot=A2")
    assert one["lot"] == "A2"
    assert listed(own_stand, "owner", "?state=answered") == []
    first = own_stand.get(f"{LIST}?limit=2", "owner").json()
    rest = own_stand.get(f"{LIST}?limit=2&after={first['next']}", "owner").json()
    assert [each["lot"] for each in (*first["complaints"], *rest["complaints"])] == [
        "A3", "A2", "A1",
    ]  # fmt: skip
    assert "next" not in rest
    assert own_stand.get(f"{LIST}?after=x", "owner").status_code == 400


def test_monitoring_sees_how_many_wait_and_nothing_of_them(
    own_stand: Stand, complained: str
) -> None:
    goc = own_stand.app.state.goc
    goc.metrics.to_see(goc.scans.noticed(), goc.desk.complaints.open())
    page = own_stand.get("/metrics", "monitoring").text
    assert "goc_complaints_open 1.0" in page
    assert "goc_scan_signs 0.0" in page
    assert complained not in page
