"""Refusals over HTTP: every code has a status, a page, and a sentence in the reader's language."""

import pytest

from api.documents import statuses_of
from api.problems import STATUSES, as_goc_error, problem, status_of
from tests.api.stand import Stand
from traceability.core.errors import (
    CODES,
    FormatError,
    GocError,
    LedgerError,
    RecordError,
    RuleError,
)
from traceability.text import has_text

KINDS = (FormatError, RecordError, RuleError, LedgerError)


@pytest.mark.parametrize("kind", KINDS)
def test_every_code_has_a_status_and_a_title_however_it_comes_up(kind: type[GocError]) -> None:
    for code in CODES:
        status = status_of(kind(code))
        assert status in STATUSES
        for language in ("vi", "en"):
            assert has_text(language, f"api.title.{status}")


def test_a_status_follows_from_who_refuses_and_why() -> None:
    assert status_of(RuleError("lot.foreign")) == 422
    assert status_of(RuleError("lot.unknown")) == 422  # named in a record
    assert status_of(LedgerError("lot.unknown")) == 404  # asked for
    assert status_of(RuleError("draw.over")) == 409


def test_a_fault_that_nobody_expected_says_nothing_of_itself() -> None:
    error = as_goc_error(ValueError("a password"))
    document = problem(error, "en", "https://goc.example")
    assert document["code"] == "ledger.fault"
    assert "password" not in str(document)


@pytest.mark.parametrize(
    ("header", "words"),
    [("vi", "Không có gì"), ("en", "There is nothing"), ("fr", "Địa chỉ này không có gì")],
)
def test_a_problem_speaks_the_readers_language(stand: Stand, header: str, words: str) -> None:
    answer = stand.get("/nothing", **{"accept-language": header})
    assert words.split()[-1] in answer.json()["detail"]
    assert answer.headers["content-language"] in ("vi", "en")
    assert "Accept-Language" in answer.headers["vary"]
    assert answer.headers["cache-control"] == "no-store"


def test_the_type_of_every_problem_leads_to_what_it_means(stand: Stand) -> None:
    listed = stand.get("/problems").text
    for code in CODES:
        answer = stand.get(f"/problems/{code}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert f"/problems/{code}" in listed
        assert statuses_of(code)


def test_the_pointer_leads_to_the_field_that_is_wrong(stand: Stand) -> None:
    record = stand.world.sign(stand.farm, "diary", {"activity": "dancing"}, place=stand.plot)
    assert stand.append(record).json()["pointer"] == "/data/activity"
    token = stand.client.post(
        "/api/v1/tokens", json={"name": 1, "scopes": []}, headers=stand.as_("admin")
    )
    assert token.json()["pointer"] == "/name"
