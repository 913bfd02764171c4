"""A session ends when it should, and is never a token; a token never is a session."""

import pytest

from traceability.core.errors import LedgerError
from traceability.ledger.remembered import BRIEFLY
from traceability.ledger.sessions import LASTING, MOST, Sessions
from traceability.ledger.tokens import SESSION, Claim, Principal, Tokens
from traceability.storage.engine import Database
from traceability.storage.tables import ApiToken, table_of

PARTY = "p-0123456789abcdef"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(database: Database, clock: Clock) -> Tokens:
    return Tokens(database, clock)


@pytest.fixture
def sessions(database: Database, tokens: Tokens, clock: Clock) -> Sessions:
    return Sessions(database, tokens, clock)


@pytest.fixture
def clerk(tokens: Tokens) -> Principal:
    return tokens.create("máy ở văn phòng", ["read", "write"], PARTY, "clerk").principal


def who(tokens: Tokens, text: str) -> Principal | None:
    found = tokens.at_once(text, SESSION)
    return tokens.look_up([found])[0] if isinstance(found, Claim) else found


def rows(database: Database) -> int:
    with database.reading() as connection:
        return len(connection.execute(table_of(ApiToken).select()).all())


def test_a_session_stands_for_who_signed_in_in_every_process(
    database: Database, tokens: Tokens, sessions: Sessions, clerk: Principal, clock: Clock
) -> None:
    made = sessions.begin(clerk)
    assert made.expires == clock.now + LASTING
    assert who(tokens, made.text) == who(Tokens(database, clock), made.text) == clerk


def test_a_session_is_no_token_and_a_token_no_session(tokens: Tokens, sessions: Sessions) -> None:
    token = tokens.create("t", ["read"], PARTY, "viewer")
    session = sessions.begin(token.principal).text
    assert tokens.authenticate(session) is None
    assert tokens.authenticate(session.replace("gos_", "goc_")) is None
    assert who(tokens, token.text) is None
    assert who(tokens, token.text.replace("goc_", "gos_")) is None


def test_a_session_is_over_after_its_time(
    tokens: Tokens, sessions: Sessions, clerk: Principal, clock: Clock
) -> None:
    text = sessions.begin(clerk).text
    clock.now += LASTING - 1
    assert who(tokens, text) == clerk
    clock.now += 1
    assert who(tokens, text) is None


def test_a_session_ends_with_the_token_that_it_was_begun_with(
    tokens: Tokens, sessions: Sessions, clock: Clock
) -> None:
    short = tokens.create("t", ["read"], PARTY, "viewer", expires=clock.now + 1000)
    assert sessions.begin(short.principal).expires == short.expires
    text = sessions.begin(short.principal).text
    assert who(tokens, text) == short.principal
    tokens.revoke(short.principal.token)
    assert who(tokens, text) is None
    with pytest.raises(LedgerError, match=r"access\.token"):
        sessions.begin(short.principal)


def test_who_signs_out_ends_one_session_and_not_the_token(
    database: Database, tokens: Tokens, sessions: Sessions, clerk: Principal, clock: Clock
) -> None:
    elsewhere = Tokens(database, clock)
    first, second = sessions.begin(clerk).text, sessions.begin(clerk).text
    assert who(elsewhere, first) == clerk
    sessions.end(first)
    assert (who(tokens, first), who(tokens, second)) == (None, clerk)
    clock.now += BRIEFLY  # for as long another process remembers
    assert who(elsewhere, first) is None


def test_a_token_cannot_be_ended_as_a_session(tokens: Tokens, sessions: Sessions) -> None:
    token = tokens.create("t", ["read"], PARTY, "viewer")
    sessions.end(token.text)
    assert tokens.authenticate(token.text) == token.principal


def test_a_token_has_so_many_sessions_and_those_that_are_over_are_dropped(
    database: Database, tokens: Tokens, sessions: Sessions, clerk: Principal, clock: Clock
) -> None:
    made = []
    for _ in range(MOST + 1):
        clock.now += 1
        made.append(sessions.begin(clerk).text)
    assert who(tokens, made[0]) is None
    assert all(who(tokens, text) == clerk for text in made[1:])
    assert rows(database) == 1 + MOST
    clock.now += LASTING
    sessions.begin(clerk)
    assert rows(database) == 2


def test_sessions_are_in_no_list_of_tokens(
    tokens: Tokens, sessions: Sessions, clerk: Principal
) -> None:
    sessions.begin(clerk)
    assert [each.principal for each in tokens.entries()] == [clerk]
    assert [each.principal for each in tokens.entries(PARTY)] == [clerk]


def test_what_is_kept_of_a_session_is_worth_nothing_to_a_thief(
    database: Database, sessions: Sessions, clerk: Principal
) -> None:
    text = sessions.begin(clerk).text
    secret = text.split("_", 2)[2]
    with database.reading() as connection:
        kept = connection.execute(table_of(ApiToken).select()).all()
    assert all(secret.encode() not in repr(row).encode() for row in kept)
    assert "gos_" not in repr(sessions.begin(clerk))
