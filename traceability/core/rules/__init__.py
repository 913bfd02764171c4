"""The rulebook: pure functions over a record, its acceptance and the state that it touches.

The server runs it before it accepts a record, an auditor over a whole history, a verifier over a
bundle; all by ``apply``, so that there is nothing to drift. Nothing that a rule reads lies outside
the history: not the wall clock, not a setting, not an erased value.

The families, each with its rules in prose in its own module:

``authority``   who may say it: keys, consent, succession, roles
``timing``      claimed times against the log's acceptance
``registry``    parties, keys, places, products, certificates, the rules in force
``balance``     draws and sums: nothing from nothing, nothing twice, nothing of another's
``flow``        harvest, acquire, ship, receive, consume, count
``transform``   sorting and packing, processing, assembly, silos
``farming``     yields, pre-harvest intervals, diaries
``papers``      certificates, and the claims that they carry
``inspection``  results on lots and places
``units``       crates and pallets, and where they go
``labels``      how many labels a lot may have (with ``made`` and ``budget``)
``correction``  errors set right, records denied
``geography``   impossible speed

Still to come, each a family of its own: ``recall`` (hold, recall, recall-reply, recall-close),
``contracts`` (offer, acceptance); their types are reserved in ``registry_records.RESERVED``.

A refused record leaves no trace. An accepted one may carry alerts: refusing what is merely
implausible would only teach people to lie. An alert stays at the record at which it arises and is
read through the lineage by all descendants, so that a belated paper changes it for all of them.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from traceability.core.codec import SignedRecord
from traceability.core.facts import Accepted, Effects
from traceability.core.rules import (
    correction,
    farming,
    flow,
    inspection,
    labels,
    registry,
    transform,
    units,
)
from traceability.core.rules.authority import authorise
from traceability.core.rules.case import Case
from traceability.core.rules.timing import check_times
from traceability.core.state import State

_JUDGES: Final[Mapping[str, Callable[[Case], None]]] = MappingProxyType(
    {
        "party": registry.state_party,
        "key": registry.state_key,
        "key-revoke": registry.revoke_key,
        "consent": registry.state_consent,
        "place": registry.state_place,
        "product": registry.state_product,
        "certificate": registry.state_certificate,
        "rules": registry.state_rules,
        "harvest": flow.harvest,
        "acquire": flow.acquire,
        "transform": transform.transform,
        "ship": flow.ship,
        "receive": flow.receive,
        "consume": flow.consume,
        "count": flow.count,
        "diary": farming.enter_diary,
        "inspect": inspection.inspect,
        "unit": units.unit,
        "label": labels.label,
        "correct": correction.correct,
        "dispute": correction.dispute,
    }
)


def apply(record: SignedRecord, at: Accepted, state: State) -> Effects:
    """Judges a record that is parsed and whose signature holds.

    Returns what it changes; ``state.absorb`` takes that in. Raises ``GocError`` with a stable code
    and changes nothing when a rule refuses the record.
    """
    case = Case(record, at, state)
    if state.record(record.name) is not None:
        case.refuse("record.known", record=record.name)
    if state.seen(record.body.iss, record.body.nonce):
        case.refuse("record.replay", "/nonce", nonce=record.body.nonce)
    authorise(case)
    check_times(case)
    _JUDGES[record.body.type](case)
    return case.effects


__all__ = ["apply"]
