"""Day 11. Change: a new legal name, a merger, a member that leaves, a commune that is merged."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.kit import Out, Party, Signed
from tests.telling import Story, draw, make


@dataclass
class Cooperatives:
    """Two cooperatives, each with a member, a certificate and pineapples in the store."""

    story: Story = field(default_factory=lambda: Story(start="2026-06-01T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.certifier = story.party("certifier", name="Chứng nhận Đồng Bằng")
        self.shop = story.party("supermarket", name="Siêu thị Ninh Kiều")
        self.first = story.party("cooperative", name="HTX Cầu Đúc")
        self.second = story.party("cooperative", name="HTX Hỏa Lựu")
        self.farm = story.party("farm", memberOf=[self.first.id])
        self.pineapple = story.product(self.first, makers="members")
        self.plot = story.place(
            self.farm, address={"province": "Hậu Giang", "commune": "Xã Hỏa Tiến"}
        )
        self.paper = story.certificate(self.certifier, self.first)
        story.on("2026-06-10")
        self.stock: dict[str, Out] = {}
        crop = self.harvest("KH-1", "100 KGM", "vietgap")
        sent = story.ship(self.farm, [crop[0]], to=self.first)
        self.received = story.receive(self.first, sent)
        other = story.acquire(self.second, [(self.pineapple, "HL-1", "40 KGM")])
        self.stock = {"first": self.received[0], "second": other[0]}

    def harvest(self, lot: str, quantity: str, *claims: str) -> Signed:
        """The member's harvest."""
        line = make(self.pineapple, lot, quantity, self.farm, claims=list(claims))
        return self.story.harvest(self.farm, self.plot, [], makes=[line])

    def merge(self) -> Party:
        """On 1 July both go on as one: the operator states it, and that the old ones have ended."""
        story = self.story
        story.on("2026-07-01")
        union = story.party(
            "cooperative", name="HTX Khóm Hậu Giang", succeeds=[self.first.id, self.second.id]
        )
        story.state_party(self.first, name="HTX Cầu Đúc", ended="2026-06-30")
        story.state_party(self.second, name="HTX Hỏa Lựu", ended="2026-06-30")
        return union


@pytest.fixture
def day() -> Cooperatives:
    """Before any change."""
    return Cooperatives()


def test_a_new_name_is_the_same_party_and_the_old_name_stays_readable(day: Cooperatives) -> None:
    story = day.story
    story.on("2026-07-01")
    story.state_party(day.first, name="Liên hiệp HTX Cầu Đúc")
    names = [each.data.name for each in story.book.state.statements("party", day.first.id)]
    assert names == ["HTX Cầu Đúc", "Liên hiệp HTX Cầu Đúc"]
    story.ship(day.first, [day.stock["first"]], to=day.shop)
    assert story.holds(day.first, "KH-1") == "0 KGM"


def test_the_successor_draws_what_its_predecessors_held(day: Cooperatives) -> None:
    story = day.story
    union = day.merge()
    sent = story.ship(union, [day.stock["first"], day.stock["second"]], to=day.shop)
    taken = story.receive(day.shop, sent)
    assert story.holds(day.first, "KH-1") == "0 KGM"
    assert [out.quantity for out in taken.outs] == ["100 KGM", "40 KGM"]
    assert {each.entry.acting for each in story.upstream(taken[0])} == {
        day.farm.id, day.first.id, union.id, day.shop.id,
    }  # fmt: skip


def test_the_old_ones_have_ended_and_what_is_on_its_way_to_them_arrives(
    day: Cooperatives,
) -> None:
    story = day.story
    story.on("2026-06-30", "18:00")
    sent = story.ship(day.farm, [day.harvest("KH-2", "30 KGM")[0]], to=day.first)
    union = day.merge()
    with story.refuses("party.ended"):
        story.ship(day.first, [day.stock["first"]], to=day.shop)
    with story.refuses("draw.foreign"):
        story.receive(day.shop, sent)
    home = story.receive(union, sent)
    assert story.left(home[0]) == "30 KGM"


