"""What the page of a lot tells: of this lot only, as the records now stand, and no more."""

from datetime import UTC, datetime

import pytest

from api.web.render import render_lot
from api.web.story import Setting, tell
from api.web.verdict import CheckKind
from api.web.view import LotPage, Phrase
from tests.bundles import Exporter
from tests.kit import DAY, Out, World
from tests.memory import MemoryLedger
from traceability.core import moment
from traceability.core.verify import verify
from traceability.text import text


def page_of(world: World, out: Out) -> LotPage:
    """The page of a lot, out of the bundle of one of its holdings."""
    ledger = MemoryLedger(world)
    for signed in world.records:
        ledger.append(signed, moment.parse_time(signed.claims["iat"]))
    key = world.signer.key
    report = verify(Exporter(ledger).bundle(out), key, threads=1)
    assert report.holds, report.verdicts
    setting = Setting("goc.example", "https://goc.example", str(key), world.now)
    page = tell(report, out.product, out.lot, setting, "vi")
    assert page is not None
    return page


def kinds(page: LotPage) -> list[str]:
    return [str(step.kind) for step in page.steps]


def certificates_of(page: LotPage) -> object:
    found = [check.text for check in page.verdict.checks if check.kind is CheckKind.CERTIFICATES]
    return found[0]


def claimed(product: str, lot: str, holder: str, place: str) -> dict[str, object]:
    return {"product": product, "lot": lot, "holder": holder, "place": place,
            "quantity": "10 KGM", "claims": ["vietgap"]}  # fmt: skip


def test_other_harvests_of_the_plot_are_not_of_this_lot() -> None:
    world = World()
    farm, shop = world.party("farm"), world.party("supermarket")
    product, plot = world.product(farm), world.place(farm)
    world.certificate(world.party("certifier"), farm)
    world.harvest(farm, plot, [], makes=[claimed(product, "OLD", farm.id, plot)])
    world.later(DAY)
    crop = world.harvest(farm, plot, [(product, "L1", "20 KGM")])
    sold = world.receive(shop, world.ship(farm, [crop[0]], to=shop))
    page = page_of(world, sold[0])
    assert page.harvest_dates == (page.made_on,)
    assert kinds(page) == ["harvest", "ship", "receive"]
    assert page.certificates == ()
    assert certificates_of(page) == Phrase("web.check.certificates.none-claimed")


def test_what_was_corrected_or_disputed_of_other_lots_is_not_told_of_this_one() -> None:
    world = World()
    farm, shop = world.party("farm"), world.party("supermarket")
    product, plot = world.product(farm), world.place(farm)
    old = world.harvest(farm, plot, [(product, "OLD", "10 KGM")])
    less = {"of": 0, "product": product, "lot": "OLD", "holder": farm.id, "place": plot,
            "quantity": "9 KGM"}  # fmt: skip
    world.correct(
        farm, old, [old[0]], makes=[less], data={"outputs": [{"n": 0, "quantity": "9 KGM"}]}
    )
    crop = world.harvest(farm, plot, [(product, "L1", "20 KGM")])
    sold = world.receive(shop, world.ship(farm, [crop[0]], to=shop))
    assert page_of(world, sold[0]).corrections == ()


def test_of_one_harvest_only_the_lot_of_which_it_is_claimed_is_certified() -> None:
    world = World()
    farm = world.party("farm")
    product, plot = world.product(farm), world.place(farm)
    world.certificate(world.party("certifier"), farm)
    make = claimed(product, "L1", farm.id, plot)
    plain = {name: value for name, value in make.items() if name != "claims"} | {"lot": "L2"}
    crop = world.harvest(farm, plot, [], makes=[make, plain])
    world.inspect(world.party("laboratory"), {"product": product, "lot": "L1"})
    first, second = page_of(world, crop[0]), page_of(world, crop[1])
    assert (len(first.certificates), len(second.certificates)) == (1, 0)
    assert (len(first.inspections), len(second.inspections)) == (1, 0)
    assert certificates_of(first) == Phrase("web.check.certificates.ok")


