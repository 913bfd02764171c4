"""Quantities: what is read, what is refused, and that nothing is ever rounded."""

import re
from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest

from traceability.core.errors import FormatError
from traceability.core.quantity import (
    MAX_BASE,
    QUANTITY_PATTERN,
    UNIT_PATTERN,
    UNITS,
    Dimension,
    Quantity,
    unit,
)


def refusal(text: str) -> FormatError:
    with pytest.raises(FormatError) as caught:
        Quantity.parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "base", "dimension"),
    [
        ("1234.5 KGM", 1_234_500_000, Dimension.MASS),
        ("0 KGM", 0, Dimension.MASS),
        ("0.000001 KGM", 1, Dimension.MASS),
        ("100.0 KGM", 100_000_000, Dimension.MASS),
        ("2.5 DTN", 250_000_000, Dimension.MASS),
        ("0.000000001 TNE", 1, Dimension.MASS),
        ("999999999999 MGM", 999_999_999_999, Dimension.MASS),
        ("0.5 LTR", 500_000, Dimension.VOLUME),
        ("1 MTQ", 10**9, Dimension.VOLUME),
        ("40 H87", 40, Dimension.COUNT),
        ("3 PR", 6, Dimension.COUNT),
        ("2 DZN", 24, Dimension.COUNT),
        ("1.5 MIL", 1_500, Dimension.COUNT),
        ("12.5 CMT", 125_000, Dimension.LENGTH),
        ("1.234567890 HAR", 12_345_678_900, Dimension.AREA),
    ],
)
def test_a_quantity_is_a_whole_number_of_base_units(
    text: str, base: int, dimension: Dimension
) -> None:
    quantity = Quantity.parse(text)
    assert quantity.base == base
    assert quantity.dimension is dimension
    assert quantity.text == str(quantity) == text
    assert quantity.unit is UNITS[text.split()[1]]


def test_units_of_a_dimension_agree_with_each_other() -> None:
    for smaller, larger, ratio in (
        ("MGM", "GRM", 10**3),
        ("GRM", "KGM", 10**3),
        ("KGM", "DTN", 10**2),
        ("KGM", "TNE", 10**3),
        ("MLT", "LTR", 10**3),
        ("LTR", "HLT", 10**2),
        ("LTR", "MTQ", 10**3),
        ("H87", "PR", 2),
        ("H87", "DZN", 12),
        ("H87", "MIL", 10**3),
        ("CMT", "MTR", 10**2),
        ("CMK", "MTK", 10**4),
        ("MTK", "HAR", 10**4),
    ):
        assert UNITS[larger].base == ratio * UNITS[smaller].base, larger
        assert UNITS[larger].dimension is UNITS[smaller].dimension


def test_no_digit_that_a_unit_permits_is_less_than_a_base_unit() -> None:
    for known in UNITS.values():
        assert known.base % 10**known.digits == 0, known.code
        assert 0 <= known.digits <= 9
        # and none that could be permitted is withheld
        assert known.digits == 9 or known.base % 10 ** (known.digits + 1), known.code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "KGM",
        "1",
        "1KGM",
        "1  KGM",
        " 1 KGM",
        "1 KGM ",
        "1 KGM\n",
        "1\tKGM",
        "1\u00a0KGM",
        "+1 KGM",
        "-1 KGM",
        "-0 KGM",
        "01 KGM",
        "00 KGM",
        "00.5 KGM",
        ".5 KGM",
        "5. KGM",
        "1.2.3 KGM",
        "1,5 KGM",
        "1,000 KGM",
        "1_000 KGM",
        "1e3 KGM",
        "1E3 KGM",
        "0x10 KGM",
        "NaN KGM",
        "nan KGM",
        "Infinity KGM",
        "inf KGM",
        "１２ KGM",
        "1.５ KGM",
        "٣ KGM",
        "1² KGM",
        "1 2 KGM",
        "1 KGM 2",
        "1 KILOGRAM",
        "1 ＫＧＭ",
        "1 KG\x00",
        "\ud800 KGM",
    ],
)
def test_what_is_not_written_as_a_quantity_is_refused(text: str) -> None:
    assert refusal(text).code == "quantity.malformed"
    assert not re.compile(QUANTITY_PATTERN).fullmatch(text)


