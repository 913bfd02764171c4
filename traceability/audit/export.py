"""A whole ledger written out for auditors, with the state at which the server arrived.

That state is read from the server's own tables, not made again from the records: so when an
auditor's replay of the archive arrives at the same digest, it was these tables that were right.
Everything comes from one reading of the ledger.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Final

import orjson

from traceability.audit.archive import Header, write
from traceability.core import b64
from traceability.core.claims import Audience
from traceability.core.facts import RecordEntry
from traceability.core.snapshot import state_digest
from traceability.core.state import State
from traceability.core.thresholds import Thresholds
from traceability.ledger.reading import Reading
from traceability.ledger.records import load
from traceability.ledger.viewer import Viewer
from traceability.storage import rows, tables
from traceability.storage.head import Head
from traceability.storage.payloads import unpack

CHUNK: Final = 1_000  #: records that are in memory at once

_AUDITOR: Final = Viewer(Audience.AUDITOR)


def export(now: Reading, file: BinaryIO, include_personal: bool = False) -> Header:
    """Write the archive of the ledger as one reading sees it; returns its header.

    Raises ``LedgerError("ledger.none")``, and as reading does.
    """
    head = now.head()
    header = Header(head.log, head.size, head.checkpoint, state_digest(state_of(now, head)))
    write(file, header, _records(now, head.size, include_personal))
    return header


def _records(now: Reading, size: int, include_personal: bool) -> Iterator[tuple[int, bytes]]:
    for start in range(0, size, CHUNK):
        indexes = range(start, min(start + CHUNK, size))
        for _, time, wire in load(now, indexes, _AUDITOR, include_personal):
            yield time, wire


def state_of(now: Reading, head: Head) -> State:
    """The whole state, from the projections; without personal values, which no rule reads."""
    state = State(head.log)
    state.size, state.time = head.size, head.time
    state.operator, state.genesis_kid = head.operator, head.genesis_kid
    state.thresholds = Thresholds.named(head.thresholds)
    for entry, nonce in _entries(now):
        state.records[entry.name] = entry
        state.nonces[entry.iss, nonce] = True
    for holding in _all(now, tables.HoldingRow, rows.holding_of):
        state.holdings[holding.key] = holding
    for lot in _all(now, tables.LotRow, rows.lot_of):
        state.lots[lot.product, lot.lot] = lot
    for label in _all(now, tables.LabelRow, rows.label_of):
        state.labels.setdefault(label.lot_key, []).append(label)
    for reserve in _all(now, tables.ReserveRow, rows.reserve_of):
        state.reserves_by_lot.setdefault(reserve.lot_key, []).append(reserve)
    packed = now.rows("SELECT * FROM packed ORDER BY idx, n")
    for unit in rows.units_of(now.rows("SELECT * FROM unit"), packed):
        state.units.put(unit)
    for key in _all(now, tables.KeyRow, rows.key_of):
        state.keys[key.kid] = key
    for statement in _all(now, tables.StatementRow, rows.statement_of):
        state.registry.setdefault((statement.kind, statement.subject), []).append(statement)
    for crop in _all(now, tables.CropRow, rows.crop_of):
        state.crops_by_place.setdefault(crop.place, []).append(crop)
    for diary in _all(now, tables.DiaryRow, rows.diary_of):
        state.diaries.setdefault(diary.place, []).append(diary)
    for inspection in _all(now, tables.InspectionRow, rows.inspection_of):
        state.inspections.setdefault(inspection.subject, []).append(inspection)
    for alert in _all(now, tables.AlertRow, rows.alert_of):
        state.alerts.setdefault(alert.key.index, []).append(alert)
    for link in _all(now, tables.LinkRow, rows.link_of):
        state.links.setdefault(link.about, []).append(link)
    return state


def _all(now: Reading, row: type[tables.Row], fact: Callable[[Any], Any]) -> Iterable[Any]:
    table = tables.table_of(row)
    columns = ", ".join(table.columns.keys())
    return map(fact, now.rows(f"SELECT {columns} FROM {table.name}"))  # noqa: S608


def _entries(now: Reading) -> Iterator[tuple[RecordEntry, str]]:
    found = now.rows("SELECT idx, digest, type, iss, acting, at, time, payload FROM record")
    for index, digest, kind, iss, acting, at, time, payload in found:
        entry = RecordEntry(index, b64.encode(bytes(digest)), kind, iss, acting, at, time)
        yield entry, orjson.loads(unpack(payload))["nonce"]
