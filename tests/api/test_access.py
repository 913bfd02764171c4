"""Who may do what: every operation, asked by everybody.

The table is complete: a route that is missing from it fails a test, as does one that does not say
who may use it.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute

from api.app import ROUTERS, create_app
from api.forms import SOONEST
from api.routing import Route
from api.routing import router as make_router
from api.security import Access, access_of, needs, public
from api.session import is_for_people
from api.web.phone import path_of
from tests.api.served import settings_for
from tests.api.stand import PATIENCE, ROLES, Stand
from tests.kit import Signed, World
from tests.ledgers import open_ledger
from traceability.clock import random_bytes
from traceability.core import b64, ids
from traceability.ledger import complaints
from traceability.ledger.complaints import Told

Ask = Callable[[Stand, str], httpx.Response]

EVERYBODY = dict.fromkeys(ROLES, 200) | {"expired": 401, "revoked": 401}
ADMIN = dict.fromkeys(ROLES, 403) | {"anonymous": 401, "expired": 401, "revoked": 401}
READERS = dict.fromkeys(ROLES, 200) | {
    "anonymous": 401, "expired": 401, "revoked": 401, "monitoring": 403,
}  # fmt: skip
WRITERS = ADMIN | {"clerk": 201, "owner": 201}
NEW_PARTY = {"data": {"roles": ["farm"], "kind": "household", "person": "Lê Văn Năm"}}


def read(path: str) -> Ask:
    """Ask for a path, with names of the stand in braces."""

    def ask(stand: Stand, role: str) -> httpx.Response:
        names = {
            "farm": stand.farm.id, "plot": stand.plot, "product": stand.product, "lot": stand.lot,
            "certificate": stand.certificate, "harvest": stand.harvest.name,
            "key": stand.world.records[1].name,
        }  # fmt: skip
        return stand.get(path.format(**names), role)

    return ask


def published(path: str) -> Ask:
    """Ask for a path of the published log, once there is one; for its latest tile in braces."""

    def ask(stand: Stand, role: str) -> httpx.Response:
        stand.publish()
        return stand.get(path.format(width=stand.app.state.publisher.standing.size % 256), role)

    return ask


def post(path: str, body: dict[str, Any]) -> Ask:
    """Send JSON."""
    return lambda stand, role: stand.client.post(path, json=body, headers=stand.as_(role))


def end_token(stand: Stand, role: str) -> httpx.Response:
    """End a token that was made for it."""
    made = stand.ledger.tokens.create("short-lived", ["read"]).principal.token
    return stand.client.delete(f"/api/v1/tokens/{made}", headers=stand.as_(role))


def print_labels(stand: Stand, role: str) -> httpx.Response:
    """Print a label of the farm's lot."""
    path = f"{stand.lot_path}/labels/{stand.labels(1).name}/print?form=zpl"
    return stand.client.get(path, headers=stand.as_(role))


def packed(stand: Stand) -> Signed:
    """A crate of the farm's with an SSCC, which has not been given before."""
    number = f"0893{stand.size:013d}"
    unit = stand.world.pack(
        stand.farm, number + str(ids.check_digit(number)), [(stand.harvest[0], "1 GRM")]
    )
    assert stand.append(unit).status_code == 201
    return unit


def sscc_of(unit: Signed) -> str:
    """The SSCC of a crate."""
    return str(unit.claims["data"]["sscc"])


def crate(path: str) -> Ask:
    """Ask for a crate of the farm's."""
    return lambda stand, role: stand.get(f"/api/v1/units/{packed(stand).name}{path}", role)


def send_form(stand: Stand, role: str, path: str, **fields: str) -> httpx.Response:
    """Send a form that was opened and read."""
    token = stand.app.state.goc.desk.forms.token(path)
    stand.world.later(SOONEST)
    headers = {"origin": stand.origin, **stand.as_(role)}
    return stand.client.post(path, data={"form": token, **fields}, headers=headers)


