"""Pages of lots as the ledger might fill them. Communes are real; people, firms, codes are not."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from api.web.province_map import way_of
from api.web.view import (
    Alert,
    Amount,
    Certificate,
    CertificateState,
    Check,
    CheckKind,
    Correction,
    Dispute,
    Fact,
    Goods,
    Home,
    HomeLabel,
    Inspection,
    LotPage,
    Notice,
    Origin,
    Party,
    Phrase,
    Picture,
    Place,
    Problem,
    Product,
    ProductPage,
    Proof,
    Sample,
    State,
    Step,
    StepKind,
    UnitLot,
    UnitPage,
    Verdict,
    Words,
)

VIETNAM: Final = timezone(timedelta(hours=7))
HOST: Final = "goc.example"
NOW: Final = datetime(2026, 11, 22, 6, 12, tzinfo=VIETNAM)
VKEY: Final = f"{HOST}/hau-giang+6f1c02ab+" + b64encode(b"\x01" + bytes(range(7, 39))).decode()

PICTURES: Final = {"khom.svg": "640 × 400"}


def at(day: int, clock: str, month: int = 11) -> datetime:
    """A time in Vietnam in 2026."""
    hour, minute = clock.split(":")
    return datetime(2026, month, day, int(hour), int(minute), tzinfo=VIETNAM)


def kg(value: str) -> Amount:
    return Amount(Decimal(value), "KGM")


def fact(name: str, value: "str | Amount | Phrase | int", state: State | None = None) -> Fact:
    return Fact(Phrase(f"web.fact.{name}"), value, state)


PASS: Final = Phrase("web.value.pass")
FAIL: Final = Phrase("web.value.fail")


def verdict(*other: Check, packed: bool = True) -> Verdict:
    """A verdict in which all is well but ``other``; no witnesses yet, nothing compared."""
    states = dict.fromkeys(CheckKind, State.OK)
    states[CheckKind.CONSISTENCY] = State.UNKNOWN
    checks = {kind: Check(kind, state) for kind, state in states.items()}
    checks[CheckKind.SIGNATURES] = Check(
        CheckKind.SIGNATURES, State.OK, Phrase("web.check.signatures.count", {"count": 34})
    )
    checks[CheckKind.WITNESSES] = Check(
        CheckKind.WITNESSES, State.OK, Phrase("web.check.witnesses.count", {"count": 3})
    )
    checks[CheckKind.RECALLS] = Check(
        CheckKind.RECALLS,
        State.OK,
        Phrase("web.check.recalls.none-until", {"count": 1_532, "when": at(22, "06:11")}),
    )
    return Verdict((*(checks | {each.kind: each for each in other}).values(),), NOW, packed)


COOPERATIVE: Final = Party(
    "cooperative",
    "HTX Khóm Cầu Đúc Thạnh Lợi",
    "Ấp Thạnh Lợi, xã Hỏa Lựu, thành phố Cần Thơ",
    "1801999001",
)
FARMS: Final = (
    Party("farm", "Hộ ông Nguyễn Văn Tư"),
    Party("farm", "Hộ bà Lê Thị Sáu"),
    Party("farm"),
)
DRIVER: Final = Party("trader", "Thu mua Út Hận")
PACKHOUSE: Final = Party("processor", "Công ty TNHH Sơ chế Xà No")
SUPERMARKET: Final = Party("supermarket", "Siêu thị Bến Ninh Kiều")
SCHOOL: Final = Party("school-kitchen", "Bếp ăn Trường Tiểu học Xà Phiên 2")
LABORATORY: Final = Party("laboratory", "Phòng thí nghiệm Tây Đô")
AUTHORITY: Final = Party("authority", "Chi cục Trồng trọt và Bảo vệ thực vật Cần Thơ")

JOURNEYS: Final = (("Hậu Giang", "Vĩnh Long"), ("Vĩnh Long", "TP. Hồ Chí Minh"))
FIELDS: Final = Place(
    commune="Xã Hỏa Lựu",
    province="Cần Thơ",
    code="8939990010017",
    growing_area="VN-HGOR-0231",
    growing_area_issued=date(2024, 3, 12),
    growing_area_authority="Chi cục Trồng trọt và Bảo vệ thực vật",
)
PACKING_HALL: Final = Place("Xưởng Xà No", "Phường Vị Tân", "Cần Thơ", code="8939990010024")
DOCK: Final = Place("Kho tươi", "Phường Ninh Kiều", "Cần Thơ", code="8939990010031")
KITCHEN: Final = Place("", "Xã Vĩnh Viễn", "Cần Thơ", code="8939990010048")

GTIN: Final = "02000001000014"
SSCC: Final = "089300000000000019"
LOT: Final = "KH-261120-A"


def proof(lot: str = LOT, records: int = 34) -> Proof:
    return Proof(
        origin=f"{HOST}/hau-giang",
        verifier_key=VKEY,
        size=1_532,
        checkpoint_at=at(22, "06:11"),
        record="mX3vQ0n8R7s5b1Yk2c9dJwTgHhLqPzEaUuVfNoIiSxA",
        index=1_498,
        records=records,
        bundle_path=f"/api/v1/lots/{GTIN}/{lot}/bundle",
        bundle_name=f"{lot}.goc.json",
        witnesses=("nhan-chung.dhct.example", "witness.ca.example", "so-nn.cantho.example"),
    )


VIETGAP: Final = Certificate(
    "VietGAP trồng trọt (TCVN 11892-1:2017)",
    CertificateState.VALID,
    date(2026, 11, 20),
    "VietGAP-TT-13-07-92-0088",
    "Tổ chức chứng nhận Đồng Bằng",
    COOPERATIVE,
    date(2025, 2, 1),
    date(2028, 1, 31),
    signed=True,
)
RESIDUES: Final = Inspection(
    LABORATORY,
    date(2026, 11, 20),
    "Dư lượng thuốc bảo vệ thực vật (mẫu của lô)",
    State.OK,
    "không phát hiện 203 hoạt chất; giới hạn phát hiện 0,01 mg/kg.",
    "TD-2611-0457",
)


def pineapple() -> LotPage:
    """All is well: three farms of one cooperative, a packhouse, a supermarket."""
    return LotPage(
        path=f"/01/{GTIN}/10/{LOT}",
        link=f"https://{HOST}/01/{GTIN}/10/{LOT}",
        host=HOST,
        json_path=f"/api/v1/lots/{GTIN}/{LOT}",
        gtin=GTIN,
        lot=LOT,
        product=Product(
            "Khóm Cầu Đúc gọt sẵn",
            variety="Queen (khóm Cầu Đúc)",
            brand="Cầu Đúc",
            model="Túi 500 g",
            net_content=Amount(Decimal("500"), "GRM"),
            picture=Picture("/pictures/khom.svg", 640, 400),
            claims=("VietGAP",),
            standards=("VietGAP (TCVN 11892-1:2017)", "TCVN 1871:2014"),
            safety_warnings=("Dùng trong ngày sau khi mở túi.",),
            storage="Giữ lạnh 2–6 °C",
        ),
        verdict=verdict(),
        producer=COOPERATIVE,
        proof=proof(),
        restricted=True,
        invented=True,
        made_on=date(2026, 11, 20),
        expires_on=date(2026, 11, 27),
        shelf_life="7 ngày ở 2–6 °C",
        origins=(
            Origin(FARMS[0], FIELDS, (date(2026, 11, 20),), kg("640")),
            Origin(FARMS[1], FIELDS, (date(2026, 11, 19), date(2026, 11, 20)), kg("412.5")),
        ),
        way=way_of(["Hậu Giang", "Vĩnh Long", "Hồ Chí Minh"], JOURNEYS),
        steps=(
            Step(
                StepKind.HARVEST,
                at(20, "06:30"),
                FARMS[0],
                FIELDS,
                amounts=(kg("640"),),
                facts=(fact("plot", "Thửa Bờ Kênh 3"), fact("season", "Vụ nghịch 2026")),
                code=f"{GTIN} · N-261120-1",
            ),
            Step(
                StepKind.HARVEST,
                at(20, "07:10"),
                FARMS[1],
                FIELDS,
                amounts=(kg("412.5"),),
                code=f"{GTIN} · N-261120-2",
            ),
            Step(
                StepKind.SHIP,
                at(20, "16:40"),
                COOPERATIVE,
                FIELDS,
                counterpart=PACKHOUSE,
                amounts=(kg("1052.5"),),
                facts=(fact("delivery-note", "PGH 0231/26"),),
                corrected_on=date(2026, 11, 21),
            ),
            Step(
                StepKind.RECEIVE,
                at(20, "18:05"),
                PACKHOUSE,
                PACKING_HALL,
                counterpart=COOPERATIVE,
                amounts=(kg("1049.2"),),
                facts=(
                    fact("scale-difference", kg("-3.3")),
                    fact("temperature", Amount(Decimal("24.5"), "CEL")),
                    fact("sensory", PASS, State.OK),
                ),
            ),
            Step(
                StepKind.PACK,
                at(20, "19:00"),
                PACKHOUSE,
                PACKING_HALL,
                until=at(20, "23:40"),
                amounts=(Amount(Decimal("1240"), "H87", "túi"), kg("632.4")),
                facts=(fact("reject", kg("61.8")), fact("loss", kg("355"))),
                code=f"{GTIN} · {LOT}",
            ),
            Step(
                StepKind.SHIP,
                at(21, "02:15"),
                PACKHOUSE,
                PACKING_HALL,
                counterpart=SUPERMARKET,
                amounts=(Amount(Decimal("40"), "H87", "thùng"), kg("408")),
                code=f"{GTIN} · {LOT}",
            ),
            Step(
                StepKind.RECEIVE,
                at(21, "04:20"),
                SUPERMARKET,
                DOCK,
                counterpart=PACKHOUSE,
                amounts=(Amount(Decimal("37"), "H87", "thùng"), kg("377.4")),
                facts=(
                    fact("temperature", Amount(Decimal("4.2"), "CEL"), State.OK),
                    fact("sensory", PASS, State.OK),
                    fact("refused", Amount(Decimal("3"), "H87", "thùng")),
                    fact("refused-reason", "Thùng ướt, túi bị hở"),
                ),
                code=f"{GTIN} · {LOT}",
            ),
        ),
        diary=(
            Step(
                StepKind.DIARY,
                at(28, "08:00", 10),
                FARMS[0],
                FIELDS,
                title="Bón phân",
                facts=(fact("inputs", "Phân hữu cơ vi sinh"), fact("dose", kg("120"))),
            ),
            Step(
                StepKind.DIARY,
                at(30, "06:45", 10),
                FARMS[1],
                FIELDS,
                title="Phun thuốc",
                facts=(
                    fact("active-ingredient", "Abamectin"),
                    fact("pre-harvest-interval", Phrase("web.value.days", {"count": 14})),
                ),
            ),
        ),
        certificates=(VIETGAP,),
        inspections=(RESIDUES,),
        corrections=(
            Correction(
                COOPERATIVE,
                date(2026, 11, 21),
                "Khối lượng giao ngày 20/11",
                kg("1025.5"),
                kg("1052.5"),
                "Ghi nhầm số",
            ),
        ),
        declared=(
            Phrase("web.declared.operator-key", {"who": COOPERATIVE.name}),
            Phrase("web.declared.device-key", {"who": PACKHOUSE.name}),
            Phrase(
                "web.declared.consent", {"who": COOPERATIVE.name, "farm": "Hộ ông Nguyễn Văn Tư"}
            ),
        ),
    )


def goods() -> ProductPage:
    """A product whose lot is not said."""
    page = pineapple()
    return ProductPage(
        path=f"/01/{GTIN}",
        json_path=f"/api/v1/products/{GTIN}",
        host=HOST,
        gtin=GTIN,
        product=page.product,
        stated_by=COOPERATIVE,
        example=f"https://{HOST}/01/{GTIN}/10/…",
        shelf_life=page.shelf_life,
        restricted=True,
        invented=True,
    )


def warned() -> LotPage:
    """Sprayed too late and certified too long ago; one warning was answered, one party denies."""
    page = pineapple()
    expired = replace(
        VIETGAP,
        state=CertificateState.EXPIRED,
        valid_from=date(2023, 10, 1),
        valid_to=date(2026, 9, 30),
        signed=False,
    )
    return replace(
        page,
        product=replace(page.product, claims=()),
        verdict=verdict(
            Check(CheckKind.CERTIFICATES, State.WARN), Check(CheckKind.ALERTS, State.WARN)
        ),
        certificates=(expired,),
        steps=(page.steps[0], replace(page.steps[1], disputed=True), *page.steps[2:]),
        alerts=(
            Alert(
                "Thu hoạch khi chưa hết thời gian cách ly",
                "Thuốc phun ngày 09/11 cần cách ly 14 ngày; khóm được hái sau 11 ngày.",
                date(2026, 11, 20),
            ),
            Alert(
                "Chứng nhận VietGAP đã hết hạn khi thu hoạch",
                "Không thể xem lô này là hàng VietGAP.",
                date(2026, 11, 20),
                CheckKind.CERTIFICATES,
            ),
            Alert(
                "Cân nhận ít hơn cân giao",
                "Chênh lệch lớn hơn mức hai bên chấp nhận.",
                date(2026, 11, 20),
                answered_on=date(2026, 11, 21),
                answer="Hợp tác xã đính chính số cân giao.",
            ),
        ),
        disputes=(
            Dispute(
                FARMS[1],
                date(2026, 11, 21),
                "Khối lượng thu hoạch 412,5 kg ngày 20/11",
                "Nhà tôi chỉ cân 380 kg.",
            ),
        ),
    )


def recalled() -> LotPage:
    """A laboratory found a residue four days after the sale."""
    page = pineapple()
    failed = replace(
        RESIDUES,
        on=date(2026, 11, 24),
        state=State.FAIL,
        result="chlorpyrifos ethyl 0,08 mg/kg, vượt mức cho phép 0,01 mg/kg.",
        report="TD-2611-0502",
    )
    return replace(
        page,
        verdict=verdict(Check(CheckKind.RECALLS, State.FAIL)),
        inspections=(failed,),
        notices=(
            Notice(
                "recall",
                AUTHORITY,
                at(24, "15:30"),
                "Dư lượng thuốc bảo vệ thực vật vượt mức cho phép.",
                "Không ăn. Mang túi còn lại đến nơi bán để được hoàn tiền.",
            ),
            Notice(
                "hold",
                SUPERMARKET,
                at(24, "09:00"),
                "Chờ kết quả xét nghiệm lại.",
                closed_on=date(2026, 11, 24),
                closing="Có kết quả: chuyển sang thu hồi.",
            ),
        ),
    )


def broken() -> LotPage:
    """A record was changed after it was signed."""
    return replace(
        pineapple(),
        verdict=verdict(
            Check(CheckKind.SIGNATURES, State.FAIL),
            Check(CheckKind.LINKS, State.FAIL),
            Check(CheckKind.CERTIFICATES, State.UNKNOWN),
        ),
        certificates=(),
    )


def unknown() -> LotPage:
    """Bought at a market: a trader's word and nothing else; and the picture is missing."""
    supplier = Party("supplier")
    place = Place("Chợ đầu mối", "Phường Cao Lãnh", "Đồng Tháp")
    return replace(
        pineapple(),
        product=Product("Khóm trái"),
        producer=Party("trader"),
        verdict=verdict(
            Check(CheckKind.SIGNATURES, State.OK),
            Check(CheckKind.ORIGIN, State.UNKNOWN),
            Check(CheckKind.CERTIFICATES, State.UNKNOWN),
            Check(CheckKind.BALANCE, State.UNKNOWN),
            Check(CheckKind.WITNESSES, State.UNKNOWN),
        ),
        proof=replace(proof(records=6), witnesses=()),
        restricted=False,
        made_on=None,
        expires_on=None,
        shelf_life="",
        origins=(Origin(supplier, place, proven=False),),
        steps=(
            Step(
                StepKind.ACQUIRE,
                at(20, "22:10"),
                DRIVER,
                place,
                counterpart=supplier,
                amounts=(kg("300"),),
                declared=True,
            ),
        ),
        diary=(),
        certificates=(),
        inspections=(),
        corrections=(),
        declared=(Phrase("web.declared.acquired", {"who": DRIVER.name, "goods": kg("300")}),),
    )


