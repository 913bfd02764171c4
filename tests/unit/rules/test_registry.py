"""Who, where, what and on whose word: parties, consents, places, products, certificates, rules."""

from typing import Any

import pytest

from tests.kit import Party
from tests.unit.rules.scene import Scene
from traceability.core import ids

FIRST_SET = "oiqEQoKFsr1CMgJFaCkRMswhbVNtAIIqjF44rROAP3s"


# -- parties ---------------------------------------------------------------------------------------
def test_only_the_operator_states_parties_and_it_is_the_only_operator(scene: Scene) -> None:
    story, operator = scene.story, scene.story.operator
    whole = {"party": scene.lone.id, "roles": ["farm"], "kind": "household"}
    with story.refuses("party.by-operator"):
        story.sign(scene.coop, "party", whole)
    with story.refuses("party.one-operator"):
        story.sign(operator, "party", whole | {"roles": ["operator"]})
    # The operator may state itself anew.
    story.state_party(operator, name="Sàn mới")
    assert story.book.state.party(operator.id).name == "Sàn mới"


def test_an_organisation_has_a_name_and_a_person_has_none_in_the_clear(scene: Scene) -> None:
    story = scene.story
    whole = {"party": scene.lone.id, "roles": ["farm"]}
    with story.refuses("party.name"):
        story.sign(story.operator, "party", whole | {"kind": "organisation"})
    for kind in ("person", "household"):
        with story.refuses("party.name-in-clear"):
            story.sign(story.operator, "party", whole | {"kind": kind, "name": "Nguyễn Văn Năm"})


def test_nobody_is_member_or_successor_of_itself_or_of_a_stranger(scene: Scene) -> None:
    story = scene.story
    for member in ("memberOf", "succeeds"):
        itself: dict[str, Any] = {member: [scene.lone.id]}
        stranger: dict[str, Any] = {member: [ids.party_id(story.bytes(10))]}
        with story.refuses("party.itself"):
            story.state_party(scene.lone, **itself)
        with story.refuses("party.unknown"):
            story.state_party(scene.lone, **stranger)


@pytest.mark.parametrize("kind", ["party", "place"])
def test_a_location_number_has_its_check_digit(scene: Scene, kind: str) -> None:
    story = scene.story
    with story.refuses("gln.check-digit"):
        if kind == "party":
            story.state_party(scene.coop, gln="8930000000001")
        else:
            story.place(scene.coop, gln="8930000000001")
    assert ids.gln("8930000000002") == "8930000000002"
    story.place(scene.coop, gln="8930000000002")


# -- consents --------------------------------------------------------------------------------------
def test_a_consent_is_the_grantors_or_declared_by_the_operator(scene: Scene) -> None:
    story = scene.story
    with story.refuses("consent.by-grantor"):
        story.consent(scene.lone, scene.trader, "harvest", by=scene.trader)
    story.consent(scene.lone, scene.trader, "harvest", by=story.operator)
    found = story.book.state.consent(scene.lone.id, scene.trader.id)
    assert found is not None
    assert found.declared
    with story.refuses("party.unknown"):
        ghost = Party(ids.party_id(bytes(10)), (), scene.lone.key)
        story.consent(ghost, scene.trader, by=scene.lone)


def test_a_farm_confirms_only_what_this_agent_recorded_for_it(scene: Scene) -> None:
    story = scene.story
    story.consent(scene.lone, scene.trader, "harvest", "ship")
    line = [(scene.pineapple, "N1", "10 KGM")]
    crop = story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)
    own = scene.crop()
    for confirmed in (own.name, crop.name[:-1] + ("A" if crop.name[-1] != "A" else "E")):
        with story.refuses("consent.confirms"):
            story.consent(scene.lone, scene.trader, "harvest", confirms=[confirmed])
    with story.refuses("consent.confirms"):  # the operator cannot confirm in its stead
        story.consent(scene.lone, scene.trader, by=story.operator, confirms=[crop.name])
    assert story.alerts(crop) == {"one-sided"}
    story.consent(scene.lone, scene.trader, "harvest", confirms=[crop.name])
    assert story.alerts(crop) == set()


