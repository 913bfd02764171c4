"""A maker never has more labels than goods, whatever it does with them (DESIGN §2, ``label``)."""

from typing import Any

import pytest

from tests.kit import HOUR, Out, Party, Signed
from tests.telling import loss, make
from tests.unit.rules.scene import Scene
from traceability.core import codec
from traceability.core.facts import Accepted
from traceability.core.rules import apply
from traceability.core.rules import labels as rules
from traceability.core.rules.labels import labels_in, merged
from traceability.core.state import State


def printed(scene: Scene, count: int, lot: str = "N1", **more: Any) -> Signed:
    """So many labels of a kilogram for a lot of the farm's pineapples."""
    return scene.story.label(scene.farm, scene.pineapple, lot, count, **more)


def wrong(scene: Scene, code: str, count: int = 1, lot: str = "N1", **more: Any) -> None:
    """So many labels are refused with this code."""
    with scene.story.refuses(code):
        printed(scene, count, lot, **more)


def room(scene: Scene, count: int, lot: str = "N1", **more: Any) -> None:
    """The lot has room for so many labels of a kilogram, and for no more."""
    wrong(scene, "label.over", count + 1, lot, **more)
    if count:
        printed(scene, count, lot, **more)


def made(scene: Scene, lot: str = "N1") -> int | None:
    """What the ledger counts as made of a lot, in milligrams."""
    found = scene.story.book.state.lot((scene.pineapple, lot))
    assert found is not None
    return found.made


