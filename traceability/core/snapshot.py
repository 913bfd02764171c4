"""A state written down canonically, so that two ways to it can be compared (DESIGN §1.2).

Server, auditor and rebuild run one rulebook over one history, and must arrive at one state: equal
snapshots say that they did. A snapshot is lines of canonical JSON (RFC 8785), each an array whose
first member says what it is, in an order that does not depend on how the state came about:

``head``        log, size, time, operator, key of record 0, digest of the thresholds
``record``      index, name, type, signer, acting party, claimed time, acceptance time
``holding``     every output ever made, with what is left of it
``lot``         product, lot code, maker, place, when it was opened, by which record; unit, what was
                made of it and labelled, and who labelled it ahead
``statement``   the registry, each statement by kind, subject and index
``key``         every key and its life
``crop`` ``diary`` ``inspection``   the facts that the farming rules look at, as they now stand
``alert``       open and closed
``link``        which record speaks of which
``label`` ``reserve``   label records as they now stand, and what they reserve
``unit``        crates and pallets as they now stand
``nonces``      how many were used

Look-ups that found nothing are not part of it, nor are tables that follow from these (members of a
cooperative, goods in transit). Nor are personal values: they may be erased, no rule reads them, and
a state replayed after an erasure is the same state. Amounts that were not disclosed are null.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, fields
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final

import orjson
from pydantic import BaseModel

from traceability.core import b64
from traceability.core.claims import Privacy, Shape, shape_of
from traceability.core.facts import Statement, Unit
from traceability.core.state import State

_LINE: Final = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE

_alert: Final = attrgetter("key.index", "key.n", "key.code", "key.detail", "opened", "closed")

_Line = Sequence[Any]


def snapshot(state: State) -> bytes:
    """The whole of a state in memory, one line a fact, each ended by a newline.

    For a whole state only: a window on a database holds what was asked of it, no more.
    """
    return b"".join(_written(state))


def state_digest(state: State) -> str:
    """base64url(SHA-256) of the snapshot, without padding."""
    hashed = sha256()
    for line in _written(state):
        hashed.update(line)
    return b64.encode(hashed.digest())


def _written(state: State) -> Iterator[bytes]:
    if state.reader is not None:
        raise AssertionError("a window on a database has no snapshot")
    # Of all that facts are made of, only bytes are not JSON.
    return (orjson.dumps(line, b64.encode, _LINE) for line in _lines(state))


def _lines(state: State) -> Iterator[_Line]:
    yield [
        "head", state.log, state.size, state.time, state.operator, state.genesis_kid,
        state.thresholds.digest,
    ]  # fmt: skip
    yield from _facts("record", state.records.values(), "index")
    yield from _facts("holding", state.holdings.values(), "index", "n")
    yield from _facts("lot", state.lots.values(), "product", "lot")
    for key in sorted(state.registry):
        for statement in sorted(state.registry[key], key=lambda each: each.index):
            yield _statement(statement)
    yield from _facts("key", state.keys.values(), "index")
    yield from _facts("crop", _flat(state.crops_by_place), "index", "n")
    yield from _facts("diary", _flat(state.diaries), "index")
    yield from _facts("inspection", _flat(state.inspections), "index", "subject")
    alerts = sorted(map(_alert, _flat(state.alerts)), key=lambda line: line[:4])
    yield from (("alert", *line) for line in alerts)
    yield from _facts("link", _flat(state.links), "about", "index", "kind")
    yield from _facts("label", _flat(state.labels), "index")
    yield from _facts("reserve", _flat(state.reserves_by_lot), "index", "n")
    yield from map(_unit, sorted(state.units, key=attrgetter("index")))
    yield ["nonces", sum(state.nonces.values())]


def _flat(lists: dict[Any, list[Any]]) -> Iterator[Any]:
    return (entry for entries in lists.values() for entry in entries)


def _facts(kind: str, found: Iterable[Any], *order: str) -> Iterator[_Line]:
    known = [each for each in found if each is not None]
    if not known:
        return iter(())
    known.sort(key=attrgetter(*order))
    values = attrgetter(*(field.name for field in fields(known[0])))
    return ((kind, *values(each)) for each in known)


def _unit(unit: Unit) -> list[Any]:
    contents = [astuple(each) for each in unit.contents]
    return ["unit", *(getattr(unit, each.name) for each in fields(unit)[:-1]), contents]


def _statement(statement: Statement) -> list[Any]:
    data: BaseModel = statement.data
    whole = data.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return [
        "statement", statement.kind, statement.subject, statement.index, statement.time,
        statement.iss, statement.party, statement.declared,
        lasting(whole, shape_of(type(data))),
    ]  # fmt: skip


def lasting(value: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """``value`` (by its names on the wire), and all inside it, without what may be erased."""
    kept: dict[str, Any] = {}
    for name, member in value.items():
        hide = shape.hideable.get(name)
        if hide is not None and hide.privacy is Privacy.PERSONAL:
            continue
        inner, many = shape.children.get(name, (None, False))
        if inner is None:
            kept[name] = member
        elif many:
            kept[name] = [lasting(each, inner) for each in member]
        else:
            kept[name] = lasting(member, inner)
    return kept
