"""What a clerk does on the pages: see what is missing; make, print and void labels."""

import io
import re
import time
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from api.clerk import PAGE
from api.print_jobs import own
from api.routes import clerk_print
from labels import serials
from tests.api.stand import PATIENCE, Stand
from tests.kit import DAY, Signed
from traceability.clock import random_bytes
from traceability.core import b64
from traceability.ledger.print_jobs import PrintJob
from traceability.text import text


def nonce() -> str:
    return b64.encode(random_bytes(16))


def make(stand: Stand, role: str = "clerk", **fields: str) -> httpx.Response:
    """Send the form for labels, filled in with ``fields``."""
    filled = {"count": "5", "net": "1", "unit": "KGM", "nonce": nonce(), **fields}
    return stand.send_form(f"{stand.clerk_path}/labels/new", role, **filled)


def void(stand: Stand, record: str, **fields: str) -> httpx.Response:
    """Send the form for voiding labels."""
    path = f"{stand.clerk_path}/labels/{record}/void"
    return stand.send_form(path, "clerk", nonce=nonce(), **fields)


def record_in(answer: httpx.Response) -> str:
    """The label record to whose page an answer leads."""
    assert answer.status_code == 303, words(answer)
    found = re.search(r"/labels/([\w-]{43})/print\?", answer.headers["location"])
    assert found is not None
    return found[1]


