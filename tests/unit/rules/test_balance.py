"""Nothing from nothing, nothing twice, nothing of another's: draws and sums."""

import pytest

from tests.kit import Signed
from tests.telling import draw, loss, make
from tests.unit.rules.scene import Scene

ABSENT = "A" * 43


# -- draws -----------------------------------------------------------------------------------------
def test_a_draw_names_an_output_that_exists(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    for name in (f"{ABSENT}.0", f"{crop.name}.1"):
        with story.refuses("draw.unknown"):
            story.sign(
                scene.farm,
                "consume",
                {"kind": "sold"},
                draws=[{"from": name, "quantity": "1 KGM"}],
            )


def test_nobody_draws_more_than_is_left_in_one_record_or_in_two(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM")
    with story.refuses("draw.over"):
        story.consume(scene.farm, [(crop[0], "100.000001 KGM")])
    story.consume(scene.farm, [(crop[0], "60 KGM")])
    with story.refuses("draw.over"):
        story.consume(scene.farm, [(crop[0], "40.000001 KGM")])
    story.consume(scene.farm, [(crop[0], "40000 GRM")])
    assert story.left(crop[0]) == "0 KGM"
    with story.refuses("draw.over"):
        story.consume(scene.farm, [(crop[0], "1 MGM")])


def test_a_holding_is_drawn_once_in_a_record(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    with story.refuses("draw.twice"):
        story.consume(scene.farm, [(crop[0], "60 KGM"), (crop[0], "60 KGM")])


def test_nobody_draws_what_another_holds_or_what_is_on_its_way(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    with story.refuses("draw.foreign"):
        story.consume(scene.coop, [crop[0]])
    sent = story.ship(scene.farm, [crop[0]], to=scene.shop)
    with story.refuses("draw.in-transit"):
        story.consume(scene.shop, [sent[0]])
    with story.refuses("draw.foreign"):  # nor does its shipper any more
        story.consume(scene.farm, [sent[0]])
    with story.refuses("draw.foreign"):
        story.receive(scene.kitchen, sent)


def test_pieces_are_not_drawn_from_kilograms(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    with story.refuses("draw.unit"):
        story.consume(scene.farm, [(crop[0], "5 H87")])


def test_a_pair_less_one_shoe_is_said_in_pieces(scene: Scene) -> None:
    """What is left of a holding of pairs may be no whole number of pairs."""
    story = scene.story
    shoe = story.product(scene.factory, unit="PR")
    pairs = story.acquire(scene.factory, [(shoe, "S1", "5 PR")])
    story.consume(scene.factory, [(pairs[0], "3 H87")])
    with story.refuses("draw.over"):
        story.consume(scene.factory, [(pairs[0], "4 PR")])
    with story.refuses("draw.not-whole"):
        story.count(scene.factory, [(pairs[0], "6 H87")], [(shoe, "S1", "6 H87")])
    with story.refuses("ship.sum"):
        story.sign(
            scene.factory,
            "ship",
            {},
            draws=[draw(pairs[0], "7 H87")],
            makes=[make(shoe, "S1", "3 PR", scene.shop)],
        )
    assert story.holding(pairs[0]).left == 7


# -- quantities ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ("0 KGM", "quantity.zero"),
        ("0.000000 KGM", "quantity.zero"),
        ("-1 KGM", "quantity.malformed"),
        ("NaN KGM", "quantity.malformed"),
        ("Infinity KGM", "quantity.malformed"),
        ("1e3 KGM", "quantity.malformed"),
        ("1,5 KGM", "quantity.malformed"),
        ("1 kg", "quantity.unit"),
        ("1 XXX", "quantity.unit"),
        ("1", "quantity.malformed"),
        ("１ KGM", "quantity.malformed"),
        ("01 KGM", "quantity.malformed"),
        ("1000000000000 KGM", "quantity.too-large"),
        ("999999999999.9 TNE", "quantity.too-large"),
        ("1.0000001 KGM", "quantity.too-precise"),
        ("1.5 H87", "quantity.too-precise"),
    ],
)
def test_a_quantity_is_an_exact_positive_amount_of_a_known_unit(
    scene: Scene, quantity: str, code: str
) -> None:
    with scene.story.refuses(code):
        scene.crop(quantity)


def test_a_quantity_is_there(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    line = {"product": scene.pineapple, "lot": "N1", "holder": scene.farm.id}
    with story.refuses("quantity.missing"):
        story.sign(scene.farm, "harvest", {}, place=scene.plot, makes=[line])
    with story.refuses("quantity.missing"):
        story.sign(scene.farm, "consume", {"kind": "sold"}, draws=[{"from": crop[0].name}])
    with story.refuses("quantity.missing"):
        story.correct(scene.farm, crop, [crop[0]], data={"outputs": [{"n": 0}]})


def test_a_count_beside_a_weight_is_of_pieces(scene: Scene) -> None:
    story = scene.story
    with story.refuses("quantity.count"):
        story.harvest(scene.farm, scene.plot, [(scene.pineapple, "N1", "100 KGM", "80 KGM")])
    crop = story.harvest(scene.farm, scene.plot, [(scene.pineapple, "N1", "100 KGM", "80 H87")])
    assert story.holding(crop[0]).pieces == 80


def test_a_product_is_kept_in_its_own_unit_or_by_weight(scene: Scene) -> None:
    story = scene.story
    with story.refuses("quantity.of-product"):
        story.harvest(scene.lone, scene.lone_plot, [(scene.egg, "T1", "10 LTR")])
    story.harvest(scene.lone, scene.lone_plot, [(scene.egg, "T1", "300 H87")])
    story.harvest(scene.lone, scene.lone_plot, [(scene.egg, "T2", "18 KGM")])


# -- kilograms do not turn into pieces -------------------------------------------------------------
def eggs_by_weight(scene: Scene) -> Signed:
    """Ten kilograms of eggs: ten million milligrams."""
    return scene.story.harvest(scene.lone, scene.lone_plot, [(scene.egg, "T1", "10 KGM")])


def test_kilograms_do_not_turn_into_as_many_pieces_as_they_are_milligrams(scene: Scene) -> None:
    story = scene.story
    eggs = eggs_by_weight(scene)
    million = (scene.egg, "T1", "10000000 H87")
    with story.refuses("balance.unit"):
        story.sign(
            scene.lone, "ship", {}, draws=[draw(eggs[0])], makes=[make(*million, scene.shop)]
        )
    with story.refuses("balance.unit"):
        story.count(scene.lone, [eggs[0]], [million])
    with story.refuses("balance.unit"):
        story.transform(scene.lone, [eggs[0]], [million])
    sent = story.ship(scene.lone, [eggs[0]], to=scene.shop)
    taken = make(*million, scene.shop, outcome="accepted")
    with story.refuses("balance.unit"):
        story.receive(scene.shop, sent, makes=[taken])
    with story.refuses("draw.unit"):
        whole = make(scene.egg, "T1", "10 KGM", scene.shop, outcome="accepted")
        story.sign(
            scene.shop,
            "receive",
            {"gains": [loss("scale", "9 H87")]},
            draws=[draw(sent[0])],
            makes=[whole],
        )


def test_a_correction_keeps_the_dimension_too(scene: Scene) -> None:
    story = scene.story
    eggs = eggs_by_weight(scene)
    story.consume(scene.lone, [(eggs[0], "1 KGM")])
    pieces = make(scene.egg, "T1", "9000000 H87", scene.lone, of=0)
    for should in ("10000000 H87", "10 KGM"):
        with story.refuses("draw.unit"):
            story.correct(
                scene.lone,
                eggs,
                [(eggs[0], "9 KGM")],
                data={"outputs": [{"n": 0, "quantity": should}]},
                makes=[pieces],
            )


def test_one_lot_in_pieces_and_in_kilograms_is_sent_in_two_records(scene: Scene) -> None:
    story = scene.story
    eggs = story.harvest(
        scene.lone, scene.lone_plot, [(scene.egg, "T1", "10 KGM"), (scene.egg, "T1", "100 H87")]
    )
    both = make(scene.egg, "T1", "10000100 H87", scene.shop)
    with story.refuses("balance.unit"):
        story.sign(scene.lone, "ship", {}, draws=[draw(eggs[0]), draw(eggs[1])], makes=[both])
    story.ship(scene.lone, [eggs[0]], to=scene.shop)
    story.ship(scene.lone, [eggs[1]], to=scene.shop)