@pytest.fixture(autouse=True)
def _many_complaints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each role makes some, of lots that nobody made."""
    monkeypatch.setattr(complaints, "UNKNOWN_A_DAY", complaints.ALL_A_DAY)


def complained(stand: Stand) -> tuple[str, str]:
    """A new complaint of goods of the farm: its id, and its receipt code."""
    code = random_bytes(8).hex()
    lot = code[:8].upper()
    told = Told(stand.product, lot, "", "other")
    return stand.app.state.goc.desk.complaints.take(told, stand.farm.id, code).id, code


def of_complaint(ask: Callable[[Stand, str, str], httpx.Response]) -> Ask:
    """Do something with a complaint, whose path is given."""

    def asking(stand: Stand, role: str) -> httpx.Response:
        return ask(stand, role, f"/api/v1/complaints/{complained(stand)[0]}")

    return asking


def ask_for_labels(stand: Stand, role: str) -> httpx.Response:
    """Have a label of the farm's lot printed by a job."""
    path = f"{stand.lot_path}/labels/{stand.labels(1).name}/jobs"
    return stand.client.post(path, json={"form": "zpl"}, headers=stand.as_(role))


def print_job(method: str, rest: str = "") -> Ask:
    """Do something with a job of the farm's owner that is done."""

    def ask(stand: Stand, role: str) -> httpx.Response:
        for old in stand.get("/api/v1/print-jobs", "owner").json()["jobs"]:
            stand.client.delete(old["href"], headers=stand.as_("owner"))
        href = f"/api/v1/print-jobs/{finished_job(stand)}"
        return stand.client.request(method, href + rest, headers=stand.as_(role))

    return ask


def visit(path: str) -> Ask:
    """Look at a page, signed in; with names of the stand in braces."""

    def ask(stand: Stand, role: str) -> httpx.Response:
        record = stand.labels(1).name if "{labels}" in path else ""
        return stand.visit(path.format(lot=stand.clerk_path, labels=record), role)

    return ask


def finished_job(stand: Stand) -> str:
    """A print job of the farm's owner that is done: its id."""
    href = ask_for_labels(stand, "owner").headers["location"]
    late = time.monotonic() + PATIENCE
    while (state := stand.get(href, "owner").json()["state"]) != "done":
        assert state in ("queued", "running")
        assert time.monotonic() < late, state
        time.sleep(0.02)
    return href.rpartition("/")[2]


def on_job(rest: str = "", **fields: str) -> Ask:
    """Look at the page of a finished print job; or send its form, where there are ``fields``."""

    def ask(stand: Stand, role: str) -> httpx.Response:
        for old in stand.get("/api/v1/print-jobs", "owner").json()["jobs"]:
            stand.client.delete(old["href"], headers=stand.as_("owner"))
        path = f"/app/jobs/{finished_job(stand)}{rest}"
        return stand.send_form(path, role, **fields) if fields else stand.visit(path, role)

    return ask


def on_complaint(rest: str = "", **fields: str) -> Ask:
    """Look at a page of a new complaint; or send its form, where there are ``fields``."""

    def ask(stand: Stand, role: str) -> httpx.Response:
        path = f"/app/complaints/{complained(stand)[0]}{rest}"
        return stand.send_form(path, role, **fields) if fields else stand.visit(path, role)

    return ask


def fill_in(path: str, **fields: str) -> Ask:
    """Send a form of a page, signed in."""

    def ask(stand: Stand, role: str) -> httpx.Response:
        record = stand.labels(1).name if "{labels}" in path else ""
        nonce = {"nonce": b64.encode(random_bytes(16))}
        filled = path.format(lot=stand.clerk_path, labels=record)
        return stand.send_form(filled, role, **nonce, **fields)

    return ask