def words(answer: httpx.Response) -> str:
    """What a page says."""
    inside = answer.text[answer.text.index("<main") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", inside)).split())


def serial(stand: Stand, record: str, index: int) -> str:
    key = stand.ledger.label_keys.newest()
    return serials.serial(key, stand.product, stand.lot, record, index)


def serials_on(answer: httpx.Response) -> set[str]:
    """The serials in the symbols of a PDF, as a scanner reads them."""
    found = set()
    for sheet in pypdfium2.PdfDocument(io.BytesIO(answer.content)):
        image = sheet.render(scale=300 / 72).to_pil()
        found |= {each.text.rpartition("/21/")[2] for each in zxingcpp.read_barcodes(image)}
    return found


# -- looking -----------------------------------------------------------------------------------
def test_the_list_has_the_partys_own_lots_newest_first_with_a_word_on_each(
    own_stand: Stand,
) -> None:
    world, farm = own_stand.world, own_stand.farm
    for _ in range(PAGE):
        line = (own_stand.product, world.lot(), "10 KGM")
        assert own_stand.append(world.harvest(farm, own_stand.plot, [line])).status_code == 201
    theirs = world.harvest(
        own_stand.other, world.place(own_stand.other),
        [(world.product(own_stand.other), world.lot(), "10 KGM")],
    )  # fmt: skip
    assert {
        each["status"] for each in own_stand.append_all(world.take(), "other").json()["results"]
    }
    first = own_stand.visit("/app", "viewer")
    lots = re.findall(r"/app/lots/\d{14}/(L\d{6})\?", first.text)
    assert len(lots) == PAGE
    assert lots == sorted(lots, reverse=True)
    assert theirs[0].lot not in lots
    assert own_stand.lot not in lots
    assert "Missing: " in words(first)
    assert "No labels yet 10 kg made · 10 kg still held" in words(first)
    more = re.search(r'href="(/app\?[^"]*after=[^"]+)"', first.text)
    assert more is not None
    second = own_stand.visit(unescape(more[1]), "viewer")
    assert re.findall(r"/app/lots/\d{14}/(L\d{6})\?", second.text) == [own_stand.lot]
    everything = own_stand.visit("/app", "auditor")
    assert len(re.findall(r"/app/lots/", everything.text)) == PAGE


def test_a_lot_is_found_by_its_code_how_it_begins_or_its_product(own_stand: Stand) -> None:
    def found(find: str, role: str = "clerk") -> list[str]:
        page = own_stand.visit(f"/app?{urlencode({'find': find})}", role)
        assert page.status_code == 200
        return re.findall(r"/app/lots/\d{14}/(L\d{6})\?", page.text)

    world, other = own_stand.world, own_stand.other
    line = [(world.product(other), world.lot(), "10 KGM")]
    theirs = world.harvest(other, world.place(other), line)
    assert own_stand.append_all(world.take(), "other").status_code == 200
    for find in (own_stand.lot, own_stand.lot.lower(), "L0", own_stand.product):
        assert found(find) == [own_stand.lot]
    assert found("%") == found("_") == found("L9") == []
    assert set(found("L0", "auditor")) == {own_stand.lot, theirs[0].lot}
    code = urlencode({"find": theirs[0].lot})
    assert "This lot is another party's" in words(own_stand.visit(f"/app?{code}", "clerk"))
    assert "No lot was found" in words(own_stand.visit("/app?find=L999999", "clerk"))


def test_a_lot_says_which_fields_are_missing_and_what_to_do(stand: Stand) -> None:
    said = words(stand.visit(stand.clerk_path, "viewer"))
    assert "Field 2. The product has no picture. Take a clear picture" in said
    assert "Circular 02/2024/TT-BKHCN" in said
    vietnamese = stand.visit(f"{stand.clerk_path}?lang=vi", "viewer")
    assert "Mục 2. Chưa có hình ảnh sản phẩm." in words(vietnamese)


def test_who_may_only_look_is_offered_nothing_else(stand: Stand) -> None:
    stand.labels(1)
    for role in ("viewer", "auditor", "admin", "scanner"):
        page = stand.visit(stand.clerk_path, role)
        assert "may look, but not make" in words(page)
        assert "/labels/" not in page.text
    assert "/labels/new" in stand.visit(stand.clerk_path, "clerk").text


def test_a_lot_that_is_only_labelled_so_far_is_in_the_list_as_not_packed(own_stand: Stand) -> None:
    key = own_stand.ledger.label_keys.newest().id
    ahead = own_stand.world.label(
        own_stand.farm, own_stand.product, "PACK-2", 3, ahead=[(own_stand.harvest[0], "3 KGM")],
        data={"key": key},
    )  # fmt: skip
    assert own_stand.append(ahead).status_code == 201
    assert "PACK-2 Labels: 3 Not packed yet" in words(own_stand.visit("/app", "clerk"))
    said = words(own_stand.visit(own_stand.clerk_path.replace(own_stand.lot, "PACK-2"), "clerk"))
    assert "waiting for goods 3" in said
    assert "3 labels were made ahead; the goods of this lot are not packed yet" in said
    assert "have their labels" not in said
    assert "has its labels" not in said


def test_an_open_alert_is_listed_by_its_title_and_is_no_missing_field(own_stand: Stand) -> None:
    before = words(own_stand.visit(own_stand.clerk_path, "clerk"))
    missing = re.search(r"Missing: (\d+)", before)
    assert missing is not None
    assert "Alerts:" not in before
    tons = [(own_stand.product, own_stand.world.lot(), "80000 KGM")]
    more = own_stand.world.harvest(own_stand.farm, own_stand.plot, tons)
    assert own_stand.append(more).status_code == 201
    there = f"/app/lots/{own_stand.product}/{more[0].lot}"
    said = words(own_stand.visit(there, "clerk"))
    assert missing[0] in said
    assert "Alerts: 1" in said
    assert text("en", "alert.harvest.yield") in said
    assert "alert that is still open" not in said


@pytest.mark.parametrize("after", ["x", "W10", "WzEsMiwzXQ"])
def test_a_made_up_place_in_the_list_is_a_page_that_says_so(stand: Stand, after: str) -> None:
    assert stand.visit(f"/app?after={after}", "clerk").status_code == 400


# -- making ------------------------------------------------------------------------------------
def test_labels_are_made_signed_by_the_party_and_counted(own_stand: Stand) -> None:
    record = record_in(make(own_stand, count="12", net="0,5"))
    shown = own_stand.get(f"/api/v1/records/{record}", "owner").json()
    assert shown["claims"]["iss"] == own_stand.farm.id
    assert shown["claims"]["data"]["net"] == "0.5 KGM"
    said = words(own_stand.visit(own_stand.clerk_path, "clerk"))
    assert "Labels made 12 Labels with goods 12 Made without labels 94 kg" in said
    assert "May still be made, of 0.5 kg 188" in said
    assert 'value="0.5"' in own_stand.visit(f"{own_stand.clerk_path}/labels/new", "clerk").text


def test_more_labels_than_goods_are_refused_on_the_form_with_what_was_entered(
    stand: Stand,
) -> None:
    before = stand.size
    answer = make(stand, count="5.000")
    assert answer.status_code == 422
    assert "at most" in words(answer)
    assert 'value="5.000"' in answer.text
    assert 'aria-describedby="count-why"' in answer.text
    assert stand.size == before


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"count": ""}, "as a whole number"),
        ({"count": "1,5"}, "as a whole number"),
        ({"count": "ba"}, "as a whole number"),
        ({"count": "99999999999"}, "as a whole number"),
        ({"net": "1.000"}, "without separators"),
        ({"net": "-1"}, "without separators"),
        ({"net": "1e3"}, "without separators"),
        ({"net": "0,0"}, "more than zero"),
        ({"count": "0"}, "as a whole number"),
        ({"unit": "XXX"}, "XXX"),
        ({"unit": "LTR"}, "is counted in kg"),
        ({"count": "10000001"}, "from 1 to 10,000,000"),
        ({"nonce": ""}, "open the page again"),
    ],
)
def test_what_was_entered_wrongly_is_told_and_nothing_made(
    stand: Stand, fields: dict[str, str], says: str
) -> None:
    before = stand.size
    answer = make(stand, **fields)
    assert answer.status_code in (400, 403, 422)
    assert says in words(answer)
    assert not re.search(r"\b(KGM|LTR|H87)\b", words(answer))
    assert stand.size == before


