"""What is wrong is refused: each as a problem of a stable type, and nothing is written."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests import forge
from tests.api.served import HOST, RECORD
from tests.api.stand import Stand
from tests.kit import DAY, LOG
from traceability.core import b64, codec
from traceability.ledger.append import Appender
from traceability.ledger.loop import LoopAppender
from traceability.storage.append_store import SqlAppendStore
from traceability.storage.head import Head

Make = Callable[[Stand], bytes]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """The answer is a problem document of this status and code."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert problem["status"] == status
    assert problem["type"] == f"{HOST}/problems/{code}"
    assert problem["title"]
    assert problem["detail"]


# -- records made wrong -------------------------------------------------------------------------
def harvest(**changes: Any) -> Make:
    """A harvest of the farm, signed by it, with claims changed."""

    def make(stand: Stand) -> bytes:
        return codec.to_wire(*signed(stand, claims(stand, changes)))

    return make


def made(**changes: Any) -> Make:
    """A harvest whose one output is changed."""

    def make(stand: Stand) -> bytes:
        whole = claims(stand, {})
        whole["makes"][0].update(changes)
        return codec.to_wire(*signed(stand, whole))

    return make


def claims(stand: Stand, changes: dict[str, Any]) -> dict[str, Any]:
    """The claims of a harvest that would be taken."""
    world = stand.world
    line = {"product": stand.product, "lot": "L000001", "holder": stand.farm.id}
    whole = {
        "v": 1, "log": LOG, "type": "harvest", "iss": stand.farm.id, "place": stand.plot,
        "at": world.time(), "iat": world.time(), "nonce": b64.encode(world.bytes(16)),
        "makes": [line | {"quantity": "1 KGM"}], "data": {},
    } | changes  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def signed(stand: Stand, whole: dict[str, Any]) -> tuple[bytes, tuple[bytes, ...]]:
    """Claims signed by the farm."""
    payload, disclosures = codec.conceal(whole, lambda: stand.world.bytes(16))
    return codec.sign(payload, stand.farm.key), disclosures


def payload(change: Callable[[bytes], bytes]) -> Make:
    """A harvest whose payload is spelt otherwise, and signed as it is."""

    def make(stand: Stand) -> bytes:
        body, disclosures = codec.conceal(claims(stand, {}), lambda: stand.world.bytes(16))
        return forge.wire(change(body), disclosures, key=stand.farm.key)

    return make


def header(text: bytes) -> Make:
    """A harvest under another header; ``KID`` stands for the farm's key."""

    def make(stand: Stand) -> bytes:
        body, disclosures = codec.conceal(claims(stand, {}), lambda: stand.world.bytes(16))
        protected = text.replace(b"KID", stand.farm.kid.encode())
        return forge.wire(body, disclosures, protected, stand.farm.key)

    return make


def raw(body: bytes) -> Make:
    """Any bytes."""
    return lambda _: body


def tampered(stand: Stand) -> bytes:
    """A harvest of which one letter was changed after signing."""
    jws, disclosures = signed(stand, claims(stand, {}))
    head, body, signature = jws.split(b".")
    wrong = b64.encode(b64.decode(body).replace(b"L000001", b"L000009")).encode()
    return codec.to_wire(b".".join((head, wrong, signature)), disclosures)


def by_stranger(stand: Stand) -> bytes:
    """A harvest signed with a key that nobody registered."""
    body, disclosures = codec.conceal(claims(stand, {}), lambda: stand.world.bytes(16))
    return forge.wire(body, disclosures)


def drawing(quantity: str) -> Make:
    """The farm ships so much of its harvest."""

    def make(stand: Stand) -> bytes:
        return stand.world.ship(stand.farm, [(stand.harvest[0], quantity)], to=stand.shop).wire

    return make


def foreign(stand: Stand) -> bytes:
    """The farm ships what the shop has."""
    return stand.world.ship(stand.farm, [(stand.receipt[0], "1 KGM")], to=stand.shop).wire


