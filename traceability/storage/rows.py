"""Facts to rows and back: what a row of each projection stands for.

A row is a tuple in the order of its table's columns. What a row of ``statement`` keeps is JSON
without the personal values of hidden fields: those are in ``disclosure`` alone, where they can be
erased. A statement read back is therefore one whose personal values are *not disclosed*, which no
rule can tell from the whole one, since none reads them.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson
from pydantic import BaseModel

from traceability.core.claims import shape_of
from traceability.core.facts import (
    Alert,
    AlertKey,
    Crop,
    DiaryEntry,
    Drawn,
    Holding,
    Inspection,
    KeyEntry,
    Label,
    Link,
    Lot,
    Packed,
    Reserve,
    Statement,
    Unit,
)
from traceability.core.registry_records import MODELS
from traceability.core.snapshot import lasting
from traceability.core.units import takes_number
from traceability.storage.dialect import Row


# -- statements ------------------------------------------------------------------------------------
@lru_cache(maxsize=64)
def data_model(kind: str) -> type[BaseModel]:
    """The model of ``data`` in records of a type."""
    model: Any = MODELS[kind].model_fields["data"].annotation
    found: type[BaseModel] = model
    return found


def statement_row(statement: Statement) -> Row:
    """A row of ``statement``."""
    data: BaseModel = statement.data
    whole = data.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    kept = lasting(whole, shape_of(type(data)))
    return (
        statement.kind,
        statement.subject,
        statement.index,
        statement.time,
        statement.iss,
        statement.party,
        int(statement.declared),
        orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode(),
    )


def statement_of(row: Row) -> Statement:
    """What a row of ``statement`` says."""
    kind, subject, idx, time, iss, party, declared, data = row
    model = data_model(kind)
    return Statement(
        kind, subject, idx, time, iss, party, bool(declared), model.model_validate_json(data)
    )


# -- the rest --------------------------------------------------------------------------------------
def key_row(key: KeyEntry) -> Row:
    """A row of ``party_key``."""
    return (
        key.kid,
        key.index,
        key.party,
        key.raw,
        key.custody,
        int(key.recovery),
        key.revoked,
        key.trusted,
    )


def key_of(row: Row) -> KeyEntry:
    """The key that a row of ``party_key`` stands for."""
    kid, idx, party, raw, custody, recovery, revoked, trusted = row
    return KeyEntry(kid, party, bytes(raw), idx, custody, bool(recovery), revoked, trusted)


def holding_row(holding: Holding) -> Row:
    """A row of ``holding``."""
    live_idx, live_n = holding.live or (None, None)
    return (
        holding.index,
        holding.n,
        holding.product,
        holding.lot,
        holding.holder,
        holding.place,
        holding.unit,
        holding.made,
        holding.left,
        holding.pieces,
        holding.pieces_left,
        holding.at,
        " ".join(holding.claims),
        holding.ship,
        holding.shipper,
        holding.sent_from,
        holding.used,
        live_idx,
        live_n,
    )


def holding_of(row: Row) -> Holding:
    """The holding that a row of ``holding`` stands for."""
    (
        idx, n, product, lot, holder, place, unit, made, left, pieces, pieces_left, at, claims,
        ship, shipper, sent_from, used, live_idx, live_n,
    ) = row  # fmt: skip
    return Holding(
        idx, n, product, lot, holder, place, unit, made, left, pieces, pieces_left, at,
        tuple(claims.split()), ship, shipper, sent_from, used,
        None if live_idx is None else (live_idx, live_n),
    )  # fmt: skip


def draw_row(drawn: Drawn) -> Row:
    """A row of ``draw``."""
    return (drawn.index, drawn.n, *drawn.source, drawn.amount, drawn.pieces)


def draw_of(row: Row) -> Drawn:
    """The draw that a row of ``draw`` stands for."""
    idx, n, source_idx, source_n, amount, pieces = row
    return Drawn(idx, n, (source_idx, source_n), amount, pieces)


def lot_row(lot: Lot) -> Row:
    """A row of ``lot``."""
    return (
        lot.product,
        lot.lot,
        lot.maker,
        lot.place,
        lot.opened,
        lot.index,
        lot.unit,
        lot.made,
        lot.labelled,
        lot.labeller,
    )


def lot_of(row: Row) -> Lot:
    """The lot that a row of ``lot`` stands for."""
    return Lot(*row)


def label_row(label: Label) -> Row:
    """A row of ``label``."""
    return (
        label.index,
        label.name,
        label.product,
        label.lot,
        label.party,
        label.count,
        label.net,
        label.each,
        label.key,
        orjson.dumps(label.voided).decode(),
        label.lost,
    )


def label_of(row: Row) -> Label:
    """The label record that a row of ``label`` stands for."""
    idx, name, product, lot, party, count, net, each, key, voided, lost = row
    ranges = tuple((first, last) for first, last in orjson.loads(voided))
    return Label(idx, name, product, lot, party, count, net, each, key, ranges, lost)


def reserve_row(reserve: Reserve) -> Row:
    """A row of ``reserve``."""
    return (
        reserve.index,
        reserve.n,
        *reserve.source,
        reserve.product,
        reserve.lot,
        reserve.party,
        reserve.amount,
        reserve.worth,
    )


def reserve_of(row: Row) -> Reserve:
    """The reserve that a row of ``reserve`` stands for."""
    idx, n, source_idx, source_n, product, lot, party, amount, worth = row
    return Reserve(idx, n, (source_idx, source_n), product, lot, party, amount, worth)


def unit_row(unit: Unit) -> Row:
    """A row of ``unit``."""
    return (
        unit.index,
        unit.name,
        unit.party,
        unit.number,
        int(takes_number(unit)),
        int(unit.sscc),
        unit.kind,
        unit.holder,
        unit.ship,
        unit.sent,
        unit.parent,
        unit.opened,
        unit.outcome,
        unit.consignee,
    )


def packed_rows(unit: Unit) -> list[Row]:
    """The rows of ``packed`` for a unit."""
    return [
        (
            unit.index,
            n,
            int(unit.opened is None),
            *each.source,
            each.product,
            each.lot,
            each.unit,
            each.amount,
            each.pieces,
        )
        for n, each in enumerate(unit.contents)
    ]


def units_of(found: Iterable[Row], packed: Iterable[Row]) -> list[Unit]:
    """The units that rows of ``unit`` stand for, with their rows of ``packed`` in order."""
    contents: dict[int, list[Packed]] = {}
    for idx, _, _, source_idx, source_n, *line in packed:
        contents.setdefault(idx, []).append(Packed((source_idx, source_n), *line))
    units: list[Unit] = []
    for idx, name, party, number, _, sscc, *rest in found:
        inside = tuple(contents.get(idx, ()))
        kind, holder, ship, sent, parent, opened, outcome, consignee = rest
        where = holder, ship, sent, parent, opened, outcome, consignee
        units.append(Unit(idx, name, party, number, bool(sscc), kind, *where, inside))
    return units


def crop_row(crop: Crop) -> Row:
    """A row of ``crop``."""
    return (
        crop.place,
        crop.index,
        crop.n,
        crop.party,
        crop.product,
        crop.date,
        crop.season,
        crop.unit,
        crop.amount,
        " ".join(crop.claims),
    )


def crop_of(row: Row) -> Crop:
    """The crop that a row of ``crop`` stands for."""
    place, idx, n, party, product, date, season, unit, amount, claims = row
    claimed = tuple(claims.split())
    return Crop(idx, n, place, party, product, date, season, unit, amount, claimed)


def diary_row(entry: DiaryEntry) -> Row:
    """A row of ``diary``."""
    return (
        entry.index,
        entry.place,
        entry.party,
        entry.date,
        entry.activity,
        entry.input,
        entry.dose,
        entry.phi,
        entry.restated,
        int(entry.void),
    )


def diary_of(row: Row) -> DiaryEntry:
    """The entry that a row of ``diary`` stands for."""
    idx, place, party, date, activity, input_, dose, phi, restated, void = row
    return DiaryEntry(idx, place, party, date, activity, input_, dose, phi, restated, bool(void))


def inspection_row(inspection: Inspection) -> Row:
    """A row of ``inspection``."""
    return (
        inspection.subject,
        inspection.index,
        inspection.kind,
        inspection.result,
        int(inspection.by_auditor),
    )


def inspection_of(row: Row) -> Inspection:
    """The inspection that a row of ``inspection`` stands for."""
    subject, idx, kind, result, by_auditor = row
    return Inspection(idx, subject, kind, result, bool(by_auditor))


def alert_row(alert: Alert) -> Row:
    """A row of ``alert``."""
    key = alert.key
    return (key.index, key.n, key.code, key.detail, alert.opened, alert.closed)


def alert_of(row: Row) -> Alert:
    """The alert that a row of ``alert`` stands for."""
    idx, n, code, detail, opened, closed = row
    return Alert(AlertKey(idx, n, code, detail), opened, closed)


def link_row(link: Link) -> Row:
    """A row of ``link``."""
    return (link.about, link.index, link.kind)


def link_of(row: Row) -> Link:
    """The link that a row of ``link`` stands for."""
    about, idx, kind = row
    return Link(idx, about, kind)
