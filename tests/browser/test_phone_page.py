"""The button on a lot's page: a real server, a real browser, a worker that judges for itself."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.api.stand import PATIENCE, Stand, open_stand
from tests.bundles import COSIGNED
from tests.chromium import phone as phone_profile
from tests.kit import World
from tests.witness import Witness, witnesses
from traceability.core import b64
from traceability.core.checkpoint import (
    Checkpoint,
    add_cosignatures,
    open_checkpoint,
    sign_checkpoint,
)
from traceability.core.keys import PrivateKey, PublicKey
from traceability.core.note import NoteSigner
from traceability.text import text

BUTTON = text("vi", "phone.start")


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with open_stand(tmp_path_factory.mktemp("phone")) as opened:
        yield opened


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """A phone whose browser keeps what it is given from page to page."""
    context = phone_profile(chromium)
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def tab(visitor: BrowserContext) -> Iterator[Page]:
    """Its tab; a complaint of the browser fails the test."""
    complaints: list[str] = []
    opened = visitor.new_page()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert [each for each in complaints if "status of" not in each] == []


def address(stand: Stand, lot: str | None = None) -> str:
    return f"{stand.client.base_url}{stand.page_path if lot is None else lot}".replace("//0", "/0")


def verdicts(tab: Page) -> dict[str, str]:
    """What the panel says: the shape of each line by its title."""
    expect(tab.locator("#phone .verdict")).to_be_visible(timeout=20_000)
    lines = tab.locator("#phone .checks li")
    found = [
        (lines.nth(n).locator("strong").inner_text(), lines.nth(n).get_attribute("class"))
        for n in range(lines.count())
    ]
    return {title.split(":")[0]: shape or "" for title, shape in found}


def named(name: str) -> str:
    return text("vi", f"phone.{name}")


def check(tab: Page, stand: Stand) -> dict[str, str]:
    """Open the page and press the button."""
    tab.goto(address(stand))
    tab.get_by_role("button", name=BUTTON).click()
    return verdicts(tab)


def tampered(change: Callable[[Any], None]) -> Callable[[Route], None]:
    """Answers with the server's bundle, changed."""

    def answer(route: Route) -> None:
        response = route.fetch()
        bundle = orjson.loads(response.body())
        change(bundle)
        body = orjson.dumps(bundle, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        route.fulfill(status=200, content_type="application/json", body=body)

    return answer


BUNDLES = re.compile(r"/bundle(\?|$)")


# -- a good lot ----------------------------------------------------------------------------------
def test_the_button_checks_the_lot_and_says_what_it_found_and_what_it_did_not_judge(
    stand: Stand, tab: Page
) -> None:
    found = check(tab, stand)
    assert found == {
        named("key"): "unknown",
        named("signatures"): "ok",
        named("inclusion"): "ok",
        named("witnesses"): "unknown",
        named("consistency"): "unknown",
        named("links"): "warn",
        named("recalls"): "ok",
        named("rest"): "note",
    }
    said = tab.locator("#phone").inner_text()
    assert text("vi", "phone.result.warn") in said
    assert text("vi", "phone.trust") in said
    assert text("vi", "phone.rest.lead") in said
    assert "{" not in said
    assert "phone." not in said


def test_of_a_bad_label_the_phone_says_that_the_lot_alone_holds(stand: Stand, tab: Page) -> None:
    for serial, title in (("K3", "lot"), ("", "warn")):
        labels = stand.world.label(
            stand.farm, stand.product, stand.lot, 1,
            data={"key": stand.ledger.label_keys.newest().id},
        )  # fmt: skip
        assert stand.append(labels).status_code == 201
        tab.goto(address(stand) + (f"/21/{serial}" if serial else ""))
        tab.get_by_role("button", name=BUTTON).click()
        found = verdicts(tab)
        card = tab.locator("#phone .verdict")
        assert text("vi", f"phone.result.{title}") in card.inner_text()
        assert (named("label") in found) == bool(serial)
        assert ("unknown" in str(card.get_attribute("class"))) == bool(serial)
        tab.evaluate("localStorage.clear()")


def test_every_line_has_a_shape_and_a_word(stand: Stand, tab: Page) -> None:
    check(tab, stand)
    lines = tab.locator("#phone .checks li")
    words = {text("vi", f"phone.word.{each}") for each in ("ok", "warn", "unknown", "note")}
    for n in range(lines.count()):
        line = lines.nth(n)
        shape, tone = line.locator("use").get_attribute("href"), line.get_attribute("class")
        assert shape == f"#{tone}"
        assert line.locator("strong").inner_text().split(": ")[1] in words


def test_all_is_asked_of_the_same_host_and_nothing_is_sent(
    stand: Stand, visitor: BrowserContext, tab: Page
) -> None:
    asked: list[tuple[str, str]] = []
    visitor.on("request", lambda request: asked.append((request.method, request.url)))
    check(tab, stand)
    host = str(stand.client.base_url)
    assert {method for method, _ in asked} == {"GET"}
    assert [url for _, url in asked if not url.startswith((host, "data:"))] == []
    assert len([url for _, url in asked if "/bundle" in url]) == 1


def test_in_english_too(stand: Stand, tab: Page) -> None:
    tab.goto(f"{address(stand)}?lang=en")
    tab.get_by_role("button", name=text("en", "phone.start")).click()
    verdicts(tab)
    assert text("en", "phone.signatures") in tab.locator("#phone").inner_text()


def test_nobody_who_has_not_asked_for_it_loads_the_verifier(
    stand: Stand, visitor: BrowserContext, tab: Page
) -> None:
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    tab.goto(address(stand))
    tab.wait_for_timeout(300)
    assert [url for url in asked if "/phone/" in url or "/bundle" in url] == []


def test_who_used_it_before_finds_it_done_and_compared(stand: Stand, tab: Page) -> None:
    check(tab, stand)
    stand.append(stand.diary())
    tab.goto(address(stand))
    found = verdicts(tab)
    assert found[named("key")] == "ok"
    assert found[named("consistency")] == "ok"


def test_without_scripts_there_is_no_panel_and_the_page_is_whole(
    stand: Stand, chromium: Browser
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address(stand))
    assert not tab.locator("#phone").is_visible()
    assert tab.locator("h1").is_visible()
    context.close()


# -- what is wrong -------------------------------------------------------------------------------
def swap_letter(bundle: Any) -> None:
    jws = bundle["records"][-1]["jws"]
    at = len(jws) // 2
    bundle["records"][-1]["jws"] = jws[:at] + ("A" if jws[at] != "A" else "B") + jws[at + 1 :]


def other_time(bundle: Any) -> None:
    bundle["records"][-1]["time"] += 1


def another_lot(bundle: Any) -> None:
    bundle["target"]["lot"] = "L000002"


def lost_record(bundle: Any) -> None:
    drawn = next(each for each in bundle["records"] if each["index"] == 1)
    bundle["records"].remove(drawn)


def kept_back(bundle: Any) -> None:
    """A key that nobody signed with is left out: only the log's public entries show that it was."""
    parts = [each["jws"].split(".") for each in bundle["records"]]
    used = {orjson.loads(b64.decode(header))["kid"] for header, _, _ in parts}
    payloads = [orjson.loads(b64.decode(payload)) for _, payload, _ in parts]
    idle = [
        n
        for n, each in enumerate(payloads)
        if each["type"] == "key" and PublicKey.from_jwk(each["data"]["jwk"]).kid not in used
    ]
    del bundle["records"][idle[-1]]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (swap_letter, "signatures"),
        (other_time, "inclusion"),
        (another_lot, "links"),
        (lost_record, "signatures"),
        (kept_back, "recalls"),
    ],
)
def test_tampered_evidence_is_shown_in_red_and_the_first_failure_is_named(
    stand: Stand, tab: Page, change: Callable[[Any], None], name: str
) -> None:
    tab.route(BUNDLES, tampered(change))
    found = check(tab, stand)
    assert found[named(name)] == "fail"
    card = tab.locator("#phone .verdict")
    assert "fail" in (card.get_attribute("class") or "")
    assert text("vi", "phone.result.fail") in card.inner_text()
    top = tab.locator("#phone").bounding_box()
    head = tab.locator("h1").bounding_box()
    assert top is not None
    assert head is not None
    assert top["y"] < head["y"]


