"""Ways to make much out of little that somebody has tried: none of them works any more."""

from tests.unit.rules.scene import Scene


def test_pieces_of_a_kilogram_do_not_become_pieces_of_a_tonne(scene: Scene) -> None:
    story = scene.story
    huge = story.product(scene.lone, unit="H87", massPerUnit="1000 KGM")
    large = story.product(scene.lone, unit="H87", massPerUnit="66 GRM")
    double = story.product(scene.lone, unit="H87", massPerUnit="90 GRM")
    eggs = story.harvest(scene.lone, scene.lone_plot, [(scene.egg, "T1", "30 H87")])
    with story.refuses("balance.gain"):
        story.transform(scene.lone, [(eggs[0], "10 H87")], [(huge, "T2", "10 H87")])
    graded = story.transform(scene.lone, [(eggs[0], "10 H87")], [(large, "T3", "10 H87")])
    assert story.alerts(graded) == set()
    odd = story.transform(scene.lone, [(eggs[0], "10 H87")], [(double, "T4", "10 H87")])
    assert story.alerts(odd) == {"process.yield"}


def test_an_assembled_thing_weighs_no_more_than_its_parts(scene: Scene) -> None:
    story = scene.story
    recipe = [{"product": scene.pineapple, "quantity": "1 GRM"}]
    box = story.product(scene.shop, unit="H87", massPerUnit="1000 KGM", recipe=recipe)
    here = scene.at_shop("1 KGM", "N1")
    with story.refuses("balance.gain"):
        story.transform(scene.shop, [here[0]], [(box, "B1", "1000 H87")], kind="assemble")


def test_a_product_keeps_its_unit_and_mass_once_it_was_stated(scene: Scene) -> None:
    story = scene.story
    stated = {"product": scene.egg, "name": {"vi": "Trứng"}, "makers": "anyone", "crop": "egg"}
    for change in ({"unit": "H87", "massPerUnit": "60 KGM"}, {"unit": "KGM"}):
        with story.refuses("product.frozen"):
            story.sign(scene.lone, "product", stated | change)
    story.sign(scene.lone, "product", stated | {"unit": "H87", "massPerUnit": "60 GRM"})


def test_water_is_never_all_of_a_product(scene: Scene) -> None:
    story = scene.story
    for process in ({"waterMax": "1"}, {"yieldMin": "0.9", "yieldMax": "0.5"}):
        with story.refuses("product.process"):
            story.product(scene.shop, process=process)
    story.product(scene.shop, process={"waterMax": "0.3", "yieldMin": "0.5", "yieldMax": "0.9"})


def test_nobody_fails_goods_that_it_never_had(scene: Scene) -> None:
    story = scene.story
    here = scene.at_shop("10 KGM", "N1")
    lot = {"product": scene.pineapple, "lot": "N1"}
    with story.refuses("inspect.not-held"):
        story.inspect(scene.trader, lot, result="fail", kind="sensory")
    with story.refuses("inspect.not-held"):  # the receipt of another
        about = lot | {"record": here[0].record}
        story.inspect(scene.trader, about, result="fail", kind="sensory")
    about = lot | {"record": here[0].record}
    failed = story.inspect(scene.shop, about, result="fail", kind="sensory")
    assert story.alerts(failed) == {"inspect.failed"}
    story.inspect(scene.farm, lot, result="fail", kind="sensory")  # its maker


def test_a_lot_code_is_more_than_dots(scene: Scene) -> None:
    for dots in (".", ".."):
        with scene.story.refuses("lot.dots"):
            scene.crop(lot=dots)