def sign_in(stand: Stand, role: str) -> httpx.Response:
    """Sign in with a role's token."""
    data = {"key": stand.tokens.get(role, "")}
    return stand.client.post("/login", data=data, headers={"origin": stand.origin})


NOBODY = ("anonymous", "expired", "revoked")
#: Who has not signed in is led to where one does; monitoring has nothing to see.
LOOKERS = dict.fromkeys(ROLES, 200) | dict.fromkeys(NOBODY, 303) | {"monitoring": 403}
LABELLERS = dict.fromkeys(ROLES, 403) | dict.fromkeys(NOBODY, 303) | {"other": 404}
#: Who may print the farm's labels; to another party its jobs are not there, nor to the operator.
PRINTERS = ADMIN | {"clerk": 200, "owner": 200, "other": 404, "admin": 404}

#: Method and path of the route → how to ask, and what each role is answered.
TABLE: dict[tuple[str, str], tuple[Ask, dict[str, int]]] = {
    ("POST", "/api/v1/records"): (
        lambda stand, role: stand.append(stand.diary(), role),
        WRITERS,
    ),
    ("POST", "/api/v1/records/batch"): (
        lambda stand, role: stand.append_all([stand.diary()], role),
        # A batch is answered line by line; one whose every line is forbidden too.
        ADMIN | dict.fromkeys(("scanner", "clerk", "owner", "other", "admin"), 200),
    ),
    ("GET", "/01/{rest:path}"): (
        read("/01/{product}/10/{lot}"),
        dict.fromkeys(ROLES, 200),  # who scans a label is not asked who he is
    ),
    # Nor who reads the published log: another host, which knows no tokens, may serve it as well.
    ("GET", "/log/checkpoint"): (published("/log/checkpoint"), dict.fromkeys(ROLES, 200)),
    ("GET", "/log/tile/{tile:path}"): (
        published("/log/tile/entries/000.p/{width}"),
        dict.fromkeys(ROLES, 200),
    ),
    ("GET", "/.well-known/gs1resolver"): (read("/.well-known/gs1resolver"), EVERYBODY),
    ("GET", "/api/v1/records/{digest}"): (
        read("/api/v1/records/{harvest}"),
        # To strangers a record of class 0 is not there.
        EVERYBODY | {"anonymous": 404, "other": 404, "monitoring": 404},
    ),
    ("GET", "/api/v1/records/{digest}/receipt"): (
        read("/api/v1/records/{harvest}/receipt"),
        EVERYBODY,
    ),
    ("GET", "/api/v1/lots"): (read("/api/v1/lots"), READERS),
    ("GET", "/api/v1/lots/{gtin}/{lot}"): (read("/api/v1/lots/{product}/{lot}"), EVERYBODY),
    ("GET", "/api/v1/lots/{gtin}/{lot}/trace"): (
        read("/api/v1/lots/{product}/{lot}/trace"),
        EVERYBODY,
    ),
    ("GET", "/api/v1/lots/{gtin}/{lot}/bundle"): (
        read("/api/v1/lots/{product}/{lot}/bundle"),
        EVERYBODY,
    ),
    ("GET", "/api/v1/lots/{gtin}/{lot}/label.{form}"): (
        read("/api/v1/lots/{product}/{lot}/label.svg"),
        EVERYBODY,
    ),
    ("GET", "/api/v1/lots/{gtin}/{lot}/qr.svg"): (
        read("/api/v1/lots/{product}/{lot}/qr.svg"),
        EVERYBODY,
    ),
    # Amounts and labels are for those on the lot's way; its maker's people alone print.
    ("GET", "/api/v1/lots/{gtin}/{lot}/labels"): (
        read("/api/v1/lots/{product}/{lot}/labels"),
        READERS | {"other": 404},
    ),
    ("GET", "/api/v1/lots/{gtin}/{lot}/labels/{digest}/print"): (
        print_labels,
        ADMIN | dict.fromkeys(("clerk", "owner"), 200) | {"other": 403, "scanner": 403},
    ),
    ("GET", "/api/v1/lots/{gtin}/{lot}/scans"): (
        read("/api/v1/lots/{product}/{lot}/scans"),
        READERS | {"other": 404},
    ),
    # A party's people see what regards their lots; its owner and clerks answer. To others a
    # complaint is not there. Auditors remark; the operator may erase a contact, and no more.
    ("GET", "/api/v1/complaints"): (read("/api/v1/complaints"), READERS),
    ("POST", "/api/v1/complaints/{complaint}/answer"): (
        of_complaint(
            lambda stand, role, path: stand.client.post(
                f"{path}/answer", json={"text": "Đã xem"}, headers=stand.as_(role)
            )
        ),
        ADMIN | dict.fromkeys(("clerk", "owner", "auditor"), 200) | {"other": 404},
    ),
    ("DELETE", "/api/v1/complaints/{complaint}/contact"): (
        of_complaint(
            lambda stand, role, path: stand.client.delete(
                f"{path}/contact", headers=stand.as_(role)
            )
        ),
        ADMIN | dict.fromkeys(("clerk", "owner", "admin"), 204) | {"other": 404},
    ),
    # Who scans a label may say where, and what is wrong, and is not asked who he is.
    ("GET", "/complain/{rest:path}"): (read("/complain/01/{product}/10/{lot}"), EVERYBODY),
    ("POST", "/complain/{rest:path}"): (
        lambda stand, role: send_form(
            stand, role, f"/complain/01/{stand.product}/10/{role}", kind="other"
        ),
        EVERYBODY,
    ),
    ("GET", "/complaint"): (read("/complaint"), EVERYBODY),
    ("POST", "/complaint"): (
        lambda stand, role: send_form(stand, role, "/complaint", code=complained(stand)[1]),
        EVERYBODY,
    ),
    ("GET", "/where/{rest:path}"): (read("/where/01/{product}/10/{lot}/21/S1"), EVERYBODY),
    ("POST", "/where/{rest:path}"): (
        lambda stand, role: send_form(
            stand, role, f"/where/01/{stand.product}/10/{stand.lot}/21/S1", place="VN-CT"
        ),
        EVERYBODY,
    ),
    ("POST", "/api/v1/lots/{gtin}/{lot}/labels/{digest}/jobs"): (
        ask_for_labels,
        ADMIN | {"clerk": 202, "owner": 202},
    ),
    ("GET", "/api/v1/print-jobs"): (
        read("/api/v1/print-jobs"),
        ADMIN | dict.fromkeys(("clerk", "owner", "other", "admin"), 200),
    ),
    ("GET", "/api/v1/print-jobs/{job_id}"): (print_job("GET"), PRINTERS),
    ("DELETE", "/api/v1/print-jobs/{job_id}"): (
        print_job("DELETE"),
        PRINTERS | {"clerk": 204, "owner": 204},
    ),
    ("POST", "/api/v1/print-jobs/{job_id}/resume"): (
        print_job("POST", "/resume"),
        PRINTERS | {"clerk": 202, "owner": 202},
    ),
    ("GET", "/api/v1/print-jobs/{job_id}/file"): (print_job("GET", "/file"), PRINTERS),
    ("GET", "/api/v1/parties/{party}/holdings"): (
        read("/api/v1/parties/{farm}/holdings"),
        READERS | {"other": 403},
    ),
    ("GET", "/api/v1/parties/{party}/units"): (
        read("/api/v1/parties/{farm}/units"),
        READERS | {"other": 403},
    ),
    ("GET", "/api/v1/units/{digest}"): (crate(""), READERS | {"other": 404}),
    ("GET", "/api/v1/units/{digest}/label.{form}"): (
        crate("/label.zpl"),
        READERS | {"other": 404},
    ),
    ("GET", "/00/{sscc}"): (
        lambda stand, role: stand.get(f"/00/{sscc_of(packed(stand))}", role),
        EVERYBODY,
    ),
    ("POST", "/api/v1/parties"): (post("/api/v1/parties", NEW_PARTY), ADMIN | {"admin": 201}),
    ("GET", "/api/v1/parties/{party}"): (read("/api/v1/parties/{farm}"), EVERYBODY),
    ("GET", "/api/v1/places/{place}"): (read("/api/v1/places/{plot}"), EVERYBODY),
    ("GET", "/api/v1/products/{gtin}"): (read("/api/v1/products/{product}"), EVERYBODY),
    ("GET", "/api/v1/certificates/{certificate}"): (
        read("/api/v1/certificates/{certificate}"),
        EVERYBODY,
    ),
    ("GET", "/api/v1/tokens"): (read("/api/v1/tokens"), ADMIN | {"admin": 200}),
    ("POST", "/api/v1/tokens"): (
        post("/api/v1/tokens", {"name": "new", "scopes": ["audit"]}),
        ADMIN | {"admin": 201},
    ),
    ("DELETE", "/api/v1/tokens/{token_id}"): (end_token, ADMIN | {"admin": 204}),
    ("GET", "/api/v1/log"): (read("/api/v1/log"), EVERYBODY),
    ("GET", "/api/v1/log/checkpoint"): (read("/api/v1/log/checkpoint"), EVERYBODY),
    ("GET", "/api/v1/log/consistency"): (read("/api/v1/log/consistency?from=2"), EVERYBODY),
    ("GET", "/health/live"): (read("/health/live"), EVERYBODY),
    ("GET", "/health/ready"): (read("/health/ready"), EVERYBODY),
    ("GET", "/metrics"): (read("/metrics"), ADMIN | {"admin": 200, "monitoring": 200}),
    ("GET", "/"): (read("/"), EVERYBODY),
    ("GET", "/login"): (visit("/login"), dict.fromkeys(ROLES, 200)),
    ("POST", "/login"): (
        sign_in,
        dict.fromkeys(ROLES, 303) | dict.fromkeys(NOBODY, 422) | {"monitoring": 403},
    ),
    ("POST", "/logout"): (fill_in("/logout"), dict.fromkeys(ROLES, 303)),
    ("GET", "/app"): (visit("/app"), LOOKERS),
    ("GET", "/app/lots/{gtin}/{lot}"): (visit("{lot}"), LOOKERS | {"other": 404}),
    ("GET", "/app/lots/{gtin}/{lot}/specimen.svg"): (
        visit("{lot}/specimen.svg?net=1%20KGM"),
        LOOKERS | {"other": 404},
    ),
    # Pages from which labels are made are for those who may make them.
    ("GET", "/app/lots/{gtin}/{lot}/labels/new"): (
        visit("{lot}/labels/new"),
        LABELLERS | {"clerk": 200, "owner": 200},
    ),
    ("POST", "/app/lots/{gtin}/{lot}/labels/new"): (
        fill_in("{lot}/labels/new", count="1", net="1", unit="KGM"),
        LABELLERS | {"clerk": 303, "owner": 303},
    ),
    ("GET", "/app/lots/{gtin}/{lot}/labels/{digest}/print"): (
        visit("{lot}/labels/{labels}/print"),
        LABELLERS | {"clerk": 200, "owner": 200},
    ),
    ("GET", "/app/lots/{gtin}/{lot}/labels/{digest}/file"): (
        visit("{lot}/labels/{labels}/file"),
        LABELLERS | {"clerk": 200, "owner": 200, "other": 403},
    ),
    ("GET", "/app/lots/{gtin}/{lot}/labels/{digest}/void"): (
        visit("{lot}/labels/{labels}/void"),
        LABELLERS | {"clerk": 200, "owner": 200},
    ),
    ("POST", "/app/lots/{gtin}/{lot}/labels/{digest}/void"): (
        fill_in("{lot}/labels/{labels}/void", which="all", sure="yes"),
        LABELLERS | {"clerk": 303, "owner": 303},
    ),
    ("POST", "/app/lots/{gtin}/{lot}/labels/{digest}/jobs"): (
        fill_in("{lot}/labels/{labels}/jobs", form="zpl"),
        LABELLERS | {"clerk": 303, "owner": 303},
    ),
    # To another party a job is not there.
    ("GET", "/app/jobs/{job_id}"): (on_job(), LABELLERS | {"clerk": 200, "owner": 200}),
    ("POST", "/app/jobs/{job_id}"): (
        on_job(do="cancel"),
        LABELLERS | {"clerk": 303, "owner": 303},
    ),
    ("GET", "/app/jobs/{job_id}/file"): (on_job("/file"), LABELLERS | {"clerk": 200, "owner": 200}),
    # A complaint is there for whom it went to, and for those above parties; as in the API, owner
    # and clerk answer, an auditor remarks, and the operator may erase a contact.
    ("GET", "/app/complaints"): (visit("/app/complaints"), LOOKERS),
    ("GET", "/app/complaints/{complaint}"): (on_complaint(), LOOKERS | {"other": 404}),
    ("POST", "/app/complaints/{complaint}"): (
        lambda stand, role: on_complaint(
            text="Đã xem", **({} if role == "auditor" else {"state": "answered"})
        )(stand, role),
        LABELLERS | {"clerk": 303, "owner": 303, "auditor": 303},
    ),
    ("GET", "/app/complaints/{complaint}/erase"): (
        on_complaint("/erase"),
        LABELLERS | {"clerk": 200, "owner": 200, "admin": 200},
    ),
    ("POST", "/app/complaints/{complaint}/erase"): (
        on_complaint("/erase", sure="yes"),
        LABELLERS | {"clerk": 303, "owner": 303, "admin": 303},
    ),
    ("GET", "/app/signs"): (visit("/app/signs"), LOOKERS),
    ("GET", "/maps/{name}.svg"): (read("/maps/92-79.12.svg"), EVERYBODY),
    ("GET", "/pictures/{sha}"): (
        read("/pictures/" + "0" * 64),  # there is no such picture, which everybody may know
        dict.fromkeys(ROLES, 404) | {"expired": 401, "revoked": 401},
    ),
    ("GET", "/robots.txt"): (read("/robots.txt"), EVERYBODY),
    ("GET", "/.well-known/goc-policy"): (read("/.well-known/goc-policy"), EVERYBODY),
    ("GET", "/phone/{name}"): (read(path_of("vi")), EVERYBODY),
    ("GET", "/openapi.json"): (read("/openapi.json"), EVERYBODY),
    ("GET", "/docs"): (read("/docs"), EVERYBODY),
    ("GET", "/problems"): (read("/problems"), EVERYBODY),
    ("GET", "/problems/{code}"): (read("/problems/draw.over"), EVERYBODY),
}