def test_a_server_that_gives_nothing_is_not_called_a_liar(stand: Stand, tab: Page) -> None:
    tab.route(BUNDLES, lambda route: route.fulfill(status=503, body="no"))
    tab.goto(address(stand))
    tab.get_by_role("button", name=BUTTON).click()
    expect(tab.locator("#phone [role=status]")).to_have_text(text("vi", "phone.no-answer"))
    expect(tab.get_by_role("button", name=text("vi", "phone.again"))).to_be_enabled()


# -- a log that is not what it was ---------------------------------------------------------------
def other_log(stand: Stand, size: int) -> str:
    """What a phone was shown once, by the same key: another log of so many entries."""
    note = sign_checkpoint(Checkpoint(stand.world.log, size, b"\x07" * 32), stand.world.signer)
    return note.decode()


_REMEMBER = """(change) => new Promise((done, failed) => {
  const asking = indexedDB.open("goc", 1);
  asking.onerror = failed;
  asking.onsuccess = () => {
    const store = asking.result.transaction("log", "readwrite").objectStore("log");
    const got = store.get("seen");
    got.onsuccess = () => {
      store.put({ ...got.result, ...change }, "seen").onsuccess = () => {
        asking.result.close();
        done(got.result);
      };
    };
  };
})"""


def test_a_broken_line_while_witnesses_are_asked_is_no_fork(
    watched: tuple[Stand, list[Witness]], tab: Page
) -> None:
    stand, _ = watched
    stand.publish()
    tab.route(re.compile(r"/bundle\?from="), lambda route: route.abort())
    tab.goto(address(stand))
    tab.get_by_role("button", name=BUTTON).click()
    expect(tab.locator("#phone [role=status]")).to_have_text(text("vi", "phone.no-answer"))
    assert tab.evaluate("indexedDB.databases().then((all) => all.length)") == 1
    assert tab.evaluate(_REMEMBER, {}) is None


