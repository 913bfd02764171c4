"""Harvest, acquire, ship, receive, consume, count: what they make, and for whom."""

from typing import Any

import pytest

from tests.kit import Signed
from tests.telling import draw, loss, make
from tests.unit.rules.scene import Scene


# -- harvest ---------------------------------------------------------------------------------------
def test_a_farm_harvests_on_its_own_plots(scene: Scene) -> None:
    story = scene.story
    line = [(scene.pineapple, "N1", "1 KGM")]
    with story.refuses("place.not-own"):
        story.harvest(scene.farm, scene.lone_plot, line)
    with story.refuses("place.not-farmed"):
        story.harvest(scene.coop, scene.packhouse, line)
    with story.refuses("place.unknown"):
        story.harvest(scene.farm, "l-0000000000000000", line)
    with story.refuses("place.unknown"):
        away = make(scene.pineapple, "N1", "1 KGM", scene.farm, place="l-0000000000000000")
        story.harvest(scene.farm, scene.plot, line, makes=[away])


def test_what_a_farm_harvests_it_holds_itself(scene: Scene) -> None:
    story = scene.story
    for holder in ({"holder": scene.shop.id}, {"holder": None}):
        line = make(scene.pineapple, "N1", "1 KGM", scene.farm) | holder
        line = {name: value for name, value in line.items() if value is not None}
        with story.refuses("make.holder"):
            story.harvest(scene.farm, scene.plot, [], makes=[line])


# -- lots ------------------------------------------------------------------------------------------
def test_a_lot_belongs_to_who_made_it_first(scene: Scene) -> None:
    story = scene.story
    scene.crop(lot="N1")
    with story.refuses("lot.foreign"):
        story.harvest(scene.lone, scene.lone_plot, [(scene.pineapple, "N1", "1 KGM")])


def test_a_lot_is_added_to_at_its_place_for_72_hours(scene: Scene) -> None:
    story = scene.story
    scene.crop("100 KGM", lot="N1")
    scene.crop("50 KGM", lot="N1")
    assert story.holds(scene.farm, "N1") == "150 KGM"
    with story.refuses("lot.place"):
        story.harvest(scene.farm, scene.other_plot, [(scene.pineapple, "N1", "1 KGM")])
    story.later(72 * 3_600_000)
    with story.refuses("lot.closed"):
        scene.crop("1 KGM", lot="N1")


def test_one_record_may_hold_one_lot_in_several_lines(scene: Scene) -> None:
    story = scene.story
    line = (scene.pineapple, "N1", "1 KGM")
    story.harvest(scene.farm, scene.plot, [line, line])
    story.acquire(scene.kitchen, [(scene.pineapple, "X1", "1 KGM")] * 2)
    assert story.holds(scene.farm, "N1") == "2 KGM"


def test_a_lot_that_others_only_declared_is_its_makers_when_the_maker_comes(scene: Scene) -> None:
    story = scene.story
    story.acquire(scene.kitchen, [(scene.pineapple, "N1", "3 KGM")])
    line = (scene.pineapple, "N1", "1 KGM")
    story.harvest(scene.farm, scene.plot, [line, line])
    with story.refuses("lot.foreign"):
        story.harvest(scene.lone, scene.lone_plot, [line])


# -- acquire ---------------------------------------------------------------------------------------
def test_goods_from_outside_carry_no_claims_and_name_their_supplier(scene: Scene) -> None:
    story = scene.story
    claimed = make(scene.pineapple, "X1", "3 KGM", scene.kitchen, claims=["vietgap"])
    with story.refuses("acquire.claims"):
        story.acquire(scene.kitchen, [], makes=[claimed])
    with story.refuses("acquire.supplier"):
        story.acquire(
            scene.kitchen, [(scene.pineapple, "X1", "3 KGM")], source={"kind": "unrecorded"}
        )
    with story.refuses("party.unknown"):
        story.acquire(
            scene.kitchen,
            [(scene.pineapple, "X1", "3 KGM")],
            source={"kind": "unrecorded", "party": "p-0000000000000000"},
        )


