"""The page of a scanned label says what that very label is worth; its lot's page stays its own."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from time import monotonic
from urllib.parse import quote, urljoin, urlsplit

import pytest

from labels import serials
from tests.api.stand import Stand
from tests.kit import DAY, Signed
from traceability.core.errors import LedgerError
from traceability.core.label_key import LabelKey
from traceability.text import text

TITLES = {
    "packed": "A genuine label of this lot",
    "not-yet": "Genuine, but not recorded as packed yet",
    "void": "This label was voided",
    "invented": "No label of this lot",
    "mistyped": "No label has this code",
    "specimen": "A sample, not a real label",
    "none": "The code you scanned bears no serial",
    "withdrawn": "This label can no longer be confirmed",
    "foreign": "Nothing is known of this label",
    "ahead": "A genuine label of goods that are not packed yet",
    "unknown": "There is no such lot",
}
OPEN = re.compile(r"<details[^>]* open")
ENGLISH = {"accept-language": "en", "accept": "text/html"}


@pytest.fixture
def key(own_stand: Stand) -> LabelKey:
    return own_stand.ledger.label_keys.newest()


def printed(stand: Stand, key: LabelKey, count: int, lot: str = "", ahead: bool = False) -> Signed:
    """Labels of a kilogram for the harvested lot, or for another that will be packed of it."""
    kept = [(stand.harvest[0], f"{count} KGM")] if ahead else []
    record = stand.world.label(
        stand.farm, stand.product, lot or stand.lot, count, ahead=kept, data={"key": key.id}
    )
    assert stand.append(record).status_code == 201
    return record


def serial_of(stand: Stand, key: LabelKey, labels: Signed, index: int, lot: str = "") -> str:
    return serials.serial(key, stand.product, lot or stand.lot, labels.name, index)


def page(stand: Stand, serial: str, lot: str = "", **headers: str) -> tuple[int, str]:
    path = f"/01/{stand.product}/10/{quote(lot or stand.lot)}/21/{quote(serial, safe='')}"
    answer = stand.get(path, **{**ENGLISH, **headers})
    assert "goc.example" in answer.text
    return answer.status_code, answer.text


def test_a_label_of_the_lot_is_told_from_all_others(own_stand: Stand, key: LabelKey) -> None:
    labels = printed(own_stand, key, 10)
    good = serial_of(own_stand, key, labels, 0)
    status, text = page(own_stand, good)
    assert status == 200
    assert TITLES["packed"] in text
    assert good in text
    assert TITLES["packed"] in page(own_stand, good.lower())[1]
    other = LabelKey(key.id, b"x" * 32)
    guessed = serial_of(own_stand, other, labels, 0)
    beyond = serial_of(own_stand, key, labels, 10)
    moved = serials.serial(key, own_stand.product, "L000009", labels.name, 0)
    swapped = good[1] + good[0] + good[2:]
    for serial, state in (
        (guessed, "invented"),
        (beyond, "invented"),
        (moved, "invented"),
        (swapped if swapped != good else good[:-1], "mistyped"),
        ("K3", "mistyped"),
        (serials.SPECIMEN, "specimen"),
    ):
        status, text = page(own_stand, serial)
        assert (status, TITLES[state] in text) == (200, True), (serial, state)
        assert TITLES["packed"] not in text


def test_voided_labels_are_void(own_stand: Stand, key: LabelKey) -> None:
    labels = printed(own_stand, key, 10)
    void = own_stand.world.void_labels(own_stand.farm, labels, (3, 4))
    assert own_stand.append(void).status_code == 201
    assert TITLES["void"] in page(own_stand, serial_of(own_stand, key, labels, 3))[1]
    assert TITLES["packed"] in page(own_stand, serial_of(own_stand, key, labels, 5))[1]


def test_labels_ahead_of_packing_are_good_and_say_that_there_is_nothing_yet(
    own_stand: Stand, key: LabelKey
) -> None:
    labels = printed(own_stand, key, 5, "PACK-1", ahead=True)
    serial = serial_of(own_stand, key, labels, 0, "PACK-1")
    status, text = page(own_stand, serial, "PACK-1")
    assert status == 200
    assert TITLES["ahead"] in text
    other = serial_of(own_stand, LabelKey(key.id, b"y" * 32), labels, 0, "PACK-1")
    status, text = page(own_stand, other, "PACK-1")
    assert status == 404
    assert TITLES["ahead"] not in text


def test_a_lot_without_labels_of_the_ledger_says_nothing_of_a_serial(own_stand: Stand) -> None:
    status, text = page(own_stand, "MY-OWN-17")
    assert status == 200
    assert TITLES["foreign"] in text
    assert "MY-OWN-17" in text


def test_what_is_said_of_one_label_is_said_to_nobody_else(own_stand: Stand, key: LabelKey) -> None:
    labels = printed(own_stand, key, 2)
    serial = serial_of(own_stand, key, labels, 0)
    before = own_stand.get(own_stand.page_path, **ENGLISH).text
    assert TITLES["packed"] in page(own_stand, serial)[1]
    after = own_stand.get(own_stand.page_path, **ENGLISH)
    assert after.text == before
    assert serial not in after.text
    assert [state for state, title in TITLES.items() if title in after.text] == ["none"]
    marked = own_stand.get(f"{own_stand.page_path}/21/{serial}", **ENGLISH)
    assert marked.headers["cache-control"] == "no-store"
    assert "etag" not in marked.headers


def test_a_serial_is_text_and_never_markup(own_stand: Stand) -> None:
    status, text = page(own_stand, "A%22<B>")
    assert status in (200, 400)
    assert "<B>" not in text


@pytest.mark.parametrize("packing", ["gzip", "identity"])
def test_it_comes_whole_however_it_is_packed(own_stand: Stand, key: LabelKey, packing: str) -> None:
    labels = printed(own_stand, key, 2)
    text = page(own_stand, serial_of(own_stand, key, labels, 1), **{"accept-encoding": packing})[1]
    assert text.rstrip().endswith("</html>")


def test_labels_that_are_scanned_at_once_are_judged_each_for_itself(
    own_stand: Stand, key: LabelKey
) -> None:
    labels, ahead = printed(own_stand, key, 40), printed(own_stand, key, 5, "PACK-1", ahead=True)
    assert own_stand.append(own_stand.world.void_labels(own_stand.farm, labels, (7, 9))).is_success
    asked = {serial_of(own_stand, key, labels, n): "packed" for n in range(40)}
    asked |= {serial_of(own_stand, key, labels, n): "void" for n in (7, 8, 9)}
    stranger = LabelKey(key.id, b"z" * 32)
    asked |= {serial_of(own_stand, stranger, labels, n): "invented" for n in range(20)}
    asked[serial_of(own_stand, key, ahead, 0, "PACK-1")] = "invented"  # of another lot

    def title(serial: str) -> str:
        text = page(own_stand, serial)[1]
        assert serial in text
        return next(name for name, words in TITLES.items() if words in text)

    with ThreadPoolExecutor(16) as pool:
        for _ in range(3):
            assert dict(zip(asked, pool.map(title, asked), strict=True)) == asked


def test_a_label_is_void_for_all_who_scan_it_from_the_answer_to_the_record_on(
    own_stand: Stand, key: LabelKey
) -> None:
    labels = printed(own_stand, key, 10)
    for n in range(10):
        serial = serial_of(own_stand, key, labels, n)
        assert TITLES["packed"] in page(own_stand, serial)[1]
        void = own_stand.world.void_labels(own_stand.farm, labels, (n, n))
        assert own_stand.append(void).status_code == 201
        assert TITLES["void"] in page(own_stand, serial)[1]


def test_when_the_ledger_cannot_be_read_all_who_wait_are_told_and_later_ones_served(
    own_stand: Stand, key: LabelKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = printed(own_stand, key, 2)
    path = f"{own_stand.page_path}/21/{serial_of(own_stand, key, labels, 1)}"
    assert own_stand.get(path, **ENGLISH).status_code == 200

    def unreachable() -> None:
        raise LedgerError("ledger.unreachable")

    with monkeypatch.context() as broken:
        broken.setattr(own_stand.ledger, "reading", unreachable)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: own_stand.get(path, **ENGLISH), range(8)))
    assert {answer.status_code for answer in answers} == {503}
    assert TITLES["packed"] in own_stand.get(path, **ENGLISH).text


def test_labels_of_a_key_that_was_stolen_can_no_longer_be_confirmed(
    own_stand: Stand, key: LabelKey
) -> None:
    labels, ahead = printed(own_stand, key, 4), printed(own_stand, key, 2, "PACK-1", ahead=True)
    void = own_stand.world.void_labels(own_stand.farm, labels, (3, 3))
    assert own_stand.append(void).status_code == 201
    fake = serial_of(own_stand, LabelKey(key.id, b"q" * 32), labels, 0)
    new = own_stand.ledger.label_keys.withdraw(key.id)
    assert new is not None
    later, forged = printed(own_stand, new, 2), printed(own_stand, key, 2)
    for record, made, index, state in (
        (labels, key, 0, "withdrawn"),
        (labels, key, 3, "void"),
        (forged, key, 0, "withdrawn"),  # recorded with the stolen key after it was withdrawn
        (later, new, 0, "packed"),
    ):
        text = page(own_stand, serial_of(own_stand, made, record, index))[1]
        assert TITLES[state] in text, (state, index)
        assert state == "packed" or TITLES["packed"] not in text
    assert TITLES["invented"] in page(own_stand, fake)[1]
    status, text = page(own_stand, serial_of(own_stand, key, ahead, 0, "PACK-1"), "PACK-1")
    assert status == 404
    assert TITLES["ahead"] not in text


def test_how_often_a_label_was_scanned_is_said_and_too_often_is_a_warning(
    own_stand: Stand, key: LabelKey
) -> None:
    labels = printed(own_stand, key, 3)
    scans = own_stand.app.state.goc.scans
    serial, other = (serial_of(own_stand, key, labels, n) for n in (0, 1))
    assert "Number of scans" not in page(own_stand, serial)[1]
    scans.flush()
    assert "Number of scans since" in page(own_stand, serial)[1]
    for _ in range(70):
        scans.note(own_stand.product, own_stand.lot, serial)
    scans.flush()
    text = page(own_stand, serial)[1]
    assert "scanned 72 times since" in text
    assert "may have been copied" in text
    assert "may have been copied" not in page(own_stand, other)[1]


def test_invented_serials_are_counted_for_who_makes_the_lot(
    own_stand: Stand, key: LabelKey
) -> None:
    labels = printed(own_stand, key, 1)
    for n in range(3):
        fake = serial_of(own_stand, LabelKey(key.id, bytes([n]) * 32), labels, 0)
        assert TITLES["invented"] in page(own_stand, fake)[1]
    page(own_stand, "K3")
    own_stand.app.state.goc.scans.flush()
    found = own_stand.get(f"{own_stand.lot_path}/labels", "owner").json()
    assert found["inventedScans"] == 3


# -- the links of a label's page ------------------------------------------------------------------
HREF = re.compile(r'<a [^>]*href="([^"]*)"')
BASE = re.compile(r'<base href="([^"]*)"')


def links(address: str, text: str) -> list[str]:
    """Where the links of a page lead, but for the lot's data and where receipts are looked up."""
    based = BASE.search(text)
    base = unescape(based[1]) if based else address
    found = [urljoin(base, unescape(each)) for each in HREF.findall(text)]
    return [each for each in found if not urlsplit(each).path.startswith(("/api/", "/complaint"))]


