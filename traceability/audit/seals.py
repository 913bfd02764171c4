"""What can be checked of records without knowing what they say: signatures, digests, leaves.

These functions run in processes beside an audit, so that this module loads neither models nor
rules. What they are given and what they answer goes from one process to another.
"""

from collections.abc import Sequence
from hashlib import sha256
from re import compile as pattern
from typing import Any, Final, NamedTuple

import orjson

from traceability.audit.report import Fault
from traceability.core import b64
from traceability.core.envelope import check_signature, open_envelope
from traceability.core.errors import GocError, RecordError
from traceability.core.keys import PublicKey
from traceability.core.leaf import entry_bytes, leaf_class
from traceability.core.merkle import leaf_hash

#: What a signature binds, of a record that was parsed: kid, signature, signed text. A plain tuple:
#: a named one takes several times as long to go to another process.
Sealed = tuple[str, bytes, bytes]

_TAIL: Final = 80  #: letters of base64url that hold the last members of any payload
# The members of canonical JSON are in the order of their names, so that of every record these are
# the last. In valid JSON nothing else can end so.
_type_at_end: Final = pattern(rb'[,{]"type":"([a-z-]{1,30})","v":1\}$').search


class Signatures(NamedTuple):
    """Signatures to verify: of the records from ``start`` on, by ``keys``."""

    start: int
    sealed: list[Sealed]
    keys: dict[str, PublicKey]


def verify(task: Signatures) -> Fault | None:
    """The first signature that does not hold, or whose key is not among ``keys``."""
    keys = task.keys
    for n, (kid, signature, signing_input) in enumerate(task.sealed):
        try:
            check_signature(kid, signature, signing_input, keys)
        except GocError as error:
            return Fault.of("signature", error, task.start + n)
    return None


class Lines(NamedTuple):
    """Records from ``start`` on: acceptance times, and what was signed (JWS), one a line, since a
    list takes longer to go to another process; with keys that are known to be registered before.
    """

    start: int
    times: list[int]
    signed: bytes
    keys: dict[str, PublicKey]


class Leaves(NamedTuple):
    """What lines hold: the hashes of their leaves, the keys that they register, and the positions
    of signatures whose keys are neither there nor were known. ``fault`` is the first of all other
    faults; hashes go up to it."""

    hashes: list[bytes]
    keys: dict[str, PublicKey]
    unknown: list[int]
    fault: Fault | None


def leaves_of(task: Lines) -> Leaves:
    """Reads and verifies lines."""
    keys, own = task.keys, dict[str, PublicKey]()
    hashes: list[bytes] = []
    unknown: list[int] = []
    fault: Fault | None = None
    lines = task.signed.split(b"\n") if task.times else []
    for n, (time, jws) in enumerate(zip(task.times, lines, strict=True)):
        try:
            kid, signature, signing_input, payload = open_envelope(jws)
            kind = _type_of(payload)
            if kind == "key":
                own.update(_key_in(payload))
            leaf = leaf_hash(entry_bytes(sha256(jws).digest(), time, leaf_class(kind)))
        except GocError as error:
            fault = Fault.of("record", error, task.start + n)
            break
        key = keys.get(kid) or own.get(kid)
        if key is None:
            unknown.append(n)
        elif not key.verify(signature, signing_input):
            fault = Fault.of("signature", RecordError("record.signature"), task.start + n)
            break
        hashes.append(leaf)
    return Leaves(hashes, own, unknown, fault)


def sealed_in(wire: bytes) -> Sealed:
    """What the signature of a wire form binds; ``RecordError`` as ``open_envelope`` raises it."""
    return open_envelope(wire.partition(b"~")[0])[:3]


def _type_of(payload: bytes) -> str:
    """The record's type, from the end of its payload in base64url."""
    start = max(len(payload) - _TAIL, 0) & ~3  # where a group of four letters begins
    found = _type_at_end(b64.decode(payload[start:]))
    if found is None:
        raise RecordError("record.type", "/type")
    return found[1].decode()


def _key_in(payload: bytes) -> dict[str, PublicKey]:
    """The key that a payload registers: none where it is weak or is none, as ``codec.keys_in``."""
    try:
        claims: Any = orjson.loads(b64.decode(payload))
        key = PublicKey.from_jwk(claims["data"]["jwk"])
    except (GocError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return {}
    return {key.kid: key}


def keys_for(kids: Sequence[str], known: dict[str, PublicKey]) -> dict[str, PublicKey]:
    """Those of the known keys that are asked for, so that no others travel."""
    return {kid: known[kid] for kid in set(kids) if kid in known}
