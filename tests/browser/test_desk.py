"""Forms on a phone: without script, with the phone's guess, and no more sent than was agreed."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.api.stand import Stand, open_stand
from tests.api.test_desk import READ, complaints, labelled, scans
from tests.browser.host import DESK, ORIGIN, serve
from tests.chromium import phone as phone_profile
from traceability.text import text

#: The market at Ninh Kiều, Cần Thơ, as finely as a phone knows it.
HERE = {"latitude": 10.0324518, "longitude": 105.7892634}


@pytest.fixture
def stand(own_stand: Stand) -> Stand:
    return own_stand


@pytest.fixture
def own_stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with open_stand(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture
def plain(chromium: Browser, stand: Stand) -> Iterator[Page]:
    """A phone's tab with scripts switched off."""
    context = chromium.new_context(
        base_url=str(stand.client.base_url), viewport={"width": 360, "height": 640},
        java_script_enabled=False, locale="vi-VN",
    )  # fmt: skip
    yield context.new_page()
    context.close()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    context = phone_profile(chromium)
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def sent(visitor: BrowserContext) -> list[Request]:
    """All that the phone asks for."""
    asked: list[Request] = []
    visitor.on("request", lambda request: asked.append(request))
    return asked


@pytest.fixture
def tab(visitor: BrowserContext, sent: list[Request]) -> Iterator[Page]:
    """Its tab; a complaint of the browser fails the test."""
    said: list[str] = []
    opened = visitor.new_page()
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    assert said == []
    assert {request.url.partition("://")[2].partition(":")[0] for request in sent} <= {"127.0.0.1"}


def address(stand: Stand, path: str) -> str:
    return f"{str(stand.client.base_url).rstrip('/')}{path}"


def say(key: str) -> str:
    return text("vi", key)


def test_a_complaint_needs_no_script(stand: Stand, plain: Page) -> None:
    plain.goto(f"{stand.page_path}/21/{labelled(stand)}")
    plain.get_by_role("link", name=say("web.report")).first.click()
    assert not plain.get_by_role("button", name=say("desk.place.locate")).is_visible()
    stand.world.later(READ)
    plain.get_by_label(say("desk.kind.copied")).check()
    plain.get_by_label(say("desk.complain.words")).fill("Hai gói cùng một số")
    plain.get_by_label(say("desk.complain.contact")).fill("0901 234 567")
    plain.get_by_role("button", name=say("desk.complain.send")).click()
    assert say("error.complaint.consent") in plain.get_by_role("alert").inner_text()
    assert plain.get_by_label(say("desk.complain.words")).input_value() == "Hai gói cùng một số"
    stand.world.later(READ)
    plain.get_by_label(say("desk.complain.consent")).check()
    plain.get_by_role("button", name=say("desk.complain.send")).click()
    code = plain.locator(".receipt").inner_text()
    assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", code)
    [found] = complaints(stand)
    assert (found.kind, found.party) == ("copied", stand.farm.id)
    stand.app.state.goc.desk.complaints.answer(found.id, None, "Xin cảm ơn")
    plain.goto("/complaint")
    plain.get_by_label(say("desk.complaint.code")).fill(code.replace("-", " ").lower())
    plain.get_by_role("button", name=say("desk.complaint.look"), exact=True).click()
    assert plain.get_by_text("Xin cảm ơn").is_visible()
    plain.get_by_role("button", name=say("desk.complaint.erase")).click()
    assert plain.get_by_text(say("desk.complaint.erased")).is_visible()
    assert stand.app.state.goc.desk.complaints.contacts([found.id]) == {}


def test_a_province_can_be_chosen_without_script(stand: Stand, plain: Page) -> None:
    serial = labelled(stand)
    plain.goto(f"{stand.page_path}/21/{serial}")
    plain.get_by_role("link", name=say("web.mark.where")).click()
    stand.world.later(READ)
    plain.locator("select").select_option(label="Cần Thơ")
    plain.get_by_role("button", name=say("desk.where.send")).click()
    assert plain.get_by_text(say("desk.where.thanks.lead")).is_visible()
    assert scans(stand, serial) == [("VN-CT", 1)]


