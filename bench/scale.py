"""What a record costs in a small ledger and in a large one: time, disk, memory.

Rounds of harvest → ship → receive (``bench.workload``) are appended, in process, to ledgers of ten
thousand to ten million records in turn, all on one PostgreSQL whose every commit waits for the disk
(``bench.standing.DURABLE``). The ledgers are those of ``bench.large``, made where they are not
there.

    python -m bench scale                          JSON
    python -m bench.plot < scale.json > scale.svg
"""

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import psycopg

from api.server import collect_garbage_rarely
from bench.large import FOLDER, SIZES, database_url, opened, prepare
from bench.season import Season
from bench.standing import DURABLE, standing
from bench.workload import Workload, in_batches
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt

FLOWS = 100  #: of three records, in a round
BATCH = 300
PLOTS = 10  #: of each farm
ROUNDS = 12
MANY = 100_000  #: records, over which memory is watched
SMALL = 1_000_000  #: ledgers with less are made anew


def run(
    folder: Path = FOLDER,
    sizes: Sequence[int] = SIZES,
    rounds: int = ROUNDS,
    many: int = MANY,
) -> dict[str, Any]:
    """Microseconds a record by size, bytes a record by table and index, memory of the process."""
    collect_garbage_rarely()
    prepare(folder, tuple(sizes), anew=SMALL)
    with standing(folder) as server:
        found: dict[str, Any] = {"settings": dict(DURABLE)}
        found["disk"] = {str(size): disk(database_url(server, size)) for size in sizes}
        ledgers = [
            (ledger, _fresh(ledger, each))
            for ledger, each in (opened(server, size) for size in sizes)
        ]
        found["sizes"] = [ledger.size for ledger, _ in ledgers]
        found["append"] = _append(ledgers, rounds)
        found["memory"] = _memory(*ledgers[-1], many)
        for ledger, _ in ledgers:
            ledger.close()
    return found


def _fresh(ledger: Ledger, season: Season) -> Workload:
    """Flows from plots of their own, so that none has more harvests behind it in one ledger than in
    another: the rules look at all of a plot's."""
    world = season.world
    farms = [(farm, [world.place(farm) for _ in range(PLOTS)]) for farm, _ in season.farms]
    for start in range(0, len(stated := world.take()), BATCH):
        _send(ledger, [each.wire for each in stated[start : start + BATCH]])
    return Workload(world, farms, season.shops, season.raw, [])


def _append(ledgers: Sequence[tuple[Ledger, Workload]], rounds: int) -> dict[str, Any]:
    wall: list[list[float]] = [[] for _ in ledgers]
    used: list[list[float]] = [[] for _ in ledgers]
    for turn in range(rounds + 2):
        for n, (ledger, work) in enumerate(ledgers):
            batches = in_batches(work.flows(FLOWS), BATCH)
            began, busy = perf_counter(), process_time()
            count = sum(_send(ledger, batch) for batch in batches)
            if turn >= 2:  # before: plans, and what belongs in memory anyway
                wall[n].append((perf_counter() - began) / count)
                used[n].append((process_time() - busy) / count)
    ratios = [
        [round(median(b / a for a, b in zip(each[0], one, strict=True)), 3) for one in each]
        for each in (wall, used)
    ]
    return {
        "microseconds a record": [round(1e6 * median(each), 1) for each in wall],
        "of our own processor": [round(1e6 * median(each), 1) for each in used],
        "ratio to the smallest": ratios[0],
        "of our own processor, ratio": ratios[1],
    }


def _send(ledger: Ledger, batch: Sequence[bytes]) -> int:
    outcomes = ledger.append(batch)
    assert all(isinstance(each, Receipt) for each in outcomes)
    return len(outcomes)


def _memory(ledger: Ledger, work: Workload, many: int) -> dict[str, Any]:
    """Megabytes of this process, after each tenth of ``many`` records."""
    taken = []
    for _ in range(10):
        for start in range(0, many // 30, FLOWS):
            flows = work.flows(min(FLOWS, many // 30 - start))
            work.world.records.clear()  # the world's own memory is none of the ledger's
            work.world.take()
            for batch in in_batches(flows, BATCH):
                _send(ledger, batch)
        taken.append(round(_resident() / 1e6, 1))
    return {"records": many, "megabytes": taken}


def _resident() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def disk(url: str) -> dict[str, Any]:
    """Bytes a record, by table and index, as they lie on disk."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT size FROM head").fetchone()
        assert row is not None
        size = row[0]
        found = connection.execute(
            "SELECT relname, pg_relation_size(oid) + CASE relkind WHEN 'r'"
            " THEN coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0) ELSE 0 END"
            " FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'i') ORDER BY 2 DESC"
        ).fetchall()
    parts = {name: round(each / size, 1) for name, each in found if each / size >= 0.5}
    return {"records": size, "in all": round(sum(each for _, each in found) / size), **parts}
