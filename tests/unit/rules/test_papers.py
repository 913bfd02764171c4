"""Certificates, and the claims that they carry: what a label may say."""

from typing import Any

import pytest

from tests.kit import Party, Signed
from tests.telling import make
from tests.unit.rules.scene import Scene


def claimed(scene: Scene, farm: Party | None = None, place: str | None = None) -> Signed:
    """A harvest that says it is VietGAP."""
    farm = farm or scene.farm
    line = {
        "product": scene.pineapple,
        "lot": scene.story.lot(),
        "holder": farm.id,
        "quantity": "10 KGM",
        "claims": ["vietgap"],
    }
    return scene.story.harvest(farm, place or scene.plot, [], makes=[line])


def test_a_claim_needs_a_certificate(scene: Scene) -> None:
    story = scene.story
    assert story.alerts(claimed(scene)) == {"certificate.missing"}
    story.certificate(scene.certifier, scene.farm, scheme="organic")
    assert story.alerts(claimed(scene)) == {"certificate.missing"}
    assert story.alerts(scene.crop()) == set()  # who claims nothing needs nothing


@pytest.mark.parametrize(
    ("data", "alert"),
    [
        ({}, None),
        ({"scope": {"crops": ["pineapple"]}}, None),
        ({"scope": {"crops": ["pomelo"]}}, "certificate.scope"),
        ({"from": "2025-01-01", "to": "2026-06-01"}, "certificate.expired"),
        ({"from": "2025-01-01", "to": "2026-06-02"}, None),
        ({"from": "2026-06-02", "to": "2027-01-01"}, None),
        ({"from": "2026-06-03", "to": "2027-01-01"}, "certificate.expired"),
        ({"status": "suspended", "statusFrom": "2026-06-01"}, "certificate.suspended"),
        ({"status": "suspended", "statusFrom": "2026-06-03"}, "certificate.expired"),
        ({"status": "withdrawn", "statusFrom": "2026-06-02"}, "certificate.suspended"),
    ],
)
def test_a_certificate_covers_its_crops_on_its_days(
    scene: Scene, data: dict[str, Any], alert: str | None
) -> None:
    story = scene.story
    story.certificate(scene.certifier, scene.farm, **data)
    assert story.alerts(claimed(scene)) == ({alert} if alert else set())


def test_a_certificate_covers_its_places_and_products(scene: Scene) -> None:
    story = scene.story
    scope = {"places": [scene.plot], "products": [scene.pineapple]}
    story.certificate(scene.certifier, scene.farm, scope=scope)
    assert story.alerts(claimed(scene)) == set()
    assert story.alerts(claimed(scene, place=scene.other_plot)) == {"certificate.scope"}


def test_a_cooperatives_certificate_covers_its_members_unless_it_says_otherwise(
    scene: Scene,
) -> None:
    story = scene.story
    story.certificate(scene.certifier, scene.coop)
    assert story.alerts(claimed(scene)) == set()
    assert story.alerts(claimed(scene, scene.lone, scene.lone_plot)) == {"certificate.missing"}
    alone = story.party("cooperative", name="HTX Riêng")
    member = story.party("farm", memberOf=[alone.id])
    story.certificate(scene.certifier, alone, scope={"members": False})
    plot = story.place(member)
    assert story.alerts(claimed(scene, member, plot)) == {"certificate.scope"}


def test_a_suspension_acts_from_its_day_also_on_harvests_that_stand_already(
    scene: Scene,
) -> None:
    story = scene.story
    paper = story.certificate(scene.certifier, scene.farm)
    same = {"certificate": paper.claims["data"]["certificate"], "number": "VG-1"}
    before = claimed(scene)
    story.on("2026-06-10")
    after = claimed(scene)
    story.on("2026-06-12")
    suspended = {"status": "suspended", "statusFrom": "2026-06-09"}
    story.certificate(scene.certifier, scene.farm, **same, **suspended)
    assert story.alerts(before) == set()
    assert story.alerts(after) == {"certificate.suspended"}
    # Lifted, from a day on.
    story.on("2026-06-20")
    lifted = story.certificate(
        scene.certifier, scene.farm, **same, status="valid", statusFrom="2026-06-18"
    )
    assert story.alerts(claimed(scene)) == set()
    assert story.alerts(after) == {"certificate.suspended"}
    # The suspension was a mistake: lifted from the day on which it began, and visibly.
    again = story.certificate(
        scene.certifier, scene.farm, **same, status="valid", statusFrom="2026-06-09"
    )
    assert story.index(again) > story.index(lifted)
    assert story.answered(after) == {"certificate.suspended": story.index(again)}


def test_a_member_that_leaves_keeps_what_was_harvested_before(scene: Scene) -> None:
    """A later paper about the cooperative's certificate must not take it away either."""
    story = scene.story
    paper = story.certificate(scene.certifier, scene.coop)
    crop = claimed(scene)
    story.on("2026-06-10")
    story.state_party(scene.farm, memberOf=[])
    story.certificate(
        scene.certifier,
        scene.coop,
        certificate=paper.claims["data"]["certificate"],
        to="2028-01-01",
    )
    assert story.alerts(crop) == set()
    assert story.alerts(claimed(scene)) == {"certificate.missing"}


def test_a_certificate_ends_with_the_party_that_holds_it(scene: Scene) -> None:
    """Even while its members are still on its list."""
    story = scene.story
    story.certificate(scene.certifier, scene.coop)
    crop = claimed(scene)
    story.on("2026-06-10")
    story.state_party(scene.coop, ended="2026-06-05")
    assert story.alerts(claimed(scene)) == {"certificate.expired"}
    assert story.alerts(crop) == set()


def test_a_harvest_corrected_to_another_product_is_covered_as_that(scene: Scene) -> None:
    story = scene.story
    story.certificate(scene.certifier, scene.farm, scope={"crops": ["pomelo"]})
    crop = claimed(scene)
    assert story.alerts(crop) == {"certificate.scope"}
    line = make(scene.pomelo, crop[0].lot, "10 KGM", scene.farm, of=0, claims=["vietgap"])
    ten = {"outputs": [{"n": 0, "quantity": "10 KGM"}]}
    paper = story.correct(scene.farm, crop, [crop[0]], makes=[line], data=ten)
    assert story.answered(crop) == {"certificate.scope": story.index(paper)}
    assert story.claims(paper[0]) == {"vietgap"}


def test_a_declared_certificate_covers_and_is_shown_as_declared(scene: Scene) -> None:
    story = scene.story
    story.certificate(scene.farm, scene.farm)
    assert story.alerts(claimed(scene)) == set()
    assert story.book.state.certificates(scene.farm.id)[0].declared