def routes() -> list[BaseRoute]:
    """All routes of the application."""
    return [route for router in ROUTERS for route in router.routes]


def test_the_table_has_every_route_of_the_application(tmp_path: Path) -> None:
    with open_ledger(tmp_path, World()) as ledger:
        app = create_app(ledger, settings_for(tmp_path))
    found = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    assert found == set(TABLE)
    assert len(app.routes) == len(TABLE)


def test_every_row_says_what_each_role_is_answered() -> None:
    assert all(set(answers) == set(ROLES) for _, answers in TABLE.values())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", TABLE, ids=" ".join)
def test_each_role_is_answered_as_the_table_says(
    stand: Stand, operation: tuple[str, str], role: str
) -> None:
    ask, answers = TABLE[operation]
    answer = ask(stand, role)
    assert answer.status_code == answers[role], answer.text
    if is_for_people(operation[1]):
        if answer.status_code == 303 and operation[1].startswith("/app"):
            assert answer.headers["location"].startswith("/login") == (role in NOBODY)
        if answer.status_code >= 400:
            assert answer.headers["content-type"].startswith("text/html")
    elif answer.status_code >= 400 and not operation[1].startswith("/01"):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", ["scanner", "other", "admin"])
def test_a_line_of_a_batch_that_its_sender_may_not_write_is_refused(
    stand: Stand, role: str
) -> None:
    before = stand.size
    answer = stand.append_all([stand.diary()], role).json()
    assert [each["status"] for each in answer["results"]] == [403]
    assert stand.size == before


