"""What people tell a server by plain forms: where they scanned, and what is wrong."""

import re
from html import unescape
from typing import Any

import httpx
import pytest

from api.desk import SENT_BY_ONE
from api.web.render import CONTENT_SECURITY_POLICY, FORM_SECURITY_POLICY
from labels import serials
from tests.api.stand import Stand
from tests.kit import Signed
from traceability.ledger.complaints import LOT_A_DAY, Complaint
from traceability.ledger.scan_signs import Scanned

FORM = "application/x-www-form-urlencoded"
READ = 3_000  # milliseconds in which somebody has read a form


def labelled(stand: Stand) -> str:
    """The serial of a label of the stand's lot."""
    key = stand.ledger.label_keys.newest()
    record: Signed = stand.world.label(
        stand.farm, stand.product, stand.lot, 5, data={"key": key.id}
    )
    assert stand.append(record).status_code == 201
    return serials.serial(key, stand.product, stand.lot, record.name, 0)


def token_in(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def opened(stand: Stand, path: str, **headers: str) -> str:
    """A form that somebody opened and read; its token."""
    answer = stand.get(path, **headers)
    assert answer.status_code == 200, answer.text
    stand.world.later(READ)
    return token_in(answer.text)


def send(stand: Stand, path: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
    return stand.client.post(path, data=fields, headers=headers or {"origin": stand.origin})


def complain(stand: Stand, path: str = "", **fields: str) -> httpx.Response:
    """Open the form, fill it in, send it."""
    path = path or f"/complain{stand.page_path}"
    return send(stand, path, {"form": opened(stand, path), "kind": "copied", **fields})


def code_in(page: str) -> str:
    found = re.search(r'class="receipt">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})<', page)
    assert found is not None, page
    return found[1]


def complaints(stand: Stand) -> tuple[Complaint, ...]:
    found: tuple[Complaint, ...] = stand.app.state.goc.desk.complaints.page().items
    return found


def scans(stand: Stand, serial: str) -> list[tuple[str, int]]:
    counted = stand.app.state.goc.scans
    counted.flush()
    found: tuple[Scanned, ...] = counted.of(stand.product, stand.lot, serial)
    return [(each.place, each.count) for each in found]


# -- where -----------------------------------------------------------------------------------------
def test_a_scan_gets_its_province_and_is_counted_once(own_stand: Stand) -> None:
    serial = labelled(own_stand)
    page = own_stand.get(f"{own_stand.page_path}/21/{serial}", accept="text/html").text
    path = unescape(next(iter(re.findall(r'href="(/where/[^"?]+)', page))))
    assert scans(own_stand, serial) == [("", 1)]
    answer = send(own_stand, path, {"form": opened(own_stand, path), "place": "VN-CT"})
    assert answer.status_code == 200
    assert "Thank you" in answer.text
    assert scans(own_stand, serial) == [("VN-CT", 1)]


@pytest.mark.parametrize("place", ["", "Cần Thơ", "VN-73", "10.03,105.78", "FR"])
def test_what_is_not_in_the_list_is_no_place(own_stand: Stand, place: str) -> None:
    path = f"/where{own_stand.page_path}/21/{labelled(own_stand)}"
    answer = send(own_stand, path, {"form": opened(own_stand, path), "place": place})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_of_a_serial_that_is_none_nothing_is_counted(own_stand: Stand) -> None:
    labelled(own_stand)
    path = f"/where{own_stand.page_path}/21/MY-OWN-17"
    assert send(
        own_stand, path, {"form": opened(own_stand, path), "place": "VN-CT"}
    ).status_code == 200  # fmt: skip
    assert scans(own_stand, "MY-OWN-17") == []
    assert own_stand.get(f"/where{own_stand.page_path}").status_code == 400


@pytest.fixture
def behind_proxy(own_stand: Stand) -> Stand:
    """A stand whose proxy says places and addresses."""
    desk = own_stand.app.state.goc.desk
    desk.place_header, desk.address_header = "X-Place", "X-Real-IP"
    return own_stand


def test_a_proxy_may_say_the_place_and_is_believed_only_if_it_is_named(
    own_stand: Stand, behind_proxy: Stand
) -> None:
    serial = labelled(behind_proxy)
    path = f"{behind_proxy.page_path}/21/{serial}"
    said = {"X-Place": "VN-73", "X-Real-IP": "8.8.8.8", "accept": "text/html"}
    behind_proxy.get(path, **said)
    assert scans(behind_proxy, serial) == [("VN-CT", 1)]
    behind_proxy.app.state.goc.desk.place_header = ""
    behind_proxy.get(path, **said | {"X-Real-IP": "8.8.4.4"})
    assert scans(behind_proxy, serial) == [("", 1), ("VN-CT", 1)]


def test_who_reads_a_page_again_has_not_scanned_again(behind_proxy: Stand) -> None:
    serial = labelled(behind_proxy)
    path = f"{behind_proxy.page_path}/21/{serial}"
    for address in ("8.8.8.8", "8.8.8.8", "8.8.4.4", "8.8.8.8"):
        behind_proxy.get(path, accept="text/html", **{"X-Real-IP": address})
    assert scans(behind_proxy, serial) == [("", 2)]
    for written in (serial.lower(), f"{serial[:5]}-{serial[5:]}", serial.replace("0", "O")):
        typed = f"{behind_proxy.page_path}/21/{written}"
        behind_proxy.get(typed, accept="text/html", **{"X-Real-IP": "8.8.8.8"})
    assert scans(behind_proxy, serial) == [("", 2)]
    for _ in range(2):  # nobody knows whose these are: each counts
        behind_proxy.get(path, accept="text/html")
    assert scans(behind_proxy, serial) == [("", 4)]


def test_scans_take_no_room_from_the_limits_of_forms(behind_proxy: Stand) -> None:
    path = f"{behind_proxy.page_path}/21/{labelled(behind_proxy)}"
    behind_proxy.get(path, accept="text/html", **{"X-Real-IP": "8.8.8.8"})
    desk = behind_proxy.app.state.goc.desk
    assert (len(desk.visits._seen), len(desk.limits._seen)) == (1, 0)


def test_two_places_too_far_apart_are_told_plainly_and_not_as_a_proof(behind_proxy: Stand) -> None:
    serial = labelled(behind_proxy)
    path = f"{behind_proxy.page_path}/21/{serial}"

    def page(place: str) -> str:
        text = behind_proxy.get(path, accept="text/html", **{"X-Place": place}).text
        scans(behind_proxy, serial)
        return text

    assert "so far apart" not in page("VN-HN")
    text = page("VN-CT")
    assert "so far apart" in text
    assert "does not say whether the goods in your hand are genuine" in text
    assert "compare the goods with this page" in text
    assert "oftener than one package" not in text


# -- complaining -----------------------------------------------------------------------------------
def test_a_complaint_is_sent_from_the_label_s_page_and_its_answer_read_by_its_code(
    own_stand: Stand,
) -> None:
    serial = labelled(own_stand)
    page = own_stand.get(f"{own_stand.page_path}/21/{serial}", accept="text/html").text
    path = unescape(next(iter(re.findall(r'href="(/complain/[^"?]+)', page))))
    sent = complain(own_stand, path, words="Hai gói\r\ncùng số", place="VN-CT")
    assert sent.status_code == 200
    assert "Your report was sent" in sent.text
    [found] = complaints(own_stand)
    assert (found.product, found.lot, found.serial) == (own_stand.product, own_stand.lot, serial)
    assert (found.party, found.kind, found.words) == (
        own_stand.farm.id,
        "copied",
        "Hai gói\ncùng số",
    )
    code = code_in(sent.text)
    assert code not in str(found)
    assert "goc.example/complaint" in sent.text
    assert f'href="{own_stand.page_path}/21/{serial}?lang=en"' in sent.text
    other = {"form": token_in(sent.text), "code": code, "do": "look"}
    assert 'action="/complaint?lang=vi"' in sent.text
    assert code in send(own_stand, "/complaint?lang=vi", other).text
    own_stand.app.state.goc.desk.complaints.answer(found.id, None, "Xin cảm ơn <b>bạn</b>")
    token = opened(own_stand, "/complaint")
    read = send(own_stand, "/complaint", {"form": token, "code": code.lower(), "do": "look"})
    assert read.status_code == 200
    assert "Answered" in read.text
    assert "Xin cảm ơn &lt;b&gt;bạn&lt;/b&gt;" in read.text
    wrong = send(own_stand, "/complaint", {"form": token, "code": "0000-0000-0000"})
    assert wrong.status_code == 404
    assert "no such complaint" in wrong.text


def test_who_presses_twice_complains_once(own_stand: Stand) -> None:
    path = f"/complain{own_stand.page_path}"
    fields = {"form": opened(own_stand, path), "kind": "other"}
    codes = {code_in(send(own_stand, path, fields).text) for _ in range(3)}
    assert len(codes) == len(complaints(own_stand)) == 1


def test_of_a_lot_that_nobody_made_one_can_complain_and_its_product_s_owner_hears_of_it(
    own_stand: Stand,
) -> None:
    unknown = own_stand.get(f"/01/{own_stand.product}/10/FORGED-7", accept="text/html")
    assert unknown.status_code == 404
    [path] = re.findall(r'href="(/complain/[^"?]+)', unknown.text)
    assert complain(own_stand, path).status_code == 200
    assert [each.party for each in complaints(own_stand)] == [own_stand.farm.id]
    refused = complain(own_stand, "/complain/01/08931234567897/10/L1")
    assert refused.status_code == 422
    assert "nobody could answer you" in refused.text
    assert len(complaints(own_stand)) == 1


def test_contact_and_position_need_consent_and_whoever_gave_them_takes_them_back(
    own_stand: Stand,
) -> None:
    path = f"/complain{own_stand.page_path}"
    refused = complain(own_stand, path, contact="0901 234 567", words="Dập nát")
    assert refused.status_code == 422
    assert "tick the box of consent" in refused.text
    assert "Dập nát" in refused.text  # nothing has to be written twice
    assert complaints(own_stand) == ()
    sent = complain(
        own_stand, path, contact="0901 234 567", consent="1", position="10.03,105.78", near="1"
    )
    [found] = complaints(own_stand)
    desk = own_stand.app.state.goc.desk
    assert desk.complaints.contacts([found.id])[found.id].contact == "0901 234 567"
    token = token_in(sent.text)
    erased = send(
        own_stand, "/complaint", {"form": token, "code": code_in(sent.text), "do": "erase"}
    )
    assert "Contact and position are erased" in erased.text
    assert desk.complaints.contacts([found.id]) == {}


def test_a_position_without_its_tick_is_not_taken_and_no_finer_than_agreed(
    own_stand: Stand,
) -> None:
    complain(own_stand, position="10.03,105.78")
    [found] = complaints(own_stand)
    assert own_stand.app.state.goc.desk.complaints.contacts([found.id]) == {}
    fine = complain(own_stand, position="10.03123,105.78456", near="1")
    assert fine.status_code == 422
    assert len(complaints(own_stand)) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "smear"}, 422),
        ({"kind": ""}, 422),
        ({"place": "Cần Thơ"}, 400),
        ({"words": "x" * 1_001}, 422),
        ({"contact": "x" * 121, "consent": "1"}, 422),
        ({"website": "https://spam.example"}, 422),
        ({"form": ""}, 422),
        ({"form": "A" * 43}, 422),
        ({"words": "x" * 20_000}, 413),
        ({f"field{n}": "x" for n in range(40)}, 400),
    ],
)
def test_what_no_reader_sends_is_refused_in_the_form(
    own_stand: Stand, fields: dict[str, str], status: int
) -> None:
    answer = complain(own_stand, **fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert complaints(own_stand) == ()


def test_a_form_of_one_field_is_taken_at_once(own_stand: Stand) -> None:
    path = f"/where{own_stand.page_path}/21/{labelled(own_stand)}"
    token = token_in(own_stand.get(path).text)
    assert send(own_stand, path, {"form": token, "place": "VN-CT"}).status_code == 200


def test_a_form_that_was_only_just_opened_was_read_by_nobody(own_stand: Stand) -> None:
    path = f"/complain{own_stand.page_path}"
    token = token_in(own_stand.get(path).text)
    assert send(own_stand, path, {"form": token, "kind": "other"}).status_code == 422
    own_stand.world.later(READ)
    assert send(own_stand, path, {"form": token, "kind": "other"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "https://goc.example", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "null"}, 403),
        ({"origin": "https://goc.example"}, 200),
    ],
)
def test_other_sites_cannot_have_their_readers_complain(
    own_stand: Stand, headers: dict[str, str], status: int
) -> None:
    path = f"/complain{own_stand.page_path}"
    fields = {"form": opened(own_stand, path), "kind": "other"}
    assert send(own_stand, path, fields, **headers).status_code == status
    assert len(complaints(own_stand)) == (status == 200)


