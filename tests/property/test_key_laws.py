"""Laws of keys: only the signed message verifies, and only points of prime order are keys.

The arithmetic here is written out from RFC 8032 §5.1, slow and plain, as an oracle that shares
nothing with the library.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from traceability.core.errors import FormatError
from traceability.core.keys import PrivateKey, PublicKey

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
IDENTITY: Point = (0, 1)

seeds = st.binary(min_size=32, max_size=32)
messages = st.binary(max_size=80)


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P
    return x, y


def times(scalar: int, point: Point) -> Point:
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def decompress(raw: bytes) -> Point | None:
    number = int.from_bytes(raw, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x), y


def compress(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def is_key(raw: bytes) -> bool:
    try:
        PublicKey(raw)
    except FormatError as error:
        return error.code != "key.weak"
    return True


def torsion() -> list[Point]:
    """Return the eight points of small order, as multiples of one of order eight."""
    for y in range(2, 100):
        point = decompress(y.to_bytes(32, "little"))
        if point is not None:
            small = times(ORDER, point)
            if times(4, small) != IDENTITY:
                return [times(n, small) for n in range(8)]
    raise AssertionError("no point of order eight was found")


TORSION = torsion()


def test_the_eight_points_of_small_order_are_no_keys() -> None:
    assert len(set(TORSION)) == 8
    assert not any(is_key(compress(point)) for point in TORSION)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_a_key_moved_by_a_point_of_small_order_is_no_key(seed: bytes) -> None:
    raw = PrivateKey.from_seed(seed).public.raw
    point = decompress(raw)
    assert point is not None
    moved = [compress(add(point, small)) for small in TORSION]
    assert moved[0] == raw
    assert [is_key(one) for one in moved] == [True] + [False] * 7


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_bytes_are_a_key_exactly_when_they_are_a_point_of_prime_order(raw: bytes) -> None:
    point = decompress(raw)
    good = point is not None and point != IDENTITY and times(ORDER, point) == IDENTITY
    assert is_key(raw) is good


@given(seeds, messages)
def test_what_a_key_signs_its_public_half_verifies(seed: bytes, message: bytes) -> None:
    key = PrivateKey.from_seed(seed)
    signature = key.sign(message)
    assert len(signature) == 64
    assert key.public.verify(signature, message)
    assert key.sign(message) == signature


@given(seeds, messages, st.data())
def test_any_changed_byte_of_signature_or_message_is_noticed(
    seed: bytes, message: bytes, data: st.DataObject
) -> None:
    key = PrivateKey.from_seed(seed)
    signed = bytearray(key.sign(message) + message)
    place = data.draw(st.integers(0, len(signed) - 1))
    signed[place] ^= data.draw(st.integers(1, 255))
    assert not key.public.verify(bytes(signed[:64]), bytes(signed[64:]))


@given(st.binary(max_size=130), messages)
def test_verifying_rubbish_is_false_and_never_an_error(signature: bytes, message: bytes) -> None:
    assert PrivateKey.from_seed(bytes(32)).public.verify(signature, message) is False


@given(seeds, seeds, messages)
def test_another_key_does_not_verify(one: bytes, other: bytes, message: bytes) -> None:
    signature = PrivateKey.from_seed(one).sign(message)
    assert PrivateKey.from_seed(other).public.verify(signature, message) is (one == other)


@given(seeds)
def test_a_key_round_trips_and_is_named_as_others_name_it(seed: bytes) -> None:
    public = PrivateKey.from_seed(seed).public
    assert PublicKey.from_jwk(public.jwk) == PublicKey(public.raw) == public
    assert public.kid == OKPKey.import_key({**public.jwk}).thumbprint()
