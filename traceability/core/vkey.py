"""Verifier keys: who may sign a note, and by which algorithm (C2SP signed-note, "Signatures").

    vkey   = <name>+<8 lowercase hex digits of the key ID>+<base64(type byte ‖ public key)>
    key ID = SHA-256(name ‖ 0x0A ‖ type byte ‖ public key)[:4]

Gốc speaks two types: 01, Ed25519 over the note's text, by which a log signs its checkpoints;
and 04, a timed Ed25519 cosignature (C2SP tlog-cosignature), by which witnesses sign them. The
ID is short and no fingerprint: trust comes from the key that the vkey holds.
"""

from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from traceability.core.errors import FormatError
from traceability.core.keys import PublicKey
from traceability.core.lines import base64, is_plain, unbase64

KEY_ID_BYTES = 4
_HEX_DIGITS = frozenset("0123456789abcdef")


class SignatureType(IntEnum):
    """The assigned type bytes that Gốc verifies."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


def is_key_name(name: str) -> bool:
    """Say whether ``name`` can name a signer: not empty, no Unicode space, no ``+``."""
    return (
        bool(name)
        and "+" not in name
        and "\n" not in name
        and is_plain(name)
        and not any(map(str.isspace, name))
    )


def key_id(name: str, kind: SignatureType, public: PublicKey) -> bytes:
    """Return the 4 bytes that stand for a key in signature lines."""
    return sha256(b"%b\n%c%b" % (name.encode(), kind, public.raw)).digest()[:KEY_ID_BYTES]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key of one type. ``str()`` gives the vkey, :meth:`parse` reads it.

    Raises ``FormatError("note.name")`` for a name that no signer can have.
    """

    name: str
    kind: SignatureType
    public: PublicKey

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise FormatError("note.name")

    @property
    def id(self) -> bytes:
        """The 4-byte key ID."""
        return key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        material = bytes([self.kind]) + self.public.raw
        return f"{self.name}+{self.id.hex()}+{base64(material)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey.

        Raises ``FormatError``: ``note.key`` where it is not one or its key ID is not its key's,
        ``note.key-type`` for a type that Gốc does not verify, ``key.malformed`` or ``key.weak``
        for the key itself.
        """
        name, _, rest = text.partition("+")
        digits, _, encoded = rest.partition("+")
        material = unbase64(encoded)
        if (
            not is_key_name(name)
            or len(digits) != 2 * KEY_ID_BYTES
            or not _HEX_DIGITS.issuperset(digits)
            or not material
        ):
            raise FormatError("note.key")
        own_id = sha256(name.encode() + b"\n" + material).digest()[:KEY_ID_BYTES]
        if own_id.hex() != digits:
            raise FormatError("note.key")
        if material[0] not in (SignatureType.ED25519, SignatureType.COSIGNATURE):
            raise FormatError("note.key-type", name=name)
        return cls(name, SignatureType(material[0]), PublicKey(material[1:]))
