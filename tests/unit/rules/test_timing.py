"""When: claimed times against the log's acceptance."""

import pytest

from tests.unit.rules.scene import Scene

LINE = "1 KGM"


def test_nothing_happens_or_is_signed_in_the_future_of_its_acceptance(scene: Scene) -> None:
    story = scene.story
    for claim in ("at", "iat"):
        with story.refuses("time.future"):
            story.harvest(
                scene.farm,
                scene.plot,
                [(scene.pineapple, "N1", LINE)],
                **{claim: story.time(story.now + 6 * 60_000)},
            )


def test_a_phone_whose_clock_is_four_minutes_fast_is_taken(scene: Scene) -> None:
    story = scene.story
    soon = story.time(story.now + 4 * 60_000)
    crop = story.harvest(scene.farm, scene.plot, [(scene.pineapple, "N1", LINE)], at=soon, iat=soon)
    assert story.alerts(crop) == set()


def test_a_record_that_was_signed_over_30_days_ago_is_signed_again(scene: Scene) -> None:
    story = scene.story
    story.on("2026-07-15")
    with story.refuses("time.signed-long-ago"):
        story.harvest(
            scene.farm,
            scene.plot,
            [(scene.pineapple, "N1", LINE)],
            at=story.at("06:00", -31),
            iat=story.at("06:00", -31),
        )
    # What happened long ago may be written down, late, and says so.
    old = story.harvest(
        scene.farm, scene.plot, [(scene.pineapple, "N1", LINE)], at=story.at("06:00", -31)
    )
    assert story.alerts(old) == {"late"}


def test_it_cannot_end_before_it_began(scene: Scene) -> None:
    story = scene.story
    with story.refuses("time.since"):
        story.harvest(
            scene.farm,
            scene.plot,
            [(scene.pineapple, "N1", LINE)],
            at=story.at("05:00"),
            since=story.at("05:30"),
        )
    story.harvest(scene.farm, scene.plot, [(scene.pineapple, "N1", LINE)], since=story.at("04:30"))


def test_goods_are_not_drawn_more_than_a_day_before_there_were_any(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    with story.refuses("time.before-draw"):
        story.ship(scene.farm, [crop[0]], to=scene.shop, at=story.at("05:59", -1))
    slightly = story.ship(scene.farm, [crop[0]], to=scene.shop, at=story.at("18:00", -1))
    assert story.alerts(slightly) == {"time-order"}


def test_a_day_that_does_not_exist_is_no_time(scene: Scene) -> None:
    story = scene.story
    for claim in ("at", "iat", "since"):
        with story.refuses("time.malformed"):
            story.harvest(
                scene.farm,
                scene.plot,
                [(scene.pineapple, "N1", LINE)],
                **{claim: "2026-02-31T06:00:00+07:00"},
            )


def test_an_instant_is_the_same_in_every_offset(scene: Scene) -> None:
    story = scene.story
    story.clock_at("06:30")
    crop = story.harvest(
        scene.farm, scene.plot, [(scene.pineapple, "N1", LINE)], at="2026-06-01T23:30:00Z"
    )
    assert "late" not in story.alerts(crop)
    sent = story.ship(scene.farm, [crop[0]], to=scene.shop, at="2026-06-02T06:30:00+07:00")
    assert story.alerts(sent) == set()


@pytest.mark.parametrize(
    ("clock", "written", "odd"),
    [
        ("23:30", "2026-06-02T23:30:00+07:00", True),
        ("23:30", "2026-06-02T16:30:00Z", True),  # no way around the hour
        ("06:30", "2026-06-01T23:30:00Z", False),  # and no harm to who writes in UTC
        ("06:30", "2026-06-02T06:30:00+07:00", False),
    ],
)
def test_the_hour_of_an_intake_is_read_from_the_clocks_of_vietnam(
    scene: Scene, clock: str, written: str, odd: bool
) -> None:
    story = scene.story
    story.clock_at(clock)
    taken = story.acquire(scene.trader, [(scene.pineapple, "L1", "1 KGM")], at=written)
    assert ("odd-hour" in story.alerts(taken)) == odd


def test_the_hour_of_an_intake_abroad_is_read_as_it_was_written(scene: Scene) -> None:
    story = scene.story
    quay = story.place(scene.trader, "port", address={"country": "NL"})
    story.clock_at("23:30")
    line = (scene.pineapple, "L1", "1 KGM")
    taken = story.acquire(scene.trader, [line], at="2026-06-02T18:30:00+02:00", place=quay)
    assert story.alerts(taken) == set()
