"""Serial numbers of labels that need no row until they are scanned (DESIGN §3, *Label*).

A serial is 20 letters of Crockford's base32, as AI (21) allows them: 6 say which label it is, 13
are a MAC of 65 bits, the last is a check letter. ::

    index (30 bits) ‖ MAC (65 bits) ‖ check letter

    MAC = the first 65 bits of HMAC-SHA-256(secret, the fields one after the other)
    fields: "goc-serial/1", key id, GTIN of 14 digits, lot code, digest of the label record (all
            ASCII), index (4 bytes, big-endian); before each its length in 2 bytes, big-endian

So nobody can guess a serial, or take one over to another lot, product or run of labels; a serial
that was read needs the key and the label records of its lot to be recognised, and nothing else.

*Typing errors are told apart from invented serials without any key.* Letters are elements of GF(32)
(polynomials over GF(2) modulo x⁵+x²+1); with α = x, a serial c₀…c₁₉ is well formed when
Σ cᵢ·α^(19−i) = 0. No two of these weights are the same and none is zero, so that one wrong letter,
or two that were swapped however far apart, never go unseen; of other errors 31 of 32 are seen, and
a letter too many or too few always.

What people type is read with leniency: small letters, O for 0, I and L for 1, hyphens and spaces.
There is one canonical form: capitals, nothing between them.
"""

import hmac
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from traceability.core.errors import FormatError
from traceability.core.ids import BASE32, gtin14, is_digest, is_lot
from traceability.core.label_key import LabelKey

LENGTH: Final = 20
SPECIMEN: Final = "MAU" + "0" * (LENGTH - 3)  #: of a sample; U is a letter of no serial
LIMIT: Final = 1 << 30  #: of indices in one run of labels
MOST_TRIED: Final = 4096  #: pairs of key and label record for one serial
_DOMAIN: Final = b"goc-serial/1"
_INDEX_BYTES: Final = 4
_MAC_BITS: Final = 65
_MAC_BYTES: Final = 9
_LONGEST: Final = 64  # as typed, with all that stands between the letters
_LETTERS: Final = BASE32.upper()
_BETWEEN: Final = "- \u00a0\u2010\u2011\u2012\u2013\u2014\u2212"
_VALUES: Final = {
    **{letter: value for value, letter in enumerate(_LETTERS)},
    **{letter.lower(): value for value, letter in enumerate(_LETTERS)},
    **dict.fromkeys("oO", 0),
    **dict.fromkeys("iIlL", 1),
}
_BODY: Final = LENGTH - 1
_BLOCK: Final = 64  # of SHA-256, in bytes
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))  # RFC 2104 §2: opad, ipad
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_TRIPLES: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class ReadSerial:
    """A serial whose letters fit one another: its canonical form, its index, its MAC."""

    text: str
    index: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """A label record of the lot: its digest, how many labels it is for, and, where it says so, the
    id of the key that made their serials."""

    digest: str
    count: int
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Which label a serial is of: the digest of its record, its index there, the key's id."""

    digest: str
    index: int
    key: str


def serial(key: LabelKey, gtin: str, lot: str, digest: str, index: int) -> str:
    """The serial of one label, 20 letters. ``index``: from 0 to 2³⁰−1, otherwise ``serial.index``.
    ``serial.label``, or ``gtin.check-digit``, for what cannot be said of a label."""
    if not 0 <= index < LIMIT:
        raise FormatError("serial.index", limit=LIMIT - 1)
    mac = _Mac(key, gtin, lot, digest).of(index)
    body = index << _MAC_BITS | mac
    values = [body >> 5 * (_BODY - 1 - place) & 31 for place in range(_BODY)]
    return "".join(_LETTERS[value] for value in (*values, _check(values)))


def serials(
    key: LabelKey, gtin: str, lot: str, digest: str, first: int, count: int
) -> Iterator[str]:
    """The serials of ``count`` labels from index ``first`` on, in order, each as ``serial`` makes
    it. For millions: the MAC's state is copied, and letters come from tables by three."""
    if count < 0 or first < 0 or first + count > LIMIT:
        raise FormatError("serial.index", limit=LIMIT - 1)
    mac = _Mac(key, gtin, lot, digest).of
    return _in_bulk(mac, first, count)


def read(text: str) -> ReadSerial:
    """Read a serial as it is printed or as people type it.

    ``FormatError``: ``serial.typing-length``, ``serial.typing-letter`` (with the letter and its
    place from 1), ``serial.typing`` where the check letter shows that something is mistyped.
    """
    if len(text) > _LONGEST:
        raise FormatError("serial.typing-length", found=len(text), expected=LENGTH)
    letters = [letter for letter in text if letter not in _BETWEEN]
    for place, letter in enumerate(letters, 1):
        if letter not in _VALUES:
            raise FormatError("serial.typing-letter", letter=letter, place=place)
    if len(letters) != LENGTH:
        raise FormatError("serial.typing-length", found=len(letters), expected=LENGTH)
    *values, check = (_VALUES[letter] for letter in letters)
    if _check(values) != check:
        raise FormatError("serial.typing")
    body = 0
    for value in values:
        body = body << 5 | value
    return ReadSerial(
        "".join(_LETTERS[value] for value in (*values, check)),
        body >> _MAC_BITS,
        _bytes(body & (1 << _MAC_BITS) - 1),
    )