def replayed(stand: Stand) -> bytes:
    """Another record under a nonce that was used."""
    nonce = stand.harvest.claims["nonce"]
    return codec.to_wire(*signed(stand, claims(stand, {"nonce": nonce})))


def product(gtin: str) -> Make:
    """A product under this number."""

    def make(stand: Stand) -> bytes:
        data = {
            "product": gtin, "name": {"vi": "Khóm"}, "makers": "anyone", "unit": "KGM",
        }  # fmt: skip
        return stand.world.sign(stand.farm, "product", data).wire

    return make


BAD: dict[str, tuple[Make, int, str]] = {
    "nothing": (raw(b""), 400, "record.malformed"),
    "no tilde": (raw(b"a.b.c"), 400, "record.malformed"),
    "two parts": (raw(b"a.b~"), 400, "record.malformed"),
    "not base64": (header(b"KID"), 400, "record.header"),
    "random bytes": (raw(bytes(range(256))), 400, "record.malformed"),
    "JSON": (raw(b'{"type":"harvest"}'), 400, "record.malformed"),
    "alg none": (header(b'{"alg":"none","kid":"KID","typ":"goc+sd-jwt"}'), 400, "record.header"),
    "alg HS256": (header(b'{"alg":"HS256","kid":"KID","typ":"goc+sd-jwt"}'), 400, "record.header"),
    "alg EdDSA": (header(b'{"alg":"EdDSA","kid":"KID","typ":"goc+sd-jwt"}'), 400, "record.header"),
    "embedded key": (
        header(b'{"alg":"Ed25519","jwk":{},"kid":"KID","typ":"goc+sd-jwt"}'),
        400,
        "record.header",
    ),
    "spaces in the payload": (
        payload(lambda body: body.replace(b",", b", ", 1)),
        400,
        "record.not-canonical",
    ),
    "a float": (
        payload(lambda body: body.replace(b'"v":1', b'"v":1.0')),
        422,
        "record.schema",
    ),
    "an escape": (
        payload(lambda body: body.replace(b"harvest", b"\\u0068arvest")),
        400,
        "record.not-canonical",
    ),
    "a repeated key": (
        payload(lambda body: body.replace(b"}", b"}", 1).replace(b'"v":1', b'"v":1,"v":1')),
        400,
        "record.not-canonical",
    ),
    "NaN": (payload(lambda body: body.replace(b'"v":1', b'"v":NaN')), 400, "record.malformed"),
    "a huge quantity": (made(quantity="9" * 25 + " KGM"), 422, "quantity.too-large"),
    "too large a quantity": (made(quantity="99999999999999 KGM"), 422, "quantity.too-large"),
    "a negative quantity": (made(quantity="-1 KGM"), 422, "quantity.malformed"),
    "a quantity of zero": (made(quantity="0 KGM"), 422, "quantity.zero"),
    "a quantity that is no number": (made(quantity="NaN KGM"), 422, "quantity.malformed"),
    "a quantity with an exponent": (made(quantity="1e9 KGM"), 422, "quantity.malformed"),
    "a quantity as a number": (made(quantity=5), 422, "record.schema"),
    "an unknown unit": (made(quantity="5 XYZ"), 422, "quantity.unit"),
    "too precise a quantity": (made(quantity="0.00000001 KGM"), 422, "quantity.too-precise"),
    "a bad check digit": (product("02000000000016"), 400, "gtin.check-digit"),
    "an unknown claim": (harvest(colour="green"), 422, "record.schema"),
    "an unknown type": (
        payload(lambda body: body.replace(b'"harvest"', b'"gift"')),
        422,
        "record.type",
    ),
    "a type of later": (
        payload(lambda body: body.replace(b'"harvest"', b'"recall"')),
        422,
        "record.type-reserved",
    ),
    "another log": (harvest(log="goc.example/other"), 422, "record.log"),
    "the future": (
        lambda stand: harvest(at=stand.world.time(stand.world.now + 2 * DAY))(stand),
        422,
        "time.future",
    ),
    "signed long ago": (
        lambda stand: harvest(
            at=stand.world.time(stand.world.now - 40 * DAY),
            iat=stand.world.time(stand.world.now - 40 * DAY),
        )(stand),
        422,
        "time.signed-long-ago",
    ),
    "changed after signing": (tampered, 422, "record.signature"),
    "an unknown key": (by_stranger, 422, "record.unknown-key"),
    "more than there is": (drawing("60.001 KGM"), 409, "draw.over"),
    "what another holds": (foreign, 422, "draw.foreign"),
    "a nonce used before": (replayed, 409, "record.replay"),
}
NO_LINES = ("nothing", "random bytes")