def test_the_number_on_goods_from_outside_has_its_check_digit(scene: Scene) -> None:
    """Of a product that nobody registered, the number was typed or scanned at the door."""
    story = scene.story
    with story.refuses("gtin.check-digit"):
        story.acquire(scene.kitchen, [("08930000000001", "X1", "3 KGM")])
    story.acquire(scene.kitchen, [("08930000000002", "X1", "3 KGM")])
    assert story.holds(scene.kitchen, "X1") == "3 KGM"


def unrecorded(scene: Scene, *lines: tuple[str, str, str]) -> Signed:
    """The kitchen takes in goods of the farm, which has recorded no shipment."""
    source = {"kind": "unrecorded", "party": scene.farm.id}
    return scene.story.acquire(scene.kitchen, list(lines), source=source)


def test_a_late_shipment_closes_the_intake_that_waits_for_it_and_makes_nothing(
    scene: Scene,
) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", lot="N1")
    taken = unrecorded(scene, (scene.pineapple, "N1", "30 KGM"))
    closing: dict[str, Any] = {"data": {"closes": taken.name}, "draws": [draw(crop[0], "30 KGM")]}
    with story.refuses("ship.closes-makes"):
        story.sign(
            scene.farm,
            "ship",
            makes=[make(scene.pineapple, "N1", "30 KGM", scene.kitchen)],
            **closing,
        )
    story.sign(scene.farm, "ship", **closing)
    assert story.left(crop[0]) == "70 KGM"
    assert story.holds(scene.kitchen, "N1") == "30 KGM"
    with story.refuses("ship.closed"):
        story.sign(scene.farm, "ship", **closing)


