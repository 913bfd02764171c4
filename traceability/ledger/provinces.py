"""The provinces of Vietnam as coarse places of scans: codes, names, middle points.

Since July 2025 there are 34 (Resolution 202/2025/QH15). ISO 3166-2 still lists the 63 of before;
each of today's bears the name of one of those, and is written with its code: what was ``VN-73``
(Hậu Giang) is ``VN-CT`` (Cần Thơ). The codes are ISO 3166-2:VN (as in the package ``iso-codes``),
numbers and middle points those of the General Statistics Office's units as
``vietnamadminunits`` (MIT) has them, rounded to a hundredth of a degree, which is a kilometre.
"""

from dataclasses import dataclass
from typing import Final

#: Somewhere that is not in Vietnam: one of the codes that ISO 3166-1 leaves to its users.
ABROAD: Final = "ZZ"
COUNTRY: Final = "VN"


@dataclass(frozen=True, slots=True)
class Province:
    """A province of today. ``number``: of the General Statistics Office; ``at``: latitude and
    longitude (WGS-84); ``was``: the codes of those that were merged into it."""

    code: str
    number: str
    name: str
    at: tuple[float, float]
    was: tuple[str, ...] = ()


PROVINCES: Final = (
    Province("VN-HN", "01", "Hà Nội", (21.00, 105.70)),
    Province("VN-04", "04", "Cao Bằng", (22.75, 106.08)),
    Province("VN-07", "08", "Tuyên Quang", (22.49, 105.10), ("VN-03",)),
    Province("VN-71", "11", "Điện Biên", (21.48, 103.23)),
    Province("VN-01", "12", "Lai Châu", (22.32, 103.19)),
    Province("VN-05", "14", "Sơn La", (21.19, 104.07)),
    Province("VN-02", "15", "Lào Cai", (22.06, 104.35), ("VN-06",)),
    Province("VN-69", "19", "Thái Nguyên", (22.02, 105.82), ("VN-53",)),
    Province("VN-09", "20", "Lạng Sơn", (21.77, 106.73)),
    Province("VN-13", "22", "Quảng Ninh", (21.26, 107.22)),
    Province("VN-56", "24", "Bắc Ninh", (21.24, 106.17), ("VN-54",)),
    Province("VN-68", "25", "Phú Thọ", (20.71, 105.33), ("VN-14", "VN-70")),
    Province("VN-HP", "31", "Hải Phòng", (20.88, 106.47), ("VN-61",)),
    Province("VN-66", "33", "Hưng Yên", (20.45, 106.46), ("VN-20",)),
    Province("VN-18", "37", "Ninh Bình", (20.31, 106.05), ("VN-63", "VN-67")),
    Province("VN-21", "38", "Thanh Hóa", (20.05, 105.32)),
    Province("VN-22", "40", "Nghệ An", (19.24, 104.94)),
    Province("VN-23", "42", "Hà Tĩnh", (18.29, 105.73)),
    Province("VN-25", "44", "Quảng Trị", (17.24, 106.53), ("VN-24",)),
    Province("VN-26", "46", "Huế", (16.33, 107.52)),
    Province("VN-DN", "48", "Đà Nẵng", (15.63, 107.97), ("VN-27",)),
    Province("VN-29", "51", "Quảng Ngãi", (14.77, 108.14), ("VN-28",)),
    Province("VN-30", "52", "Gia Lai", (13.89, 108.44), ("VN-31",)),
    Province("VN-34", "56", "Khánh Hòa", (12.07, 108.96), ("VN-36",)),
    Province("VN-33", "66", "Đắk Lắk", (12.71, 108.47), ("VN-32",)),
    Province("VN-35", "68", "Lâm Đồng", (11.67, 107.97), ("VN-40", "VN-72")),
    Province("VN-39", "75", "Đồng Nai", (11.44, 107.03), ("VN-58",)),
    Province("VN-SG", "79", "Hồ Chí Minh", (10.99, 106.64), ("VN-43", "VN-57")),
    Province("VN-37", "80", "Tây Ninh", (10.69, 106.12), ("VN-41",)),
    Province("VN-45", "82", "Đồng Tháp", (10.43, 106.00), ("VN-46",)),
    Province("VN-49", "86", "Vĩnh Long", (10.00, 106.29), ("VN-50", "VN-51")),
    Province("VN-44", "91", "An Giang", (10.18, 105.10), ("VN-47",)),
    Province("VN-CT", "92", "Cần Thơ", (9.74, 105.76), ("VN-52", "VN-73")),
    Province("VN-59", "96", "Cà Mau", (9.14, 105.18), ("VN-55",)),
)

#: Middle points by code: what ``scan_signs`` compares. Countries have none: they are too large.
MIDDLES: Final = {each.code: each.at for each in PROVINCES}
NAMES: Final = {each.code: each.name for each in PROVINCES}
_CODES: Final = {code: each.code for each in PROVINCES for code in (each.code, *each.was)}
#: What proxies write where they do not know: ISO 3166-1 never gives these away.
_NOWHERE: Final = frozenset({"XX", "AA", "QM", "QZ"})


def place_of(code: str) -> str:
    """A coarse place as it is counted, from a code that may be of another make: a province of today
    for one of before, its country for a part of another country; empty for what is none."""
    code = code.strip().upper()
    country, _, part = code.partition("-")
    if len(country) != 2 or not (country.isascii() and country.isalpha()) or country in _NOWHERE:
        return ""
    if country != COUNTRY or not part:
        return country
    return _CODES.get(code, COUNTRY)
