"""``goc backup``: what of a ledger cannot be made again, written into one file (docs/adr/008).

Records and disclosures as they are now, tokens, and server-held keys as they lie in the database:
encrypted. Projections are left out, since a replay makes them; so are what idempotency keys
remember, and print jobs, which can be asked for again; sessions, since who signed out must not be
in again after a restore; scans and complaints, which are to end (docs/adr/017). All comes from one
reading of the database, so a server may go on meanwhile; and the records are counted into a tree of
their own on the way, which must have the root that the log signed: what is damaged is not backed up
as if it were whole.
"""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from sqlalchemy import ColumnElement, Connection, Table, select

from traceability.core import b64
from traceability.core.checkpoint import open_checkpoint
from traceability.core.errors import GocError, LedgerError
from traceability.core.leaf import Leaf
from traceability.core.merkle import Frontier, extend, leaf_hash
from traceability.core.registry_records import leaf_class
from traceability.core.vkey import VerifierKey
from traceability.ledger.backup_file import (
    KEYRING,
    RECORDS,
    TOKENS,
    BackupWriter,
    Manifest,
    seal_key,
)
from traceability.ledger.keyring import Keyring
from traceability.ledger.reading import is_there, looking
from traceability.ledger.tokens import OF
from traceability.settings import Settings
from traceability.storage import tables
from traceability.storage.engine import Database
from traceability.storage.head import Head, read_head
from traceability.storage.migrations import is_current, newest
from traceability.storage.payloads import unpack

_PUBLISHED: Final = tables.table_of(tables.PublishedRow)
CHUNK: Final = 1_000  #: records that are in memory at once


def back_up(
    database: Database,
    file: BinaryIO,
    key: bytes,
    log_key: VerifierKey,
    host: str,
    now: Callable[[], int],
) -> Manifest:
    """Write a backup of a ledger, sealed with ``key`` (``seal_key``); returns what it says of
    itself.

    Raises ``LedgerError``: ``ledger.none``, ``backup.damaged``, and as reading does.
    """
    with looking(database) as connection:
        head = read_head(database.cursor(connection))
        if not head.size:
            raise LedgerError("ledger.none")
        writer = BackupWriter(file)
        try:
            manifest = _write(writer, connection, head, log_key, host, now())
            writer.close(manifest, key)
        except BaseException:
            writer.abandon()
            raise
    return manifest


def back_up_from(settings: Settings, file: BinaryIO, now: Callable[[], int]) -> Manifest:
    """Write a backup of the ledger that is there, without a writer of its own: nothing waits.

    Raises ``LedgerError`` as ``Ledger.open`` and ``back_up`` do.
    """
    if settings.keyring_key is None:
        raise LedgerError("keyring.no-key")
    if not is_there(settings.database_url):
        raise LedgerError("ledger.none")
    database = Database(settings.database_url)
    try:
        with looking(database) as connection:
            if not connection.dialect.has_table(connection, "head"):
                raise LedgerError("ledger.none")
        if not is_current(database):
            raise LedgerError("ledger.schema")
        with looking(database) as connection:
            log = read_head(database.cursor(connection)).log
        signer = Keyring(database, settings.keyring_key).log_signer(log)
        key = seal_key(settings.keyring_key)
        return back_up(database, file, key, signer.key, settings.host, now)
    finally:
        database.close()


def _write(
    writer: BackupWriter,
    connection: Connection,
    head: Head,
    log_key: VerifierKey,
    host: str,
    made: int,
) -> Manifest:
    tree = _Tree()
    writer.part(RECORDS, tree.counted(_records(connection, head.size)))
    tree.require(head, log_key)
    tokens = tables.table_of(tables.ApiToken)
    no_session = tokens.c.scopes.not_like(f"{OF}%")
    writer.part(TOKENS, _rows(connection, tokens, no_session))
    published = connection.execute(select(_PUBLISHED.c.size)).scalar() or 0
    writer.part(KEYRING, _rows(connection, tables.table_of(tables.KeyringRow)))
    return Manifest(
        head.log,
        str(log_key),
        host,
        head.size,
        head.time,
        made,
        head.checkpoint.decode(),
        str(newest()),
        published,
        writer.parts,
    )


class _Tree:
    """The tree of the records that go past."""

    def __init__(self) -> None:
        self._frontier = Frontier()

    def counted(self, chunks: Iterator[tuple[list[bytes], list[Any]]]) -> Iterator[Any]:
        """The rows, counted."""
        for leaves, rows in chunks:
            self._frontier = extend(self._frontier, leaves).frontier
            yield from rows

    def require(self, head: Head, log_key: VerifierKey) -> None:
        """Refuse records that are not those which the log has signed."""
        try:
            signed = open_checkpoint(head.checkpoint, log_key).checkpoint
        except GocError as error:
            raise LedgerError("backup.damaged") from error
        if (signed.size, signed.root) != (head.size, self._frontier.root):
            raise LedgerError("backup.damaged")


def _records(connection: Connection, size: int) -> Iterator[tuple[list[bytes], list[Any]]]:
    """Leaf hashes and rows, chunk by chunk."""
    record, shown = tables.table_of(tables.RecordRow), tables.table_of(tables.DisclosureRow)
    columns = record.c
    query = (
        select(
            columns.idx, columns.digest, columns.time, columns.type,
            columns.key_idx, columns.signature, columns.payload, shown.c.disclosures,
        )
        .outerjoin(shown, shown.c.idx == columns.idx)
        .order_by(columns.idx)
    )  # fmt: skip
    for start in range(0, size, CHUNK):
        end = min(start + CHUNK, size)
        found = connection.execute(query.where(columns.idx >= start, columns.idx < end)).all()
        if [row[0] for row in found] != list(range(start, end)):
            raise LedgerError("backup.damaged")
        leaves = [
            leaf_hash(Leaf(bytes(digest), time, leaf_class(kind)).to_bytes())
            for _, digest, time, kind, *_ in found
        ]
        yield leaves, [_record(*row[2:3], *row[4:]) for row in found]


def _record(time: int, key: int, signature: bytes, payload: bytes, shown: bytes | None) -> Any:
    try:
        disclosures = None if shown is None else bytes(shown).decode()
        return [time, key, b64.encode(bytes(signature)), unpack(payload).decode(), disclosures]
    except (UnicodeDecodeError, LedgerError):
        raise LedgerError("backup.damaged") from None


def _rows(connection: Connection, table: Table, *where: ColumnElement[bool]) -> Iterator[list[Any]]:
    """The rows of a small table, in the order of its key; bytes as base64url."""
    query = select(table).where(*where).order_by(*table.primary_key.columns)
    for row in connection.execute(query):
        yield [b64.encode(bytes(v)) if isinstance(v, bytes | memoryview) else v for v in row]