def test_a_form_sent_twice_makes_labels_once(own_stand: Stand) -> None:
    same = nonce()
    before = own_stand.size
    first, second = (record_in(make(own_stand, nonce=same)) for _ in range(2))
    assert first == second
    assert own_stand.size == before + 1
    changed = make(own_stand, nonce=same, count="6")
    assert changed.status_code == 409
    assert "was sent before with other content" in words(changed)
    assert own_stand.size == before + 1
    fresh = re.search(r'name="nonce" value="([\w-]{22})"', changed.text)
    assert fresh is not None
    assert record_in(make(own_stand, nonce=fresh[1], count="6")) != first


def test_a_refused_form_may_be_sent_again_once_it_is_right(stand: Stand) -> None:
    same = nonce()
    assert make(stand, nonce=same, count="5000").status_code == 422
    assert record_in(make(stand, nonce=same, count="1"))


def test_a_party_with_a_key_of_its_own_is_told_why_the_server_cannot_sign(
    own_stand: Stand,
) -> None:
    world, other = own_stand.world, own_stand.other
    plot, product = world.place(other), world.product(other)
    harvest = world.harvest(other, plot, [(product, world.lot(), "10 KGM")])
    assert own_stand.append_all(world.take(), "other").status_code == 200
    path = f"/app/lots/{product}/{harvest[0].lot}/labels/new"
    fields = {"count": "1", "net": "1", "unit": "KGM", "nonce": nonce()}
    answer = own_stand.send_form(path, "other", **fields)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


def sent_away(stand: Stand, quantity: str) -> None:
    """The farm ships so much of its lot to the shop."""
    shipped = stand.world.ship(stand.farm, [(stand.harvest[0], quantity)], to=stand.shop)
    assert stand.append(shipped).status_code == 201