def outcome(stand: Stand, language: str) -> str:
    """What the page of the lot says first."""
    found = stand.get(f"{stand.page_path}?lang={language}", accept="text/html").text
    return found.partition("<h1>")[2].partition("</h1>")[0]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("state", ["void", "invented", "mistyped", "withdrawn", "specimen"])
def test_every_link_of_a_bad_label_keeps_its_serial(
    own_stand: Stand, key: LabelKey, state: str, language: str
) -> None:
    labels = printed(own_stand, key, 4)
    void = own_stand.world.void_labels(own_stand.farm, labels, (3, 3))
    assert own_stand.append(void).status_code == 201
    serial = {
        "void": serial_of(own_stand, key, labels, 3),
        "invented": serial_of(own_stand, LabelKey(key.id, b"q" * 32), labels, 0),
        "mistyped": "K3/4",
        "withdrawn": serial_of(own_stand, key, labels, 0),
        "specimen": serials.SPECIMEN,
    }[state]
    if state == "withdrawn":
        own_stand.ledger.label_keys.withdraw(key.id)
    label = f"{own_stand.page_path}/21/{quote(serial, safe='')}"
    todo, seen = {f"{label}?lang={language}"}, set[str]()
    while todo:
        address = todo.pop()
        seen.add(address)
        answer = own_stand.get(address, accept="text/html")
        assert answer.status_code == 200
        for link in links(f"https://goc.example{address}", answer.text):
            parts = urlsplit(link)
            assert label in parts.path, (address, link)
            todo |= {f"{parts.path}?{parts.query}"} - seen
        if urlsplit(address).path == label:
            spoken = "en" if "lang=en" in address else "vi"
            said = [text(spoken, f"web.mark.{state}.title"), outcome(own_stand, spoken)]
            shown = answer.text[answer.text.index("<body") :]
            assert shown.index(f"<h1>{said[0]}</h1>") < shown.index(f"<h2>{said[1]}</h2>")
            title = answer.text.partition("<title>")[2].partition("</title>")[0]
            assert said[0] in title
            assert said[1] not in title
    assert {urlsplit(each).query for each in seen} >= {
        f"lang={each}{form}" for each in ("vi", "en") for form in ("", "&full=1", "&save=1")
    }


