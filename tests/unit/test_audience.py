"""Hidden values go to those for whom the schema means them, and the record stays whole."""

from itertools import pairwise

import pytest

from tests.kit import Signed, World
from traceability.core import codec
from traceability.core.audience import personal, visible, without
from traceability.core.claims import Audience, Privacy
from traceability.core.registry_records import hidden_fields


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def shipment(world: World) -> Signed:
    farm, shop = world.party("farm"), world.party("supermarket")
    plot = world.place(farm, point={"lon": "105.7000", "lat": "9.7800"}, name="Thửa Cầu Đúc")
    harvest = world.harvest(farm, plot, [(world.product(farm), "L1", "100 KGM", "80 H87")])
    return world.ship(
        farm,
        [(harvest[0], "40 KGM")],
        to=shop,
        also=["holder"],
        by="Chị Tư",
        data={"vehicle": "95C-012.34", "driver": "Anh Năm", "price": "12.000 đ/kg"},
    )


def shown(record: codec.SignedRecord, audience: Audience, include_personal: bool = True) -> object:
    wire = codec.to_wire(record.jws, visible(record, audience, include_personal))
    again = codec.parse(wire, complete=False)
    assert again.digest == record.digest
    return again.body.model_dump(exclude_none=True, exclude={"sd", "hidden"})


def test_the_public_sees_what_was_shipped_but_neither_how_much_nor_by_whom(
    shipment: Signed,
) -> None:
    found = codec.parse(
        codec.to_wire(shipment.record.jws, visible(shipment.record, Audience.PUBLIC)),
        complete=False,
    )
    make = found.body.makes[0]  # type: ignore[attr-defined]
    assert (make.lot, make.quantity, make.holder) == ("L1", None, None)
    assert found.body.data.vehicle is None  # type: ignore[attr-defined]
    assert visible(shipment.record, Audience.PUBLIC) == ()


def test_the_chain_sees_amounts_the_parties_the_rest(shipment: Signed) -> None:
    record = shipment.record
    chain = str(shown(record, Audience.CHAIN))
    assert "40 KGM" in chain
    assert "95C" not in chain
    assert "Năm" not in chain
    party = str(shown(record, Audience.PARTY))
    assert all(word in party for word in ("40 KGM", "95C", "Anh Năm", "Chị Tư", "12.000"))


def test_personal_values_can_be_left_out_for_every_audience(shipment: Signed) -> None:
    found = str(shown(shipment.record, Audience.AUDITOR, include_personal=False))
    assert "95C" in found
    assert "Anh Năm" not in found
    assert "Chị Tư" not in found


def test_only_auditors_see_where_exactly_a_plot_lies(world: World, shipment: Signed) -> None:
    place = next(each for each in world.records if each.claims["type"] == "place").record
    assert "Thửa Cầu Đúc" in str(shown(place, Audience.PUBLIC))
    assert "105.7000" not in str(shown(place, Audience.PARTY))
    assert "105.7000" in str(shown(place, Audience.AUDITOR))


def test_an_auditor_sees_all_of_every_record(world: World, shipment: Signed) -> None:
    for signed in world.records:
        record = signed.record
        assert visible(record, Audience.AUDITOR) == record.disclosures


def test_each_wider_audience_sees_all_that_a_narrower_one_does(
    world: World, shipment: Signed
) -> None:
    for signed in world.records:
        seen = [set(visible(signed.record, audience)) for audience in Audience]
        assert all(one <= other for one, other in pairwise(seen))


def test_erasing_personal_values_leaves_a_record_that_still_parses(shipment: Signed) -> None:
    record = shipment.record
    assert len(personal(record)) == 2
    left = without(record.disclosures, personal(record))
    assert len(left) == len(record.disclosures) - 2
    again = codec.parse(codec.to_wire(record.jws, left), complete=False)
    assert again.name == record.name
    assert again.body.undisclosed("by")


def test_exact_coordinates_are_commercial_and_no_name_is_ever_for_the_public_to_keep() -> None:
    table = hidden_fields()
    assert table["place", "data.polygon"].audience is Audience.AUDITOR
    public = {key for key, hide in table.items() if hide.audience is Audience.PUBLIC}
    assert all(table[key].privacy is Privacy.PERSONAL for key in public)