def not_packed() -> LotPage:
    """Labels were printed in the evening; the packing goes on."""
    page = pineapple()
    return replace(page, verdict=verdict(packed=False), steps=page.steps[:4], made_on=None)


def juice() -> LotPage:
    """Seven farms' pineapples, bought sugar, and water become litres; served at a school."""
    page = pineapple()
    farms = tuple(
        Party("farm", name)
        for name in (
            "Hộ ông Nguyễn Văn Tư",
            "Hộ bà Lê Thị Sáu",
            "Hộ ông Trần Hữu Phước",
            "Hộ bà Đặng Thị Lành",
            "Hộ ông Võ Minh Đời",
            "",
            "Hộ bà Huỳnh Thị Bé Năm",
        )
    )
    weights = ("310", "275.5", "402", "198", "350.5", "120", "290")
    harvests = tuple(
        Step(
            StepKind.HARVEST,
            at(17 + number % 2, f"{6 + number % 3:02d}:{10 + number:02d}"),
            farm,
            FIELDS,
            amounts=(kg(weight),),
        )
        for number, (farm, weight) in enumerate(zip(farms, weights, strict=True))
    )
    lot = "NK-261119-01"
    return replace(
        page,
        path=f"/01/08939990010055/10/{lot}",
        link=f"https://{HOST}/01/08939990010055/10/{lot}/21/7K3Q9ZX1M4PBT0RW",
        json_path=f"/api/v1/lots/08939990010055/{lot}",
        gtin="08939990010055",
        lot=lot,
        restricted=False,
        product=Product(
            "Nước khóm ép Xà No",
            brand="Xà No",
            net_content=Amount(Decimal("330"), "MLT"),
            standards=("TCVN 7946:2008",),
            safety_warnings=("Không dùng cho người dị ứng với khóm.",),
        ),
        producer=replace(
            PACKHOUSE,
            address="Khu vực 3, phường Vị Tân, thành phố Cần Thơ",
            code="1801999002",
        ),
        verdict=verdict(
            Check(CheckKind.ORIGIN, State.WARN),
            Check(
                CheckKind.CERTIFICATES,
                State.WARN,
                "Chứng nhận VietGAP chỉ cho khóm trái, không cho nước ép.",
            ),
        ),
        proof=proof(lot, 61),
        made_on=date(2026, 11, 19),
        expires_on=date(2027, 5, 19),
        shelf_life="6 tháng",
        origins=tuple(
            Origin(farm, FIELDS, (step.at.date(),), step.amounts[0])
            for farm, step in zip(farms, harvests, strict=True)
        ),
        steps=(
            *harvests,
            Step(
                StepKind.ACQUIRE,
                at(18, "14:00"),
                PACKHOUSE,
                PACKING_HALL,
                counterpart=Party("supplier", "Đại lý đường Vị Thanh"),
                amounts=(kg("180"),),
                declared=True,
            ),
            Step(
                StepKind.PROCESS,
                at(19, "05:30"),
                PACKHOUSE,
                PACKING_HALL,
                until=at(19, "14:20"),
                amounts=(Amount(Decimal("1620"), "LTR"),),
                inputs=(
                    Goods("Khóm trái", "KT-261118", kg("1946")),
                    Goods("Đường cát trắng", "", kg("162"), declared=True),
                    Goods("Nước", "", Amount(Decimal("420"), "LTR")),
                ),
                facts=(
                    fact("yield", Phrase("web.value.yield", {"share": Decimal("53.3")})),
                    fact("temperature", Amount(Decimal("92"), "CEL"), State.OK),
                ),
            ),
            Step(
                StepKind.SHIP,
                at(20, "04:10"),
                PACKHOUSE,
                PACKING_HALL,
                counterpart=SCHOOL,
                amounts=(Amount(Decimal("240"), "H87", "chai"),),
            ),
            Step(
                StepKind.RECEIVE,
                at(20, "05:35"),
                SCHOOL,
                KITCHEN,
                counterpart=PACKHOUSE,
                amounts=(Amount(Decimal("240"), "H87", "chai"),),
                facts=(
                    fact("temperature", Amount(Decimal("11"), "CEL"), State.WARN),
                    fact("sensory", PASS, State.OK),
                ),
            ),
            Step(
                StepKind.SERVE,
                at(20, "10:30"),
                SCHOOL,
                KITCHEN,
                amounts=(Amount(Decimal("236"), "H87", "chai"),),
                facts=(
                    fact("meal", "Bữa trưa"),
                    fact("servings", 236),
                    fact("retained-sample", "Lưu 24 giờ ở 4 °C"),
                ),
            ),
        ),
        diary=(),
        certificates=(replace(VIETGAP, state=CertificateState.OUT_OF_SCOPE),),
        inspections=(),
        corrections=(),
        declared=(
            Phrase("web.declared.acquired", {"who": PACKHOUSE.name, "goods": "đường cát trắng"}),
            Phrase("web.declared.device-key", {"who": SCHOOL.name}),
        ),
    )


