"""A ledger in use: its database, its writer, its keys, and what reads beside them.

The one composition root. The server, the command line and the demo open a ``Ledger`` and find all
of it there:

    with Ledger.open(Settings.read(data)) as ledger:
        wire = ledger.commands.sign(party, {"type": "harvest", ...})
        [receipt] = ledger.accept([wire])
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import make_url

from traceability import clock as machine
from traceability.core import b64, ids
from traceability.core.errors import LedgerError, RecordError, RuleError
from traceability.core.keys import PrivateKey, prove_possession
from traceability.core.note import NoteSigner
from traceability.core.thresholds import FIRST, RULEBOOK
from traceability.core.vkey import VerifierKey
from traceability.ledger.append import Appender
from traceability.ledger.commands import Commands
from traceability.ledger.idempotency import Idempotency
from traceability.ledger.key_cache import KeyCache
from traceability.ledger.keyring import Keyring
from traceability.ledger.label_keys import LabelKeys
from traceability.ledger.outcome import Outcome, Receipt
from traceability.ledger.reading import Reading, reading
from traceability.ledger.receipts import Receipts
from traceability.ledger.registry import Registry, receipts_of
from traceability.ledger.sessions import Sessions
from traceability.ledger.tokens import Tokens
from traceability.ledger.waiting import MAX_BATCH
from traceability.settings import DEMO_LOG, Settings
from traceability.storage.append_store import SqlAppendStore
from traceability.storage.engine import Database
from traceability.storage.head import Head, create_log
from traceability.storage.migrations import is_current, migrate
from traceability.storage.published import Guard
from traceability.storage.tile_store import TileStore
from traceability.storage.tile_stores import open_tiles

WAIT: Final = 60.0  #: seconds to wait for the writer before giving up


class Ledger:
    """One log in one database, with the writer of this process.

    ``database`` · ``appender`` the writer · ``receipts`` · ``tokens`` · ``sessions`` ·
    ``idempotency`` · ``settings``, ``tiles``, ``guard`` (None for one that was put together by
    hand) · ``log`` the origin · ``vkey`` what others verify its checkpoints by · ``next_vkey`` the
    key that it goes over to, which signs beside it.
    """

    def __init__(
        self,
        database: Database,
        signer: NoteSigner,
        clock: Callable[[], int] = machine.now_ms,
        keyring: Keyring | None = None,
        settings: Settings | None = None,
        tiles: TileStore | None = None,
    ) -> None:
        """Open the log that ``signer`` signs for. ``clock`` gives Unix milliseconds.

        Nothing is appended to a database that does not extend what ``tiles`` holds: the appender
        then answers ``ledger.rolled-back`` or ``ledger.forked`` (``storage.published``).

        Raises ``LedgerError``: ``ledger.schema``, or ``ledger.other-log`` where the database holds
        another log.
        """
        if not is_current(database):
            raise LedgerError("ledger.schema")
        self.log = signer.key.name
        create_log(database, self.log)
        self.vkey: VerifierKey = signer.key
        self.next_vkey: VerifierKey | None = signer.next
        self.database = database
        self.settings = settings
        self.clock = clock
        self._keyring = keyring
        self.keys = KeyCache(database)
        self.receipts = Receipts(database)
        self.tokens = Tokens(database, clock)
        self.sessions = Sessions(database, self.tokens, clock)
        self.idempotency = Idempotency(database, clock)
        self.tiles = tiles
        self.guard = None if tiles is None else Guard(tiles, self.vkey)
        store = SqlAppendStore(database, self.guard)
        self.appender = Appender(store, signer, self.keys, clock)

    # -- opening ---------------------------------------------------------------------------------
    @classmethod
    def begin(cls, url: str, signer: NoteSigner, clock: Callable[[], int]) -> Self:
        """Open the ledger at a database URL, and make or update its tables first; it keeps no keys
        of parties."""
        database = Database(url)
        migrate(database)
        return cls(database, signer, clock)

    @classmethod
    def create(
        cls,
        settings: Settings,
        operator: Mapping[str, Any],
        clock: Callable[[], int] = machine.now_ms,
    ) -> Self:
        """Make a new ledger: tables, the log's key, the operator's party and key (records 0 and 1)
        and the rules in force (record 2). ``operator``: data of its ``party`` record, at least a
        ``name``.

        Raises ``LedgerError``: ``ledger.exists``, ``keyring.no-key``, ``settings.tiles``, what the
        guard of the published log says where something is published already, and as the database
        does;
        ``RecordError`` or ``RuleError`` for the operator's data.
        """
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = Database(settings.database_url)
        try:
            if database.is_sqlite:
                _make_private(settings.database_url)
            migrate(database)
            head = _head(database)
            if head is not None and head.size:
                raise LedgerError("ledger.exists", log=head.log)
            keyring = _keyring(settings, database, clock)
            log = settings.log or (head.log if head else DEMO_LOG)
            signer = _log_signer(keyring, log)
            tiles = open_tiles(settings.tiles)
            ledger = cls(database, signer, clock, keyring, settings, tiles)
        except BaseException:
            database.close()
            raise
        try:
            _genesis(ledger, keyring, operator)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], int] = machine.now_ms) -> Self:
        """Open the ledger that is there.

        Raises ``LedgerError``: ``ledger.none``, ``ledger.other-log``, ``ledger.schema``,
        ``keyring.no-key``, ``keyring.key``, ``settings.tiles``, and as the database does.
        """
        file = make_url(settings.database_url).database or ""
        database = Database(settings.database_url)
        try:
            if database.is_sqlite and not Path(file).exists():
                raise LedgerError("ledger.none")  # and leave no empty file behind
            if not is_current(database):
                raise LedgerError("ledger.none" if _is_empty(database) else "ledger.schema")
            head = _head(database)
            if head is None or not head.size:
                raise LedgerError("ledger.none")
            if settings.log is not None and settings.log != head.log:
                raise LedgerError("ledger.other-log", found=head.log, expected=settings.log)
            keyring = _keyring(settings, database, clock)
            signer = keyring.log_signer(head.log)
            return cls(database, signer, clock, keyring, settings, open_tiles(settings.tiles))
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Answer what waits, stop the writer, and close the database."""
        self.appender.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- writing ---------------------------------------------------------------------------------
    def append(self, records: Sequence[bytes]) -> list[Outcome]:
        """Append records (``jws~d~d~`` each), and wait; a receipt or refusal for each, in order.

        Long lists go in several batches. Raises ``LedgerError`` as ``Appender.submit`` does, and
        ``ledger.busy`` after a minute without an answer: what was sent is then recorded or not, and
        may be sent again.
        """
        outcomes: list[Outcome] = []
        for start in range(0, len(records), MAX_BATCH):
            answer = self.appender.submit(records[start : start + MAX_BATCH])
            try:
                outcomes += answer.result(WAIT)
            except TimeoutError:
                raise LedgerError("ledger.busy") from None
        return outcomes

    def accept(self, records: Sequence[bytes]) -> tuple[Receipt, ...]:
        """Append records that should all be taken: raises the first refusal's reason, if any."""
        return receipts_of(self.append(records))

    @property
    def keyring(self) -> Keyring:
        """The keys that the server holds; ``LedgerError("keyring.no-key")`` without one."""
        if self._keyring is None:
            raise LedgerError("keyring.no-key")
        return self._keyring

    @cached_property
    def label_keys(self) -> LabelKeys:
        """The keys for the serials of labels; ``keyring.no-key`` as ``keyring``."""
        return LabelKeys(self.keyring, self.log, self.clock)

    @cached_property
    def commands(self) -> Commands:
        """Signs what parties want recorded, with server-held keys."""
        return Commands(self.database, self.log, self.keyring, self.clock)

    @cached_property
    def registry(self) -> Registry:
        """Registers parties, places, products and papers."""
        return Registry(
            self.database,
            self.log,
            self.operator,
            self.commands,
            self.keyring,
            self.append,
            machine.random_bytes,
        )

    # -- reading ---------------------------------------------------------------------------------
    def reading(self) -> AbstractContextManager[Reading]:
        """One read transaction, for lots, holdings, lineage, closures."""
        return reading(self.database)

    @property
    def size(self) -> int:
        """How many records the log has now."""
        return self.receipts.head().size

    @cached_property
    def operator(self) -> str:
        """The operator's party; ``LedgerError("ledger.none")`` before record 0."""
        operator = self.receipts.head().operator
        if operator is None:
            raise LedgerError("ledger.none")
        return operator


