"""Gốc's own vectors of serials, for those who print labels or read them with programs of their own.

``python -m tests.vectors.serials`` writes ``serials.json`` beside this file, byte for byte the same
each time. Secrets, messages and MACs are in hexadecimal. ``typed`` are ways to type the first
serial; ``mistyped`` what must be refused, with the code; ``elsewhere`` well-formed serials that
must not be found for the first label's lot.
"""

import json
from pathlib import Path
from typing import Any, Final

from labels.serials import LIMIT, Run, find, read, serial
from traceability.core.errors import FormatError
from traceability.core.label_key import LabelKey

FILE: Final = Path(__file__).with_suffix(".json")

KEYS: Final = (
    LabelKey("k-0123456789abcdef", b"goc test vectors: label key one."),
    LabelKey("k-fedcba9876543210", b"goc test vectors: label key two."),
)
DIGESTS: Final = (
    "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",  # SHA-256 of nothing
    "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0",  # and of "abc"
)
LABELS: Final = [
    (KEYS[0], "08931234567897", "CD-20261122", DIGESTS[0], 0),
    (KEYS[0], "08931234567897", "CD-20261122", DIGESTS[0], 1),
    (KEYS[0], "08931234567897", "CD-20261122", DIGESTS[0], 9_999_999),
    (KEYS[0], "08931234567897", "CD-20261122", DIGESTS[1], 0),
    (KEYS[1], "08931234567897", "CD-20261122", DIGESTS[0], 0),
    (KEYS[0], "02000000000015", "A/B%1", DIGESTS[1], LIMIT - 1),
]


def message(gtin: str, lot: str, digest: str, index: int, key: LabelKey) -> bytes:
    """What the MAC is over, written out."""
    fields = [b"goc-serial/1", *(each.encode() for each in (key.id, gtin, lot, digest))]
    fields.append(index.to_bytes(4, "big"))
    return b"".join(len(field).to_bytes(2, "big") + field for field in fields)


def made(key: LabelKey, gtin: str, lot: str, digest: str, index: int) -> dict[str, Any]:
    """One label with its serial, and what comes between."""
    text = serial(key, gtin, lot, digest, index)
    return {
        "key": key.id,
        "gtin": gtin,
        "lot": lot,
        "digest": digest,
        "index": index,
        "message": message(gtin, lot, digest, index, key).hex(),
        "mac": f"{int.from_bytes(read(text).mac, 'big'):017x}",
        "serial": text,
    }


def code_of(text: str) -> str:
    """Why a serial cannot be read; empty where it can."""
    try:
        read(text)
    except FormatError as error:
        return error.code
    return ""


def vectors() -> bytes:
    """What ``serials.json`` must hold."""
    first = serial(*LABELS[0])
    groups = [first[at : at + 5] for at in range(0, 20, 5)]
    _, gtin, lot, digest, _ = LABELS[0]
    serials = [serial(*label) for label in LABELS]
    runs = [Run(digest, 10_000_000)]
    told = {
        "about": "Serials of Gốc's labels; python -m tests.vectors.serials makes this file",
        "keys": {key.id: key.secret.hex() for key in KEYS},
        "serials": [made(*label) for label in LABELS],
        "typed": [first, first.lower(), "-".join(groups), " ".join(groups).lower(),
                  first.replace("0", "O").replace("1", "l")],
        "mistyped": [
            {"text": text, "code": code_of(text)}
            for text in (
                first[:-1] + ("Z" if first[-1] != "Z" else "Y"),
                "1" + first[1:],
                first[:18] + first[19] + first[18],
                first[19] + first[1:19] + first[0],
                first[:19],
                first + "0",
                "U" + first[1:],
                "",
            )
        ],
        "elsewhere": [
            text for text in serials if find(read(text), gtin, lot, KEYS[:1], runs) is None
        ],
    }  # fmt: skip
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


if __name__ == "__main__":
    FILE.write_bytes(vectors())
