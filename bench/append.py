"""The appender in process: where a record's time goes, and how that grows with the log.

``stages`` runs the steps of a group one by one, as the writer does, and gives the processor time of
each in microseconds a record. ``growth`` appends to a ledger of a thousand records and to one of a
hundred thousand in turn, and gives the ratio of what a record costs.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any

from api.server import collect_garbage_rarely
from bench.workload import Workload, in_batches, workload
from traceability.core import codec
from traceability.core.needs import needs
from traceability.ledger.group import Group
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt
from traceability.storage.append_store import SqlAppendStore
from traceability.storage.engine import sqlite_url

SIZES = (3, 15, 99, 990)


class Stages:
    """Processor time by stage."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self._last = thread_time()

    def begin(self) -> None:
        """What went before is nobody's."""
        self._last = thread_time()

    def end(self, stage: str) -> None:
        """What went before belongs to ``stage``."""
        now = thread_time()
        self.times[stage] = self.times.get(stage, 0.0) + now - self._last
        self._last = now


def stages(records: int = 3000) -> dict[str, Any]:
    """Microseconds a record, by stage, for groups of several sizes."""
    found = {}
    with _ledger(workload(40)) as (ledger, work):
        ledger.appender.close()
        store = SqlAppendStore(ledger.database)
        for size in SIZES:
            batches = in_batches(work.flows(records // 3), size)
            clock = Stages()
            for batch in batches:
                _group(ledger, store, work, batch, clock)
            count = sum(map(len, batches))
            found[f"groups of {size}"] = {
                name: round(1e6 * each / count, 1) for name, each in clock.times.items()
            }
        store.close()
    return found


def _group(
    ledger: Ledger, store: SqlAppendStore, work: Workload, batch: Sequence[bytes], clock: Stages
) -> None:
    clock.begin()
    records = [codec.parse(wire) for wire in batch]
    clock.end("parse")
    for record in records:
        key = ledger.keys.find([record.kid]).get(record.kid)
        assert key is not None
        codec.verify(record, {record.kid: key})
    clock.end("verify")
    head = store.lock()
    clock.end("lock")
    store.fetch(needs(records))
    clock.end("fetch")
    group = Group(store.state, head, work.world.now, _no_receipt)
    verdicts = [group.judge(record) for record in records]
    clock.end("rules")
    new = group.sign(work.world.signer)
    clock.end("tree and checkpoint")
    store.commit(new, group.effects, group.leaf_hashes)
    clock.end("commit")
    outcomes = [group.outcome(verdict) for verdict in verdicts]
    clock.end("receipts")
    assert all(isinstance(each, Receipt) for each in outcomes)


def _no_receipt(_: object) -> Receipt:
    raise AssertionError("nothing is sent twice here")


def growth(small: int = 1_000, large: int = 100_000, rounds: int = 24) -> dict[str, Any]:
    """What a record costs in a large log, as a ratio of what it costs in a small one."""
    # The same parties; but as many more plots as there are more harvests of them to look back on.
    collect_garbage_rarely()
    with _ledger(workload(40)) as few, _ledger(workload(40, plots=200)) as many:
        for (ledger, work), size in ((few, small), (many, large)):
            _fill(ledger, work, size)
        sizes = [ledger.receipts.head().size for ledger, _ in (few, many)]
        costs: list[list[float]] = [[], []]
        for _ in range(rounds):
            for n, (ledger, work) in enumerate((few, many)):
                batches = in_batches(work.flows(20), 30)
                began = perf_counter()
                for batch in batches:
                    _append(ledger, batch)
                costs[n].append((perf_counter() - began) / sum(map(len, batches)))
        ratios = [b / a for a, b in zip(*costs, strict=True)]
        return {
            f"at {sizes[0]} records, µs": round(1e6 * median(costs[0])),
            f"at {sizes[1]} records, µs": round(1e6 * median(costs[1])),
            "ratio": round(median(ratios), 3),
        }


def _fill(ledger: Ledger, work: Workload, size: int) -> None:
    left = (size - ledger.receipts.head().size) // 3
    while left > 0:
        for batch in in_batches(work.flows(min(left, 2_000)), 990):
            _append(ledger, batch)
        left -= 2_000


def _append(ledger: Ledger, batch: Sequence[bytes]) -> None:
    outcomes = ledger.append(batch)
    assert all(isinstance(each, Receipt) for each in outcomes)


@contextmanager
def _ledger(work: Workload) -> Iterator[tuple[Ledger, Workload]]:
    with tempfile.TemporaryDirectory(prefix="goc-bench-") as folder:
        url = sqlite_url(Path(folder) / "goc.db")
        with Ledger.begin(url, work.world.signer, work.world.clock) as ledger:
            wires = [each.wire for each in work.registry]
            for start in range(0, len(wires), 500):
                _append(ledger, wires[start : start + 500])
            yield ledger, work