def test_a_route_that_does_not_say_who_may_use_it_cannot_be_made() -> None:
    router = make_router("records")

    async def silent() -> None:
        """Says nothing."""

    with pytest.raises(TypeError, match="does not say who may use it"):
        router.get("/silent")(silent)
    assert router.routes == []


def test_no_route_is_built_but_by_the_kind_that_asks() -> None:
    assert all(isinstance(route, Route) for route in routes())
    assert all(isinstance(getattr(route, "access", None), Access) for route in routes())


def test_access_is_what_was_declared() -> None:
    @public
    def open_door() -> None: ...

    @needs("write", "admin")
    def closed_door() -> None: ...

    assert access_of(open_door).is_public
    assert access_of(closed_door).scopes == ("write", "admin")


@pytest.mark.parametrize(
    "header",
    ["Basic b3duZXI6", "Bearer", "goc_x", "Bearer goc_x", "Bearer " + "x" * 600, "Bearer gốc"],
)
def test_what_is_no_token_is_refused_and_not_taken_for_nobody(stand: Stand, header: str) -> None:
    answer = stand.client.get("/api/v1/log", headers=[(b"authorization", header.encode())])
    assert (answer.status_code, answer.json()["code"]) == (401, "access.token")


def test_a_token_that_ends_is_refused_from_then_on(stand: Stand) -> None:
    made = stand.ledger.tokens.create("short", ["read"], stand.farm.id, "viewer")
    headers = {"authorization": f"Bearer {made.text}"}
    assert stand.client.get("/api/v1/lots", headers=headers).status_code == 200
    ended = stand.client.delete(
        f"/api/v1/tokens/{made.principal.token}", headers=stand.as_("admin")
    )
    assert ended.status_code == 204
    assert stand.client.get("/api/v1/lots", headers=headers).status_code == 401


