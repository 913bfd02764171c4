"""Day 9. Hens, eggs, a fish pond: counts and weights; some die on the way."""

from dataclasses import dataclass, field

import pytest

from tests.kit import Signed
from tests.telling import Story, draw, loss, make


@dataclass
class Yard:
    """A farm with a hen house and a pond, and who buys from it."""

    story: Story = field(default_factory=lambda: Story(start="2026-08-01T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.farm = story.party("farm", name="Tư Vịt")
        self.hatchery = story.party("processor", name="Trại giống")
        self.market = story.party("market", name="Chợ Vị Thanh")
        self.kitchen = story.party("school-kitchen", name="Bếp trường Hoa Sen")
        self.house = story.place(self.farm, "house", area="300 MTK")
        self.pond = story.place(self.farm, "pond", area="0.5 HAR")
        self.chick = story.product(self.hatchery, crop="hen", unit="H87")
        self.egg = story.product(self.farm, crop="egg", unit="H87", massPerUnit="60 GRM")
        self.hen = story.product(self.farm, crop="hen", unit="H87", massPerUnit="1.8 KGM")
        self.fish = story.product(self.farm, crop="fish", unit="KGM")

    def fishing(self) -> Signed:
        """800 catfish, weighed and counted."""
        return self.story.harvest(
            self.farm, self.pond, [(self.fish, "CA-1", "1200 KGM", "800 H87")]
        )


@pytest.fixture
def day() -> Yard:
    """Before anything is collected."""
    return Yard()


def test_eggs_are_pieces_and_the_cracked_ones_are_accounted_for(day: Yard) -> None:
    story = day.story
    eggs = story.harvest(day.farm, day.house, [(day.egg, "T-0801", "300 H87")])
    sorted_ = story.transform(
        day.farm,
        [eggs[0]],
        [(day.egg, "T-A", "200 H87"), (day.egg, "T-B", "94 H87")],
        losses=[loss("damaged", "6 H87")],
    )
    assert story.alerts(sorted_) == set()
    assert [story.left(out) for out in sorted_.outs] == ["200 H87", "94 H87"]
    with story.refuses("balance.gain"):
        story.transform(day.farm, [sorted_[1]], [(day.egg, "T-A", "95 H87")])
    with story.refuses("quantity.too-precise"):
        story.consume(day.farm, [(sorted_[1], "0.5 H87")])
    dozen = story.ship(day.farm, [(sorted_[0], "10 DZN")], to=day.kitchen)
    assert story.left(sorted_[0]) == "80 H87"
    assert story.left(story.receive(day.kitchen, dozen)[0]) == "10 DZN"


def test_chicks_are_named_by_the_eggs_and_hens_without_a_balance(day: Yard) -> None:
    """Seed, fry, chicks, feed: where they came from is told, but an egg is no part of a chick."""
    story = day.story
    chicks = story.acquire(day.farm, [(day.chick, "G-5", "100 H87")])
    hens = story.sign(
        day.farm,
        "harvest",
        {"season": "2026", "stock": [{"product": day.chick, "lot": "G-5"}]},
        place=day.house,
        makes=[make(day.hen, "GA-1", "93 H87", day.farm)],
    )
    assert story.left(chicks[0]) == "100 H87"
    stock = hens.record.body.data.stock  # type: ignore[attr-defined]
    assert [(each.product, each.lot) for each in stock] == [(day.chick, "G-5")]


def test_three_hens_die_on_the_way(day: Yard) -> None:
    story = day.story
    hens = story.harvest(day.farm, day.house, [(day.hen, "GA-1", "93 H87")])
    sent = story.ship(day.farm, [hens[0]], to=day.market)
    with story.refuses("receive.sum"):
        story.receive(
            day.market, sent, losses=[loss("dead", "3 H87")],
            makes=[make(day.hen, "GA-1", "93 H87", day.market, outcome="accepted")],
        )  # fmt: skip
    taken = story.receive(day.market, sent, losses=[loss("dead", "3 H87")])
    assert story.left(taken[0]) == "90 H87"
    assert story.alerts(taken) == {"receive.difference"}, "three of 93 is more than one per cent"
    assert story.holds(day.farm, "GA-1") == "0 H87"


def test_fish_balance_by_weight_and_their_number_travels_along(day: Yard) -> None:
    story = day.story
    catch = day.fishing()
    sent = story.sign(
        day.farm,
        "ship",
        {},
        draws=[draw(catch[0], "600 KGM") | {"count": "400 H87"}],
        makes=[make(day.fish, "CA-1", "600 KGM", day.market, count="400 H87")],
    )
    holding = story.holding(catch[0])
    assert (story.left(catch[0]), holding.pieces_left) == ("600 KGM", 400)
    taken = story.sign(
        day.market,
        "receive",
        {"losses": [loss("dead", "15 KGM") | {"count": "10 H87"}]},
        draws=[draw(sent[0]) | {"count": "400 H87"}],
        makes=[make(day.fish, "CA-1", "585 KGM", day.market, outcome="accepted", count="390 H87")],
    )
    assert story.left(taken[0]) == "585 KGM"
    assert story.holding(taken[0]).pieces_left == 390
    assert story.alerts(taken) == {"receive.difference"}
    with story.refuses("draw.unit"):  # what is weighed is not drawn by the piece
        story.consume(day.market, [(taken[0], "10 H87")])


def test_a_treatment_of_the_pond_has_its_interval_too(day: Yard) -> None:
    story = day.story
    story.diary(day.farm, day.pond, "treatment", input="Oxytetracycline", phi=28)
    story.on("2026-08-20")
    assert story.alerts(day.fishing()) == {"harvest.interval"}
    story.on("2026-08-29")
    later = story.harvest(day.farm, day.pond, [(day.fish, "CA-2", "100 KGM")])
    assert story.alerts(later) == set()


def test_hens_that_die_in_the_yard_are_counted_out(day: Yard) -> None:
    story = day.story
    hens = story.harvest(day.farm, day.house, [(day.hen, "GA-1", "93 H87")])
    counted = story.count(
        day.farm, [hens[0]], [(day.hen, "GA-1", "91 H87")], losses=[loss("dead", "2 H87")]
    )
    assert story.left(counted[0]) == "91 H87"
    assert story.alerts(counted) == set()
    with story.refuses("count.gain"):
        story.count(
            day.farm,
            [counted[0]],
            [(day.hen, "GA-1", "93 H87")],
            gains=[loss("unknown", "2 H87")],
        )
