"""The tables (DESIGN §4), declared for SQLite and PostgreSQL alike.

``head``, ``record`` and ``disclosure`` are the ledger. ``api_token`` (tokens and sessions),
``keyring``, ``idempotency``, ``print_job`` and ``print_part`` belong to those who use this server;
``scan``, ``scan_sign``, ``complaint`` and ``complaint_contact`` are what strangers tell it. None of
these follows from a record. All others are *projections*: ``traceability.ledger.rebuild`` makes
them again.

* A record is kept as payload, signature and the number of its key (the index of its ``key``
  record), from which ``codec.rebuild`` makes the very text that was signed. The payload is packed
  (``traceability.storage.payloads``). A record's disclosures lie apart, one row a record, joined by
  ``~``, so that erasing one rewrites that row alone.
* What the writer looks up at random it finds by 64 bits of a SHA-256 (``digest_key``,
  ``nonce_key``): a quarter of the index that the whole value would need. Such a key narrows the
  search, and the row itself decides.
* Holdings and draws are named by (index, n), so that inserts stay at the end of their trees.
* Amounts are whole base units (at most 10^18), times Unix milliseconds: 64-bit integers. Tables
  are STRICT on SQLite, so that no float can come to lie in one. ``data`` is JSON text.
* No personal value is in a projection (``traceability.storage.projections`` leaves them out).

Rows are not records: nothing here validates, and no row is ever taken from a request.
"""

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

# "BIGINT" would not make SQLite's own row number of a primary key, and STRICT knows no VARCHAR.
_INT: Final = BigInteger().with_variant(Integer(), "sqlite")
# Codes and names are compared byte by byte: faster than by any language's rules, and the same for
# ever, whatever the system's libraries think of next.
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
_NAMES: Final = {
    "pk": "%(table_name)s_pkey",
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
}


_METADATA: Final = MetaData(naming_convention=_NAMES)


class Row(SQLModel, registry=registry(metadata=_METADATA)):
    """What all tables share."""

    metadata: ClassVar[MetaData] = _METADATA


def _column(kind: Any, key: bool, default: Any = ...) -> Any:
    if key:  # our keys are never made by the database
        return Field(primary_key=True, sa_type=kind, sa_column_kwargs={"autoincrement": False})
    return Field(default, sa_type=kind)


def _int(key: bool = False) -> Any:
    return _column(_INT, key)


def _text(key: bool = False) -> Any:
    return _column(_TEXT, key)


def _bytes() -> Any:
    return _column(LargeBinary, False)


def _maybe_int() -> Any:
    return _column(_INT, False, None)


def _maybe_text() -> Any:
    return _column(_TEXT, False, None)


def _maybe_bytes() -> Any:
    return _column(LargeBinary, False, None)


_STRICT: Final[dict[str, Any]] = {"sqlite_strict": True}
#: One tree instead of two, for narrow rows that are found by their key.
_KEYED: Final[dict[str, Any]] = {"sqlite_strict": True, "sqlite_with_rowid": False}


# -- the ledger --------------------------------------------------------------------------------
class Head(Row, table=True):
    """One row (``id`` 1): where the log stands. Its lock keeps all writers in one line.

    ``registry_size`` is the log's size at the last registry record: a writer whose view of the
    registry is older drops it. ``thresholds`` is the digest of the set that the rules now go by.
    """

    __tablename__ = "head"
    __table_args__ = (_STRICT,)
    id: int = _int(key=True)
    log: str = _text()
    size: int = _int()
    time: int = _int()
    frontier: bytes = _bytes()
    registry_size: int = _int()
    operator: str | None = _maybe_text()
    genesis_kid: str | None = _maybe_text()
    thresholds: str = _text()
    checkpoint: bytes | None = _maybe_bytes()


