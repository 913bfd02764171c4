"""Signing in: what it takes, what it gives, and what another site can make of it."""

import re

import httpx
import pytest

from api.routes.sign_in import TRIES
from api.session import cookie, form_mac
from tests.api.stand import Stand, cookie_of
from tests.kit import Signed

NONCE = "AAAAAAAAAAAAAAAAAAAAAA"


def sign_in(stand: Stand, key: str, **more: str) -> httpx.Response:
    data = {"key": key, **more}
    return stand.client.post("/login", data=data, headers={"origin": stand.origin})


def session_in(answer: httpx.Response) -> str:
    found = re.match(r"__Host-goc=(gos_[a-z0-9]{16}_[\w-]{43});", answer.headers["set-cookie"])
    assert found is not None
    return found[1]


def test_a_key_becomes_a_session_that_only_this_host_gets_and_no_script_reads(
    stand: Stand,
) -> None:
    answer = sign_in(stand, f"  {stand.tokens['clerk']} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/app?lang=en")
    parts = answer.headers["set-cookie"].split("; ")
    assert parts[1:] == ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict", "Secure"]
    assert stand.tokens["clerk"] not in answer.headers["set-cookie"]
    page = stand.client.get("/app", headers=cookie_of(session_in(answer)))
    assert page.status_code == 200
    assert stand.lot in page.text


def test_a_cookie_without_https_has_no_name_that_promises_it() -> None:
    assert cookie("http://127.0.0.1:8000", "x") == (
        "goc=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"
    )


def test_the_api_knows_no_cookies(stand: Stand) -> None:
    session = stand.session("owner")
    assert stand.client.get("/api/v1/lots", headers=cookie_of(session)).status_code == 401
    for text in (session, session.replace("gos_", "goc_")):
        headers = {"authorization": f"Bearer {text}"}
        answer = stand.client.get("/api/v1/lots", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "access.token")


def test_the_pages_know_no_tokens(stand: Stand) -> None:
    for headers in (stand.as_("owner"), cookie_of(stand.tokens["owner"])):
        answer = stand.client.get("/app", headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/login?lang=en&next=%2Fapp",
        )


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/app/lots/{product}/{lot}", "/app/lots/{product}/{lot}?lang=en"),
        ("/app?after=x", "/app?lang=en&after=x"),
        ("https://elsewhere.example/app", "/app?lang=en"),
        ("//elsewhere.example/app", "/app?lang=en"),
        ("/application", "/app?lang=en"),
        ("/app\\..\\x", "/app?lang=en"),
        ("/app/\r\nset-cookie: x=y", "/app?lang=en"),
    ],
)
def test_one_is_led_back_to_where_one_was_going_and_never_elsewhere(
    stand: Stand, asked: str, led_to: str
) -> None:
    names = {"product": stand.product, "lot": stand.lot}
    answer = sign_in(stand, stand.tokens["clerk"], next=asked.format(**names))
    assert answer.headers["location"] == led_to.format(**names)
    assert answer.headers.get_list("set-cookie") == [answer.headers["set-cookie"]]


def test_who_signs_out_is_out_even_with_the_cookie_kept(stand: Stand) -> None:
    session = stand.session("clerk")
    headers = {"origin": stand.origin, **cookie_of(session)}
    answer = stand.client.post("/logout", data={"mac": form_mac(session)}, headers=headers)
    assert answer.headers["location"].startswith("/login")
    assert answer.headers["set-cookie"].startswith("__Host-goc=; Path=/; Max-Age=0;")
    assert stand.client.get("/app", headers=headers).status_code == 303


def test_signing_in_again_ends_the_session_before(stand: Stand) -> None:
    session = stand.session("clerk")
    headers = {"origin": stand.origin, **cookie_of(session)}
    stand.client.post("/login", data={"key": stand.tokens["owner"]}, headers=headers)
    assert stand.client.get("/app", headers=headers).status_code == 303


