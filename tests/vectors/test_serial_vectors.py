"""Our own vectors of serials: made again as they stand, and read back by hand.

By hand means: the standard library's HMAC, and arithmetic in GF(32) that is written out here.
"""

import hmac
import json
from typing import Any

import pytest

from labels.serials import read
from tests.vectors.serials import FILE, code_of, vectors

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_bytes())
    return found


def times(a: int, b: int) -> int:
    """The product in GF(2)[x] modulo x⁵+x²+1."""
    product = 0
    for bit in range(5):
        if b >> bit & 1:
            product ^= a << bit
    for bit in range(8, 4, -1):
        if product >> bit & 1:
            product ^= 0b100101 << (bit - 5)
    return product


def syndrome(text: str) -> int:
    """Σ cᵢ·α^(19−i), by Horner's rule."""
    total = 0
    for letter in text:
        total = times(total, 2) ^ ALPHABET.index(letter)
    return total


def test_the_vectors_are_made_again_byte_for_byte() -> None:
    assert FILE.read_bytes() == vectors()


def test_each_serial_is_index_mac_and_check_letter(told: dict[str, Any]) -> None:
    for each in told["serials"]:
        secret = bytes.fromhex(told["keys"][each["key"]])
        mac = hmac.digest(secret, bytes.fromhex(each["message"]), "sha256")
        bits = f"{each['index']:030b}" + "".join(f"{byte:08b}" for byte in mac)[:65]
        body = "".join(ALPHABET[int(bits[at : at + 5], 2)] for at in range(0, 95, 5))
        assert each["serial"][:-1] == body
        assert int(each["mac"], 16) == int(bits[30:], 2)
        assert syndrome(each["serial"]) == 0


def test_each_message_holds_its_fields_with_their_lengths(told: dict[str, Any]) -> None:
    for each in told["serials"]:
        message, fields = bytes.fromhex(each["message"]), []
        while message:
            length = int.from_bytes(message[:2], "big")
            fields.append(message[2 : 2 + length])
            message = message[2 + length :]
        texts = [field.decode() for field in fields[:-1]]
        assert texts == ["goc-serial/1", *(each[name] for name in ("key", "gtin", "lot", "digest"))]
        assert int.from_bytes(fields[-1], "big") == each["index"]


def test_what_is_typed_and_mistyped_is_read_as_it_says(told: dict[str, Any]) -> None:
    first = told["serials"][0]["serial"]
    assert {read(typed).text for typed in told["typed"]} == {first}
    assert len(told["typed"]) == len(set(told["typed"]))
    for each in told["mistyped"]:
        assert each["code"].startswith("serial.typing")
        assert code_of(each["text"]) == each["code"]


def test_all_but_the_labels_of_the_same_key_lot_and_record_are_elsewhere(
    told: dict[str, Any],
) -> None:
    first = told["serials"][0]
    same = ("key", "gtin", "lot", "digest")
    others = [
        each["serial"]
        for each in told["serials"]
        if [each[name] for name in same] != [first[name] for name in same]
    ]
    assert told["elsewhere"] == others
    assert len(others) == 3