def test_labels_for_goods_that_left_are_made_only_after_a_warning_was_read(
    own_stand: Stand,
) -> None:
    said = words(own_stand.visit(own_stand.clerk_path, "clerk"))
    assert "Goods made 100 kg Goods still held by you 60 kg" in said
    assert "anyway" not in own_stand.visit(f"{own_stand.clerk_path}/labels/new", "clerk").text
    sent_away(own_stand, "60 KGM")
    assert "100 kg made · none of it held any more" in words(own_stand.visit("/app", "clerk"))
    assert "still held by you 0 kg" in words(own_stand.visit(own_stand.clerk_path, "clerk"))
    page = own_stand.visit(f"{own_stand.clerk_path}/labels/new", "clerk")
    assert "You hold nothing of this lot any more (made: 100 kg)" in words(page)
    before = own_stand.size
    refused = make(own_stand, count="7")
    assert refused.status_code == 422
    assert 'id="anyway-why"' in refused.text
    assert 'value="7"' in refused.text
    assert own_stand.size == before
    assert record_in(make(own_stand, count="7", anyway="yes"))


def test_labels_for_goods_past_their_date_are_made_only_after_a_warning_was_read(
    own_stand: Stand,
) -> None:
    world = own_stand.world
    world.product(own_stand.farm, product=own_stand.product, shelfLife=3)
    assert own_stand.append_all(world.take()).status_code == 200
    assert "anyway" not in own_stand.visit(f"{own_stand.clerk_path}/labels/new", "clerk").text
    world.later(4 * DAY)
    page = own_stand.visit(f"{own_stand.clerk_path}/labels/new", "clerk")
    assert "The use-by date of this lot, 4 Jun 2026, is past" in words(page)
    assert make(own_stand).status_code == 422
    assert record_in(make(own_stand, anyway="yes"))


def test_labels_whose_key_was_withdrawn_are_offered_to_be_replaced_and_not_printed(
    own_stand: Stand,
) -> None:
    record = record_in(make(own_stand, count="3"))
    own_stand.ledger.label_keys.withdraw(own_stand.ledger.label_keys.newest().id)
    lot = own_stand.visit(own_stand.clerk_path, "clerk")
    assert "The key of 3 labels of this lot was withdrawn" in words(lot)
    assert f"/labels/{record}/print" not in lot.text
    assert f"/labels/{record}/void" in lot.text
    page = own_stand.visit(f"{own_stand.clerk_path}/labels/{record}/print?form=pdf", "clerk")
    assert "they can no longer be confirmed, and not be printed" in words(page)
    assert "/labels/new" in page.text
    assert "/file" not in page.text
    assert void(own_stand, record, which="all", sure="yes").status_code == 303
    assert (
        "was withdrawn"
        not in words(own_stand.visit(own_stand.clerk_path, "clerk")).partition("Runs of labels")[0]
    )
    newer = record_in(make(own_stand, count="3"))
    assert own_stand.visit(f"{own_stand.clerk_path}/labels/{newer}/file", "clerk").is_success


