"""The server's log: what it says of a request, and what it never says of anybody."""

import io
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest

from api import logs
from tests.api.stand import Stand
from traceability.core.errors import LedgerError

PHONE, PERSON, CARD = "0912345678", "Nguyễn Văn Tư", "079123456789"


@contextmanager
def written(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    """What the log gets meanwhile."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root, ours = logging.getLogger(), logging.getLogger("goc")
    before = ours.level
    ours.setLevel(logging.INFO)
    root.addHandler(handler)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        ours.setLevel(before)


def lines(stream: io.StringIO, count: int) -> list[str]:
    """The first lines, once they are there: each is written after its answer."""
    deadline = time.monotonic() + 5
    while len(found := stream.getvalue().splitlines()) < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.01)
    return found


def test_a_request_is_one_json_object_with_its_name_its_route_and_its_token(
    own_stand: Stand,
) -> None:
    with written(logs.JsonFormatter()) as stream:
        name = "0d7c5cb7-5d49-4d1c-9b8e-9b5ad8d13a3f"
        answer = own_stand.get("/api/v1/lots?limit=3", "owner", **{"x-request-id": name})
        said = orjson.loads(lines(stream, 1)[0])
    token = own_stand.ledger.tokens.authenticate(own_stand.tokens["owner"])
    assert token is not None
    assert answer.headers["x-request-id"] == name
    assert said["request_id"] == name
    assert (said["method"], said["route"]) == ("GET", "/api/v1/lots")
    assert (said["status"], said["bytes"]) == (200, len(answer.content))
    assert said["token"] == token.token
    assert said["ms"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["time"])
    assert (said["level"], said["logger"]) == ("info", "goc.access")
    assert said["message"].startswith("GET /api/v1/lots 200 ")
    assert isinstance(said["pid"], int)


@pytest.mark.parametrize(
    "brought", ["", PHONE, CARD, "a" * 65, "x y" * 8, "goc_0123456789abcdef_" + "x" * 30]
)
def test_a_name_that_could_be_something_else_is_replaced(stand: Stand, brought: str) -> None:
    first = stand.get("/health/live", **{"x-request-id": brought}).headers["x-request-id"]
    second = stand.get("/health/live").headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{18}", first)
    assert first != second


@pytest.mark.parametrize("formatter", [logs.JsonFormatter(), logs.TextFormatter()])
def test_no_person_no_token_and_nothing_hidden_reaches_the_log(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch, formatter: logging.Formatter
) -> None:
    def fails(*_: object) -> None:
        raise ValueError(f"cannot store {PERSON}, {PHONE}")

    secret = own_stand.tokens["owner"]
    with written(formatter) as stream:
        own_stand.get(f"/api/v1/lots?phone={PHONE}&token={secret}", "owner")
        own_stand.get(f"{own_stand.page_path}/21/SERIAL77?phone={PHONE}")
        own_stand.get(f"/{PHONE}/{PERSON}", "owner", **{"x-request-id": PHONE, "x": CARD})
        own_stand.command({"type": "harvest", "data": {"by": PERSON}}, "owner", key=PHONE)
        own_stand.client.post("/api/v1/records", content=PERSON.encode())
        own_stand.append(own_stand.diary())
        monkeypatch.setattr(own_stand.ledger.appender, "parse", fails)
        assert own_stand.append(own_stand.diary()).status_code == 500
        lines(stream, 8)
        all_of_it = stream.getvalue()
    salt = own_stand.harvest.wire.split(b"~")[1].decode()
    for secret_ in (PHONE, PERSON, CARD, secret, secret[22:], "SERIAL77", salt, "127.0.0.1"):
        assert secret_ not in all_of_it
        assert orjson.dumps(secret_).decode()[1:-1] not in all_of_it
    assert "builtins.ValueError" in all_of_it
    assert "in fails" in all_of_it  # where it happened is told


def test_of_others_messages_and_errors_only_the_kind_is_told() -> None:
    logger = logging.getLogger("asyncio")
    with written(logs.TextFormatter()) as stream:
        logger.error("Task exception was never retrieved\nfuture: <exception=Fault('%s')>", PERSON)
        try:
            try:
                raise KeyError(PHONE)
            except KeyError as error:
                raise LedgerError("ledger.busy") from error
        except LedgerError:
            logger.exception("it failed")
    said = stream.getvalue()
    assert "never retrieved" in said
    assert "ledger.busy" in said
    assert "builtins.KeyError" in said
    assert PERSON not in said
    assert PHONE not in said


@pytest.mark.parametrize(("form", "is_json"), [("", True), ("json", True), ("text", False)])
def test_a_program_gets_json_unless_text_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, form: str, is_json: bool
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logging, "root", logging.RootLogger(logging.WARNING))
    logs.to_stream(stream, form)
    logging.root.warning("one\nline")
    assert stream.getvalue().startswith("{") is is_json
    assert stream.getvalue().count("\n") == 1
    assert sys.stderr is not stream
