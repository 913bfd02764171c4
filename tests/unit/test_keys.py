"""Keys: what is refused, how they are named, and that secrets do not leak."""

import copy
import pickle

import pytest

from traceability.core import b64
from traceability.core.errors import FormatError
from traceability.core.keys import (
    PrivateKey,
    PublicKey,
    check_possession,
    possession_message,
    prove_possession,
)

# RFC 8032 §7.1, TEST 2 and TEST 3.
SEED_2 = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC_2 = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE_2 = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
# RFC 8037 appendix A.2 and A.3.
JWK_8037 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
KID_8037 = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
KEY = PrivateKey.from_seed(SEED_2)


def refusal(raw: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        PublicKey(raw)
    return caught.value.code


def test_signs_and_verifies_as_rfc_8032_says() -> None:
    assert KEY.public.raw == PUBLIC_2
    assert KEY.sign(b"\x72") == SIGNATURE_2
    assert PublicKey(PUBLIC_2).verify(SIGNATURE_2, b"\x72")


def test_a_key_is_named_by_its_thumbprint() -> None:
    key = PublicKey.from_jwk(JWK_8037)
    assert key.kid == KID_8037
    assert key.kid is key.kid
    assert key.jwk == JWK_8037
    assert list(key.jwk) == ["crv", "kty", "x"]


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    assert refusal(PUBLIC_2[:1] * length) == "key.malformed"


@pytest.mark.parametrize(
    ("name", "y"),
    [
        ("identity", 1),
        ("order 2", PRIME - 1),
        ("order 4", 0),
        ("order 4, other sign", 1 << 255),
        ("identity, sign bit set", 1 | 1 << 255),
        ("identity, not reduced", PRIME + 1),
        ("zero, not reduced", PRIME),
        ("off the curve", 2),
        ("all bits", 2**256 - 1),
    ],
)
def test_a_degenerate_point_is_refused(name: str, y: int) -> None:
    assert refusal(y.to_bytes(32, "little")) == "key.weak", name


def test_a_key_with_a_component_of_order_two_is_refused() -> None:
    # Adding the point (0, -1) to (x, y) gives (-x, -y): a point that libsodium took for one of
    # prime order before its fix of December 2025 (CVE-2025-69277), PyNaCl before 1.6.2.
    number = int.from_bytes(PUBLIC_2, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    mixed = (PRIME - y) | (1 - sign) << 255
    assert refusal(mixed.to_bytes(32, "little")) == "key.weak"


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "OKP", "crv": "Ed25519"},
        JWK_8037 | {"kid": "a"},
        JWK_8037 | {"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"},
        JWK_8037 | {"kty": "EC"},
        JWK_8037 | {"crv": "X25519"},
        JWK_8037 | {"x": 7},
        JWK_8037 | {"x": JWK_8037["x"] + "="},
        JWK_8037 | {"x": JWK_8037["x"][:-1] + "p"},
        JWK_8037 | {"x": JWK_8037["x"][:-1]},
        {"kty": "OKP", "crv": "Ed25519", "y": JWK_8037["x"]},
    ],
)
def test_a_jwk_with_other_members_or_values_is_refused(jwk: dict[str, object]) -> None:
    with pytest.raises(FormatError) as caught:
        PublicKey.from_jwk(jwk)
    assert caught.value.code == "key.malformed"


def test_a_weak_key_in_a_jwk_is_refused_as_weak() -> None:
    with pytest.raises(FormatError) as caught:
        PublicKey.from_jwk(JWK_8037 | {"x": b64.encode(bytes(32))})
    assert caught.value.code == "key.weak"


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_a_signature_of_another_length_is_false(length: int) -> None:
    assert not KEY.public.verify((SIGNATURE_2 * 2)[:length], b"\x72")


def test_a_signature_with_s_not_reduced_is_false() -> None:
    s = int.from_bytes(SIGNATURE_2[32:], "little") + ORDER
    assert not KEY.public.verify(SIGNATURE_2[:32] + s.to_bytes(32, "little"), b"\x72")


def test_a_signature_cannot_trade_bytes_with_its_message() -> None:
    signature = KEY.sign(b"\x72x")
    assert not KEY.public.verify(signature[:63], signature[63:] + b"\x72x")
    assert not KEY.public.verify(signature + b"\x72", b"x")


def test_any_flipped_bit_makes_the_signature_false() -> None:
    for bit in range(512):
        flipped = bytearray(SIGNATURE_2)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        assert not KEY.public.verify(bytes(flipped), b"\x72")


def test_an_empty_message_can_be_signed() -> None:
    assert KEY.public.verify(KEY.sign(b""), b"")
    assert not KEY.public.verify(KEY.sign(b""), b"\x00")


def test_keys_are_equal_by_their_bytes() -> None:
    twin = PublicKey(PUBLIC_2)
    assert twin == KEY.public
    assert {twin: 1}[KEY.public] == 1
    assert twin != PublicKey.from_jwk(JWK_8037)
    assert twin != PUBLIC_2


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(FormatError) as caught:
        PrivateKey.from_seed(bytes(length))
    assert caught.value.code == "key.malformed"


def test_a_private_key_shows_no_secret() -> None:
    shown = f"{KEY!r} {KEY}"
    assert KEY.public.kid in shown
    for secret in (SEED_2.hex(), b64.encode(SEED_2), repr(SEED_2)):
        assert secret not in shown
    assert not hasattr(KEY, "__dict__")


def test_a_private_key_is_neither_pickled_nor_copied() -> None:
    for take in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="pickled or copied"):
            take(KEY)


def test_possession_is_proved_for_one_log_party_and_key_only() -> None:
    proof = prove_possession(KEY, "goc.example/log", "p-0123456789abcdef")
    assert possession_message("a.example", "p-0", "kid") == b"goc-pop/1\na.example\np-0\nkid\n"
    assert check_possession(KEY.public, proof, "goc.example/log", "p-0123456789abcdef")
    assert not check_possession(KEY.public, proof, "goc.example/log2", "p-0123456789abcdef")
    assert not check_possession(KEY.public, proof, "goc.example/log", "p-0123456789abcdeg")
    other = PrivateKey.from_seed(bytes(range(32)))
    assert not check_possession(other.public, proof, "goc.example/log", "p-0123456789abcdef")
    forged = other.sign(possession_message("goc.example/log", "p-0", KEY.public.kid))
    assert not check_possession(KEY.public, forged, "goc.example/log", "p-0")