@pytest.mark.parametrize("further", [0, 50], ids=["another past", "a longer past"])
def test_who_returns_to_a_log_that_was_rewritten_is_warned_and_has_the_evidence(
    stand: Stand, tab: Page, further: int
) -> None:
    check(tab, stand)
    other = other_log(stand, stand.size + further - (0 if further else 3))
    tab.evaluate(_REMEMBER, {"note": other})
    tab.goto(address(stand))
    assert verdicts(tab)[named("consistency")] == "fail"
    panel = tab.locator("#phone")
    assert text("vi", "phone.fork") in panel.locator(".verdict").inner_text()
    shown = panel.locator(".code").inner_text()
    assert other.split("\n")[2] in shown
    assert shown.count("\u2014 ") == 2
    expect(panel.get_by_role("button", name=text("vi", "phone.fork.copy"))).to_be_visible()
    kept = tab.evaluate(_REMEMBER, {})
    assert kept["note"] == other
    assert kept["fork"]["before"] == other


def test_the_evidence_can_be_copied(stand: Stand, visitor: BrowserContext, tab: Page) -> None:
    visitor.grant_permissions(["clipboard-read", "clipboard-write"])
    check(tab, stand)
    other = other_log(stand, stand.size - 2)
    tab.evaluate(_REMEMBER, {"note": other})
    tab.goto(address(stand))
    verdicts(tab)
    tab.get_by_role("button", name=text("vi", "phone.fork.copy")).click()
    expect(tab.get_by_role("button", name=text("vi", "phone.fork.copied"))).to_be_visible()
    assert tab.evaluate("navigator.clipboard.readText()").startswith(other)


STRANGER = NoteSigner(World().log, PrivateKey.from_seed(b"another key of the same origin, "))


def remember(tab: Page, stand: Stand, root: bytes | None = None) -> str:
    """The phone remembers another key, that signed what the log is now (or has another ``root``);
    what was remembered before."""
    signed = stand.get("/api/v1/log/checkpoint").content
    now = open_checkpoint(signed, stand.world.signer.key).checkpoint
    note = sign_checkpoint(Checkpoint(now.origin, now.size, root or now.root), STRANGER).decode()
    policy = f"log {STRANGER.key}\nquorum none\n"
    change = {"vkey": str(STRANGER.key), "policy": policy, "note": note, "since": 1}
    before = tab.evaluate(_REMEMBER, change)
    return str(before["vkey"])


