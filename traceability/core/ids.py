"""Identifiers: those that Gốc draws at random, those of GS1, and the shape of all others.

Ids of parties, places and certificates are random (DESIGN §3), so that they tell nothing; the
random bytes come from the caller. GS1 keys follow the GS1 General Specifications: check digits
§7.9, character set 82 (for lot codes, AI 10) §7.11, restricted-circulation numbers §2.1.13.

The ``…_PATTERN`` strings say what an identifier looks like. They are written for pydantic's
``pattern=`` (Rust's regex, and ECMA-262 in the generated JSON Schema), where ``^`` and ``$``
mean the very ends of the text. Python's own ``re`` lets ``$`` match before a final newline:
there, use ``re.compile(PATTERN).fullmatch``, as the ``is_…`` functions here do.
"""

import re
from typing import Final

from traceability.core.errors import FormatError

# -- random ids ------------------------------------------------------------------------------
BASE32: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's, lower case: no i, l, o, u
ID_BYTES: Final = 10  # 80 bits

PARTY_PATTERN: Final = r"^p-[0-9a-hjkmnp-tv-z]{16}$"
PLACE_PATTERN: Final = r"^l-[0-9a-hjkmnp-tv-z]{16}$"
CERTIFICATE_PATTERN: Final = r"^c-[0-9a-hjkmnp-tv-z]{16}$"
LABEL_KEY_PATTERN: Final = r"^k-[0-9a-hjkmnp-tv-z]{16}$"

# -- digests and keys: base64url whose unused last bits are zero -----------------------------
DIGEST_PATTERN: Final = r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
KID_PATTERN: Final = DIGEST_PATTERN
NONCE_PATTERN: Final = r"^[A-Za-z0-9_-]{21}[AQgw]$"
HOLDING_PATTERN: Final = r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\.(?:0|[1-9][0-9]{0,2})$"

# -- the log: a host of at most 63 characters, a port, a path of at most 31: 100 in all ------
ORIGIN_PATTERN: Final = (
    r"^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?(?::[0-9]{1,5})?"
    r"(?:/[A-Za-z0-9](?:[A-Za-z0-9._~/-]{0,28}[A-Za-z0-9])?)?$"
)

# -- GS1 -------------------------------------------------------------------------------------
GTIN_PATTERN: Final = r"^[0-9]{14}$"
GLN_PATTERN: Final = r"^[0-9]{13}$"
SSCC_PATTERN: Final = r"^[0-9]{18}$"
LOT_PATTERN: Final = r"""^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$"""

RESTRICTED_LIMIT: Final = 10**11 - 1

_is_party = re.compile(PARTY_PATTERN).fullmatch
_is_place = re.compile(PLACE_PATTERN).fullmatch
_is_certificate = re.compile(CERTIFICATE_PATTERN).fullmatch
_is_label_key = re.compile(LABEL_KEY_PATTERN).fullmatch
_is_digest = re.compile(DIGEST_PATTERN).fullmatch
_is_holding = re.compile(HOLDING_PATTERN).fullmatch
_is_origin = re.compile(ORIGIN_PATTERN).fullmatch
_is_lot = re.compile(LOT_PATTERN).fullmatch


def _random_id(prefix: str, random: bytes) -> str:
    if len(random) != ID_BYTES:
        raise FormatError("id.random", expected=ID_BYTES)
    number = int.from_bytes(random, "big")
    return prefix + "".join(BASE32[number >> shift & 31] for shift in range(75, -1, -5))


def party_id(random: bytes) -> str:
    """Return the party id (``p-`` and 16 letters) of 10 random bytes; ``id.random`` otherwise."""
    return _random_id("p-", random)


def place_id(random: bytes) -> str:
    """Return the place id (``l-`` and 16 letters) of 10 random bytes; ``id.random`` otherwise."""
    return _random_id("l-", random)


def certificate_id(random: bytes) -> str:
    """Return the certificate id (``c-`` …) of 10 random bytes; ``id.random`` otherwise."""
    return _random_id("c-", random)


def label_key_id(random: bytes) -> str:
    """Return the id of a label key (``k-`` …) of 10 random bytes; ``id.random`` otherwise."""
    return _random_id("k-", random)


