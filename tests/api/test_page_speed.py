"""How soon a page is there on a slow phone and a slow network, as Lighthouse measures it.

The network is WebPageTest's slow 3G (400 kbit/s, 400 ms there and back) and the processor a
quarter of this one. A page that stands in one answer has nothing to wait for; so these limits are
not close. What else a machine does meanwhile is not the page's, so the best of some tries counts.
"""

import gzip
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.api.stand import Stand
from tests.chromium import phone

FIRST_PAINT_MS = 1500  #: a reader sees words
TRIES = 4
WEIGHT = 30 * 1024  #: bytes, compressed, before pictures

#: Entries that have come by now, and shifts of what was painted.
MEASURES = """() => new Promise(tell => {
    let shift = 0;
    new PerformanceObserver(list => { for (const each of list.getEntries()) shift += each.value; })
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => tell({
        paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
        shift,
        asked: performance.getEntriesByType("resource").map(each => each.name),
        long: performance.getEntriesByType("longtask").length,
    }), 500);
})"""


def measured(tab: Page, address: str) -> dict[str, Any]:
    """The page, opened on a slow phone for the first time."""
    session = tab.context.new_cdp_session(tab)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 400,
            "downloadThroughput": 400_000 / 8,
            "uploadThroughput": 400_000 / 8,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    tab.goto(address, wait_until="load")
    found: dict[str, Any] = tab.evaluate(MEASURES)
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
def test_words_are_seen_soon_and_nothing_moves(
    stand: Stand, chromium: Browser, language: str
) -> None:
    base = str(stand.client.base_url).rstrip("/")
    paints = []
    for _ in range(TRIES):
        context = phone(chromium)
        tab = context.new_page()
        found = measured(tab, f"{base}{stand.page_path}?lang={language}")
        assert tab.locator("h1").inner_text()
        assert found["shift"] < 0.01
        assert all(each.startswith(base) for each in found["asked"])
        paints.append(found["paint"])
        context.close()
    assert 400 < min(paints) < FIRST_PAINT_MS  # the network was slow, indeed


def test_a_page_weighs_less_than_it_may(stand: Stand) -> None:
    answer = stand.get(stand.page_path, **{"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(answer.content, 6)) < WEIGHT


@pytest.mark.parametrize(
    ("liked", "language"),
    [("vi", "vi"), ("en-GB,en;q=0.9", "en"), ("fr", "vi"), ("en;q=0.1,vi;q=0.2", "vi"), ("", "vi")],
)
def test_the_language_is_what_the_reader_likes(stand: Stand, liked: str, language: str) -> None:
    answer = stand.get(stand.page_path, **{"accept-language": liked})
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in answer.text