def rice() -> LotPage:
    """A silo that is never quite empty."""
    page = pineapple()
    silo = Place("Silo số 2", "Xã Vĩnh Viễn", "Cần Thơ", code="8939990010062")
    mill = Party("cooperative", "HTX Lúa gạo Vĩnh Viễn")
    return replace(
        page,
        product=Product(
            "Gạo thơm ST25",
            variety="ST25",
            brand="Vĩnh Viễn",
            net_content=kg("5"),
            standards=("TCVN 11888:2017",),
        ),
        producer=mill,
        expires_on=None,
        shelf_life="12 tháng",
        origins=(Origin(mill, silo, (date(2026, 3, 4), date(2026, 10, 28)), kg("48250")),),
        steps=(
            Step(StepKind.TOP_UP, at(30, "15:00", 10), mill, silo, amounts=(kg("18250"),)),
            Step(StepKind.PROCESS, at(5, "07:00"), mill, silo, amounts=(kg("31400"),)),
            Step(
                StepKind.PACK,
                at(6, "07:00"),
                mill,
                silo,
                until=at(8, "17:00"),
                amounts=(Amount(Decimal("6280"), "H87", "túi"), kg("31400")),
            ),
        ),
        diary=(),
        certificates=(),
        inspections=(),
        corrections=(),
        verdict=verdict(Check(CheckKind.CERTIFICATES, State.UNKNOWN)),
    )