class RecordRow(Row, table=True):
    """An accepted record, at its index in the log."""

    __tablename__ = "record"
    __table_args__ = (
        Index(None, "digest_key"),
        Index(None, "nonce_key"),
        _STRICT,
    )
    idx: int = _int(key=True)
    digest_key: int = _int()
    nonce_key: int = _int()
    time: int = _int()
    at: int = _int()
    key_idx: int = _int()
    type: str = _text()
    iss: str = _text()
    acting: str = _text()
    digest: bytes = _bytes()
    signature: bytes = _bytes()
    payload: bytes = _bytes()


class DisclosureRow(Row, table=True):
    """The disclosures of a record, joined by ``~`` in the order in which they came."""

    __tablename__ = "disclosure"
    __table_args__ = (_STRICT,)
    idx: int = _int(key=True)
    disclosures: bytes = _bytes()


class OutdatedRow(Row, table=True):
    """That the projections must be made again before anybody uses them (``id`` 1), since a
    migration changed what they are."""

    __tablename__ = "outdated"
    __table_args__ = (_STRICT,)
    id: int = _int(key=True)


class PublishedRow(Row, table=True):
    """That something was published, and how much of it when this database first knew (``id`` 1): a
    tile store that is empty since is not the one, or is lost."""

    __tablename__ = "published"
    __table_args__ = (_STRICT,)
    id: int = _int(key=True)
    size: int = _int()


# -- projections: the registry -------------------------------------------------------------------
class KeyRow(Row, table=True):
    """A key and its life; ``idx`` is the index of the record that registered it."""

    __tablename__ = "party_key"
    __table_args__ = (Index(None, "idx", unique=True), Index(None, "party"), _STRICT)
    kid: str = _text(key=True)
    idx: int = _int()
    party: str = _text()
    raw: bytes = _bytes()
    custody: str = _text()
    recovery: int = _int()
    revoked: int | None = _maybe_int()
    trusted: int | None = _maybe_int()


class StatementRow(Row, table=True):
    """A registry statement; the one with the highest index about a subject holds."""

    __tablename__ = "statement"
    __table_args__ = (Index(None, "party", "kind", "idx"), _STRICT)
    kind: str = _text(key=True)
    subject: str = _text(key=True)
    idx: int = _int(key=True)
    time: int = _int()
    iss: str = _text()
    party: str = _text()
    declared: int = _int()
    data: str = _text()


class MemberRow(Row, table=True):
    """``party`` was stated to be a member of ``cooperative``, at ``idx`` for the first time."""

    __tablename__ = "member"
    __table_args__ = (_KEYED,)
    cooperative: str = _text(key=True)
    party: str = _text(key=True)
    idx: int = _int()


# -- projections: the flow of goods --------------------------------------------------------------
# A query uses these small indexes only where it says the very same words.
_LIVE: Final = text("remaining IS NULL OR remaining > 0")
_IN_TRANSIT: Final = text("ship IS NOT NULL")
_WHOLE: Final = text("opened IS NULL")


