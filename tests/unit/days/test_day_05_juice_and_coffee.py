"""Day 5. Juice and coffee.

Pineapples, sugar and water become litres; coffee loses moisture. Water is no way to launder mass.
"""

from dataclasses import dataclass, field

import pytest

from tests.kit import Out, Signed
from tests.telling import Story, loss


@dataclass
class Factory:
    """A tonne of pineapples has come in, and fifty kilograms of sugar from the market."""

    story: Story = field(default_factory=lambda: Story(start="2026-06-10T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.farm = story.party("farm", name="Năm Thành")
        self.factory = story.party("processor", name="Xưởng nước ép Hỏa Lựu")
        self.pineapple = story.product(self.farm)
        self.sugar = story.product(self.factory, crop="sugar", name={"vi": "Đường"})
        # Of a kilogram that goes in, 0.45 to 0.65 kg come out; at most a tenth of it is water.
        self.juice = story.product(
            self.factory,
            makers="owner",
            unit="LTR",
            massPerUnit="1.04 KGM",
            process={"yieldMin": "0.45", "yieldMax": "0.65", "waterMax": "0.1"},
        )
        plot = story.place(self.farm)
        crop = story.harvest(self.farm, plot, [(self.pineapple, "KH-1", "1000 KGM")])
        sent = story.ship(self.farm, [crop[0]], to=self.factory)
        self.fruit: Out = story.receive(self.factory, sent)[0]
        self.bag: Out = story.acquire(self.factory, [(self.sugar, "D-9", "50 KGM")])[0]

    def press(self, litres: str, water: str, residue: str) -> Signed:
        """All of both, some water, so many litres; the rest is skin and core."""
        return self.story.transform(
            self.factory,
            [self.fruit, self.bag],
            [(self.juice, "NE-0610", f"{litres} LTR")],
            kind="process",
            gains=[loss("water", f"{water} KGM")],
            losses=[loss("residue", f"{residue} KGM")],
        )


@pytest.fixture
def day() -> Factory:
    """Before the press is started."""
    return Factory()


def test_a_tonne_of_fruit_becomes_600_litres_within_range(day: Factory) -> None:
    pressed = day.press("600", "60", "486")  # 600 l weigh 624 kg; 1110 went in
    assert day.story.alerts(pressed) == set()
    assert day.story.left(pressed[0]) == "600 LTR"
    assert day.story.left(day.fruit) == "0 KGM"


def test_the_sugar_was_bought_so_the_juice_is_declared_in_that_part_and_the_fruit_proven(
    day: Factory,
) -> None:
    pressed = day.press("600", "60", "486")
    assert day.story.declared(pressed[0]) == ["D-9"]
    harvests = [
        effects.entry.acting
        for effects in day.story.upstream(pressed[0])
        if effects.entry.type == "harvest"
    ]
    assert harvests == [day.farm.id]


def test_water_cannot_make_up_for_fruit_that_never_came(day: Factory) -> None:
    """Twice the litres: either more comes out than went in, or the water says so for all to see."""
    story = day.story
    with story.refuses("balance.gain"):
        day.press("1200", "60", "1")
    watered = day.press("1200", "500", "302")
    assert story.alerts(watered) == {"process.water", "process.yield"}
    sold = story.ship(day.factory, [(watered[0], "1 LTR")], to=day.farm)
    assert story.alerts_upstream(sold[0]) >= {"process.water"}, "every bottle shows it"


def test_water_goes_only_into_what_may_hold_it(day: Factory) -> None:
    story = day.story
    rings = story.product(day.factory, name={"vi": "Khóm khoanh"})
    for kind, code in (("process", "balance.water"), ("move-sort-pack", "difference.cause")):
        with story.refuses(code):
            story.transform(
                day.factory,
                [(day.fruit, "100 KGM")],
                [(rings, "KK-1", "120 KGM")],
                kind=kind,
                gains=[loss("water", "20 KGM")],
            )


def test_coffee_dries_and_its_moisture_is_a_loss_with_a_name(day: Factory) -> None:
    story = day.story
    cherry = story.product(day.farm, crop="coffee", name={"vi": "Cà phê tươi"})
    bean = story.product(
        day.farm,
        crop="coffee",
        name={"vi": "Cà phê nhân"},
        process={"yieldMin": "0.18", "yieldMax": "0.25"},
    )
    plot = story.place(day.farm)
    crop = story.harvest(day.farm, plot, [(cherry, "CF-1", "500 KGM")])
    lost = [loss("drying", "305 KGM"), loss("residue", "85 KGM")]
    dried = story.transform(
        day.farm, [(crop[0], "500 KGM")], [(bean, "CN-1", "110 KGM")], kind="process", losses=lost
    )
    assert story.alerts(dried) == set()
    # Dried coffee does not drink its water again.
    with story.refuses("balance.water"):
        story.transform(
            day.farm,
            [dried[0]],
            [(cherry, "CF-2", "500 KGM")],
            kind="process",
            gains=[loss("water", "390 KGM")],
        )
    again = story.harvest(day.farm, plot, [(cherry, "CF-3", "500 KGM")])
    much = story.transform(
        day.farm,
        [again[0]],
        [(bean, "CN-3", "200 KGM")],
        kind="process",
        losses=[loss("drying", "300 KGM")],
    )
    assert story.alerts(much) == {"process.yield"}