def test_a_label_ahead_keeps_its_lot_in_the_other_language(own_stand: Stand, key: LabelKey) -> None:
    labels = printed(own_stand, key, 5, "PACK-1", ahead=True)
    serial = serial_of(own_stand, key, labels, 0, "PACK-1")
    path = f"/01/{own_stand.product}/10/PACK-1/21/{serial}"
    _, text = page(own_stand, serial, "PACK-1")
    assert f"https://goc.example{path}?lang=vi" in links(f"https://goc.example{path}", text)


def test_a_void_label_of_a_lot_that_is_still_to_be_is_void(own_stand: Stand, key: LabelKey) -> None:
    labels = printed(own_stand, key, 5, "PACK-1", ahead=True)
    void = own_stand.world.void_labels(own_stand.farm, labels, (0, 0))
    assert own_stand.append(void).status_code == 201
    _, text = page(own_stand, serial_of(own_stand, key, labels, 0, "PACK-1"), "PACK-1")
    assert TITLES["void"] in text
    assert TITLES["ahead"] not in text


def test_a_code_without_a_serial_says_so_where_labels_have_them(
    own_stand: Stand, key: LabelKey
) -> None:
    assert TITLES["none"] not in own_stand.get(own_stand.page_path, **ENGLISH).text
    printed(own_stand, key, 2)
    own_stand.app.state.goc.pages._clock = lambda: monotonic() + 65  # pages last a minute
    said = own_stand.get(own_stand.page_path, **ENGLISH).text
    assert TITLES["none"] in said
    assert TITLES["none"] not in page(own_stand, "K3")[1]


