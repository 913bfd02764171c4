"""What ``goc doctor`` finds of a database and the ledger in it: each thing sound, worth a warning,
or a problem.

A ``Finding`` names a text of the catalogues, ``doctor.<what>``, which says what was found and,
where it is not sound, what to do. Nothing here changes anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from traceability.core.checkpoint import open_checkpoint
from traceability.core.errors import GocError, LedgerError
from traceability.core.leaf import Leaf
from traceability.core.merkle import inclusion_proof, inclusion_root, leaf_hash
from traceability.ledger.keyring import Keyring
from traceability.ledger.reading import Reading, looking, reading
from traceability.storage.engine import READERS, WRITERS, Database
from traceability.storage.head import Head
from traceability.storage.migrations import is_current
from traceability.storage.published import read_published
from traceability.storage.server_facts import (
    PostgresFacts,
    SqliteFacts,
    postgres_facts,
    sqlite_facts,
)
from traceability.storage.tile_stores import open_tiles

OK: Final = "ok"
WARNING: Final = "warning"
PROBLEM: Final = "problem"
Level = Literal["ok", "warning", "problem"]

OLDEST_POSTGRES: Final = 140_000
#: Connections of a process: its pools, and the publisher's session.
CONNECTIONS: Final = WRITERS + 2 * READERS + 1
APART: Final = 2_000  #: milliseconds that two clocks may differ
FAR_APART: Final = 60_000
_LATE: Final = 60_000  # milliseconds in which a record is published where all is well
_PUBLISHED: Final = {
    "ledger.rolled-back": "published.ahead",
    "ledger.forked": "published.forked",
    "tiles.unreachable": "published.unreachable",
    "settings.tiles": "published.unreachable",
}
_LAG: Final = 64 * 1024 * 1024  # bytes that a standby may be behind


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    level: Level = OK
    params: dict[str, Any] = field(default_factory=dict)


def database_findings(database: Database, now: int, workers: int) -> Iterator[Finding]:
    """How the database system is set up. ``now``: this machine's clock.

    Raises ``LedgerError`` where it cannot be reached.
    """
    with looking(database) as connection:
        if database.is_sqlite:
            yield from _sqlite(sqlite_facts(connection))
        else:
            yield from _postgres(postgres_facts(connection), now, workers)


def ledger_findings(database: Database, key: bytes | None, now: int) -> Iterator[Finding]:
    """Whether the ledger in a database is whole, and can be served. ``key``: the keyring's.

    Raises ``LedgerError`` as reading does.
    """
    with looking(database) as connection:
        if not connection.dialect.has_table(connection, "head"):
            yield Finding("ledger.none", PROBLEM)
            return
    if not is_current(database):
        yield Finding("schema.old", PROBLEM)
        return
    yield Finding("schema")
    with reading(database) as reads:
        try:
            head = reads.head()
        except LedgerError as error:
            if error.code != "ledger.none":
                raise
            head = None
        if head is None or not head.size:
            yield Finding("ledger.none", PROBLEM)
            return
        yield _records(reads, head)
        yield _tiles(reads, head)
    yield _clock(head, now)
    yield from _keys(database, key, head)


def published_findings(database: Database, url: str, key: bytes, now: int) -> Iterator[Finding]:
    """Whether the log in a database goes on from the one that is published at a URL, and how far
    that is behind. ``key``: the keyring's.

    Raises ``LedgerError`` as reading does.
    """
    with reading(database) as reads:
        head = reads.head()
        try:
            log_key = Keyring(database, key).log_signer(head.log).key
            published = read_published(open_tiles(url), log_key)
            if published is None:
                once = reads.once_published
                yield (
                    Finding("published.emptied", PROBLEM, {"size": once})
                    if once
                    else Finding("published.nothing", WARNING)
                )
                return
            size = published.checkpoint.size
            reads.require_extension(size, published.checkpoint.root)
        except LedgerError as error:
            if error.code.startswith("keyring."):  # that was found already
                return
            what = _PUBLISHED.get(error.code, "published.unreadable")
            yield Finding(what, PROBLEM, {"size": head.size, "reason": error.code, **error.params})
            return
    params = {"size": size, "behind": head.size - size}
    if size < head.size and now - head.time > _LATE:
        yield Finding("published.behind", WARNING, params)
    else:
        yield Finding("published", params=params)


# -- database systems ------------------------------------------------------------------------------
def _sqlite(facts: SqliteFacts) -> Iterator[Finding]:
    yield Finding("sqlite", params={"version": facts.version})
    if facts.journal != "wal" or facts.synchronous < 2:
        params = {"journal": facts.journal, "synchronous": facts.synchronous}
        yield Finding("sqlite.durable", PROBLEM, params)


def _postgres(facts: PostgresFacts, now: int, workers: int) -> Iterator[Finding]:
    version = f"{facts.version // 10_000}.{facts.version % 10_000}"
    old = facts.version < OLDEST_POSTGRES
    yield Finding("postgres.old" if old else "postgres", PROBLEM if old else OK,
                  {"version": version, "least": OLDEST_POSTGRES // 10_000})  # fmt: skip
    if facts.is_standby:
        yield Finding("postgres.standby", PROBLEM)
    for name in ("fsync", "full_page_writes"):
        if not getattr(facts, name):
            yield Finding("postgres.durable", PROBLEM, {"setting": name})
    if facts.commit in ("off", "local"):
        yield Finding("postgres.commit", WARNING, {"value": facts.commit})
    needed = workers * CONNECTIONS
    params = {"needed": needed, "there": facts.connections, "workers": workers}
    enough = needed <= facts.connections
    yield Finding("connections" if enough else "connections.few", OK if enough else WARNING, params)
    yield from _standbys(facts)
    apart = abs(facts.time - now)
    if apart > APART:
        yield Finding(
            "clock.database.apart",
            PROBLEM if apart > FAR_APART else WARNING,
            {"seconds": round(apart / 1000, 1)},
        )
    else:
        yield Finding("clock.database")


def _standbys(facts: PostgresFacts) -> Iterator[Finding]:
    params = {"standbys": facts.standbys, "in_step": facts.in_step}
    if facts.demanded and not facts.in_step:
        yield Finding("standbys.missing", PROBLEM, params)
    elif facts.lag_bytes > _LAG:
        yield Finding("standbys.behind", WARNING, params | {"mb": facts.lag_bytes >> 20})
    elif facts.standbys and not facts.in_step:
        yield Finding("standbys.loose", WARNING, params)
    else:
        yield Finding("standbys" if facts.standbys else "standbys.none", params=params)


# -- the ledger ------------------------------------------------------------------------------------
def _records(now: Reading, head: Head) -> Finding:
    """Whether the records end where the head says."""
    [(last,)] = now.rows("SELECT max(idx) FROM record")
    if last != head.size - 1:
        found = 0 if last is None else last + 1
        return Finding("records.other", PROBLEM, {"size": head.size, "found": found})
    return Finding("records", params={"log": head.log, "size": head.size})


def _tiles(now: Reading, head: Head) -> Finding:
    """Whether the tree in the tiles has the root of the head: the last leaf's path meets every
    complete subtree, so nothing else need be read."""
    try:
        last = head.size - 1
        [entry] = now.leaves(last, head.size)
        proof = inclusion_proof(last, head.size, now.hash_at(head.size))
        root = inclusion_root(last, head.size, leaf_hash(Leaf.from_bytes(entry).to_bytes()), proof)
    except (GocError, ValueError, TypeError):
        return Finding("tiles.broken", PROBLEM)
    return Finding("tiles") if root == head.frontier.root else Finding("tiles.broken", PROBLEM)


def _clock(head: Head, now: int) -> Finding:
    """Whether this machine's clock is behind the time of the last record."""
    behind = head.time - now
    params = {"seconds": round(behind / 1000, 1)}
    if behind > APART:
        return Finding("clock.behind", PROBLEM if behind > FAR_APART else WARNING, params)
    return Finding("clock")


def _keys(database: Database, key: bytes | None, head: Head) -> Iterator[Finding]:
    if key is None:
        yield Finding("keyring.none", PROBLEM)
        return
    keyring = Keyring(database, key)
    try:
        log_key = keyring.log_signer(head.log).key
    except LedgerError as error:
        missing = error.code == "keyring.no-log-key"
        yield Finding("keyring.no-log-key" if missing else "keyring.other", PROBLEM)
        return
    yield Finding("log-key", params={"vkey": log_key})
    held, opened = keyring.readable()
    if opened < held:
        yield Finding("keyring.some", PROBLEM, {"held": held, "closed": held - opened})
    else:
        yield Finding("keyring", params={"held": held - 1})
    try:
        signed = open_checkpoint(head.checkpoint, log_key).checkpoint
        holds = (signed.size, signed.root) == (head.size, head.frontier.root)
    except GocError:
        holds = False
    yield Finding("head") if holds else Finding("head.broken", PROBLEM)
