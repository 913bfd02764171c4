"""Day 4. In the kitchen.

A school receives twelve items from five suppliers, two of them not on the ledger, one on the ledger
who forgot to record the shipment; it is 05:30. It cooks, and retains samples.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.kit import Out, Party, Signed
from tests.telling import Story, draw


@dataclass
class Kitchen:
    """A school kitchen, three suppliers on the ledger, two that are not."""

    story: Story = field(default_factory=lambda: Story(start="2026-09-06T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.kitchen = story.party("school-kitchen", name="Bếp trường Hoa Sen")
        self.greens = story.party("cooperative", name="HTX rau Vị Thủy")
        self.fruit = story.party("cooperative", name="HTX trái cây Châu Thành")
        self.butcher = story.party("processor", name="Lò mổ Long Mỹ")
        self.goods: dict[str, tuple[str, str]] = {}
        self.stock: dict[str, Out] = {}
        self.pantry: dict[str, Out] = {}
        for name in ("cải", "muống", "hành", "bí"):
            self.grow(self.greens, name)
        for name in ("chuối", "khóm", "cam"):
            self.grow(self.fruit, name)
        for name in ("thịt", "sườn"):
            self.buy_in(name)
        story.on("2026-09-07", "04:00")
        self.from_greens = self.ship(self.greens, "cải", "muống", "hành", "bí")
        self.from_fruit = self.ship(self.fruit, "chuối", "khóm", "cam")

    def grow(self, coop: Party, name: str) -> None:
        """A cooperative harvests something the day before."""
        product = self.story.product(coop, crop="food", name={"vi": name})
        self.goods[name] = (product, f"L-{len(self.goods)}")
        plot = self.story.place(coop)
        crop = self.story.harvest(coop, plot, [(*self.goods[name], "50 KGM")])
        self.stock[name] = crop[0]

    def buy_in(self, name: str) -> None:
        """The butcher buys from farms that are not on the ledger."""
        product = self.story.product(self.butcher, crop="food", name={"vi": name})
        self.goods[name] = (product, f"L-{len(self.goods)}")
        bought = self.story.acquire(self.butcher, [(*self.goods[name], "50 KGM")])
        self.stock[name] = bought[0]

    def ship(self, supplier: Party, *names: str) -> Signed:
        """Ten kilograms of each."""
        draws = [(self.stock[name], "10 KGM") for name in names]
        return self.story.ship(supplier, draws, to=self.kitchen)

    def keep(self, signed: Signed, *names: str) -> None:
        """Into the pantry."""
        self.pantry.update(zip(names, signed.outs, strict=True))

    def half_past_five(self) -> Signed:
        """Twelve items at the door, five records; returns the intake that has no shipment yet."""
        story = self.story
        story.clock_at("05:30")
        checks = {"sensory": "pass", "rapid": "pass", "temperature": "24.0"}
        one = story.receive(self.kitchen, self.from_greens)
        self.keep(one, "cải", "muống", "hành", "bí")
        two = story.receive(self.kitchen, self.from_fruit)
        self.keep(two, "chuối", "khóm", "cam")
        meat = {"kind": "unrecorded", "party": self.butcher.id, "deliverer": "Anh Sáu"}
        three = self.acquire({"source": meat, "checks": checks}, "thịt", "sườn")
        self.keep(three, "thịt", "sườn")
        for who, names in (("Cô Ba bán cá", ("cá", "tôm")), ("Tiệm Hưng", ("gạo",))):
            source = {"kind": "off-ledger", "name": who, "phone": "0900 000 000"}
            for name in names:
                product = self.story.product(self.kitchen, crop="food", name={"vi": name})
                self.goods[name] = (product, f"L-{len(self.goods)}")
            self.keep(self.acquire({"source": source, "checks": checks}, *names), *names)
        return three

    def acquire(self, data: dict[str, Any], *names: str) -> Signed:
        """Goods without a shipment, with what was checked at the door."""
        makes = [
            {"product": self.goods[name][0], "lot": self.goods[name][1],
             "holder": self.kitchen.id, "quantity": "10 KGM"}
            for name in names
        ]  # fmt: skip
        return self.story.sign(self.kitchen, "acquire", data, makes=makes)

    def cook(self) -> Signed:
        """Lunch: one dish of nearly everything, 320 servings, with its retained sample."""
        story = self.story
        story.clock_at("10:45")
        meal = {
            "meal": "lunch",
            "dish": "Cơm, canh chua cá, thịt kho, cải luộc",
            "servings": 320,
            "prepared": story.at("08:30"),
            "cooked": story.at("10:15"),
            "portioned": story.at("10:30"),
            "served": story.at("10:45"),
            "hygiene": "pass",
            "sensory": "pass",
            "samples": [
                {"name": "Canh chua cá", "quantity": "150 MLT", "container": "Hộp inox",
                 "temperature": "4", "taken": story.at("10:30"), "keeper": "Cô Lan"}
            ],
        }  # fmt: skip
        return story.sign(
            self.kitchen,
            "consume",
            {"kind": "served", "meals": [meal]},
            draws=[draw(out, "9 KGM") for out in self.pantry.values()],
        )


@pytest.fixture
def day() -> Kitchen:
    """Everybody who is on the ledger has shipped, but for the butcher."""
    return Kitchen()


def test_twelve_items_are_in_before_the_children_come_and_nobody_had_to_lie(
    day: Kitchen,
) -> None:
    intake = day.half_past_five()
    assert len(day.pantry) == 12
    records = [each for each in day.story.records if each.claims["iss"] == day.kitchen.id]
    steps = [each.claims["type"] for each in records if each.claims["type"] != "product"]
    assert steps == ["receive", "receive", "acquire", "acquire", "acquire"], "one a supplier"
    assert day.story.alerts(intake) == set()


def test_what_has_no_shipment_is_declared_and_the_rest_is_proven(day: Kitchen) -> None:
    day.half_past_five()
    declared = {name for name, out in day.pantry.items() if day.story.declared(out)}
    assert declared == {"thịt", "sườn", "cá", "tôm", "gạo"}


def test_the_late_shipment_closes_the_gap_and_makes_no_second_holding(day: Kitchen) -> None:
    story = day.story
    intake = day.half_past_five()
    served = day.cook()
    story.clock_at("14:00")
    late = story.sign(
        day.butcher,
        "ship",
        {"closes": intake.name, "vehicle": "95C-045.67"},
        draws=[draw(day.stock["thịt"], "10 KGM"), draw(day.stock["sườn"], "10 KGM")],
        at=story.at("04:30"),
    )
    assert story.alerts(late) == set()
    assert story.left(day.stock["thịt"]) == "40 KGM"
    assert story.holds(day.kitchen, day.goods["thịt"][1]) == "1 KGM", "nine of ten were cooked"
    # The way back now goes on to the butcher, and says truly that he bought them outside.
    way = [each.entry.type for each in story.upstream(day.pantry["thịt"])]
    assert way == ["acquire", "acquire", "ship"], "bought, taken in, and how it came there"
    suppliers = {each.entry.acting for each in story.upstream(day.pantry["thịt"])}
    assert suppliers == {day.kitchen.id, day.butcher.id}
    assert story.index(served) < story.index(late)


def test_the_meal_draws_on_all_that_went_into_it_and_the_sample_is_on_record(
    day: Kitchen,
) -> None:
    story = day.story
    day.half_past_five()
    served = day.cook()
    body: Any = served.record.body
    assert len(body.draws) == 12
    assert body.data.meals[0].servings == 320
    assert body.data.meals[0].samples[0].quantity == "150 MLT"
    assert {story.left(out) for out in day.pantry.values()} == {"1 KGM"}
    # From a farm's cabbage one finds the meal.
    reached = [each.entry.type for each in story.downstream(day.stock["cải"])]
    assert reached == ["ship", "receive", "consume"]


def test_nothing_is_cooked_that_did_not_come_in(day: Kitchen) -> None:
    day.half_past_five()
    day.story.clock_at("10:45")
    with day.story.refuses("draw.over"):
        day.story.consume(day.kitchen, [(day.pantry["cá"], "10.5 KGM")], kind="served")
