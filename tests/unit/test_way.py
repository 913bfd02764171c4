"""A lot's own way through a bundle: what is said of the lot, and what is said of others."""

from tests.bundles import Exporter, audience, outcomes, without
from tests.kit import DAY, Out, Party, Signed, World
from tests.memory import MemoryLedger
from traceability.core import moment
from traceability.core.claims import Audience
from traceability.core.facts import AlertKey
from traceability.core.verify import Report, verify
from traceability.core.way import Way


def exporter(world: World) -> Exporter:
    ledger = MemoryLedger(world)
    for signed in world.records:
        ledger.append(signed, moment.parse_time(signed.claims["iat"]))
    return Exporter(ledger)


def report_of(world: World, out: Out) -> Report:
    report = verify(exporter(world).bundle(out), world.signer.key, threads=1)
    assert report.holds, report.verdicts
    return report


def way_of(world: World, out: Out) -> Way:
    report = report_of(world, out)
    assert report.state is not None
    return Way(report.records, report.state, (out.product, out.lot))


def harvest(world: World, farm: Party, plot: str, product: str, *lots: str) -> Signed:
    """Ten kilograms of each lot; of those in capitals it is claimed that they are VietGAP."""
    makes = [
        {"product": product, "lot": lot, "holder": farm.id, "place": plot, "quantity": "10 KGM"}
        | ({"claims": ["vietgap"]} if lot.isupper() else {})
        for lot in lots
    ]
    return world.harvest(farm, plot, [], makes=makes)


def corrected(farm: Party, out: Out, **other: str) -> dict[str, object]:
    make = {"of": out.n, "product": out.product, "lot": out.lot, "holder": farm.id}
    return make | {"quantity": out.quantity} | other


def farmed() -> tuple[World, Party, str, str]:
    world = World()
    farm = world.party("farm")
    return world, farm, world.place(farm), world.product(farm)


def test_what_other_lots_of_the_plot_claim_is_not_judged() -> None:
    world, farm, plot, product = farmed()
    other = harvest(world, farm, plot, product, "A1")
    world.later(DAY)
    mine = harvest(world, farm, plot, product, "b1")
    assert outcomes(report_of(world, mine[0]))["certificates"] == "ok certificates.none-claimed"
    assert outcomes(report_of(world, other[0]))["certificates"] == "warn certificates.alerts"


def test_of_one_harvest_each_lot_answers_for_itself() -> None:
    world, farm, plot, product = farmed()
    both = harvest(world, farm, plot, product, "A1", "b1")
    assert outcomes(report_of(world, both[0]))["certificates"] == "warn certificates.alerts"
    assert outcomes(report_of(world, both[1]))["certificates"] == "ok certificates.none-claimed"


def test_a_claim_without_papers_follows_the_goods_into_every_blend() -> None:
    world, farm, plot, product = farmed()
    other, mill = world.party("farm"), world.party("processor")
    world.certificate(world.party("certifier"), farm)
    crops = [
        (farm, harvest(world, farm, plot, product, "A1")),
        (other, harvest(world, other, world.place(other), product, "B1")),
    ]
    taken = [world.receive(mill, world.ship(party, [crop[0]], to=mill))[0] for party, crop in crops]
    mixed = world.transform(mill, taken, [(world.product(mill), "M1", "20 KGM")], kind="process")
    made = exporter(world)
    bundle = made.bundle(mixed[0])
    key = world.signer.key
    assert outcomes(verify(bundle, key))["certificates"] == "warn certificates.alerts"
    # What leads to the uncovered harvest cannot be left out of the file without being missed.
    for name in (crops[1][1].name, taken[1].record):
        assert not verify(without(bundle, made.index(name)), key).holds


