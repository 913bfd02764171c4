"""Day 1. At the roadside.

A cooperative's collector buys pineapples from seven farms, one of them no member, weighs farm by
farm, tips all into one lorry, and has no signal until the evening.
"""

from dataclasses import dataclass, field

import pytest

from tests.kit import Out, Party, Signed
from tests.telling import Story
from traceability.core import ids

WEIGHED = ("320", "180.5", "95", "410", "260", "150", "75.5")  # kilograms, farm by farm


@dataclass
class Afternoon:
    """The first of June, 15:30, somewhere between Vị Thanh and the canal."""

    story: Story = field(default_factory=lambda: Story(start="2026-05-20T08:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.coop = story.party("cooperative", name="HTX Cầu Đúc")
        self.shop = story.party("supermarket", name="Siêu thị Ninh Kiều")
        self.pineapple = story.product(self.coop, crop="pineapple")
        self.members = [story.party("farm", memberOf=[self.coop.id]) for _ in WEIGHED[:6]]
        for farm in self.members:
            story.consent(farm, self.coop, "harvest", "ship")
        self.plots = {farm.id: story.place(farm) for farm in self.members}
        story.on("2026-06-01", "15:30")
        # The seventh farm's phone number and plot are written down on the spot: the collector's
        # phone draws its id, and everything else waits for the evening.
        self.seventh = Party(ids.party_id(story.bytes(10)), ("farm",), story._key())
        self.farms = [*self.members, self.seventh]

    def weigh(self, farm: Party, kilograms: str) -> Signed:
        """The collector weighs a farm's crates, loads them, and the farm's goods are its own."""
        story, coop = self.story, self.coop
        line = (self.pineapple, f"KH-{self.farms.index(farm) + 1}", f"{kilograms} KGM")
        crop = story.harvest(coop, self.plots[farm.id], [line], for_=farm.id)
        sent = story.ship(coop, [crop[0]], to=coop, for_=farm.id)
        return story.receive(coop, sent)

    def afternoon(self) -> Out:
        """No signal: weighed at seven plots, mixed in one lorry; sent in the evening."""
        story = self.story
        with story.without_signal():
            self.plots[self.seventh.id] = self._plot_of_the_seventh()
            bought = []
            for farm, kilograms in zip(self.farms, WEIGHED, strict=True):
                bought.append(self.weigh(farm, kilograms)[0])
                story.later(20 * 60_000)
            lorry = story.transform(self.coop, bought, [(self.pineapple, "XE-0601", "1491 KGM")])
        story.clock_at("20:30")
        # The operator registers the seventh farm, which has agreed by telephone so far.
        story.state_party(self.seventh)
        story.register(story.operator, self.seventh.key, self.seventh)
        story.consent(self.seventh, self.coop, "place", "harvest", "ship", by=story.operator)
        story.send()
        return lorry[0]

    def _plot_of_the_seventh(self) -> str:
        place = ids.place_id(self.story.bytes(10))
        whole = {"place": place, "kind": "plot", "area": "0.3 HAR"}
        self.story.sign(self.coop, "place", whole, for_=self.seventh.id)
        return place


@pytest.fixture
def day() -> Afternoon:
    """The afternoon before it is told."""
    return Afternoon()


def test_each_farms_origin_and_weight_survive_the_mixing(day: Afternoon) -> None:
    lorry = day.afternoon()
    expected = {
        farm.id: f"{kilograms} KGM" for farm, kilograms in zip(day.farms, WEIGHED, strict=True)
    }
    assert day.story.origins(lorry) == expected
    # And when half of the lorry goes to a supermarket, half of each farm's pineapples does.
    sent = day.story.ship(day.coop, [(lorry, "745.5 KGM")], to=day.shop)
    sold = day.story.receive(day.shop, sent)
    assert day.story.origins(sold[0])[day.members[0].id] == "160 KGM"
    assert day.story.declared(sold[0]) == []


def test_what_was_written_without_signal_is_neither_late_nor_out_of_order(day: Afternoon) -> None:
    lorry = day.afternoon()
    assert day.story.alerts_upstream(lorry) == {"one-sided"}
    assert day.story.queue == []


def test_the_seventh_farms_part_is_one_sided_until_it_confirms(day: Afternoon) -> None:
    story = day.story
    lorry = day.afternoon()
    sent = story.ship(day.coop, [(lorry, "500 KGM")], to=day.shop)
    sold = story.receive(day.shop, sent)
    one_sided = [
        effects.record.name
        for effects in story.upstream(sold[0])
        if any(key.code == "one-sided" for key in effects.opened)
    ]
    mine = [
        effects.record.name
        for effects in story.upstream(sold[0])
        if effects.entry.acting == day.seventh.id
    ]
    assert one_sided == mine, "its harvest and its sale, and nobody else's"
    # Three days later the farm reads on its phone what was recorded for it, and says: so it was.
    story.on("2026-06-04", "19:00")
    story.consent(day.seventh, day.coop, confirms=mine)
    assert story.alerts_upstream(sold[0]) == set()


def test_the_seventh_farm_may_deny_it_just_as_well(day: Afternoon) -> None:
    story = day.story
    lorry = day.afternoon()
    crop = next(each for each in story.upstream(lorry) if each.entry.acting == day.seventh.id)
    story.sign(
        day.seventh,
        "dispute",
        {"record": crop.record.name, "denies": "quantity", "statement": "Chỉ có 57,5 kg"},
    )
    assert story.alerts_upstream(lorry) == {"one-sided", "disputed"}


def test_whatever_a_trader_writes_for_a_farm_is_one_sided(day: Afternoon) -> None:
    """A trader has no members: his word stands alone until each farm has confirmed its part."""
    story = day.story
    trader = story.party("trader", name="Thương lái Bảy")
    farm = day.members[0]
    line = [(day.pineapple, "TL-1", "200 KGM")]
    with story.refuses("consent.missing"):
        story.harvest(trader, day.plots[farm.id], line, for_=farm.id)
    story.consent(farm, trader, "harvest", "ship")
    crop = story.harvest(trader, day.plots[farm.id], line, for_=farm.id)
    sent = story.ship(trader, [crop[0]], to=trader, for_=farm.id)
    taken = story.receive(trader, sent)
    assert story.alerts(crop) == story.alerts(sent) == {"one-sided"}
    story.consent(farm, trader, "harvest", "ship", confirms=[crop.name, sent.name])
    assert story.alerts_upstream(taken[0]) == set()
    # What a farm writes itself was never one-sided.
    own = story.harvest(farm, day.plots[farm.id], [(day.pineapple, "TU-1", "5 KGM")])
    assert story.alerts(own) == set()
