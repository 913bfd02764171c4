"""Payloads as rows keep them: small, and given back to the letter, for ever."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit import World
from traceability.core.errors import LedgerError
from traceability.storage.payloads import DICTIONARY, LONGEST, pack, unpack


def records() -> list[bytes]:
    world = World()
    farm, shop = world.party("farm"), world.party("supermarket")
    product, plot = world.product(farm), world.place(farm)
    harvest = world.harvest(farm, plot, [(product, "L1", "100 KGM", "80 H87")], by="Nguyễn Văn An")
    shipment = world.ship(farm, [(harvest[0], "40 KGM", "30 H87")], to=shop)
    world.receive(shop, shipment, by="Lê Thị Cúc")
    return [each.record.payload for each in world.records]


def test_payloads_come_back_to_the_letter() -> None:
    for payload in records():
        assert unpack(pack(payload)) == payload


def test_goods_on_their_way_take_about_half_of_their_length() -> None:
    goods = records()[-3:]  # harvest, ship, receive
    assert sum(len(pack(each)) for each in goods) < 0.55 * sum(map(len, goods))


@given(st.binary(max_size=2000))
def test_whatever_is_in_it_it_comes_back(data: bytes) -> None:
    payload = b"{" + data
    assert unpack(pack(payload)) == payload


def test_the_longest_comes_back_too() -> None:
    payload = b"{" + b"x" * (LONGEST - 1)
    assert unpack(pack(payload)) == payload


def test_what_was_kept_unpacked_is_read_as_it_is() -> None:
    for payload in records():
        assert unpack(payload) == payload


def test_the_dictionary_is_what_it_was_when_the_first_row_was_written() -> None:
    found = sha256(DICTIONARY).hexdigest()
    assert found == "31011f24d4b48c50b8665af9dec0db5261e276a90e2c6e569e642ee545ae6abd"
    assert unpack(bytes.fromhex(ROW)) == PAYLOAD


ROW = (
    "0123bf3a20def3068646c626a666e616968949c929a9692881915a91985b00aefc606e2d8d70cc28"
    "2d2f4a31cd88d04d2db130f5480c2a317544f800ad0a0000"
)
PAYLOAD = (
    b'{"at":"2026-06-01T06:00:00+07:00","data":{"kind":"sold"},"iat":"2026-06-01T06:00:00+07:00",'
    b'"iss":"p-0123456789abcdef","log":"goc.example","nonce":"uXAhuwrd5hX-et85HaRt5A",'
    b'"type":"consume","v":1}'
)


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\x01",
        b"\x02" + pack(records()[-1])[1:],
        pack(records()[-1])[:-1],
        pack(records()[-1]) + b"x",
        b"\x01nonsense",
        pack(b"{" + b"x" * LONGEST),  # longer than any
    ],
)
def test_what_is_no_payload_is_not_taken_for_one(stored: bytes) -> None:
    with pytest.raises(LedgerError) as refused:
        unpack(stored)
    assert refused.value.code == "ledger.storage"
