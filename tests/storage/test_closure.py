"""A lot's bundle has all that proves it, and nothing that is none of its reader's business."""

from collections import Counter
from typing import Any

import pytest

from tests.kit import DAY, Out, Signed, World
from tests.plans import planned
from tests.storage.test_trace import Chain, Told
from traceability.core import codec
from traceability.core.bundle import Bundle
from traceability.core.errors import LedgerError
from traceability.core.verify import verify
from traceability.ledger.alerts import alerts_of
from traceability.ledger.bundles import bundle
from traceability.ledger.closure import Closure, closure
from traceability.ledger.ledger import Ledger
from traceability.ledger.records import load
from traceability.ledger.tokens import Principal
from traceability.ledger.viewer import AUDITOR, PUBLIC, Viewer, viewer_of


@pytest.fixture
def told(ledger: Ledger, world: World) -> Told:
    return Told(ledger, world)


@pytest.fixture
def chain(told: Told) -> Chain:
    return Chain(told.world)


def closed(told: Told, gtin: str, lot: str, holding: Out | None = None, **how: Any) -> Closure:
    told.send()
    with told.ledger.reading() as now:
        return closure(now, gtin, lot, holding.name if holding else None, **how)


def index(told: Told, signed: Signed) -> int:
    told.send()
    with told.ledger.reading() as now:
        entry = now.reader.record(signed.name)
    assert entry is not None
    return entry.index


def types(found: Closure) -> Counter[str]:
    return Counter(each.record.body.type for each in found.records.values())


@pytest.fixture
def packed(chain: Chain) -> Out:
    """Packed from the first farm's pineapples alone."""
    return chain.pack([(chain.dock[0], "60 KGM")], "P1", "60 KGM")[0]


def test_a_lot_brings_its_way_and_who_stands_on_it(told: Told, chain: Chain, packed: Out) -> None:
    found = closed(told, chain.packed, "P1")
    way = Counter(found.records[each].record.body.type for each in found.way)
    # The second farm's lot came on the same lorry: its way belongs to what that receipt drew on.
    assert way == {"harvest": 2, "ship": 3, "receive": 3, "transform": 1}
    assert found.indexes[:2] == (0, 1)
    assert not found.cut
    rest = types(found) - way
    assert set(rest) == {"party", "key", "place", "product"}
    bodies: list[Any] = [each.record.body for each in found.records.values()]
    parties = {each.data.party for each in bodies if each.type == "party"}
    on_way = {each.id for each in (*chain.farms, chain.coop, chain.packhouse)}
    assert parties == on_way | {told.world.operator.id}


def test_what_others_do_is_none_of_a_lots_business(told: Told, chain: Chain, packed: Out) -> None:
    before = closed(told, chain.packed, "P1").indexes
    stranger = told.world.party("supermarket")
    told.world.acquire(stranger, [(chain.packed, "P1", "5 KGM")])
    chain.sell(packed, "50 KGM", chain.shops[0])
    chain.pack([(chain.dock[1], "60 KGM")], "P2", "60 KGM")
    assert closed(told, chain.packed, "P1").indexes == before


def test_a_holding_brings_the_way_to_its_holder(told: Told, chain: Chain, packed: Out) -> None:
    mine = chain.sell(packed, "20 KGM", chain.shops[0])
    theirs = chain.sell(packed, "30 KGM", chain.shops[1])
    lot = closed(told, chain.packed, "P1")
    found = closed(told, chain.packed, "P1", mine[0])
    assert index(told, mine) in found.way
    assert index(told, theirs) not in found.indexes
    assert set(lot.way) < set(found.way)
    assert len(found.way) == len(lot.way) + 2


@pytest.mark.parametrize("days", [0, 199, 201, 260])
def test_a_plots_diary_comes_as_far_back_as_an_interval_may_reach(
    told: Told, chain: Chain, days: int
) -> None:
    world, farm = told.world, chain.farms[0]
    plot = world.place(farm)
    at = {"at": world.time(world.now - days * DAY)}
    weeding = world.diary(farm, plot, "weeding", at)
    spraying = world.diary(farm, plot, "pesticide", at, phi=250)
    world.harvest(farm, plot, [(chain.pineapple, "D1", "10 KGM")])
    found = closed(told, chain.pineapple, "D1")
    assert (index(told, weeding) in found.indexes) == (days <= 200)
    # A spraying whose interval was not over is named by the harvest's alert, however old.
    assert (index(told, spraying) in found.indexes) == (days <= 250)


def test_other_harvests_of_a_plot_come_only_where_its_yield_is_in_doubt(
    told: Told, chain: Chain
) -> None:
    world, farm = told.world, chain.farms[0]
    plot = world.place(farm)
    first = world.harvest(farm, plot, [(chain.pineapple, "Y1", "35000 KGM")])
    last_year = world.harvest(farm, plot, [(chain.pineapple, "Y0", "9 KGM")], season="2025-1")
    assert index(told, first) not in closed(told, chain.pineapple, "Y0").indexes
    world.harvest(farm, plot, [(chain.pineapple, "Y2", "35000 KGM")])
    found = closed(told, chain.pineapple, "Y2")
    assert index(told, first) in found.indexes
    assert index(told, first) not in found.way
    assert index(told, last_year) not in found.indexes