# -- what a record says ----------------------------------------------------------------------------
def test_a_label_record_is_about_one_lot_and_says_how_many(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    lot = {"product": scene.pineapple, "lot": "N1"}
    for about in ({"place": scene.plot}, {"product": scene.pineapple}, lot | {"record": crop.name}):
        wrong(scene, "label.one-lot", about=[about])
    for missing in ("count", "net", "key"):
        data = {"count": 1, "net": "1 KGM", "key": "m1"}
        del data[missing]
        with story.refuses("label.says"):
            story.sign(scene.farm, "label", data, about=[lot])
    labels = printed(scene, 10)
    for more in ({"spans": [{"first": 0, "last": 1}]}, {"voids": labels.name}):
        wrong(scene, "label.says", data=more)


@pytest.mark.parametrize(
    "data", [{"count": 0}, {"count": 10_000_001}, {"key": "Khóa 1"}, {"net": "-1 KGM"}]
)
def test_a_label_record_is_bounded(scene: Scene, data: dict[str, Any]) -> None:
    scene.crop("100 KGM", "N1")
    wrong(scene, "quantity.malformed" if "net" in data else "record.schema", data=data)


def test_a_label_of_nothing_is_none(scene: Scene) -> None:
    scene.crop("100 KGM", "N1")
    wrong(scene, "quantity.zero", net="0 KGM")


# -- who may ---------------------------------------------------------------------------------------
def test_only_the_maker_labels_a_lot_whoever_holds_it(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    for other in (scene.lone, scene.coop, scene.shop):
        with story.refuses("lot.foreign"):
            story.label(other, scene.pineapple, "N1")
    received = story.receive(scene.shop, story.ship(scene.farm, [crop[0]], to=scene.shop))
    with story.refuses("lot.foreign"):
        story.label(scene.shop, scene.pineapple, "N1")
    story.consume(scene.shop, [received[0]])
    room(scene, 100)


def test_a_successor_and_who_has_consent_label_for_the_maker(scene: Scene) -> None:
    story = scene.story
    scene.crop("100 KGM", "N1")
    with story.refuses("consent.missing"):
        story.label(scene.coop, scene.pineapple, "N1", for_=scene.farm.id)
    story.consent(scene.farm, scene.coop, "label")
    story.label(scene.coop, scene.pineapple, "N1", 40, for_=scene.farm.id)
    heir = story.party("farm", succeeds=[scene.farm.id])
    with story.refuses("label.over"):
        story.label(heir, scene.pineapple, "N1", 61)
    story.label(heir, scene.pineapple, "N1", 60)


def test_what_was_only_taken_in_is_nobodys_to_label(scene: Scene) -> None:
    story = scene.story
    story.acquire(scene.trader, [(scene.pineapple, "X1", "100 KGM")])
    with story.refuses("label.declared"):
        story.label(scene.trader, scene.pineapple, "X1")
    wrong(scene, "label.no-lot", lot="N9")
    wrong(scene, "lot.dots", lot=".")


# -- how many --------------------------------------------------------------------------------------
def test_no_more_labels_than_goods_over_all_records_of_a_lot(scene: Scene) -> None:
    scene.crop("100 KGM", "N1")
    printed(scene, 60)
    printed(scene, 40, net="500 GRM")
    room(scene, 20)
    wrong(scene, "label.over", net="1 MGM")


def test_what_is_added_to_a_lot_may_be_labelled(scene: Scene) -> None:
    scene.crop("100 KGM", "N1")
    room(scene, 100)
    scene.crop("50 KGM", "N1")
    room(scene, 50)
    line = (scene.pineapple, "N1", "5 KGM")
    scene.story.harvest(scene.farm, scene.plot, [line, line])
    room(scene, 10)


def test_selling_sending_and_counting_make_no_room(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    printed(scene, 100)
    sent = story.ship(scene.farm, [(crop[0], "50 KGM")], to=scene.shop)
    taken = story.receive(scene.shop, sent, refused={0: "20 KGM"}, shipper=scene.farm)
    story.count(
        scene.farm, [taken[0]], [(scene.pineapple, "N1", "20.1 KGM")],
        gains=[loss("scale", "0.1 KGM")],
    )  # fmt: skip
    story.consume(scene.farm, [(crop[0], "50 KGM")])
    story.acquire(scene.farm, [(scene.pineapple, "N1", "1000 KGM")])
    story.acquire(scene.shop, [(scene.pineapple, "N1", "1000 KGM")])
    wrong(scene, "label.over", net="1 MGM")
    assert made(scene) == 100 * 10**6
    assert story.alerts(crop) == set()


def test_a_wash_that_keeps_the_code_makes_no_room(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    washed = story.transform(
        scene.farm, [crop[0]], [(scene.pineapple, "N1", "98 KGM")], losses=[loss("trim", "2 KGM")]
    )
    room(scene, 98)
    story.transform(scene.farm, [washed[0]], [(scene.pineapple, "N1", "98 KGM")])
    wrong(scene, "label.over", net="1 MGM")


def test_repacking_takes_the_room_along(scene: Scene) -> None:
    """Of a hundred kilograms, a hundred labels: not a hundred more under each new code."""
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    labels = printed(scene, 100)
    story.transform(scene.farm, [(crop[0], "60 KGM")], [(scene.pineapple, "N2", "60 KGM")])
    assert story.alerts(crop) == {"label.surplus"}
    room(scene, 60, "N2")
    wrong(scene, "label.over", net="1 MGM")
    story.void_labels(scene.farm, labels, (0, 58))
    assert story.alerts(crop) == {"label.surplus"}
    story.void_labels(scene.farm, labels, (0, 59))
    assert story.alerts(crop) == set()
    wrong(scene, "label.over", net="1 MGM")


def test_goods_that_come_back_heavier_leave_no_mark_without_labels(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    labels = printed(scene, 100)
    sent = story.ship(scene.farm, [crop[0]], to=scene.shop)
    there = story.receive(scene.shop, sent, gains=[loss("scale", "1 KGM")])
    back = story.receive(scene.farm, story.ship(scene.shop, [there[0]], to=scene.farm))
    story.transform(scene.farm, [back[0]], [(scene.pineapple, "N2", "101 KGM")])
    assert made(scene) == -(10**6)
    assert story.alerts(crop) == {"label.surplus"}
    story.void_labels(scene.farm, labels)
    assert story.alerts(crop) == set()


def test_what_others_do_with_the_goods_is_not_the_makers(scene: Scene) -> None:
    """Else a stranger could take the room of whom it bought from, or never bought from."""
    story = scene.story
    received = scene.at_shop("100 KGM", "N1")
    declared = story.acquire(scene.shop, [(scene.pineapple, "N1", "500 KGM")])
    for goods, lost in ((received[0], "99 KGM"), (declared[0], "499 KGM")):
        line = (scene.pineapple, "N1", "1 KGM")
        story.transform(scene.shop, [goods], [line], losses=[loss("spoilage", lost)])
    room(scene, 100)


def test_labels_in_other_units_go_by_the_products_mass(scene: Scene) -> None:
    story = scene.story
    story.harvest(scene.lone, scene.lone_plot, [(scene.egg, "T1", "1000 H87")])
    with story.refuses("label.over"):
        story.label(scene.lone, scene.egg, "T1", 101, net="10 H87")
    # 500 g are more than eight eggs of 60 g, so nine.
    with story.refuses("label.over"):
        story.label(scene.lone, scene.egg, "T1", 112, net="500 GRM")
    story.label(scene.lone, scene.egg, "T1", 111, net="500 GRM")
    with story.refuses("label.unit"):
        story.label(scene.lone, scene.egg, "T1", 1, net="1 LTR")
    scene.crop("100 KGM", "N1")
    wrong(scene, "label.unit", net="10 H87")


def test_a_lot_by_weight_is_labelled_by_the_piece_at_the_products_mass(scene: Scene) -> None:
    story = scene.story
    story.harvest(scene.lone, scene.lone_plot, [(scene.egg, "T1", "6 KGM")])
    with story.refuses("label.over"):
        story.label(scene.lone, scene.egg, "T1", 101, net="1 H87")
    story.label(scene.lone, scene.egg, "T1", 100, net="1 H87")


def test_a_label_stands_for_no_less_than_the_products_net_content(scene: Scene) -> None:
    story = scene.story
    bag = story.product(scene.farm, netContent="500 GRM")
    story.harvest(scene.farm, scene.plot, [(bag, "B1", "10 KGM")])
    with story.refuses("label.net"):
        story.label(scene.farm, bag, "B1", 1, net="499 GRM")
    story.label(scene.farm, bag, "B1", 18, net="0.5 KGM")
    story.label(scene.farm, bag, "B1", 1, net="1 KGM")


def test_net_content_is_compared_in_whatever_dimension_it_is_said(scene: Scene) -> None:
    story = scene.story
    box = story.product(
        scene.lone, unit="H87", massPerUnit="60 GRM", netContent="10 H87", makers="owner"
    )
    story.harvest(scene.lone, scene.lone_plot, [(box, "T1", "100 H87")])
    with story.refuses("label.net"):
        story.label(scene.lone, box, "T1", 1, net="1 MGM")
    with story.refuses("label.over"):
        story.label(scene.lone, box, "T1", 11, net="600 GRM")
    story.label(scene.lone, box, "T1", 10, net="600 GRM")


# -- ahead of packing ------------------------------------------------------------------------------
def test_labels_may_come_before_goods_that_are_reserved(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    room(scene, 80, "B1", ahead=[(crop[0], "80 KGM")])
    wrong(scene, "label.over", lot="B1", net="1 MGM")
    half = (crop[0], "40 KGM")
    packed = story.transform(scene.farm, [half], [(scene.pineapple, "B1", "40 KGM")])
    story.consume(scene.farm, [(crop[0], "30 KGM")])
    wrong(scene, "label.over", lot="B1", net="1 MGM")  # 40 kg are packed, and 30 kg left
    story.transform(scene.farm, [(crop[0], "30 KGM")], [(scene.pineapple, "B1", "30 KGM")])
    wrong(scene, "label.over", lot="B1", net="1 MGM")
    assert story.alerts(packed, crop) == set()


def test_what_is_reserved_is_ones_own_and_there(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    other = story.harvest(scene.lone, scene.lone_plot, [(scene.pineapple, "S1", "100 KGM")])
    wrong(scene, "draw.over", lot="B1", ahead=[(crop[0], "101 KGM")])
    wrong(scene, "draw.foreign", lot="B1", ahead=[(other[0], "1 KGM")])
    wrong(scene, "draw.twice", lot="B1", ahead=[(crop[0], "1 KGM"), (crop[0], "1 KGM")])
    wrong(scene, "draw.unit", lot="B1", ahead=[(crop[0], "1 H87")])
    wrong(scene, "quantity.zero", lot="B1", ahead=[(crop[0], "0 KGM")])
    nowhere = Out("A" * 43, 0, scene.pineapple, "N1", "1 KGM")
    wrong(scene, "draw.unknown", lot="B1", ahead=[(nowhere, "1 KGM")])
    missing = {"ahead": [{"from": crop[0].name}]}
    wrong(scene, "quantity.missing", lot="B1", data=missing)
    sent = story.ship(scene.farm, [(crop[0], "10 KGM")], to=scene.farm)
    assert sent.outs
    wrong(scene, "draw.in-transit", lot="B1", ahead=[(sent[0], "1 KGM")])


def test_what_lies_in_the_lot_counts_once(scene: Scene) -> None:
    crop = scene.crop("100 KGM", "N1")
    wrong(scene, "label.own-lot", 150, ahead=[(crop[0], "100 KGM")])


def test_no_kilogram_backs_labels_of_two_lots(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    first = printed(scene, 70, "B1", ahead=[(crop[0], "100 KGM")])
    wrong(scene, "label.reserved", 1, "B2", ahead=[(crop[0], "31 KGM")])
    room(scene, 30, "B2", ahead=[(crop[0], "30 KGM")])
    wrong(scene, "label.over", 1, "B1")  # what it reserved beyond its labels went to B2
    story.void_labels(scene.farm, first, (0, 9))
    room(scene, 10, "B3", ahead=[(crop[0], "10 KGM")])
    wrong(scene, "label.over", 1, "B1")


def test_a_reserve_is_free_again_once_the_lot_has_its_goods(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    printed(scene, 50, "B1", ahead=[(crop[0], "50 KGM")])
    story.transform(scene.farm, [(crop[0], "50 KGM")], [(scene.pineapple, "B1", "50 KGM")])
    room(scene, 50, "B2", ahead=[(crop[0], "50 KGM")])
    wrong(scene, "label.over", lot="B1", net="1 MGM")


def test_a_reserve_that_has_gone_backs_nothing(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    labels = printed(scene, 100, "B1", ahead=[(crop[0], "100 KGM")])
    story.ship(scene.farm, [crop[0]], to=scene.shop)
    story.void_labels(scene.farm, labels, (1, 99))
    wrong(scene, "label.over", 1, "B1")
    assert story.alerts(labels, crop) == set()


def test_labels_ahead_are_the_makers_only_if_it_makes_the_lot(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    labels = printed(scene, 50, "B1", ahead=[(crop[0], "50 KGM")])
    other = story.harvest(scene.lone, scene.lone_plot, [(scene.pineapple, "S1", "100 KGM")])
    with story.refuses("label.foreign"):
        story.label(scene.lone, scene.pineapple, "B1", 1, ahead=[(other[0], "1 KGM")])
    story.transform(scene.lone, [(other[0], "60 KGM")], [(scene.pineapple, "B1", "60 KGM")])
    (lost,) = story.book.state.labels_of((scene.pineapple, "B1"))
    assert lost.lost == story.book.state.size - 1
    wrong(scene, "lot.foreign", lot="B1")
    with story.refuses("label.over"):
        story.label(scene.lone, scene.pineapple, "B1", 61)
    story.label(scene.lone, scene.pineapple, "B1", 60)
    with story.refuses("label.voided"):
        story.void_labels(scene.farm, labels)
    with story.refuses("label.foreign"):
        story.void_labels(scene.lone, labels)
    room(scene, 100, "B2", ahead=[(crop[0], "100 KGM")])


def test_only_who_may_make_a_product_labels_it_ahead(scene: Scene) -> None:
    story = scene.story
    received = scene.at_shop("100 KGM", "N1")
    with story.refuses("product.maker"):
        story.label(scene.shop, scene.juice, "J1", 1, net="1 LTR", ahead=[(received[0], "10 KGM")])
    with story.refuses("product.unknown"):
        story.label(scene.shop, "08930000000002", "J1", ahead=[(received[0], "10 KGM")])
    with story.refuses("lot.dots"):
        story.label(scene.shop, scene.pineapple, "..", ahead=[(received[0], "10 KGM")])


def test_litres_are_reserved_as_kilograms(scene: Scene) -> None:
    story = scene.story
    sent = story.ship(scene.farm, [scene.crop("105 KGM", "N1")[0]], to=scene.factory)
    fruit = story.receive(scene.factory, sent)
    ahead = [(fruit[0], "105 KGM")]
    with story.refuses("quantity.of-product"):
        story.label(scene.factory, scene.juice, "J1", 1, net="1 H87", ahead=ahead)
    with story.refuses("label.over"):
        story.label(scene.factory, scene.juice, "J1", 101, net="1 LTR", ahead=ahead)
    story.label(scene.factory, scene.juice, "J1", 100, net="1 LTR", ahead=ahead)
    with story.refuses("label.unit"):
        story.label(scene.factory, scene.juice, "J1", 1, net="1 MTR", ahead=ahead)


def test_labels_in_another_measure_than_the_goods_that_come_are_void(scene: Scene) -> None:
    story = scene.story
    eggs = story.harvest(scene.lone, scene.lone_plot, [(scene.egg, "T1", "100 H87")])
    story.label(scene.lone, scene.egg, "T2", 5, net="600 GRM", ahead=[eggs[0]])
    story.transform(scene.lone, [eggs[0]], [(scene.egg, "T2", "100 H87")])
    (lost,) = story.book.state.labels_of((scene.egg, "T2"))
    assert lost.lost is not None
    story.label(scene.lone, scene.egg, "T2", 10, net="10 H87")


def test_nothing_is_reserved_for_a_lot_that_is_closed(scene: Scene) -> None:
    story = scene.story
    scene.crop("100 KGM", "N1")
    story.later(73 * HOUR)
    crop = scene.crop("100 KGM", "N2")
    wrong(scene, "lot.closed", 1, ahead=[(crop[0], "1 KGM")])
    room(scene, 100)


def test_a_lot_that_closes_lets_go_of_what_it_reserved(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    printed(scene, 100, "B1", ahead=[(crop[0], "100 KGM")])
    story.transform(scene.farm, [(crop[0], "10 KGM")], [(scene.pineapple, "B1", "10 KGM")])
    wrong(scene, "label.reserved", 1, "B2", ahead=[(crop[0], "1 KGM")])
    story.later(73 * HOUR)
    wrong(scene, "label.over", lot="B1", net="1 MGM")
    room(scene, 90, "B2", ahead=[(crop[0], "90 KGM")])


# -- voiding ---------------------------------------------------------------------------------------
def test_what_was_voided_frees_its_room_once(scene: Scene) -> None:
    story = scene.story
    scene.crop("100 KGM", "N1")
    labels = printed(scene, 100)
    story.void_labels(scene.farm, labels, (10, 19), (15, 24))
    story.void_labels(scene.farm, labels, (20, 29))
    with story.refuses("label.voided"):
        story.void_labels(scene.farm, labels, (10, 29))
    room(scene, 20)
    story.void_labels(scene.farm, labels)
    room(scene, 80)
    with story.refuses("label.voided"):
        story.void_labels(scene.farm, labels)


def test_only_ones_own_labels_of_that_lot_are_voided(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    scene.crop("100 KGM", "N2")
    labels = printed(scene, 100)
    with story.refuses("label.foreign"):
        story.void_labels(scene.lone, labels)
    for span in ((0, 100), (5, 4)):
        with story.refuses("label.span"):
            story.void_labels(scene.farm, labels, span)
    with story.refuses("label.unknown"):
        about = [{"product": scene.pineapple, "lot": "N2"}]
        story.void_labels(scene.farm, labels, about=about)
    for other in (crop, story.void_labels(scene.farm, labels, (0, 0))):
        with story.refuses("label.unknown"):
            story.void_labels(scene.farm, other, about=labels.claims["about"])
    with story.refuses("correct.type"):
        story.correct(scene.farm, labels, data={"void": True})


def test_records_reserves_and_ranges_are_bounded(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    monkeypatch.setattr(rules, "MAX_RECORDS", 2)
    monkeypatch.setattr(rules, "MAX_RANGES", 2)
    monkeypatch.setattr(rules, "MAX_RESERVES", 2)
    labels = printed(scene, 10)
    printed(scene, 1)
    wrong(scene, "label.records")
    story.void_labels(scene.farm, labels, (0, 0), (2, 2))
    with story.refuses("label.ranges"):
        story.void_labels(scene.farm, labels, (4, 4))
    story.void_labels(scene.farm, labels, (1, 1), (3, 3))
    more = [scene.crop("10 KGM")[0] for _ in range(3)]
    wrong(scene, "label.reserves", lot="B1", ahead=more)
    for lot in ("B1", "B2"):
        printed(scene, 1, lot, ahead=[(crop[0], "1 KGM")])
    wrong(scene, "label.reserves", lot="B3", ahead=[(crop[0], "1 KGM")])


def test_a_lot_has_voided_labels_in_so_many_ranges_and_can_always_have_fewer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = scene.story
    scene.crop("100 KGM", "N1")
    monkeypatch.setattr(rules, "MAX_LOT_RANGES", 3)
    one, other = printed(scene, 10), printed(scene, 10)
    story.void_labels(scene.farm, one, (0, 0), (2, 2))
    story.void_labels(scene.farm, other, (0, 0))
    with story.refuses("label.lot-ranges"):
        story.void_labels(scene.farm, other, (2, 2))
    story.void_labels(scene.farm, other, (1, 1))
    story.void_labels(scene.farm, one, (1, 1))
    story.void_labels(scene.farm, other, (4, 4))
    monkeypatch.setattr(rules, "MAX_LOT_RANGES", 1)
    story.void_labels(scene.farm, other)


def test_ranges_are_kept_sorted_and_apart() -> None:
    assert merged([(5, 6), (0, 1), (2, 2), (6, 9), (20, 20)]) == ((0, 2), (5, 9), (20, 20))
    assert labels_in(((0, 2), (5, 9), (20, 20))) == 9


# -- corrections -----------------------------------------------------------------------------------
def correct(
    scene: Scene, signed: Signed, left: Out | None, should: str, remains: str | None = None,
    party: Party | None = None, lot: str = "N1",
) -> Signed:  # fmt: skip
    """The first output of a record should have been so much; so much of it remains."""
    party = party or scene.farm
    makes = [make(scene.pineapple, lot, remains, party, of=0)] if remains else None
    draws = [(left, scene.story.left(left))] if left is not None else []
    data = {"outputs": [{"n": 0, "quantity": should}]}
    return scene.story.correct(party, signed, draws, makes=makes, data=data)


def test_a_correction_takes_room_and_gives_it_back(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    labels = printed(scene, 100)
    less = correct(scene, crop, crop[0], "80 KGM", "80 KGM")
    assert story.alerts(crop) == {"label.surplus"}
    wrong(scene, "label.over", net="1 MGM")
    correct(scene, crop, less[0], "100 KGM", "100 KGM")
    assert story.alerts(crop) == set()
    assert story.answered(crop).keys() == {"label.surplus"}
    story.void_labels(scene.farm, labels)
    room(scene, 100)


def test_a_shortfall_and_its_end_are_counted_as_stated(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    story.ship(scene.farm, [(crop[0], "80 KGM")], to=scene.shop)
    correct(scene, crop, crop[0], "50 KGM")
    assert made(scene) == 50 * 10**6
    correct(scene, crop, None, "80 KGM")
    assert made(scene) == 80 * 10**6


def test_goods_of_another_code_take_their_room_there(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    printed(scene, 100)
    correct(scene, crop, crop[0], "90 KGM", "90 KGM", lot="N2")
    assert story.alerts(crop) == {"label.surplus"}
    assert (made(scene), made(scene, "N2")) == (0, 90 * 10**6)
    room(scene, 90, "N2")


def test_a_void_harvest_leaves_no_room_and_its_lot_may_begin_again(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    printed(scene, 60)
    story.correct(scene.farm, crop, [crop[0]], data={"void": True})
    assert story.alerts(crop) == {"label.surplus"}
    wrong(scene, "label.over", net="1 MGM")
    scene.crop("70 KGM", "N1")
    assert story.alerts(crop) == set()
    room(scene, 10)


def test_a_void_wash_gives_back_what_it_took_and_no_more(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    packed = story.transform(scene.farm, [crop[0]], [(scene.pineapple, "N2", "100 KGM")])
    assert (made(scene), made(scene, "N2")) == (0, 100 * 10**6)
    back = [make(scene.pineapple, "N1", "100 KGM", scene.farm, of=0)]
    story.correct(scene.farm, packed, [packed[0]], makes=back, data={"void": True})
    assert (made(scene), made(scene, "N2")) == (100 * 10**6, 0)
    room(scene, 100)


def test_a_successor_is_given_back_what_it_took_and_nothing_from_before(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    sent = story.ship(scene.farm, [(crop[0], "40 KGM")], to=scene.lone)
    bought = story.receive(scene.lone, sent)
    packed = story.transform(scene.lone, [bought[0]], [(scene.pineapple, "S1", "40 KGM")])
    story.state_party(scene.lone, succeeds=[scene.farm.id])
    back = [make(scene.pineapple, "N1", "40 KGM", scene.lone, of=0)]
    story.correct(scene.lone, packed, [packed[0]], makes=back, data={"void": True})
    assert made(scene) == 100 * 10**6  # it took nothing when it was a stranger
    taken = story.transform(scene.lone, [(crop[0], "60 KGM")], [(scene.pineapple, "S2", "60 KGM")])
    assert made(scene) == 40 * 10**6
    back = [make(scene.pineapple, "N1", "60 KGM", scene.farm, of=0)]
    story.correct(scene.lone, taken, [taken[0]], makes=back, data={"void": True})
    assert made(scene) == 100 * 10**6


def test_who_begins_a_lot_of_goods_taken_in_is_given_back_what_it_put_in(scene: Scene) -> None:
    """Goods of the code were taken in, and more are packed under it: what is new is the maker's."""
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    taken = story.acquire(scene.farm, [(scene.pineapple, "X1", "500 KGM")])
    mixed = story.transform(scene.farm, [crop[0], taken[0]], [(scene.pineapple, "X1", "600 KGM")])
    room(scene, 100, "X1")
    back = [
        make(scene.pineapple, lot, quantity, scene.farm, of=n)
        for n, (lot, quantity) in enumerate((("N1", "100 KGM"), ("X1", "500 KGM")))
    ]
    story.correct(scene.farm, mixed, [mixed[0]], makes=back, data={"void": True})
    assert (made(scene), made(scene, "X1")) == (100 * 10**6, 0)


def test_what_is_not_disclosed_is_not_checked_and_never_nothing(scene: Scene) -> None:
    """A reader without the amounts refuses none of what was accepted."""
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    printed(scene, 60)
    printed(scene, 20, "B1", ahead=[(crop[0], "20 KGM")])
    story.transform(scene.farm, [(crop[0], "20 KGM")], [(scene.pineapple, "B1", "20 KGM")])
    printed(scene, 20)
    state = State(story.log)
    for effects in story.book.effects:
        bare = codec.parse(effects.record.jws + b"~", complete=False)
        at = Accepted(effects.at.index, effects.at.time)
        state.absorb(apply(bare, at, state))
    lot = state.lot((scene.pineapple, "N1"))
    assert lot is not None
    assert (lot.made, lot.labelled) == (None, 80 * 10**6)
    assert [each.amount for each in state.reserves_for((scene.pineapple, "B1"))] == [None]


def test_declared_goods_are_no_way_to_room(scene: Scene) -> None:
    """The maker takes in goods of a code, packs them away, makes the lot, and voids the packing."""
    story = scene.story
    taken = story.acquire(scene.farm, [(scene.pineapple, "N1", "500 KGM")])
    packed = story.transform(scene.farm, [taken[0]], [(scene.pineapple, "N2", "500 KGM")])
    scene.crop("10 KGM", "N1")
    back = [make(scene.pineapple, "N1", "500 KGM", scene.farm, of=0)]
    story.correct(scene.farm, packed, [packed[0]], makes=back, data={"void": True})
    room(scene, 10)


def test_amounts_beyond_64_bits_stay_on_the_ledger_and_out_of_the_sums(scene: Scene) -> None:
    most = [(scene.pineapple, "N1", "999999999999 KGM")] * 9
    scene.story.harvest(scene.farm, scene.plot, most)
    assert made(scene) == 4 * 10**18
    wrong(scene, "label.over", 10_000_000, net="999999999999 KGM")
    room(scene, 4, net="999999999999 KGM")
