"""API tokens of machines (DESIGN §6): who is asking, and what they may do.

A token reads ``goc_<id>_<secret>``: 16 letters by which it is found, and 256 random bits. It is
shown once; the database keeps its SHA-256, which is enough for a secret that nobody can guess.

*Scopes*: ``read`` and ``write`` within what the role allows, ``audit`` (read all, with what
auditors alone may see), ``admin`` (the operator: parties, tokens), ``metrics`` (what monitoring
reads, and nothing of any record). A token of a party has a *role*
in it as well: ``owner`` writes all of its records, ``clerk`` all but those that decide who may sign
for it, ``scanner`` takes in, uses and checks, ``viewer`` reads.

A *session* (``ledger.sessions``) is kept beside the tokens, names the one behind it, and may do
what that may. It reads ``gos_…``: neither can be taken for the other.
"""

import hmac
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, insert, select, update

from traceability import clock
from traceability.core import b64
from traceability.core.errors import LedgerError
from traceability.core.ids import BASE32
from traceability.core.registry_records import MODELS
from traceability.ledger.reading import accounts, looking
from traceability.ledger.remembered import Remembered
from traceability.storage.engine import Database
from traceability.storage.tables import ApiToken, table_of

SCOPES: Final = ("read", "write", "admin", "audit", "metrics")
SECRET_BYTES: Final = 32
NAME_LIMIT: Final = 80  #: characters of a token's name
KEPT: Final = 4096  #: tokens that are remembered, for half a minute at most
UNKNOWN_KEPT: Final = 4096  #: tokens that are remembered to be worth nothing
UNKNOWN_FOR: Final = 1_000  #: milliseconds for which they are

#: What each role may write. Who may sign for a party is its owner's to say.
_OWNERS: Final = frozenset({"key", "key-revoke", "consent"})
ROLES: Final[dict[str, frozenset[str]]] = {
    "owner": frozenset(MODELS),
    "clerk": frozenset(MODELS) - _OWNERS,
    "scanner": frozenset({"receive", "consume", "inspect", "unit"}),
    "viewer": frozenset(),
}
TOKEN: Final = "goc"  # noqa: S105 - how a token begins
SESSION: Final = "gos"  #: how a session does
OF: Final = "of:"  #: how the row of a session keeps the token behind it, before the scopes
_ROLE: Final = "role:"  #: how the row keeps the role, among the scopes
_TABLE: Final = table_of(ApiToken)
_is_id: Final = re.compile(rf"[{BASE32}]{{16}}").fullmatch
_is_name: Final = re.compile(rf"[^\x00-\x1f\x7f]{{1,{NAME_LIMIT}}}").fullmatch


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. ``party`` and ``role`` are None for the operator's and auditors' tokens."""

    token: str
    name: str
    scopes: frozenset[str]
    party: str | None = None
    role: str | None = None

    def has(self, scope: str) -> bool:
        """Whether the token has a scope."""
        return scope in self.scopes

    def require(self, scope: str) -> None:
        """Refuse without a scope: ``LedgerError("access.scope")``."""
        if scope not in self.scopes:
            raise LedgerError("access.scope", scope=scope)

    def require_reading(self, party: str) -> None:
        """Refuse unless it may read what concerns a party: the party's own token, the operator's
        or an auditor's. Raises ``access.scope``, ``access.party``."""
        if self.scopes & {"admin", "audit"}:
            return
        self.require("read")
        if self.party != party:
            raise LedgerError("access.party", party=party)

    def require_writing(self, party: str, record_type: str, operator: str | None = None) -> None:
        """Refuse unless it may make records of a type that ``party`` signs, by its role in the
        party. The operator's token (``admin``, of no party) signs for ``operator`` alone, though
        the server holds the keys of others. Raises ``access.scope``, ``access.party``,
        ``access.type``."""
        if self.party is None and party == operator:
            self.require("admin")
            return
        self.require("write")
        if self.party is None or self.party != party:
            raise LedgerError("access.party", party=party)
        role = self.role or "viewer"
        if record_type not in ROLES[role]:
            raise LedgerError("access.type", role=role, type=record_type)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made: ``text`` is shown once and kept nowhere."""

    text: str = field(repr=False)
    principal: Principal
    expires: int | None


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """A token as its owner sees it in a list; times in Unix milliseconds."""

    principal: Principal
    created: int
    expires: int | None
    revoked: int | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A token as somebody sent it, not looked up yet: its id, and the SHA-256 of it all."""

    id: str
    digest: bytes