def test_what_travelled_with_the_lot_is_not_what_it_comes_from() -> None:
    world = World()
    farm, other, shop = world.party("farm"), world.party("farm"), world.party("supermarket")
    trader = world.party("trader")
    product = world.product(trader)
    plot, field = world.place(farm), world.place(other)
    mine = world.harvest(farm, plot, [(product, "L1", "20 KGM")])
    theirs = world.harvest(other, field, [(product, "M1", "20 KGM")])
    world.diary(other, field)
    both = [
        world.receive(trader, world.ship(party, [crop[0]], to=trader))[0]
        for party, crop in ((farm, mine), (other, theirs))
    ]
    sent = world.ship(trader, both, to=shop)
    makes = [
        {"of": n, "product": out.product, "lot": out.lot, "holder": trader.id,
         "quantity": out.quantity}
        for n, out in enumerate(both)
    ]  # fmt: skip
    back = world.correct(trader, sent, list(sent.outs), makes=makes, data={"void": True})
    sold = world.receive(shop, world.ship(trader, [back[0], back[1]], to=shop))
    page = page_of(world, sold[0])
    assert [origin.party.code for origin in page.origins] == [farm.id]
    assert kinds(page).count("harvest") == 1
    assert page.diary == ()


def test_a_blend_comes_from_all_that_went_into_it() -> None:
    world = World()
    farm, other, mill = world.party("farm"), world.party("farm"), world.party("processor")
    fruit, juice = world.product(mill), world.product(mill)
    crops = [
        world.harvest(party, world.place(party), [(fruit, lot, "20 KGM")])
        for party, lot in ((farm, "L1"), (other, "M1"))
    ]
    taken = [
        world.receive(mill, world.ship(party, [crop[0]], to=mill))[0]
        for party, crop in zip((farm, other), crops, strict=True)
    ]
    made = world.transform(mill, taken, [(juice, "J1", "40 KGM")], kind="process")
    world.consume(mill, [(made[0], "1 KGM")])
    assert {origin.party.code for origin in page_of(world, made[0]).origins} == {farm.id, other.id}


def test_a_corrected_diary_entry_stands_as_corrected_and_says_so() -> None:
    world = World()
    farm = world.party("farm")
    product, plot = world.product(farm), world.place(farm)
    wrong = {"at": world.time(world.now - 9 * DAY)}
    right = world.time(world.now - 30 * DAY)
    entry = world.diary(farm, plot, "pesticide", wrong, input="A", ingredient="Old", phi=3)
    data = {"activity": "pesticide", "input": "B", "ingredient": "New", "phi": 7}
    world.correct(farm, entry, data={"restated": {"at": right, "diary": data}})
    crop = world.harvest(farm, plot, [(product, "L1", "20 KGM")])
    (step,) = page_of(world, crop[0]).diary
    assert step.at.date().isoformat() == right[:10]
    assert step.corrected_on is not None
    assert [fact.value for fact in step.facts] == [
        "B", "New", Phrase("web.value.days", {"count": 7}),
    ]  # fmt: skip


def test_a_voided_diary_entry_is_not_told_and_its_correction_is() -> None:
    world = World()
    farm = world.party("farm")
    product, plot = world.product(farm), world.place(farm)
    world.correct(farm, world.diary(farm, plot), data={"void": True})
    page = page_of(world, world.harvest(farm, plot, [(product, "L1", "20 KGM")])[0])
    assert page.diary == ()
    assert len(page.corrections) == 1


def test_where_no_standard_is_claimed_none_is_called_valid() -> None:
    world = World()
    farm = world.party("farm")
    product, plot = world.product(farm), world.place(farm)
    crop = world.harvest(farm, plot, [(product, "L1", "20 KGM")])
    text = certificates_of(page_of(world, crop[0]))
    assert text == Phrase("web.check.certificates.none-claimed")


def test_who_bought_goods_is_not_their_producer_nor_is_that_day_theirs() -> None:
    world = World()
    trader = world.party("trader")
    product = world.product(trader, shelfLife=10)
    page = page_of(world, world.acquire(trader, [(product, "L1", "20 KGM")])[0])
    assert (page.producer.role, page.producer.code) == ("supplier", "")
    assert (page.made_on, page.expires_on) == (None, None)
    assert [origin.proven for origin in page.origins] == [False]


def test_a_late_shipment_leads_back_to_who_grew_it() -> None:
    world = World()
    farm, shop = world.party("farm"), world.party("supermarket")
    product, plot = world.product(farm), world.place(farm)
    crop = world.harvest(farm, plot, [(product, "L1", "20 KGM")])
    source = {"kind": "unrecorded", "party": farm.id, "deliverer": "Anh Sáu"}
    intake = world.acquire(shop, [(product, "L1", "20 KGM")], source)
    world.sign(
        farm, "ship", {"closes": intake.name},
        draws=[{"from": crop[0].name, "quantity": "20 KGM"}], makes=[],
    )  # fmt: skip
    page = page_of(world, intake[0])
    assert [origin.proven for origin in page.origins] == [True]
    assert page.producer.code == farm.id
    assert page.made_on == page.harvest_dates[0]


