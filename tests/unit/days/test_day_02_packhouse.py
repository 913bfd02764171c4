"""Day 2. In the packhouse.

Two tonnes are graded into A, B and reject and packed in bags of 500 g over two days and a shift
change, drawing on several lots in part; labels are printed before packing is finished. Nobody
invents a total, and nobody has more labels than goods. Bags weigh 510 g.
"""

from dataclasses import dataclass, field

import pytest

from tests.kit import HOUR, Drawn, Out, Signed
from tests.telling import Story, loss


@dataclass
class Packhouse:
    """Three lots of two tonnes in all have come in; it is Monday, six o'clock."""

    story: Story = field(default_factory=lambda: Story(start="2026-06-01T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.coop = story.party("cooperative", name="HTX Cầu Đúc")
        self.shop = story.party("supermarket", name="Siêu thị Ninh Kiều")
        self.fruit = story.product(self.coop, crop="pineapple")
        self.bags = {
            grade: story.product(
                self.coop, crop="pineapple", makers="owner", netContent="500 GRM",
                name={"vi": f"Khóm loại {grade}, túi 500 g"},
            )
            for grade in "AB"
        }  # fmt: skip
        self.house = story.place(self.coop, "packhouse")
        farm = story.party("farm", memberOf=[self.coop.id])
        plot = story.place(farm)
        self.came: list[Out] = []
        for lot, quantity in (("V1", "900 KGM"), ("V2", "700 KGM"), ("V3", "400 KGM")):
            crop = story.harvest(farm, plot, [(self.fruit, lot, quantity)])
            sent = story.ship(farm, [crop[0]], to=self.coop)
            self.came.append(story.receive(self.coop, sent, place=self.house)[0])

    def print(self, grade: str, count: int, *ahead: tuple[int, str]) -> Signed:
        """Labels for bags of a grade; so much of what came is kept for them."""
        kept: list[Drawn] = [(self.came[n], quantity) for n, quantity in ahead]
        return self.story.label(
            self.coop, self.bags[grade], f"T{grade}", count, "500 GRM", ahead=kept
        )

    def pack(self, draws: list[tuple[int, str]], a: str, b: str, reject: str) -> Signed:
        """A shift grades and packs: what the scale shows, and what was thrown out."""
        return self.story.transform(
            self.coop,
            [(self.came[n], quantity) for n, quantity in draws],
            [(self.bags["A"], "TA", a), (self.bags["B"], "TB", b)],
            losses=[loss("reject", reject)],
            place=self.house,
        )

    def labelled(self, grade: str) -> tuple[int, int]:
        """What labels of a grade stand for, and what was packed of it, in grams."""
        lot = self.story.book.state.lot_entry((self.bags[grade], f"T{grade}"))
        assert lot is not None
        assert lot.made is not None
        return lot.labelled // 1000, lot.made // 1000


@pytest.fixture
def day() -> Packhouse:
    """Nothing is packed yet."""
    return Packhouse()


def test_two_days_of_packing_with_labels_that_came_first(day: Packhouse) -> None:
    story = day.story
    # In the morning the printer runs: 2,400 labels A of 1.2 t, 1,200 labels B of 600 kg.
    first = day.print("A", 2400, (0, "900 KGM"), (1, "300 KGM"))
    second = day.print("B", 1200, (1, "400 KGM"), (2, "200 KGM"))
    assert day.labelled("A") == (1_200_000, 0)
    # Two shifts, two days; bags weigh 510 g, so a thousand of them are 510 kg.
    story.clock_at("10:00")
    early = day.pack([(0, "700 KGM")], "510 KGM", "153 KGM", "37 KGM")
    story.clock_at("17:30")
    day.pack([(0, "200 KGM"), (1, "500 KGM")], "408 KGM", "255 KGM", "37 KGM")
    story.on("2026-06-02", "09:00")
    late = day.pack([(1, "200 KGM"), (2, "400 KGM")], "204 KGM", "306 KGM", "90 KGM")
    assert story.alerts(early, late, first, second) == set()
    # 1,122 kg of A: 156 labels of A are left over, and those of B do not suffice.
    assert day.labelled("A") == (1_200_000, 1_122_000)
    assert day.labelled("B") == (600_000, 714_000)
    with story.refuses("label.over"):
        day.print("A", 1)
    story.void_labels(day.coop, first, (2244, 2399))
    assert day.labelled("A") == (1_122_000, 1_122_000)
    with story.refuses("label.over"):
        day.print("B", 229)
    day.print("B", 228)
    assert story.alerts(early, late, first, second) == set()


def test_no_kilogram_is_promised_to_both_grades(day: Packhouse) -> None:
    story = day.story
    day.print("A", 1800, (0, "900 KGM"))
    with story.refuses("label.reserved"):
        day.print("B", 1, (0, "500 GRM"))
    with story.refuses("label.over"):
        day.print("A", 1)


def test_a_label_stands_for_a_whole_bag(day: Packhouse) -> None:
    story = day.story
    with story.refuses("label.net"):
        story.label(day.coop, day.bags["A"], "TA", 1, "250 GRM", ahead=[day.came[0]])


def test_bags_that_go_out_and_come_back_need_no_labels_anew(day: Packhouse) -> None:
    story = day.story
    packed = day.pack([(0, "900 KGM")], "510 KGM", "306 KGM", "84 KGM")
    day.print("A", 1020)
    sent = story.ship(day.coop, [(packed[0], "102 KGM")], to=day.shop)
    back = story.receive(day.shop, sent, refused={0: "51 KGM"})
    with story.refuses("label.over"):
        day.print("A", 1)
    # A hundred bags were torn: they are filled again under a new code, and their labels with them.
    story.later(HOUR)
    anew = story.transform(day.coop, [(back[0], "51 KGM")], [(day.bags["A"], "TA2", "51 KGM")])
    assert story.alerts(packed) == {"label.surplus"}
    labels = next(each for each in story.records if each.claims["type"] == "label")
    story.void_labels(day.coop, labels, (0, 101))
    assert story.alerts(packed, anew) == set()
    story.label(day.coop, day.bags["A"], "TA2", 102, "500 GRM")
    with story.refuses("label.over"):
        story.label(day.coop, day.bags["A"], "TA2", 1, "500 GRM")