@pytest.mark.parametrize("case", BAD)
def test_a_bad_record_is_refused_by_name_and_nothing_is_written(stand: Stand, case: str) -> None:
    make, status, code = BAD[case]
    wire, before = make(stand), stand.size
    refused(stand.append(wire), status, code)
    assert stand.size == before


@pytest.mark.parametrize("case", [case for case in BAD if case not in NO_LINES])
def test_a_bad_record_fails_alone_in_its_batch(stand: Stand, case: str) -> None:
    make, status, code = BAD[case]
    wire, good = make(stand), stand.diary().wire
    answer = stand.client.post(
        "/api/v1/records/batch",
        content=b"\n".join((wire, good)),
        headers={"content-type": "application/vnd.goc.records", **stand.as_("owner")},
    )
    first, second = answer.json()["results"]
    assert (first["status"], first["problem"]["code"]) == (status, code)
    assert second["status"] == 201


# -- commands and requests made wrong ----------------------------------------------------------
COMMANDS: dict[str, tuple[bytes, int, str]] = {
    "not JSON": (b"{", 400, "request.malformed"),
    "NaN": (b'{"record":{"type":"diary","x":NaN}}', 400, "request.malformed"),
    "no record": (b"{}", 422, "request.field"),
    "a list": (b"[]", 422, "request.field"),
    "what nobody knows": (b'{"record":{},"colour":1}', 422, "request.field"),
    "no type": (b'{"record":{}}', 403, "access.type"),
    "a nonce": (b'{"record":{"type":"diary","nonce":"x"}}', 422, "command.reserved"),
    "a field that cannot be hidden": (
        b'{"record":{"type":"diary","data":{"activity":"feed"}},"hide":["activity"]}',
        422,
        "command.hide",
    ),
    "a draw of nothing": (
        b'{"record":{"type":"consume","draws":["x.0"],"data":{"kind":"sold"}}}',
        422,
        "draw.unknown",
    ),
    "a wrong field": (
        b'{"record":{"type":"diary","data":{"activity":"dancing"}}}',
        422,
        "record.schema",
    ),
    "nested without end": (
        b'{"record":{"type":"diary","data":' + b'{"a":' * 2000 + b"1" + b"}" * 2001 + b"}",
        400,
        "request.malformed",
    ),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_a_bad_command_is_refused_and_nothing_is_written(stand: Stand, case: str) -> None:
    body, status, code = COMMANDS[case]
    before = stand.size
    answer = stand.client.post(
        "/api/v1/records",
        content=body,
        headers={"content-type": "application/json", **stand.as_("owner")},
    )
    refused(answer, status, code)
    assert stand.size == before


def test_a_command_for_a_party_whose_key_is_elsewhere_is_refused(stand: Stand) -> None:
    answer = stand.command({"type": "diary", "data": {"activity": "feed"}}, "shop")
    refused(answer, 409, "command.no-key")


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "kind", "limit"),
    [
        ("/api/v1/records", RECORD, 120 * 1024),
        ("/api/v1/records/batch", "application/vnd.goc.records", 8 * 1024 * 1024),
        ("/api/v1/tokens", "application/json", 64 * 1024),
        ("/api/v1/parties", "application/json", 64 * 1024),
    ],
)
def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(
    stand: Stand, path: str, kind: str, limit: int, chunked: bool
) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(limit // 8192 + 2):
            yield b"x" * 8192

    content = pieces() if chunked else b"x" * (limit + 1)
    role = "owner" if "records" in path else "admin"
    headers = {"content-type": kind, **stand.as_(role)}
    with httpx.Client(base_url=stand.client.base_url) as client:
        try:
            answer = client.post(path, content=content, headers=headers)
        except httpx.WriteError:  # refused, and the line was dead before all was sent
            return
    refused(answer, 413, "request.too-large")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application"],
)
@pytest.mark.parametrize("path", ["/api/v1/records", "/api/v1/records/batch"])
def test_a_body_of_another_type_is_refused(stand: Stand, path: str, kind: str) -> None:
    headers = {"content-type": kind, **stand.as_("owner")}
    answer = stand.client.post(path, content=stand.diary().wire, headers=headers)
    refused(answer, 415, "request.content-type")


