"""Day 10. Footwear parts: lots by pieces, assembly by recipe, nothing about food."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.kit import Out, Signed
from tests.telling import Story, loss

PARTS = ("upper", "sole", "lace", "glue")


@dataclass
class Works:
    """A factory in Gia Lâm that buys uppers and soles, and an exporter in Hải Phòng."""

    story: Story = field(default_factory=lambda: Story(start="2026-03-02T07:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.factory = story.party("manufacturer", name="Giày Gia Lâm")
        self.soles = story.party("manufacturer", name="Đế Đông Anh")
        self.exporter = story.party("exporter", name="Xuất khẩu Hải Phòng")
        self.laboratory = story.party("laboratory", name="Phòng thử da giày")
        goods: dict[str, Any] = {"category": "goods", "crop": "footwear"}
        units = {"upper": "H87", "sole": "H87", "lace": "MTR", "glue": "KGM"}
        self.parts = {
            name: story.product(self.soles if name == "sole" else self.factory, unit=unit, **goods)
            for name, unit in units.items()
        }
        amounts = {"upper": "2 H87", "sole": "2 H87", "lace": "2.4 MTR", "glue": "25 GRM"}
        recipe = [{"product": self.parts[name], "quantity": amounts[name]} for name in PARTS]
        self.shoe = story.product(
            self.factory,
            makers="owner",
            unit="PR",
            recipe=recipe,
            standards=["ISO 20345:2021", "ISO 9001:2015"],
            **goods,
        )

    def sole_lot(self, lot: str, pieces: str = "1000 H87") -> Out:
        """The supplier's soles of one pressing, shipped and received."""
        story = self.story
        made = story.acquire(
            self.soles,
            [(self.parts["sole"], lot, pieces)],
            source={"kind": "opening"},
        )
        sent = story.ship(self.soles, [made[0]], to=self.factory)
        return story.receive(self.factory, sent)[0]

    def rest(self) -> tuple[Out, Out, Out]:
        """Uppers, laces and glue for 1000 pairs."""
        lines = [
            (self.parts["upper"], self.story.lot(), "2000 H87"),
            (self.parts["lace"], self.story.lot(), "2400 MTR"),
            (self.parts["glue"], self.story.lot(), "25 KGM"),
        ]
        bought = self.story.acquire(self.factory, lines)
        return bought[0], bought[1], bought[2]

    def assemble(self, soles: list[Out], pairs: int, lot: str, **more: Any) -> Signed:
        """So many pairs from these soles."""
        upper, lace, glue = self.rest()
        draws = [
            (upper, f"{2 * pairs} H87"),
            (lace, f"{2.4 * pairs:.1f} MTR"),
            (glue, f"{25 * pairs} GRM"),
            *[(each, self.story.left(each)) for each in soles],
        ]
        return self.story.transform(
            self.factory, draws, [(self.shoe, lot, f"{pairs} PR")], kind="assemble", **more
        )


@pytest.fixture
def day() -> Works:
    """Before the first part is in."""
    return Works()


def test_a_thousand_soles_and_uppers_become_500_pairs(day: Works) -> None:
    story = day.story
    made = day.assemble([day.sole_lot("DE-1")], 500, "GIAY-1")
    assert story.alerts(made) == set()
    assert story.left(made[0]) == "500 PR"
    sent = story.ship(day.factory, [(made[0], "120 PR")], to=day.exporter)
    assert story.left(story.receive(day.exporter, sent)[0]) == "120 PR"
    assert story.left(made[0]) == "380 PR"


def test_there_are_no_more_shoes_than_soles(day: Works) -> None:
    sole, (upper, lace, glue) = day.sole_lot("DE-1"), day.rest()
    with day.story.refuses("assemble.short"):
        day.story.transform(
            day.factory,
            [sole, upper, lace, glue],
            [(day.shoe, "GIAY-1", "501 PR")],
            kind="assemble",
        )


def test_scrap_is_booked_against_its_part(day: Works) -> None:
    story = day.story
    sole = day.sole_lot("DE-1", "1040 H87")
    scrap = [loss("reject", "40 H87", product=day.parts["sole"])]
    assert story.alerts(day.assemble([sole], 500, "GIAY-1", losses=scrap)) == set()
    more = day.sole_lot("DE-2", "1040 H87")
    assert story.alerts(day.assemble([more], 500, "GIAY-2")) == {"loss-unexplained"}


def test_a_bad_pressing_of_soles_leads_to_the_shoes_that_stand_on_it(day: Works) -> None:
    story = day.story
    first, second, third = (day.sole_lot(f"DE-{n}", "500 H87") for n in (1, 2, 3))
    mixed = day.assemble([first, second], 500, "GIAY-1")
    pure = day.assemble([third], 250, "GIAY-2")
    sent = story.ship(day.factory, [(mixed[0], "200 PR")], to=day.exporter)
    exported = story.receive(day.exporter, sent)
    about = {"product": day.parts["sole"], "lot": "DE-2"}
    failed = story.inspect(day.laboratory, about, result="fail")
    assert story.alerts(failed) == {"inspect.failed"}
    assert story.whereabouts(second) == {day.factory.id: "300 PR", day.exporter.id: "200 PR"}
    lots = {made.lot for each in story.upstream(exported[0]) for made in each.made}
    assert "DE-2" in lots
    assert "DE-2" not in {made.lot for each in story.upstream(pure[0]) for made in each.made}


def test_nothing_here_asks_about_food(day: Works) -> None:
    """No harvest, no plot, no interval; what is acquired is opening stock, declared."""
    made = day.assemble([day.sole_lot("DE-1")], 500, "GIAY-1")
    types = {each.entry.type for each in day.story.upstream(made[0])}
    assert types == {"acquire", "ship", "receive", "transform"}
    assert "DE-1" in day.story.declared(made[0])
