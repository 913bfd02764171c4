"""``verify`` of a bundle against the bare Ed25519 verification of its records, in the same run.

The bundle is the closure of a lot mixed of many deliveries: 1,100 records or so, most of them with
five disclosures. *Bare* is ``PublicKey.verify`` over the very signatures of the bundle, keys and
bytes at hand, on one thread. All parts are measured in turn, round after round, so that a busy
machine slows them alike; the figures are medians, the ratios medians of each round's ratio.
``python -m bench.verify`` prints them.
"""

import gc
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter
from typing import Any

import orjson

from bench.workload import workload
from tests.bundles import Exporter
from tests.kit import Out
from tests.memory import MemoryLedger
from traceability.core import codec
from traceability.core.bundle import Bundle
from traceability.core.codec import SignedRecord
from traceability.core.excerpt import Excerpt
from traceability.core.facts import Accepted
from traceability.core.keys import PublicKey
from traceability.core.verify import verify
from traceability.core.vkey import VerifierKey

ROUNDS = 11
FARMS = 9
FLOWS = 360
MIXED = 90  #: deliveries in one lot


def bundle_of_many(flows: int = FLOWS) -> tuple[Bundle, VerifierKey]:
    """A bundle of a lot mixed of so many deliveries, and the key of its log."""
    work = workload(FARMS)
    world, shop = work.world, work.shops[0]
    ledger = MemoryLedger(world)
    for each in work.registry:
        ledger.append(each)
    # A shop takes up its deliveries by the product.
    received: dict[str, list[Out]] = {}
    for flow in work.flows(flows):
        received.setdefault(flow[2][0].product, []).append(flow[2][0])
    mixed = world.product(shop)
    parts: list[Out] = []
    deliveries = [out for outs in received.values() for out in outs]
    for start in range(0, len(deliveries), MIXED):
        draws = deliveries[start : start + MIXED]
        line = (mixed, world.lot(), f"{200 * len(draws)} KGM")
        parts.append(world.transform(shop, draws, [line])[0])
    whole = world.transform(shop, parts, [(mixed, world.lot(), f"{200 * len(deliveries)} KGM")])
    for each in world.take():
        ledger.append(each)
    bundle = Exporter(ledger).bundle(whole[0])
    return Bundle.from_json(bundle.to_json()), world.signer.key


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure; the figures."""
    bundle, log = bundle_of_many()
    wires = [entry.wire for entry in bundle.entries]
    records = [codec.parse(wire) for wire in wires]
    keys = codec.keys_in(records)
    data = bundle.to_json()
    report = verify(bundle, log)
    assert report.holds, report.verdicts
    five = [wire for wire in wires if wire.count(b"~") == 6]
    parts: dict[str, Callable[[], object]] = {
        "bare": lambda: check_all(records, keys),
        "bare, 2 threads": lambda: _on_two(records, keys),
        "verify": lambda: verify(bundle, log),
        "verify, 1 thread": lambda: verify(bundle, log, threads=1),
        "read the file": lambda: Bundle.from_json(data),
        "parse": lambda: [codec.parse(wire) for wire in wires],
        "parse, 5 disclosures": lambda: [codec.parse(wire) for wire in five],
        "apply and absorb": lambda: replay(bundle, records, log.name),
    }
    seconds: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(rounds):
        for name, part in parts.items():
            gc.collect()  # what one part has left is no concern of the next
            started = perf_counter()
            made = part()
            seconds[name].append(perf_counter() - started)
            del made
    count = {name: len(five) if name.startswith("parse, 5") else len(wires) for name in parts}
    return {
        "records": len(wires),
        "disclosures a record": round(sum(map(_disclosures, wires)) / len(wires), 2),
        "bytes a record": sum(map(len, wires)) // len(wires),
        "file": len(data),
        "records/s": {name: round(count[name] / median(seconds[name])) for name in parts},
        "µs a record": {
            name: round(median(seconds[name]) / count[name] * 1e6, 1) for name in parts
        },
        "of bare": {
            name: _ratio(seconds["bare"], seconds[name])
            for name in ("verify", "verify, 1 thread", "bare, 2 threads")
        },
    }


def check_all(records: list[SignedRecord], keys: dict[str, PublicKey]) -> None:
    """The bare limit: nothing but the signatures."""
    for record in records:
        assert keys[record.kid].verify(record.signature, record.signing_input)


def _on_two(records: list[SignedRecord], keys: dict[str, PublicKey]) -> None:
    half = len(records) // 2
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(check_all, records[:half], keys)
        check_all(records[half:], keys)
        other.result()


def replay(bundle: Bundle, records: list[SignedRecord], log: str) -> Excerpt:
    """The rulebook alone, over records that are parsed."""
    excerpt = Excerpt(log, cut=False)
    for entry, record in zip(bundle.entries, records, strict=True):
        excerpt.take(record, Accepted(entry.index, entry.time))
    return excerpt


def _disclosures(wire: bytes) -> int:
    return wire.count(b"~") - 1


def _ratio(bare: list[float], other: list[float]) -> float:
    return round(median(a / b for a, b in zip(bare, other, strict=True)), 3)


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(run(), option=orjson.OPT_INDENT_2) + b"\n")
