"""``goc import``: a clerk's register becomes harvests on the ledger, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from tests.goc import Run, goc
from traceability.clock import now_ms
from traceability.exchange.spreadsheets import read_harvests
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings, create_key_file

HEADINGS = (
    "STT", "Ngày thu hoạch", "Nông hộ", "Mã thửa", "Sản phẩm", "Sản lượng (kg)", "Số lô",
    "Chứng nhận", "Ghi chú",
)  # fmt: skip
ADDRESS = {"country": "VN", "commune": "Xã Hỏa Lựu"}

Row = tuple[object, ...]


def day(ago: int) -> str:
    """The date of so many days ago in Vietnam, as a clerk writes it."""
    then = datetime.fromtimestamp(now_ms() / 1000, UTC) + timedelta(hours=7) - timedelta(days=ago)
    return f"{then:%d/%m/%Y}"


def register(folder: Path, rows: Sequence[Row], name: str = "so.xlsx") -> Path:
    """A register with these rows, from row 3 of its sheet on."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["SỔ THU HOẠCH"])
    sheet.append(HEADINGS)
    for n, row in enumerate(rows, start=1):
        sheet.append([n, *row])
    file = BytesIO()
    book.save(file)
    path = folder / name
    path.write_bytes(file.getvalue())
    return path


@dataclass(frozen=True)
class Yard:
    """A cooperative with three members on a ledger in a folder."""

    folder: Path
    cooperative: str
    farms: dict[str, str]  #: number -> id

    def open(self) -> Ledger:
        return Ledger.open(Settings.read(self.folder))

    def take(self, rows: Sequence[Row], *more: str, party: str = "HTX-1") -> Run:
        """Import a register of these rows."""
        file = register(self.folder, rows)
        return goc("import", "harvests", file, "--data", self.folder, "--party", party, *more)

    def harvests(self) -> list[Any]:
        """All harvests on the ledger, as their bodies, in log order."""
        with self.open() as ledger, ledger.reading() as now:
            rows = now.rows("SELECT idx FROM record WHERE type = 'harvest' ORDER BY idx")
            found = [now.reader.signed(index) for (index,) in rows]
        return [record.body for record in found if record is not None]


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yard:
    for name in ("DATABASE_URL", "LOG", "HOST", "KEYRING_KEY", "KEYRING_KEY_FILE", "LANG"):
        monkeypatch.delenv(f"GOC_{name}", raising=False)
    create_key_file(tmp_path, b"k" * 32)
    with Ledger.create(Settings.read(tmp_path), {"name": "Vận hành"}) as ledger:
        registry = ledger.registry
        cooperative = registry.party(
            {"roles": ["cooperative"], "kind": "organisation", "name": "HTX Bến Tre Xanh",
             "number": "HTX-1"}
        ).id  # fmt: skip
        registry.product(
            cooperative,
            {"name": {"vi": "Khóm Cầu Đúc tại vườn"}, "makers": "members", "unit": "KGM"},
        )
        registry.product(
            cooperative, {"name": {"vi": "Khóm loại 1, sọt"}, "makers": "owner", "unit": "KGM"}
        )
        farms: dict[str, str] = {}
        people = (("HO-1", "Nguyễn Văn Tư"), ("HO-2", "Lê Thị Sáu"), ("HO-3", "Nguyễn Văn Tư"))
        for number, person in people:
            farm = registry.party(
                {"roles": ["farm"], "kind": "household", "person": person, "number": number,
                 "memberOf": [cooperative]}
            ).id  # fmt: skip
            farms[number] = farm
            registry.place(farm, {"kind": "plot", "code": f"{number}-A", "address": ADDRESS})
            if number != "HO-3":  # who has not agreed to anything yet
                terms = {"grantor": farm, "agent": cooperative, "until": "2199-12-31"}
                registry.consent({**terms, "types": ["harvest"]})
        registry.place(farms["HO-1"], {"kind": "plot", "code": "HO-1-B", "address": ADDRESS})
    return Yard(tmp_path, cooperative, farms)


GOOD: list[Row] = [
    (day(2), "HO-1", "HO-1-A", "Khóm Cầu Đúc tại vườn", "1.250,5", "L-01", "VietGAP", "Trái to"),
    (day(2), "Bà Lê Thị Sáu", "ho-2-a", "khóm", 300, None, None, None),
    (day(1), "ho-1", "HO-1-B", "Khóm Cầu Đúc", 88, None, None, None),
]


