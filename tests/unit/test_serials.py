"""Serials of labels: how they look, how people type them, and which are somebody's invention."""

from contextlib import suppress
from itertools import combinations

import pytest

from labels.digital_link import DigitalLink
from labels.serials import LIMIT, Found, Run, find, read, serial, serials
from traceability.core.errors import FormatError
from traceability.core.label_key import LabelKey

KEY = LabelKey("k-0123456789abcdef", b"k" * 32)
OTHER = LabelKey("k-fedcba9876543210", b"o" * 32)
GTIN, LOT = "08931234567897", "CD-20261122"
RECORD, LATER = "A" * 43, "B" * 42 + "A"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def refusal_of(text: str) -> str:
    with pytest.raises(FormatError) as refusal:
        read(text)
    return refusal.value.code


def test_a_serial_is_twenty_capitals_that_every_label_can_carry() -> None:
    made = serial(KEY, GTIN, LOT, RECORD, 9_999_999)
    assert len(made) == 20
    assert set(made) <= set(ALPHABET)
    link = DigitalLink("goc.example", GTIN, LOT, made)
    assert link.uri.endswith(f"/21/{made}")
    assert read(made).index == 9_999_999


def test_what_people_type_is_read_as_what_was_printed() -> None:
    made = next(
        each for each in serials(KEY, GTIN, LOT, RECORD, 0, 200) if "0" in each[6:] and "1" in each
    )
    groups = "-".join(made[at : at + 5] for at in range(0, 20, 5))
    for typed in (
        made.lower(),
        groups,
        groups.replace("-", " \u2013 "),
        made.replace("0", "O"),
        made.replace("0", "o").replace("1", "l"),
        made.replace("1", "I"),
    ):
        assert read(typed).text == made


def test_every_single_wrong_letter_is_told_as_a_typing_error() -> None:
    made = serial(KEY, GTIN, LOT, RECORD, 123_456)
    for place, right in enumerate(made):
        for wrong in set(ALPHABET) - {right}:
            assert refusal_of(made[:place] + wrong + made[place + 1 :]) == "serial.typing"


def test_every_two_letters_that_were_swapped_are_told_as_a_typing_error() -> None:
    made = serial(KEY, GTIN, LOT, RECORD, 123_456)
    swapped = 0
    for one, other in combinations(range(20), 2):
        if made[one] != made[other]:
            letters = list(made)
            letters[one], letters[other] = letters[other], letters[one]
            assert refusal_of("".join(letters)) == "serial.typing"
            swapped += 1
    assert swapped > 150


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda made: made[:-1], "serial.typing-length"),
        (lambda made: made + "0", "serial.typing-length"),
        (lambda made: made[:7] + made[6:], "serial.typing-length"),
        (lambda _: "", "serial.typing-length"),
        (lambda _: "0" * 5000, "serial.typing-length"),
        (lambda made: "U" + made[1:], "serial.typing-letter"),
        (lambda made: made[:-1] + "\u0131", "serial.typing-letter"),  # its capital is an I
        (lambda made: made[:-1] + "\u0661", "serial.typing-letter"),  # a digit, of Arabic
        (lambda made: made[:-1] + "\n", "serial.typing-letter"),
    ],
)
def test_what_cannot_be_a_serial_is_refused_with_the_reason(change: object, code: str) -> None:
    assert callable(change)
    assert refusal_of(change(serial(KEY, GTIN, LOT, RECORD, 1))) == code


def test_a_serial_leads_to_its_record_its_number_and_its_key() -> None:
    runs = [Run(RECORD, 100), Run(LATER, 50)]
    made = read(serial(OTHER, GTIN, LOT, LATER, 49))
    assert find(made, GTIN, LOT, [KEY, OTHER], runs) == Found(LATER, 49, OTHER.id)
    named = [Run(RECORD, 100, KEY.id), Run(LATER, 50, OTHER.id)]
    assert find(made, GTIN, LOT, [KEY, OTHER], named) == Found(LATER, 49, OTHER.id)


