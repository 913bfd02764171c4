"""Tokens open what they are meant for, as long as they are meant to, and nothing else."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from traceability.core.errors import LedgerError
from traceability.core.registry_records import MODELS
from traceability.ledger.tokens import ROLES, Claim, Principal, Tokens
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import migrate

PARTY, OTHER, OPERATOR = "p-0123456789abcdef", "p-fedcba9876543210", "p-000000000000000a"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(sqlite_url(tmp_path / "goc.db"))
    migrate(found)
    yield found
    found.close()


@pytest.fixture
def tokens(database: Database, clock: Clock) -> Tokens:
    return Tokens(database, clock)


def refusal(principal: Principal, party: str, record_type: str) -> str | None:
    try:
        principal.require_writing(party, record_type, OPERATOR)
    except LedgerError as error:
        return error.code
    return None


def test_a_token_says_who_is_asking_in_every_process(database: Database, tokens: Tokens) -> None:
    made = tokens.create("cân ở vựa", ["read", "write"], PARTY, "clerk")
    for each in (tokens, Tokens(database)):
        found = each.authenticate(made.text)
        assert found == made.principal
        assert found is not None
        assert (found.party, found.role, found.name) == (PARTY, "clerk", "cân ở vựa")
        assert found.scopes == {"read", "write"}


def test_a_tokens_secret_is_kept_nowhere(
    tokens: Tokens, database: Database, tmp_path: Path
) -> None:
    made = tokens.create("x", ["read"], PARTY, "viewer")
    database.close()
    secret = made.text.split("_", 2)[2]
    assert len(secret) == 43
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("goc.db*"))
    assert secret.encode() not in stored
    assert made.text not in repr(made)


@pytest.mark.parametrize("change", ["", "goc", "goc__", "goc_x_y", "bearer", "goc_é_x"])
def test_what_is_no_token_opens_nothing(tokens: Tokens, change: str) -> None:
    tokens.create("x", ["read"], PARTY, "viewer")
    assert tokens.authenticate(change) is None


def test_a_token_with_another_secret_or_another_id_opens_nothing(tokens: Tokens) -> None:
    one = tokens.create("one", ["read"], PARTY, "viewer").text
    two = tokens.create("two", ["read"], PARTY, "viewer").text
    swapped = "_".join([*one.split("_", 2)[:2], two.split("_", 2)[2]])
    assert tokens.authenticate(swapped) is None
    assert tokens.authenticate(one[:-1] + ("A" if one[-1] != "A" else "E")) is None
    assert tokens.authenticate(one) is not None


def test_a_token_ends_when_it_expires_though_it_is_remembered(tokens: Tokens, clock: Clock) -> None:
    made = tokens.create("x", ["read"], PARTY, "viewer", expires=clock.now + 1_000)
    assert tokens.authenticate(made.text) is not None
    clock.now += 1_000
    assert tokens.authenticate(made.text) is None


def test_a_revoked_token_ends_at_once_here_and_soon_elsewhere(
    tokens: Tokens, database: Database, clock: Clock
) -> None:
    made = tokens.create("x", ["read"], PARTY, "viewer")
    elsewhere = Tokens(database, clock)
    assert elsewhere.authenticate(made.text) is not None
    assert tokens.authenticate(made.text) is not None
    tokens.revoke(made.principal.token)
    assert tokens.authenticate(made.text) is None
    clock.now += 30_000
    assert elsewhere.authenticate(made.text) is None
    for nobody in ("nobody", "0" * 16, "a\0"):
        with pytest.raises(LedgerError) as refused:
            tokens.revoke(nobody)
        assert refused.value.code == "token.unknown"


def test_a_token_that_nobody_knows_is_asked_for_once_a_second(
    tokens: Tokens, database: Database, clock: Clock
) -> None:
    made = Tokens(database, clock).create("elsewhere", ["read"], PARTY, "viewer")
    invented = made.text[:-1] + ("A" if made.text[-1] != "A" else "E")
    assert isinstance(tokens.at_once(invented), Claim)
    assert tokens.authenticate(invented) is None
    assert tokens.at_once(invented) is None
    assert tokens.authenticate(made.text) == made.principal  # its neighbour is as good as ever
    clock.now += 1_000
    assert isinstance(tokens.at_once(invented), Claim)


def test_a_new_token_is_good_at_once_and_one_question_is_enough_for_many(
    tokens: Tokens, database: Database, clock: Clock
) -> None:
    here = tokens.create("here", ["read"], PARTY, "viewer")
    there = Tokens(database, clock).create("there", ["audit"])
    lapsed = tokens.create("lapsed", ["audit"], expires=clock.now)
    claims = [tokens.at_once(each.text) for each in (here, there, lapsed)]
    claims.append(Claim(there.principal.token, b"x" * 32))
    asked = [claim for claim in claims if isinstance(claim, Claim)]
    assert tokens.look_up(asked) == [here.principal, there.principal, None, None]
    assert tokens.at_once(there.text) == there.principal


def test_what_is_no_tokens_id_is_not_asked_for(tokens: Tokens) -> None:
    for id_ in ("x", "X" * 16, "ilou" * 4, "0" * 17, "0" * 15 + "'"):
        assert tokens.at_once(f"goc_{id_}_secret") is None


def test_a_token_that_ends_while_it_is_looked_up_is_not_remembered(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tokens.create("x", ["read"], PARTY, "viewer")
    read = tokens._read

    def slowly(claims: Sequence[Claim]) -> Any:
        found = read(claims)
        tokens.revoke(made.principal.token)
        return found

    monkeypatch.setattr(tokens, "_read", slowly)
    tokens.authenticate(made.text)
    assert isinstance(tokens.at_once(made.text), Claim)


def test_a_list_shows_when_tokens_were_made_and_ended(tokens: Tokens, clock: Clock) -> None:
    first = tokens.create("first", ["read"], PARTY, "viewer")
    clock.now += 5
    second = tokens.create("second", ["read"], PARTY, "owner")
    tokens.create("of another", ["audit"])
    tokens.revoke(first.principal.token)
    listed = tokens.entries(PARTY)
    assert [entry.principal for entry in listed] == [second.principal, first.principal]
    assert [entry.revoked for entry in listed] == [None, clock.now]
    assert len(tokens.entries()) == 3


@pytest.mark.parametrize(
    ("scopes", "party", "role", "code"),
    [
        (["read", "everything"], None, None, "token.scope"),
        (["read"], PARTY, None, "token.role"),
        (["read"], PARTY, "boss", "token.role"),
        (["read"], None, "owner", "token.role"),
    ],
)
def test_a_token_that_means_nothing_is_not_made(
    tokens: Tokens, scopes: list[str], party: str | None, role: str | None, code: str
) -> None:
    with pytest.raises(LedgerError) as refused:
        tokens.create("x", scopes, party, role)
    assert refused.value.code == code
    assert tokens.entries() == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("record_type", MODELS)
def test_each_role_writes_its_types_and_for_its_own_party_only(role: str, record_type: str) -> None:
    principal = Principal("t", "n", frozenset({"read", "write"}), PARTY, role)
    allowed = {
        "owner": True,
        "clerk": record_type not in ("key", "key-revoke", "consent"),
        "scanner": record_type in ("receive", "consume", "inspect", "unit"),
        "viewer": False,
    }[role]
    assert refusal(principal, PARTY, record_type) == (None if allowed else "access.type")
    assert refusal(principal, OTHER, record_type) == "access.party"


def test_without_the_write_scope_no_role_writes() -> None:
    reader = Principal("t", "n", frozenset({"read"}), PARTY, "owner")
    assert refusal(reader, PARTY, "harvest") == "access.scope"


def test_the_operators_token_writes_for_the_operator_alone_and_an_auditors_for_none() -> None:
    operator = Principal("t", "n", frozenset({"admin", "write"}))
    auditor = Principal("t", "n", frozenset({"read", "audit", "write"}))
    assert refusal(operator, OPERATOR, "party") is None
    assert refusal(operator, OTHER, "harvest") == "access.party"
    assert refusal(auditor, OPERATOR, "party") == "access.scope"
    assert refusal(auditor, OTHER, "harvest") == "access.party"


def test_a_party_reads_its_own_an_auditor_and_the_operator_all() -> None:
    party = Principal("t", "n", frozenset({"read"}), PARTY, "viewer")
    party.require_reading(PARTY)
    with pytest.raises(LedgerError) as refused:
        party.require_reading(OTHER)
    assert refused.value.code == "access.party"
    for scope in ("audit", "admin"):
        Principal("t", "n", frozenset({scope})).require_reading(OTHER)
    with pytest.raises(LedgerError) as refused:
        Principal("t", "n", frozenset({"write"}), PARTY, "owner").require_reading(PARTY)
    assert refused.value.code == "access.scope"