def test_a_compressed_body_is_refused(stand: Stand) -> None:
    headers = {"content-type": RECORD, "content-encoding": "gzip", **stand.as_("owner")}
    answer = stand.client.post("/api/v1/records", content=b"\x1f\x8b", headers=headers)
    refused(answer, 415, "request.content-type")


@pytest.mark.parametrize("lines", [0, 1001])
def test_a_batch_has_between_one_and_a_thousand_lines(stand: Stand, lines: int) -> None:
    answer = stand.client.post(
        "/api/v1/records/batch",
        content=b"x~\n" * lines,
        headers={"content-type": "application/vnd.goc.records", **stand.as_("owner")},
    )
    refused(answer, 400, "ledger.batch")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/lots/02000000000016/L1", 400, "gtin.check-digit"),
        ("/api/v1/lots/1234/L1", 400, "gtin.malformed"),
        ("/api/v1/lots/%00/L1", 400, "gtin.malformed"),
        ("/api/v1/lots/02000000000015/%20", 422, "request.field"),
        ("/api/v1/lots/02000000000015/%ff", 422, "request.field"),
        ("/api/v1/lots/02000000000015/" + "L" * 21, 422, "request.field"),
        ("/api/v1/lots/02000000000015/L9", 404, "lot.unknown"),
        ("/api/v1/lots/02000000000015/L9/bundle", 404, "lot.unknown"),
        ("/api/v1/lots/02000000000015/L9/trace", 404, "lot.unknown"),
        ("/api/v1/lots/02000000000015/L9/label.png", 404, "lot.unknown"),
        ("/api/v1/lots/02000000000015/L9/qr.svg", 404, "lot.unknown"),
        ("/api/v1/lots/02000000000015/L000001/label.pdf", 422, "request.field"),
        ("/api/v1/lots/02000000000015/L000001/label.png?dpi=9", 422, "request.field"),
        ("/api/v1/lots/02000000000015/L000001/bundle?from=999", 400, "ledger.index"),
        ("/api/v1/lots/02000000000015/L000001/bundle?from=-1", 422, "request.field"),
        ("/api/v1/lots/02000000000015/L000001/bundle?holding=" + "A" * 43 + ".0", 404,
         "holding.unknown"),
        ("/api/v1/lots/02000000000015/L000001/trace?direction=up", 422, "request.field"),
        ("/api/v1/log/consistency", 422, "request.field"),
        ("/api/v1/log/consistency?from=2&since=1", 422, "request.parameter"),
        ("/api/v1/lots/02000000000015/L000001?colour=green", 422, "request.parameter"),
        ("/api/v1/log?%00", 422, "request.parameter"),
        ("/api/v1/log/checkpoint?" + "x" * 900, 422, "request.parameter"),
        ("/api/v1/log/consistency?from=2&to=3", 400, "ledger.index"),
        ("/api/v1/records/" + "A" * 43, 404, "record.unknown"),
        ("/api/v1/records/nothing", 422, "request.field"),
        ("/api/v1/parties/p-0000000000000000", 404, "party.unknown"),
        ("/api/v1/places/l-0000000000000000", 404, "place.unknown"),
        ("/api/v1/products/02000000000992", 404, "product.unknown"),
        ("/api/v1/certificates/c-0000000000000000", 404, "certificate.unknown"),
        ("/api/v1/nothing", 404, "request.nothing-here"),
        ("/problems/no.such", 404, "request.nothing-here"),
        ("/../etc/passwd", 404, "request.nothing-here"),
        ("/pictures/..%2F..%2Fgoc.db", 404, "request.nothing-here"),
    ],
)  # fmt: skip
def test_a_question_about_nothing_is_answered_as_such(
    stand: Stand, path: str, status: int, code: str
) -> None:
    if "pictures" in path:
        status, code = 422, "request.field"
    refused(stand.get(path), status, code)