def test_each_row_becomes_a_harvest_of_the_member_signed_by_the_cooperative(yard: Yard) -> None:
    run = yard.take(GOOD)
    assert (run.code, run.err) == (0, "")
    assert "Đã ghi 3 dòng" in run.text
    first, second, third = yard.harvests()
    assert [each.iss for each in (first, second, third)] == [yard.cooperative] * 3
    assert [each.for_ for each in (first, second)] == [yard.farms["HO-1"], yard.farms["HO-2"]]
    [make] = first.makes
    assert (make.lot, make.quantity, make.claims) == ("L-01", "1250.5 KGM", ("vietgap",))
    assert first.note == "Trái to"
    assert first.at.endswith("T06:00:00+07:00")
    assert second.makes[0].lot.startswith("HO-2-A-"), "the plot and the day make a lot code"


def test_a_register_that_is_sent_again_as_it_grows_registers_what_is_new(yard: Yard) -> None:
    assert yard.take(GOOD).code == 0
    again = yard.take(GOOD)
    assert again.code == 0
    assert "Đã ghi 0 dòng; 3 dòng đã có trong sổ từ trước" in again.text
    grown = yard.take([*GOOD, (day(1), "HO-2", "HO-2-A", "Khóm", 40, None, None, None)])
    assert "Đã ghi 1 dòng; 3 dòng đã có" in grown.text
    assert len(yard.harvests()) == 4


def test_two_rows_that_say_the_same_are_two_harvests_and_stay_two(yard: Yard) -> None:
    twice = [GOOD[1], GOOD[1]]
    assert yard.take(twice).code == 0
    assert len(yard.harvests()) == 2
    assert "2 dòng đã có" in yard.take(twice).text
    assert len(yard.harvests()) == 2


def test_another_lot_or_day_is_another_harvest(yard: Yard) -> None:
    one = (day(2), "HO-1", "HO-1-A", "Khóm", 100, "L-1", None, None)
    assert yard.take([one]).code == 0
    others = [
        (day(2), "HO-1", "HO-1-A", "Khóm", 100, "L-2", None, None),
        (day(1), "HO-1", "HO-1-A", "Khóm", 100, "L-1", None, None),
    ]
    assert "Đã ghi 2 dòng; 0 dòng đã có" in yard.take(others).text


def test_a_row_put_right_is_no_second_harvest(yard: Yard, monkeypatch: Any) -> None:
    right = (day(2), "HO-1", "HO-1-A", "Khóm", "1.819,5", "L-1", None, None)
    assert yard.take([right, GOOD[1]]).code == 0
    other = (*right[:4], 891, *right[5:])
    run = yard.take([other, GOOD[1]])
    assert run.code == 1
    said = f"Dòng 3: thửa HO-1-A ngày {day(2)}, lô L-1: sổ đã ghi 1.819,5 kg. Muốn sửa, hãy đính"
    assert run.text.startswith(said)
    assert "Đã ghi 0 dòng; 1 dòng đã có" in run.text
    monkeypatch.setenv("GOC_LANG", "en")
    english = yard.take([other], "--dry-run")
    assert (english.code, "the ledger has 1.819,5 kg" in english.text) == (1, True)
    assert len(yard.harvests()) == 2


def test_a_second_harvest_of_the_day_beside_the_first_is_recorded(yard: Yard) -> None:
    one = (day(2), "HO-1", "HO-1-A", "Khóm", 100, "L-1", None, None)
    two = (*one[:4], 60, *one[5:])
    assert yard.take([one]).code == 0
    assert "Đã ghi 1 dòng; 1 dòng đã có" in yard.take([two, one]).text
    assert "Đã ghi 0 dòng; 2 dòng đã có" in yard.take([two, one]).text


