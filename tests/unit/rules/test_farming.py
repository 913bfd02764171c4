"""Yields, pre-harvest intervals and diaries; and how a late paper changes what was said."""

import pytest

from tests.kit import Signed
from tests.telling import make
from tests.unit.rules.scene import Scene


def spray(scene: Scene, day: int = 0, phi: int | None = 7, **data: object) -> Signed:
    """The farm sprays its plot, so many days from today."""
    story = scene.story
    whole = {"input": "Abamectin 1.8EC", "dose": "10 ml/16 l"} | data
    if phi is not None:
        whole["phi"] = phi
    claims = {"at": story.at("05:00", day)}
    return story.diary(scene.farm, scene.plot, "pesticide", claims, **whole)


# -- intervals -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "early"), [(0, True), (6, True), (7, False), (8, False)])
def test_a_spraying_of_day_d_with_an_interval_of_k_days_is_over_on_day_d_plus_k(
    scene: Scene, days: int, early: bool
) -> None:
    spray(scene, -days, phi=7)
    assert ("harvest.interval" in scene.story.alerts(scene.crop())) == early


def test_a_spraying_after_the_harvest_or_on_another_plot_does_not_count(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    story.on("2026-06-03")
    spray(scene, phi=30)
    assert story.alerts(crop) == set()
    elsewhere = [(scene.pineapple, "N9", "1 KGM")]
    assert story.alerts(story.harvest(scene.farm, scene.other_plot, elsewhere)) == set()


def test_a_late_diary_entry_is_judged_at_the_harvests_that_it_concerns(scene: Scene) -> None:
    story = scene.story
    first = scene.crop()
    story.on("2026-06-20")
    second = scene.crop()
    late = spray(scene, -20, phi=20)
    assert story.alerts(late) == {"late"}
    assert story.alerts(first) == {"harvest.interval"}
    assert story.alerts(second) == set()


def test_a_spraying_without_an_interval_is_marked_until_it_is_given(scene: Scene) -> None:
    story = scene.story
    entry = spray(scene, phi=None)
    assert story.alerts(entry) == {"diary.no-interval"}
    given = {"activity": "pesticide", "input": "Abamectin 1.8EC", "phi": 7}
    paper = story.correct(scene.farm, entry, data={"restated": {"diary": given}})
    assert story.answered(entry) == {"diary.no-interval": story.index(paper)}
    assert story.alerts(scene.crop()) == {"harvest.interval"}
    missing = {"activity": "pesticide", "input": "Abamectin 1.8EC"}
    story.correct(scene.farm, entry, data={"restated": {"diary": missing}})
    assert "diary.no-interval" in story.alerts(entry)


def test_watering_and_weeding_are_no_spraying(scene: Scene) -> None:
    story = scene.story
    story.diary(scene.farm, scene.plot, "irrigation", phi=30)
    assert story.alerts(scene.crop()) == set()


# -- corrections of a diary ------------------------------------------------------------------------
def test_a_spraying_that_is_voided_or_moved_after_the_harvest_leaves_its_mark(
    scene: Scene,
) -> None:
    story = scene.story
    entry = spray(scene, -2)
    crop = scene.crop()
    assert story.alerts(crop) == {"harvest.interval"}
    moved = {"diary": {"activity": "pesticide", "phi": 7}, "at": story.at("05:00", -9)}
    paper = story.correct(scene.farm, entry, data={"restated": moved})
    assert story.answered(crop) == {"harvest.interval": story.index(paper)}
    assert story.alerts(entry) == {"diary.restated-after-harvest"}
    story.correct(scene.farm, entry, data={"void": True})
    with story.refuses("correct.voided"):
        story.correct(scene.farm, entry, data={"restated": moved})
    assert story.alerts(entry) == {"diary.restated-after-harvest"}


def test_a_late_entry_corrected_after_the_harvest_is_marked_as_well(scene: Scene) -> None:
    """The harvest stood on the ledger before the entry did."""
    story = scene.story
    crop = scene.crop()
    entry = spray(scene, -2)
    assert story.alerts(crop) == {"harvest.interval"}
    story.correct(scene.farm, entry, data={"void": True})
    assert story.alerts(crop) == set()
    assert story.alerts(entry) == {"diary.restated-after-harvest"}


def test_a_correction_before_any_harvest_is_nobodys_concern(scene: Scene) -> None:
    story = scene.story
    scene.crop()  # of long before the spraying
    story.on("2026-06-10")
    entry = spray(scene)
    story.correct(
        scene.farm, entry, data={"restated": {"diary": {"activity": "pesticide", "phi": 5}}}
    )
    assert story.alerts(entry) == set()


def test_no_spraying_is_moved_into_the_future(scene: Scene) -> None:
    story = scene.story
    entry = spray(scene, -2)
    ahead = {"diary": {"activity": "pesticide", "phi": 7}, "at": story.at("05:00", 1)}
    with story.refuses("time.future"):
        story.correct(scene.farm, entry, data={"restated": ahead})
    with story.refuses("quantity.too-large"):
        vast = {"diary": {"activity": "pesticide", "amount": "999999999999 TNE"}}
        story.correct(scene.farm, entry, data={"restated": vast})
    with story.refuses("quantity.too-precise"):
        spray(scene, amount="0.0001 GRM")


# -- copied values ---------------------------------------------------------------------------------
def test_one_dose_and_interval_for_three_products_looks_copied(scene: Scene) -> None:
    story = scene.story
    entries = [spray(scene, input=name) for name in ("Abamectin", "Mancozeb", "Cypermethrin")]
    assert [story.alerts(entry) for entry in entries] == [set(), set(), {"diary.copied"}]
    own = {"activity": "pesticide", "input": "Cypermethrin", "dose": "15 ml", "phi": 14}
    paper = story.correct(scene.farm, entries[2], data={"restated": {"diary": own}})
    assert story.answered(entries[2]) == {"diary.copied": story.index(paper)}


def test_the_same_product_again_is_not_copied(scene: Scene) -> None:
    story = scene.story
    assert [story.alerts(spray(scene)) for _ in range(5)] == [set()] * 5


# -- yields ----------------------------------------------------------------------------------------
def test_a_plot_bears_so_much_in_a_season(scene: Scene) -> None:
    """One hectare of pineapples: 60 t."""
    story = scene.story
    assert story.alerts(scene.crop("40 TNE")) == set()
    over = scene.crop("20.001 TNE")
    assert story.alerts(over) == {"harvest.yield"}
    after = scene.crop("1 KGM")
    assert story.alerts(after) == {"harvest.yield"}
    # Another season, and another crop, are counted by themselves.
    line = [(scene.pineapple, "N8", "50 TNE")]
    assert story.alerts(story.harvest(scene.farm, scene.plot, line, season="2027-1")) == set()
    line = [(scene.pomelo, "N9", "40 TNE")]
    assert story.alerts(story.harvest(scene.farm, scene.plot, line)) == set()
    # A correction downwards answers what it explains.
    paper = story.correct(
        scene.farm,
        over,
        [over[0]],
        makes=[
            {
                "of": 0,
                "product": scene.pineapple,
                "lot": over[0].lot,
                "holder": scene.farm.id,
                "quantity": "200 KGM",
            }
        ],
        data={"outputs": [{"n": 0, "quantity": "200 KGM"}]},
    )
    assert story.answered(over) == {"harvest.yield": story.index(paper)}
    assert story.answered(after) == {"harvest.yield": story.index(paper)}


def test_harvests_without_a_season_are_summed_over_120_days(scene: Scene) -> None:
    story = scene.story

    def crop(quantity: str) -> Signed:
        line = [(scene.pineapple, story.lot(), quantity)]
        return story.sign(
            scene.farm,
            "harvest",
            {},
            place=scene.plot,
            makes=[
                {
                    "product": line[0][0],
                    "lot": line[0][1],
                    "holder": scene.farm.id,
                    "quantity": quantity,
                }
            ],
        )

    assert story.alerts(crop("50 TNE")) == set()
    story.later(100 * 86_400_000)
    assert story.alerts(crop("20 TNE")) == {"harvest.yield"}
    story.later(121 * 86_400_000)
    assert story.alerts(crop("20 TNE")) == set()


def test_a_crop_without_a_norm_or_a_plot_without_an_area_is_not_checked(scene: Scene) -> None:
    story = scene.story
    herb = story.product(scene.coop, crop="herb")
    crop = story.harvest(scene.farm, scene.plot, [(herb, "H1", "900 TNE")])
    assert story.alerts(crop) == set()


def test_a_voided_harvest_counts_no_longer(scene: Scene) -> None:
    story = scene.story
    typo = scene.crop("400 TNE")
    after = scene.crop("1 TNE")
    assert story.alerts(typo, after) == {"harvest.yield"}
    story.correct(scene.farm, typo, [typo[0]], data={"void": True})
    assert story.alerts(typo, after) == set()


def test_what_was_never_harvested_was_not_harvested_too_early(scene: Scene) -> None:
    story = scene.story
    spray(scene, phi=7)
    line = make(scene.pineapple, "N1", "10 KGM", scene.farm, claims=["vietgap"])
    typo = story.harvest(scene.farm, scene.plot, [], makes=[line])
    assert story.alerts(typo) == {"harvest.interval", "certificate.missing"}
    paper = story.correct(scene.farm, typo, [typo[0]], data={"void": True})
    assert story.alerts(typo) == set()
    assert set(story.answered(typo).values()) == {story.index(paper)}
    # Nor does a later paper bring it back.
    spray(scene, phi=9, input="Mancozeb")
    story.certificate(scene.certifier, scene.farm, scope={"crops": ["pomelo"]})
    assert story.alerts(typo) == set()


def test_only_the_owner_writes_the_diary_of_a_plot(scene: Scene) -> None:
    story = scene.story
    with story.refuses("place.not-own"):
        story.diary(scene.lone, scene.plot)
    story.consent(scene.farm, scene.coop, "diary")
    story.diary(scene.coop, scene.plot, "pesticide", {"for_": scene.farm.id}, phi=7)
    assert story.alerts(scene.crop()) == {"harvest.interval"}


def test_no_number_of_other_entries_washes_a_spraying_away(scene: Scene) -> None:
    story = scene.story
    story.diary(scene.farm, scene.plot, "pesticide", input="Abamectin", dose="1 ml/l", phi=14)
    for _ in range(201):
        story.diary(scene.farm, scene.plot, "weeding")
    assert story.alerts(scene.crop()) == {"harvest.interval"}
    story.diary(scene.farm, scene.plot, "pesticide", input="Dầu khoáng", dose="2 ml/l", phi=0)
    assert story.alerts(story.records[-2], scene.crop()) == {"harvest.interval"}


def test_the_day_of_a_harvest_is_that_of_its_plot_whatever_offset_was_written(scene: Scene) -> None:
    story = scene.story
    story.clock_at("09:00")
    story.diary(scene.farm, scene.plot, "pesticide", input="Abamectin", dose="1 ml/l", phi=1)
    line = (scene.pineapple, story.lot(), "1 KGM")
    written = "2026-06-03T01:30:00+23:30"  # 09:00 on the second of June, in Vietnam
    crop = story.harvest(scene.farm, scene.plot, [line], at=written)
    assert story.alerts(crop) == {"harvest.interval"}