def test_a_late_shipment_closes_only_what_waits_for_it(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", lot="N1")
    other = scene.crop("100 KGM", lot="N2")
    taken = unrecorded(scene, (scene.pineapple, "N1", "30 KGM"))
    bought = story.acquire(scene.kitchen, [(scene.pineapple, "N1", "30 KGM")])
    line = [draw(crop[0], "30 KGM")]
    for name in (bought.name, crop.name, "A" * 43):  # off the ledger; no intake; nothing
        with story.refuses("ship.closes"):
            story.sign(scene.farm, "ship", {"closes": name}, draws=line)
    lone = story.harvest(scene.lone, scene.lone_plot, [(scene.pineapple, "S1", "30 KGM")])
    with story.refuses("ship.closes"):  # another supplier
        story.sign(scene.lone, "ship", {"closes": taken.name}, draws=[draw(lone[0])])
    with story.refuses("ship.closes-lots"):
        story.sign(scene.farm, "ship", {"closes": taken.name}, draws=[draw(other[0], "30 KGM")])
    with story.refuses("ship.closes-amount"):  # a third of it would vouch for all of it
        story.sign(scene.farm, "ship", {"closes": taken.name}, draws=[draw(crop[0], "20 KGM")])
    short = story.sign(scene.farm, "ship", {"closes": taken.name}, draws=[draw(crop[0], "28 KGM")])
    assert story.alerts(short) == {"receive.difference"}


def test_a_late_shipment_is_in_the_intakes_own_unit(scene: Scene) -> None:
    story = scene.story
    eggs = story.harvest(scene.lone, scene.lone_plot, [(scene.egg, "T1", "300 H87")])
    source = {"kind": "unrecorded", "party": scene.lone.id}
    taken = story.acquire(scene.kitchen, [(scene.egg, "T1", "1.8 KGM")], source=source)
    with story.refuses("balance.unit"):
        story.sign(scene.lone, "ship", {"closes": taken.name}, draws=[draw(eggs[0], "30 H87")])


def test_a_late_shipment_is_held_against_the_intake_as_it_was_corrected(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", lot="N1")
    taken = unrecorded(scene, (scene.pineapple, "N7", "30 KGM"))
    anew = make(scene.pineapple, "N1", "20 KGM", scene.kitchen, of=0)
    story.correct(
        scene.kitchen,
        taken,
        [taken[0]],
        makes=[anew],
        data={"outputs": [{"n": 0, "quantity": "20 KGM"}]},
    )
    closing = story.sign(
        scene.farm, "ship", {"closes": taken.name}, draws=[draw(crop[0], "20 KGM")]
    )
    assert story.alerts(closing) == set()


# -- ship ------------------------------------------------------------------------------------------
def test_a_shipment_sends_what_it_draws_to_one_consignee(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", lot="N1")
    line = make(scene.pineapple, "N1", "40 KGM", scene.shop)
    draws = [draw(crop[0], "40 KGM")]

    def ship(code: str, *makes: dict[str, object]) -> None:
        with story.refuses(code):
            story.sign(scene.farm, "ship", {}, draws=draws, makes=list(makes))

    ship("ship.makes")
    ship("ship.consignee", {name: line[name] for name in ("product", "lot", "quantity")})
    half = line | {"quantity": "20 KGM"}
    ship("ship.one-consignee", half, half | {"holder": scene.kitchen.id})
    ship("party.unknown", line | {"holder": "p-0000000000000000"})
    ship("ship.sum", line | {"quantity": "40.000001 KGM"})
    ship("ship.sum", line | {"quantity": "39 KGM"})
    ship("make.not-drawn", line | {"lot": "N2"})
    ship("make.not-drawn", line | {"product": scene.pomelo})
    story.sign(scene.farm, "ship", {}, draws=draws, makes=[half, half])


def test_goods_go_to_another_place_of_ones_own(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    sent = story.ship(scene.farm, [crop[0]], to=scene.farm)
    home = story.receive(scene.farm, sent, place=scene.other_plot)
    assert story.holding(home[0]).place == scene.other_plot


# -- receive ---------------------------------------------------------------------------------------
def test_a_receipt_takes_over_all_of_one_shipment(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    other = scene.crop()
    sent = story.ship(scene.farm, [(crop[0], "40 KGM"), (other[0], "10 KGM")], to=scene.shop)
    more = story.ship(scene.farm, [(crop[0], "5 KGM")], to=scene.shop)

    def receive(code: str, draws: list[dict[str, object]]) -> None:
        with story.refuses(code):
            story.sign(scene.shop, "receive", {}, draws=draws)

    receive("receive.all", [draw(sent[0])])
    receive("receive.one-ship", [draw(sent[0]), draw(sent[1]), draw(more[0])])
    receive("draw.not-whole", [draw(sent[0], "39 KGM"), draw(sent[1])])
    story.receive(scene.shop, more)
    with story.refuses("draw.over"):  # a second time
        story.receive(scene.shop, more)


def test_only_what_is_on_its_way_is_received(scene: Scene) -> None:
    crop = scene.crop()
    with scene.story.refuses("receive.not-shipped"):
        scene.story.sign(scene.farm, "receive", {}, draws=[draw(crop[0])])


def test_the_lines_of_a_receipt_sum_lot_by_lot(scene: Scene) -> None:
    story = scene.story
    first, second = scene.crop("40 KGM", "N1"), scene.crop("10 KGM", "N2")
    sent = story.ship(scene.farm, [first[0], second[0]], to=scene.shop)
    swapped = [
        make(scene.pineapple, "N1", "10 KGM", scene.shop, outcome="accepted"),
        make(scene.pineapple, "N2", "40 KGM", scene.shop, outcome="accepted"),
    ]
    with story.refuses("receive.sum"):
        story.receive(scene.shop, sent, makes=swapped)
    with story.refuses("difference.lot"):  # whose kilogram is missing?
        story.receive(scene.shop, sent, losses=[loss("missing", "1 KGM")])
    with story.refuses("difference.lot"):
        story.receive(scene.shop, sent, losses=[loss("missing", "1 KGM", lot="N3")])
    done = story.receive(scene.shop, sent, losses=[loss("missing", "1 KGM", lot="N1")])
    assert [out.quantity for out in done.outs] == ["39 KGM", "10 KGM"]


def test_a_receivers_gain_is_a_difference_of_scales_and_no_new_goods(scene: Scene) -> None:
    story = scene.story
    sent = story.ship(scene.farm, [scene.crop("100 KGM")[0]], to=scene.shop)
    with story.refuses("difference.cause"):
        story.receive(scene.shop, sent, gains=[loss("water", "1 KGM")])
    done = story.receive(scene.shop, sent, gains=[loss("scale", "0.5 KGM")])
    assert story.left(done[0]) == "100.5 KGM"


def test_what_is_refused_is_the_shippers_and_what_is_accepted_the_receivers(scene: Scene) -> None:
    story = scene.story
    sent = story.ship(scene.farm, [scene.crop("100 KGM", "N1")[0]], to=scene.shop)
    for outcome, holder in (("accepted", scene.farm), ("refused", scene.shop)):
        with story.refuses("receive.holder"):
            line = make(scene.pineapple, "N1", "100 KGM", holder, outcome=outcome)
            story.receive(scene.shop, sent, makes=[line])
    with story.refuses("make.not-drawn"):
        line = make(scene.pineapple, "N2", "100 KGM", scene.shop, outcome="accepted")
        story.receive(scene.shop, sent, makes=[line])


# -- consume and count -----------------------------------------------------------------------------
def test_a_retained_sample_has_a_weight_and_its_hours_exist(scene: Scene) -> None:
    story = scene.story
    got = story.acquire(scene.kitchen, [(scene.pineapple, "X1", "3 KGM")])
    meal = {"meal": "lunch", "dish": "Canh chua", "servings": 40}
    sample = {"name": "Canh chua", "quantity": "0 GRM"}

    def serve(code: str, meal: dict[str, object]) -> None:
        with story.refuses(code):
            story.sign(
                scene.kitchen, "consume", {"kind": "served", "meals": [meal]}, draws=[draw(got[0])]
            )

    serve("quantity.zero", meal | {"samples": [sample]})
    serve("quantity.too-precise", meal | {"samples": [sample | {"quantity": "0.5 MGM"}]})
    serve("time.malformed", meal | {"served": "2026-02-31T11:00:00+07:00"})


def test_a_stocktake_takes_all_and_finds_little_more_than_there_was(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    with story.refuses("draw.not-whole"):
        story.count(scene.farm, [(crop[0], "60 KGM")], [(scene.pineapple, "N1", "60 KGM")])
    with story.refuses("count.sum"):
        story.count(scene.farm, [crop[0]], [(scene.pineapple, "N1", "90 KGM")])
    with story.refuses("count.gain"):
        story.count(
            scene.farm,
            [crop[0]],
            [(scene.pineapple, "N1", "101.1 KGM")],
            gains=[loss("scale", "1.1 KGM")],
        )
    with story.refuses("difference.cause"):
        story.count(
            scene.farm,
            [crop[0]],
            [(scene.pineapple, "N1", "101 KGM")],
            gains=[loss("dead", "1 KGM")],
        )
    found = story.count(
        scene.farm,
        [crop[0]],
        [(scene.pineapple, "N1", "90 KGM")],
        losses=[loss("spoilage", "10 KGM")],
    )
    assert story.alerts(found) == set()
    assert story.left(found[0]) == "90 KGM"


def test_a_stocktake_that_finds_nothing_makes_nothing(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("2 KGM", "N1")
    story.count(scene.farm, [crop[0]], [], losses=[loss("theft", "2 KGM")])
    assert story.holds(scene.farm, "N1") == "0 KGM"


# -- dates that do not exist -----------------------------------------------------------------------
@pytest.mark.parametrize("member", ["packed", "expires"])
def test_a_day_that_does_not_exist_is_on_no_label(scene: Scene, member: str) -> None:
    line = make(scene.pineapple, "N1", "1 KGM", scene.farm) | {member: "2026-02-30"}
    with scene.story.refuses("date.malformed"):
        scene.story.harvest(scene.farm, scene.plot, [], makes=[line])