def test_a_corrected_harvest_is_still_the_row_that_it_was(yard: Yard) -> None:
    assert yard.take(GOOD[:1]).code == 0
    [harvest] = yard.harvests()
    with yard.open() as ledger:
        with ledger.reading() as now:
            rows = now.rows("SELECT idx FROM record WHERE type = 'harvest'")
            record = now.reader.signed(rows[0][0])
        assert record is not None
        farm = yard.farms["HO-1"]
        make = harvest.makes[0]
        product, lot = make.product, make.lot
        anew = {"product": product, "lot": lot, "holder": farm, "quantity": "1205 KGM", "of": 0}
        wire = ledger.commands.sign(
            farm,
            {
                "type": "correct",
                "place": harvest.place,
                "draws": [{"from": f"{record.name}.0", "quantity": "1250.5 KGM"}],
                "makes": [anew],
                "data": {
                    "corrects": record.name,
                    "reason": "Gõ nhầm",
                    "outputs": [{"n": 0, "quantity": "1205 KGM"}],
                },
            },
        )
        ledger.accept([wire])
    assert "0 dòng; 1 dòng đã có" in yard.take(GOOD[:1]).text
    put_right = [(*GOOD[0][:4], "1.205", *GOOD[0][5:])]
    assert "0 dòng; 1 dòng đã có" in yard.take(put_right).text, "and so is the register's"


def test_wrong_rows_are_told_in_vietnamese_and_the_right_ones_recorded(yard: Yard) -> None:
    rows: list[Row] = [
        GOOD[0],
        (day(2), "HO-9", "HO-1-A", "Khóm", 10, None, None, None),
        (day(2), "HO-2", "HO-1-A", "Khóm", 10, None, None, None),
        (day(2), "HO-1", "HO-1-A", "Bưởi", 10, None, None, None),
        (day(2), "Nguyễn Văn Tư", "HO-1-A", "Khóm", 10, None, None, None),
        (day(2), "HO-1", "HO-1-A", "Khóm", "mười", None, None, None),
        (day(2), "HO-3", "HO-3-A", "Khóm", 10, None, None, None),
        (day(-3), "HO-1", "HO-1-A", "Khóm", 10, None, None, None),
        (day(2), "HO-1", "HO-1-A", "Khóm loại 1, sọt", 10, None, None, None),
        GOOD[2],
    ]
    run = yard.take(rows)
    assert run.code == 1
    *wrong, last = run.text.splitlines()
    assert last == "Đã ghi 2 dòng; 0 dòng đã có trong sổ từ trước; 8 dòng sai, chưa ghi."
    expected = [
        ("Dòng 4, cột", ": HO-1, HO-2, HO-3"),
        ("Dòng 5, cột", "HO-2-A"),
        ("Dòng 6, cột", "Khóm Cầu Đúc tại vườn"),
        ("Dòng 7, cột", "HO-1, HO-3"),
        ("Dòng 8, cột", "mười"),
        ("Dòng 9, cột Nông hộ", "ủy quyền"),
        ("Dòng 10, cột Ngày thu hoạch", "tương lai"),
        ("Dòng 11, cột", "Khóm Cầu Đúc tại vườn"),
    ]
    wrong = [each for each in wrong if ", cột " in each]  # beside the rows that were recorded
    assert len(wrong) == len(expected)
    for line, (where, what) in zip(wrong, expected, strict=True):
        assert line.startswith(where), line
        assert what in line, line
    assert len(yard.harvests()) == 2


def test_a_rehearsal_says_what_would_be_and_records_nothing(yard: Yard) -> None:
    rows = [*GOOD, (day(2), "HO-3", "HO-3-A", "Khóm", 10, None, None, None)]
    run = yard.take(rows, "--dry-run")
    assert run.code == 1
    assert "Dòng 6, cột Nông hộ: " in run.text
    assert "3 dòng ghi được; 0 dòng đã có trong sổ; 1 dòng sai" in run.text
    assert yard.harvests() == []
    assert "Đã ghi 3 dòng" in yard.take(rows).text


def test_a_recorded_row_is_told_with_its_label_and_what_is_doubtful_about_it(yard: Yard) -> None:
    run = yard.take(GOOD[:1])
    told, *alerts, _ = run.text.splitlines()
    [harvest] = yard.harvests()
    host = Settings.read(yard.folder).host
    assert told.startswith("Dòng 3: lô L-01")
    assert told.endswith(f"{host}/01/{harvest.makes[0].product}/10/L-01")
    assert [each.strip() for each in alerts] == ["cảnh báo: Không có chứng nhận"]
    assert "Dòng 3" not in yard.take(GOOD[:1]).text  # known now, and not recorded again


