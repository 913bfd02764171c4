"""GS1 application identifiers: which exist, what their values look like, where they may stand.

The facts are those of the GS1 General Specifications (section 3, formats; figure 7.8.5-2,
identifiers of predefined length) and of GS1 Digital Link URI Syntax 1.3 (section 4, primary keys,
key qualifiers and data attributes). Lengths, character sets and where check digits stand are held
here; meaning, such as calendar dates, is checked by who uses a value.
"""

import re
from functools import lru_cache
from typing import Final

# The 82 characters of GS1's set for alphanumeric values (General Specifications, figure 7.11-1).
CHARACTERS_82: Final = (
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)

_SETS: Final = {
    "n": "[0-9]",
    "x": f"[{re.escape(CHARACTERS_82)}]",
    "y": "[#/A-Z0-9-]",  # the 39 characters of component and part identifiers
    "z": "[A-Za-z0-9_-]",  # base64url
}

# Format, as the General Specifications write it -> the identifiers that have it. A dash is a range.
_FORMATS: Final = {
    "n1": "4321-4323 7252",
    "n2": "20 7241",
    "n3": "422 424 426",
    "n4": "3940-3943 8111",
    "n6": "11-13 15-17 3950-3955 4326 7006 8005",
    "n8": "7250",
    "n10": "4324-4325 7003",
    "n12": "7251",
    "n13": "410-417 7001",
    "n14": "01-03 8001",
    "n17": "402",
    "n18": "00 8006 8017-8018 8026",
    "n20": "4309",
    "n..4": "7004",
    "n..6": "242",
    "n..8": "30 37",
    "n..10": "8019",
    "n..12": "8011",
    "n..15": "3900-3909 3920-3929",
    "n3 n..15": "3910-3919 3930-3939",
    "n3 [n3] [n3] [n3] [n3]": "423 425",
    "n6 [n4]": "7011",
    "n6 [n6]": "7007",
    "n8 [n2] [n2]": "8008",
    "n6 [x1]": "4330-4333",
    "n13 [n..12]": "255",
    "n13 [x..17]": "253",
    "n14 [x..16]": "8003",
    "n1 x3": "7040",
    "n3 x..9": "421",
    "n3 x..27": "7030-7039",
    "x2": "4307 4317",
    "x3": "7258",
    "x..2": "7010",
    "x..3": "427 7008",
    "x..4": "7041",
    "x..10": "7009 7255",
    "x..12": "7005",
    "x..20": "10 21-22 243 254 420 4318 7020-7022 710-716 7240 8002 8012",
    "x..25": "7242 8013-8014 8020",
    "x..28": "235",
    "x2 x..28": "7230-7239",
    "x..30": "240-241 250-251 400-401 403 4308 4319 7002 7023 8004 90",
    "x..34": "8007",
    "x..35": "4300-4301 4310-4311 4320",
    "x..40": "7253-7254 7259",
    "x..50": "8009",
    "x..70": "4302-4306 4312-4316 7257 8110 8112 8200",
    "x..90": "7256 91-99",
    "y..30": "8010",
    "z..90": "8030",
}

# Trade and logistic measures: the fourth digit, 0 to 5, says where the decimal point stands.
_MEASURES: Final = "310-316 320-329 330-337 340-349 350-357 360-369"

# The first two digits of identifiers whose values have one length and need no separator after.
_PREDEFINED: Final = frozenset(
    "00 01 02 03 04 11 12 13 14 15 16 17 18 19 20 31 32 33 34 35 36 41".split()
)

_NOT_ATTRIBUTES: Final = frozenset("03 21 22 235 254 7040 7041 8011 8014 8019 8020 8200".split())

# Primary key -> the sequences of qualifiers that may follow it in the path, in this order.
QUALIFIERS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "00": ((),),
    "01": (("22", "10", "21"), ("235",)),
    "253": ((),),
    "255": ((),),
    "401": ((),),
    "402": ((),),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8003": ((),),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8013": ((),),
    "8017": (("8019",),),
    "8018": (("8019",),),
}

# Identifier -> how many digits at the front of its value end in a check digit.
CHECKED: Final = {
    **dict.fromkeys(("410", "411", "412", "413", "414", "415", "416", "417", "253", "255"), 13),
    **dict.fromkeys(("01", "02", "03", "8003", "8006", "8026"), 14),
    "402": 17,
    **dict.fromkeys(("00", "8017", "8018"), 18),
}

# Words that version 1.1 of the syntax allowed instead of numbers, withdrawn since.
NAMES: Final = {
    "cpid": "8010",
    "cpsn": "8011",
    "cpv": "22",
    "gcn": "255",
    "gdti": "253",
    "giai": "8004",
    "ginc": "401",
    "gln": "414",
    "glnx": "254",
    "gmn": "8013",
    "grai": "8003",
    "gsin": "402",
    "gsrn": "8018",
    "gsrnp": "8017",
    "gtin": "01",
    "itip": "8006",
    "lot": "10",
    "party": "417",
    "refno": "8020",
    "ser": "21",
    "srin": "8019",
    "sscc": "00",
}


def _span(text: str) -> list[str]:
    first, _, last = text.partition("-")
    return [str(n).zfill(len(first)) for n in range(int(first), int(last or first) + 1)]


def _formats() -> dict[str, str]:
    table = {ai: form for form, spans in _FORMATS.items() for s in spans.split() for ai in _span(s)}
    measures = (stem for s in _MEASURES.split() for stem in _span(s))
    return table | {f"{stem}{point}": "n6" for stem in measures for point in range(6)}


FORMATS: Final = _formats()


@lru_cache(maxsize=128)
def _pattern(form: str) -> re.Pattern[str]:
    pieces = []
    for piece in form.split():
        kind, length = piece.strip("[]")[0], piece.strip("[]")[1:]
        bounds = f"{{1,{length[2:]}}}" if length.startswith("..") else f"{{{length}}}"
        optional = "?" if piece.startswith("[") else ""
        pieces.append(f"(?:{_SETS[kind]}{bounds}){optional}")
    return re.compile("".join(pieces))


def is_known(ai: str) -> bool:
    """Whether ``ai`` is an application identifier that GS1 has assigned."""
    return ai in FORMATS


def is_primary_key(ai: str) -> bool:
    """Whether a Digital Link path may begin with ``ai``."""
    return ai in QUALIFIERS


def may_be_attribute(ai: str) -> bool:
    """Whether the known ``ai`` may stand in the query of a Digital Link."""
    return ai not in _NOT_ATTRIBUTES


def has_predefined_length(ai: str) -> bool:
    """Whether the value of ``ai`` needs no separator (FNC1) before what follows it."""
    return ai[:2] in _PREDEFINED


def fits(ai: str, value: str) -> bool:
    """Whether ``value`` has a length and characters that the known ``ai`` allows."""
    return _pattern(FORMATS[ai]).fullmatch(value) is not None