def test_a_confirmation_alone_takes_no_consent_back(scene: Scene) -> None:
    """A farm that only confirms must not end by that what it agreed to before."""
    story = scene.story
    story.consent(scene.lone, scene.trader, "harvest", until=story.date(30))
    line = [(scene.pineapple, "N1", "10 KGM")]
    crop = story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)
    story.consent(scene.lone, scene.trader, until=story.date(), confirms=[crop.name, crop.name])
    assert story.alerts(crop) == set()
    story.harvest(
        scene.trader, scene.lone_plot, [(scene.pineapple, "N2", "1 KGM")], for_=scene.lone.id
    )
    # Without types and without confirmations it is a withdrawal.
    story.consent(scene.lone, scene.trader, until=story.date())
    with story.refuses("consent.type"):
        story.harvest(
            scene.trader, scene.lone_plot, [(scene.pineapple, "N3", "1 KGM")], for_=scene.lone.id
        )


def test_a_second_confirmation_does_not_move_the_first(scene: Scene) -> None:
    story = scene.story
    story.consent(scene.lone, scene.trader, "harvest")
    line = [(scene.pineapple, "N1", "10 KGM")]
    crop = story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)
    first = story.consent(scene.lone, scene.trader, "harvest", confirms=[crop.name])
    story.consent(scene.lone, scene.trader, "harvest", confirms=[crop.name])
    assert story.answered(crop) == {"one-sided": story.index(first)}


# -- places ----------------------------------------------------------------------------------------
def test_a_place_is_its_owners(scene: Scene) -> None:
    story = scene.story
    again = {"place": scene.plot, "kind": "plot", "area": "2 HAR"}
    with story.refuses("place.foreign"):
        story.sign(scene.lone, "place", again)
    story.sign(scene.farm, "place", again)
    statement = story.book.state.place(scene.plot)
    assert statement is not None
    assert statement.data.area == "2 HAR"


def test_a_place_has_an_area_and_a_shape_on_the_globe(scene: Scene) -> None:
    story = scene.story

    def corner(lon: str, lat: str) -> dict[str, str]:
        return {"lon": lon, "lat": lat}

    a, b = corner("105.6001", "9.7001"), corner("105.6011", "9.7001")
    c = corner("105.6011", "9.7011")
    with story.refuses("place.area"):
        story.place(scene.farm, area="3 KGM")
    with story.refuses("quantity.zero"):
        story.place(scene.farm, area="0 HAR")
    with story.refuses("place.coordinates"):
        story.place(scene.farm, point=corner("105.6001", "90.0001"))
    with story.refuses("place.coordinates"):
        story.place(scene.farm, polygon=[a, corner("180.0001", "9.7000"), c, a])
    with story.refuses("place.polygon"):
        story.place(scene.farm, polygon=[a, b, c, corner("105.6002", "9.7001")])
    with story.refuses("place.polygon"):
        story.place(scene.farm, polygon=[a, b, a, a])
    story.place(scene.farm, polygon=[a, b, c, a])


# -- products --------------------------------------------------------------------------------------
def test_a_product_has_a_gtin_with_its_check_digit_and_one_owner(scene: Scene) -> None:
    story = scene.story
    data = {"name": {"vi": "Khóm"}, "makers": "anyone", "unit": "KGM"}
    with story.refuses("gtin.check-digit"):
        story.sign(scene.coop, "product", data | {"product": "08930000000001"})
    with story.refuses("product.foreign"):
        story.sign(scene.lone, "product", data | {"product": scene.pineapple})
    story.sign(scene.coop, "product", data | {"product": scene.pineapple, "withdrawn": True})
    with story.refuses("product.withdrawn"):
        scene.crop()


def test_a_product_weighs_in_mass_and_its_recipe_names_products(scene: Scene) -> None:
    story = scene.story
    with story.refuses("product.mass"):
        story.product(scene.coop, massPerUnit="1 LTR")
    with story.refuses("quantity.zero"):
        story.product(scene.coop, netContent="0 KGM")
    with story.refuses("product.unknown"):
        story.product(scene.coop, recipe=[{"product": "08930000000002", "quantity": "1 H87"}])
    with story.refuses("quantity.zero"):
        story.product(scene.coop, recipe=[{"product": scene.pineapple, "quantity": "0 KGM"}])