@pytest.mark.parametrize("cursor", ["x", "WzFd", "bm90aGluZw", "W251bGwsbnVsbF0", "A" * 401])
def test_a_cursor_that_was_not_given_out_is_refused(stand: Stand, cursor: str) -> None:
    code = "request.field" if len(cursor) > 400 else "cursor.malformed"
    status = 422 if len(cursor) > 400 else 400
    refused(stand.get(f"/api/v1/lots?after={cursor}", "owner"), status, code)
    path = f"/api/v1/parties/{stand.farm.id}/holdings?after={cursor}"
    refused(stand.get(path, "owner"), status, code)


@pytest.mark.parametrize("lot", ["%00", "a%00", "%C3%A9", "A" * 21, ""])
def test_a_lot_that_cannot_be_is_not_looked_for(stand: Stand, lot: str) -> None:
    path = f"/api/v1/parties/{stand.farm.id}/holdings?lot={lot}"
    refused(stand.get(path, "owner"), 422, "request.field")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_is_not_there_says_which_are(stand: Stand, method: str) -> None:
    answer = stand.client.request(method, "/api/v1/records")
    refused(answer, 405, "request.method")
    assert answer.headers["allow"] == "POST"


# -- a ledger in trouble -----------------------------------------------------------------------
def test_two_who_draw_the_same_goods_at_once_get_one_receipt_between_them(stand: Stand) -> None:
    world = stand.world
    fresh = world.harvest(stand.farm, stand.plot, [(stand.product, world.lot(), "10 KGM")])
    assert stand.append(fresh).status_code == 201
    shipments = [world.ship(stand.farm, [(fresh[0], "6 KGM")], to=stand.shop) for _ in range(2)]
    ready, answers = threading.Barrier(2), []

    def send(wire: bytes) -> None:
        with httpx.Client(base_url=stand.client.base_url) as client:
            ready.wait(5)
            headers = {"content-type": RECORD, **stand.as_("owner")}
            answers.append(client.post("/api/v1/records", content=wire, headers=headers))

    threads = [threading.Thread(target=send, args=[each.wire]) for each in shipments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.status_code for each in answers) == [201, 409]
    refused(next(each for each in answers if each.status_code == 409), 409, "draw.over")


