"""What a window ``State`` asks of the database (``core.state.Reader``).

Each answer is for the ledger as it stands in the transaction of the cursor that is passed in: for
the writer, under the lock of the head row. What the driver raises becomes a ``LedgerError``, so
that it is not mistaken for the refusal of a record.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import orjson
from sqlalchemy import Table

from traceability.core import b64, codec
from traceability.core.codec import SignedRecord
from traceability.core.facts import (
    Alert,
    Crop,
    DiaryEntry,
    Holding,
    HoldingKey,
    Inspection,
    KeyEntry,
    Label,
    Link,
    Lot,
    LotKey,
    RecordEntry,
    Reserve,
    Statement,
    Unit,
)
from traceability.core.needs import Needs
from traceability.core.units import Held
from traceability.storage import rows, tables
from traceability.storage.dialect import Dialect, Row, Select
from traceability.storage.keys64 import digest_key, nonce_key
from traceability.storage.payloads import unpack


def _question(row: type[tables.Row], condition: str, order: str = "") -> Select:
    table: Table = tables.table_of(row)
    return Select(tuple(table.columns.keys()), table.name, condition, order)


def _select(row: type[tables.Row], condition: str, order: str = "") -> str:
    return _question(row, condition, order).statement


_Fact = TypeVar("_Fact")


class Batch(NamedTuple):
    """What the ledger knows of what a batch names: records, nonces that are used, what the records
    made, what was on its way by them, lots that are made and that are worked on, harvests and
    diaries of places, statements."""

    records: dict[str, RecordEntry]
    used: set[tuple[str, str]]
    outputs: list[Holding]
    transits: list[Holding]
    lots: list[Lot]
    worked: list[Lot]
    crops: list[Crop]
    diaries: list[DiaryEntry]
    statements: list[Statement]


class SqlReader:
    """Answers from one connection's cursor, in the transaction that it is in."""

    def __init__(self, cursor: Any, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect
        among = dialect.among
        entry = ("idx", dialect.hex("digest"), "type", "iss", "acting", "at", "time")
        nonce = ("idx", "iss", dialect.hex("payload"))
        self._entries = Select(entry, "record", among("digest_key"))
        self._nonces = Select(nonce, "record", among("nonce_key"))
        self._bodies = (
            "SELECT r.idx, r.key_idx, r.payload, r.signature, d.disclosures FROM record r"  # noqa: S608
            f" LEFT JOIN disclosure d ON d.idx = r.idx WHERE {among('r.idx')}"
        )
        self._outputs = _question(tables.HoldingRow, among("idx"))
        self._transits = _question(tables.HoldingRow, among("ship"), "idx, n")
        held = tuple(f"h.{column}" for column in self._outputs.columns)
        named = "record r JOIN holding h ON h.{} = r.idx"
        self._outputs_of = Select(held, named.format("idx"), among("r.digest_key"))
        self._transits_of = Select(held, named.format("ship"), among("r.digest_key"), "h.idx, h.n")
        self._lots = _question(tables.LotRow, among("product", "lot"))
        self._lots_of = Select(
            tuple(f"l.{column}" for column in self._lots.columns),
            f"{named.format('idx')} JOIN lot l ON l.product = h.product AND l.lot = h.lot",
            among("r.digest_key"),
        )
        self._labels = _select(tables.LabelRow, among("product", "lot"), "idx")
        self._reserves_for = _select(tables.ReserveRow, among("product", "lot"), "idx, n")
        self._reserves_on = _select(tables.ReserveRow, among("source_idx", "source_n"), "idx, n")
        self._units = _select(tables.UnitRow, among("idx"), "idx")
        self._packed = _select(tables.PackedRow, among("idx"), "idx, n")
        self._numbered = f"SELECT idx FROM unit WHERE {among('party', 'number', 'taken')}"  # noqa: S608
        self._within = f"SELECT idx FROM unit WHERE {among('parent')}"  # noqa: S608
        on_holding = f"FROM packed WHERE {among('source_idx', 'source_n', 'whole')}"
        self._around = f"SELECT DISTINCT idx {on_holding}"
        self._packed_of = (
            "SELECT source_idx, source_n, COUNT(*), SUM(amount), COUNT(*) - COUNT(amount)"
            f" {on_holding} GROUP BY source_idx, source_n"
        )
        self._statements = _question(tables.StatementRow, among("kind", "subject"), "idx")
        self._certificates = _select(
            tables.StatementRow, f"kind = 'certificate' AND {among('party')}", "idx"
        )
        self._members = f"SELECT party FROM member WHERE {among('cooperative')} ORDER BY idx"  # noqa: S608
        self._keys = _select(tables.KeyRow, among("kid"))
        self._key_at = _select(tables.KeyRow, among("idx"))
        self._crops_at = _question(tables.CropRow, among("place"), "place, idx, n")
        self._places = (
            f"SELECT DISTINCT subject FROM statement WHERE kind = 'place' AND {among('party')}"  # noqa: S608
        )
        self._diaries = _question(tables.DiaryRow, among("place"), "idx")
        self._inspections = _select(tables.InspectionRow, among("subject"), "idx")
        self._alerts = _select(tables.AlertRow, among("idx"), "opened, n, code, detail")
        self._links = _select(tables.LinkRow, among("about"), "idx")

    def _rows(self, statement: str, keys: Iterable[Any]) -> list[Row]:
        try:
            cursor = self._cursor.execute(statement, (self._dialect.pack(keys),))
            found: list[Row] = cursor.fetchall()
        except self._dialect.errors as error:
            raise self._dialect.fault(error) from error
        return found

    def _ask(self, *asked: tuple[Select, Iterable[Any]]) -> list[list[Row]]:
        try:
            return self._dialect.select(self._cursor, asked)
        except self._dialect.errors as error:
            raise self._dialect.fault(error) from error

    # -- many at once: what a batch needs ----------------------------------------------------------
    def batch(
        self, needs: Needs, nonces: Collection[int], statements: Collection[tuple[str, str]]
    ) -> Batch:
        """What is asked about a batch at once. ``nonces``: their keys (``keys64``);
        ``statements``: those of its needs that are not known."""
        wanted = _digests(needs.records)
        questions: dict[str, tuple[Select, Collection[Any]]] = {
            "entries": (self._entries, list(map(digest_key, wanted.values()))),
            "nonces": (self._nonces, nonces),
            "outputs": (self._outputs_of, [digest_key(wanted[name]) for name in needs.outputs]),
            "transits": (self._transits_of, [digest_key(wanted[name]) for name in needs.shipments]),
            "lots": (self._lots, needs.lots),
            "worked": (self._lots_of, [digest_key(wanted[name]) for name in needs.worked]),
            "crops": (self._crops_at, needs.farmed),
            "diaries": (self._diaries, needs.farmed),
            "statements": (self._statements, statements),
        }
        asked = {name: each for name, each in questions.items() if each[1]}
        found = dict(zip(asked, self._ask(*asked.values()), strict=True))

        def all_of(name: str, read: Callable[[Row], _Fact]) -> list[_Fact]:
            return list(map(read, found.get(name, ())))

        return Batch(
            _entries_of(found.get("entries", ()), wanted),
            {(iss, _nonce_of(payload)) for _, iss, payload in found.get("nonces", ())},
            all_of("outputs", rows.holding_of),
            all_of("transits", rows.holding_of),
            all_of("lots", rows.lot_of),
            all_of("worked", rows.lot_of),
            all_of("crops", rows.crop_of),
            all_of("diaries", rows.diary_of),
            all_of("statements", rows.statement_of),
        )

    def records(self, names: Iterable[str]) -> dict[str, RecordEntry]:
        """The accepted records among ``names``."""
        wanted = _digests(names)
        (found,) = self._ask((self._entries, map(digest_key, wanted.values())))
        return _entries_of(found, wanted)

    def used_nonces(self, keys: Iterable[int]) -> dict[tuple[str, str], int]:
        """The (party, nonce) pairs that records bear under these keys (``keys64.nonce_key``), and
        the indices of those records."""
        (found,) = self._ask((self._nonces, keys))
        return {(iss, _nonce_of(payload)): idx for idx, iss, payload in found}

    def outputs(self, indices: Iterable[int]) -> list[Holding]:
        """All that the records at these indices made."""
        return list(map(rows.holding_of, *self._ask((self._outputs, indices))))

    def transits(self, ships: Iterable[int]) -> list[Holding]:
        """All holdings that were in transit by these shipments, drawn or not."""
        return list(map(rows.holding_of, *self._ask((self._transits, ships))))

    def lots(self, keys: Iterable[LotKey]) -> list[Lot]:
        """The lots among ``keys``."""
        return list(map(rows.lot_of, *self._ask((self._lots, keys))))

    def statements_of(self, keys: Iterable[tuple[str, str]]) -> list[Statement]:
        """All statements about these (kind, subject), oldest first."""
        return list(map(rows.statement_of, *self._ask((self._statements, keys))))

    def keys(self, kids: Iterable[str]) -> list[KeyEntry]:
        """The registered keys among ``kids``."""
        return [rows.key_of(row) for row in self._rows(self._keys, kids)]

    def crops(self, places: Iterable[str]) -> list[Crop]:
        """All that was harvested at these places, oldest first."""
        return list(map(rows.crop_of, *self._ask((self._crops_at, places))))

    def diaries(self, places: Iterable[str]) -> list[DiaryEntry]:
        """The diaries of these places, oldest first."""
        return list(map(rows.diary_of, *self._ask((self._diaries, places))))

    def alerts(self, indices: Iterable[int]) -> list[Alert]:
        """All alerts that arise at the records at these indices."""
        return [rows.alert_of(row) for row in self._rows(self._alerts, indices)]

    # -- one at a time: ``core.state.Reader`` ------------------------------------------------------
    def record(self, name: str) -> RecordEntry | None:
        """As ``Reader``."""
        return self.records([name]).get(name)

    def body(self, name: str) -> SignedRecord | None:
        """As ``Reader``; a value that was erased is undisclosed."""
        entry = self.record(name)
        return None if entry is None else self.signed(entry.index)

    def signed(self, index: int) -> SignedRecord | None:
        """The record at an index, with the disclosures that are kept."""
        wire = self.wire(index)
        return None if wire is None else codec.parse(wire, complete=False)

    def wire(self, index: int) -> bytes | None:
        """The record at an index, as it was sent, less the disclosures that were erased."""
        found = self._rows(self._bodies, [index])
        if not found:
            return None
        _, key_idx, payload, signature, disclosures = found[0]
        kid = self._rows(self._key_at, [key_idx])[0][0]
        return codec.rebuild(kid, unpack(payload), signature, split_disclosures(disclosures))

    def holding(self, key: HoldingKey) -> Holding | None:
        """As ``Reader``."""
        return next((each for each in self.outputs([key[0]]) if each.n == key[1]), None)

    def transit(self, ship: int) -> list[Holding]:
        """As ``Reader``: those that are still on their way."""
        return [each for each in self.transits([ship]) if each.left is None or each.left > 0]

    def lot_entry(self, key: LotKey) -> Lot | None:
        """As ``Reader``."""
        return next(iter(self.lots([key])), None)

    def lot(self, key: LotKey) -> Lot | None:
        """A lot that somebody made or acquired: more than labels for it."""
        found = self.lot_entry(key)
        return found if found is not None and found.opened else None

    def statements(self, kind: str, subject: str) -> list[Statement]:
        """As ``Reader``."""
        return self.statements_of([(kind, subject)])

    def certificates(self, holder: str) -> list[Statement]:
        """As ``Reader``."""
        return [rows.statement_of(row) for row in self._rows(self._certificates, [holder])]

    def members(self, party: str) -> list[str]:
        """As ``Reader``."""
        return [member for (member,) in self._rows(self._members, [party])]

    def key(self, kid: str) -> KeyEntry | None:
        """As ``Reader``."""
        return next(iter(self.keys([kid])), None)

    def seen(self, iss: str, nonce: str) -> bool:
        """As ``Reader``."""
        return (iss, nonce) in self.used_nonces([nonce_key(iss, nonce)])

    def crops_at(self, place: str) -> list[Crop]:
        """As ``Reader``."""
        return self.crops([place])

    def crops_of(self, party: str) -> list[Crop]:
        """As ``Reader``, through the places: a party harvests where it owns the place, or succeeded
        whoever did. An index by party would cost every harvest, for what certificates and
        corrections alone ask."""
        owners, todo = {party}, [party]
        while todo:
            for statement in self.statements("party", todo.pop()):
                fresh = set(statement.data.succeeds) - owners
                owners |= fresh
                todo += fresh
        places = [place for (place,) in self._rows(self._places, owners)]
        found = [crop for crop in self.crops(places) if crop.party == party]
        return sorted(found, key=lambda crop: (crop.index, crop.n))

    def diaries_at(self, place: str) -> list[DiaryEntry]:
        """As ``Reader``."""
        return self.diaries([place])

    def inspections_of(self, subject: str) -> list[Inspection]:
        """As ``Reader``."""
        return [rows.inspection_of(row) for row in self._rows(self._inspections, [subject])]

    def alerts_of(self, index: int) -> list[Alert]:
        """As ``Reader``."""
        return self.alerts([index])

    def labels_of(self, lot: LotKey) -> list[Label]:
        """As ``Reader``."""
        return [rows.label_of(row) for row in self._rows(self._labels, [lot])]

    def reserves_for(self, lot: LotKey) -> list[Reserve]:
        """As ``Reader``."""
        return [rows.reserve_of(row) for row in self._rows(self._reserves_for, [lot])]

    def reserves_on(self, holding: HoldingKey) -> list[Reserve]:
        """As ``Reader``."""
        return [rows.reserve_of(row) for row in self._rows(self._reserves_on, [holding])]

    def units(self, indices: Iterable[int]) -> list[Unit]:
        """As ``Reader``: those of the records at these indices, oldest first."""
        found = self._rows(self._units, indices)
        return rows.units_of(found, self._rows(self._packed, [row[0] for row in found]))

    def units_numbered(self, party: str, number: str) -> list[Unit]:
        """As ``Reader``."""
        return self._units_among(self._numbered, [(party, number, 1)])

    def units_within(self, parents: Iterable[int]) -> list[Unit]:
        """As ``Reader``."""
        return self._units_among(self._within, parents)

    def units_on(self, holding: HoldingKey) -> list[Unit]:
        """As ``Reader``."""
        return self._units_among(self._around, [(*holding, 1)])

    def packed_of(self, holdings: Iterable[HoldingKey]) -> dict[HoldingKey, Held]:
        """As ``Reader``; without those of which nothing is packed."""
        keys = [(*holding, 1) for holding in holdings]
        return {
            (idx, n): Held(parts, int(amount or 0), undisclosed)
            for idx, n, parts, amount, undisclosed in self._rows(self._packed_of, keys)
        }

    def _units_among(self, statement: str, keys: Iterable[Any]) -> list[Unit]:
        found = [index for (index,) in self._rows(statement, keys)]
        return self.units(found) if found else []

    def links_to(self, index: int) -> list[Link]:
        """As ``Reader``."""
        return [rows.link_of(row) for row in self._rows(self._links, [index])]


def _nonce_of(payload: str) -> str:
    """The nonce of a record, of whose row this is the payload (hexadecimal)."""
    nonce: str = orjson.loads(unpack(bytes.fromhex(payload)))["nonce"]
    return nonce


def _digests(names: Iterable[str]) -> dict[str, bytes]:
    return {name: b64.decode(name) for name in names}


def _entries_of(found: Iterable[Row], wanted: Mapping[str, bytes]) -> dict[str, RecordEntry]:
    entries = {}
    for idx, digest, kind, iss, acting, at, time in found:
        name = b64.encode(bytes.fromhex(digest))
        if name in wanted:  # and not merely another of the same key
            entries[name] = RecordEntry(idx, name, kind, iss, acting, at, time)
    return entries


def split_disclosures(joined: bytes | None) -> Sequence[bytes]:
    """The disclosures of a record, from its row of ``disclosure`` (none: no such row)."""
    return bytes(joined).split(b"~") if joined else ()