def eggs() -> LotPage:
    page = pineapple()
    farm = Party("farm", "Trại gà Bảy Nhỏ")
    coop = Place("Chuồng 4", "Xã Phú Hữu", "Cần Thơ", code="8939990010079")
    dozen = (Amount(Decimal("9480"), "H87", "quả"),)
    return replace(
        page,
        product=Product(
            "Trứng gà ta vỉ 10", brand="Bảy Nhỏ", net_content=Amount(Decimal("10"), "H87", "quả")
        ),
        producer=farm,
        origins=(Origin(farm, coop, (date(2026, 11, 21),), dozen[0]),),
        steps=(Step(StepKind.HARVEST, at(21, "06:00"), farm, coop, amounts=dozen),),
        diary=(),
        certificates=(),
        inspections=(),
        corrections=(),
        declared=(),
    )


def shoes() -> LotPage:
    """Nothing about food, and half of it from another clock."""
    page = pineapple()
    factory = Party(
        "manufacturer", "Công ty Đế giày Thạch Thất", "Xã Thạch Thất, Hà Nội", "0109990003"
    )
    tokyo = timezone(timedelta(hours=9))
    place = Place("Xưởng 2", "Xã Thạch Thất", "Hà Nội", code="8939990010086")
    soles = Amount(Decimal("2400"), "PR")
    return replace(
        page,
        product=Product(
            "Đế giày cao su R-17",
            model="R-17 / cỡ 39–43",
            standards=("ISO 20871:2018",),
        ),
        producer=factory,
        made_on=date(2026, 11, 18),
        expires_on=None,
        shelf_life="",
        origins=(
            Origin(
                Party("supplier", "Hanshin Rubber K.K."),
                Place(commune="Kobe", country="Nhật Bản"),
                proven=False,
            ),
        ),
        steps=(
            Step(
                StepKind.ACQUIRE,
                datetime(2026, 11, 12, 10, 0, tzinfo=tokyo),
                factory,
                Place(commune="Kobe", country="Nhật Bản"),
                counterpart=Party("supplier", "Hanshin Rubber K.K."),
                amounts=(kg("1200"),),
                declared=True,
            ),
            Step(
                StepKind.ASSEMBLE,
                at(18, "08:00"),
                factory,
                place,
                until=at(19, "16:00"),
                inputs=(
                    Goods("Cao su tấm", "HR-8812", kg("1164"), declared=True),
                    Goods("Keo dán", "K-55", kg("36")),
                ),
                amounts=(soles,),
            ),
        ),
        diary=(),
        certificates=(),
        inspections=(),
        corrections=(),
        declared=(Phrase("web.declared.device-key", {"who": factory.name}),),
        verdict=verdict(
            Check(CheckKind.ORIGIN, State.WARN), Check(CheckKind.CERTIFICATES, State.UNKNOWN)
        ),
    )