def find(
    found: ReadSerial, gtin: str, lot: str, keys: Collection[LabelKey], runs: Collection[Run]
) -> Found | None:
    """Which label of a lot a serial is of; None: nobody has made it for this lot.

    ``keys``: all that the ledger has had; ``runs``: the label records of the lot. Every key is
    tried with every run, and MACs are compared in constant time, so that how long it takes tells
    nothing. ``serial.too-many`` for more than 4096 pairs.
    """
    pairs = [(key, run) for run in runs for key in keys if run.key in (None, key.id)]
    if len(pairs) > MOST_TRIED:
        raise FormatError("serial.too-many", limit=MOST_TRIED)
    answer = None
    for key, run in pairs:
        expected = _bytes(_mac_of(key, gtin, lot, run.digest).of(found.index))
        same = hmac.compare_digest(expected, found.mac)
        if same and found.index < run.count:
            answer = Found(run.digest, found.index, key.id)
    return answer


# -- the MAC ---------------------------------------------------------------------------------------
class _Mac:
    """HMAC-SHA-256 (RFC 2104) with all but the index fed in: copied for each label."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: LabelKey, gtin: str, lot: str, digest: str) -> None:
        if len(gtin) != 14 or not is_lot(lot) or not is_digest(digest):
            raise FormatError("serial.label")
        fields = (key.id, gtin14(gtin), lot, digest)
        message = b"".join(map(_prefixed, (_DOMAIN, *(each.encode("ascii") for each in fields))))
        secret = key.secret.ljust(_BLOCK, b"\0")
        self._outer = sha256(secret.translate(_OUTER))
        self._inner = sha256(secret.translate(_INNER) + message)
        self._inner.update(_INDEX_BYTES.to_bytes(2, "big"))

    def of(self, index: int) -> int:
        """65 bits."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(index.to_bytes(_INDEX_BYTES, "big"))
        outer.update(inner.digest())
        return int.from_bytes(outer.digest()[:_MAC_BYTES], "big") >> 8 * _MAC_BYTES - _MAC_BITS


@lru_cache(maxsize=1024)
def _mac_of(key: LabelKey, gtin: str, lot: str, digest: str) -> _Mac:
    return _Mac(key, gtin, lot, digest)


def _prefixed(field: bytes) -> bytes:
    return len(field).to_bytes(2, "big") + field


def _bytes(mac: int) -> bytes:
    return mac.to_bytes(_MAC_BYTES, "big")


# -- the check letter ------------------------------------------------------------------------------
def _doubled(value: int) -> int:
    """α times an element of GF(32)."""
    return (value << 1) ^ (0b100101 if value & 16 else 0)


def _weighed() -> tuple[tuple[int, ...], ...]:
    """For each place but the last, what each letter there adds to the check letter."""
    rows = []
    row = list(range(32))
    for _ in range(_BODY):
        row = [_doubled(value) for value in row]
        rows.append(tuple(row))
    return tuple(reversed(rows))


_WEIGHED: Final = _weighed()


def _check(values: list[int]) -> int:
    total = 0
    for row, value in zip(_WEIGHED, values, strict=True):
        total ^= row[value]
    return total


# -- many at once ----------------------------------------------------------------------------------
@lru_cache(maxsize=1)
def _triples() -> tuple[str, ...]:
    """All triples of letters, in the order of their values."""
    return tuple(a + b + c for a in _LETTERS for b in _LETTERS for c in _LETTERS)


@lru_cache(maxsize=LENGTH)
def _triple_checks(place: int) -> bytes:
    """What each triple of letters from ``place`` on adds to the check letter."""
    one, two, three = _WEIGHED[place : place + 3]
    return bytes(a ^ b ^ c for a in one for b in two for c in three)


def _in_bulk(mac: Any, first: int, count: int) -> Iterator[str]:
    triples, letters, last = _triples(), _LETTERS, _WEIGHED[_BODY - 1]
    c0, c3, c6, c9, c12, c15 = (_triple_checks(place) for place in range(0, _BODY - 1, 3))
    low = _TRIPLES - 1
    for index in range(first, first + count):
        bits = mac(index)
        t0, t3 = index >> 15, index & low
        t6, t9, t12, t15 = bits >> 50, bits >> 35 & low, bits >> 20 & low, bits >> 5 & low
        v = bits & 31
        check = c0[t0] ^ c3[t3] ^ c6[t6] ^ c9[t9] ^ c12[t12] ^ c15[t15] ^ last[v]
        yield (
            triples[t0] + triples[t3] + triples[t6] + triples[t9] + triples[t12] + triples[t15]
            + letters[v] + letters[check]
        )  # fmt: skip
