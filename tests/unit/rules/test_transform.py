"""Sorting and packing, processing, assembly, silos: what may be lost, what may be gained."""

from typing import Any

import pytest

from tests.kit import Signed
from tests.telling import loss
from tests.unit.rules.scene import Scene
from traceability.core import ids


# -- move, sort, pack ------------------------------------------------------------------------------
def test_packing_makes_no_more_than_was_drawn(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    bag = story.product(scene.farm)
    with story.refuses("balance.gain"):
        story.transform(scene.farm, [crop[0]], [(bag, "G1", "101 KGM")])
    with story.refuses("balance.gain"):  # a scale explains one per cent
        story.transform(
            scene.farm, [crop[0]], [(bag, "G1", "101.1 KGM")], gains=[loss("scale", "1.1 KGM")]
        )
    with story.refuses("balance.attribution"):
        story.transform(
            scene.farm, [crop[0]], [(bag, "G1", "95 KGM")], losses=[loss("reject", "6 KGM")]
        )
    with story.refuses("difference.cause"):
        story.transform(
            scene.farm, [crop[0]], [(bag, "G1", "90 KGM")], losses=[loss("drying", "10 KGM")]
        )
    with story.refuses("difference.cause"):
        story.transform(
            scene.farm, [crop[0]], [(bag, "G1", "110 KGM")], gains=[loss("water", "10 KGM")]
        )
    story.transform(scene.farm, [crop[0]], [(bag, "G1", "101 KGM")], gains=[loss("scale", "1 KGM")])


def test_packing_turns_no_crop_into_another(scene: Scene) -> None:
    story = scene.story
    pineapples = scene.crop("100 KGM", "N1")
    pomelo = story.product(scene.farm, crop="pomelo")
    mixed = ids.restricted_gtin(7001)  # a product that states no crop
    stated = {"product": mixed, "name": {"vi": "Giỏ trái cây"}, "makers": "anyone", "unit": "KGM"}
    story.sign(scene.farm, "product", stated)
    with story.refuses("transform.crop"):
        story.transform(scene.farm, [pineapples[0]], [(pomelo, "B1", "100 KGM")])
    few = story.harvest(scene.farm, scene.plot, [(pomelo, "B0", "10 KGM")])
    with story.refuses("transform.crop"):  # ten kilograms give no name to a hundred
        story.transform(scene.farm, [few[0], pineapples[0]], [(pomelo, "B1", "110 KGM")])
    # Side by side, into a mixed basket, and of goods whose crop nobody has stated.
    story.transform(
        scene.farm,
        [(few[0], "5 KGM"), (pineapples[0], "50 KGM")],
        [(pomelo, "B1", "5 KGM"), (scene.pineapple, "N2", "50 KGM")],
    )
    basket = story.transform(
        scene.farm, [(few[0], "5 KGM"), (pineapples[0], "50 KGM")], [(mixed, "GIO", "55 KGM")]
    )
    assert story.left(basket[0]) == "55 KGM"
    named = story.transform(scene.farm, [basket[0]], [(pomelo, "B2", "55 KGM")])
    assert story.left(named[0]) == "55 KGM"


def test_washing_keeps_the_lot_code_of_another_maker(scene: Scene) -> None:
    story = scene.story
    here = scene.at_shop("100 KGM", "N1")
    washed = story.transform(
        scene.shop,
        [here[0]],
        [(scene.pineapple, "N1", "98 KGM")],
        losses=[loss("water", "2 KGM")],
    )
    assert story.left(washed[0]) == "98 KGM"


def test_nothing_is_mixed_in_under_the_lot_code_of_another_maker(scene: Scene) -> None:
    """One crate of a good farm's lot must not give its name to a lorry of market goods."""
    story = scene.story
    good = scene.at_shop("1 KGM", "N1")
    market = story.acquire(scene.shop, [(scene.pineapple, "CHO", "99 KGM")])
    with story.refuses("lot.foreign"):
        story.transform(scene.shop, [good[0], market[0]], [(scene.pineapple, "N1", "100 KGM")])
    # Side by side they may be packed, each under its own code, or together under one's own.
    story.transform(
        scene.shop,
        [(good[0], "0.5 KGM"), (market[0], "50 KGM")],
        [(scene.pineapple, "N1", "0.5 KGM"), (scene.pineapple, "CHO", "50 KGM")],
    )
    mixed = story.transform(
        scene.shop,
        [(good[0], "0.5 KGM"), (market[0], "49 KGM")],
        [(scene.pineapple, "TRON", "49.5 KGM")],
    )
    assert story.holding(mixed[0]).lot == "TRON"


def test_a_maker_mixes_into_its_own_lot_while_it_is_open(scene: Scene) -> None:
    story = scene.story
    first, second = scene.crop("10 KGM", "N1"), scene.crop("20 KGM", "N2")
    story.transform(
        scene.farm,
        [(first[0], "5 KGM"), (second[0], "5 KGM")],
        [(scene.pineapple, "N1", "10 KGM")],
        place=scene.plot,
    )
    story.later(73 * 3_600_000)
    with story.refuses("lot.closed"):
        story.transform(
            scene.farm,
            [(first[0], "5 KGM"), (second[0], "5 KGM")],
            [(scene.pineapple, "N1", "10 KGM")],
            place=scene.plot,
        )


def test_pieces_are_not_packed_into_kilograms_but_by_their_weighed_mass(scene: Scene) -> None:
    story = scene.story
    eggs = story.acquire(scene.shop, [(scene.egg, "T1", "100 H87")])
    box = story.product(scene.shop)
    with story.refuses("balance.unit"):
        story.transform(scene.shop, [eggs[0]], [(box, "H1", "6 KGM")])
    with story.refuses("balance.unit"):
        story.transform(
            scene.shop, [eggs[0]], [(scene.egg, "T1", "90 H87")], losses=[loss("damaged", "1 KGM")]
        )


def test_a_claim_that_not_all_ingredients_carry_is_not_made(scene: Scene) -> None:
    story = scene.story
    clean = story.harvest(
        scene.farm, scene.plot, [], makes=[_claimed(scene, "N1", "10 KGM", "vietgap", "organic")]
    )
    plain = story.harvest(
        scene.farm, scene.plot, [], makes=[_claimed(scene, "N2", "10 KGM", "vietgap")]
    )
    both = _claimed(scene, "N3", "20 KGM", "vietgap", "organic")
    mixed = story.transform(scene.farm, [clean[0], plain[0]], [], makes=[both])
    assert story.claims(mixed[0]) == {"vietgap"}
    assert story.alerts(mixed) == {"claim.not-carried"}
    # Nor does it come back on the way.
    again = _claimed(scene, "N3", "20 KGM", "organic") | {"holder": scene.shop.id}
    sent = story.ship(scene.farm, [mixed[0]], to=scene.shop)
    assert story.claims(sent[0]) == {"vietgap"}
    lying = story.receive(scene.shop, sent, makes=[again | {"outcome": "accepted"}])
    assert story.claims(lying[0]) == {"vietgap"}
    assert story.alerts(lying) == {"claim.not-carried"}


def _claimed(scene: Scene, lot: str, quantity: str, *claims: str) -> dict[str, Any]:
    return {
        "product": scene.pineapple,
        "lot": lot,
        "holder": scene.farm.id,
        "quantity": quantity,
        "claims": list(claims),
    }


def test_a_loss_that_nobody_explains_is_marked_be_it_silent_or_called_unknown(
    scene: Scene,
) -> None:
    story = scene.story
    bag = story.product(scene.farm)
    silent = story.transform(scene.farm, [scene.crop("100 KGM")[0]], [(bag, "G1", "96 KGM")])
    called = story.transform(
        scene.farm,
        [scene.crop("100 KGM")[0]],
        [(bag, "G2", "50 KGM")],
        losses=[loss("unknown", "50 KGM")],
    )
    counted = story.count(
        scene.farm, [called[0]], [(bag, "G2", "40 KGM")], losses=[loss("unknown", "10 KGM")]
    )
    explained = story.transform(
        scene.farm,
        [scene.crop("100 KGM")[0]],
        [(bag, "G3", "50 KGM")],
        losses=[loss("reject", "48 KGM")],
    )
    for marked in (silent, called, counted):
        assert story.alerts(marked) == {"loss-unexplained"}
    assert story.alerts(explained) == set()


# -- process ---------------------------------------------------------------------------------------
def press(scene: Scene, litres: str, water: str | None = None, pulp: str | None = None) -> Signed:
    """The factory presses 100 kg of pineapples."""
    story = scene.story
    sent = story.ship(scene.farm, [scene.crop("100 KGM")[0]], to=scene.factory)
    fruit = story.receive(scene.factory, sent)
    lines = [(scene.juice, story.lot(), litres)]
    if pulp:
        lines.append((scene.pulp, story.lot(), pulp))
    gains = [loss("water", water)] if water else []
    # What does not become juice or pulp is residue; a litre of juice weighs 1.05 kg.
    made = float(litres.split()[0]) * 1.05 + float((pulp or "0 KGM").split()[0])
    added = float((water or "0 KGM").split()[0])
    residue = f"{100 + added - made:.2f} KGM"
    return story.transform(
        scene.factory,
        [fruit[0]],
        lines,
        kind="process",
        gains=gains,
        losses=[loss("residue", residue)],
    )


def test_juice_within_the_range_and_with_the_water_that_its_product_allows(scene: Scene) -> None:
    assert scene.story.alerts(press(scene, "60 LTR", water="10 KGM")) == set()


def test_a_yield_outside_the_range_is_marked(scene: Scene) -> None:
    story = scene.story
    assert story.alerts(press(scene, "20 LTR")) == {"process.yield"}
    assert story.alerts(press(scene, "90 LTR", water="10 KGM")) == {"process.yield"}


def test_more_water_than_a_product_allows_is_marked(scene: Scene) -> None:
    assert scene.story.alerts(press(scene, "80 LTR", water="40 KGM")) == {"process.water"}


def test_what_remains_beside_the_juice_does_not_count_as_juice(scene: Scene) -> None:
    """Pulp is a product too, with no range and no water: it spoils neither."""
    assert scene.story.alerts(press(scene, "60 LTR", water="10 KGM", pulp="40 KGM")) == set()


def test_water_goes_into_no_product_that_does_not_allow_it(scene: Scene) -> None:
    story = scene.story
    got = story.acquire(scene.factory, [(scene.pineapple, "X1", "100 KGM")])
    with story.refuses("balance.water"):
        story.transform(
            scene.factory,
            [got[0]],
            [(scene.pulp, "P1", "110 KGM")],
            kind="process",
            gains=[loss("water", "10 KGM")],
        )
    with story.refuses("balance.gain"):
        story.transform(scene.factory, [got[0]], [(scene.pulp, "P1", "101 KGM")], kind="process")


def test_litres_are_weighed_by_their_products_mass(scene: Scene) -> None:
    story = scene.story
    syrup = story.product(scene.factory, unit="LTR")
    got = story.acquire(scene.factory, [(scene.pineapple, "X1", "100 KGM")])
    with story.refuses("balance.no-mass"):
        story.transform(scene.factory, [got[0]], [(syrup, "S1", "50 LTR")], kind="process")
    fruit = scene.at_shop()
    with story.refuses("product.maker"):
        story.transform(scene.shop, [fruit[0]], [(scene.juice, "J9", "50 LTR")], kind="process")


# -- assemble --------------------------------------------------------------------------------------
@pytest.fixture
def shoes(scene: Scene) -> dict[str, str]:
    """A pair of shoes: two soles, 0.4 square metres of leather, 30 g of glue."""
    story = scene.story
    parts = {
        "sole": story.product(scene.factory, unit="H87"),
        "leather": story.product(scene.factory, unit="MTK"),
        "glue": story.product(scene.factory, unit="KGM"),
    }
    recipe = [
        {"product": parts["sole"], "quantity": "2 H87"},
        {"product": parts["leather"], "quantity": "0.4 MTK"},
        {"product": parts["glue"], "quantity": "30 GRM"},
    ]
    parts["shoe"] = story.product(scene.factory, unit="PR", category="goods", recipe=recipe)
    return parts


def assemble(scene: Scene, shoes: dict[str, str], made: str, *parts: str, **claims: Any) -> Signed:
    """The factory makes shoes of parts that it bought: soles, leather, glue."""
    story = scene.story
    lines = [
        (shoes[name], story.lot(), quantity)
        for name, quantity in zip(("sole", "leather", "glue"), parts, strict=True)
    ]
    got = story.acquire(scene.factory, lines)
    return story.transform(
        scene.factory, got.outs, [(shoes["shoe"], story.lot(), made)], kind="assemble", **claims
    )


def test_an_assembly_uses_what_its_recipe_asks_for(scene: Scene, shoes: dict[str, str]) -> None:
    story = scene.story
    done = assemble(scene, shoes, "100 PR", "200 H87", "40 MTK", "3 KGM")
    assert story.alerts(done) == set()
    for parts in (("199 H87", "40 MTK", "3 KGM"), ("200 H87", "39 MTK", "3 KGM")):
        lots = [
            (shoes[name], story.lot(), quantity)
            for name, quantity in zip(("sole", "leather", "glue"), parts, strict=True)
        ]
        got = story.acquire(scene.factory, lots)
        with story.refuses("assemble.short"):
            story.transform(
                scene.factory, got.outs, [(shoes["shoe"], "S9", "100 PR")], kind="assemble"
            )


def test_an_assembly_without_a_recipe_or_with_a_foreign_part(
    scene: Scene, shoes: dict[str, str]
) -> None:
    story = scene.story
    got = story.acquire(scene.factory, [(shoes["sole"], "D1", "4 H87"), (scene.egg, "T1", "2 H87")])
    with story.refuses("assemble.recipe"):
        story.transform(
            scene.factory, [got[0]], [(shoes["leather"], "L1", "1 MTK")], kind="assemble"
        )
    with story.refuses("assemble.foreign-part"):
        story.transform(scene.factory, got.outs, [(shoes["shoe"], "S1", "1 PR")], kind="assemble")
    with story.refuses("assemble.short"):  # and nothing at all of the others
        story.transform(scene.factory, [got[0]], [(shoes["shoe"], "S1", "2 PR")], kind="assemble")


def test_a_kilogram_of_soles_is_no_million_soles(scene: Scene, shoes: dict[str, str]) -> None:
    story = scene.story
    lines = [
        (shoes["sole"], "D1", "1 KGM"),
        (shoes["leather"], "L1", "40 MTK"),
        (shoes["glue"], "K1", "3 KGM"),
    ]
    got = story.acquire(scene.factory, lines)
    with story.refuses("balance.unit"):
        story.transform(scene.factory, got.outs, [(shoes["shoe"], "S1", "100 PR")], kind="assemble")
    by_piece = story.acquire(scene.factory, [(shoes["sole"], "D2", "200 H87")])
    with story.refuses("balance.unit"):
        story.transform(
            scene.factory,
            [by_piece[0], got[1], got[2]],
            [(shoes["shoe"], "S1", "80 KGM")],
            kind="assemble",
        )


def test_parts_that_vanish_in_an_assembly_are_marked_unless_explained(
    scene: Scene, shoes: dict[str, str]
) -> None:
    story = scene.story
    more = ("220 H87", "40 MTK", "3 KGM")
    assert story.alerts(assemble(scene, shoes, "100 PR", *more)) == {"loss-unexplained"}
    why = [loss("reject", "20 H87", product=shoes["sole"])]
    assert story.alerts(assemble(scene, shoes, "100 PR", *more, losses=why)) == set()
    got = story.acquire(
        scene.factory,
        [(shoes[n], "Z1", q) for n, q in zip(("sole", "leather", "glue"), more, strict=True)],
    )
    for code, line in (
        ("balance.attribution", loss("reject", "21 H87", product=shoes["sole"])),
        ("balance.unit", loss("reject", "1 KGM", product=shoes["sole"])),
        ("quantity.too-precise", loss("reject", "1.5 H87", product=shoes["sole"])),
        ("difference.cause", loss("drying", "1 H87", product=shoes["sole"])),
    ):
        with story.refuses(code):
            story.transform(
                scene.factory,
                got.outs,
                [(shoes["shoe"], "S9", "100 PR")],
                kind="assemble",
                losses=[line],
            )


# -- a silo ----------------------------------------------------------------------------------------
def test_a_silo_is_one_lot_made_anew_with_all_that_is_left_of_it(scene: Scene) -> None:
    story = scene.story
    rice = story.product(scene.coop, crop="rice")
    intake = story.acquire(
        scene.coop, [(rice, "R1", "5 TNE"), (rice, "R2", "5 TNE"), (rice, "R3", "5 TNE")]
    )
    silo = story.transform(scene.coop, [intake[0]], [(rice, "SILO", "5 TNE")], kind="top-up")
    story.consume(scene.coop, [(silo[0], "1 TNE")])
    with story.refuses("top-up.remainder"):
        story.transform(scene.coop, [intake[1]], [(rice, "SILO", "5 TNE")], kind="top-up")
    with story.refuses("draw.not-whole"):
        story.transform(
            scene.coop, [(silo[0], "3 TNE"), intake[1]], [(rice, "SILO", "8 TNE")], kind="top-up"
        )
    with story.refuses("top-up.one"):
        story.transform(
            scene.coop,
            [(silo[0], "4 TNE"), intake[1]],
            [(rice, "SILO", "8 TNE"), (rice, "SILO-B", "1 TNE")],
            kind="top-up",
        )
    story.later(400 * 24 * 3_600_000)  # long after 72 hours
    story.transform(
        scene.coop, [(silo[0], "4 TNE"), intake[1]], [(rice, "SILO", "9 TNE")], kind="top-up"
    )
    assert story.holds(scene.coop, "SILO") == "9 TNE"


def test_nobody_tops_up_the_silo_of_another(scene: Scene) -> None:
    story = scene.story
    rice = story.product(scene.coop, crop="rice")
    silo = story.transform(
        scene.coop,
        [story.acquire(scene.coop, [(rice, "R1", "5 TNE")])[0]],
        [(rice, "SILO", "5 TNE")],
        kind="top-up",
    )
    bought = story.receive(scene.shop, story.ship(scene.coop, [(silo[0], "1 TNE")], to=scene.shop))
    own = story.acquire(scene.shop, [(rice, "R9", "5 TNE")])
    with story.refuses("lot.foreign"):
        story.transform(scene.shop, [bought[0], own[0]], [(rice, "SILO", "6 TNE")], kind="top-up")
