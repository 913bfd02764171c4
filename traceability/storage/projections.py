"""What accepted records change in the projections, as rows (DESIGN §4).

The rows are of the state as the whole batch has left it, so that each row is written once, however
many of the batch's records drew from it.
"""

from collections.abc import Sequence
from typing import Any, Final

from traceability.core.facts import AlertKey, Effects, Holding, HoldingKey
from traceability.core.state import State
from traceability.storage import rows, tables
from traceability.storage.dialect import Dialect, Row

#: Types whose projections are holdings, draws, lots and crops alone, but for links and alerts.
_PLAIN: Final = frozenset(
    {"harvest", "acquire", "transform", "ship", "receive", "consume", "count"}
)
_HOLDING: Final = tables.table_of(tables.HoldingRow)
_DRAW: Final = tables.table_of(tables.DrawRow)
_LOT: Final = tables.table_of(tables.LotRow)
_CROP: Final = tables.table_of(tables.CropRow)
_STATEMENT: Final = tables.table_of(tables.StatementRow)
_MEMBER: Final = tables.table_of(tables.MemberRow)
_KEY: Final = tables.table_of(tables.KeyRow)
_DIARY: Final = tables.table_of(tables.DiaryRow)
_INSPECTION: Final = tables.table_of(tables.InspectionRow)
_ALERT: Final = tables.table_of(tables.AlertRow)
_LABEL: Final = tables.table_of(tables.LabelRow)
_RESERVE: Final = tables.table_of(tables.ReserveRow)
_UNIT: Final = tables.table_of(tables.UnitRow)
_PACKED: Final = tables.table_of(tables.PackedRow)
_LINK: Final = tables.table_of(tables.LinkRow)


def write_projections(
    cursor: Any, dialect: Dialect, effects: Sequence[Effects], state: State
) -> None:
    """Write all projections of a batch that ``state`` has absorbed, each row once, as it now is."""
    holdings: dict[HoldingKey, Holding | None] = {}
    drawn: list[Row] = []
    other: list[Effects] = []
    for each in effects:
        for made in each.made:
            holdings[made.key] = made
        for draw in each.drawn:
            holdings[draw.source] = state.holdings[draw.source]
            drawn.append(rows.draw_row(draw))
        for root, _, _ in each.moved:
            holdings[root] = state.holdings[root]
        rare = each.links or each.opened or each.closed or each.labels or each.units
        if rare or each.entry.type not in _PLAIN:
            other.append(each)
    held = [rows.holding_row(each) for each in holdings.values() if each is not None]
    base = effects[0].at.index if effects else 0
    fresh = [row for row in held if row[0] >= base]
    drained = [row for row in held if row[0] < base]
    lots = {(lot.product, lot.lot): lot for each in effects for lot in each.lots}
    crops = {(crop.index, crop.n): crop for each in effects for crop in each.crops}
    dialect.insert(cursor, _HOLDING, fresh)
    dialect.put(cursor, _HOLDING, drained)
    dialect.insert(cursor, _DRAW, drawn)
    dialect.put(cursor, _LOT, [rows.lot_row(lot) for lot in lots.values()])
    dialect.put(cursor, _CROP, [rows.crop_row(crop) for crop in crops.values()])
    if other:
        _write_other(cursor, dialect, other, state)


def _write_other(cursor: Any, dialect: Dialect, effects: Sequence[Effects], state: State) -> None:
    statements = [statement for each in effects for statement in each.statements]
    kids = {key.kid for each in effects for key in each.keys}
    kids.update(kid for each in effects for kid, _ in each.revoked)
    keys = [found for kid in sorted(kids) if (found := state.keys[kid]) is not None]
    diaries = {entry.index: entry for each in effects for entry in each.diaries}
    inspections = {
        (found.subject, found.index): found for each in effects for found in each.inspections
    }
    links = {(link.about, link.index): link for each in effects for link in each.links}
    labels = {label.index: label for each in effects for label in each.labels}
    units = {index: unit for each in effects for index, unit in each.units.items()}
    reserves = [rows.reserve_row(reserve) for each in effects for reserve in each.reserves]
    members = [
        (cooperative, statement.subject, statement.index)
        for statement in statements
        if statement.kind == "party"
        for cooperative in statement.data.members_of
    ]
    dialect.insert(cursor, _STATEMENT, [rows.statement_row(each) for each in statements])
    dialect.keep(cursor, _MEMBER, members)
    dialect.put(cursor, _KEY, [rows.key_row(key) for key in keys])
    dialect.put(cursor, _DIARY, [rows.diary_row(entry) for entry in diaries.values()])
    dialect.put(cursor, _INSPECTION, [rows.inspection_row(each) for each in inspections.values()])
    dialect.put(cursor, _ALERT, _alert_rows(effects, state))
    dialect.keep(cursor, _LINK, [rows.link_row(link) for link in links.values()])
    dialect.put(cursor, _LABEL, [rows.label_row(label) for label in labels.values()])
    dialect.insert(cursor, _RESERVE, reserves)
    dialect.put(cursor, _UNIT, [rows.unit_row(unit) for unit in units.values()])
    packed = [row for unit in units.values() for row in rows.packed_rows(unit)]
    dialect.put(cursor, _PACKED, packed)


def _alert_rows(effects: Sequence[Effects], state: State) -> list[Row]:
    touched: set[AlertKey] = set()
    for each in effects:
        touched.update(each.opened)
        touched.update(each.closed)
    return [
        rows.alert_row(alert)
        for index in sorted({key.index for key in touched})
        for alert in state.alerts[index]
        if alert.key in touched
    ]