# -- other sites -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://elsewhere.example"},
        {"origin": "{origin}.elsewhere.example"},
        {"origin": "http://["},
        {"origin": "{origin}", "sec-fetch-site": "cross-site"},
        {"origin": "{origin}", "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
@pytest.mark.parametrize("path", ["/login", "/logout", "/app/lots/{product}/{lot}/labels/new"])
def test_a_form_that_another_site_sends_does_nothing(
    stand: Stand, path: str, headers: dict[str, str]
) -> None:
    before, session = stand.size, stand.session("owner")
    named = {name: value.format(origin=stand.origin) for name, value in headers.items()}
    fields = {
        "key": stand.tokens["owner"], "mac": form_mac(session), "nonce": NONCE, "count": "1",
        "net": "1", "unit": "KGM",
    }  # fmt: skip
    filled = path.format(product=stand.product, lot=stand.lot)
    answer = stand.client.post(filled, data=fields, headers=named | cookie_of(session))
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert "set-cookie" not in answer.headers
    assert stand.size == before


def test_another_site_signs_nobody_out_though_browsers_send_it_no_cookie(stand: Stand) -> None:
    answer = stand.client.post("/logout", headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("mac", ["", "x", "{other}", "ốc"])
def test_a_form_that_was_not_made_for_the_session_does_nothing(stand: Stand, mac: str) -> None:
    before = stand.size
    other = form_mac(stand.session("owner"))
    answer = stand.send_form(
        f"{stand.clerk_path}/labels/new", "owner", mac=mac.format(other=other), nonce=NONCE,
        count="1", net="1", unit="KGM",
    )  # fmt: skip
    assert answer.status_code == 403
    assert stand.size == before


# -- wrong keys --------------------------------------------------------------------------------
@pytest.mark.parametrize("key", ["", "goc_", "x" * 5000, "goc_0000000000000000_" + "A" * 43, "gốc"])
def test_a_wrong_key_is_told_on_the_form_and_begins_nothing(stand: Stand, key: str) -> None:
    answer = sign_in(stand, key)
    assert answer.status_code == 422
    assert "has expired or was revoked" in answer.text
    assert key == "" or f'value="{key}"' not in answer.text
    assert "set-cookie" not in answer.headers


def test_who_guesses_at_a_key_has_to_wait(own_stand: Stand) -> None:
    good = own_stand.tokens["clerk"]
    id_ = good.split("_")[1]
    codes = [sign_in(own_stand, f"goc_{id_}_{n}").status_code for n in range(TRIES + 1)]
    assert codes == [422] * TRIES + [429]
    assert sign_in(own_stand, own_stand.tokens["owner"]).status_code == 303, "others do not"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1&" * 40, b"key=%ff", b"{}", b"&&&"])
def test_what_is_no_form_is_refused_with_a_page(stand: Stand, body: bytes) -> None:
    headers = {"origin": stand.origin, "content-type": "application/x-www-form-urlencoded"}
    answer = stand.client.post("/login", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"].startswith("text/html")


# -- what goes with every page -----------------------------------------------------------------
def test_no_page_is_kept_framed_or_read_by_another_site(stand: Stand) -> None:
    made: Signed = stand.labels(1)
    paths = ("/app", stand.clerk_path, f"{stand.clerk_path}/labels/{made.name}/print", "/app/x")
    for path in paths:
        answer = stand.visit(path, "clerk")
        assert answer.headers["cache-control"] == "no-store", path
        assert "access-control-allow-origin" not in answer.headers
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert answer.headers["referrer-policy"] == "same-origin", "or forms would have no origin"
    assert "form-action 'none'" in stand.get("/").headers["content-security-policy"]


def test_no_secret_stands_in_a_page(stand: Stand) -> None:
    session = stand.session("clerk")
    page = stand.client.get("/app", headers=cookie_of(session)).text
    assert session.split("_")[2] not in page
    assert stand.tokens["clerk"] not in page