# -- printing ----------------------------------------------------------------------------------
def test_what_was_made_comes_as_a_file_whose_labels_are_genuine(own_stand: Stand) -> None:
    record = record_in(make(own_stand, count="3"))
    page = own_stand.visit(f"{own_stand.clerk_path}/labels/{record}/print?form=pdf", "clerk")
    assert "Print 3 labels" in words(page)
    answer = own_stand.visit(f"{own_stand.clerk_path}/labels/{record}/file?start=2", "clerk")
    assert answer.headers["content-disposition"].startswith("attachment;")
    found = serials_on(answer)
    assert found == {serial(own_stand, record, index) for index in (1, 2)}
    for each in found:
        seen = own_stand.get(f"{own_stand.page_path}/21/{each}", accept="text/html")
        assert "A genuine label of this lot" in seen.text


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("sheet=L7160&first=24", "first", "there is no position 24"),
        ("first=abc", "first", "Write the first free place as a whole number"),
        ("start=", "start", "as a whole number, from 1 to 4"),
        ("start=5", "start", "no label to print from number 5 on"),
    ],
)
@pytest.mark.parametrize("sent", ["at once", "as a job"])
def test_what_was_entered_wrongly_comes_back_on_the_form(
    stand: Stand, query: str, field: str, says: str, sent: str
) -> None:
    base = f"{stand.clerk_path}/labels/{stand.labels(4).name}"
    entered = {"sheet": "L7159", "first": "3", "start": "2", **dict(parse_qsl(query, True))}
    if sent == "at once":
        answer = stand.visit(f"{base}/file?{urlencode({'form': 'pdf', **entered})}", "clerk")
    else:
        answer = stand.send_form(f"{base}/jobs", "clerk", nonce=nonce(), **entered)
    assert answer.status_code in (400, 422)
    assert f'id="{field}-why"' in answer.text
    assert says in words(answer)
    for name in ("first", "start"):
        assert re.search(f'name="{name}"[^>]* value="{entered[name]}"', answer.text), name
    assert f'value="{entered["sheet"]}" checked' in answer.text


@pytest.mark.parametrize(
    ("query", "size"),
    [("kind=retail&form=zpl", "63.5 × 38.1"), ("kind=crate&form=tspl", "100 × 70")],
)
def test_a_file_for_a_label_printer_says_for_which_roll_and_how_it_is_sent(
    stand: Stand, query: str, size: str
) -> None:
    base = f"{stand.clerk_path}/labels/{stand.labels(1).name}"
    page = stand.visit(f"{base}/print?{query}", "clerk")
    assert f"a roll of {size} mm" in words(page)
    form = query[-4:].strip("=")
    assert f"copy /b tem-{stand.lot}.{form} \\\\computer\\printer" in words(page)
    assert f"-o raw tem-{stand.lot}.{form}" in words(page)
    file = stand.visit(f"{base}/file?{query}", "clerk")
    assert f'filename="tem-{stand.lot}.{form}"' in file.headers["content-disposition"]


@pytest.mark.parametrize(
    ("query", "status"),
    [("start=99", 400), ("start=0", 422), ("form=exe", 422), ("first=22", 400), ("dpi=9", 422)],
)
def test_what_cannot_be_printed_is_a_page_that_says_why(
    stand: Stand, query: str, status: int
) -> None:
    made = stand.labels(1)
    answer = stand.visit(f"{stand.clerk_path}/labels/{made.name}/file?{query}", "clerk")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_a_specimen_says_that_it_is_none_and_its_code_is_worth_nothing(stand: Stand) -> None:
    stand.labels(1)
    for kind in ("retail", "crate"):
        path = f"{stand.clerk_path}/specimen.svg?net=1%20KGM&kind={kind}"
        drawn = stand.visit(f"{path}&lang=vi", "viewer")
        assert drawn.headers["content-type"] == "image/svg+xml"
        assert ">MẪU</text>" in drawn.text
        link = re.search(r"https://goc\.example(/01/[^<\s]+)", drawn.text)
        assert link is not None
        found = stand.get(link[1], accept="text/html", **{"accept-language": "en"}).text
        assert text("en", "web.mark.specimen.title") in found


# -- voiding -----------------------------------------------------------------------------------
def test_nothing_is_voided_before_it_was_said_what_that_means(own_stand: Stand) -> None:
    record, before = record_in(make(own_stand)), own_stand.size
    asked = void(own_stand, record, which="some", first="2", last="3")
    assert asked.status_code == 200
    assert "Void 2 labels?" in words(asked)
    assert "can never be used again" in words(asked)
    assert own_stand.size == before
    done = void(own_stand, record, which="some", first="2", last="3", sure="yes")
    assert done.status_code == 303
    led = words(own_stand.visit(done.headers["location"], "clerk"))
    assert "2 labels, from number 2 to 3, are voided" in led
    boast = own_stand.visit(f"{own_stand.clerk_path}?voided=9&first=1&last=9", "clerk")
    assert "are voided" not in words(boast)
    said = words(own_stand.visit(own_stand.clerk_path, "clerk"))
    assert "Labels made 5 Labels voided 2 Labels with goods 3" in said
    page = own_stand.get(
        f"{own_stand.page_path}/21/{serial(own_stand, record, 1)}", accept="*/html"
    )
    assert page.status_code in (200, 406)
    all_left = void(own_stand, record, which="all")
    assert "Void 3 labels?" in words(all_left)


