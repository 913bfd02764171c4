"""Identifiers: their forms, and the check digits of GS1 keys."""

import re
from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic.types import StringConstraints

from traceability.core import ids
from traceability.core.errors import FormatError

DIGEST = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"  # of the empty string

GOOD: dict[str, list[str]] = {
    "PARTY_PATTERN": ["p-0123456789abcdef", "p-ghjkmnpqrstvwxyz"],
    "PLACE_PATTERN": ["l-0123456789abcdef"],
    "CERTIFICATE_PATTERN": ["c-0123456789abcdef"],
    "LABEL_KEY_PATTERN": ["k-0123456789abcdef"],
    "DIGEST_PATTERN": [DIGEST],
    "KID_PATTERN": [DIGEST],
    "NONCE_PATTERN": ["AAAAAAAAAAAAAAAAAAAAAA", "_____________________w"],
    "HOLDING_PATTERN": [f"{DIGEST}.0", f"{DIGEST}.7", f"{DIGEST}.999"],
    "ORIGIN_PATTERN": [
        "goc.example",
        "goc.example/hau-giang/2026",
        "localhost:8000/log",
        "g",
        "a" * 63 + ":65535/" + "b" * 30,
    ],
    "GTIN_PATTERN": ["08938505974191"],
    "GLN_PATTERN": ["8938505974002"],
    "SSCC_PATTERN": ["106141412345678908"],
    "LOT_PATTERN": ["A", "2026-11-22/01", "!\"%&'()*+,-./:;<=>?_", "abc_XYZ.09"],
}
BAD: dict[str, list[str]] = {
    "PARTY_PATTERN": [
        "l-0123456789abcdef",
        "p-0123456789abcde",
        "p-0123456789abcdef0",
        "p-0123456789abcdeF",
        *(f"p-0123456789abcde{letter}" for letter in "ilou-é０"),
    ],
    "PLACE_PATTERN": ["p-0123456789abcdef", "l-0123456789abcdei"],
    "CERTIFICATE_PATTERN": ["p-0123456789abcdef", "c-0123456789abcdeu"],
    "LABEL_KEY_PATTERN": ["c-0123456789abcdef", "k-0123456789abcdeu", "k-0123456789abcde"],
    "DIGEST_PATTERN": [DIGEST[:-1], DIGEST + "A", DIGEST[:-1] + "V", "+" + DIGEST[1:]],
    "KID_PATTERN": [DIGEST[:-1] + "="],
    "NONCE_PATTERN": ["A" * 21, "A" * 23, "A" * 21 + "B", "A" * 20 + "==", "A" * 24],
    "HOLDING_PATTERN": [
        DIGEST,
        f"{DIGEST}.",
        f"{DIGEST}.00",
        f"{DIGEST}.01",
        f"{DIGEST}.1000",
        f"{DIGEST}.-1",
        f"{DIGEST}.٣",
        f"{DIGEST}:1",
    ],
    "ORIGIN_PATTERN": [
        "",
        "goc example",
        "goc+example",
        "Goc.example",
        "https://goc.example",
        "goc.example/",
        "goc.example/a b",
        "goc.example/a+b",
        "-goc.example",
        "goc.example.",
        "gốc.example",
        "goc.example:",
        "a" * 64,
        "a/" + "b" * 31,
    ],
    "GTIN_PATTERN": ["8938505974191", "0893850597419x", "０8938505974191"],
    "GLN_PATTERN": ["893850597400"],
    "SSCC_PATTERN": ["10614141234567890"],
    "LOT_PATTERN": [
        "",
        "A" * 21,
        "lô",
        "a b",
        "a#b",
        "a$b",
        "a@b",
        "a[b",
        "a^b",
        "a`b",
        "a|b",
        "~",
    ],
}


def accepted_by_pydantic(pattern: str, text: str) -> bool:
    adapter = TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", GOOD)
def test_a_pattern_means_the_same_to_pydantic_and_to_python(name: str) -> None:
    pattern: str = getattr(ids, name)
    fullmatch = re.compile(pattern).fullmatch
    for text in GOOD[name]:
        assert fullmatch(text), text
        assert accepted_by_pydantic(pattern, text), text
    with_line_ends = [text + end for text in GOOD[name] for end in ("\n", "\r\n", " ", "\x00")]
    with_prefix = ["\n" + text for text in GOOD[name]]
    for text in BAD[name] + with_line_ends + with_prefix:
        assert not fullmatch(text), text
        assert not accepted_by_pydantic(pattern, text), text


def test_every_pattern_is_tried() -> None:
    assert {name for name in vars(ids) if name.endswith("_PATTERN")} == set(GOOD) == set(BAD)


def test_the_longest_origin_has_a_hundred_characters() -> None:
    assert max(map(len, GOOD["ORIGIN_PATTERN"])) == 100


def test_lot_codes_take_exactly_the_82_characters_of_gs1() -> None:
    assert sum(ids.is_lot(chr(code)) for code in range(0x3000)) == 82


