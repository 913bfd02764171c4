"""Base64url without padding, in its one canonical form (RFC 4648 §5 and §3.5).

Digests, signatures, disclosures and key members all travel in this form (RFC 7515 §2). A
signed record is named by the hash of its text, so two spellings of the same bytes would be two
names for one thing: whatever is not the spelling that :func:`encode` writes is refused.
"""

from binascii import Error as BinasciiError
from binascii import a2b_base64, b2a_base64
from typing import Final

from traceability.core.errors import FormatError

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")


def _from_url() -> bytes:
    """Map the URL alphabet to the standard one, and everything else to a byte outside both."""
    table = bytearray(b"\xff" * 256)
    for letter in ALPHABET.encode("ascii"):
        table[letter] = letter
    table[ord("-")] = ord("+")
    table[ord("_")] = ord("/")
    return bytes(table)


_FROM_URL: Final = _from_url()
# The last letter of a group of two carries two bits of the value, of a group of three four bits;
# the unused low bits must be zero, which leaves these letters.
_LAST_OF_TWO: Final = frozenset(ALPHABET[::16].encode("ascii"))
_LAST_OF_THREE: Final = frozenset(ALPHABET[::4].encode("ascii"))


def encode(data: bytes) -> str:
    """Return the base64url text of ``data``, without padding."""
    return b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def decode(text: str | bytes) -> bytes:
    """Return the bytes whose :func:`encode` is exactly ``text``.

    Padding, line breaks, letters of the standard alphabet (``+``, ``/``) and set unused bits are
    all refused: ``FormatError("base64.malformed")``.
    """
    try:
        raw = text.encode("ascii") if isinstance(text, str) else text
        rest = len(raw) & 3
        if not rest:
            return a2b_base64(raw.translate(_FROM_URL), strict_mode=True)
        if rest == 3:
            if raw[-1] in _LAST_OF_THREE:
                return a2b_base64(raw.translate(_FROM_URL) + b"=", strict_mode=True)
        elif rest == 2 and raw[-1] in _LAST_OF_TWO:
            return a2b_base64(raw.translate(_FROM_URL) + b"==", strict_mode=True)
    except (BinasciiError, UnicodeEncodeError):
        pass
    raise FormatError("base64.malformed")