def offer(tab: Page) -> Locator:
    return tab.locator("#phone section.card")


def press(tab: Page, name: str) -> None:
    offer(tab).get_by_role("button", name=named(f"offer.{name}")).click()


def test_another_key_than_the_remembered_one_is_told_and_both_are_shown(
    stand: Stand, tab: Page
) -> None:
    check(tab, stand)
    now = remember(tab, stand)
    tab.goto(address(stand))
    found = verdicts(tab)
    assert found[named("key")] == "fail"
    assert named("code.key.changed") in tab.locator("#phone .verdict").inner_text()
    assert offer(tab).locator(".code").all_inner_texts() == [str(STRANGER.key), now]
    assert named("offer.lead") in offer(tab).inner_text()
    assert tab.evaluate(_REMEMBER, {})["vkey"] == str(STRANGER.key)


def test_a_new_key_is_trusted_only_when_the_reader_says_so_twice(stand: Stand, tab: Page) -> None:
    check(tab, stand)
    now = remember(tab, stand)
    tab.goto(address(stand))
    verdicts(tab)
    yes = offer(tab).get_by_role("button", name=named("offer.yes"))
    expect(yes).to_be_hidden()
    press(tab, "trust")
    expect(yes).to_be_visible()
    press(tab, "no")
    expect(yes).to_be_hidden()
    assert tab.evaluate(_REMEMBER, {})["vkey"] == str(STRANGER.key)
    press(tab, "trust")
    press(tab, "yes")
    expect(offer(tab)).to_have_count(0)
    found = verdicts(tab)
    assert (found[named("key")], found[named("consistency")]) == ("warn", "ok")
    assert named("code.key.accepted") in tab.locator("#phone").inner_text()
    assert tab.evaluate(_REMEMBER, {})["vkey"] == now
    tab.goto(address(stand))
    assert verdicts(tab)[named("key")] == "ok"


def test_a_new_key_does_not_excuse_another_past(stand: Stand, tab: Page) -> None:
    check(tab, stand)
    remember(tab, stand, b"\x07" * 32)
    tab.goto(address(stand))
    verdicts(tab)
    press(tab, "trust")
    press(tab, "yes")
    expect(tab.locator("#phone > [role=status] > .code")).to_be_visible()  # the evidence
    assert verdicts(tab)[named("consistency")] == "fail"
    assert tab.evaluate(_REMEMBER, {})["vkey"] == str(STRANGER.key)


# -- a log that goes over to another key -----------------------------------------------------------
@pytest.fixture(scope="module")
def rotating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stand, NoteSigner]]:
    old, new = (PrivateKey.from_seed(bytes([n]) * 32) for n in (1, 2))
    signer = NoteSigner(World().log, old, new)
    with open_stand(tmp_path_factory.mktemp("rotating"), signer=signer) as opened:
        yield opened, signer


def test_a_phone_goes_over_to_the_key_that_signs_beside_the_remembered_one(
    rotating: tuple[Stand, NoteSigner], tab: Page
) -> None:
    stand, signer = rotating
    assert check(tab, stand)[named("key")] == "unknown"
    assert tab.evaluate(_REMEMBER, {})["vkey"] == str(signer.next)
    old = {"vkey": str(signer.key), "policy": f"log {signer.key}\nquorum none\n"}
    tab.evaluate(_REMEMBER, old)
    for said in ("moved", "same"):
        tab.goto(address(stand))
        assert verdicts(tab)[named("key")] == "ok"
        words = named(f"code.key.{said}").partition("{")[0]
        assert words in tab.locator("#phone").inner_text()
        assert tab.evaluate(_REMEMBER, {})["vkey"] == str(signer.next)
    # the old key is gone
    policy = f"log {signer.next}\nquorum none\n"
    tab.route("**/.well-known/goc-policy", lambda route: route.fulfill(status=200, body=policy))
    tab.goto(address(stand))
    assert verdicts(tab)[named("key")] == "ok"