class HoldingRow(Row, table=True):
    """So much of a lot, held by a party at a place: output ``n`` of record ``idx``."""

    __tablename__ = "holding"
    __table_args__ = (
        Index(None, "product", "lot"),
        Index("holding_live", "holder", sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("holding_ship", "ship", sqlite_where=_IN_TRANSIT, postgresql_where=_IN_TRANSIT),
        _KEYED,
    )
    idx: int = _int(key=True)
    n: int = _int(key=True)
    product: str = _text()
    lot: str = _text()
    holder: str | None = _maybe_text()
    place: str | None = _maybe_text()
    unit: str = _text()
    made: int | None = _maybe_int()
    remaining: int | None = _maybe_int()
    pieces: int | None = _maybe_int()
    pieces_remaining: int | None = _maybe_int()
    at: int = _int()
    claims: str = _text()
    ship: int | None = _maybe_int()
    shipper: str | None = _maybe_text()
    sent_from: str | None = _maybe_text()
    used: int = _int()
    live_idx: int | None = _maybe_int()
    live_n: int | None = _maybe_int()


class DrawRow(Row, table=True):
    """Draw ``n`` of record ``idx``, from output ``source_n`` of record ``source_idx``."""

    __tablename__ = "draw"
    __table_args__ = (Index(None, "source_idx", "source_n", "idx"), _KEYED)
    idx: int = _int(key=True)
    n: int = _int(key=True)
    source_idx: int = _int()
    source_n: int = _int()
    amount: int | None = _maybe_int()
    pieces: int | None = _maybe_int()


class LotRow(Row, table=True):
    """A lot, the party that made it first (none: only declared) and where, and since when (0: there
    are only labels for it); what was made of it and what its labels stand for."""

    __tablename__ = "lot"
    __table_args__ = (Index(None, "maker"), _KEYED)
    product: str = _text(key=True)
    lot: str = _text(key=True)
    maker: str | None = _maybe_text()
    place: str | None = _maybe_text()
    opened: int = _int()
    idx: int = _int()
    unit: str | None = _maybe_text()
    made: int | None = _maybe_int()
    labelled: int = _int()
    labeller: str | None = _maybe_text()


class LabelRow(Row, table=True):
    """A label record as later ones left it. ``voided``: ranges of indices, JSON."""

    __tablename__ = "label"
    __table_args__ = (Index(None, "product", "lot"), _STRICT)
    idx: int = _int(key=True)
    name: str = _text()
    product: str = _text()
    lot: str = _text()
    party: str = _text()
    count: int = _int()
    net: str = _text()
    each: int = _int()
    key: str = _text()
    voided: str = _text()
    lost: int | None = _maybe_int()


class ReserveRow(Row, table=True):
    """What line ``n`` of label record ``idx`` reserves of a holding."""

    __tablename__ = "reserve"
    __table_args__ = (Index(None, "product", "lot"), Index(None, "source_idx", "source_n"), _KEYED)
    idx: int = _int(key=True)
    n: int = _int(key=True)
    source_idx: int = _int()
    source_n: int = _int()
    product: str = _text()
    lot: str = _text()
    party: str = _text()
    amount: int | None = _maybe_int()
    worth: int | None = _maybe_int()


class UnitRow(Row, table=True):
    """A crate or pallet as later records left it: where it is, what it stands in, and by which
    record it was opened. ``taken``: 1 while its number may not be given again. What is in it are
    its rows of ``packed``."""

    __tablename__ = "unit"
    __table_args__ = (
        Index(None, "number"),
        Index(None, "parent"),
        Index(None, "party", "number", "taken"),
        Index("unit_whole", "holder", "idx", sqlite_where=_WHOLE, postgresql_where=_WHOLE),
        _STRICT,
    )
    idx: int = _int(key=True)
    name: str = _text()
    party: str = _text()
    number: str = _text()
    taken: int = _int()
    sscc: int = _int()
    kind: str = _text()
    holder: str | None = _maybe_text()
    ship: int | None = _maybe_int()
    sent: int | None = _maybe_int()
    parent: int | None = _maybe_int()
    opened: int | None = _maybe_int()
    outcome: str | None = _maybe_text()
    consignee: str | None = _maybe_text()


class PackedRow(Row, table=True):
    """Line ``n`` of what is in unit ``idx``: a part of the holding ``source_idx``, ``source_n``.
    ``whole``: 1 until the unit is opened."""

    __tablename__ = "packed"
    __table_args__ = (Index(None, "source_idx", "source_n", "whole"), _KEYED)
    idx: int = _int(key=True)
    n: int = _int(key=True)
    whole: int = _int()
    source_idx: int = _int()
    source_n: int = _int()
    product: str = _text()
    lot: str = _text()
    unit: str = _text()
    amount: int | None = _maybe_int()
    pieces: int | None = _maybe_int()


# -- projections: facts, alerts, links -------------------------------------------------------------
class CropRow(Row, table=True):
    """A harvested output, as the farming rules look at it: by the plot that it came from."""

    __tablename__ = "crop"
    __table_args__ = (_KEYED,)
    place: str = _text(key=True)
    idx: int = _int(key=True)
    n: int = _int(key=True)
    party: str = _text()
    product: str = _text()
    date: str = _text()
    season: str | None = _maybe_text()
    unit: str = _text()
    amount: int | None = _maybe_int()
    claims: str = _text()


class DiaryRow(Row, table=True):
    """A diary entry as it now stands."""

    __tablename__ = "diary"
    __table_args__ = (Index(None, "place", "idx"), _STRICT)
    idx: int = _int(key=True)
    place: str = _text()
    party: str = _text()
    date: str = _text()
    activity: str = _text()
    input: str | None = _maybe_text()
    dose: str | None = _maybe_text()
    phi: int | None = _maybe_int()
    restated: int | None = _maybe_int()
    void: int = _int()


class InspectionRow(Row, table=True):
    """An inspection of one subject."""

    __tablename__ = "inspection"
    __table_args__ = (_KEYED,)
    subject: str = _text(key=True)
    idx: int = _int(key=True)
    kind: str = _text()
    result: str = _text()
    by_auditor: int = _int()


class AlertRow(Row, table=True):
    """An alert at record ``idx``, output ``n`` (or -1): opened by one record, closed by another."""

    __tablename__ = "alert"
    __table_args__ = (_KEYED,)
    idx: int = _int(key=True)
    n: int = _int(key=True)
    code: str = _text(key=True)
    detail: str = _text(key=True)
    opened: int = _int()
    closed: int | None = _maybe_int()


class LinkRow(Row, table=True):
    """Record ``idx`` speaks of the earlier record ``about``."""

    __tablename__ = "link"
    __table_args__ = (Index(None, "idx"), _KEYED)
    about: int = _int(key=True)
    idx: int = _int(key=True)
    kind: str = _text(key=True)


class TileRow(Row, table=True):
    """A full tile of the log: 256 hashes, 8192 bytes, and the hash over them, which is an entry of
    the level above."""

    __tablename__ = "tile"
    __table_args__ = (_STRICT,)
    level: int = _int(key=True)
    n: int = _int(key=True)
    root: bytes = _bytes()
    data: bytes = _bytes()


# -- accounts --------------------------------------------------------------------------------------
class ApiToken(Row, table=True):
    """A machine's token, of which only the SHA-256 is kept. ``scopes`` are joined by spaces."""

    __tablename__ = "api_token"
    __table_args__ = (Index(None, "sha256", unique=True), Index(None, "party"), _STRICT)
    id: str = _text(key=True)
    sha256: bytes = _bytes()
    party: str | None = _maybe_text()
    scopes: str = _text()
    name: str = _text()
    created: int = _int()
    expires: int | None = _maybe_int()
    revoked: int | None = _maybe_int()


class KeyringRow(Row, table=True):
    """A party's private key in the server's keeping, encrypted under a key from the environment."""

    __tablename__ = "keyring"
    __table_args__ = (Index(None, "party"), _STRICT)
    kid: str = _text(key=True)
    party: str = _text()
    nonce: bytes = _bytes()
    ciphertext: bytes = _bytes()
    created: int = _int()


class IdempotencyRow(Row, table=True):
    """What was answered to a request that may come again; ``request`` is its SHA-256."""

    __tablename__ = "idempotency"
    __table_args__ = (Index(None, "created"), _STRICT)
    token: str = _text(key=True)
    key: str = _text(key=True)
    request: bytes = _bytes()
    status: int = _int()
    body: bytes = _bytes()
    created: int = _int()


class ScanRow(Row, table=True):
    """Scans of one label (an empty serial: of those that were invented for a lot) within an hour
    since 1970 at a coarse place. Not a projection: no record says it."""

    __tablename__ = "scan"
    __table_args__ = (Index(None, "hour"), _KEYED)
    product: str = _text(key=True)
    lot: str = _text(key=True)
    serial: str = _text(key=True)
    hour: int = _int(key=True)
    place: str = _text(key=True)
    count: int = _int()


class ScanSignRow(Row, table=True):
    """A sign that somebody else carries a label's serial: the hour of the scan that showed it, and
    when it was noticed. It stays when what it was seen in is gone."""

    __tablename__ = "scan_sign"
    __table_args__ = (_KEYED,)
    product: str = _text(key=True)
    lot: str = _text(key=True)
    serial: str = _text(key=True)
    code: str = _text(key=True)
    hour: int = _int()
    noticed: int = _int()


class ComplaintRow(Row, table=True):
    """What somebody says is wrong with goods, and what became of it. ``code`` is the SHA-256 of the
    receipt code; ``party`` who it went to."""

    __tablename__ = "complaint"
    __table_args__ = (
        Index(None, "code", unique=True),
        Index(None, "created", "id"),
        Index(None, "party", "created"),
        Index(None, "product", "lot", "created"),
        _STRICT,
    )
    id: str = _text(key=True)
    code: bytes = _bytes()
    created: int = _int()
    product: str = _text()
    lot: str = _text()
    serial: str = _text()
    party: str | None = _maybe_text()
    kind: str = _text()
    words: str = _text()
    place: str = _text()
    state: str = _text()
    seen: int | None = _maybe_int()
    answered: int | None = _maybe_int()
    answer: str | None = _maybe_text()
    remarked: int | None = _maybe_int()
    remark: str | None = _maybe_text()


class ComplaintContactRow(Row, table=True):
    """How to reach who complained, and roughly where they were: personal, apart, erasable."""

    __tablename__ = "complaint_contact"
    __table_args__ = (Index(None, "created"), _STRICT)
    id: str = _text(key=True)
    contact: str = _text()
    position: str = _text()
    created: int = _int()


class PrintJobRow(Row, table=True):
    """Labels that a party wants printed, and how far that is. ``wish``: what is to be drawn, JSON;
    ``error``: code and parameters, JSON. ``worker`` draws until ``lease``; ``tries``: how often it
    was begun since anything was drawn."""

    __tablename__ = "print_job"
    __table_args__ = (Index(None, "party"), Index(None, "state", "updated"), _STRICT)
    id: str = _text(key=True)
    party: str = _text()
    product: str = _text()
    lot: str = _text()
    record: str = _text()
    wish: str = _text()
    state: str = _text()
    count: int = _int()
    printed: int = _int()
    bytes: int = _int()
    created: int = _int()
    updated: int = _int()
    worker: str | None = _maybe_text()
    lease: int | None = _maybe_int()
    tries: int = _int()
    error: str | None = _maybe_text()


class PrintPartRow(Row, table=True):
    """A piece of a print job's file, from byte ``at`` on. ``mark``: what a run that goes on behind
    it has to know; None where a piece is no end of a part."""

    __tablename__ = "print_part"
    __table_args__ = (_STRICT,)
    job: str = _text(key=True)
    at: int = _int(key=True)
    data: bytes = _bytes()
    mark: bytes | None = _maybe_bytes()


def table_of(row: type[Row]) -> Table:
    """The table behind a model."""
    found: Table = row.__table__  # type: ignore[attr-defined]
    return found


#: In the order in which they are compared: what comes first explains what comes later.
PROJECTIONS: Final[tuple[Table, ...]] = tuple(
    table_of(row)
    for row in (
        KeyRow, StatementRow, MemberRow, HoldingRow, DrawRow, LotRow, LabelRow, ReserveRow,
        UnitRow, PackedRow, CropRow, DiaryRow, InspectionRow, AlertRow, LinkRow, TileRow,
    )
)  # fmt: skip

__all__ = [
    "PROJECTIONS", "AlertRow", "ApiToken", "ComplaintContactRow", "ComplaintRow", "CropRow",
    "DiaryRow", "DisclosureRow", "DrawRow", "Head", "HoldingRow", "IdempotencyRow",
    "InspectionRow", "KeyRow", "KeyringRow", "LabelRow", "LinkRow", "LotRow", "MemberRow",
    "OutdatedRow", "PackedRow", "PrintJobRow", "PrintPartRow", "PublishedRow", "RecordRow",
    "ReserveRow", "Row", "ScanRow", "ScanSignRow", "StatementRow", "TileRow", "UnitRow",
    "table_of",
]  # fmt: skip
