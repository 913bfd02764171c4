"""Records made by hand, rightly or wrongly: whatever a hostile sender could sign and send."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import orjson

from traceability.core import b64, codec
from traceability.core.keys import PrivateKey

KEY: Final = PrivateKey.from_seed(b"a key of those who forge records")
SALT: Final = b"a salt of 16 b.."

#: A harvest with all that is needed, in the clear.
HARVEST: Final[dict[str, Any]] = {
    "v": 1,
    "log": "goc.example/test",
    "type": "harvest",
    "iss": "p-0000000000000001",
    "by": "Nguyễn Thị Hạnh",
    "at": "2026-06-01T06:30:00+07:00",
    "iat": "2026-06-01T06:31:00+07:00",
    "nonce": b64.encode(bytes(16)),
    "place": "l-0000000000000001",
    "makes": [
        {
            "lot": "CD-01",
            "product": "02000000000015",
            "holder": "p-0000000000000001",
            "quantity": "100.5 KGM",
            "count": "40 H87",
        },
        {"lot": "CD-02", "product": "02000000000015", "quantity": "3 KGM"},
    ],
    "data": {"season": "2026-1"},
}


def claims(**changes: Any) -> dict[str, Any]:
    """The harvest with some claims changed; None leaves one out."""
    whole = orjson.loads(orjson.dumps(HARVEST)) | changes
    return {name: value for name, value in whole.items() if value is not None}


def salt() -> bytes:
    """One salt for all: two equal values of one name then have one disclosure."""
    return SALT


class Salts:
    """Salts in their order."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> bytes:
        self.count += 1
        return self.count.to_bytes(16, "big")


def canonical(value: Any) -> bytes:
    """Canonical JSON, for what the records may hold."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def payload(value: dict[str, Any] | None = None) -> dict[str, Any]:
    """The concealed claims of the harvest (or of others) as an object to be tampered with."""
    hidden, _ = codec.conceal(value or HARVEST, Salts())
    found: dict[str, Any] = orjson.loads(hidden)
    return found


def disclosures(value: dict[str, Any] | None = None) -> list[bytes]:
    """The disclosures that belong to ``payload()``."""
    return list(codec.conceal(value or HARVEST, Salts())[1])


def disclosure(name: Any, value: Any, salt: Any = None, raw: bytes | None = None) -> bytes:
    """A disclosure of any array, or of any bytes."""
    array = [b64.encode(SALT) if salt is None else salt, name, value]
    return b64.encode(canonical(array) if raw is None else raw).encode()


def digest(disclosure: bytes) -> str:
    """How ``_sd`` names a disclosure."""
    return b64.encode(sha256(disclosure).digest())


def jws(body: bytes, header: bytes | None = None, key: PrivateKey = KEY) -> bytes:
    """A JWS over any bytes, under any header text."""
    protected = codec.header_for(key.public.kid) if header is None else b64.encode(header).encode()
    signing_input = protected + b"." + b64.encode(body).encode()
    return signing_input + b"." + b64.encode(key.sign(signing_input)).encode()


def wire(
    body: bytes | dict[str, Any],
    shown: Sequence[bytes] = (),
    header: bytes | None = None,
    key: PrivateKey = KEY,
) -> bytes:
    """A record of any body with any disclosures; a body given as an object is made canonical."""
    text = body if isinstance(body, bytes) else canonical(body)
    return codec.to_wire(jws(text, header, key), shown)