def test_labels_are_named_by_the_codes_on_them(own_stand: Stand) -> None:
    record = record_in(make(own_stand))
    ends = {"first": serial(own_stand, record, 1), "last": serial(own_stand, record, 3).lower()}
    assert "labels 2 to 4" in words(void(own_stand, record, which="some", **ends))


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [("0", "1", "first"), ("1", "6", "last"), ("3", "2", "last"), ("", "1", "first"),
     ("1", "{false}", "last"), ("1", "{mistyped}", "last")],
)  # fmt: skip
def test_labels_that_are_not_of_the_run_are_not_voided(
    stand: Stand, first: str, last: str, field: str
) -> None:
    record = record_in(make(stand))
    other: Signed = stand.labels(1)
    good = serial(stand, record, 0)
    codes = {
        "false": serial(stand, other.name, 0),
        "mistyped": good[:-1] + ("0" if good[-1] != "0" else "1"),
    }
    before = stand.size
    ends = {"first": first, "last": last.format(**codes)}
    answer = void(stand, record, which="some", sure="yes", **ends)
    assert answer.status_code in (400, 422)
    assert f'id="{field}-why"' in answer.text
    assert stand.size == before


def test_labels_that_are_void_are_not_voided_again(stand: Stand) -> None:
    record = record_in(make(stand, count="2"))
    assert void(stand, record, which="all", sure="yes").status_code == 303
    before = stand.size
    assert void(stand, record, which="all", sure="yes").status_code == 303, "sent twice"
    answer = void(stand, record, which="some", first="1", last="1")
    assert answer.status_code == 422
    assert stand.size == before


def test_labels_of_a_record_that_is_none_are_not_found(stand: Stand) -> None:
    for rest in ("print", "void", "file"):
        path = f"{stand.clerk_path}/labels/{stand.harvest.name}/{rest}"
        assert stand.visit(path, "clerk").status_code == 404


def test_a_label_keeps_its_number_whichever_others_are_voided(own_stand: Stand) -> None:
    record = record_in(make(own_stand, count="9"))
    assert void(own_stand, record, which="some", first="7", last="8", sure="yes").status_code == 303
    base = f"{own_stand.clerk_path}/labels/{record}"
    assert 'max="9"' in own_stand.visit(f"{base}/print?form=pdf", "clerk").text
    for start, left in ((6, (5, 8)), (7, (8,)), (8, (8,)), (9, (8,))):
        expected = {serial(own_stand, record, index) for index in left}
        at_once = own_stand.visit(f"{base}/file?start={start}", "clerk")
        assert serials_on(at_once) == expected
        fields = {"nonce": nonce(), "start": str(start)}
        path = job_path(own_stand.send_form(f"{base}/jobs", "clerk", **fields))
        assert "The file is ready" in ended(own_stand, path)
        assert serials_on(own_stand.visit(f"{path}/file", "clerk")) == expected
    assert void(own_stand, record, which="some", first="9", last="9", sure="yes").status_code == 303
    none = own_stand.visit(f"{base}/file?start=7", "clerk")
    assert none.status_code == 400
    assert "no label to print from number 7 on" in words(none)


# -- large runs --------------------------------------------------------------------------------
def job_path(answer: httpx.Response) -> str:
    """The page of the job that an answer leads to."""
    assert answer.status_code == 303, words(answer)
    return answer.headers["location"].partition("?")[0]