def test_a_phone_does_not_go_over_to_a_key_that_did_not_sign(stand: Stand, tab: Page) -> None:
    check(tab, stand)
    before = tab.evaluate(_REMEMBER, {})["vkey"]
    policy = f"log {before}\nlog {STRANGER.key}\nquorum none\n"
    tab.route("**/.well-known/goc-policy", lambda route: route.fulfill(status=200, body=policy))
    tab.goto(address(stand))
    assert verdicts(tab)[named("key")] == "ok"
    assert tab.evaluate(_REMEMBER, {})["vkey"] == before


# -- on the phone in the hand --------------------------------------------------------------------
def test_the_panel_fits_a_small_phone_and_a_thumb(stand: Stand, tab: Page) -> None:
    check(tab, stand)
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.evaluate(wider) == 0
    box = tab.get_by_role("button", name=text("vi", "phone.again")).bounding_box()
    assert box is not None
    assert box["height"] >= 48


# -- witnesses -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stand, list[Witness]]]:
    """A stand whose log two witnesses of others cosign."""
    folder = tmp_path_factory.mktemp("watched")
    with witnesses(World().signer.key, "dong", "tay") as seers:
        policy = folder / "policy"
        lines = "".join(each.line for each in seers)
        policy.write_text(f"{lines}group ca-hai all dong tay\nquorum ca-hai\n")
        with open_stand(folder, policy=policy) as opened:
            opened.publish()
            yield opened, seers


def test_witnesses_of_the_published_log_count_for_what_extends_it(
    watched: tuple[Stand, list[Witness]], tab: Page
) -> None:
    stand, _ = watched
    stand.publish()
    found = check(tab, stand)
    assert found[named("witnesses")] == "ok"
    assert "dong, tay" in tab.locator("#phone").inner_text()


def newest(stand: Stand) -> int:
    """The last record that the server shows of the lot."""
    records = stand.get(f"{stand.lot_path}/bundle").json()["records"]
    return int(records[-1]["index"])


def test_records_that_witnesses_have_not_seen_yet_are_said(
    watched: tuple[Stand, list[Witness]], tab: Page
) -> None:
    stand, seers = watched
    stand.publish()
    for each in seers:
        each.fault = "dead"
    try:
        stand.append(stand.diary())
        late = time.monotonic() + PATIENCE
        while newest(stand) < stand.size - 1:  # an answer may be some seconds old
            assert time.monotonic() < late
            time.sleep(0.2)
        found = check(tab, stand)
    finally:
        for each in seers:
            each.fault = ""
    assert found[named("witnesses")] == "warn"
    assert text("vi", "phone.witnesses.warn", witnesses="", records=1) in (
        tab.locator("#phone").inner_text()
    )


def test_a_log_that_witnesses_know_otherwise_is_told_and_the_evidence_kept(
    watched: tuple[Stand, list[Witness]], tab: Page
) -> None:
    stand, seers = watched
    signer = stand.world.signer
    note = sign_checkpoint(Checkpoint(stand.world.log, stand.size - 1, b"\x07" * 32), signer)
    body = note.decode().split("\n\n")[0] + "\n"
    for each in seers:
        line = f"{each.cosigner.sign(body, COSIGNED)}\n".encode()
        note = add_cosignatures(note, line, signer.key, [each.cosigner.key])
    tab.route("**/log/checkpoint", lambda route: route.fulfill(status=200, body=note))
    found = check(tab, stand)
    assert found[named("consistency")] == "fail"
    assert found[named("witnesses")] == "fail"
    assert body.split("\n")[2] in tab.locator("#phone .code").inner_text()


def test_without_a_quorum_the_witnesses_fail_alone(
    watched: tuple[Stand, list[Witness]], tab: Page
) -> None:
    stand, _ = watched
    tab.route("**/log/checkpoint", lambda route: route.fulfill(status=404, body=""))
    found = check(tab, stand)
    assert found[named("witnesses")] == "fail"
    assert [name for name, shape in found.items() if shape == "fail"] == [named("witnesses")]