def test_one_address_sends_so_many_and_others_are_not_touched_by_it(behind_proxy: Stand) -> None:
    path = f"/complain/01/{behind_proxy.product}/10/"

    def status(lot: str, address: str) -> httpx.Response:
        fields = {"form": opened(behind_proxy, path + lot), "kind": "other"}
        headers = {"X-Real-IP": address, "origin": behind_proxy.origin}
        return send(behind_proxy, path + lot, fields, **headers)

    sent = [status(f"L{n}", "8.8.8.8").status_code for n in range(SENT_BY_ONE)]
    assert set(sent) == {200}
    refused = status("L99", "8.8.8.8")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")
    assert "sent too often" in refused.text
    assert status("L99", "8.8.4.4").status_code == 200


def test_a_lot_takes_so_many_a_day(own_stand: Stand) -> None:
    answers = [complain(own_stand).status_code for _ in range(LOT_A_DAY + 1)]
    assert answers == [200] * LOT_A_DAY + [429]
    assert len(complaints(own_stand)) == LOT_A_DAY


def test_a_form_comes_with_a_policy_of_its_own_and_no_other_site_reads_it(stand: Stand) -> None:
    for path in (f"/complain{stand.page_path}", "/complaint", f"/where{stand.page_path}/21/S1"):
        answer = stand.get(path)
        assert answer.headers["content-security-policy"] == FORM_SECURITY_POLICY
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin", "or forms would have no origin"
        assert "geolocation=(self)" in answer.headers["permissions-policy"]
        assert "set-cookie" not in answer.headers
    lot = stand.get(stand.page_path, accept="text/html").headers
    assert "form-action 'none'" in lot["content-security-policy"]
    assert "geolocation=()" in lot["permissions-policy"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_forms_speak_the_reader_s_language(stand: Stand, language: str) -> None:
    answer = stand.get(f"/complain{stand.page_path}?lang={language}")
    assert answer.headers["content-language"] == language
    assert ("Báo nghi ngờ" in answer.text) == (language == "vi")
    assert "desk." not in answer.text


@pytest.mark.parametrize(
    "path", ["/complain/", "/complain/01/1/10/L1", "/complain/01/00200000000019", "/where/01/x"]
)
def test_an_address_that_is_no_label_s_is_a_page_that_says_so(stand: Stand, path: str) -> None:
    answer = stand.get(path)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy == CONTENT_SECURITY_POLICY, "or its script would not run"
    assert stand.client.post(path, data={"kind": "other"}).status_code == 400


def test_what_is_written_is_text_and_never_markup(own_stand: Stand) -> None:
    hostile = "<script>alert(1)</script>"
    answer = complain(own_stand, words=hostile, contact=hostile)
    assert answer.status_code == 422
    assert hostile not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_body_that_is_no_form_is_refused(stand: Stand) -> None:
    path = f"/complain{stand.page_path}"
    ours = {"origin": stand.origin}
    assert stand.client.post(path, json={"kind": "other"}, headers=ours).status_code == 415
    headers = {"content-type": FORM, **ours}
    bytes_ = stand.client.post(path, content=b"kind=%ff\xff", headers=headers)
    assert bytes_.status_code == 400
