"""The browser of the tests is a real one, has the phone's size, and reaches this machine alone."""

import pytest
from playwright.sync_api import Browser, Error, Page


def test_a_page_is_shown_in_vietnamese_on_a_small_phone(browser_page: Page) -> None:
    sized = '<meta name="viewport" content="width=device-width">'
    browser_page.set_content(f"{sized}<p id=goc>Khóm Cầu Đúc</p>")
    assert browser_page.inner_text("#goc") == "Khóm Cầu Đúc"
    assert browser_page.evaluate("[innerWidth, navigator.language]") == [360, "vi-VN"]


def test_a_host_elsewhere_is_unknown_to_the_browser(browser_page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        browser_page.goto("http://example.com/")


def test_the_browser_verifies_ed25519_as_the_phone_that_checks_a_bundle_must(
    browser_page: Page,
) -> None:
    browser_page.route("http://localhost/", lambda route: route.fulfill(body="<p>"))
    browser_page.goto("http://localhost/")  # WebCrypto exists in a secure context alone
    verified = browser_page.evaluate(
        """async () => {
            const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])
            const text = new TextEncoder().encode("gốc")
            const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, text)
            return crypto.subtle.verify("Ed25519", pair.publicKey, signature, text)
        }"""
    )
    assert verified is True


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_page_keeps_nothing_for_the_next_test(browser_page: Page, turn: str) -> None:
    browser_page.route("http://localhost/", lambda route: route.fulfill(body="<p>"))
    browser_page.goto("http://localhost/")
    assert browser_page.evaluate("localStorage.getItem('left')") is None
    browser_page.evaluate("localStorage.setItem('left', 'behind')")


def test_the_browser_is_young_enough(chromium: Browser) -> None:
    assert int(chromium.version.split(".")[0]) >= 137  # the first with Ed25519 in WebCrypto