class Tokens:
    """The tokens in a database. Methods may be called from any thread."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], int] = clock.now_ms,
        random: Callable[[int], bytes] = clock.random_bytes,
    ) -> None:
        self._database = database
        self._now = now
        self._random = random
        self._known: Remembered[bytes, tuple[Principal, int | None]] = Remembered(KEPT, now)
        self._unknown: Remembered[bytes, bool] = Remembered(UNKNOWN_KEPT, now, UNKNOWN_FOR)
        self._revoked = 0  # how often, so that no look-up brings back what ended meanwhile

    def create(
        self,
        name: str,
        scopes: Iterable[str],
        party: str | None = None,
        role: str | None = None,
        expires: int | None = None,
    ) -> NewToken:
        """Make a token. ``expires``: Unix milliseconds, or never.

        Raises ``LedgerError``: ``token.name``; ``token.scope``; ``token.role`` where a party's
        token has no role that is known, or another has one.
        """
        if not _is_name(name):
            raise LedgerError("token.name", limit=NAME_LIMIT)
        wanted = frozenset(scopes)
        for scope in sorted(wanted - set(SCOPES)):
            raise LedgerError("token.scope", scope=scope[:40], known=", ".join(SCOPES))
        if (role is None) != (party is None) or (role is not None and role not in ROLES):
            raise LedgerError("token.role", known=", ".join(ROLES))
        id_, text = drawn(TOKEN, self._random)
        kept = sorted(wanted) + ([] if role is None else [_ROLE + role])
        digest = sha256(text.encode()).digest()
        row = {
            "id": id_,
            "sha256": digest,
            "party": party,
            "scopes": " ".join(kept),
            "name": name,
            "created": self._now(),
            "expires": expires,
        }
        with accounts(self._database) as connection:
            connection.execute(insert(_TABLE).values(row))
        self._unknown.forget(digest)
        return NewToken(text, Principal(id_, name, wanted, party, role), expires)

    def authenticate(self, text: str) -> Principal | None:
        """Who a token stands for, unless it is unknown, revoked or expired.

        Remembered for half a minute: a revocation in another process is seen by then.
        """
        found = self.at_once(text)
        return self.look_up([found])[0] if isinstance(found, Claim) else found

    def at_once(self, text: str, kind: str = TOKEN) -> Principal | Claim | None:
        """Who a token stands for as far as that is remembered, without asking the database: a
        ``Claim`` for ``look_up`` where it is not. That a token is worth nothing is remembered for
        ``UNKNOWN_FOR``. ``kind``: ``SESSION`` for a session, which no token is."""
        parts = text.split("_", 2)
        if len(parts) != 3 or parts[0] != kind or not text.isascii():
            return None
        digest = sha256(text.encode()).digest()
        known = self._known.get(digest)
        if known is not None:
            return self._in_time(known)
        if self._unknown.get(digest) or not _is_id(parts[1]):
            return None
        return Claim(parts[1], digest)

    def look_up(self, claims: Sequence[Claim]) -> list[Principal | None]:
        """Who each token stands for, in one question to the database."""
        revoked = self._revoked
        found = self._read(claims)
        out: list[Principal | None] = []
        for claim in claims:
            known = found.get(claim.digest)
            if known is None:
                self._unknown.put(claim.digest, True)
            elif revoked == self._revoked:
                self._known.put(claim.digest, known)
            out.append(None if known is None else self._in_time(known))
        return out

    def _in_time(self, known: tuple[Principal, int | None]) -> Principal | None:
        principal, expires = known
        return principal if expires is None or self._now() < expires else None

    def _read(self, claims: Sequence[Claim]) -> dict[bytes, tuple[Principal, int | None]]:
        columns = _TABLE.c
        query = select(
            columns.id, columns.sha256, columns.name, columns.scopes, columns.party, columns.expires
        ).where(columns.id.in_({claim.id for claim in claims}), columns.revoked.is_(None))
        with looking(self._database) as connection:
            rows = connection.execute(query).all()
        sent: defaultdict[str, list[bytes]] = defaultdict(list)
        for claim in claims:
            sent[claim.id].append(claim.digest)
        found: dict[bytes, tuple[Principal, int | None]] = {}
        for id_, kept, name, scopes, party, expires in rows:
            for digest in sent[id_]:
                if hmac.compare_digest(bytes(kept), digest):
                    found[digest] = _principal(id_, name, scopes, party), expires
        return found

    def entries(self, party: str | None = None) -> list[TokenEntry]:
        """The tokens of a party, or all, newest first; their secrets are nowhere."""
        columns = _TABLE.c
        query = select(
            columns.id, columns.name, columns.scopes, columns.party,
            columns.created, columns.expires, columns.revoked,
        ).where(columns.scopes.not_like(f"{OF}%"))  # fmt: skip
        query = query.order_by(columns.created.desc(), columns.id)
        if party is not None:
            query = query.where(columns.party == party)
        with looking(self._database) as connection:
            found = connection.execute(query).all()
        return [
            TokenEntry(_principal(id_, name, scopes, owner), created, expires, revoked)
            for id_, name, scopes, owner, created, expires, revoked in found
        ]

    def revoke(self, id_: str) -> None:
        """End a token and its sessions, from now on. Raises ``LedgerError("token.unknown")``."""
        if not _is_id(id_):
            raise LedgerError("token.unknown", token=id_[:40])
        with accounts(self._database) as connection:
            found = connection.execute(select(_TABLE.c.revoked).where(_TABLE.c.id == id_)).first()
            if found is None:
                raise LedgerError("token.unknown", token=id_[:40])
            if found[0] is None:
                connection.execute(
                    update(_TABLE).where(_TABLE.c.id == id_).values(revoked=self._now())
                )
                connection.execute(delete(_TABLE).where(_TABLE.c.scopes.like(f"{OF}{id_} %")))
        self.forget()

    def forget(self) -> None:
        """Remember none any more: one has ended."""
        self._revoked += 1
        self._known.clear()


def drawn(kind: str, random: Callable[[int], bytes]) -> tuple[str, str]:
    """A new id, and the secret text that begins with ``kind`` and the id."""
    id_ = "".join(BASE32[byte & 31] for byte in random(16))
    return id_, f"{kind}_{id_}_{b64.encode(random(SECRET_BYTES))}"


def _principal(id_: str, name: str, scopes: str, party: str | None) -> Principal:
    words = scopes.split()
    role = next((word.removeprefix(_ROLE) for word in words if word.startswith(_ROLE)), None)
    behind = next((word.removeprefix(OF) for word in words if word.startswith(OF)), id_)
    said = frozenset(word for word in words if not word.startswith((_ROLE, OF)))
    return Principal(behind, name, said, party, role)
