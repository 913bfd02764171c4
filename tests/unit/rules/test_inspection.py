"""Results on lots, places and records: a failed one is an alert until an auditor's pass."""

import pytest

from tests.kit import Claims
from tests.unit.rules.scene import Scene


def test_an_inspection_is_of_one_thing_that_exists(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop(lot="N1")
    lot = {"product": scene.pineapple, "lot": "N1"}
    nothing: Claims = {}
    for about in (
        nothing,
        lot | {"place": scene.plot},
        {"product": scene.pineapple},
        {"lot": "N1"},
        {"record": crop.name, "party": scene.farm.id},
    ):
        with story.refuses("about.one"):
            story.inspect(scene.laboratory, about)
    for code, about in (
        ("lot.unknown", lot | {"lot": "N2"}),
        ("place.unknown", {"place": "l-0000000000000000"}),
        ("record.unknown", {"record": "A" * 43}),
        ("party.unknown", {"party": "p-0000000000000000"}),
    ):
        with story.refuses(code):
            story.inspect(scene.laboratory, about)
    for about in (lot, {"place": scene.plot}, {"record": crop.name}, {"party": scene.farm.id}):
        assert story.alerts(story.inspect(scene.laboratory, about)) == set()


def test_a_laboratory_result_that_a_holder_enters_names_its_report(scene: Scene) -> None:
    story = scene.story
    scene.crop(lot="N1")
    lot = {"product": scene.pineapple, "lot": "N1"}
    with story.refuses("inspect.report"):
        story.inspect(scene.farm, lot, refs=[])
    story.inspect(scene.farm, lot)
    story.inspect(scene.farm, lot, kind="rapid", refs=[])


def test_nobody_but_an_auditor_inspects_the_place_of_another(scene: Scene) -> None:
    story = scene.story
    with story.refuses("place.not-own"):
        story.inspect(scene.shop, {"place": scene.plot}, result="fail")
    story.inspect(scene.farm, {"place": scene.plot}, kind="field")
    story.inspect(scene.certifier, {"place": scene.plot}, kind="site")


def test_a_failed_inspection_is_answered_by_an_auditors_pass_of_the_same_kind(
    scene: Scene,
) -> None:
    story = scene.story
    scene.crop(lot="N1")
    lot = {"product": scene.pineapple, "lot": "N1"}
    failed = story.inspect(scene.laboratory, lot, result="fail")
    story.inspect(scene.farm, lot)  # the farm's own word does not answer it
    story.inspect(scene.certifier, lot, kind="field")  # nor does a look at the field
    assert story.alerts(failed) == {"inspect.failed"}
    passed = story.inspect(scene.laboratory, lot)
    story.inspect(scene.laboratory, lot)
    assert story.answered(failed) == {"inspect.failed": story.index(passed)}


def test_a_pass_for_one_lot_frees_that_lot_alone(scene: Scene) -> None:
    story = scene.story
    scene.crop(lot="N1")
    scene.crop(lot="N2")
    lots = [{"product": scene.pineapple, "lot": lot} for lot in ("N1", "N2")]
    failed = story.sign(
        scene.laboratory,
        "inspect",
        {"kind": "laboratory", "result": "fail"},
        about=[*lots, lots[0]],
    )
    story.inspect(scene.laboratory, lots[0])
    alerts = story.book.state.alerts_of(story.index(failed))
    assert [(alert.key.detail, alert.closed is None) for alert in alerts] == [
        (f"lot:{scene.pineapple}:N1", False),
        (f"lot:{scene.pineapple}:N2", True),
    ]


@pytest.mark.parametrize("result", ["pass", "inconclusive"])
def test_a_result_that_was_typed_wrong_is_restated(scene: Scene, result: str) -> None:
    story = scene.story
    scene.crop(lot="N1")
    lot = {"product": scene.pineapple, "lot": "N1"}
    failed = story.inspect(scene.laboratory, lot, result="fail")
    with story.refuses("correct.restated"):
        wrong = {"restated": {"diary": {"activity": "weeding"}}}
        story.correct(scene.laboratory, failed, data=wrong)
    with story.refuses("correct.foreign"):
        right = {"restated": {"inspect": {"kind": "laboratory", "result": result}}}
        story.correct(scene.farm, failed, data=right)
    paper = story.correct(scene.laboratory, failed, data=right)
    assert story.answered(failed) == {"inspect.failed": story.index(paper)}
    found = story.book.state.inspections_of(f"lot:{scene.pineapple}:N1")
    assert [(each.result, each.by_auditor) for each in found] == [(result, True)]
    worse = {"restated": {"inspect": {"kind": "laboratory", "result": "fail"}}}
    story.correct(scene.laboratory, failed, data=worse)
    assert story.alerts(failed) == {"inspect.failed"}
