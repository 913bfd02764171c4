"""The audit of a whole ledger: what it must not let pass."""

import pytest

from tests.kit import World
from tests.memory import MemoryLedger
from traceability.audit.archive import Header
from traceability.audit.full import AuditReport, audit, entries_of
from traceability.core import moment
from traceability.core.snapshot import state_digest


@pytest.fixture
def world() -> World:
    """A harvest of which some was shipped and received."""
    world = World()
    farm, shop = world.party("farm"), world.party("supermarket")
    pineapple = world.product(farm)
    plot = world.place(farm, "plot")
    harvest = world.harvest(farm, plot, [(pineapple, "N1", "100 KGM")])
    world.receive(shop, world.ship(farm, [(harvest[0], "40 KGM")], to=shop))
    return world


def judged(world: World, wires: list[tuple[int, bytes]], state: str | None = None) -> AuditReport:
    ledger = MemoryLedger(world)
    for signed in world.records:
        ledger.append(signed, moment.parse_time(signed.claims["iat"]))
    digest = state_digest(ledger.state) if state is None else state
    header = Header(world.log, len(world.records), ledger.checkpoint(), digest)
    return audit(header, entries_of(wires), world.signer.key)


def lines(world: World) -> list[tuple[int, bytes]]:
    return [(moment.parse_time(each.claims["iat"]), each.wire) for each in world.records]


def test_a_whole_ledger_holds(world: World) -> None:
    report = judged(world, lines(world))
    assert report.fault is None
    assert report.size == len(world.records)


def test_an_archive_that_withholds_quantities_does_not_hold(world: World) -> None:
    wires = lines(world)
    index = next(n for n, each in enumerate(world.records) if each.claims["type"] == "harvest")
    time, wire = wires[index]
    wires[index] = time, wire.split(b"~")[0] + b"~"
    report = judged(world, wires)
    assert report.fault is not None
    assert (report.fault.code, report.fault.index) == ("record.undisclosed", index)


def test_the_first_wrong_record_is_named(world: World) -> None:
    wires = lines(world)
    time, wire = wires[5]
    wires[5] = time, wire[:-40] + bytes([wire[-40] ^ 1]) + wire[-39:]
    report = judged(world, wires)
    assert report.fault is not None
    assert report.fault.index == 5


def test_another_state_than_the_servers_is_a_fault(world: World) -> None:
    report = judged(world, lines(world), state="A" * 43)
    assert report.fault is not None
    assert report.fault.stage == "state"
