"""Crates and pallets over HTTP: packed by a command, scanned, printed."""

import io

import pytest
import zxingcpp
from PIL import Image

from tests.api.stand import Stand
from tests.kit import Signed
from traceability.core import ids

HTML = {"accept": "text/html", "accept-language": "vi"}


def sscc(number: int) -> str:
    body = f"0893{number:013d}"
    return body + str(ids.check_digit(body))


@pytest.fixture
def pallet(stand: Stand) -> Signed:
    """A pallet with a crate of the farm's fruit."""
    world, farm = stand.world, stand.farm
    crate = world.pack(farm, f"T{stand.size}", [(stand.harvest[0], "2.5 KGM")])
    stack = world.pack(farm, sscc(stand.size), units=[crate], kind="pallet")
    answers = stand.append_all([crate, stack]).json()["results"]
    assert [each["status"] for each in answers] == [201, 201]
    return stack


def code_of(pallet: Signed) -> str:
    return str(pallet.claims["data"]["sscc"])


def test_a_clerk_packs_a_crate_without_signing_anything(stand: Stand) -> None:
    contents = [{"from": stand.harvest[0].name, "quantity": "1 KGM"}]
    data = {"kind": "crate", "number": f"C{stand.size}", "contents": contents}
    packed = stand.command({"type": "unit", "data": data}, "clerk")
    assert packed.status_code == 201
    name = packed.json()["record"]
    found = stand.get(f"/api/v1/units/{name}", "viewer").json()
    assert (found["number"], found["kind"], found["state"]) == (data["number"], "crate", "whole")
    assert found["contents"] == [
        {"gtin": stand.product, "lot": stand.lot, "quantity": "1 KGM", "href": stand.page_path}
    ]
    again = stand.command({"type": "unit", "data": data}, "clerk")
    assert (again.status_code, again.json()["code"]) == (422, "unit.number")
    opened = stand.command({"type": "unit", "data": {"opens": [name]}}, "clerk")
    assert opened.status_code == 201
    assert stand.get(f"/api/v1/units/{name}", "viewer").json()["state"] == "opened"


def test_what_was_scanned_is_found_by_its_number(stand: Stand, pallet: Signed) -> None:
    path = f"/api/v1/parties/{stand.farm.id}/units"
    (found,) = stand.get(f"{path}?number={code_of(pallet)}", "scanner").json()["units"]
    assert found["record"] == pallet.name
    (inner,) = found["units"]
    (crate,) = stand.get(f"{path}?number={inner['number']}", "scanner").json()["units"]
    assert crate["standsIn"]["number"] == code_of(pallet)
    assert stand.get(f"{path}?number=nobody's", "scanner").json() == {"units": []}
    first = stand.get(f"{path}?limit=1", "auditor").json()
    assert len(first["units"]) == 1


def test_whoever_scans_an_sscc_is_told_the_lots_and_no_amounts(
    stand: Stand, pallet: Signed
) -> None:
    path = f"/00/{code_of(pallet)}"
    page = stand.get(path, **HTML)
    assert page.status_code == 200
    assert stand.page_path in page.text
    assert code_of(pallet) in page.text
    assert "2,5" not in page.text
    assert "Pa-lét" in page.text
    assert "Pallet" in stand.get(f"{path}?lang=en", **HTML).text
    (told,) = stand.get(path, accept="application/json").json()["units"]
    assert told["contents"] == [{"gtin": stand.product, "lot": stand.lot, "href": stand.page_path}]
    assert "holder" not in told
    assert stand.get(path, accept="image/png").status_code == 406


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/00/089300000000000018", 400, "link.check-digit"), ("/00/1", 400, "link.value")],
)
def test_an_sscc_that_is_none_is_refused_with_the_reason(
    stand: Stand, path: str, status: int, code: str
) -> None:
    page = stand.get(path, **HTML)
    assert page.status_code == status
    assert "Mã kiện không đọc được" in page.text
    told = stand.get(path, accept="application/json")
    assert (told.status_code, told.json()["code"]) == (status, code)


def test_an_sscc_that_nobody_gave_is_no_dead_end(stand: Stand) -> None:
    path = f"/00/{sscc(999_999)}"
    page = stand.get(path, **HTML)
    assert page.status_code == 404
    assert "Không tìm thấy kiện này" in page.text
    told = stand.get(path, accept="application/json")
    assert (told.status_code, told.json()["code"]) == (404, "sscc.unknown")


@pytest.mark.parametrize("form", ["png", "svg", "pdf", "zpl", "tspl"])
def test_the_label_of_a_pallet_is_printed_and_read(stand: Stand, pallet: Signed, form: str) -> None:
    answer = stand.get(f"/api/v1/units/{pallet.name}/label.{form}?dpi=300", "clerk")
    assert answer.status_code == 200
    assert len(answer.content) > 500
    if form == "png":
        read = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))
        texts = {each.text for each in read}
        assert f"(00){code_of(pallet)}" in texts
        host = stand.app.state.settings.host
        assert f"{host}/00/{code_of(pallet)}" in texts


@pytest.mark.parametrize("form", ["png", "zpl", "tspl"])
def test_a_pallets_label_of_too_many_dots_is_not_drawn(
    stand: Stand, pallet: Signed, form: str
) -> None:
    path = f"/api/v1/units/{pallet.name}/label.{form}?dpi=600"
    answer = stand.get(f"{path}&width=300&height=300", "clerk")
    assert (answer.status_code, answer.json()["code"]) == (400, "print.too-many-dots")
    assert stand.get(path, "clerk").status_code == 200


def test_a_crate_without_an_sscc_has_no_such_label(stand: Stand) -> None:
    crate = stand.world.pack(stand.farm, f"N{stand.size}", [(stand.harvest[0], "1 GRM")])
    assert stand.append(crate).status_code == 201
    answer = stand.get(f"/api/v1/units/{crate.name}/label.png", "clerk")
    assert (answer.status_code, answer.json()["code"]) == (400, "label.no-sscc")
