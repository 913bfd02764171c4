"""The audit of a whole ledger: what it must not let pass."""

import subprocess
import sys
from io import BytesIO

import pytest

from tests.kit import World
from tests.memory import MemoryLedger
from traceability.audit import chunks, full, signatures
from traceability.audit.archive import ArchiveFile, Header, read_header, write
from traceability.audit.full import AuditReport, audit, entries_of
from traceability.audit.signatures import audit_signatures
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


# -- signatures and tree alone, and in several processes -------------------------------------------
def spoilt(wire: bytes, part: int) -> bytes:
    """The wire form with another letter in the header (0), the payload (1) or the signature (2)."""
    parts = wire.split(b"~")[0].split(b".")
    letters = parts[part]
    parts[part] = letters[:20] + (b"A" if letters[20:21] != b"A" else b"B") + letters[21:]
    return b".".join(parts) + wire[wire.index(b"~") :]


def both(
    world: World, wires: list[tuple[int, bytes]], jobs: int = 1, seen: bytes | None = None
) -> tuple[AuditReport, AuditReport]:
    """The outcome of the replay and of signatures and tree, from an archive as a file."""
    ledger = MemoryLedger(world)
    for signed in world.records:
        ledger.append(signed, moment.parse_time(signed.claims["iat"]))
    header = Header(world.log, len(world.records), ledger.checkpoint(), state_digest(ledger.state))
    file = BytesIO()
    write(file, header, wires)
    reports = []
    for whole in (True, False):
        file.seek(0)
        assert read_header(file) == header
        records, key = ArchiveFile(file), world.signer.key
        if whole:
            reports.append(audit(header, records, key, None, seen, jobs, records.wire))
        else:
            reports.append(audit_signatures(header, records, key, None, seen, jobs))
    return reports[0], reports[1]


@pytest.fixture(params=[1, 2], ids=["in one process", "in several"])
def jobs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many processes, and chunks of which the world has several."""
    monkeypatch.setattr(chunks, "CHUNK", 3)
    monkeypatch.setattr(full, "FEW", 0)
    monkeypatch.setattr(signatures, "FEW", 0)
    count: int = request.param
    return count


def test_signatures_and_tree_of_a_whole_ledger_hold(world: World, jobs: int) -> None:
    replayed, checked = both(world, lines(world), jobs)
    assert (replayed.fault, checked.fault) == (None, None)
    assert (checked.size, checked.root) == (replayed.size, replayed.root)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_the_first_wrong_signature_is_named_by_both(world: World, jobs: int, part: int) -> None:
    wires = lines(world)
    for index in (7, 4):
        time, wire = wires[index]
        wires[index] = time, spoilt(wire, part)
    for report in both(world, wires, jobs):
        assert report.fault is not None
        assert report.fault.stage in ("record", "signature")
        assert (report.fault.index, report.size) == (4, 4)


def test_a_rule_that_is_broken_before_a_wrong_signature_is_named(world: World, jobs: int) -> None:
    wires = lines(world)
    shipped = next(n for n, each in enumerate(world.records) if each.claims["type"] == "ship")
    assert shipped == len(wires) - 2
    wires[shipped] = wires[shipped][0], wires[2][1]  # a record that was there before
    wires[-1] = wires[-1][0], spoilt(wires[-1][1], 2)
    replayed, checked = both(world, wires, jobs)
    assert replayed.fault is not None
    assert (replayed.fault.stage, replayed.fault.code) == ("rules", "record.known")
    assert replayed.fault.index == shipped
    assert checked.fault is not None
    assert (checked.fault.stage, checked.fault.index) == ("signature", len(wires) - 1)


def test_a_record_with_another_time_or_place_is_a_fault_of_the_tree(
    world: World, jobs: int
) -> None:
    wires = lines(world)
    wires[-1] = wires[-1][0] + 1, wires[-1][1]
    for report in both(world, wires, jobs):
        assert report.fault is not None
        assert (report.fault.stage, report.fault.code) == ("tree", "archive.root")


def test_an_archive_that_breaks_off_tells_of_earlier_faults_first(world: World, jobs: int) -> None:
    wires = lines(world)
    whole = both(world, [*wires[:-1], (wires[-1][0], b"\n")], jobs)
    for report in whole:
        assert report.fault is not None
        assert report.fault.index == len(wires) - 1
    time, wire = wires[5]
    wires[5] = time, spoilt(wire, 2)
    for report in both(world, [*wires[:-1], (wires[-1][0], b"\n")], jobs):
        assert report.fault is not None
        assert (report.fault.stage, report.fault.index) == ("signature", 5)


def test_times_that_go_back_are_a_fault_of_the_order(world: World, jobs: int) -> None:
    wires = lines(world)
    wires[6] = wires[5][0] - 1, wires[6][1]
    for report in both(world, wires, jobs):
        assert report.fault is not None
        assert (report.fault.stage, report.fault.index) == ("order", 6)


def test_a_log_that_was_seen_otherwise_is_a_fork(world: World, jobs: int) -> None:
    before = MemoryLedger(world)
    for signed in world.records[:5]:
        before.append(signed, moment.parse_time(signed.claims["iat"]))
    reports = both(world, lines(world), jobs, before.checkpoint())
    assert [report.fault for report in reports] == [None, None]
    other = MemoryLedger(world)
    for signed in world.records[:5]:
        other.append(signed, moment.parse_time(signed.claims["iat"]) + 1)
    for report in both(world, lines(world), jobs, other.checkpoint()):
        assert report.fault is not None
        assert (report.fault.stage, report.fault.code) == ("checkpoint", "archive.forked")


def test_a_signer_whose_key_is_not_registered_is_named(world: World, jobs: int) -> None:
    wires = lines(world)
    keys = [n for n, each in enumerate(world.records) if each.claims["type"] == "key"]
    wires[keys[-1]] = wires[keys[-1]][0], wires[keys[-2]][1]
    replayed, checked = both(world, wires, jobs)
    assert replayed.fault is not None
    assert replayed.fault.code in ("record.known", "record.unknown-key")
    assert checked.fault is not None
    assert checked.fault.code == "record.unknown-key"


def test_a_correction_reads_the_record_that_it_corrects_again(jobs: int) -> None:
    world = World()
    farm = world.party("farm")
    pineapple = world.product(farm)
    harvest = world.harvest(farm, world.place(farm, "plot"), [(pineapple, "N1", "100 KGM")])
    world.correct(farm, harvest, [harvest[0]], data={"void": True})
    replayed, checked = both(world, lines(world), jobs)
    assert (replayed.fault, checked.fault) == (None, None)


def test_who_only_verifies_signatures_loads_neither_models_nor_databases() -> None:
    """Each process beside an audit would else take a second to start."""
    asked = "import sys, traceability.audit.seals; print(*sys.modules)"
    command = [sys.executable, "-c", asked]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert "nacl" in loaded
    assert not {"pydantic", "sqlalchemy", "traceability.core.records"} & set(loaded)