def test_a_page_that_is_kept_is_another_on_the_next_day(own_stand: Stand) -> None:
    world = own_stand.world
    product = world.product(own_stand.farm, shelfLife=1)
    assert own_stand.append(world.records[-1]).status_code == 201
    crop = world.harvest(own_stand.farm, own_stand.plot, [(product, "SOON", "5 KGM")])
    assert own_stand.append(crop).status_code == 201
    path = f"/01/{product}/10/SOON"
    assert "Past its use-by date" not in own_stand.get(path, **ENGLISH).text
    world.later(2 * DAY)
    assert "Past its use-by date" in own_stand.get(path, **ENGLISH).text


# -- labels to try -------------------------------------------------------------------------------
def test_labels_to_try_are_of_lots_that_are_there_and_of_keys_that_hold(
    own_stand: Stand, key: LabelKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.samples.DEMO_LOG", own_stand.ledger.log)
    printed(own_stand, key, 3)
    printed(own_stand, key, 5, "PACK-1", ahead=True)  # the latest labels are of no lot yet
    shown = own_stand.get("/", **ENGLISH).text
    offered = dict(re.findall(r'href="([^"?]*/21/[^"?]*)\?lang=en">([^<]*)<', shown))
    found = {name: own_stand.get(path, **ENGLISH).text for path, name in offered.items()}
    assert TITLES["packed"] in found["A genuine label"]
    assert TITLES["ahead"] in found["A label printed ahead of packing"]
    assert TITLES["invented"] in found["An invented code"]
    assert TITLES["unknown"] not in found["An invented code"]
    own_stand.ledger.label_keys.withdraw(key.id)
    assert "/21/" not in own_stand.get("/", **ENGLISH).text


# -- the page in other forms -----------------------------------------------------------------------
def test_the_whole_page_is_unfolded_for_paper(stand: Stand) -> None:
    folded = stand.get(stand.page_path, **ENGLISH).text
    full = stand.get(f"{stand.page_path}?lang=en&full=1", **ENGLISH).text
    assert not OPEN.findall(folded)
    assert len(OPEN.findall(full)) == folded.count("<details") > 2


def test_a_page_can_be_kept_as_a_file(stand: Stand) -> None:
    answer = stand.get(f"{stand.page_path}?lang=en&save=1", **ENGLISH)
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    assert answer.headers["content-disposition"].endswith('.html"')
    assert '<base href="https://' in answer.text
    assert "Saved at" in answer.text
    assert 'src="/' not in answer.text
    stand.world.later(DAY)
    assert "Saved at" not in stand.get(stand.page_path, **ENGLISH).text
