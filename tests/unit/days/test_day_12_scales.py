"""Day 12. Scales: 100.0 kg shipped, 99.2 kg received."""

from dataclasses import dataclass, field

import pytest

from tests.kit import Signed
from tests.telling import Story, loss


@dataclass
class Scales:
    """A hundred kilograms leave the farm by one scale, and arrive at another."""

    story: Story = field(default_factory=lambda: Story(start="2026-06-01T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.farm = story.party("farm", name="Năm Thành")
        self.shop = story.party("supermarket", name="Siêu thị Ninh Kiều")
        self.pineapple = story.product(self.farm)
        plot = story.place(self.farm)
        self.crop = story.harvest(self.farm, plot, [(self.pineapple, "KH-1", "100.0 KGM")])
        self.sent = story.ship(self.farm, [self.crop[0]], to=self.shop)

    def weigh(self, kilograms: str, **difference: str) -> Signed:
        """The shop's scale."""
        lines = {name: [loss("scale", f"{q} KGM")] for name, q in difference.items()}
        return self.story.receive(
            self.shop,
            self.sent,
            makes=[
                {"product": self.pineapple, "lot": "KH-1", "holder": self.shop.id,
                 "quantity": f"{kilograms} KGM", "outcome": "accepted"}
            ],
            losses=lines.get("losses", []),
            gains=lines.get("gains", []),
        )  # fmt: skip


@pytest.fixture
def day() -> Scales:
    """A hundred kilograms are on their way."""
    return Scales()


def test_eight_hundred_grams_are_the_scales(day: Scales) -> None:
    receipt = day.weigh("99.2", losses="0.8")
    assert day.story.left(receipt[0]) == "99.2 KGM"
    assert day.story.alerts(receipt) == set()
    assert day.story.left(day.crop[0]) == "0 KGM"


@pytest.mark.parametrize(
    ("received", "lost", "told"),
    [("99", "1", False), ("98.999999", "1.000001", True), ("98.5", "1.5", True)],
)
def test_beyond_one_per_cent_both_are_told_and_nobody_is_refused(
    day: Scales, received: str, lost: str, told: bool
) -> None:
    receipt = day.weigh(received, losses=lost)
    assert ("receive.difference" in day.story.alerts(receipt)) == told


def test_a_scale_may_show_more_as_well(day: Scales) -> None:
    receipt = day.weigh("100.4", gains="0.4")
    assert day.story.left(receipt[0]) == "100.4 KGM"
    assert day.story.alerts(receipt) == set()


def test_a_difference_that_is_not_named_does_not_sum(day: Scales) -> None:
    for kilograms in ("99.2", "100.8"):
        with day.story.refuses("receive.sum"):
            day.weigh(kilograms)
    with day.story.refuses("receive.sum"):
        day.weigh("99.2", losses="0.81")


def test_a_gram_is_a_gram_in_every_unit(day: Scales) -> None:
    """0.1 + 0.2 is 0.3 here: quantities are whole milligrams, and never floats."""
    story = day.story
    taken = day.weigh("99.2", losses="0.8")
    for quantity in ("0.1 KGM", "200 GRM", "0.0003 TNE"):
        story.consume(day.shop, [(taken[0], quantity)])
    assert story.left(taken[0]) == "98.6 KGM"
    story.consume(day.shop, [(taken[0], "98600000 MGM")])
    assert story.left(taken[0]) == "0 KGM"


def test_differences_do_not_cancel_out_between_lots(day: Scales) -> None:
    """Two kilograms less of one lot and two more of another are two differences."""
    story = day.story
    plot = story.place(day.farm)
    lines = [(day.pineapple, "KH-2", "100 KGM"), (day.pineapple, "KH-3", "100 KGM")]
    crop = story.harvest(day.farm, plot, lines)
    sent = story.ship(day.farm, list(crop.outs), to=day.shop)
    with story.refuses("receive.sum"):
        story.receive(
            day.shop,
            sent,
            makes=[
                {"product": day.pineapple, "lot": lot, "holder": day.shop.id,
                 "quantity": quantity, "outcome": "accepted"}
                for lot, quantity in (("KH-2", "98 KGM"), ("KH-3", "102 KGM"))
            ],
        )  # fmt: skip
    receipt = story.receive(
        day.shop,
        sent,
        losses=[loss("scale", "2 KGM", lot="KH-2")],
        gains=[loss("scale", "2 KGM", lot="KH-3")],
    )
    assert story.alerts(receipt) == {"receive.difference"}
