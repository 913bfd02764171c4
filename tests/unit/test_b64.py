"""Base64url: one spelling for each value, and no other is read."""

import pytest

from traceability.core import b64
from traceability.core.errors import FormatError


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"\xfb\xff\xbf", "-_-_"),
    ],
)
def test_writes_and_reads_rfc_4648_text_without_padding(data: bytes, text: str) -> None:
    assert b64.encode(data) == text
    assert b64.decode(text) == data
    assert b64.decode(text.encode()) == data


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "Zg==",
        "Zg=",
        "Zm8=",
        "Zh",
        "Zm9",
        "Zm+v",
        "Zm/v",
        "Zm9v\n",
        "Zm9vYg\n",
        "Zm9vY",
        " Zm9v",
        "Zm 9v",
        "Zm9.",
        "====",
        "=",
        "A===",
        "Zm9vZg==",
        "Zg==Zg==",
        "Zm9v\x00",
        "Zm9é",
        "Ｚm9v",
        "\ud800m9v",
        "Zm9v\u2028abc",
    ],
)
def test_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        b64.decode(text)
    assert caught.value.code == "base64.malformed"


def test_bytes_outside_ascii_are_refused() -> None:
    with pytest.raises(FormatError):
        b64.decode(b"Zm9\xff")


def test_of_all_last_letters_only_those_with_zero_bits_unused_are_read() -> None:
    def read(text: str) -> bool:
        try:
            return b64.encode(b64.decode(text)) == text
        except FormatError:
            return False

    assert "".join(c for c in b64.ALPHABET if read("A" + c)) == "AQgw"
    assert "".join(c for c in b64.ALPHABET if read("AA" + c)) == "AEIMQUYcgkosw048"
