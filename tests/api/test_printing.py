"""Labels are printed with a serial each; what is printed leads to their lot and is genuine."""

import io
import re
from urllib.parse import unquote

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image

from tests import printers
from tests.api.stand import Stand
from tests.kit import Signed

ENGLISH = {"accept-language": "en", "accept": "text/html"}


def labelled(stand: Stand, count: int, lot: str = "", ahead: bool = False) -> Signed:
    key = stand.ledger.label_keys.newest().id
    kept = [(stand.harvest[0], f"{count} KGM")] if ahead else []
    record = stand.world.label(
        stand.farm, stand.product, lot or stand.lot, count, ahead=kept, data={"key": key}
    )
    assert stand.append(record).status_code == 201
    return record


def path_of(stand: Stand, record: Signed, lot: str = "") -> str:
    return f"/api/v1/lots/{stand.product}/{lot or stand.lot}/labels/{record.name}/print"


def symbols(pdf: bytes) -> list[str]:
    """What the symbols of all pages say."""
    found = []
    for page in pypdfium2.PdfDocument(io.BytesIO(pdf)):
        image = page.render(scale=300 / 72).to_pil()
        found += [each.text for each in zxingcpp.read_barcodes(image)]
    return found


def test_every_label_of_a_sheet_leads_to_the_lot_and_is_told_as_genuine(own_stand: Stand) -> None:
    record = labelled(own_stand, 5)
    void = own_stand.world.void_labels(own_stand.farm, record, (1, 2))
    assert own_stand.append(void).status_code == 201
    answer = own_stand.get(f"{path_of(own_stand, record)}?first=20", "owner")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["goc-labels"] == "3"
    links = symbols(answer.content)
    assert len(set(links)) == 3
    for link in links:
        assert link.startswith(f"https://goc.example{own_stand.page_path}/21/")
        page = own_stand.get(link.removeprefix("https://goc.example"), **ENGLISH)
        assert "A genuine label of this lot" in page.text