def is_party(text: str) -> bool:
    """Say whether ``text`` has the form of a party id."""
    return _is_party(text) is not None


def is_place(text: str) -> bool:
    """Say whether ``text`` has the form of a place id."""
    return _is_place(text) is not None


def is_certificate(text: str) -> bool:
    """Say whether ``text`` has the form of a certificate id."""
    return _is_certificate(text) is not None


def is_label_key(text: str) -> bool:
    """Say whether ``text`` has the form of a label key's id."""
    return _is_label_key(text) is not None


def is_digest(text: str) -> bool:
    """Say whether ``text`` has the form of a SHA-256 in base64url, as digests and kids do."""
    return _is_digest(text) is not None


def is_holding(text: str) -> bool:
    """Say whether ``text`` names a holding: ``<digest>.<n>``, n from 0 to 999."""
    return _is_holding(text) is not None


def is_origin(text: str) -> bool:
    """Say whether ``text`` may be a log's origin: a host, a port if need be, a path if need be."""
    return _is_origin(text) is not None


def is_lot(text: str) -> bool:
    """Say whether ``text`` may be a lot code: 1 to 20 characters of GS1's set 82."""
    return _is_lot(text) is not None


def check_digit(digits: str) -> int:
    """Return the GS1 check digit (§7.9) that belongs after ``digits``.

    From the right, digits weigh 3, 1, 3, …; the check digit fills the sum up to a multiple of
    ten. ``FormatError("digits.malformed")`` for anything but ASCII digits.
    """
    if not (digits.isascii() and digits.isdigit()):
        raise FormatError("digits.malformed")
    return -(3 * sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2]))) % 10


def _checked(text: str, lengths: tuple[int, ...], name: str) -> str:
    if len(text) not in lengths or not (text.isascii() and text.isdigit()):
        raise FormatError(f"{name}.malformed")
    expected = check_digit(text[:-1])
    if int(text[-1]) != expected:
        raise FormatError(f"{name}.check-digit", found=text[-1], expected=str(expected))
    return text


def gtin14(text: str) -> str:
    """Return the GTIN-14 of a GTIN-8, -12, -13 or -14, filled with zeros on the left (§3.3.2).

    ``FormatError``: ``gtin.malformed``, or ``gtin.check-digit`` with ``found`` and ``expected``.
    """
    return _checked(text, (8, 12, 13, 14), "gtin").zfill(14)


def gln(text: str) -> str:
    """Return the 13-digit Global Location Number; ``gln.malformed``, ``gln.check-digit``."""
    return _checked(text, (13,), "gln")


def sscc(text: str) -> str:
    """Return the 18-digit Serial Shipping Container Code; ``sscc.malformed``, ``…check-digit``."""
    return _checked(text, (18,), "sscc")


def restricted_gtin(number: int) -> str:
    """Return the GTIN-14 form of the operator's restricted-circulation number ``number``.

    For products without a GTIN of their own. GS1 sets the prefixes 20 to 29 aside for numbers
    that mean something only inside a closed region or company (General Specifications §2.1.13,
    RCN-13): ``2``, eleven digits of ours (0 to ``RESTRICTED_LIMIT``), the check digit. Such a
    number is unique at this operator's host only, and is to be marked so wherever it is shown.
    ``FormatError("gtin.restricted-range")`` beyond the range.
    """
    if not 0 <= number <= RESTRICTED_LIMIT:
        raise FormatError("gtin.restricted-range", limit=RESTRICTED_LIMIT)
    body = f"2{number:011d}"
    return f"0{body}{check_digit(body)}"


def is_restricted(gtin: str) -> bool:
    """Say whether a GTIN-14 lies in a restricted-circulation range of GS1.

    Those are the GS1 prefixes 02, 04 and 20–29, at any packaging level, and the GTIN-8s that
    begin with 0 or 2 (§1.4): numbers that somebody else may use for another product.
    """
    if gtin.startswith("000000"):  # a GTIN-8
        return gtin[6] in "02"
    return gtin[1] == "2" or gtin[1:3] in ("02", "04")