@pytest.mark.parametrize("code", ["kgm", "kg", "LBR", "C62", "XX", "Kgm"])
def test_an_unknown_unit_is_named_with_those_that_are_known(code: str) -> None:
    error = refusal(f"1 {code}")
    assert error.code == "quantity.unit"
    assert error.params["unit"] == code
    assert error.params["known"] == ", ".join(UNITS)
    assert "KGM" in str(error)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1.5 H87", 0),
        ("1.0 H87", 0),
        ("0.5 PR", 0),
        ("1.5 DZN", 0),
        ("1.5 MGM", 0),
        ("1.0000000 KGM", 6),
        ("0.0000001 KGM", 6),
        ("1.2345678901 HAR", 9),
        ("1." + "0" * 10_000 + " KGM", 6),
    ],
)
def test_more_digits_than_the_unit_permits_are_refused(text: str, digits: int) -> None:
    error = refusal(text)
    assert error.code == "quantity.too-precise"
    assert error.params == {"unit": text.split()[1], "digits": digits}


@pytest.mark.parametrize(
    "text",
    [
        "1000000000000 MGM",
        "1000000000.000000001 TNE",
        "1000000001 TNE",
        "999999999999.999999999 TNE",
        "100000001 HAR",
        "1" + "0" * 10_000 + " KGM",  # longer than int() converts
    ],
)
def test_huge_quantities_are_refused(text: str) -> None:
    assert refusal(text).code == "quantity.too-large"


def test_the_largest_quantity_fits_64_bits() -> None:
    assert Quantity.parse("1000000000 TNE").base == MAX_BASE < 2**63


def test_zero_is_refused_where_something_is_required() -> None:
    assert Quantity.parse_positive("0.001 GRM").base == 1
    for text in ("0 KGM", "0.000 KGM"):
        assert Quantity.parse(text).base == 0
        with pytest.raises(FormatError) as caught:
            Quantity.parse_positive(text)
        assert caught.value.code == "quantity.zero"


@pytest.mark.parametrize(
    ("base", "code", "text"),
    [
        (0, "KGM", "0 KGM"),
        (1, "KGM", "0.000001 KGM"),
        (1_234_500_000, "KGM", "1234.5 KGM"),
        (100_000_000, "DTN", "1 DTN"),
        (1_050, "MIL", "1.05 MIL"),
        (24, "DZN", "2 DZN"),
        (MAX_BASE, "TNE", "1000000000 TNE"),
    ],
)
def test_base_units_are_written_with_the_fewest_digits(base: int, code: str, text: str) -> None:
    made = Quantity.of(base, code)
    assert made.text == text
    assert made == Quantity.parse(text)
    assert made.base == base


@pytest.mark.parametrize(
    ("base", "code", "expected"),
    [
        (7, "DZN", "quantity.inexact"),
        (3, "PR", "quantity.inexact"),
        (1, "HAR", "quantity.inexact"),
        (-1, "KGM", "quantity.malformed"),
        (MAX_BASE + 1, "TNE", "quantity.too-large"),
        (10**12, "MGM", "quantity.too-large"),
        (1, "kg", "quantity.unit"),
    ],
)
def test_what_a_unit_cannot_say_exactly_is_refused(base: int, code: str, expected: str) -> None:
    with pytest.raises(FormatError) as caught:
        Quantity.of(base, code)
    assert caught.value.code == expected


def test_a_quantity_is_read_in_another_unit_of_its_dimension() -> None:
    assert Quantity.parse("1234.50 KGM").in_unit("TNE").text == "1.2345 TNE"
    assert Quantity.parse("0.5 DTN").in_unit("KGM").text == "50 KGM"
    assert Quantity.parse("36 H87").in_unit("DZN").text == "3 DZN"
    for text, code, expected in (
        ("1 KGM", "LTR", "quantity.dimension"),
        ("7 H87", "DZN", "quantity.inexact"),
        ("1 KGM", "lb", "quantity.unit"),
        ("1000000 TNE", "MGM", "quantity.too-large"),
    ):
        with pytest.raises(FormatError) as caught:
            Quantity.parse(text).in_unit(code)
        assert caught.value.code == expected


def test_zeros_at_the_end_are_kept_and_make_another_text_of_the_same_size() -> None:
    coarse, fine = Quantity.parse("100 KGM"), Quantity.parse("100.0 KGM")
    assert coarse.base == fine.base
    assert coarse != fine
    assert str(fine.amount) == "100.0"
    assert fine.amount == Decimal(100)


def test_quantities_are_frozen_and_can_be_keys() -> None:
    quantity = Quantity.parse("1 KGM")
    with pytest.raises(FrozenInstanceError):
        quantity.base = 2  # type: ignore[misc]
    assert {quantity: "a"}[Quantity.parse("1 KGM")] == "a"
    with pytest.raises(TypeError):
        UNITS["KGM"] = unit("GRM")  # type: ignore[index]


def test_a_unit_is_found_by_its_code() -> None:
    assert unit("KGM").code == "KGM"
    assert all(re.compile(UNIT_PATTERN).fullmatch(code) for code in UNITS)
    with pytest.raises(FormatError) as caught:
        unit("a very long text that somebody typed")
    assert caught.value.params["unit"] == "a ver"
