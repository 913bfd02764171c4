"""The rulebook over a part of the log: it may say less than the whole, and nothing else."""

from dataclasses import replace

import pytest

from tests.bundles import (
    POLICY,
    Exporter,
    failing,
    outcomes,
    without,
)
from tests.kit import Signed
from tests.market import Crooked, market
from traceability.core.bundle import Bundle
from traceability.core.verify import Report, verify
from traceability.core.vkey import VerifierKey

LOG = market().world.signer.key
BUNDLE = market().bundle()


def check(bundle: Bundle, log: VerifierKey = LOG) -> Report:
    """The report with the policy of both witnesses."""
    report = verify(bundle, log, POLICY)
    assert "verdict.fault" not in {verdict.code for verdict in report.verdicts.values()}
    return report


def of(crooked: Crooked, signed: Signed, **how: object) -> Report:
    """The report on the bundle of what somebody signed there."""
    return check(crooked.bundle(signed, **how), crooked.world.signer.key)


def said(report: Report, name: str) -> str:
    return outcomes(report)[name]


@pytest.fixture
def crooked() -> Crooked:
    return Crooked()


# -- excerpts ----------------------------------------------------------------------------------
def test_a_closure_that_was_cut_must_say_so() -> None:
    ancestors = {market().index(each) for each in (market().crop, market().other)}
    first = {market().index(each) for each in (market().sent, market().home)}
    keep = [
        entry.index
        for entry in BUNDLE.entries
        if entry.index not in ancestors
        and entry.index
        not in {market().index(market().correction), market().index(market().dispute)}
    ]
    bundle = market().exporter.bundle(market().received[0], indices=keep, public=False)
    report = check(bundle)
    assert failing(report) == {"links": "draw.unknown"}
    assert report.verdicts["links"].index == min(first)
    open_ = check(replace(bundle, cut=True))
    assert open_.holds
    assert said(open_, "links") == "warn links.cut"
    assert open_.verdicts["links"].params == {"records": 2}
    assert said(open_, "origin") == "unknown origin.cut"
    assert said(open_, "balance") == "unknown balance.cut"
    assert said(open_, "certificates") == "unknown certificates.cut"
    assert said(open_, "alerts") == "unknown alerts.cut"
    # It is no licence for the rest: signers are judged as ever.
    assert failing(check(without(replace(bundle, cut=True), market().index(market().new_key)))) == {
        "signatures": "record.unknown-key"
    }


def test_a_cut_does_not_let_what_is_known_be_drawn_twice(crooked: Crooked) -> None:
    world = crooked.world
    other = world.harvest(crooked.farm, crooked.plot, [(crooked.pineapple, "L2", "5 KGM")])
    first = world.ship(crooked.farm, [crooked.crop[0]], to=crooked.shop)
    again = world.ship(crooked.farm, [crooked.crop[0], other[0]], to=crooked.shop)
    crooked.take(other, first, again)
    exporter = Exporter(crooked.ledger)
    shown = [i for i in range(len(exporter.records)) if i != exporter.index(other.name)]
    bundle = replace(exporter.bundle(again[0], indices=shown), cut=True)
    assert failing(check(bundle, world.signer.key)) == {"balance": "draw.over"}


def test_a_stocktake_after_unseen_sales_holds_and_nothing_is_drawn_twice_by_it() -> None:
    crooked = Crooked()
    world, farm, crop = crooked.world, crooked.farm, crooked.crop
    world.ship(farm, [(crop[0], "60 KGM")], to=crooked.thief)  # not in the closure
    found = world.count(farm, [(crop[0], "40 KGM")], [(crooked.pineapple, "L1", "40 KGM")])
    sent = world.ship(farm, [found[0]], to=crooked.shop)
    crooked.ledger.append_all()
    report = of(crooked, sent)
    assert outcomes(report)["balance"] == "ok balance.ok"
    assert outcomes(report)["links"] == "ok links.ok"
    again = world.ship(farm, [(crop[0], "1 KGM")], to=crooked.shop)
    crooked.take(again)
    both = of(crooked, again, indices=range(len(crooked.ledger.leaves)))
    assert failing(both) == {"balance": "draw.over"}


def test_a_silo_topped_up_after_unseen_sales_holds() -> None:
    crooked = Crooked()
    world, farm = crooked.world, crooked.farm
    rice = world.product(farm, crop="rice")
    silo = world.place(farm, "silo")
    first = world.harvest(farm, crooked.plot, [(rice, "R1", "100 KGM")])
    begun = world.transform(
        farm, [first[0]], [(rice, "SILO", "100 KGM")], kind="top-up", place=silo
    )
    world.ship(farm, [(begun[0], "70 KGM")], to=crooked.thief)
    second = world.harvest(farm, crooked.plot, [(rice, "R2", "50 KGM")])
    topped = world.transform(
        farm,
        [(begun[0], "30 KGM"), (second[0], "45 KGM")],
        [(rice, "SILO", "75 KGM")],
        kind="top-up",
        place=silo,
    )
    sent = world.ship(farm, [topped[0]], to=crooked.shop)
    crooked.ledger.append_all()
    report = of(crooked, sent)
    assert report.holds, outcomes(report)
    assert said(report, "balance") == "ok balance.ok"


def test_a_harvest_sold_out_elsewhere_and_then_corrected_holds_in_a_buyers_bundle() -> None:
    crooked = Crooked()
    world, farm, crop = crooked.world, crooked.farm, crooked.crop
    world.ship(farm, [(crop[0], "60 KGM")], to=crooked.thief)
    sent = world.ship(farm, [(crop[0], "40 KGM")], to=crooked.shop)
    world.correct(farm, crop, data={"outputs": [{"n": 0, "quantity": "80 KGM"}]})
    crooked.ledger.append_all()
    report = of(crooked, sent)
    assert report.holds, outcomes(report)
    assert "shortfall" in {alert.key.code for alert in report.alerts()}


def test_an_inspection_of_several_lots_counts_for_the_one_that_is_shown() -> None:
    crooked = Crooked()
    world = crooked.world
    certifier = world.party("certifier")
    other = world.place(crooked.farm)
    world.harvest(crooked.farm, other, [(crooked.pineapple, "L8", "5 KGM")])
    abouts = [{"product": crooked.pineapple, "lot": lot} for lot in ("L8", "L1")]
    world.sign(certifier, "inspect", {"kind": "rapid", "result": "fail"}, about=abouts)
    crooked.ledger.append_all()
    report = of(crooked, crooked.crop)
    assert report.holds
    assert "inspect.failed" in {alert.key.code for alert in report.alerts()}
