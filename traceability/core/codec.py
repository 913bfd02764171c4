"""Records to and from signed bytes (DESIGN §3): JWS compact, canonical JSON, disclosures.

A record is the issuer-signed part of an SD-JWT (RFC 9901): a JWS compact string (RFC 7515) with
exactly the header ``{"alg":"Ed25519","kid":"<thumbprint>","typ":"goc+sd-jwt"}``; the algorithm is
never taken from the input. Its payload is canonical JSON (RFC 8785). orjson with sorted keys is
that canon for what the closed models let through: ASCII keys, text, whole numbers; so a payload
must equal its own re-encoding, which also refuses duplicate keys, and what would tell the two
apart (floats, non-ASCII keys) the models refuse.

On the wire a record travels with its disclosures, ``jws~d~d~``. A disclosure is the base64url of
the canonical array ``[salt, name, value]``; its digest stands in ``_sd`` of exactly one object,
at the place at which ``hidden`` says its name.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import orjson
from pydantic import ValidationError

from traceability.core import b64
from traceability.core.claims import Shape, shape_of
from traceability.core.errors import FormatError, RecordError
from traceability.core.keys import PrivateKey, PublicKey
from traceability.core.records import Record
from traceability.core.registry_records import MODELS, RESERVED, leaf_class

MAX_BYTES: Final = 60 * 1024  #: of a record, and again of all its disclosures
SALT_BYTES: Final = 16

_HEADER_HEAD: Final = b'{"alg":"Ed25519","kid":"'
_HEADER_TAIL: Final = b'","typ":"goc+sd-jwt"}'
_HEADER_SIZE: Final = len(_HEADER_HEAD) + 43 + len(_HEADER_TAIL)
_SORTED: Final = orjson.OPT_SORT_KEYS
_headers: dict[bytes, str] = {}  # header segment -> kid: the same few come again and again


class SignedRecord:
    """A record as parsed: what it says (``body``), what was signed, and what it is called.

    ``digest`` is SHA-256 of the JWS (32 bytes) and ``name`` its base64url, by which other records
    and people name it. ``disclosures`` are as on the wire, in the order given.
    """

    __slots__ = (
        "body", "digest", "disclosures", "kid", "name", "payload", "signature", "signing_input",
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
    ) -> None:
        self.body = body
        self.kid = kid
        self.payload = payload
        self.signature = signature
        self.signing_input = signing_input
        self.digest = digest
        self.name = b64.encode(digest)
        self.disclosures = disclosures

    @property
    def jws(self) -> bytes:
        """The JWS compact string, as signed."""
        return self.signing_input + b"." + b64.encode(self.signature).encode()

    @property
    def wire(self) -> bytes:
        """The record with its disclosures, as RFC 9901 writes it."""
        return b"~".join((self.jws, *self.disclosures, b""))

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
    jws, *rest = text.split(b"~")
    if not rest or rest.pop() != b"":
        raise RecordError("record.malformed", what="it must end with '~'")
    if len(jws) > MAX_BYTES or len(text) > 2 * MAX_BYTES:
        raise RecordError("record.too-large", limit=MAX_BYTES, size=len(text))
    segments = jws.split(b".")
    if len(segments) != 3:
        raise RecordError("record.malformed", what="a JWS has three parts")
    header, payload_text, signature_text = segments
    kid = _headers.get(header) or _kid_of(header)
    try:
        payload = b64.decode(payload_text)
        signature = b64.decode(signature_text)
    except FormatError as error:
        raise RecordError("record.malformed", what="base64url is not canonical") from error
    if len(signature) != 64:
        raise RecordError("record.malformed", what="an Ed25519 signature has 64 bytes")
    claims = _canonical(payload, "record.not-canonical")
    model = _model_of(claims)
    shown = _read_disclosures(rest)
    left = _disclose(claims, shape_of(model), shown, "", complete)
    if left:
        raise RecordError("record.disclosure", what="a disclosure belongs to no field")
    try:
        body = model.model_validate(claims)
    except ValidationError as error:
        raise _schema_error(error) from None
    return SignedRecord(
        body,
        kid,
        payload,
        signature,
        jws[: -len(signature_text) - 1],
        sha256(jws).digest(),
        tuple(rest),
    )


def rebuild(
    kid: str,
    payload: bytes,
    signature: bytes,
    disclosures: Iterable[bytes] = (),
) -> bytes:
    """The wire form, exactly, from what the storage keeps of a record."""
    signing_input = header_for(kid) + b"." + b64.encode(payload).encode()
    return b"~".join((signing_input + b"." + b64.encode(signature).encode(), *disclosures, b""))


def header_for(kid: str) -> bytes:
    """The protected header segment for a key."""
    return b64.encode(_HEADER_HEAD + kid.encode() + _HEADER_TAIL).encode()


def keys_in(batch: Sequence[SignedRecord]) -> dict[str, PublicKey]:
    """The keys that the batch itself registers, by thumbprint: whether they are trusted is
    judged by the rules; here they only let signatures within the batch be verified."""
    found: dict[str, PublicKey] = {}
    for record in batch:
        if record.body.type == "key":
            key = PublicKey.from_jwk(record.body.data.jwk.model_dump(include={"kty", "crv", "x"}))  # type: ignore[attr-defined]
            found[key.kid] = key
    return found


def verify(record: SignedRecord, keys: Mapping[str, PublicKey]) -> None:
    """Refuses a record whose key is unknown or whose signature does not hold."""
    key = keys.get(record.kid)
    if key is None:
        raise RecordError("record.unknown-key", kid=record.kid)
    if not key.verify(record.signature, record.signing_input):
        raise RecordError("record.signature")


# -- writing -----------------------------------------------------------------------------------
def conceal(
    claims: Mapping[str, Any],
    salt: Callable[[], bytes],
    also: Collection[str] = (),
) -> tuple[bytes, tuple[bytes, ...]]:
    """Hides what must be hidden in ``claims`` (wire names, all in the clear), and the hideable
    fields named in ``also``; gives the canonical payload and the disclosures.

    ``salt`` gives 16 fresh random bytes a call. The result is not validated: ``parse`` does that.
    """
    disclosures: list[bytes] = []
    shape = shape_of(_model_of(claims))
    hidden = _conceal(claims, shape, salt, frozenset(also), disclosures)
    return orjson.dumps(hidden, option=_SORTED), tuple(disclosures)


def sign(payload: bytes, key: PrivateKey) -> bytes:
    """The JWS compact string over a canonical payload."""
    signing_input = header_for(key.public.kid) + b"." + b64.encode(payload).encode()
    return signing_input + b"." + b64.encode(key.sign(signing_input)).encode()


def to_wire(jws: bytes, disclosures: Iterable[bytes]) -> bytes:
    """``jws~d~d~``."""
    return b"~".join((jws, *disclosures, b""))


def _conceal(
    value: Mapping[str, Any],
    shape: Shape,
    salt: Callable[[], bytes],
    also: frozenset[str],
    disclosures: list[bytes],
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    names: list[str] = []
    digests: list[str] = []
    for name, member in sorted(value.items()):
        if member is None:
            continue
        if name in shape.must or (name in also and name in shape.hideable):
            array = [b64.encode(salt()), name, member]
            disclosure = b64.encode(orjson.dumps(array, option=_SORTED)).encode()
            disclosures.append(disclosure)
            names.append(name)
            digests.append(b64.encode(sha256(disclosure).digest()))
        elif name in shape.children and isinstance(member, Mapping):
            out[name] = _conceal(member, shape.children[name][0], salt, also, disclosures)
        elif name in shape.children and isinstance(member, list | tuple):
            inner = shape.children[name][0]
            out[name] = [_conceal(each, inner, salt, also, disclosures) for each in member]
        else:
            out[name] = member
    if names:
        out["_sd"] = digests
        out["hidden"] = names
    return out


# -- reading -----------------------------------------------------------------------------------
def _kid_of(segment: bytes) -> str:
    try:
        header = b64.decode(segment)
    except FormatError as error:
        raise RecordError("record.header") from error
    kid = header[len(_HEADER_HEAD) : -len(_HEADER_TAIL)]
    if (
        len(header) != _HEADER_SIZE
        or not header.startswith(_HEADER_HEAD)
        or not header.endswith(_HEADER_TAIL)
    ):
        raise RecordError("record.header")
    try:
        b64.decode(kid)
    except FormatError as error:
        raise RecordError("record.header") from error
    if len(_headers) >= 4096:
        _headers.clear()
    return _headers.setdefault(segment, kid.decode())


def _canonical(data: bytes, code: str) -> Any:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise RecordError("record.malformed", what="not JSON") from error
    try:
        same = orjson.dumps(value, option=_SORTED) == data
    except (TypeError, RecursionError) as error:
        raise RecordError(code) from error
    if not same:
        raise RecordError(code)
    return value


def _model_of(claims: Any) -> type[Record]:
    kind = claims.get("type") if isinstance(claims, Mapping) else None
    model = MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        if kind in RESERVED:
            raise RecordError("record.type-reserved", "/type", type=kind)
        raise RecordError("record.type", "/type")
    return model


def _read_disclosures(disclosures: Sequence[bytes]) -> dict[str, tuple[str, Any]]:
    shown: dict[str, tuple[str, Any]] = {}
    for disclosure in disclosures:
        try:
            array = _canonical(b64.decode(disclosure), "record.disclosure")
        except RecordError:
            raise
        except FormatError as error:
            raise RecordError("record.disclosure", what="base64url is not canonical") from error
        if not isinstance(array, list) or len(array) != 3:
            raise RecordError("record.disclosure", what="it is not [salt, name, value]")
        salt, name, value = array
        if not isinstance(salt, str) or len(salt) != 22 or not isinstance(name, str):
            raise RecordError("record.disclosure", what="the salt is not 128 bits")
        if not isinstance(value, str) and _nests(value):
            raise RecordError("record.disclosure", what="a hidden value may not hide again")
        shown[b64.encode(sha256(disclosure).digest())] = (name, value)
    if len(shown) != len(disclosures):
        raise RecordError("record.disclosure", what="the same disclosure twice")
    return shown


def _nests(value: Any) -> bool:
    if isinstance(value, dict):
        return "_sd" in value or "hidden" in value or any(map(_nests, value.values()))
    return isinstance(value, list) and any(map(_nests, value))


def _disclose(
    value: Any, shape: Shape, shown: dict[str, tuple[str, Any]], path: str, complete: bool
) -> dict[str, tuple[str, Any]]:
    """Puts disclosed values where they belong, and takes them out of ``shown``; what is left
    there belongs to nothing."""
    if not isinstance(value, dict):
        return shown  # the model says what is wrong with it
    if not shape.must.isdisjoint(value):
        name = sorted(shape.must & value.keys())[0]
        raise RecordError("record.in-the-clear", f"{path}/{name}", field=name)
    digests, names = value.get("_sd"), value.get("hidden")
    for member, (inner, many) in shape.children.items():
        child = value.get(member)
        if child is None:
            continue
        if many and isinstance(child, list):
            for position, each in enumerate(child):
                _disclose(each, inner, shown, f"{path}/{member}/{position}", complete)
        else:
            _disclose(child, inner, shown, f"{path}/{member}", complete)
    if digests is None and names is None:
        return shown
    if (
        not isinstance(digests, list)
        or not isinstance(names, list)
        or not names
        or len(digests) != len(names)
        or not all(isinstance(each, str) for each in names)
        or not all(isinstance(each, str) for each in digests)
        or len(set(names)) != len(names)
        or len(set(digests)) != len(digests)
    ):
        raise RecordError("record.hidden", path or "/", what="_sd and hidden do not match")
    for name, digest in zip(names, digests, strict=True):
        if name not in shape.hideable:
            raise RecordError("record.hidden", f"{path}/{name}", what=f"{name} may not be hidden")
        if name in value:
            raise RecordError("record.hidden", f"{path}/{name}", what="both hidden and shown")
        found = shown.pop(digest, None)
        if found is None:
            if complete:
                raise RecordError("record.undisclosed", f"{path}/{name}", field=name)
        elif found[0] != name or found[1] is None:
            raise RecordError("record.disclosure", what="the name is another than was signed")
        else:
            value[name] = found[1]
    return shown


def _schema_error(error: ValidationError) -> RecordError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    pointer = "".join(f"/{step}" for step in first["loc"])
    return RecordError("record.schema", pointer, field=pointer or "/", what=first["msg"])