def ended(stand: Stand, path: str) -> str:
    """What the page of a job says once it goes on no longer."""
    late = time.monotonic() + PATIENCE
    while "data-again" in (page := stand.visit(path, "clerk")).text.partition("<script>")[0]:
        assert time.monotonic() < late, words(page)
        time.sleep(0.02)
    return words(page)


def test_a_large_run_is_a_job_that_is_asked_for_once_and_fetched_when_it_is_done(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerk_print, "AT_ONCE", 2)
    record = record_in(make(own_stand, count="4"))
    base = f"{own_stand.clerk_path}/labels/{record}"
    page = own_stand.visit(f"{base}/print?form=pdf", "clerk")
    assert f'action="{base}/jobs?' in page.text
    assert "Make the file" in words(page)
    fields = {"nonce": nonce(), "form": "pdf", "first": "21", "start": "3"}
    path, again = (job_path(own_stand.send_form(f"{base}/jobs", "clerk", **fields)) for _ in "12")
    assert path == again
    assert "The file is ready" in ended(own_stand, path)
    file = own_stand.visit(f"{path}/file", "clerk")
    assert serials_on(file) == {serial(own_stand, record, index) for index in (2, 3)}
    assert "2 labels, PDF, L7160: The file is ready" in words(
        own_stand.visit(own_stand.clerk_path, "owner")
    )
    assert "The file is ready" not in words(own_stand.visit(own_stand.clerk_path, "viewer"))


def test_the_page_of_a_job_that_goes_on_does_so_without_script(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = record_in(make(own_stand, count="2"))
    jobs = f"{own_stand.clerk_path}/labels/{record}/jobs"
    path = job_path(own_stand.send_form(jobs, "clerk", nonce=nonce(), form="zpl"))
    refresh = '<noscript><meta http-equiv="refresh" content="5"></noscript>'
    page = own_stand.visit(path, "clerk").text
    assert (refresh in page) == ("data-again" in page.partition("<script>")[0])
    said = ended(own_stand, path)
    assert refresh not in own_stand.visit(path, "clerk").text, said
    with monkeypatch.context() as going:
        going.setattr("api.routes.clerk_jobs.own", _as_if_it_went_on)
        assert refresh in own_stand.visit(path, "clerk").text
    assert "2 labels, ZPL 203 dpi: The file is ready" in words(
        own_stand.visit(own_stand.clerk_path, "owner")
    )


def _as_if_it_went_on(*asked: Any) -> PrintJob:
    return replace(own(*asked), state="running", printed=1)


def test_a_job_is_stopped_and_begun_again(own_stand: Stand) -> None:
    record = record_in(make(own_stand, count="2"))
    jobs = f"{own_stand.clerk_path}/labels/{record}/jobs"
    path = job_path(own_stand.send_form(jobs, "clerk", nonce=nonce()))
    ended(own_stand, path)
    own_stand.send_form(path, "clerk", do="cancel")
    assert "Stopped, and the file dropped" in ended(own_stand, path)
    assert own_stand.visit(f"{path}/file", "clerk").status_code == 409
    own_stand.send_form(path, "clerk", do="resume")
    assert "The file is ready" in ended(own_stand, path)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"form": "exe"}, 422),
        ({"dpi": "x"}, 422),
        ({"first": "0"}, 422),
        ({"start": "99"}, 400),
        ({"first": "22"}, 400),
        ({"nonce": ""}, 403),
    ],
)
def test_what_cannot_be_drawn_begins_no_job(
    stand: Stand, fields: dict[str, str], status: int
) -> None:
    before = stand.get("/api/v1/print-jobs", "owner").json()
    path = f"{stand.clerk_path}/labels/{stand.labels(1).name}/jobs"
    answer = stand.send_form(path, "clerk", **{"nonce": nonce(), **fields})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert stand.get("/api/v1/print-jobs", "owner").json() == before
