"""Day 15, **crates and pallets**: sixty crates and two pallets scanned in a row, with gloves.

The packhouse packs 60 crates, stacks them on two pallets and sends them. At the dock somebody scans
the two pallets, and is done; or scans crate after crate, where one is wet and one is missing. What
is scanned is what the receipt says: nobody adds up kilograms by hand.
"""

import pytest

from tests.kit import Claims, Signed
from tests.telling import Story, loss
from traceability.core import ids

CRATES = 60


def sscc(number: int) -> str:
    body = f"0893{number:013d}"
    return body + str(ids.check_digit(body))


class Dock:
    """Sixty crates of 10 kg on two pallets, on their way to a supermarket."""

    def __init__(self) -> None:
        self.story = story = Story(start="2026-06-01T06:00:00+07:00")
        self.coop = story.party("cooperative")
        self.shop = story.party("supermarket")
        self.kitchen = story.party("school-kitchen")
        self.fruit = story.product(self.coop)
        story.on("2026-06-02")
        plot = story.place(self.coop)
        self.crop = story.harvest(self.coop, plot, [(self.fruit, "KD-0602", "600 KGM")])[0]
        story.clock_at("15:00")
        self.crates = [
            story.pack(self.coop, sscc(n), [(self.crop, "10 KGM")]) for n in range(CRATES)
        ]
        half = CRATES // 2
        self.pallets = [
            story.pack(self.coop, sscc(1000 + n), units=stack, kind="pallet")
            for n, stack in enumerate((self.crates[:half], self.crates[half:]))
        ]
        data = {"units": [each.name for each in self.pallets]}
        self.sent = story.ship(self.coop, [(self.crop, "600 KGM")], to=self.shop, data=data)
        story.on("2026-06-03", "04:10")

    def scanned(self, outcomes: dict[str, str], **more: object) -> Signed:
        """A receipt of what was scanned: units by name."""
        lines: list[Claims] = [{"unit": name, "outcome": of} for name, of in outcomes.items()]
        return self.story.receive(self.shop, self.sent, data={"units": lines}, **more)  # type: ignore[arg-type]

    def whole(self, signed: Signed) -> str | None:
        """Who holds a unit, if it is one still."""
        found = self.story.book.state.units.get(self.story.index(signed))
        assert found is not None
        return None if found.opened is not None else found.holder


@pytest.fixture
def day() -> Dock:
    return Dock()


def test_two_scans_take_sixty_crates_over(day: Dock) -> None:
    day.scanned({each.name: "accepted" for each in day.pallets})
    assert day.story.holds(day.shop, "KD-0602") == "600 KGM"
    assert {day.whole(each) for each in (*day.crates, *day.pallets)} == {day.shop.id}


def test_crate_after_crate_where_some_are_wet_or_missing(day: Dock) -> None:
    story = day.story
    outcomes = {each.name: "accepted" for each in day.crates}
    wet, missing = day.crates[3:5], day.crates[59]
    outcomes |= {each.name: "refused" for each in wet} | {missing.name: "missing"}
    with story.refuses("unit.not-received"):  # two crates are more than what was sent back
        day.scanned(outcomes, refused={0: "10 KGM"}, losses=[loss("missing", "10 KGM")])
    taken = day.scanned(outcomes, refused={0: "20 KGM"}, losses=[loss("missing", "10 KGM")])
    assert story.holds(day.shop, "KD-0602") == "570 KGM"
    assert [day.whole(each) for each in day.pallets] == [None, None]
    assert [day.whole(each) for each in (*day.crates[2:6], missing)] == [
        day.shop.id, day.coop.id, day.coop.id, day.shop.id, None,
    ]  # fmt: skip
    # A school gets three crates of it, unopened.
    out = next(each for each in taken.outs if each.quantity == "570 KGM")
    onward = story.ship(day.shop, [(out, "30 KGM")], to=day.kitchen,
                        data={"units": [each.name for each in day.crates[:3]]})  # fmt: skip
    got = story.receive(day.kitchen, onward)
    story.consume(day.kitchen, [(got[0], "30 KGM")], kind="served")
    assert story.origins(got[0]) == {day.coop.id: "30 KGM"}


def test_who_does_not_scan_units_has_loose_goods(day: Dock) -> None:
    story = day.story
    taken = story.receive(day.shop, day.sent)
    story.pack(day.shop, sscc(5000), [(taken[0], "600 KGM")], kind="pallet")
    assert story.holds(day.shop, "KD-0602") == "600 KGM"