HOSTILE: Final = (
    '<script>alert("x")</script>',
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }} {% raw %} {count} %(count)s",
    "</title></style><svg onload=alert(1)>",
    "evil\u202egnp.exe\u0000\r\n\tline",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
    "Ẓ̸̛͍͇̹̩a̵l̶g̷o " * 20,
    "W" * 3_000,
)


def hostile(text: str) -> LotPage:
    """Every place that takes a person's words says ``text``."""
    who = Party(text, text, text, text)
    place = Place(text, text, text, text, text, text, date(2026, 1, 1), text)
    amount = Amount(Decimal("1"), text, text)
    phrase: Words = Phrase("web.declared.operator-key", {"who": text})
    step = Step(
        StepKind.OTHER,
        NOW,
        who,
        place,
        counterpart=who,
        title=text,
        amounts=(amount,),
        inputs=(Goods(text, text, amount, declared=True),),
        facts=(Fact(text, text, State.WARN),),
        code=text,
    )
    return LotPage(
        path=text,
        link=text,
        host=text,
        json_path=text,
        gtin=text,
        lot=text,
        restricted=True,
        product=Product(
            text, text, text, text, amount, Picture(text, 1, 1), (text,), (text,), (text,), text
        ),
        verdict=verdict(Check(CheckKind.ALERTS, State.WARN, text)),
        producer=who,
        proof=Proof(text, text, 1, NOW, text, 1, 1, text, text, (text,)),
        shelf_life=text,
        origins=(Origin(who, place, (date(2026, 1, 1),), amount, proven=False),) * 3,
        steps=(step, step, step),
        diary=(step,),
        certificates=(
            Certificate(text, CertificateState.VALID, date(2026, 1, 1), text, text, who, note=text),
        ),
        inspections=(Inspection(who, date(2026, 1, 1), text, State.FAIL, text, text),),
        alerts=(
            Alert(text, text, date(2026, 1, 1)),
            Alert(text, text, date(2026, 1, 1), answered_on=date(2026, 1, 2), answer=text),
        ),
        notices=(
            Notice("hold", who, NOW, text, text),
            Notice("recall", who, NOW, text, text, date(2026, 1, 2), text),
        ),
        corrections=(Correction(who, date(2026, 1, 1), text, text, text, text),),
        disputes=(Dispute(who, date(2026, 1, 1), text, text),),
        declared=(text, phrase),
    )


