"""The audit of a whole log against the bare Ed25519 verification of its records, in the same run.

An archive of two hundred thousand records, most with five disclosures, is made once for the run
(one seed, so always the same). *Bare* is ``PublicKey.verify`` over the very signatures of the
archive, keys and bytes at hand, on one thread; the ratios are to that rate times the cores used.
Measured are ``audit_signatures`` (signatures, digests, leaves, root) and ``audit`` (every rule, and
the state that it leads to), each from the file, with the start of its processes. All parts take
turns; figures are medians. A busy machine disturbs the processor time of a record less than the
rates: what bare takes of it, of what we take, is the ratio to be had on idle cores. The memory of a
replay is measured in a process of its own.

``python -m bench.audit`` prints the figures; ``python -m bench.audit memory ARCHIVE VKEY`` the
bytes that a replay holds for each record.
"""

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

import orjson

from bench.workload import workload
from tests.memory import MemoryLedger
from traceability.audit.archive import ArchiveFile, Header, read_header, write
from traceability.audit.full import audit
from traceability.audit.report import AuditReport
from traceability.audit.signatures import audit_signatures
from traceability.core import codec
from traceability.core.codec import SignedRecord
from traceability.core.keys import PublicKey
from traceability.core.snapshot import state_digest
from traceability.core.vkey import VerifierKey

RECORDS: Final = 200_000
ROUNDS: Final = 3
FARMS: Final = 40
PLOTS: Final = 60


def run(rounds: int = ROUNDS, records: int = RECORDS) -> dict[str, Any]:
    """Measure; the figures."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="goc-bench-") as name:
        path = Path(name) / "log.goc.archive"
        log, size = make(path, records)
        signed, keys = _signed(path)
        parts: dict[str, Callable[[], object]] = {
            "bare": lambda: check_all(signed, keys),
            "signatures": lambda: signatures(path, log, cores),
            "signatures, 1 job": lambda: signatures(path, log, 1),
            "replay": lambda: replay(path, log, cores),
            "replay, 1 job": lambda: replay(path, log, 1),
        }
        seconds: dict[str, list[float]] = {part: [] for part in parts}
        cpu: dict[str, list[float]] = {part: [] for part in parts}
        for _ in range(rounds):
            for part, run_it in parts.items():
                gc.collect()
                began, used = perf_counter(), _cpu()
                run_it()
                seconds[part].append(perf_counter() - began)
                cpu[part].append(_cpu() - used)
        command = [sys.executable, "-m", "bench.audit", "memory", str(path), str(log)]
        held = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        return {
            "records": size,
            "bytes a record": path.stat().st_size // size,
            "cores": cores,
            "records/s": {part: round(size / median(each)) for part, each in seconds.items()},
            "cpu µs a record": {
                part: round(1e6 * median(each) / size, 1) for part, each in cpu.items()
            },
            "of bare × cores": {
                part: _ratio(seconds["bare"], each, 1 if part.endswith("1 job") else cores)
                for part, each in seconds.items()
                if part != "bare"
            },
            "of bare, by processor time": {
                part: _ratio(cpu["bare"], each, 1) for part, each in cpu.items() if part != "bare"
            },
            "memory of a replay, bytes a record": int(held),
        }


def make(path: Path, records: int) -> tuple[VerifierKey, int]:
    """Write an archive of about so many records; the key of its log, and how many there are."""
    work = workload(FARMS, PLOTS)
    ledger = MemoryLedger(work.world)
    wires: list[bytes] = []

    def take() -> None:
        for each in work.world.take():
            ledger.append(each)
            wires.append(each.wire)
        # Only what the rules look at is kept, so that making the archive takes little memory.
        ledger.effects.clear()
        ledger.state.bodies.clear()
        work.world.records.clear()
        work.world._taken = 0

    gc.disable()  # a ledger in memory has no cycles, and grows large
    try:
        for each in work.registry:
            ledger.append(each)
            wires.append(each.wire)
        take()
        while len(wires) < records:
            work.flows(1000)
            take()
        time = work.world.now
        header = Header(work.world.log, len(wires), ledger.checkpoint(), state_digest(ledger.state))
    finally:
        gc.enable()
    with path.open("wb") as file:
        write(file, header, ((time, wire) for wire in wires))
    return work.world.signer.key, len(wires)


def signatures(path: Path, log: VerifierKey, jobs: int) -> None:
    """Signatures and tree alone."""
    with path.open("rb") as file:
        header = read_header(file)
        _demand(audit_signatures(header, ArchiveFile(file), log, jobs=jobs))


def replay(path: Path, log: VerifierKey, jobs: int) -> None:
    """Everything."""
    with path.open("rb") as file:
        header = read_header(file)
        records = ArchiveFile(file)
        _demand(audit(header, records, log, jobs=jobs, again=records.wire))


def check_all(records: list[SignedRecord], keys: dict[str, PublicKey]) -> None:
    """The bare limit: nothing but the signatures."""
    for record in records:
        assert keys[record.kid].verify(record.signature, record.signing_input)


def _signed(path: Path) -> tuple[list[SignedRecord], dict[str, PublicKey]]:
    """Records of the archive, parsed, and all keys."""
    with path.open("rb") as file:
        read_header(file)
        found = [codec.parse(each.wire, complete=False) for each in ArchiveFile(file)]
    return found, codec.keys_in(found)


def _demand(report: AuditReport) -> None:
    assert report.holds, report.fault


def _ratio(bare: list[float], other: list[float], cores: int) -> float:
    return round(median(a / b / cores for a, b in zip(bare, other, strict=True)), 3)


def _memory(path: Path, log: VerifierKey) -> int:
    before = _kilobytes("VmRSS")
    replay(path, log, 1)
    with path.open("rb") as file:
        return 1024 * (_kilobytes("VmHWM") - before) // read_header(file).size


def _kilobytes(what: str) -> int:
    """What the kernel says of this process's memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1])


def _cpu() -> float:
    """Seconds of processor time of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        print(_memory(Path(sys.argv[2]), VerifierKey.parse(sys.argv[3])))
    else:
        sys.stdout.buffer.write(orjson.dumps(run(), option=orjson.OPT_INDENT_2) + b"\n")