def test_a_product_is_made_by_those_whom_its_owner_lets(scene: Scene) -> None:
    story = scene.story
    with story.refuses("product.unknown"):
        story.harvest(scene.farm, scene.plot, [("02000000099996", "X1", "1 KGM")])
    # pomelo: by members of the cooperative
    story.harvest(scene.farm, scene.plot, [(scene.pomelo, "B1", "1 KGM")])
    story.harvest(scene.coop, scene.coop_plot, [(scene.pomelo, "B2", "1 KGM")])
    with story.refuses("product.maker"):
        story.harvest(scene.lone, scene.lone_plot, [(scene.pomelo, "B3", "1 KGM")])
    licensed = story.product(scene.coop, makers="licensed", licensed=[scene.lone.id])
    story.harvest(scene.lone, scene.lone_plot, [(licensed, "B4", "1 KGM")])
    with story.refuses("product.maker"):
        story.harvest(scene.farm, scene.plot, [(licensed, "B5", "1 KGM")])


# -- certificates ----------------------------------------------------------------------------------
def test_a_certificate_is_stated_by_its_certifier_or_its_holder(scene: Scene) -> None:
    story = scene.story
    with story.refuses("certificate.by-whom"):
        story.certificate(scene.lone, scene.farm, certifier=scene.certifier.id)
    with story.refuses("certificate.certifier"):
        story.certificate(scene.shop, scene.farm)
    with story.refuses("party.unknown"):
        story.certificate(scene.certifier, Party(ids.party_id(bytes(10)), (), scene.farm.key))
    signed = story.certificate(scene.certifier, scene.farm)
    declared = story.certificate(scene.farm, scene.farm)
    certificates = story.book.state.certificates(scene.farm.id)
    assert [each.declared for each in certificates] == [False, True]
    assert [each.index for each in certificates] == [story.index(signed), story.index(declared)]


def test_a_certificates_dates_and_status_are_whole(scene: Scene) -> None:
    story = scene.story
    with story.refuses("certificate.dates"):
        story.certificate(scene.certifier, scene.farm, to=story.date(-11))
    with story.refuses("certificate.status-from"):
        story.certificate(scene.certifier, scene.farm, status="suspended")


def test_what_a_certifier_signed_only_that_certifier_changes(scene: Scene) -> None:
    story = scene.story
    signed = story.certificate(scene.certifier, scene.farm)
    same = {"certificate": signed.claims["data"]["certificate"]}
    with story.refuses("certificate.other"):
        story.certificate(scene.certifier, scene.lone, **same)
    with story.refuses("certificate.other"):
        story.certificate(scene.certifier, scene.farm, scheme="organic", **same)
    with story.refuses("certificate.by-certifier"):  # the holder prolongs it itself
        story.certificate(scene.farm, scene.farm, to=story.date(900), **same)
    with story.refuses("certificate.by-certifier"):  # a rival certifier withdraws it
        story.certificate(
            scene.laboratory,
            scene.farm,
            status="withdrawn",
            statusFrom=story.date(),
            **same,
        )
    story.certificate(scene.certifier, scene.farm, to=story.date(900), **same)


def test_a_certifier_takes_over_what_the_holder_declared(scene: Scene) -> None:
    story = scene.story
    declared = story.certificate(scene.farm, scene.farm, certifier=scene.certifier.id)
    same = {"certificate": declared.claims["data"]["certificate"]}
    with story.refuses("certificate.by-certifier"):
        story.certificate(scene.laboratory, scene.farm, **same)
    story.certificate(scene.certifier, scene.farm, **same)
    assert not story.book.state.certificates(scene.farm.id)[-1].declared


# -- rules -----------------------------------------------------------------------------------------
def test_the_operator_fixes_rules_that_this_version_knows(scene: Scene) -> None:
    story = scene.story
    data = {"rulebook": 1, "thresholds": FIRST_SET}
    with story.refuses("rules.by-operator"):
        story.sign(scene.coop, "rules", data)
    for unknown in (data | {"rulebook": 2}, data | {"thresholds": "A" * 43}):
        with story.refuses("rules.unknown"):
            story.sign(story.operator, "rules", unknown)
    story.sign(story.operator, "rules", data)
    assert story.book.state.thresholds.digest == FIRST_SET
