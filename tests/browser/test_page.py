"""The pages in a real browser: small phone, one hand, no script, keyboard, print, large letters."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.host import KHOM, NAMES, ORIGIN, QR, page, serve, unfold
from tests.browser.pages import PAGES
from tests.chromium import phone

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: What can be tapped and is seen, with its size in CSS pixels.
TARGETS = """[...document.querySelectorAll('a, button, summary, input, select')]
    .filter(each => each.checkVisibility())
    .map(each => [each.textContent.trim(), each.getBoundingClientRect()])
    .map(([text, box]) => [text, box.width, box.height])"""


@pytest.fixture
def tab(browser_page: Page) -> Iterator[Page]:
    """A phone's tab for which the pages are served; a complaint of the browser fails the test."""
    complaints: list[str] = []
    browser_page.on("console", lambda message: complaints.append(message.text))
    browser_page.on("pageerror", lambda error: complaints.append(str(error)))
    browser_page.on("dialog", lambda dialog: complaints.append(dialog.message))
    serve(browser_page)
    yield browser_page
    assert complaints == []


@pytest.fixture
def plain_tab(chromium: Browser) -> Iterator[Page]:
    """The same phone with scripts switched off."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 640}, java_script_enabled=False
    )
    opened = context.new_page()
    serve(opened)
    yield opened
    context.close()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_no_page_scrolls_sideways_on_a_small_phone(tab: Page, name: str, language: str) -> None:
    tab.goto(f"{ORIGIN}/{name}?lang={language}")
    assert tab.evaluate(WIDER) == 0
    unfold(tab)
    assert tab.evaluate(WIDER) == 0


@pytest.mark.parametrize("name", ["juice", "long", "home"])
def test_no_page_scrolls_sideways_on_a_watch_sized_phone_or_with_letters_of_twice_the_size(
    tab: Page, name: str
) -> None:
    tab.goto(f"{ORIGIN}/{name}")
    unfold(tab)
    tab.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert tab.evaluate(WIDER) == 0
    tab.evaluate("document.documentElement.style.removeProperty('font-size')")
    tab.set_viewport_size({"width": 280, "height": 560})
    assert tab.evaluate(WIDER) == 0


@pytest.mark.parametrize("name", ["juice", "warnings", "lot-unknown", "home"])
def test_every_target_is_large_enough_for_a_gloved_thumb(tab: Page, name: str) -> None:
    tab.goto(f"{ORIGIN}/{name}")
    unfold(tab)
    targets = tab.evaluate(TARGETS)
    assert targets
    assert [each for each in targets if each[1] < 48 or each[2] < 48] == []


@pytest.mark.parametrize("name", PAGES)
def test_verdict_and_product_are_on_the_first_screen(tab: Page, name: str) -> None:
    tab.goto(f"{ORIGIN}/{name}")
    head = tab.locator("h1").bounding_box()
    assert head is not None
    assert head["y"] + head["height"] < 200
    assert tab.locator(".verdict").evaluate("each => each.getBoundingClientRect().bottom") < 640


def test_one_request_brings_the_page_and_one_its_picture(browser_page: Page) -> None:
    asked = serve(browser_page)
    browser_page.goto(f"{ORIGIN}/verified", wait_until="networkidle")
    assert asked == [f"{ORIGIN}/verified", f"{ORIGIN}/pictures/khom.svg"]


@pytest.mark.parametrize("picture", [KHOM, QR], ids=["as announced", "of another shape"])
def test_nothing_moves_when_the_picture_comes_late(browser_page: Page, picture: bytes) -> None:
    browser_page.add_init_script(
        """window.moved = 0; new PerformanceObserver(list => {
            for (const entry of list.getEntries()) window.moved += entry.value
        }).observe({type: 'layout-shift', buffered: true})"""
    )
    serve(browser_page)

    def late(route: Route) -> None:
        time.sleep(0.4)
        route.fulfill(body=picture, content_type="image/svg+xml")

    browser_page.route("**/pictures/*", late)
    browser_page.goto(f"{ORIGIN}/verified", wait_until="commit")
    browser_page.wait_for_selector(".foot")
    before = browser_page.locator(".product h2").bounding_box()
    browser_page.wait_for_load_state("load")
    assert browser_page.evaluate("document.querySelector('img').naturalWidth") > 0
    assert browser_page.locator(".product h2").bounding_box() == before
    assert browser_page.evaluate("window.moved") == 0


def test_all_can_be_read_and_opened_without_script(plain_tab: Page) -> None:
    plain_tab.goto(f"{ORIGIN}/verified")
    assert plain_tab.locator("h1").inner_text() == "Đã xác minh"
    command = plain_tab.locator("#command")
    assert not command.is_visible()
    plain_tab.locator("summary", has_text="Tự kiểm tra").click()
    assert command.is_visible()
    assert not plain_tab.locator("button").first.is_visible()  # it could do nothing
    plain_tab.locator("summary", has_text="Đã kiểm tra những gì").click()
    assert plain_tab.get_by_text("Cả 34 chữ ký đều đúng.").is_visible()


def test_the_language_is_one_tap_away(tab: Page) -> None:
    tab.goto(f"{ORIGIN}/verified")
    link = tab.get_by_role("link", name="English")
    assert link.get_attribute("href") == "?lang=en", "on whatever address the page stands"


def test_the_command_is_copied_whole(tab: Page) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=ORIGIN)
    tab.goto(f"{ORIGIN}/verified")
    tab.locator("summary", has_text="Tự kiểm tra").click()
    tab.get_by_role("button", name="Chép").first.click()
    tab.get_by_role("button", name="Đã chép").wait_for()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied == PAGES["verified"]().proof.command


def test_the_keyboard_reaches_everything_and_is_seen(tab: Page) -> None:
    tab.goto(f"{ORIGIN}/juice")
    expected = len(tab.evaluate(TARGETS))
    reached: list[str] = []
    for _ in range(expected):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.textContent.trim()"))
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached[:2] == ["English", "Đã kiểm tra những gì"]
    assert reached[-1] == "Báo nghi ngờ về món hàng"
    assert len(reached) == len(set(reached)) == expected
    tab.locator("summary").first.focus()
    tab.keyboard.press("Enter")
    assert tab.get_by_text("Mỗi bước nối đúng").is_visible()


def test_the_states_differ_in_shape_and_word_and_not_in_colour_alone(tab: Page) -> None:
    seen = set()
    for name in ("verified", "warnings", "broken", "unknown"):
        tab.goto(f"{ORIGIN}/{name}")
        shape = tab.locator(".verdict .head use").get_attribute("href")
        colour = tab.locator(".verdict").evaluate("each => getComputedStyle(each).backgroundColor")
        seen.add((shape, tab.locator("h1").inner_text(), colour))
    assert [len({each[part] for each in seen}) for part in range(3)] == [4, 4, 4]


def test_what_does_not_hold_is_shown_without_its_green(tab: Page) -> None:
    tab.goto(f"{ORIGIN}/broken")
    filters = tab.locator(".rest").evaluate("each => getComputedStyle(each).filter")
    assert filters == "grayscale(1)"


def test_paper_shows_what_folds_hide_and_no_buttons(chromium: Browser) -> None:
    context = phone(chromium)
    tab = context.new_page()
    serve(tab)
    tab.goto(f"{ORIGIN}/full")
    tab.emulate_media(media="print")
    assert not tab.locator(".foot nav").is_visible()
    assert not tab.get_by_text("English").is_visible()
    assert tab.locator("#command").is_visible()
    assert tab.pdf(format="A4").startswith(b"%PDF")
    context.close()


def test_the_page_is_painted_before_the_script_runs(tab: Page) -> None:
    made = page("verified", "vi").decode()
    assert made.rindex("<script>") > made.rindex("</footer>")
