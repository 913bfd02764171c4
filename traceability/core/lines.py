"""The pieces that C2SP's text formats are made of, each in its one canonical spelling.

Notes, checkpoints, proof files and policies are lines of decimals and standard base64 (RFC 4648
§4, padded; Gốc's own records use base64url, see ``b64``). Signed text must have one spelling
only, so readers here accept exactly what the writers write. They return ``None`` for anything
else, for the caller knows which format, and which line, is at fault.
"""

import re
from binascii import Error as BinasciiError
from binascii import a2b_base64, b2a_base64
from typing import Final

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LIMIT: Final = 2**63
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def decimal(text: str) -> int | None:
    """Read an ASCII decimal below 2^63 without sign or leading zeroes."""
    if _DECIMAL.fullmatch(text) is None:
        return None
    number = int(text)
    return number if number < _LIMIT else None


def base64(data: bytes) -> str:
    """Write standard base64 with padding."""
    return b2a_base64(data, newline=False).decode("ascii")


def unbase64(text: str) -> bytes | None:
    """Read what :func:`base64` writes; unused bits must be zero."""
    try:
        data = a2b_base64(text.encode("ascii"), strict_mode=True)
    except (BinasciiError, UnicodeEncodeError):
        return None
    return data if base64(data) == text else None


def utf8(data: bytes) -> str | None:
    """Read UTF-8 text without control characters below U+0020 but the newline."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if is_plain(text) else None


def is_plain(text: str) -> bool:
    """Say whether ``text`` can be written as UTF-8, with no control character but newlines."""
    if _CONTROL.search(text):
        return False
    return text.isascii() or not _SURROGATE.search(text)