@pytest.mark.parametrize(
    ("line", "season"),
    [
        (["Hợp tác xã: Bến Tre Xanh   Vụ: Hè Thu 2026"], "Hè Thu 2026"),
        (["Hợp tác xã: ………   Vụ: …Đông Xuân…"], "Đông Xuân"),
        (["Vụ:", "Hè Thu"], "Hè Thu"),
        (["Hợp tác xã: ……………………   Vụ: ……………………"], None),
        (["Phục vụ: cô Ba"], None),
    ],
)
def test_the_season_that_the_template_asks_for_is_read_where_rows_name_none(
    yard: Yard, line: list[str], season: str | None
) -> None:
    file = yard.folder / "so.xlsx"
    goc("import", "template", "-o", file)
    book = load_workbook(file)
    sheet = book.worksheets[0]
    for position, words in enumerate(line, start=1):
        sheet.cell(2, position, words)
    names = {cell.value: position for position, cell in enumerate(sheet[4], start=1)}
    for heading, value in (
        ("Ngày thu hoạch", day(2)), ("Nông hộ", "HO-1"), ("Mã thửa", "HO-1-A"),
        ("Sản phẩm", "khóm"), ("Sản lượng", 10), ("Đơn vị", "kg"),
    ):  # fmt: skip
        sheet.cell(5, names[heading], value)
    book.save(file)
    run = goc("import", "harvests", file, "--data", yard.folder, "--party", "HTX-1")
    assert run.code == 0, run.text + run.err
    [harvest] = yard.harvests()
    assert harvest.data.season == season


def test_product_hour_and_season_may_be_given_for_all_rows(yard: Yard) -> None:
    rows = [(day(2), "HO-1", "HO-1-A", "Thơm", 10, None, None, None)]
    assert yard.take(rows).code == 1
    run = yard.take(rows, "--product", "Khóm", "--usual-time", "15:30", "--season", "Hè Thu")
    assert run.code == 0, run.text
    [harvest] = yard.harvests()
    assert harvest.at[11:16] == "15:30"
    assert harvest.data.season == "Hè Thu"
    wrong = yard.take(rows, "--usual-time", "25:00")
    assert (wrong.code, "[cli.time]" in wrong.err) == (2, True)


def test_the_cooperative_goes_by_id_number_or_name(yard: Yard) -> None:
    for party in (yard.cooperative, "htx-1", "HTX  Bến Tre Xanh"):
        assert yard.take(GOOD, party=party).code == 0
    assert len(yard.harvests()) == 3
    for party in ("HTX-2", "p-0000000000000000"):
        run = yard.take(GOOD, party=party)
        assert (run.code, "[import.party]" in run.err) == (2, True)


def test_names_of_people_reach_no_message(yard: Yard) -> None:
    run = yard.take([(day(2), "Ai Đó", "HO-1-A", "Khóm", 10, None, None, None)])
    assert run.code == 1
    assert "Sáu" not in run.text + run.err


def test_a_party_without_a_key_here_signs_nothing(yard: Yard, monkeypatch: Any) -> None:
    with yard.open() as ledger, ledger.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM keyring WHERE party = ?", (yard.cooperative,))
    run = yard.take(GOOD)
    assert (run.code, "[command.no-key]" in run.err) == (2, True)


def test_what_is_no_register_is_refused_with_its_reason(yard: Yard) -> None:
    (yard.folder / "so.xlsx").write_bytes(b"not a workbook")
    run = goc(
        "import", "harvests", yard.folder / "so.xlsx", "--data", yard.folder, "--party", "HTX-1"
    )
    assert (run.code, "[sheet." in run.err) == (2, True)
    absent = goc("import", "harvests", "no-such.xlsx", "--data", yard.folder, "--party", "HTX-1")
    assert (absent.code, "no-such.xlsx" in absent.err) == (2, True)


def test_the_template_is_a_register_without_rows(tmp_path: Path) -> None:
    run = goc("import", "template", "-o", tmp_path / "so.xlsx")
    assert run.code == 0
    sheet = read_harvests((tmp_path / "so.xlsx").read_bytes())
    assert (sheet.rows, sheet.errors) == ((), ())
    assert goc("import", "template", "-o", "-").out == (tmp_path / "so.xlsx").read_bytes()


def test_a_register_that_is_there_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    filled = tmp_path / "so.xlsx"
    filled.write_bytes(b"a season's work")
    run = goc("import", "template", "-o", filled)
    assert (run.code, "[cli.exists]" in run.err, str(filled) in run.err) == (2, True, True)
    assert filled.read_bytes() == b"a season's work"
    assert goc("import", "template", "-o", filled, "--force").code == 0
    assert read_harvests(filled.read_bytes()).rows == ()