def crowded(farms: int = 1_000) -> LotPage:
    """A lot with more of everything than a page can hold."""
    page = pineapple()
    parties = tuple(Party("farm", f"Hộ ông Nguyễn Văn {number}") for number in range(farms))
    alert = page.alerts or warned().alerts
    return replace(
        page,
        origins=tuple(Origin(party, FIELDS, (date(2026, 11, 20),), kg("10")) for party in parties),
        steps=tuple(
            Step(kind, at(20, "06:30"), party, FIELDS, amounts=(kg("10"),), code=f"{GTIN} · {LOT}")
            for party in parties
            for kind in (StepKind.HARVEST, StepKind.SHIP, StepKind.RECEIVE)
        ),
        certificates=page.certificates * farms,
        inspections=page.inspections * farms,
        alerts=tuple(replace(alert[2], title=f"Cảnh báo {number}") for number in range(farms)),
        corrections=page.corrections * farms,
        disputes=warned().disputes * farms,
        declared=page.declared * farms,
    )


PAGES: Final[dict[str, Callable[[], LotPage]]] = {
    "verified": pineapple,
    "warnings": warned,
    "recalled": recalled,
    "broken": broken,
    "unknown": unknown,
    "not-packed": not_packed,
    "juice": juice,
    "rice": rice,
    "eggs": eggs,
    "shoes": shoes,
}