def test_a_bundle_that_names_the_covered_holding_does_not_hide_the_other() -> None:
    world, farm, plot, product = farmed()
    scope = {"places": [plot]}
    world.certificate(world.party("certifier"), farm, scope=scope)
    good = harvest(world, farm, plot, product, "A1")
    more = {"product": product, "lot": "A1", "holder": farm.id, "place": plot,
            "quantity": "5 KGM", "claims": ["vietgap"]}  # fmt: skip
    field = world.place(farm)
    bad = world.harvest(farm, field, [], makes=[more])
    made = exporter(world)
    chosen = made.closure(good.name, bad.name)
    report = verify(made.bundle(good[0], indices=chosen), world.signer.key)
    assert outcomes(report)["certificates"] == "warn certificates.alerts"


def test_what_was_voided_is_no_origin_and_what_came_after_it_is() -> None:
    world, farm, plot, product = farmed()
    wrong = harvest(world, farm, plot, product, "A1")
    world.correct(farm, wrong, [wrong[0]], data={"void": True})
    right = harvest(world, farm, plot, product, "A1")
    way = way_of(world, right[0])
    assert [origin.record.name for origin in way.origins()] == [right.name]
    assert [crop.index for crop in way.crops] == [len(world.records) - 1]


def test_a_corrected_lot_code_is_the_one_that_is_told() -> None:
    world, farm, plot, product = farmed()
    wrong = harvest(world, farm, plot, product, "A1")
    data = {"outputs": [{"n": 0, "quantity": "10 KGM"}]}
    again = world.correct(
        farm, wrong, [wrong[0]], makes=[corrected(farm, wrong[0], lot="A2")], data=data
    )
    way = way_of(world, again[0])
    assert [(each.record.name, each.lot_key[1]) for each in way.origins()] == [(wrong.name, "A2")]
    assert list(way_of(world, wrong[0]).origins()) == []


def test_what_travels_together_is_told_apart() -> None:
    world, farm, plot, product = farmed()
    other, trader = world.party("farm"), world.party("trader")
    crops = [
        (farm, harvest(world, farm, plot, product, "a1")),
        (other, harvest(world, other, world.place(other), product, "b1")),
    ]
    both = [
        world.receive(trader, world.ship(party, [crop[0]], to=trader))[0] for party, crop in crops
    ]
    sent = world.ship(trader, both, to=world.party("supermarket"))
    way = way_of(world, sent[0])
    assert way.lots == {(product, "a1")}
    assert [origin.record.name for origin in way.origins()] == [crops[0][1].name]


def test_alerts_of_others_do_not_bear_on_the_lot() -> None:
    world, farm, plot, product = farmed()
    both = harvest(world, farm, plot, product, "a1", "b1")
    entry = world.diary(farm, plot)
    world.inspect(world.party("laboratory"), {"product": product, "lot": "b1"}, "fail")
    way = way_of(world, both[0])
    index = {signed.name: n for n, signed in enumerate(world.records)}
    crop = index[both.name]
    assert way.bears(AlertKey(crop, 0, "harvest.yield", ""))
    assert way.bears(AlertKey(crop, -1, "late", ""))
    assert not way.bears(AlertKey(crop, 1, "harvest.yield", ""))
    failed = [alert.key for alert in report_of(world, both[1]).alerts()]
    assert [key.code for key in failed] == ["inspect.failed"]
    assert not any(way.bears(key) for key in failed)
    assert way_of(world, both[1]).bears(failed[0])
    assert outcomes(report_of(world, both[0]))["alerts"] == "ok alerts.none"
    assert way.bears(AlertKey(index[entry.name], -1, "diary.copied", ""))


def test_a_record_that_hides_how_much_hides_no_source() -> None:
    world, farm, plot, product = farmed()
    mill = world.party("processor")
    crop = harvest(world, farm, plot, product, "A1")
    taken = world.receive(mill, world.ship(farm, [crop[0]], to=mill))
    made = world.transform(mill, [taken[0]], [(world.product(mill), "M1", "10 KGM")])
    shows = audience(Audience.PUBLIC)
    report = verify(exporter(world).bundle(made[0], shows=shows), world.signer.key)
    assert report.holds
    assert outcomes(report)["certificates"] == "warn certificates.alerts"