def test_a_shelf_life_is_how_long_it_keeps_and_not_how_to_store_it() -> None:
    world = World()
    farm = world.party("farm")
    product = world.product(farm, shelfLife=10, storage="10–13 °C")
    crop = world.harvest(farm, world.place(farm), [(product, "L1", "20 KGM")])
    page = page_of(world, crop[0])
    assert page.shelf_life == "10 ngày"
    assert page.made_on is not None
    assert page.expires_on is not None
    assert (page.expires_on - page.made_on).days == 10


@pytest.mark.parametrize("language", ["vi", "en"])
def test_goods_are_past_their_day_when_it_is_over_in_vietnam(language: str) -> None:
    world = World()
    farm = world.party("farm")
    product = world.product(farm, shelfLife=10)
    crop = world.harvest(farm, world.place(farm), [(product, "L1", "20 KGM")])
    made = page_of(world, crop[0]).expires_on
    assert made is not None
    midnight = int(datetime(made.year, made.month, made.day, 17, tzinfo=UTC).timestamp() * 1000)
    for now, expired in ((midnight - 1, False), (midnight, True)):  # 17:00 UTC is 0:00 there
        world.later(now - world.now)
        page = page_of(world, crop[0])
        assert page.expired is expired
        shown = render_lot(page, language).decode()
        assert shown.count(text(language, "web.lot.expired")) == 2 * expired


def test_of_a_record_of_several_lots_each_page_shows_its_own_part() -> None:
    world = World()
    farm, shop = world.party("farm"), world.party("supermarket")
    product, plot = world.product(farm), world.place(farm)
    crop = world.harvest(farm, plot, [(product, "L1", "20 KGM"), (product, "L2", "5 KGM")])
    sent = world.ship(farm, [crop[0], crop[1]], to=shop)
    taken = world.receive(shop, sent, refused={0: "2 KGM"})
    page = page_of(world, taken[-1])
    assert [[str(each.value) for each in step.amounts] for step in page.steps] == [["5"]] * 3
    assert {step.code for step in page.steps} == {f"{product} · L2"}
    assert all(not step.facts for step in page.steps if str(step.kind) == "receive")


def test_a_voided_harvest_is_no_origin_of_the_lot() -> None:
    world = World()
    farm = world.party("farm")
    product, plot = world.product(farm), world.place(farm)
    wrong = world.harvest(farm, plot, [(product, "L1", "20 KGM")])
    world.correct(farm, wrong, [wrong[0]], data={"void": True})
    world.later(2 * DAY)
    right = world.harvest(farm, plot, [(product, "L1", "20 KGM")])
    page = page_of(world, right[0])
    assert page.harvest_dates == (page.made_on,)
    assert str(page.made_on) == right.claims["at"][:10]
    assert len(page.corrections) == 1


def test_how_to_store_it_stands_where_the_product_says_so() -> None:
    world = World()
    farm = world.party("farm")
    product = world.product(farm, storage="10–13 °C")
    page = page_of(world, world.harvest(farm, world.place(farm), [(product, "L1", "20 KGM")])[0])
    assert page.product.storage == "10–13 °C"
    assert "<dt>Bảo quản</dt><dd><bdi>10–13 °C</bdi></dd>" in render_lot(page, "vi").decode()


def test_the_map_shows_where_the_goods_were_and_how_they_went() -> None:
    world = World()
    farm, shop = world.party("farm"), world.party("supermarket")
    product = world.product(farm)
    plot = world.place(farm, address={"country": "VN", "province": "Hậu Giang"})
    store = world.place(shop, "store", address={"country": "VN", "province": "TP. Hồ Chí Minh"})
    crop = world.harvest(farm, plot, [(product, "L1", "20 KGM")])
    sold = world.receive(shop, world.ship(farm, [crop[0]], to=shop), place=store)
    way = page_of(world, sold[0]).way
    assert way is not None
    assert (way.stops, way.name) == (("Cần Thơ", "Hồ Chí Minh"), "92-79.12")


def test_without_addresses_there_is_no_map() -> None:
    world = World()
    farm = world.party("farm")
    crop = world.harvest(farm, world.place(farm), [(world.product(farm), "L1", "20 KGM")])
    assert page_of(world, crop[0]).way is None
