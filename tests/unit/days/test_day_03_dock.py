"""Day 3. At the dock.

Of 40 crates a supermarket refuses three, one is missing; the next day it returns what it did not
sell.
"""

from dataclasses import dataclass, field

import pytest

from tests.kit import Signed
from tests.telling import Story, draw, make


@dataclass
class Dock:
    """Forty crates of ten kilograms leave the cooperative at three in the morning."""

    story: Story = field(default_factory=lambda: Story(start="2026-06-01T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.coop = story.party("cooperative", name="HTX Cầu Đúc")
        self.shop = story.party("supermarket", name="Siêu thị Ninh Kiều")
        self.market = story.party("market", name="Chợ Vị Thanh")
        self.pineapple = story.product(self.coop)
        plot = story.place(self.coop)
        line = (self.pineapple, "KD-0601", "400 KGM", "40 H87")
        self.crop = story.harvest(self.coop, plot, [line])
        story.on("2026-06-02", "03:00")
        crates = make(self.pineapple, "KD-0601", "400 KGM", self.shop, count="40 H87")
        self.sent = story.sign(
            self.coop,
            "ship",
            {"vehicle": "95C-012.34", "seal": "S-771", "driver": "Anh Tư"},
            draws=[draw(self.crop[0]) | {"count": "40 H87"}],
            makes=[crates],
            refs=[{"type": "delivery-note", "number": "PGH-118"}],
        )

    def line(self, crates: int, **more: str) -> dict[str, str]:
        """So many crates."""
        whose = self.coop if more["outcome"] == "refused" else self.shop
        count = f"{crates} H87"
        return make(self.pineapple, "KD-0601", f"{crates * 10} KGM", whose, count=count) | more

    def at_the_dock(self) -> Signed:
        """04:40: 36 taken, three too warm, one is not there."""
        self.story.clock_at("04:40")
        return self.story.sign(
            self.shop,
            "receive",
            {
                "losses": [{"cause": "missing", "quantity": "10 KGM", "count": "1 H87"}],
                "checks": {"temperature": "14.5", "sensory": "pass"},
                "receiver": "Chị Hoa",
            },
            draws=[draw(self.sent[0]) | {"count": "40 H87"}],
            makes=[
                self.line(36, outcome="accepted"),
                self.line(3, outcome="refused", reason="temperature"),
            ],
        )


@pytest.fixture
def day() -> Dock:
    """The lorry is on its way."""
    return Dock()


def test_refused_crates_are_back_with_the_shipper_and_the_missing_one_is_booked(
    day: Dock,
) -> None:
    story = day.story
    receipt = day.at_the_dock()
    assert story.holds(day.shop, "KD-0601") == "360 KGM"
    assert story.holds(day.coop, "KD-0601") == "30 KGM"
    assert story.holding(receipt[0]).pieces_left == 36
    # 360 + 30 + 10 missing: nothing is left on the road, and the difference is told to both.
    assert story.left(day.sent[0]) == "0 KGM"
    assert story.alerts(receipt) == {"receive.difference"}
    assert story.alerts_upstream(receipt[0]) == {"receive.difference"}


def test_the_lines_must_account_for_every_crate(day: Dock) -> None:
    story = day.story
    story.clock_at("04:40")
    with story.refuses("receive.sum"):
        story.receive(day.shop, day.sent, makes=[day.line(36, outcome="accepted")])
    with story.refuses("receive.sum"):  # nor does one crate come out of nothing
        story.receive(day.shop, day.sent, makes=[day.line(41, outcome="accepted")])


def test_refused_crates_are_sold_elsewhere_and_not_to_the_supermarket_again_by_itself(
    day: Dock,
) -> None:
    story = day.story
    refused = day.at_the_dock()[1]
    with story.refuses("draw.foreign"):
        story.consume(day.shop, [(refused, "30 KGM")])
    sent = story.ship(day.coop, [(refused, "30 KGM")], to=day.market)
    bought = story.receive(day.market, sent)
    assert story.origins(bought[0]) == {day.coop.id: "30 KGM"}


def test_the_next_day_what_was_not_sold_comes_back_by_a_shipment(day: Dock) -> None:
    story = day.story
    taken = day.at_the_dock()[0]
    story.clock_at("18:00")
    story.consume(day.shop, [(taken, "300 KGM")])
    story.on("2026-06-03", "05:00")
    with story.refuses("draw.over"):
        story.ship(day.shop, [(taken, "70 KGM")], to=day.coop)
    back = story.ship(day.shop, [(taken, "60 KGM")], to=day.coop)
    with story.refuses("draw.in-transit"):  # not before they have arrived
        story.consume(day.coop, [(back[0], "60 KGM")], kind="given")
    home = story.receive(day.coop, back)
    story.consume(day.coop, [(home[0], "20 KGM")], kind="wasted")
    assert story.holds(day.coop, "KD-0601") == "70 KGM"
    assert story.holds(day.shop, "KD-0601") == "0 KGM"
    # It is still the lot that it was, from the harvest on.
    assert [each.entry.type for each in story.upstream(home[0])] == [
        "harvest", "ship", "receive", "ship", "receive",
    ]  # fmt: skip
