"""What search engines make of a page, as Lighthouse's category of that name judges it.

A product's page and the start page are to be found. A lot's page is not, on purpose: it names
people, and is for who holds the goods; in all else it is as good.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.api.stand import Stand
from tests.chromium import phone

SMALLEST_TEXT = 12  #: pixels of CSS, on a phone
SMALLEST_TARGET = 24  #: pixels of CSS each way, WCAG 2.2 §2.5.8

#: What Lighthouse 12 looks at, and what older ones did (text and targets on a phone).
FACTS = """() => {
    const seen = each => each.checkVisibility() && each.getBoundingClientRect().width > 0;
    const content = name => document.querySelector(`meta[name=${name}]`)?.content ?? "";
    const text = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const node = walk.currentNode;
        if (node.data.trim() && seen(node.parentElement))
            text.push(parseFloat(getComputedStyle(node.parentElement).fontSize));
    }
    const targets = [...document.querySelectorAll("a[href], button, summary, input")]
        .filter(each => seen(each) && getComputedStyle(each).display !== "inline")
        .map(each => each.getBoundingClientRect());
    return {
        title: document.title,
        description: content("description"),
        robots: content("robots"),
        viewport: content("viewport"),
        language: document.documentElement.lang,
        links: [...document.querySelectorAll("a")].map(each => [
            each.getAttribute("href"), each.textContent.trim() || each.getAttribute("aria-label")]),
        hreflangs: [...document.querySelectorAll("[hreflang]")].map(each => each.hreflang),
        canonical: [...document.querySelectorAll("link[rel=canonical]")].map(each => each.href),
        unnamed: [...document.querySelectorAll("img:not([alt])")].length,
        text: Math.min(...text),
        target: Math.min(...targets.flatMap(each => [each.width, each.height])),
    };
}"""
POLICY = "content-security-policy"
VAGUE = {"here", "click here", "more", "xem thêm", "ở đây", "tại đây", "link"}


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    context = phone(chromium)
    yield context.new_page()
    context.close()


def base_of(stand: Stand) -> str:
    return str(stand.client.base_url).rstrip("/")


def facts(tab: Page, stand: Stand, path: str) -> dict[str, Any]:
    answer = tab.goto(base_of(stand) + path)
    assert answer is not None
    assert answer.status == 200
    assert "noindex" not in answer.headers.get("x-robots-tag", "")
    found: dict[str, Any] = tab.evaluate(FACTS)
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", ["product", "home", "lot"])
def test_a_page_says_what_it_is_and_can_be_read_on_a_phone(
    stand: Stand, tab: Page, kind: str, language: str
) -> None:
    path = {"product": f"/01/{stand.product}", "home": "/", "lot": stand.page_path}[kind]
    found = facts(tab, stand, f"{path}?lang={language}")
    assert 10 <= len(found["title"]) <= 120
    assert 20 <= len(found["description"]) <= 300
    assert found["language"] == language
    assert "width=device-width" in found["viewport"]
    assert found["canonical"] == []  # an address is the page's only one
    assert set(found["hreflangs"]) <= {"vi", "en"}
    assert found["links"]
    for href, words in found["links"]:
        assert urlsplit(href).scheme in ("", "http", "https", "mailto", "tel"), href
        assert words, href
        assert words.lower() not in VAGUE, href
    assert found["unnamed"] == 0
    assert found["text"] >= SMALLEST_TEXT
    assert found["target"] >= SMALLEST_TARGET


def test_products_may_be_found_and_lots_may_not(stand: Stand, tab: Page) -> None:
    robots = {
        path: facts(tab, stand, path)["robots"]
        for path in ("/", f"/01/{stand.product}", stand.page_path)
    }
    assert robots == {"/": "", f"/01/{stand.product}": "", stand.page_path: "noindex"}


def test_robots_txt_is_read_as_a_judge_of_the_page_reads_it(stand: Stand, tab: Page) -> None:
    session = tab.context.new_cdp_session(tab)
    robots = f"{base_of(stand)}/robots.txt"
    for path in ("/", f"/01/{stand.product}"):
        facts(tab, stand, path)
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        answer = session.send(
            "Network.loadNetworkResource",
            {
                "frameId": frame,
                "url": robots,
                "options": {"disableCache": True, "includeCredentials": False},
            },
        )["resource"]
        assert answer["success"], answer
        assert answer["httpStatusCode"] == 200
    lines = stand.client.get(robots).text.splitlines()
    rules = [line.partition(":")[::2] for line in lines if line.strip()]
    assert rules[0] == ("User-agent", " *")
    assert {name for name, _ in rules} <= {"User-agent", "Allow", "Disallow", "Sitemap"}
    blocked = [value.strip() for name, value in rules if name == "Disallow"]
    assert not any(stand.page_path.startswith(each) for each in blocked)  # noindex must be read
    assert not any(f"/01/{stand.product}".startswith(each) for each in blocked)


def test_only_pages_that_may_be_found_ask_for_anything(stand: Stand) -> None:
    asks = {
        path: "connect-src 'self'" in stand.get(path, accept="text/html").headers[POLICY]
        for path in ("/", f"/01/{stand.product}", stand.page_path, f"/01/{stand.product}/10/NONE")
    }
    assert [*asks.values()] == [True, True, False, False]