def test_an_invented_serial_is_none_and_no_typing_error() -> None:
    readable = []
    for letter in ALPHABET:  # for nineteen letters there is one last letter that fits
        with suppress(FormatError):
            readable.append(read("00000A0000000000000" + letter))
    (invented,) = readable
    assert invented.index == 10
    assert find(invented, GTIN, LOT, [KEY], [Run(RECORD, 100)]) is None


@pytest.mark.parametrize(
    ("gtin", "lot", "keys", "run"),
    [
        ("02000000000015", LOT, [KEY], Run(RECORD, 100)),  # another product
        (GTIN, "CD-20261123", [KEY], Run(RECORD, 100)),  # another lot
        (GTIN, LOT, [KEY], Run(LATER, 100)),  # another run of labels
        (GTIN, LOT, [KEY], Run(RECORD, 7)),  # beyond what was printed
        (GTIN, LOT, [OTHER], Run(RECORD, 100)),
        (GTIN, LOT, [LabelKey(OTHER.id, KEY.secret)], Run(RECORD, 100)),  # the id counts, too
        (GTIN, LOT, [KEY], Run(RECORD, 100, OTHER.id)),
        (GTIN, LOT, [], Run(RECORD, 100)),
    ],
)
def test_a_serial_is_not_found_where_it_was_not_made_for(
    gtin: str, lot: str, keys: list[LabelKey], run: Run
) -> None:
    made = read(serial(KEY, GTIN, LOT, RECORD, 7))
    assert find(made, GTIN, LOT, [KEY], [Run(RECORD, 8)]) is not None
    assert find(made, gtin, lot, keys, [run]) is None


def test_every_key_is_tried_with_every_run_though_the_first_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr("hmac.compare_digest", compare)
    made = read(serial(KEY, GTIN, LOT, RECORD, 0))
    assert find(made, GTIN, LOT, [KEY, OTHER], [Run(RECORD, 1), Run(LATER, 1)]) is not None
    assert len(compared) == 4


def test_many_serials_are_those_that_are_made_one_by_one() -> None:
    for first in (0, (1 << 15) - 3, LIMIT - 6):
        one_by_one = [serial(KEY, GTIN, LOT, RECORD, first + n) for n in range(6)]
        assert list(serials(KEY, GTIN, LOT, RECORD, first, 6)) == one_by_one
    assert list(serials(KEY, GTIN, LOT, RECORD, 5, 0)) == []


@pytest.mark.parametrize("index", [-1, LIMIT])
def test_an_index_has_its_limits(index: int) -> None:
    with pytest.raises(FormatError) as refusal:
        serial(KEY, GTIN, LOT, RECORD, index)
    assert refusal.value.code == "serial.index"
    with pytest.raises(FormatError) as refusal:
        serials(KEY, GTIN, LOT, RECORD, index, 1)
    assert refusal.value.code == "serial.index"


@pytest.mark.parametrize(
    ("gtin", "lot", "digest", "code"),
    [
        ("8931234567897", LOT, RECORD, "serial.label"),
        ("08931234567894", LOT, RECORD, "gtin.check-digit"),
        (GTIN, "", RECORD, "serial.label"),
        (GTIN, LOT, "record", "serial.label"),
    ],
)
def test_a_serial_is_made_for_a_label_and_nothing_else(
    gtin: str, lot: str, digest: str, code: str
) -> None:
    for make in (
        lambda: serial(KEY, gtin, lot, digest, 0),
        lambda: serials(KEY, gtin, lot, digest, 0, 1),
    ):
        with pytest.raises(FormatError) as refusal:
            make()
        assert refusal.value.code == code


def test_a_serial_is_not_tried_without_end() -> None:
    made = read(serial(KEY, GTIN, LOT, RECORD, 0))
    with pytest.raises(FormatError) as refusal:
        find(made, GTIN, LOT, [KEY, OTHER], [Run(RECORD, 1)] * 2049)
    assert refusal.value.code == "serial.too-many"


def test_a_key_for_labels_has_its_form_and_shows_nothing() -> None:
    assert "kkkk" not in repr(KEY)
    for id, secret in (("k-1", b"k" * 32), (KEY.id, b"k" * 31), ("p-0123456789abcdef", b"k" * 32)):
        with pytest.raises(FormatError) as refusal:
            LabelKey(id, secret)
        assert refusal.value.code == "label-key.malformed"