def test_the_questions_answer_as_the_patterns_do() -> None:
    questions = {
        "PARTY_PATTERN": ids.is_party,
        "PLACE_PATTERN": ids.is_place,
        "CERTIFICATE_PATTERN": ids.is_certificate,
        "DIGEST_PATTERN": ids.is_digest,
        "HOLDING_PATTERN": ids.is_holding,
        "ORIGIN_PATTERN": ids.is_origin,
        "LOT_PATTERN": ids.is_lot,
    }
    for name, question in questions.items():
        assert all(map(question, GOOD[name])), name
        assert not any(question(text + "\n") for text in GOOD[name]), name
        assert not any(map(question, BAD[name])), name


def test_ids_are_made_from_ten_random_bytes() -> None:
    assert ids.party_id(bytes(10)) == "p-0000000000000000"
    assert ids.place_id(b"\xff" * 10) == "l-zzzzzzzzzzzzzzzz"
    # 5 bits a letter, the first bits first
    assert ids.certificate_id(bytes.fromhex("00443214c74254b635cf")) == "c-0123456789abcdef"
    assert ids.label_key_id(bytes.fromhex("00443214c74254b635cf")) == "k-0123456789abcdef"
    assert ids.is_label_key("k-0123456789abcdef")
    assert not ids.is_label_key("k-0123456789ABCDEF")
    for wrong in (b"", bytes(9), bytes(11)):
        with pytest.raises(FormatError) as caught:
            ids.party_id(wrong)
        assert caught.value.code == "id.random"


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("629104150021", 3),  # the General Specifications' example of a GTIN-13
        ("37610425002123456", 9),  # and of an SSCC
        ("9638507", 4),
        ("03600029145", 2),
        ("0", 0),
        ("", None),
    ],
)
def test_check_digits(digits: str, expected: int | None) -> None:
    if expected is None:
        with pytest.raises(FormatError):
            ids.check_digit(digits)
    else:
        assert ids.check_digit(digits) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("6291041500213", "06291041500213"),
        ("16291041500210", "16291041500210"),
    ],
)
def test_every_gtin_becomes_a_gtin_14(text: str, expected: str) -> None:
    assert ids.gtin14(text) == expected
    assert ids.gtin14(expected) == expected


def test_a_wrong_check_digit_names_the_right_one() -> None:
    with pytest.raises(FormatError) as caught:
        ids.gtin14("6291041500215")
    assert caught.value.code == "gtin.check-digit"
    assert caught.value.params == {"found": "5", "expected": "3"}
    assert "should be 3" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "62910415002", "+6291041500213", "629104150021³", "６291041500213",
     "6291041500213\n", " 291041500213", "6291041500_13", "123456789012345"],
)  # fmt: skip
def test_what_is_no_gtin_is_refused(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        ids.gtin14(text)
    assert caught.value.code == "gtin.malformed"


def test_any_single_wrong_digit_is_noticed() -> None:
    good = "16291041500210"
    for place in range(14):
        for digit in "0123456789":
            changed = good[:place] + digit + good[place + 1 :]
            if changed != good:
                with pytest.raises(FormatError):
                    ids.gtin14(changed)


def test_locations_and_containers_are_checked() -> None:
    assert ids.gln("6291041500213") == "6291041500213"
    assert ids.sscc("376104250021234569") == "376104250021234569"
    for check, text, code in (
        (ids.gln, "6291041500210", "gln.check-digit"),
        (ids.gln, "96385074", "gln.malformed"),
        (ids.sscc, "376104250021234560", "sscc.check-digit"),
        (ids.sscc, "6291041500213", "sscc.malformed"),
    ):
        with pytest.raises(FormatError) as caught:
            check(text)
        assert caught.value.code == code


def test_a_product_without_gtin_gets_a_restricted_number() -> None:
    assert ids.restricted_gtin(0) == "02000000000008"
    assert ids.restricted_gtin(ids.RESTRICTED_LIMIT) == "02999999999991"
    for number in (0, 1, 12_345, ids.RESTRICTED_LIMIT):
        made = ids.restricted_gtin(number)
        assert ids.gtin14(made) == made
        assert ids.is_restricted(made)
    for number in (-1, ids.RESTRICTED_LIMIT + 1):
        with pytest.raises(FormatError) as caught:
            ids.restricted_gtin(number)
        assert caught.value.code == "gtin.restricted-range"


@pytest.mark.parametrize(
    ("gtin", "restricted"),
    [
        ("08938505974191", False),
        ("00036000291452", False),
        ("00000096385074", False),
        ("00000020123451", True),
        ("00000001234565", True),
        ("00200000000004", True),
        ("00400000000008", True),
        ("02900000000001", True),
        ("12900000000008", True),
        ("03000000000007", False),
    ],
)
def test_restricted_ranges(gtin: str, restricted: bool) -> None:
    assert ids.is_restricted(gtin) is restricted
