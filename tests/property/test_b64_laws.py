"""Laws of base64url: it round-trips, and each value has one spelling."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from traceability.core import b64
from traceability.core.errors import FormatError

NEARLY = st.text(alphabet=b64.ALPHABET + "+/=\n é", max_size=12)


@given(st.binary(max_size=200))
def test_what_is_written_is_read_again_and_is_as_the_standard_library_writes(data: bytes) -> None:
    text = b64.encode(data)
    assert b64.decode(text) == b64.decode(text.encode()) == data
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")


@given(st.one_of(st.text(), NEARLY))
def test_a_text_is_read_only_if_it_is_how_its_value_is_written(text: str) -> None:
    try:
        data = b64.decode(text)
    except FormatError as error:
        read = error.code != "base64.malformed"
    else:
        read = b64.encode(data) == text
        assert read
    # The other way round, by the standard library: whatever round-trips must have been read.
    try:
        loose = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        assert not read
    else:
        assert read is (b64.encode(loose) == text)


@given(st.binary(max_size=60))
def test_bytes_are_judged_as_their_text_is(raw: bytes) -> None:
    try:
        data = b64.decode(raw)
    except FormatError:
        return
    assert b64.encode(data).encode() == raw