def _make_private(url: str) -> None:
    """Make the file of a new database, for its owner's eyes only: it holds what records hide. The
    files that SQLite puts beside it get the same permissions."""
    file = make_url(url).database
    if file and file != ":memory:":
        try:
            Path(file).touch(mode=0o600)
        except OSError:
            raise LedgerError("ledger.storage") from None


def _keyring(settings: Settings, database: Database, clock: Callable[[], int]) -> Keyring:
    if settings.keyring_key is None:
        raise LedgerError("keyring.no-key")
    return Keyring(database, settings.keyring_key, clock)


def _log_signer(keyring: Keyring, log: str) -> NoteSigner:
    """The log's key: a new one, or that of a creation which a crash cut short."""
    try:
        return keyring.log_signer(log)
    except LedgerError as error:
        if error.code != "keyring.no-log-key":
            raise
    return keyring.create_log_key(log)


def _head(database: Database) -> Head | None:
    with reading(database) as now:
        try:
            return now.head()
        except LedgerError as error:
            if error.code != "ledger.none":
                raise
            return None


def _is_empty(database: Database) -> bool:
    with database.reading() as connection:
        return not connection.dialect.has_table(connection, "head")


def _genesis(ledger: Ledger, keyring: Keyring, operator: Mapping[str, Any]) -> None:
    """Records 0, 1 and 2, in one batch."""
    party = ids.party_id(machine.random_bytes(ids.ID_BYTES))
    key: PrivateKey = keyring.create(party)
    pop = b64.encode(prove_possession(key, ledger.log, party))
    statement = {
        "kind": "organisation",
        **operator,
        "party": party,
        "roles": sorted({"operator", *operator.get("roles", ())}),
    }
    data: Sequence[tuple[str, Mapping[str, Any]]] = (
        ("party", statement),
        ("key", {"party": party, "jwk": key.public.jwk, "pop": pop, "custody": "server"}),
        ("rules", {"rulebook": RULEBOOK, "thresholds": FIRST.digest}),
    )
    try:
        ledger.accept(
            [ledger.commands.sign(party, {"type": kind, "data": each}, key=key)
             for kind, each in data]
        )  # fmt: skip
    except (RecordError, RuleError):
        keyring.discard(key.public.kid)
        raise
