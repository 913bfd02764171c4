"""Laws of serials: one for each label, found where it was made for and nowhere else."""

from hypothesis import given
from hypothesis import strategies as st

from labels.serials import LIMIT, Found, Run, find, read, serial
from traceability.core import b64, ids
from traceability.core.errors import FormatError
from traceability.core.label_key import LabelKey

LETTERS = ids.BASE32.upper()
indices = st.integers(0, LIMIT - 1)
keys = st.builds(
    lambda name, secret: LabelKey(ids.label_key_id(name), secret),
    st.binary(min_size=10, max_size=10),
    st.binary(min_size=32, max_size=32),
)
gtins = st.integers(0, ids.RESTRICTED_LIMIT).map(ids.restricted_gtin)
lots = st.from_regex(ids.LOT_PATTERN.replace("$", r"\Z"))
digests = st.binary(min_size=32, max_size=32).map(b64.encode)
labels = st.tuples(keys, gtins, lots, digests, indices)


@given(labels)
def test_a_serial_reads_back_and_is_found_again(
    label: tuple[LabelKey, str, str, str, int],
) -> None:
    key, gtin, lot, digest, index = label
    found = read(serial(*label))
    assert found.text == serial(*label)
    assert found.index == index
    runs = [Run(digest, LIMIT)]
    assert find(found, gtin, lot, [key], runs) == Found(digest, index, key.id)


@given(labels, labels, st.integers(0, 31))
def test_whatever_is_other_about_a_label_its_serial_is_another_and_is_not_found(
    one: tuple[LabelKey, str, str, str, int],
    other: tuple[LabelKey, str, str, str, int],
    mixture: int,
) -> None:
    mixed = tuple(
        b if mixture >> n & 1 else a for n, (a, b) in enumerate(zip(one, other, strict=True))
    )
    key, gtin, lot, digest, index = mixed
    made = serial(*one)
    assert (serial(key, gtin, lot, digest, index) == made) == (mixed == one)  # type: ignore[arg-type]
    found = find(read(made), gtin, lot, [key], [Run(digest, LIMIT)])  # type: ignore[arg-type, list-item]
    assert (found is not None) == (mixed[:4] == one[:4])


@given(labels, st.data())
def test_one_wrong_letter_or_two_that_were_swapped_never_go_unseen(
    label: tuple[LabelKey, str, str, str, int], data: st.DataObject
) -> None:
    letters = list(serial(*label))
    one, two = (data.draw(st.integers(0, 19)) for _ in range(2))
    if one == two:
        letters[one] = data.draw(
            st.sampled_from([each for each in LETTERS if each != letters[one]])
        )
    else:
        letters[one], letters[two] = letters[two], letters[one]
    typed = "".join(letters)
    assert fault_in(typed) == (None if typed == serial(*label) else "serial.typing")


def fault_in(text: str) -> str | None:
    """Why a serial cannot be read, if so."""
    try:
        read(text)
    except FormatError as error:
        return error.code
    return None


@given(st.text(max_size=70))
def test_whatever_is_typed_is_read_or_refused_by_name(text: str) -> None:
    fault = fault_in(text)
    if fault is None:
        assert read(read(text).text) == read(text)
    else:
        assert fault.startswith("serial.typing")
