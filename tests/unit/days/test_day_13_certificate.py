"""Day 13. A certificate is renewed with a gap, and the paper comes late."""

from dataclasses import dataclass, field

import pytest

from tests.kit import Out, Signed
from tests.telling import Story, make


@dataclass
class Year:
    """VietGAP until 31 May; the next one begins on 15 June; harvests before, in and after the gap.

    The renewed certificate arrives on 10 August, long after all was sold.
    """

    story: Story = field(default_factory=lambda: Story(start="2026-01-10T06:00:00+07:00"))

    def __post_init__(self) -> None:
        story = self.story
        self.certifier = story.party("certifier", name="Chứng nhận Đồng Bằng")
        self.coop = story.party("cooperative", name="HTX Cầu Đúc")
        self.farm = story.party("farm", memberOf=[self.coop.id])
        self.shop = story.party("supermarket", name="Siêu thị Ninh Kiều")
        self.pineapple = story.product(self.coop)
        self.plot = story.place(self.farm)
        self.old = story.certificate(
            self.certifier, self.coop, **{"from": "2025-06-01", "to": "2026-05-31"}
        )
        self.before, self.sold_before = self.harvest("2026-05-20", "KH-1")
        self.in_gap, self.sold_in_gap = self.harvest("2026-06-05", "KH-2")
        self.after, self.sold_after = self.harvest("2026-07-05", "KH-3")

    def harvest(self, day: str, lot: str) -> tuple[Signed, Out]:
        """Harvested as VietGAP, and sold the next morning."""
        story = self.story
        story.on(day)
        line = make(self.pineapple, lot, "100 KGM", self.farm, claims=["vietgap"])
        crop = story.harvest(self.farm, self.plot, [], makes=[line])
        story.later(22 * 3_600_000)
        sent = story.ship(self.farm, [crop[0]], to=self.shop)
        return crop, story.receive(self.shop, sent)[0]

    def renew(self, **data: object) -> Signed:
        """The renewal, on 10 August: the same certificate, with a later beginning."""
        self.story.on("2026-08-10")
        whole = self.old.claims["data"] | {"from": "2026-06-15", "to": "2027-06-14"} | data
        return self.story.sign(self.certifier, "certificate", whole)


@pytest.fixture
def day() -> Year:
    """Before the renewal arrives."""
    return Year()


def test_until_the_paper_comes_both_later_harvests_are_marked_and_accepted(day: Year) -> None:
    story = day.story
    assert story.alerts(day.before) == set()
    assert story.alerts(day.in_gap) == {"certificate.expired"}
    assert story.alerts(day.after) == {"certificate.expired"}
    assert story.alerts_upstream(day.sold_after) == {"certificate.expired"}
    assert story.claims(day.sold_after) == {"vietgap"}


def test_the_late_paper_closes_what_it_answers_visibly_and_not_the_gap(day: Year) -> None:
    story = day.story
    paper = day.renew()
    assert story.alerts_upstream(day.sold_after) == set()
    assert story.answered(day.after) == {"certificate.expired": story.index(paper)}
    assert story.alerts_upstream(day.sold_in_gap) == {"certificate.expired"}
    assert story.alerts_upstream(day.sold_before) == set()


def test_a_renewal_that_begins_where_the_old_one_ended_leaves_no_gap(day: Year) -> None:
    story = day.story
    day.renew(**{"from": "2026-06-01"})
    assert story.alerts_upstream(day.sold_in_gap) == set()
    assert story.alerts_upstream(day.sold_before) == set(), "the old one still counts for May"


def test_the_holder_cannot_close_its_gap_with_a_paper_of_its_own(day: Year) -> None:
    story = day.story
    story.on("2026-08-10")
    own = day.old.claims["data"] | {"from": "2026-06-01", "to": "2027-06-14"}
    with story.refuses("certificate.by-certifier"):
        story.sign(day.coop, "certificate", own)
    # One that it declares besides is possible, and is shown as declared, not proven.
    story.certificate(day.coop, day.coop, **{"from": "2026-06-01"})
    assert story.alerts_upstream(day.sold_in_gap) == set()
    assert story.book.state.certificates(day.coop.id)[-1].declared


def test_a_certificate_withdrawn_afterwards_opens_the_harvests_again(day: Year) -> None:
    story = day.story
    paper = day.renew()
    story.on("2026-09-01")
    gone = day.renew(status="withdrawn", statusFrom="2026-07-01")
    assert story.index(gone) > story.index(paper)
    assert story.alerts_upstream(day.sold_after) == {"certificate.suspended"}
    assert story.alerts_upstream(day.sold_before) == set()


def test_a_paper_of_another_scheme_or_for_another_crop_answers_nothing(day: Year) -> None:
    story = day.story
    story.on("2026-08-10")
    year = {"from": "2026-06-01", "to": "2027-06-14"}
    story.certificate(day.certifier, day.coop, scheme="organic", **year)
    assert story.alerts(day.after) == {"certificate.expired"}
    story.certificate(day.certifier, day.coop, scope={"crops": ["pomelo"]}, **year)
    assert story.alerts(day.after) == {"certificate.expired"}
