"""Complaints and signs of copied labels on the pages of a cooperative's people."""

import re
from html import unescape

import httpx
import pytest

from api import clerk_desk
from tests.api.stand import Stand
from tests.api.test_clerk import words
from tests.api.test_complaints import complained
from tests.api.test_desk import complain
from tests.api.test_scans import copied
from traceability.ledger.complaints import MOST_WORDS, Complaint
from traceability.ledger.scan_signs import FIRST

__all__ = ["complained", "copied"]  # fixtures
CONTACT = "0901 234 567"


def path_of(id_: str, rest: str = "") -> str:
    return f"/app/complaints/{id_}{rest}"


def standing(stand: Stand, id_: str) -> Complaint:
    found: Complaint = stand.app.state.goc.desk.complaints.get(id_)
    return found


def answer(stand: Stand, role: str, id_: str, **fields: str) -> httpx.Response:
    return stand.send_form(path_of(id_), role, **fields)


# -- what waits --------------------------------------------------------------------------------
def test_the_start_page_says_what_waits_and_nothing_where_nothing_does(
    own_stand: Stand, copied: str
) -> None:
    def waits(role: str) -> tuple[bool, bool]:
        page = own_stand.visit("/app", role)
        return "Complaints to answer: 1" in words(page), "copied labels: 1" in words(page)

    assert copied
    assert waits("clerk") == (False, True)
    complain(own_stand)
    assert waits("clerk") == waits("viewer") == waits("auditor") == waits("admin") == (True, True)
    assert waits("other") == waits("shop") == (False, False)
    page = own_stand.visit("/app", "clerk").text
    links = [unescape(each) for each in re.findall(r'<a href="(/app/[cs][^"]+)"', page)]
    for link in links:
        assert own_stand.lot in words(own_stand.visit(link, "clerk"))
    assert len(links) == 2


# -- the list ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "sees", "reaches"),
    [
        ("owner", True, True), ("clerk", True, True), ("auditor", True, True),
        ("viewer", True, False), ("scanner", True, False), ("admin", True, False),
        ("other", False, False), ("shop", False, False),
    ],
)  # fmt: skip
def test_each_role_sees_what_the_api_shows_it(
    own_stand: Stand, complained: str, role: str, sees: bool, reaches: bool
) -> None:
    listed = own_stand.visit("/app/complaints", role)
    assert (path_of(complained) in listed.text) == sees
    assert ("Hai gói cùng số" in listed.text) == sees
    assert ("With a contact" in words(listed)) == reaches
    assert CONTACT not in listed.text, "not where everybody at the desk reads along"
    one = own_stand.visit(path_of(complained), role)
    assert one.status_code == (200 if sees else 404)
    assert (CONTACT in one.text) == ("10.03,105.78" in one.text) == reaches
    assert (path_of(complained, "/erase") in one.text) == (role in ("owner", "clerk", "admin"))
    assert ("<textarea" in one.text) == (role in ("owner", "clerk", "auditor"))


def test_the_list_is_newest_first_narrowed_and_paged(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerk_desk, "PAGE", 2)
    for lot in ("A1", "A2", "A3"):
        complain(own_stand, f"/complain/01/{own_stand.product}/10/{lot}")
    first = own_stand.visit("/app/complaints?state=open", "owner")
    assert re.findall(r"A\d(?=</bdi></span>)", first.text) == ["A3", "A2"]
    more = re.search(r'href="(/app/complaints\?[^"]*after=[^"]+)"', first.text)
    assert more is not None
    second = own_stand.visit(unescape(more[1]), "owner")
    assert re.findall(r"A\d(?=</bdi></span>)", second.text) == ["A1"]
    assert "Only those to answer." in words(second)
    one = own_stand.visit(f"/app/complaints?gtin={own_stand.product}&lot=A2", "owner")
    assert re.findall(r"A\d(?=</bdi></span>)", one.text) == ["A2"]
    assert "no such complaints" in words(own_stand.visit("/app/complaints?state=closed", "owner"))
    for wrong, status in (("state=seen", 422), ("after=x", 400), ("lot=%00", 422)):
        assert own_stand.visit(f"/app/complaints?{wrong}", "owner").status_code == status