PROBLEMS: Final = {
    "lot-unknown": Problem(
        "lot-unknown",
        f"/01/{GTIN}/10/KH-000000-X",
        HOST,
        GTIN,
        "KH-000000-X",
        contact="HTX Khóm Cầu Đúc Thạnh Lợi, 0292 000 0000",
    ),
    "unit-unknown": Problem("unit-unknown", f"/00/{SSCC}", HOST, sscc=SSCC),
    "link-malformed": Problem("link-malformed", "/01/123/10/x", HOST),
    "sscc-malformed": Problem("sscc-malformed", "/00/123", HOST),
    "unavailable": Problem("unavailable", f"/01/{GTIN}/10/{LOT}", HOST, GTIN, LOT),
}


def pallet(copies: int = 0) -> UnitPage:
    """A pallet of two lots; perhaps somebody else gave its number, too."""
    lots = tuple(UnitLot(name, lot, f"/01/{GTIN}/10/{lot}") for name, lot in (
        ("Khóm Cầu Đúc", LOT), ("Bưởi Năm Roi Phú Hữu, loại 1", "PH-0922"),
    ))  # fmt: skip
    return UnitPage(
        f"/00/{SSCC}", HOST, SSCC, "pallet", "in-transit", pineapple().producer, lots, 24, copies
    )


def home() -> Home:
    return Home(
        HOST,
        tuple(
            HomeLabel(
                page.product.name,
                page.producer.name,
                page.gtin,
                page.lot,
                page.path,
                "/pictures/qr.svg",
                page.verdict.outcome,
            )
            for page in (make() for make in PAGES.values())
        ),
        VKEY,
        "/docs",
        "/checkpoint",
        samples=tuple(
            Sample(state, f"/01/{GTIN}/10/{LOT}/21/000003GNR7Y6006BPWM0", "000003GNR7Y6006BPWM0")
            for state in ("packed", "void", "not-yet", "invented")
        ),
    )
