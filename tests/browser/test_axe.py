"""Nothing that axe-core knows keeps anybody out of a page, on a phone or at a desk."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.browser.host import NAMES, ORIGIN, serve, unfold


@pytest.fixture(params=[(360, 640), (1280, 800)], ids=["phone", "desk"])
def tab(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    opened = context.new_page()
    serve(opened)
    yield opened
    context.close()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_axe_finds_nothing(tab: Page, language: str) -> None:
    found: list[str] = []
    checked = 0
    for name in NAMES:
        tab.goto(f"{ORIGIN}/{name}?lang={language}")
        unfold(tab)
        report = Axe().run(tab).response
        checked += len(report["passes"])
        found += (
            f"{name}: {fault['id']}: {fault['help']}: {fault['nodes'][0]['html'][:200]}"
            for fault in report["violations"]
        )
    assert found == []
    assert checked > 20 * len(NAMES), "axe has checked next to nothing"
