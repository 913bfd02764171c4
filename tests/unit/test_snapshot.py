"""A state's snapshot is the same for the same history, and shows every difference but erasures."""

import orjson
import pytest

from tests.kit import World
from tests.memory import MemoryLedger
from tests.unit.test_kit import season
from traceability.core import codec
from traceability.core.codec import SignedRecord
from traceability.core.facts import Accepted
from traceability.core.rules import apply
from traceability.core.snapshot import snapshot, state_digest
from traceability.core.state import State


@pytest.fixture(scope="module")
def ledger() -> MemoryLedger:
    """A ledger of a whole season."""
    world = World()
    season(world)
    ledger = MemoryLedger(world)
    ledger.append_all()
    return ledger


def replay(ledger: MemoryLedger, records: list[SignedRecord]) -> State:
    """The state that an auditor arrives at."""
    state = State(ledger.state.log)
    for effects, record in zip(ledger.effects, records, strict=True):
        state.absorb(apply(record, Accepted(effects.at.index, effects.at.time), state))
    return state


def test_a_replay_arrives_at_the_same_snapshot(ledger: MemoryLedger) -> None:
    again = replay(ledger, [codec.parse(each.record.wire) for each in ledger.effects])
    assert snapshot(again) == snapshot(ledger.state)
    assert state_digest(again) == state_digest(ledger.state)


def test_every_line_is_canonical_and_every_kind_of_fact_is_there(ledger: MemoryLedger) -> None:
    lines = snapshot(ledger.state).splitlines()
    assert [
        orjson.dumps(orjson.loads(line), option=orjson.OPT_SORT_KEYS) for line in lines
    ] == lines
    assert {orjson.loads(line)[0] for line in lines} == set(
        "head record holding lot statement key crop diary inspection alert link nonces".split()
    )
    assert len(set(lines)) == len(lines)


def test_looking_for_what_is_not_there_changes_nothing(ledger: MemoryLedger) -> None:
    before = snapshot(ledger.state)
    ledger.state.holding((999, 9))
    ledger.state.alerts_of(999)
    ledger.state.statements("place", "l-none")
    ledger.state.seen("p-none", "nonce")
    assert snapshot(ledger.state) == before


def test_so_much_as_a_milligram_less_is_seen(ledger: MemoryLedger) -> None:
    digest = state_digest(ledger.state)
    holding = next(each for each in ledger.state.holdings.values() if each and each.left)
    assert holding.left is not None
    holding.left -= 1
    try:
        assert state_digest(ledger.state) != digest
    finally:
        holding.left += 1
    assert state_digest(ledger.state) == digest


def test_an_erased_name_leaves_the_snapshot_as_it_was(ledger: MemoryLedger) -> None:
    """Names and phones of people may be erased: the history stays, and so does its state."""
    records = []
    for effects in ledger.effects:
        record = effects.record
        wire = record.wire
        if record.body.type == "party":
            wire = codec.to_wire(record.jws, ())
        records.append(codec.parse(wire, complete=False))
    again = replay(ledger, records)
    assert snapshot(again) == snapshot(ledger.state)


def test_a_window_on_a_database_has_no_snapshot() -> None:
    window = State("goc.example/test", reader=object())  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="window"):
        snapshot(window)