def test_the_successor_corrects_and_answers_for_them(day: Cooperatives) -> None:
    story = day.story
    union = day.merge()
    gone = make(day.pineapple, "KH-1", "100 KGM", day.first, of=0)
    story.correct(union, day.received, [day.stock["first"]], makes=[gone], data={"void": True})
    assert story.holds(day.first, "KH-1") == "0 KGM"
    story.dispute(union, _shipment(day))
    assert story.alerts(_shipment(day)) == {"disputed"}


def _shipment(day: Cooperatives) -> Signed:
    return next(each for each in day.story.records if each.claims["type"] == "ship")


def test_certificates_do_not_pass_on(day: Cooperatives) -> None:
    """What was harvested under the old certificate stays covered; what comes after is not."""
    story = day.story
    union = day.merge()
    story.state_party(day.farm, memberOf=[union.id])
    before = _shipment(day)
    assert story.alerts_upstream(day.stock["first"]) == set()
    after = day.harvest("KH-3", "10 KGM", "vietgap")
    assert story.alerts(after) == {"certificate.missing"}
    # The successor has itself certified.
    story.certificate(day.certifier, union, **{"from": "2026-07-01"})
    assert story.alerts(after) == set()
    assert story.alerts(before) == set()


def test_products_and_places_are_the_successors_to_restate(day: Cooperatives) -> None:
    story = day.story
    data: dict[str, Any] = {
        "product": day.pineapple, "name": {"vi": "Khóm Hậu Giang"}, "makers": "members",
        "unit": "KGM", "crop": "pineapple",
    }  # fmt: skip
    union = day.merge()
    with story.refuses("product.foreign"):
        story.sign(day.shop, "product", data)
    story.sign(union, "product", data)
    story.state_party(day.farm, memberOf=[union.id])
    assert story.left(day.harvest("KH-4", "1 KGM")[0]) == "1 KGM"


def test_a_member_leaves_and_takes_its_lots_but_not_the_cooperatives_product(
    day: Cooperatives,
) -> None:
    story = day.story
    kept = day.harvest("KH-5", "20 KGM", "vietgap")
    story.on("2026-07-01")
    story.state_party(day.farm, memberOf=[])
    with story.refuses("product.maker"):
        day.harvest("KH-6", "10 KGM")
    story.ship(day.farm, [kept[0]], to=day.shop)  # what it harvested as a member, it sells
    assert story.alerts(kept) == set()
    # A later paper about the cooperative's certificate leaves its old harvests alone.
    again = day.paper.claims["data"] | {"to": "2029-01-01"}
    story.sign(day.certifier, "certificate", again)
    assert story.alerts(kept) == set()


def test_a_commune_is_merged_and_both_addresses_are_shown(day: Cooperatives) -> None:
    story = day.story
    story.on("2026-07-01")
    with story.refuses("place.foreign"):
        story.sign(day.shop, "place", {"place": day.plot, "kind": "plot"})
    address = {"province": "Cần Thơ", "provinceCode": "92", "commune": "Xã Hỏa Lựu"}
    story.sign(
        day.farm, "place", {"place": day.plot, "kind": "plot", "area": "1 HAR", "address": address}
    )
    communes = [
        each.data.address.commune for each in story.book.state.statements("place", day.plot)
    ]
    assert communes == ["Xã Hỏa Tiến", "Xã Hỏa Lựu"]
    crop = story.book.state.crops_at(day.plot)[0]
    then = [
        each for each in story.book.state.statements("place", day.plot) if each.index < crop.index
    ]
    assert then[-1].data.address.commune == "Xã Hỏa Tiến", "at the harvest it was still that"


def test_nobody_becomes_a_successor_by_its_own_word(day: Cooperatives) -> None:
    story = day.story
    whole = {
        "party": day.shop.id,
        "roles": ["supermarket"],
        "kind": "organisation",
        "name": "Siêu thị",
    }
    with story.refuses("party.by-operator"):
        story.sign(day.shop, "party", whole | {"succeeds": [day.first.id]})
    with story.refuses("draw.foreign"):
        story.sign(day.shop, "consume", {"kind": "sold"}, draws=[draw(day.stock["first"])])
