"""Errors set right in the open, and records denied."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.kit import Claims, Drawn, Party, Signed
from tests.telling import draw, loss, make
from tests.unit.rules.scene import Scene


def void(
    scene: Scene, party: Party, wrong: Signed, draws: Sequence[Drawn] = (), *inputs: Claims
) -> Signed:
    """Voids a record; ``inputs`` are made anew."""
    makes = list(inputs) or None
    return scene.story.correct(party, wrong, draws, makes=makes, data={"void": True})


def should_be(
    scene: Scene, wrong: Signed, quantity: str, remains: str | None = None, **line: Any
) -> Signed:
    """The farm says that its first output should have been so much in all; ``remains`` is what is
    made anew of what was not drawn."""
    story, out = scene.story, wrong[0]
    left = story.left(out)
    makes = []
    if remains is not None:
        makes = [make(out.product, out.lot, remains, scene.farm, of=0) | line]
    return story.sign(
        scene.farm,
        "correct",
        {
            "corrects": wrong.name,
            "reason": "Nhập nhầm",
            "outputs": [{"n": 0, "quantity": quantity}],
        },
        draws=[draw(out, left)] if not left.startswith("0 ") else [],
        makes=makes,
    )


# -- whose, which, how -----------------------------------------------------------------------------
def test_a_party_corrects_its_own_records_in_one_way(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    with story.refuses("correct.unknown"):
        story.correct(scene.farm, crop, data={"corrects": "A" * 43, "void": True})
    with story.refuses("correct.foreign"):
        void(scene, scene.coop, crop)
    with story.refuses("correct.one-way"):
        story.correct(scene.farm, crop)
    with story.refuses("correct.one-way"):
        both = {"void": True, "outputs": [{"n": 0, "quantity": "1 KGM"}]}
        story.correct(scene.farm, crop, [crop[0]], data=both)


def test_registry_statements_are_superseded_and_not_corrected(scene: Scene) -> None:
    story = scene.story
    place = story.records[-1]
    with story.refuses("correct.type"):
        void(scene, scene.coop, place)
    crop = scene.crop()
    fixed = should_be(scene, crop, "90 KGM", "90 KGM")
    with story.refuses("correct.type"):  # nor is a correction
        void(scene, scene.farm, fixed)
    with story.refuses("correct.type"):  # a harvest has goods
        story.correct(scene.farm, crop, data={"restated": {"diary": {"activity": "weeding"}}})
    sent = story.ship(scene.farm, [fixed[0]], to=scene.shop)
    with story.refuses("correct.type"):  # a shipment is voided, or received short
        story.correct(scene.farm, sent, data={"outputs": [{"n": 0, "quantity": "1 KGM"}]})


def test_a_record_without_goods_is_corrected_without_draws(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    entry = story.diary(scene.farm, scene.plot)
    with story.refuses("correct.no-goods"):
        story.correct(scene.farm, entry, [crop[0]], data={"void": True})
    with story.refuses("correct.restated"):
        data = {"restated": {"inspect": {"kind": "field", "result": "pass"}}}
        story.correct(scene.farm, entry, data=data)
    with story.refuses("correct.restated"):  # a diary entry stays with its plot
        moved = {"diary": {"activity": "weeding"}, "place": scene.other_plot}
        story.correct(scene.farm, entry, data={"restated": moved})


# -- how much there was ----------------------------------------------------------------------------
def test_a_harvest_typed_wrong_is_set_right_and_later_draws_name_the_correction(
    scene: Scene,
) -> None:
    story = scene.story
    crop = scene.crop("1000 KGM", "N1")
    fixed = should_be(scene, crop, "100 KGM", "100 KGM")
    with story.refuses("draw.over"):
        story.ship(scene.farm, [(crop[0], "1 KGM")], to=scene.shop)
    story.ship(scene.farm, [(fixed[0], "100 KGM")], to=scene.shop)
    assert story.holds(scene.farm, "N1") == "0 KGM"


def test_what_others_drew_is_part_of_what_there_was(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    story.ship(scene.farm, [(crop[0], "60 KGM")], to=scene.shop)
    with story.refuses("correct.sum"):
        should_be(scene, crop, "90 KGM", "90 KGM")
    with story.refuses("correct.remainder"):  # the remainder is drawn, and nothing is made of it
        should_be(scene, crop, "90 KGM")
    with story.refuses("correct.upward"):
        should_be(scene, crop, "101 KGM", "41 KGM")
    fixed = should_be(scene, crop, "90 KGM", "30 KGM")
    assert story.holds(scene.farm, "N1") == "30 KGM"
    # And again, of the same first record.
    story.consume(scene.farm, [(fixed[0], "10 KGM")])
    again = story.correct(
        scene.farm,
        crop,
        [(fixed[0], "20 KGM")],
        makes=[make(scene.pineapple, "N1", "5 KGM", scene.farm, of=0)],
        data={"outputs": [{"n": 0, "quantity": "75 KGM"}]},
    )
    assert story.left(again[0]) == "5 KGM"
    assert story.alerts(crop) == set()


def test_only_what_comes_from_outside_becomes_more_and_only_while_nothing_was_drawn(
    scene: Scene,
) -> None:
    story = scene.story
    crop = scene.crop("10 KGM", "N1")
    fixed = should_be(scene, crop, "100 KGM", "100 KGM")
    assert story.holds(scene.farm, "N1") == "100 KGM"
    bag = story.product(scene.farm)
    packed = story.transform(scene.farm, [(fixed[0], "10 KGM")], [(bag, "G1", "9.9 KGM")])
    with story.refuses("correct.upward-made"):
        should_be(scene, packed, "10 KGM", "10 KGM")
    should_be(scene, packed, "9 KGM", "9 KGM")
    assert story.holds(scene.farm, "G1") == "9 KGM"


def test_more_was_passed_on_than_there_was_a_shortfall_until_there_was_enough(
    scene: Scene,
) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    story.ship(scene.farm, [(crop[0], "80 KGM")], to=scene.shop)
    should_be(scene, crop, "50 KGM")
    assert story.alerts(crop) == {"shortfall"}
    assert story.holds(scene.farm, "N1") == "0 KGM"
    less = should_be(scene, crop, "40 KGM")
    shortfalls = story.book.state.alerts_of(story.index(crop))
    assert [(each.key.detail, each.closed is None) for each in shortfalls] == [
        (str(story.index(less) - 1), False),
        (str(story.index(less)), True),
    ]
    with story.refuses("correct.upward"):
        should_be(scene, crop, "81 KGM", "1 KGM")
    enough = should_be(scene, crop, "80 KGM")
    assert story.alerts(crop) == set()
    assert story.answered(crop) == {"shortfall": story.index(enough)}


def test_outputs_are_named_once_and_all_that_remains_of_them_is_drawn(scene: Scene) -> None:
    story = scene.story
    lines = [(scene.pineapple, "N1", "10 KGM"), (scene.pineapple, "N2", "20 KGM")]
    crop = story.harvest(scene.farm, scene.plot, lines)
    first = make(scene.pineapple, "N1", "9 KGM", scene.farm, of=0)

    def correct(code: str, outputs: list[Claims], draws: list[Drawn], makes: list[Claims]) -> None:
        with story.refuses(code):
            story.correct(scene.farm, crop, draws, makes=makes, data={"outputs": outputs})

    nine: list[Claims] = [{"n": 0, "quantity": "9 KGM"}]
    correct("correct.output", [*nine, *nine], [crop[0]], [first])
    correct("correct.output", [{"n": 2, "quantity": "9 KGM"}], [crop[0]], [first])
    correct("correct.remainder", nine, [], [first])
    correct("correct.remainder", nine, [crop[0], crop[1]], [first])
    correct("correct.inputs", nine, [crop[0]], [first, first])
    correct("correct.remainder", nine, [crop[0]], [first, first | {"of": 1}])
    correct("draw.not-whole", nine, [(crop[0], "9 KGM")], [first])
    correct("make.holder", nine, [crop[0]], [first | {"holder": scene.shop.id}])


def test_one_output_that_never_was_leaves_the_others_open_to_correction(scene: Scene) -> None:
    story = scene.story
    lines = [(scene.pineapple, "N1", "10 KGM"), (scene.pineapple, "N2", "20 KGM")]
    crop = story.harvest(scene.farm, scene.plot, lines)
    none: list[Claims] = [{"n": 0, "quantity": "0 KGM"}]
    story.correct(scene.farm, crop, [crop[0]], data={"outputs": none})
    assert story.holds(scene.farm, "N1") == "0 KGM"
    story.correct(
        scene.farm,
        crop,
        [crop[1]],
        makes=[make(scene.pineapple, "N2", "19 KGM", scene.farm, of=1)],
        data={"outputs": [{"n": 1, "quantity": "19 KGM"}]},
    )
    assert story.holds(scene.farm, "N2") == "19 KGM"


# -- which lot it was ------------------------------------------------------------------------------
def test_a_lot_code_typed_wrong_is_set_right_while_nothing_was_drawn(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    fixed = should_be(scene, crop, "100 KGM", "100 KGM", lot="N2")
    assert story.holding(fixed[0]).lot == "N2"
    other = scene.crop("100 KGM", "N3")
    story.consume(scene.farm, [(other[0], "1 KGM")])
    with story.refuses("correct.lot-drawn"):
        should_be(scene, other, "100 KGM", "99 KGM", lot="N4")


def test_a_correction_takes_no_lot_code_of_another(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    story.harvest(scene.lone, scene.lone_plot, [(scene.pineapple, "S1", "1 KGM")])
    with story.refuses("lot.foreign"):
        should_be(scene, crop, "100 KGM", "100 KGM", lot="S1")
    with story.refuses("product.unknown"):
        should_be(scene, crop, "100 KGM", "100 KGM", product="02000000099996")


def test_a_harvest_of_the_wrong_product_counts_for_the_right_one(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("59 TNE", "N1")  # one hectare bears 60 t of pineapples, 50 t of pomelos
    assert story.alerts(crop) == set()
    should_be(scene, crop, "59 TNE", "59 TNE", product=scene.pomelo)
    assert story.alerts(crop) == {"harvest.yield"}


def test_correcting_an_intake_takes_the_lot_from_nobody(scene: Scene) -> None:
    """Whoever buys goods did not make them, and may not be let make them."""
    story = scene.story
    got = story.acquire(scene.kitchen, [(scene.pomelo, "B7", "3 KGM")])
    story.correct(
        scene.kitchen,
        got,
        [got[0]],
        makes=[make(scene.pomelo, "B1", "3 KGM", scene.kitchen, of=0)],
        data={"outputs": [{"n": 0, "quantity": "3 KGM"}]},
    )
    lot = story.book.state.lot((scene.pomelo, "B1"))
    assert lot is not None
    assert lot.maker is None
    story.harvest(scene.farm, scene.plot, [(scene.pomelo, "B1", "1 KGM")])


def test_a_transformation_does_not_change_its_product_afterwards(scene: Scene) -> None:
    """Its balance was judged by it: a hundred pieces of a gram are not a hundred of a kilogram."""
    story = scene.story
    bag, sack = story.product(scene.farm), story.product(scene.farm)
    packed = story.transform(scene.farm, [scene.crop("10 KGM")[0]], [(bag, "G1", "10 KGM")])
    with story.refuses("correct.type"):
        should_be(scene, packed, "10 KGM", "10 KGM", product=sack)
    fixed = should_be(scene, packed, "10 KGM", "10 KGM", lot="G2")
    assert story.holding(fixed[0]).lot == "G2"


# -- void ------------------------------------------------------------------------------------------
def test_a_shipment_that_never_left_is_voided_and_the_goods_are_the_shippers_again(
    scene: Scene,
) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    sent = story.ship(scene.farm, [(crop[0], "60 KGM")], to=scene.shop)
    back = make(scene.pineapple, "N1", "60 KGM", scene.farm, of=0)
    with story.refuses("correct.remainder"):
        void(scene, scene.farm, sent, [], back)
    for wrong in (
        [],
        [back, back | {"of": 1}],
        [back | {"quantity": "61 KGM"}],
        [back | {"lot": "N2"}],
        [back | {"holder": scene.shop.id}],
    ):
        with story.refuses("correct.inputs"):
            void(scene, scene.farm, sent, [sent[0]], *wrong)
    undone = void(scene, scene.farm, sent, [sent[0]], back)
    assert story.holds(scene.farm, "N1") == "100 KGM"
    assert story.holding(undone[0]).place == scene.plot
    with story.refuses("draw.over"):
        story.receive(scene.shop, sent)
    with story.refuses("correct.voided"):
        void(scene, scene.farm, sent, [sent[0]], back)


def test_a_receipt_with_refused_crates_is_voided_and_done_again(scene: Scene) -> None:
    """The refused part is back with the shipper: a void takes back what its own record gave."""
    story = scene.story
    sent = story.ship(scene.farm, [scene.crop("100 KGM", "N1")[0]], to=scene.shop)
    wrong = story.receive(scene.shop, sent, refused={0: "70 KGM"})
    again = make(scene.pineapple, "N1", "100 KGM", scene.shop, of=0)
    with story.refuses("correct.foreign"):
        void(scene, scene.farm, wrong, list(wrong.outs), again)
    undone = void(scene, scene.shop, wrong, list(wrong.outs), again)
    assert story.holds(scene.farm, "N1") == "0 KGM"
    right = story.sign(
        scene.shop,
        "receive",
        {},
        draws=[draw(undone[0])],
        makes=[
            make(scene.pineapple, "N1", "93 KGM", scene.shop, outcome="accepted"),
            make(scene.pineapple, "N1", "7 KGM", scene.farm, outcome="refused", reason="quality"),
        ],
    )
    assert story.left(right[0]) == "93 KGM"
    assert story.holds(scene.farm, "N1") == "7 KGM"


def test_a_receipt_is_not_voided_once_the_shipper_used_what_came_back(scene: Scene) -> None:
    story = scene.story
    sent = story.ship(scene.farm, [scene.crop("100 KGM", "N1")[0]], to=scene.shop)
    wrong = story.receive(scene.shop, sent, refused={0: "70 KGM"})
    story.consume(scene.farm, [(wrong[0], "1 KGM")])
    with story.refuses("correct.drawn"):
        void(
            scene,
            scene.shop,
            wrong,
            list(wrong.outs),
            make(scene.pineapple, "N1", "100 KGM", scene.shop, of=0),
        )


@pytest.mark.parametrize("kind", ["consume", "count to nothing"])
def test_a_record_without_outputs_is_voided_once(scene: Scene, kind: str) -> None:
    """Else each void would make its inputs anew."""
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    if kind == "consume":
        gone = story.consume(scene.farm, [(crop[0], "40 KGM")], kind="wasted")
        back = make(scene.pineapple, "N1", "40 KGM", scene.farm, of=0)
    else:
        gone = story.count(scene.farm, [crop[0]], [], losses=[loss("theft", "100 KGM")])
        back = make(scene.pineapple, "N1", "100 KGM", scene.farm, of=0)
    void(scene, scene.farm, gone, [], back)
    assert story.holds(scene.farm, "N1") == "100 KGM"
    with story.refuses("correct.voided"):
        void(scene, scene.farm, gone, [], back)


def test_what_was_drawn_on_is_not_voided(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    story.consume(scene.farm, [(crop[0], "1 KGM")])
    with story.refuses("correct.drawn"):
        void(scene, scene.farm, crop, [(crop[0], "99 KGM")])


def test_a_lot_that_was_voided_may_be_made_anew_under_its_printed_code(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    story.later(4 * 86_400_000)
    void(scene, scene.farm, crop, [crop[0]])
    scene.crop("110 KGM", "N1")
    assert story.holds(scene.farm, "N1") == "110 KGM"
    with story.refuses("lot.foreign"):  # and still by its maker alone
        story.harvest(scene.lone, scene.lone_plot, [(scene.pineapple, "N1", "1 KGM")])


def test_an_intake_that_a_late_shipment_closed_is_voided_after_it(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop("100 KGM", "N1")
    source = {"kind": "unrecorded", "party": scene.farm.id}
    taken = story.acquire(scene.kitchen, [(scene.pineapple, "N1", "30 KGM")], source=source)
    closing: dict[str, Any] = {"data": {"closes": taken.name}, "draws": [draw(crop[0], "30 KGM")]}
    late = story.sign(scene.farm, "ship", **closing)
    with story.refuses("correct.drawn"):
        void(scene, scene.kitchen, taken, [taken[0]])
    void(scene, scene.farm, late, [], make(scene.pineapple, "N1", "30 KGM", scene.farm, of=0))
    assert story.holds(scene.farm, "N1") == "100 KGM"
    with story.refuses("correct.voided"):
        void(scene, scene.farm, late, [], make(scene.pineapple, "N1", "30 KGM", scene.farm, of=0))
    # The intake is open again: the right shipment closes it ...
    story.sign(scene.farm, "ship", **closing)
    other = story.acquire(scene.kitchen, [(scene.pineapple, "N1", "5 KGM")], source=source)
    void(scene, scene.kitchen, other, [other[0]])
    with story.refuses("ship.closes"):  # ... and a voided intake waits for nothing
        story.sign(scene.farm, "ship", {"closes": other.name}, draws=[draw(crop[0], "5 KGM")])


# -- disputes --------------------------------------------------------------------------------------
def test_a_party_that_a_record_names_denies_it_and_the_record_stays(scene: Scene) -> None:
    story = scene.story
    story.consent(scene.lone, scene.trader, "harvest", by=story.operator)
    line = [(scene.pineapple, "S1", "10 KGM")]
    crop = story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)
    with story.refuses("dispute.unknown"):
        story.sign(scene.lone, "dispute", {"record": "A" * 43, "denies": "origin"})
    with story.refuses("dispute.not-named"):
        story.dispute(scene.shop, crop)
    with story.refuses("dispute.not-named"):  # who signed it corrects it
        story.dispute(scene.trader, crop)
    story.dispute(scene.lone, crop)
    assert "disputed" in story.alerts(crop)
    assert story.left(crop[0]) == "10 KGM"


def test_everybody_whom_a_record_names_may_deny_it(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    sent = story.ship(scene.farm, [crop[0]], to=scene.shop)
    short = story.receive(scene.shop, sent, losses=[loss("missing", "50 KGM")])
    source = {"kind": "unrecorded", "party": scene.farm.id}
    false = story.acquire(scene.kitchen, [(scene.pineapple, "X1", "1 KGM")], source=source)
    paper = story.certificate(scene.farm, scene.farm, certifier=scene.certifier.id)
    consent = story.consent(scene.lone, scene.trader, "harvest", by=story.operator)
    member = story.state_party(scene.lone, memberOf=[scene.coop.id])
    found = story.inspect(scene.laboratory, {"party": scene.coop.id}, result="fail")
    for party, record in (
        (scene.shop, sent),  # the consignee: "that was never sent to us"
        (scene.farm, short),  # the shipper: "nothing was missing"
        (scene.farm, false),  # the supplier: "that is not from us"
        (scene.certifier, paper),  # the certifier: "we issued no such certificate"
        (scene.lone, consent),  # the grantor
        (scene.trader, consent),  # the agent
        (scene.coop, member),  # the cooperative: "they are no member of ours"
        (scene.coop, found),  # the party inspected
    ):
        story.dispute(party, record)
        assert "disputed" in story.alerts(record)


def test_what_is_taken_back_comes_anew_in_the_kind_of_unit_that_it_had(scene: Scene) -> None:
    story = scene.story
    apple = story.product(scene.farm, unit="H87", massPerUnit="60 GRM")
    crop = story.harvest(scene.farm, scene.plot, [(apple, "A1", "1 KGM")])
    sold = story.consume(scene.farm, [crop[0]])
    with story.refuses("draw.unit"):  # a kilogram is a million milligrams, and not a million apples
        void(scene, scene.farm, sold, [], make(apple, "A1", "1000000 H87", scene.farm, of=0))
    back = void(scene, scene.farm, sold, [], make(apple, "A1", "1000 GRM", scene.farm, of=0))
    assert story.left(back[0]) == "1000 GRM"


def test_a_number_as_printed_on_the_goods_has_its_check_digit_when_corrected_too(
    scene: Scene,
) -> None:
    story = scene.story
    taken = story.acquire(scene.trader, [(scene.pineapple, "L1", "1 KGM")])
    outputs = {"outputs": [{"n": 0, "quantity": "1 KGM"}]}
    typed = make("08934567890125", "L1", "1 KGM", scene.trader, of=0)
    with story.refuses("gtin.check-digit"):
        story.correct(scene.trader, taken, [taken[0]], makes=[typed], data=outputs)
    printed = typed | {"product": "08934567890120"}
    story.correct(scene.trader, taken, [taken[0]], makes=[printed], data=outputs)