def test_a_token_made_over_http_serves_and_is_listed_without_its_secret(stand: Stand) -> None:
    made = stand.client.post(
        "/api/v1/tokens",
        json={"name": "quầy", "scopes": ["read"], "party": stand.farm.id, "role": "viewer"},
        headers=stand.as_("admin"),
    ).json()
    headers = {"authorization": f"Bearer {made['token']}"}
    path = f"/api/v1/parties/{stand.farm.id}/holdings"
    assert stand.client.get(path, headers=headers).status_code == 200
    listed = stand.get("/api/v1/tokens", "admin").text
    assert made["id"] in listed
    assert made["token"] not in listed


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "x", "scopes": ["everything"]}, 422, "token.scope"),
        ({"name": "x", "scopes": ["read"], "role": "owner"}, 422, "token.role"),
        ({"name": "x", "scopes": ["read"], "party": "p-0000000000000000", "role": "owner"}, 404,
         "party.unknown"),
        ({"name": "", "scopes": ["read"]}, 422, "request.field"),
        ({"scopes": ["read"]}, 422, "request.field"),
        ({"name": "x", "scopes": ["read"], "secret": "mine"}, 422, "request.field"),
    ],
)  # fmt: skip
def test_a_token_that_would_make_no_sense_is_not_made(
    stand: Stand, body: dict[str, Any], status: int, code: str
) -> None:
    answer = stand.client.post("/api/v1/tokens", json=body, headers=stand.as_("admin"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
