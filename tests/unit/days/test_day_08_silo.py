"""Day 8. The rice silo: several seasons, never cleanly separated."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.kit import Drawn, Out, Party, Signed
from tests.telling import Story, loss


@dataclass
class Silo:
    """A cooperative's silo, and the farms that bring paddy to it season after season."""

    story: Story = field(default_factory=lambda: Story(start="2026-01-05T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.coop = story.party("cooperative", name="HTX lúa Long Mỹ")
        self.mill = story.party("processor", name="Nhà máy xay Ngã Bảy")
        self.rice = story.product(self.coop, crop="rice", name={"vi": "Lúa OM5451"})
        self.silo = story.place(self.coop, "silo")
        self.farms = [story.party("farm", memberOf=[self.coop.id]) for _ in range(4)]
        self.in_silo: Out | None = None

    def bring(self, farm: Party, tonnes: str) -> Out:
        """A farm harvests and delivers."""
        story = self.story
        field = story.place(farm, area="2 HAR")
        crop = story.harvest(farm, field, [(self.rice, story.lot(), f"{tonnes} TNE")])
        sent = story.ship(farm, [crop[0]], to=self.coop)
        return story.receive(self.coop, sent)[0]

    def fill(self, total: str, *deliveries: Drawn, lot: str = "SILO-1", **more: Any) -> Signed:
        """The deliveries go on top of whatever is in the silo."""
        rest: list[Drawn] = []
        if self.in_silo is not None:
            rest = [(self.in_silo, self.story.left(self.in_silo))]
        filled = self.story.transform(
            self.coop,
            [*rest, *deliveries],
            [(self.rice, lot, f"{total} TNE")],
            kind="top-up",
            place=self.silo,
            **more,
        )
        self.in_silo = filled[0]
        return filled

    def sell(self, tonnes: str) -> Out:
        """To the mill."""
        assert self.in_silo is not None
        sent = self.story.ship(self.coop, [(self.in_silo, f"{tonnes} TNE")], to=self.mill)
        return self.story.receive(self.mill, sent)[0]

    def farms_in(self, out: Out) -> list[int]:
        """Whose rice may be in these goods."""
        origins = self.story.origins(out)
        return [n for n, farm in enumerate(self.farms) if farm.id in origins]


@pytest.fixture
def day() -> Silo:
    """The silo stands empty."""
    return Silo()


def test_what_is_sold_may_be_of_everybody_since_the_silo_last_ran_empty(day: Silo) -> None:
    story, farms = day.story, day.farms
    # Winter-spring: two farms; a part is sold.
    day.fill("18", day.bring(farms[0], "10"), day.bring(farms[1], "8"))
    first = day.sell("12")
    assert day.farms_in(first) == [0, 1]
    # Summer-autumn: a third farm's rice goes on top of the remaining six tonnes.
    story.on("2026-05-20")
    day.fill("15", day.bring(farms[2], "9"))
    second = day.sell("15")
    assert day.farms_in(second) == [0, 1, 2]
    assert story.origins(second)[farms[2].id] == "9 TNE"
    assert story.holds(day.coop, "SILO-1") == "0 TNE"
    # The silo ran empty: what comes now has nothing to do with what was there.
    story.on("2026-09-15")
    fresh = day.bring(farms[3], "7")
    day.in_silo = None
    with story.refuses("top-up.remainder"):
        day.fill("7", fresh)  # not under the old name
    day.fill("7", fresh, lot="SILO-2")
    assert day.farms_in(day.sell("7")) == [3]


def test_the_remainder_goes_on_with_the_intake_or_not_at_all(day: Silo) -> None:
    story, farms = day.story, day.farms
    day.fill("10", day.bring(farms[0], "10"))
    day.sell("4")
    intake = day.bring(farms[1], "5")
    assert day.in_silo is not None
    with story.refuses("draw.not-whole"):
        story.transform(
            day.coop,
            [(day.in_silo, "1 TNE"), intake],
            [(day.rice, "SILO-1", "6 TNE")],
            kind="top-up",
        )
    with story.refuses("balance.gain"):
        day.fill("12", intake)


def test_rice_dries_in_the_silo_and_the_scale_says_how_much(day: Silo) -> None:
    story = day.story
    day.fill("10", day.bring(day.farms[0], "10"))
    intake = day.bring(day.farms[1], "10")
    filled = day.fill("19.4", intake, losses=[loss("drying", "0.6 TNE")])
    assert story.alerts(filled) == set()
    silent = day.fill("18", day.bring(day.farms[2], "1"))
    assert story.alerts(silent) == {"loss-unexplained"}


def test_a_certificate_that_one_farm_lacks_is_not_on_the_silos_rice(day: Silo) -> None:
    story = day.story
    story.certificate(story.party("certifier"), day.farms[0], scheme="organic")
    field = story.place(day.farms[0])
    line = {"product": day.rice, "lot": "HC-1", "holder": day.farms[0].id, "quantity": "5 TNE"}
    crop = story.harvest(day.farms[0], field, [], makes=[line | {"claims": ["organic"]}])
    organic = story.receive(day.coop, story.ship(day.farms[0], [crop[0]], to=day.coop))
    assert story.claims(organic[0]) == {"organic"}
    plain = day.bring(day.farms[1], "5")
    filled = story.transform(
        day.coop,
        [organic[0], plain],
        [],
        kind="top-up",
        makes=[
            line
            | {"lot": "SILO-1", "holder": day.coop.id, "quantity": "10 TNE", "claims": ["organic"]}
        ],
    )
    assert story.claims(filled[0]) == set()
    assert story.alerts(filled) == {"claim.not-carried"}
