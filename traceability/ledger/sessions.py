"""Sessions of people who signed in with a token, on pages (ADR 016).

A session is a secret of its own, which ends after ``LASTING``, when its token ends, or when its
owner signs out. It is a row beside the tokens: found, remembered and compared as they are
(``ledger.tokens``), and its text is kept nowhere but with whoever has it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, insert, select, update

from traceability import clock
from traceability.core.errors import LedgerError
from traceability.ledger.reading import accounts
from traceability.ledger.tokens import OF, SESSION, Principal, Tokens, drawn
from traceability.storage.engine import Database
from traceability.storage.tables import ApiToken, table_of

LASTING: Final = 12 * 3_600_000  #: milliseconds
MOST: Final = 20  #: of one token at a time; the oldest gives way

_TABLE: Final = table_of(ApiToken)


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just begun: ``text`` is handed over once and kept nowhere. ``expires`` in Unix
    milliseconds."""

    text: str = field(repr=False)
    expires: int


class Sessions:
    """The sessions in a database. Methods may be called from any thread."""

    def __init__(
        self,
        database: Database,
        tokens: Tokens,
        now: Callable[[], int] = clock.now_ms,
        random: Callable[[int], bytes] = clock.random_bytes,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._now = now
        self._random = random

    def begin(self, principal: Principal) -> NewSession:
        """Begin a session of who has sent a good token. ``access.token`` where it ended meanwhile.

        Those of the same token that are over are dropped: no table grows with time.
        """
        now = self._now()
        id_, text = drawn(SESSION, self._random)
        behind = _TABLE.c.id == principal.token
        siblings = _TABLE.c.scopes.like(f"{OF}{principal.token} %")
        with accounts(self._database) as connection:
            # Whoever ends the token at the same time waits for the session, or is waited for.
            held = update(_TABLE).where(behind, _TABLE.c.revoked.is_(None))
            if not connection.execute(held.values(created=_TABLE.c.created)).rowcount:
                raise LedgerError("access.token")
            columns = (_TABLE.c.scopes, _TABLE.c.name, _TABLE.c.party, _TABLE.c.expires)
            scopes, name, party, until = connection.execute(select(*columns).where(behind)).one()
            expires = min(now + LASTING, until if until is not None else now + LASTING)
            newest = select(_TABLE.c.id).where(siblings).order_by(_TABLE.c.created.desc())
            kept = connection.execute(newest.limit(MOST - 1)).scalars().all()
            over = _TABLE.c.id.not_in(kept) | (_TABLE.c.expires <= now)
            connection.execute(delete(_TABLE).where(siblings, over))
            row = {
                "id": id_,
                "sha256": sha256(text.encode()).digest(),
                "party": party,
                "scopes": f"{OF}{principal.token} {scopes}",
                "name": name,
                "created": now,
                "expires": expires,
            }
            connection.execute(insert(_TABLE).values(row))
        return NewSession(text, expires)

    def end(self, text: str) -> None:
        """End a session, from now on; other processes notice within half a minute."""
        digest = sha256(text.encode()).digest()
        is_session = _TABLE.c.scopes.like(f"{OF}%")
        with accounts(self._database) as connection:
            connection.execute(delete(_TABLE).where(_TABLE.c.sha256 == digest, is_session))
        self._tokens.forget()
