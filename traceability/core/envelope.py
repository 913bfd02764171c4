"""The envelope of a record: a JWS compact string (RFC 7515) with exactly one kind of header.

The header is ``{"alg":"Ed25519","kid":"<thumbprint>","typ":"goc+sd-jwt"}`` (DESIGN §3), byte for
byte; the algorithm is never taken from the input. What the payload says is the codec's. This module
needs no models: whoever only verifies signatures loads nothing else.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from traceability.core import b64
from traceability.core.errors import FormatError, RecordError
from traceability.core.keys import SIGNATURE_BYTES, PublicKey

_HEADER_HEAD: Final = b'{"alg":"Ed25519","kid":"'
_HEADER_TAIL: Final = b'","typ":"goc+sd-jwt"}'
_HEADER_SIZE: Final = len(_HEADER_HEAD) + 43 + len(_HEADER_TAIL)
HEADER_LETTERS: Final = -(-_HEADER_SIZE * 8 // 6)  #: of the header segment in base64url
_MOST_HEADERS: Final = 4096
_headers: dict[bytes, str] = {}  # header segment -> kid: the same few come again and again


class Envelope(NamedTuple):
    """What a signature binds: the key's name, the 64 bytes of the signature, and the signed text
    ``header.payload``. ``payload`` is that text's second part, in base64url."""

    kid: str
    signature: bytes
    signing_input: bytes
    payload: bytes


def open_envelope(jws: bytes) -> Envelope:
    """Reads a JWS compact string. Raises ``RecordError``: ``record.malformed``, ``record.header``;
    nothing is verified yet, and the payload is not looked at."""
    segments = jws.split(b".")
    if len(segments) != 3:
        raise RecordError("record.malformed", what="a JWS has three parts")
    header, payload, text = segments
    kid = _headers.get(header) or _kid_of(header)
    try:
        signature = b64.decode(text)
    except FormatError as error:
        raise RecordError("record.malformed", what="base64url is not canonical") from error
    if len(signature) != SIGNATURE_BYTES:
        raise RecordError("record.malformed", what="an Ed25519 signature has 64 bytes")
    return Envelope(kid, signature, jws[: -len(text) - 1], payload)


def check_signature(
    kid: str, signature: bytes, signing_input: bytes, keys: Mapping[str, PublicKey]
) -> None:
    """Refuses what a key that is not in ``keys`` signed, and a signature that does not hold."""
    key = keys.get(kid)
    if key is None:
        raise RecordError("record.unknown-key", kid=kid)
    if not key.verify(signature, signing_input):
        raise RecordError("record.signature")


def header_for(kid: str) -> bytes:
    """The protected header segment for a key."""
    return b64.encode(_HEADER_HEAD + kid.encode() + _HEADER_TAIL).encode()


def _kid_of(segment: bytes) -> str:
    try:
        header = b64.decode(segment)
        kid = header[len(_HEADER_HEAD) : -len(_HEADER_TAIL)]
        b64.decode(kid)
    except FormatError as error:
        raise RecordError("record.header") from error
    if len(header) != _HEADER_SIZE or header != _HEADER_HEAD + kid + _HEADER_TAIL:
        raise RecordError("record.header")
    if len(_headers) >= _MOST_HEADERS:
        _headers.clear()
    return _headers.setdefault(segment, kid.decode())