def test_what_speaks_of_a_lot_comes_with_it(told: Told, chain: Chain, packed: Out) -> None:
    world = told.world
    laboratory, certifier = world.party("laboratory"), world.party("certifier")
    plot = next(iter(chain.harvests[0].claims["makes"]))["place"]
    about = [
        world.inspect(laboratory, {"product": chain.packed, "lot": "P1"}, "fail"),
        world.inspect(laboratory, {"product": chain.pineapple, "lot": "F0"}),
        world.inspect(laboratory, {"record": chain.dock.name}),
        world.inspect(certifier, {"place": plot}, kind="field"),
        world.dispute(chain.farms[0], chain.intakes[0]),
    ]
    other = world.inspect(laboratory, {"product": chain.pineapple, "lot": "F1"})
    told.send()
    world.later(300 * DAY)
    late = world.inspect(certifier, {"place": plot}, kind="field")
    found = closed(told, chain.packed, "P1")
    assert {index(told, each) for each in about} <= set(found.indexes)
    assert index(told, late) not in found.indexes
    assert not set(found.way) & {index(told, each) for each in (*about[:4], other)}


def test_a_late_shipment_brings_the_suppliers_way(told: Told, chain: Chain) -> None:
    world, farm, kitchen = told.world, chain.farms[0], chain.shops[1]
    harvest = world.harvest(farm, world.place(farm), [(chain.pineapple, "K1", "30 KGM")])
    line = (chain.pineapple, "K1", "30 KGM")
    got = world.acquire(kitchen, [line], {"kind": "unrecorded", "party": farm.id})
    served = closed(told, chain.pineapple, "K1", got[0])
    assert index(told, got) in served.way
    late = world.sign(
        farm, "ship", {"closes": got.name}, draws=[{"from": harvest[0].name, "quantity": "30 KGM"}]
    )
    found = closed(told, chain.pineapple, "K1", got[0])
    assert {index(told, each) for each in (harvest, got, late)} <= set(found.way)
    with told.ledger.reading() as now:
        report = verify(
            bundle(now, chain.pineapple, "K1", AUDITOR, holding=got[0].name), world.signer.key
        )
    assert report.verdicts["origin"].code == "origin.proven"


def test_a_way_that_is_cut_says_so(told: Told, chain: Chain, packed: Out) -> None:
    found = closed(told, chain.packed, "P1", depth=2)
    assert found.cut
    assert [found.records[each].record.body.type for each in found.way] == [
        "ship", "receive", "transform",
    ]  # fmt: skip
    assert closed(told, chain.packed, "P1", limit=2).cut
    assert not closed(told, chain.packed, "P1", depth=20).cut


def test_a_way_grows_no_further_than_it_may(told: Told, chain: Chain, packed: Out) -> None:
    """Neither by what one step finds, nor by how often a lot came into being."""
    whole = closed(told, chain.packed, "P1")
    for limit in range(1, len(whole.way)):
        found = closed(told, chain.packed, "P1", limit=limit)
        assert len(found.way) <= limit + 2  # a record that is looked at is looked at whole
        assert found.cut or found.way == whole.way
    assert not closed(told, chain.packed, "P1", limit=len(whole.way)).cut
    stock = [
        told.world.acquire(chain.farms[0], [(chain.pineapple, "S1", "1 KGM")], {"kind": "opening"})
        for _ in range(3)
    ]
    assert closed(told, chain.pineapple, "S1").way
    few = closed(told, chain.pineapple, "S1", limit=2)
    assert few.cut
    assert len(few.way) == 2
    named = closed(told, chain.pineapple, "S1", holding=stock[2][0], limit=1)
    assert len(named.way) == 1


def test_what_is_not_there_is_said_plainly(told: Told, chain: Chain, packed: Out) -> None:
    told.send()
    with told.ledger.reading() as now:
        for gtin, lot, holding, code in (
            (chain.packed, "none", None, "lot.unknown"),
            (chain.packed, "P1", "A" * 43 + ".0", "holding.unknown"),
            (chain.packed, "P1", "nonsense", "holding.unknown"),
            (chain.packed, "P1", chain.dock[0].name, "holding.unknown"),
        ):
            with pytest.raises(LedgerError) as refused:
                closure(now, gtin, lot, holding)
            assert refused.value.code == code


# -- who sees what ---------------------------------------------------------------------------------
def shown(told: Told, signed: Signed, viewer: Viewer, **how: Any) -> str:
    at = index(told, signed)
    with told.ledger.reading() as now:
        [(found, time, wire)] = load(now, [at], viewer, **how)
    assert (found, time) == (at, told.world.now)
    return str(codec.parse(wire, complete=False).body.model_dump(exclude_none=True))


def party(id_: str) -> Viewer:
    return viewer_of(Principal("t", "n", frozenset({"read"}), id_, "viewer"))