# -- answering ---------------------------------------------------------------------------------
def test_an_answer_is_kept_and_sending_it_twice_changes_nothing(
    own_stand: Stand, complained: str
) -> None:
    assert "Not read yet" in words(own_stand.visit(path_of(complained), "clerk"))
    seen = answer(own_stand, "clerk", complained, state="open", text="")
    assert seen.status_code == 303
    assert "Read, not answered" in words(own_stand.visit(seen.headers["location"], "clerk"))
    for _ in range(2):
        sent = answer(own_stand, "clerk", complained, state="answered", text="Đã kiểm tra\r\nsổ in")
        assert sent.status_code == 303
        found = standing(own_stand, complained)
        assert (found.state, found.answer) == ("answered", "Đã kiểm tra\nsổ in")
    shown = words(own_stand.visit(sent.headers["location"], "clerk"))
    assert "The answer is saved." in shown
    assert "Đã kiểm tra sổ in" in shown
    answer(own_stand, "owner", complained, state="closed", text="")
    found = standing(own_stand, complained)
    assert (found.state, found.answer) == ("closed", "Đã kiểm tra\nsổ in")


@pytest.mark.parametrize("role", ["clerk", "auditor"])
def test_what_is_wrong_is_said_on_the_form_and_what_was_typed_stays(
    own_stand: Stand, complained: str, role: str
) -> None:
    state = {} if role == "auditor" else {"state": "closed"}
    long = "ế<" * (MOST_WORDS // 2) + "!"
    refused = answer(own_stand, role, complained, text=long, **state)
    assert refused.status_code == 422
    assert "longer than 1000 characters" in words(refused).replace("1,000", "1000")
    assert long in unescape(refused.text)
    assert ('value="closed" checked' in refused.text) == (role == "clerk")
    nothing = answer(
        own_stand, role, complained, text=" ", **({"state": "answered"} if state else {})
    )
    assert nothing.status_code == 422
    assert f"Write a{'n answer' if state else ' remark'}" in words(nothing)
    found = standing(own_stand, complained)
    assert (found.state, found.seen, found.answer, found.remark) == ("open", None, None, None)


def test_as_many_letters_as_the_api_takes_fit_into_the_form(
    own_stand: Stand, complained: str
) -> None:
    text = "\U00020000" * MOST_WORDS  # of a letter with the longest form there is
    assert answer(own_stand, "clerk", complained, text=text, state="answered").status_code == 303
    assert standing(own_stand, complained).answer == text


def test_a_made_up_state_is_refused(own_stand: Stand, complained: str) -> None:
    assert answer(own_stand, "clerk", complained, state="seen", text="x").status_code == 422
    assert standing(own_stand, complained).answer is None


def test_an_auditor_remarks_and_leaves_the_state(own_stand: Stand, complained: str) -> None:
    page = own_stand.visit(path_of(complained), "auditor")
    assert 'name="state"' not in page.text
    sent = answer(own_stand, "auditor", complained, text="Đã xem sổ in tem")
    assert "The remark is saved." in words(own_stand.visit(sent.headers["location"], "auditor"))
    found = standing(own_stand, complained)
    assert (found.remark, found.state) == ("Đã xem sổ in tem", "open")


def test_what_strangers_wrote_is_text(own_stand: Stand) -> None:
    complain(own_stand, words="<script>alert(1)</script>\u202e</textarea>")
    page = own_stand.visit("/app/complaints", "clerk")
    link = re.search(r'href="(/app/complaints/[0-9a-z]{16})', page.text)
    assert link is not None
    one = own_stand.visit(link[1], "clerk")
    for shown in (page, one):
        assert "<script>alert" not in shown.text
        assert "\u202e" not in shown.text
    assert "&lt;script&gt;alert(1)" in one.text


# -- erasing -----------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["clerk", "admin"])
def test_a_contact_is_erased_once_that_was_read_and_twice_is_the_same(
    own_stand: Stand, complained: str, role: str
) -> None:
    asked = own_stand.visit(path_of(complained, "/erase"), role)
    assert "Erase the contact?" in words(asked)
    assert CONTACT in own_stand.visit(path_of(complained), "owner").text
    for _ in range(2):
        sent = own_stand.send_form(path_of(complained, "/erase"), role)
        assert sent.status_code == 303
        assert "are erased" in words(own_stand.visit(sent.headers["location"], role))
    left = own_stand.visit(path_of(complained), "owner").text
    assert CONTACT not in left
    assert "10.03" not in left
    assert "Hai gói cùng số" in left


# -- a lot -------------------------------------------------------------------------------------
def test_a_lot_shows_its_signs_what_they_may_mean_and_what_to_do(
    own_stand: Stand, copied: str
) -> None:
    complain(own_stand, words="Thấy hai gói")
    page = own_stand.visit(own_stand.clerk_path, "clerk")
    said = words(page)
    assert f"scanned {FIRST.in_window + 2} times" in said
    assert f"Label {copied}" in said
    assert said.count("it may have been copied") == 2
    assert "Hà Nội 1 ×" in said
    assert f"place not known {FIRST.in_window} ×" in said
    assert "Invented codes of this lot were scanned: 1" in said
    assert "A sign is no proof" in said
    assert "Only if the key that makes label codes was stolen" in said
    assert "Thấy hai gói" in said
    # Who only stands on its way sees the signs, and no complaint that went to another.
    shop = words(own_stand.visit(own_stand.clerk_path, "shop"))
    assert copied in shop
    assert "Thấy hai gói" not in shop


def test_a_lot_without_signs_says_so_and_asks_for_nothing(own_stand: Stand) -> None:
    said = words(own_stand.visit(own_stand.clerk_path, "clerk"))
    assert "There is no sign of copies so far." in said
    assert "What to do" not in said


def test_of_many_labels_and_days_few_are_shown_and_the_rest_is_in_reach(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerk_desk, "OF_LOT", 2)
    scans = own_stand.app.state.goc.scans
    serials = ["AAA", "BBB", "CCC"]
    for serial in serials:
        for place in ("VN-HN", "VN-CT", "VN", "JP", "VN-SG", "VN-DN"):
            scans.note(own_stand.product, own_stand.lot, serial, place)
    scans.flush()
    first = own_stand.visit(own_stand.clerk_path, "clerk")
    assert re.findall(r"Label (\w{3})\b", words(first)) == ["AAA", "BBB"]
    assert words(first).count("Lines besides: 2.") == 2
    assert "Vietnam, province not known 1 ×" in words(first)
    assert "Not in Vietnam (JP) 1 ×" in words(first)
    more = re.search(r'href="([^"]+after=[^"]+)#reports"', first.text)
    assert more is not None
    second = words(own_stand.visit(unescape(more[1]), "clerk"))
    assert re.findall(r"Label (\w{3})\b", second) == ["CCC"]
    listed = words(own_stand.visit("/app/signs", "auditor"))
    assert "Labels with signs: 3" in listed


def test_a_complaint_of_a_lot_that_is_not_there_says_so(own_stand: Stand) -> None:
    complain(own_stand, f"/complain/01/{own_stand.product}/10/NO-SUCH")
    page = own_stand.visit("/app/complaints", "clerk")
    link = re.search(r'href="(/app/complaints/[0-9a-z]{16})', page.text)
    assert link is not None
    one = own_stand.visit(link[1], "clerk")
    assert "The ledger has no such lot." in words(one)
    assert "/NO-SUCH" not in one.text
