"""Laws of quantities: they round-trip, and agree with exact decimal arithmetic."""

import re
from collections.abc import Callable
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from traceability.core.errors import FormatError
from traceability.core.quantity import MAX_BASE, QUANTITY_PATTERN, UNITS, Quantity, Unit

units = st.sampled_from(list(UNITS.values()))
bases = st.integers(0, MAX_BASE)


def attempt(make: Callable[[], Quantity]) -> Quantity | str:
    """Return what was made, or the code of the refusal."""
    try:
        return make()
    except FormatError as error:
        return error.code


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, Unit]:
    """Draw a text of the right form, with as many digits as any unit may have."""
    unit = draw(units)
    whole = draw(st.integers(0, 10**12 - 1))
    digits = draw(st.one_of(st.just(""), st.from_regex(r"[0-9]{1,9}", fullmatch=True)))
    assume(digits.isascii())
    return f"{whole}{'.' if digits else ''}{digits} {unit.code}", unit


@given(texts())
def test_the_base_is_the_exact_product_or_the_refusal_says_why_not(drawn: tuple[str, Unit]) -> None:
    text, unit = drawn
    assert re.compile(QUANTITY_PATTERN).fullmatch(text)
    amount = text.split()[0]
    exact = Decimal(amount) * unit.base
    digits = len(amount.partition(".")[2])
    quantity = attempt(lambda: Quantity.parse(text))
    if digits > unit.digits:
        assert quantity == "quantity.too-precise"
    elif exact > MAX_BASE:
        assert quantity == "quantity.too-large"
    else:
        assert isinstance(quantity, Quantity)
        assert quantity.base == exact
        assert f"{quantity.amount:f}" == amount
        assert quantity.text == text


@given(bases, units)
def test_base_units_round_trip_through_the_shortest_text(base: int, unit: Unit) -> None:
    quantity = attempt(lambda: Quantity.of(base, unit.code))
    if base // unit.base >= 10**12:
        assert quantity == "quantity.too-large"
        return
    if base * 10**unit.digits % unit.base:
        assert quantity == "quantity.inexact"
        return
    assert isinstance(quantity, Quantity)
    assert Quantity.parse(quantity.text) == quantity
    assert Quantity.parse(quantity.text).base == base
    amount = quantity.text.split()[0]
    assert "." not in amount or not amount.endswith("0")


@given(bases, units, units)
def test_reading_in_another_unit_changes_nothing_or_is_refused(
    base: int, one: Unit, other: Unit
) -> None:
    try:
        quantity = Quantity.of(base, one.code)
        there = quantity.in_unit(other.code)
    except FormatError:
        return
    assert one.dimension is other.dimension
    assert there.base == base
    assert there.unit is other
    assert there.in_unit(one.code) == quantity


@given(st.one_of(st.text(), st.text(alphabet="0123456789.,+-eE KGMH87٣", max_size=20)))
def test_any_text_is_a_quantity_or_a_format_error(text: str) -> None:
    quantity = attempt(lambda: Quantity.parse(text))
    if isinstance(quantity, str):
        assert quantity.startswith("quantity.")
        return
    assert re.compile(QUANTITY_PATTERN).fullmatch(text)
    assert 0 <= quantity.base <= MAX_BASE