def test_a_record_shows_each_viewer_what_is_meant_for_it(
    told: Told, chain: Chain, packed: Out
) -> None:
    world = told.world
    shipment = world.ship(
        chain.packhouse, [(packed, "20 KGM")], to=chain.shops[0],
        data={"vehicle": "65C-1", "driver": "Anh Tư"},
    )  # fmt: skip
    on_way = party(chain.farms[0].id).of_lot(in_chain=True)
    for viewer, amounts, vehicle in (
        (PUBLIC, False, False),
        (party(chain.farms[0].id), False, False),
        (on_way, True, False),
        (party(chain.shops[0].id), True, True),
        (party(chain.packhouse.id), True, True),
        (AUDITOR, True, True),
    ):
        seen = shown(told, shipment, viewer)
        assert ("20 KGM" in seen, "65C-1" in seen, "Anh Tư" in seen) == (amounts, vehicle, vehicle)
    assert "Anh Tư" not in shown(told, shipment, AUDITOR, include_personal=False)


def test_a_sender_reads_the_receipt_of_what_it_sent(told: Told, chain: Chain, packed: Out) -> None:
    receipt = chain.sell(packed, "20 KGM", chain.shops[0])
    assert "Thủ kho" in shown(told, receipt, party(chain.packhouse.id))
    assert "Thủ kho" not in shown(told, receipt, party(chain.farms[0].id))


# -- the bundle ------------------------------------------------------------------------------------
def test_a_bundle_that_is_read_again_verifies_in_every_point(
    told: Told, chain: Chain, packed: Out
) -> None:
    told.send()
    with told.ledger.reading() as now:
        made = bundle(now, chain.packed, "P1", AUDITOR, holding=packed.name)
    report = verify(Bundle.from_json(made.to_json()), told.world.signer.key)
    assert report.holds
    outcomes = {name: each.outcome for name, each in report.verdicts.items()}
    assert outcomes == {
        "signatures": "ok", "inclusion": "ok", "witnesses": "unknown", "consistency": "unknown",
        "links": "ok", "balance": "ok", "origin": "ok", "certificates": "ok", "alerts": "ok",
        "recalls": "ok",
    }  # fmt: skip


def test_a_bundle_proves_that_the_log_only_grew(told: Told, chain: Chain, packed: Out) -> None:
    told.send()
    before = told.ledger.receipts.head()
    chain.sell(packed, "20 KGM", chain.shops[0])
    told.send()
    with told.ledger.reading() as now:
        made = bundle(now, chain.packed, "P1", PUBLIC, since=before.size)
        report = verify(made, told.world.signer.key, seen=before.checkpoint)
        assert report.verdicts["consistency"].code == "consistency.ok"
        with pytest.raises(LedgerError) as refused:
            bundle(now, chain.packed, "P1", PUBLIC, since=10**6)
    assert refused.value.code == "ledger.index"


def test_a_large_logs_bundle_does_not_carry_all_of_its_leaves(
    told: Told, chain: Chain, packed: Out
) -> None:
    told.send()
    with told.ledger.reading() as now:
        made = bundle(now, chain.packed, "P1", PUBLIC, public_up_to=10)
    assert made.public is None
    assert verify(made, told.world.signer.key).verdicts["recalls"].code == "recalls.unknown"


def test_no_closure_reads_a_whole_table(told: Told, chain: Chain, packed: Out) -> None:
    world, farm = told.world, chain.farms[0]
    plot = world.place(farm)
    world.diary(farm, plot, "pesticide", phi=100)
    claim = {"product": chain.pineapple, "lot": "Y1", "holder": farm.id, "claims": ["vietgap"]}
    world.harvest(farm, plot, [], makes=[claim | {"quantity": "90000 KGM"}])
    world.certificate(farm, farm)
    world.inspect(world.party("laboratory"), {"place": plot})
    told.send()
    with planned(told.ledger) as (now, plan):
        bundle(now, chain.packed, "P1", AUDITOR, public_up_to=0)
        bundle(now, chain.pineapple, "Y1", party(farm.id), public_up_to=0)
    assert plan.scans == []


def test_labels_are_in_no_bundle_and_their_alert_breaks_none(
    told: Told, chain: Chain, packed: Out
) -> None:
    """A repacked lot has more labels than goods, until some are torn up."""
    world = told.world
    labels = world.label(chain.packhouse, chain.packed, "P1", 60)
    anew = chain.pack([(packed, "20 KGM")], "P2", "20 KGM")
    torn = world.void_labels(chain.packhouse, labels, (0, 19))
    told.send()
    for viewer in (PUBLIC, AUDITOR):
        with told.ledger.reading() as now:
            made = bundle(now, chain.packed, "P1", viewer)
            alerts = alerts_of(now, [index(told, packed_by(told, packed))])
        assert [(each.code, each.closed) for each in alerts] == [
            ("label.surplus", index(told, torn))
        ]
        report = verify(made, world.signer.key)
        assert report.holds, report.verdicts
        assert "label" not in {record.body.type for record, _, _ in report.records}
    assert index(told, anew) not in closed(told, chain.packed, "P1").indexes


def packed_by(told: Told, out: Out) -> Signed:
    return next(each for each in told.world.records if each.name == out.record)
