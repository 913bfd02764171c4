"""Day 6. The late diary.

A spraying is typed in late with a wrong date, and corrected after the harvest was sold. It cannot
vanish; alerts are judged again downstream.
"""

from dataclasses import dataclass, field

import pytest

from tests.kit import Out, Signed
from tests.telling import Story


@dataclass
class Season:
    """Sprayed on 1 June with an interval of 14 days; harvested on the 10th, sold on the 11th; the
    clerk copies the paper diary on the 12th and reads "1/5" for "1/6"."""

    story: Story = field(default_factory=lambda: Story(start="2026-04-20T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.coop = story.party("cooperative", name="HTX Cầu Đúc")
        self.farm = story.party("farm", memberOf=[self.coop.id])
        self.shop = story.party("supermarket", name="Siêu thị Ninh Kiều")
        self.kitchen = story.party("school-kitchen", name="Bếp trường Hoa Sen")
        self.pineapple = story.product(self.coop)
        self.plot = story.place(self.farm)
        story.consent(self.farm, self.coop, "diary", "correct", "harvest")
        story.on("2026-06-10", "06:30")
        line = (self.pineapple, "KH-1", "800 KGM")
        self.crop = story.harvest(self.coop, self.plot, [line], for_=self.farm.id)
        story.on("2026-06-11", "04:00")
        sent = story.ship(self.farm, [(self.crop[0], "500 KGM")], to=self.shop)
        self.sold: Out = story.receive(self.shop, sent)[0]
        half = story.ship(self.farm, [(self.crop[0], "300 KGM")], to=self.kitchen)
        self.eaten: Out = story.receive(self.kitchen, half)[0]
        story.clock_at("11:00")
        story.consume(self.kitchen, [self.eaten], kind="served")
        story.on("2026-06-12", "20:00")
        self.entry = story.diary(
            self.coop,
            self.plot,
            "pesticide",
            {"at": "2026-05-01T06:00:00+07:00", "for_": self.farm.id},
            input="Abamectin 1.8EC",
            ingredient="Abamectin",
            dose="10 ml / 16 l",
            phi=14,
        )

    def correct(self, **data: object) -> Signed:
        """The clerk looks at the paper once more, on the 15th."""
        self.story.on("2026-06-15", "20:00")
        return self.story.correct(self.coop, self.entry, for_=self.farm.id, data=data)

    def first_of_june(self) -> Signed:
        """It was the first of June."""
        right = {"activity": "pesticide", "input": "Abamectin 1.8EC", "phi": 14}
        return self.correct(restated={"at": "2026-06-01T06:00:00+07:00", "diary": right})


@pytest.fixture
def day() -> Season:
    """The diary has been copied, with the wrong month."""
    return Season()


def test_with_the_wrong_date_nothing_is_wrong_but_that_it_was_late(day: Season) -> None:
    assert day.story.alerts(day.entry) == {"late"}
    assert day.story.alerts_upstream(day.sold) == set()


def test_the_right_date_reaches_what_was_sold_and_what_was_eaten(day: Season) -> None:
    story = day.story
    paper = day.first_of_june()
    assert story.alerts(day.crop) == {"harvest.interval"}
    for downstream in (day.sold, day.eaten):
        assert story.alerts_upstream(downstream) == {"harvest.interval"}
    detail = story.book.state.alerts_of(story.index(day.crop))[0].key.detail
    assert detail == str(story.index(day.entry)), "it names the spraying"
    assert story.book.state.alerts_of(story.index(day.crop))[0].opened == story.index(paper)


def test_the_correction_is_marked_and_what_stood_before_stays_readable(day: Season) -> None:
    story = day.story
    day.first_of_june()
    assert story.alerts(day.entry) == {"late", "diary.restated-after-harvest"}
    assert day.entry.record.body.at.startswith("2026-05-01"), "the signed entry is as it was"
    now = story.book.state.diaries_at(day.plot)
    assert [(each.date, each.phi) for each in now] == [("2026-06-01", 14)]


def test_it_cannot_vanish(day: Season) -> None:
    """Voided, it opens nothing any more, and says that it was voided after the harvest."""
    story = day.story
    day.first_of_june()
    gone = day.correct(void=True)
    assert story.alerts_upstream(day.sold) == set()
    assert story.answered(day.crop) == {"harvest.interval": story.index(gone)}
    assert "diary.restated-after-harvest" in story.alerts(day.entry)
    marks = [
        alert.key.detail
        for alert in story.book.state.alerts_of(story.index(day.entry))
        if alert.key.code == "diary.restated-after-harvest"
    ]
    assert len(marks) == 2, "once for each time"


def test_nobody_else_corrects_it_nor_the_clerk_in_her_own_name(day: Season) -> None:
    story = day.story
    story.on("2026-06-15", "20:00")
    for party in (day.shop, day.coop):
        with story.refuses("correct.foreign"):
            story.correct(party, day.entry, data={"void": True})


def test_a_harvest_after_the_interval_was_never_in_question(day: Season) -> None:
    story = day.story
    day.first_of_june()
    line = (day.pineapple, "KH-2", "400 KGM")
    second = story.harvest(day.farm, day.plot, [line])
    assert story.alerts(second) == set()
