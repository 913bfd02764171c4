"""A real browser for tests: which one, and how it is started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

#: Set by ``make test`` where no browser can be had: the tests that need one are then skipped.
WITHOUT_BROWSER = bool(os.environ.get("GOC_TESTS_WITHOUT_BROWSER"))

#: A page of ours must load everything from us: every other host name is unknown to the browser.
#: The rest stops the browser's own errands.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@contextmanager
def chromium() -> "Iterator[Browser]":
    """A running Chromium; ``LookupError`` where there is none."""
    from playwright.sync_api import sync_playwright  # 0.3 s that only these tests should pay

    from tools.browser import find

    executable = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def phone(browser: "Browser") -> "BrowserContext":
    """A profile of its own on what we draw for first: a small phone in Vietnam."""
    return browser.new_context(
        viewport={"width": 360, "height": 640},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
    )
