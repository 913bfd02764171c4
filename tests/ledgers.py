"""Real ledgers for tests: on a database of their own, signed for a world's log."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.kit import Signed, World
from traceability.core.facts import Statement
from traceability.core.leaf import Leaf
from traceability.core.proof import ProofFile, VerifiedProof, verify_proof
from traceability.core.state import State
from traceability.core.units import Held
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Outcome, Receipt
from traceability.storage.engine import sqlite_url
from traceability.storage.reader import SqlReader
from traceability.storage.rows import statement_of, statement_row


def open_ledger(
    folder: Path, world: World, clock: Callable[[], int] | None = None, url: str = ""
) -> Ledger:
    """The ledger in a folder, made where there is none."""
    url = url or sqlite_url(folder / "goc.db")
    return Ledger.begin(url, world.signer, clock or world.clock)


def send(ledger: Ledger, records: Iterable[Signed], size: int = 100) -> list[Outcome]:
    """Appends records in batches, one after the other."""
    wires = [each.wire for each in records]
    outcomes: list[Outcome] = []
    for start in range(0, len(wires), size):
        outcomes += ledger.appender.submit(wires[start : start + size]).result(60)
    return outcomes


def codes(outcomes: Sequence[Outcome]) -> list[str | None]:
    """Per record: None where it was accepted, else the code of its refusal."""
    return [None if isinstance(each, Receipt) else each.error.code for each in outcomes]


def verify(world: World, signed: Signed, receipt: Receipt) -> VerifiedProof:
    """Verifies a receipt as its holder would, from the proof file and the record alone."""
    proof = ProofFile.parse(receipt.to_proof())
    entry = signed.record.digest + proof.extra
    leaf = Leaf.from_bytes(entry)
    assert (leaf.time, leaf.cls) == (receipt.time, signed.record.leaf_class)
    return verify_proof(proof, entry, world.signer.key)


def differences(reader: SqlReader, state: State) -> list[str]:
    """What the database says otherwise than a state in memory that saw the same records."""
    found: list[str] = []

    def compare(what: str, ours: Any, theirs: Any) -> None:
        if ours != theirs:
            found.append(f"{what}: database {ours!r}, memory {theirs!r}")

    for name, entry in state.records.items():
        compare(f"record {name}", reader.record(name), entry)
        if entry is None:  # asked for, and not there
            continue
        body, mine = state.bodies[name], reader.body(name)
        assert body is not None
        assert mine is not None
        compare(f"body {name}", mine.wire, body.wire)
        compare(f"links {name}", reader.links_to(entry.index), state.links_to(entry.index))
    for iss, nonce in state.nonces:
        compare(f"nonce {nonce}", reader.seen(iss, nonce), state.seen(iss, nonce))
    for key, holding in state.holdings.items():
        compare(f"holding {key}", reader.holding(key), holding)
    for ship in state.transits:
        compare(f"transit {ship}", reader.transit(ship), state.transit(ship))
    for lot_key, lot in state.lots.items():
        compare(f"lot {lot_key}", reader.lot_entry(lot_key), lot)
    for kid, entry_ in state.keys.items():
        compare(f"key {kid}", reader.key(kid), entry_)
    for kind, subject in state.registry:
        known = [impersonal(each) for each in state.statements(kind, subject)]
        compare(f"{kind} {subject}", reader.statements(kind, subject), known)
    for holder in state.by_holder:
        known = [impersonal(each) for each in state.certificates(holder)]
        compare(f"certificates {holder}", reader.certificates(holder), known)
    for party in state.by_coop:
        compare(f"members {party}", reader.members(party), state.members(party))
    for place in state.crops_by_place:
        compare(f"crops at {place}", reader.crops_at(place), state.crops_at(place))
    for party in state.crops_by_party:
        compare(f"crops of {party}", reader.crops_of(party), state.crops_of(party))
    for place in state.diaries:
        compare(f"diary {place}", reader.diaries_at(place), state.diaries_at(place))
    for subject in state.inspections:
        mine_, known_ = reader.inspections_of(subject), state.inspections_of(subject)
        compare(f"inspections {subject}", mine_, known_)
    for index in state.alerts:
        ours = sorted(reader.alerts_of(index), key=str)
        compare(f"alerts {index}", ours, sorted(state.alerts_of(index), key=str))
    for labelled, labels in state.labels.items():
        compare(f"labels of {labelled}", reader.labels_of(labelled), labels)
    for labelled, reserves in state.reserves_by_lot.items():
        compare(f"reserves for {labelled}", reader.reserves_for(labelled), reserves)
    for reserved, reserves in state.reserves_by_holding.items():
        compare(f"reserves on {reserved}", reader.reserves_on(reserved), reserves)
    for unit in state.units:
        compare(f"unit {unit.name}", reader.units([unit.index]), [unit])
        numbered = state.units.numbered(unit.party, unit.number)
        compare(f"number {unit.number}", reader.units_numbered(unit.party, unit.number), numbered)
        within = sorted(reader.units_within([unit.index]), key=lambda each: each.index)
        compare(f"within {unit.name}", within, state.units.within([unit.index]))
        for each in unit.contents:
            on = sorted(reader.units_on(each.source), key=lambda one: one.index)
            compare(f"units on {each.source}", on, state.units.on(each.source))
            packed = reader.packed_of([each.source]).get(each.source, Held())
            compare(f"packed of {each.source}", [packed], state.units.packed_of([each.source]))
    return found


def impersonal(statement: Statement) -> Statement:
    """A statement without the personal values that a projection does not keep."""
    return statement_of(statement_row(statement))
