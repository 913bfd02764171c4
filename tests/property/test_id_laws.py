"""Laws of identifiers: ids are one to one with their bytes, and check digits catch slips."""

from hypothesis import assume, given
from hypothesis import strategies as st

from traceability.core import ids
from traceability.core.errors import FormatError

random_bytes = st.binary(min_size=10, max_size=10)


def digits(length: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**length - 1).map(lambda number: f"{number:0{length}d}")


def gtins() -> st.SearchStrategy[str]:
    return digits(13).map(lambda body: f"{body}{ids.check_digit(body)}")


def refused(text: str) -> bool:
    try:
        ids.gtin14(text)
    except FormatError:
        return True
    return False


@given(random_bytes)
def test_an_id_holds_all_its_random_bits(random: bytes) -> None:
    party, place, certificate = (
        make(random) for make in (ids.party_id, ids.place_id, ids.certificate_id)
    )
    assert (party[:2], place[:2], certificate[:2]) == ("p-", "l-", "c-")
    assert party[2:] == place[2:] == certificate[2:]
    assert ids.is_party(party)
    assert ids.is_place(place)
    assert ids.is_certificate(certificate)
    number = 0
    for letter in party[2:]:
        number = number * 32 + ids.BASE32.index(letter)
    assert number.to_bytes(10, "big") == random


@given(gtins(), st.integers(0, 13), st.integers(1, 9))
def test_any_wrong_digit_is_noticed(gtin: str, place: int, change: int) -> None:
    assert ids.gtin14(gtin) == gtin
    wrong = str((int(gtin[place]) + change) % 10)
    assert refused(gtin[:place] + wrong + gtin[place + 1 :])


@given(gtins(), st.integers(0, 12))
def test_neighbours_that_change_places_are_noticed_unless_five_apart(gtin: str, i: int) -> None:
    a, b = gtin[i], gtin[i + 1]
    assume(abs(int(a) - int(b)) not in (0, 5))
    assert refused(gtin[:i] + b + a + gtin[i + 2 :])


@given(st.sampled_from([7, 11, 12]).flatmap(digits))
def test_zeros_on_the_left_do_not_change_a_gtin(body: str) -> None:
    text = f"{body}{ids.check_digit(body)}"
    full = ids.gtin14(text)
    assert len(full) == 14
    assert full.endswith(text)
    assert ids.gtin14(full) == full


@given(st.integers(0, ids.RESTRICTED_LIMIT))
def test_a_restricted_number_can_be_read_back(number: int) -> None:
    gtin = ids.restricted_gtin(number)
    assert not refused(gtin)
    assert ids.is_restricted(gtin)
    assert int(gtin[2:13]) == number


@given(st.text())
def test_any_text_is_a_gs1_key_or_a_format_error(text: str) -> None:
    for read, length in ((ids.gtin14, 14), (ids.gln, 13), (ids.sscc, 18)):
        try:
            key = read(text)
        except FormatError:
            continue
        assert len(key) == length
        assert set(key) <= set("0123456789")
