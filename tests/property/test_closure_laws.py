"""What a bundle needs is in it, whatever happened: it verifies, and says what the ledger says.

Each example is a market day at random (``tests.bustle``), of whose lots some are exported and
verified by the verifier that knows nothing but the log's key.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bustle import Bustle
from tests.kit import World
from tests.ledgers import open_ledger
from traceability.core.bundle import Bundle
from traceability.core.facts import Alert
from traceability.core.rules.budget import SURPLUS
from traceability.core.verify import Report, verify
from traceability.ledger.bundles import bundle
from traceability.ledger.closure import closure
from traceability.ledger.lots import lots
from traceability.ledger.reading import Reading
from traceability.ledger.trace import origins, trace_back
from traceability.ledger.viewer import AUDITOR, PUBLIC

SEEDS = st.integers(0, 2**32)
SOME = 8  #: lots or holdings of a day that are looked at


@contextmanager
def bustle(seed: int, **ways: Any) -> Iterator[Bustle]:
    world = World(seed)
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder), world) as ledger:
        found = Bustle(ledger, world, seed, **ways)
        found.go(120)
        yield found


def some_lots(day: Bustle, now: Reading) -> list[tuple[str, str]]:
    found = [(each.product, each.lot) for each in lots(now, limit=500).items]
    return day.random.sample(found, k=min(SOME, len(found)))


def failing(made: Bundle, report: Report) -> list[str]:
    return [
        f"{made.target}: {name} {each.code} {dict(each.params)} at {each.index}"
        for name, each in report.verdicts.items()
        if each.outcome == "fail"
    ]


def checked(day: Bustle, made: Bundle) -> Report:
    """The bundle as its reader gets it, verified by the log's key alone."""
    return verify(Bundle.from_json(made.to_json()), day.world.signer.key)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_the_bundle_of_a_lot_verifies_and_nothing_public_is_left_out(seed: int) -> None:
    with bustle(seed) as day, day.ledger.reading() as now:
        for gtin, lot in some_lots(day, now):
            made = bundle(now, gtin, lot, AUDITOR)
            report = checked(day, made)
            assert failing(made, report) == []
            assert report.verdicts["inclusion"].outcome == "ok"
            assert report.verdicts["recalls"].code != "recalls.unknown"


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_a_bundle_brings_the_alerts_of_its_lots_way_as_the_ledger_has_them(seed: int) -> None:
    def of_way(alerts: list[Alert], way: set[int]) -> set[tuple[object, bool]]:
        return {
            (each.key, each.closed is None)
            for each in alerts
            if each.key.index in way and each.key.code != SURPLUS  # labels are in no bundle
        }

    with bustle(seed) as day, day.ledger.reading() as now:
        for gtin, lot in some_lots(day, now):
            way = set(closure(now, gtin, lot).way)
            report = checked(day, bundle(now, gtin, lot, AUDITOR))
            there = of_way(now.reader.alerts(way), way)
            assert of_way(report.alerts(), way) == there, (gtin, lot)


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_the_public_can_verify_every_holding_though_it_is_shown_no_amount(seed: int) -> None:
    with bustle(seed) as day, day.ledger.reading() as now:
        outs = [out for signed in day.made for out in signed.outs]
        for out in day.random.sample(outs, k=min(SOME, len(outs))):
            made = bundle(now, out.product, out.lot, PUBLIC, holding=out.name)
            report = checked(day, made)
            assert failing(made, report) == []
            assert report.verdicts["balance"].code == "balance.undisclosed"


@settings(max_examples=6, deadline=None)
@given(SEEDS, st.integers(0, 3))
def test_a_bundle_that_is_cut_verifies_and_says_so(seed: int, depth: int) -> None:
    with bustle(seed) as day, day.ledger.reading() as now:
        for gtin, lot in some_lots(day, now):
            made = bundle(now, gtin, lot, AUDITOR, depth=depth)
            report = checked(day, made)
            assert failing(made, report) == []
            if made.cut:
                assert report.verdicts["origin"].outcome != "ok"


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_the_way_of_a_lot_is_its_lineage(seed: int) -> None:
    with bustle(seed) as day, day.ledger.reading() as now:
        for gtin, lot in some_lots(day, now):
            way = set(closure(now, gtin, lot).way)
            lineage = trace_back(now, origins(now, gtin, lot)).records
            assert set(lineage) <= way