def test_while_another_program_holds_the_database_nothing_is_taken_and_all_is_well_after(
    own_stand: Stand,
) -> None:
    record, before = own_stand.diary(), own_stand.size
    other = sqlite3.connect(own_stand.folder / "goc.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = own_stand.append(record)
        refused(answer, 503, "ledger.locked")
        assert int(answer.headers["retry-after"]) >= 1
        assert own_stand.get(own_stand.page_path).status_code == 200  # reading goes on
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert own_stand.size == before
    assert own_stand.append(record).status_code == 201


def replace_store(stand: Stand, kind: type[SqlAppendStore]) -> SqlAppendStore:
    """Let the running server write through another store."""
    store = kind(stand.ledger.database)
    old = stand.ledger.appender
    old.close()
    new = Appender(store, stand.world.signer, stand.ledger.keys, stand.world.clock)
    stand.ledger.appender = new
    app = stand.app
    app.state.goc.appender = LoopAppender(new, app.state.goc.appender._loop)
    return store


def test_a_full_disk_is_said_with_nothing_half_written(own_stand: Stand) -> None:
    class Small(SqlAppendStore):
        limit = 0  # pages; 0: none

        def lock(self) -> Head:
            head = super().lock()
            self._cursor.execute("PRAGMA page_count")
            (count,) = self._cursor.fetchone()
            limit = max(count, self.limit) if self.limit else 2**30
            self._cursor.execute(f"PRAGMA max_page_count = {limit}")
            return head

    store = replace_store(own_stand, Small)
    assert isinstance(store, Small)
    with own_stand.ledger.database.reading() as connection:
        store.limit = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 2
    before, answer = own_stand.size, own_stand.append(own_stand.diary())
    record = own_stand.diary()
    while (answer := own_stand.append(record)).status_code == 201:
        before, record = own_stand.size, own_stand.diary()
        assert before < 500, "the disk never was full"
    refused(answer, 503, "ledger.storage")
    assert own_stand.size == before
    path = f"/api/v1/records/{record.name}/receipt"
    refused(own_stand.get(path), 404, "record.unknown")
    store.limit = 0
    assert own_stand.append(record).status_code == 201


def test_a_commit_that_fails_gives_nobody_a_receipt(own_stand: Stand) -> None:
    class Failing(SqlAppendStore):
        failing = True

        def commit(self, head: Head, effects: Any, leaves: Any) -> None:
            if self.failing:
                raise sqlite3.OperationalError("disk I/O error")
            super().commit(head, effects, leaves)

    store = replace_store(own_stand, Failing)
    assert isinstance(store, Failing)
    record, before = own_stand.diary(), own_stand.get("/api/v1/log").json()
    answer = own_stand.append(record)
    assert answer.status_code >= 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "checkpoint" not in answer.text
    batch = own_stand.append_all([record, own_stand.diary()])
    assert batch.status_code >= 500
    assert "checkpoint" not in batch.text
    assert own_stand.get("/api/v1/log").json() == before
    refused(own_stand.get(f"/api/v1/records/{record.name}/receipt"), 404, "record.unknown")
    store.failing = False
    assert own_stand.append(record).status_code == 201


def test_a_commit_that_took_place_though_it_seemed_to_fail_is_found_by_sending_again(
    own_stand: Stand,
) -> None:
    class Doubtful(SqlAppendStore):
        doubt = True

        def commit(self, head: Head, effects: Any, leaves: Any) -> None:
            super().commit(head, effects, leaves)
            if self.doubt:
                self.doubt = False
                raise sqlite3.OperationalError("the connection broke")

    replace_store(own_stand, Doubtful)
    record = own_stand.diary()
    assert own_stand.append(record).status_code >= 500
    again = own_stand.append(record)
    assert (again.status_code, again.json()["repeated"]) == (200, True)


def test_a_fault_of_ours_shows_no_trace_of_itself(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise RuntimeError("secret of the machine room")

    monkeypatch.setattr(own_stand.ledger.receipts, "head", stumble)
    answer = own_stand.get("/api/v1/log")
    refused(answer, 500, "ledger.fault")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_ledger_with_a_full_queue_asks_to_come_again(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_stand.ledger.appender._waiting, "_max_waiting", 0)
    answer = own_stand.append(own_stand.diary())
    refused(answer, 503, "ledger.busy")
    assert int(answer.headers["retry-after"]) >= 1
