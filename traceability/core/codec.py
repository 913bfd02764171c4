"""Records to and from signed bytes (DESIGN §3): JWS compact, canonical JSON, disclosures.

A record is the issuer-signed part of an SD-JWT (RFC 9901): a JWS compact string with one kind of
header (``core.envelope``). Its payload is canonical JSON (RFC 8785): it must equal its own
re-encoding, which also refuses duplicate keys, and what would tell our encoder from that canon
(floats, keys beyond ASCII) the closed models refuse.

On the wire a record travels with its disclosures, ``jws~d~d~`` (``core.disclosures``).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from traceability.core import b64, disclosures, fields
from traceability.core.claims import Shape, shape_of
from traceability.core.disclosures import SALT_BYTES
from traceability.core.envelope import check_signature, header_for, open_envelope
from traceability.core.errors import FormatError, GocError, RecordError
from traceability.core.keys import PrivateKey, PublicKey
from traceability.core.leaf import leaf_class
from traceability.core.records import Record
from traceability.core.registry_records import MODELS, RESERVED

MAX_BYTES: Final = 60 * 1024  #: of a record's JWS; with its disclosures it may have twice that

_Read = Callable[[Any], Record]
_READERS: Final[dict[str, tuple[_Read, Shape]]] = {
    name: (TypeAdapter(model).validator.validate_python, shape_of(model))
    for name, model in MODELS.items()
}


class SignedRecord:
    """A record as parsed: what it says (``body``), what was signed, and what it is called.

    ``digest`` is SHA-256 of the JWS (32 bytes) and ``name`` its base64url, by which other records
    and people name it. ``disclosures`` are as on the wire, in the order given; ``undisclosed`` are
    JSON pointers to the hidden fields that none of them shows. ``stored`` is the payload as a
    store keeps it, where that was made ahead of time.
    """

    __slots__ = (
        "body", "digest", "disclosures", "kid", "name", "payload", "signature", "signing_input",
        "stored", "undisclosed",
    )  # fmt: skip

    def __init__(
        self,
        body: Record,
        kid: str,
        payload: bytes,
        signature: bytes,
        signing_input: bytes,
        digest: bytes,
        disclosures: tuple[bytes, ...],
        undisclosed: tuple[str, ...] = (),
    ) -> None:
        self.body = body
        self.kid = kid
        self.payload = payload
        self.signature = signature
        self.signing_input = signing_input
        self.digest = digest
        self.name = b64.encode(digest)
        self.disclosures = disclosures
        self.undisclosed = undisclosed
        self.stored: bytes | None = None

    @property
    def jws(self) -> bytes:
        """The JWS compact string, as signed."""
        return self.signing_input + b"." + b64.encode(self.signature).encode()

    @property
    def wire(self) -> bytes:
        """The record with its disclosures, as RFC 9901 writes it."""
        return to_wire(self.jws, self.disclosures)

    @property
    def leaf_class(self) -> int:
        """1 when the signed text is public with the log."""
        return leaf_class(self.body.type)

    def __repr__(self) -> str:
        return f"SignedRecord({self.body.type} {self.name})"


def parse(text: bytes, complete: bool = True) -> SignedRecord:
    """Parses ``jws~d~d~``. With ``complete`` every hidden field must come with its disclosure.

    Raises ``RecordError`` (``record.*``); nothing about the signature is checked yet.
    """
    if len(text) > 2 * MAX_BYTES:
        raise RecordError("record.too-large", limit=MAX_BYTES, size=len(text))
    jws, *rest = text.split(b"~")
    if not rest or rest.pop() != b"":
        raise RecordError("record.malformed", what="it must end with '~'")
    if len(jws) > MAX_BYTES:
        raise RecordError("record.too-large", limit=MAX_BYTES, size=len(jws))
    kid, signature, signing_input, payload_text = open_envelope(jws)
    try:
        payload = b64.decode(payload_text)
    except FormatError as error:
        raise RecordError("record.malformed", what="base64url is not canonical") from error
    claims = disclosures.canonical(payload, "record.not-canonical")
    validate, shape = _reader_of(claims)
    undisclosed = disclosures.place(claims, shape, disclosures.read(rest), complete)
    try:
        body = validate(claims)
    except ValidationError as error:
        raise _schema_error(error) from None
    return SignedRecord(
        body,
        kid,
        payload,
        signature,
        signing_input,
        sha256(jws).digest(),
        tuple(rest),
        undisclosed,
    )


def rebuild(
    kid: str,
    payload: bytes,
    signature: bytes,
    disclosures: Iterable[bytes] = (),
) -> bytes:
    """The wire form, exactly, from what the storage keeps of a record."""
    signing_input = header_for(kid) + b"." + b64.encode(payload).encode()
    return to_wire(signing_input + b"." + b64.encode(signature).encode(), disclosures)


def to_wire(jws: bytes, disclosures: Iterable[bytes]) -> bytes:
    """``jws~d~d~``."""
    return b"~".join((jws, *disclosures, b""))


def keys_in(batch: Sequence[SignedRecord]) -> dict[str, PublicKey]:
    """The keys that the batch itself registers, by thumbprint: whether they are trusted is
    judged by the rules; here they only let signatures within the batch be verified.

    A weak key is passed over: it verifies nothing, and the rules refuse its record alone.
    """
    found: dict[str, PublicKey] = {}
    for record in batch:
        if record.body.type == "key":
            jwk: Any = record.body.data.jwk  # type: ignore[attr-defined]
            try:
                key = PublicKey(b64.decode(jwk.x))
            except GocError:
                continue
            found[key.kid] = key
    return found


def verify(record: SignedRecord, keys: Mapping[str, PublicKey]) -> None:
    """Refuses a record whose key is unknown or whose signature does not hold."""
    check_signature(record.kid, record.signature, record.signing_input, keys)


# -- writing -----------------------------------------------------------------------------------
def conceal(
    claims: Mapping[str, Any],
    salt: Callable[[], bytes],
    also: Collection[str] = (),
) -> tuple[bytes, tuple[bytes, ...]]:
    """Hides what must be hidden in ``claims`` (wire names, all in the clear), and the hideable
    fields named in ``also``; gives the canonical payload and the disclosures.

    ``salt`` gives 16 fresh random bytes a call. The result is not validated: ``parse`` does that.
    Raises ``RecordError`` for an unknown type, or a value that no record can hold.
    """
    found: list[bytes] = []
    _, shape = _reader_of(dict(claims))
    hidden = disclosures.hide(claims, shape, salt, frozenset(also), found)
    return disclosures.write(hidden), tuple(found)


def sign(payload: bytes, key: PrivateKey) -> bytes:
    """The JWS compact string over a canonical payload."""
    signing_input = header_for(key.public.kid) + b"." + b64.encode(payload).encode()
    return signing_input + b"." + b64.encode(key.sign(signing_input)).encode()


# -- reading -----------------------------------------------------------------------------------
def _reader_of(claims: Any) -> tuple[_Read, Shape]:
    kind = claims.get("type") if type(claims) is dict else None
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        if isinstance(kind, str) and kind in RESERVED:
            raise RecordError("record.type-reserved", "/type", type=kind)
        raise RecordError("record.type", "/type")
    return reader


def _schema_error(error: ValidationError) -> RecordError:
    """The first fault, by its own code where its form has one, without the value: it may be
    personal."""
    first = error.errors(include_url=False)[0]
    pointer = fields.pointer_of(first["loc"])
    if first["type"] == "string_pattern_mismatch":
        read = fields.READERS.get(first["ctx"]["pattern"])
        try:
            if read is not None:
                read(first["input"])
        except FormatError as wrong:
            return RecordError(wrong.code, pointer, **wrong.params)
    return RecordError("record.schema", pointer, **fields.fault_of(first).as_params(pointer or "/"))


__all__ = [
    "MAX_BYTES", "SALT_BYTES", "SignedRecord", "conceal", "header_for", "keys_in", "parse",
    "rebuild", "sign", "to_wire", "verify",
]  # fmt: skip