@pytest.mark.parametrize(
    ("wish", "places"),
    [
        ("sheet=3x8", 24),
        ("sheet=2x4&kind=crate&first=3", 8),
        ("sheet=2x5&width=90&height=50&across=4&down=3", 10),
        ("sheet=2x5&width=90&height=50&left=12&top=20", 10),
    ],
)
def test_any_grid_of_a4_is_printed(stand: Stand, wish: str, places: int) -> None:
    record = labelled(stand, 3)
    answer = stand.get(f"{path_of(stand, record)}?{wish}", "clerk")
    assert answer.status_code == 200, answer.text
    document = pypdfium2.PdfDocument(io.BytesIO(answer.content))
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    assert len(document) == 1
    assert len(set(symbols(answer.content))) == 3 <= places


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ("sheet=L7160&left=3", "print.placed"),
        ("sheet=single&down=1", "print.placed"),
        ("sheet=2x5&width=90&height=70", "print.grid"),
        ("sheet=2x5&width=90&height=50&left=40", "print.grid"),
        ("sheet=2x5&first=11", "print.position"),
        ("sheet=0x5", "request.field"),
        ("sheet=10x5", "request.field"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(stand: Stand, wish: str, code: str) -> None:
    answer = stand.get(f"{path_of(stand, labelled(stand, 1))}?{wish}", "clerk")
    assert answer.json()["code"] == code
    assert answer.status_code in (400, 422)


def test_a_cooperatives_picture_stands_on_its_labels(own_stand: Stand) -> None:
    record = labelled(own_stand, 1)
    path = f"{path_of(own_stand, record)}?form=zpl"
    plain = own_stand.get(path, "clerk").content
    folder = own_stand.folder / "logos"
    folder.mkdir()
    Image.new("RGB", (300, 200), "black").save(folder / f"{own_stand.farm.id}.png")
    signed = own_stand.get(path, "clerk").content
    assert signed != plain
    assert own_stand.get(f"{path}&logo=false", "clerk").content == plain
    pdf = own_stand.get(path_of(own_stand, record), "clerk").content
    assert len(symbols(pdf)) == 1
    (folder / f"{own_stand.farm.id}.png").write_text("no picture")
    broken = own_stand.get(path, "clerk")
    assert (broken.status_code, broken.json()["code"]) == (400, "label.picture")


@pytest.mark.parametrize(("form", "begins"), [("zpl", "^XA"), ("tspl", "SIZE ")])
@pytest.mark.parametrize("dpi", [203, 300])
def test_printers_get_their_language_and_go_on_where_they_stopped(
    stand: Stand, form: str, begins: str, dpi: int
) -> None:
    record = labelled(stand, 3)
    path = f"{path_of(stand, record)}?form={form}&dpi={dpi}"
    whole, rest = stand.get(path, "clerk"), stand.get(f"{path}&start=2", "clerk")
    assert (whole.status_code, rest.status_code) == (200, 200)
    assert begins in whole.text
    assert 0 < len(rest.content) < len(whole.content)
    again = stand.get(path, "clerk")
    assert again.content == whole.content


def test_labels_ahead_of_packing_can_be_printed(own_stand: Stand) -> None:
    record = labelled(own_stand, 2, "PACK-2", ahead=True)
    answer = own_stand.get(path_of(own_stand, record, "PACK-2"), "owner")
    assert answer.status_code == 200
    (link, _) = symbols(answer.content)
    assert unquote(link).split("/10/")[1].startswith("PACK-2/21/")
    page = own_stand.get(link.removeprefix("https://goc.example"), **ENGLISH)
    assert "not packed yet" in page.text


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("start=9", 400, "print.start"),
        ("form=zpl&start=9", 400, "print.start"),
        ("first=22", 400, "print.position"),
        ("form=zpl&width=15&height=15", 400, "label.too-"),
        ("form=tspl&kind=crate&dpi=600&width=300&height=300", 400, "print.too-many-dots"),
        ("form=zpl&dpi=600&width=150&height=150", 400, "print.too-many-dots"),
        ("form=exe", 422, "request."),
        ("dpi=72", 422, "request."),
        ("colour=1", 422, "request.parameter"),
        ("form=zpl&offset_x=5.1", 422, "request."),
        ("form=zpl&darkness=16", 422, "request."),
        ("form=tspl&offset_y=-5", 400, "print.cut"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_its_reason(
    stand: Stand, query: str, status: int, code: str
) -> None:
    answer = stand.get(f"{path_of(stand, labelled(stand, 1))}?{query}", "owner")
    assert answer.status_code == status, answer.text
    assert code in answer.json()["type"]


@pytest.mark.parametrize(("form", "said"), [("zpl", b"~SD20"), ("tspl", b"DENSITY 10")])
def test_a_printer_is_tuned(stand: Stand, form: str, said: bytes) -> None:
    path = f"{path_of(stand, labelled(stand, 2))}?form={form}"
    plain = stand.get(path, "owner").content
    tuned = stand.get(f"{path}&offset_x=-0.5&offset_y=0.5&darkness=10&speed=4", "owner").content
    assert said in tuned
    assert said[:3] not in plain

    def burnt(data: bytes) -> list[Image.Image]:
        return printers.tspl(data, 203) if form == "tspl" else printers.zpl(data)

    for here, there in zip(burnt(plain), burnt(tuned), strict=True):
        assert here.tobytes() != there.tobytes()
        [symbol] = zxingcpp.read_barcodes(there)
        assert symbol.text == zxingcpp.read_barcodes(here)[0].text


def test_a_record_that_is_of_no_label_prints_nothing(stand: Stand) -> None:
    answer = stand.get(path_of(stand, stand.harvest), "owner")
    assert answer.status_code == 404
    assert re.search(r"label\.unknown", answer.json()["type"])


def test_nothing_is_printed_with_a_key_that_was_stolen(own_stand: Stand) -> None:
    record = labelled(own_stand, 2)
    assert own_stand.get(path_of(own_stand, record), "owner").status_code == 200
    own_stand.ledger.label_keys.withdraw(own_stand.ledger.label_keys.newest().id)
    answer = own_stand.get(path_of(own_stand, record), "owner")
    assert answer.status_code == 409
    assert "label-key.withdrawn" in answer.json()["type"]
    anew = labelled(own_stand, 2)
    assert own_stand.get(path_of(own_stand, anew), "owner").status_code == 200


def test_before_printing_it_is_said_what_the_record_lacks(own_stand: Stand) -> None:
    record = labelled(own_stand, 4)
    found = own_stand.get(f"{own_stand.lot_path}/labels", "owner", **ENGLISH).json()
    assert (found["printed"], found["packed"], found["room"]) == (4, 4, "96 KGM")
    assert [each["record"] for each in found["records"]] == [record.name]
    assert found["ready"] is False
    lacking = {each["code"]: each for each in found["lacking"]}
    assert lacking["picture"]["field"] == 2
    assert lacking["picture"]["needed"]
    assert lacking["picture"]["text"]
    assert found["key"] == own_stand.ledger.label_keys.newest().id