def test_the_phone_guesses_its_province_and_sends_that_alone(
    stand: Stand, visitor: BrowserContext, tab: Page, sent: list[Request]
) -> None:
    visitor.grant_permissions(["geolocation"])
    visitor.set_geolocation(HERE)  # type: ignore[arg-type]
    serial = labelled(stand)
    tab.goto(address(stand, f"{stand.page_path}/21/{serial}"))
    tab.get_by_role("link", name=say("web.mark.where")).click()
    before = len(sent)
    tab.get_by_role("button", name=say("desk.place.locate")).click()
    expect(tab.locator("select")).to_have_value("VN-CT")
    expect(tab.get_by_role("status")).to_have_text(say("desk.place.found"))
    assert len(sent) == before  # the guess is the phone's own
    stand.world.later(READ)
    tab.get_by_role("button", name=say("desk.where.send")).click()
    tab.get_by_text(say("desk.where.thanks.lead")).wait_for()
    [posted] = [request for request in sent if request.method == "POST"]
    fields = parse_qs(posted.post_data or "")
    assert fields["place"] == ["VN-CT"]
    assert "10.0" not in (posted.post_data or "")
    assert scans(stand, serial) == [("VN-CT", 1)]


@pytest.mark.parametrize("agreed", [True, False])
def test_a_position_is_sent_rounded_and_only_by_a_tick_of_its_own(
    stand: Stand, visitor: BrowserContext, tab: Page, sent: list[Request], agreed: bool
) -> None:
    visitor.grant_permissions(["geolocation"])
    visitor.set_geolocation(HERE)  # type: ignore[arg-type]
    tab.goto(address(stand, f"/complain{stand.page_path}"))
    tab.get_by_label(say("desk.kind.unsafe")).check()
    tab.get_by_role("button", name=say("desk.place.locate")).click()
    expect(tab.locator("select")).to_have_value("VN-CT")
    near = tab.get_by_label(say("desk.complain.near"))
    near.check()
    if not agreed:
        near.uncheck()
    stand.world.later(READ)
    tab.get_by_role("button", name=say("desk.complain.send")).click()
    tab.locator(".receipt").wait_for()
    [posted] = [request for request in sent if request.method == "POST"]
    assert "10.0324" not in (posted.post_data or "")
    [found] = complaints(stand)
    contacts = stand.app.state.goc.desk.complaints.contacts([found.id])
    assert [each.position for each in contacts.values()] == (["10.03,105.79"] if agreed else [])
    assert found.place == "VN-CT"


@pytest.mark.parametrize(
    ("latitude", "longitude", "place"),
    [(21.03, 105.85, "VN-HN"), (10.76, 106.66, "VN-SG"), (48.86, 2.35, "ZZ")],
)
def test_a_guess_is_a_province_or_abroad(
    stand: Stand, visitor: BrowserContext, tab: Page, latitude: float, longitude: float, place: str
) -> None:
    visitor.grant_permissions(["geolocation"])
    visitor.set_geolocation({"latitude": latitude, "longitude": longitude})
    tab.goto(address(stand, f"/where{stand.page_path}/21/S1"))
    tab.get_by_role("button", name=say("desk.place.locate")).click()
    expect(tab.locator("select")).to_have_value(place)


def test_who_does_not_let_the_phone_say_it_chooses(
    stand: Stand, visitor: BrowserContext, tab: Page
) -> None:
    visitor.clear_permissions()
    tab.goto(address(stand, f"/where{stand.page_path}/21/S1"))
    tab.get_by_role("button", name=say("desk.place.locate")).click()
    expect(tab.get_by_role("status")).to_have_text(say("desk.place.denied"))
    expect(tab.locator("select")).to_have_value("")


@pytest.mark.parametrize("name", DESK)
def test_every_target_of_a_form_is_large_enough_for_a_thumb(browser_page: Page, name: str) -> None:
    serve(browser_page)
    browser_page.goto(f"{ORIGIN}/{name}")
    targets = browser_page.evaluate(
        """[...document.querySelectorAll('a, button, select, textarea, .field, .choice')]
            .filter(each => each.checkVisibility()).map(each => each.getBoundingClientRect())
            .map(box => [box.width, box.height])"""
    )
    assert targets
    assert [each for each in targets if each[0] < 48 or each[1] < 48] == []
