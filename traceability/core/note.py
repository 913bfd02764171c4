"""Signed notes (C2SP signed-note): a text, an empty line, and the lines of those who signed it.

    <text ending in a newline>
    <empty line>
    — <name> <base64(4-byte key ID ‖ signature)>          one or more of these

The text ends at the last empty line. A signature line counts only for a key that the reader
already trusts, found by name and key ID: lines of unknown keys are ignored, a line of a known
key that does not verify rejects the note, and so does a note that no known key has signed.

The signature of a type-04 key (C2SP tlog-cosignature) is an 8-byte big-endian Unix time and an
Ed25519 signature over ``cosignature/v1``, that time and the text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from traceability.core.errors import FormatError, ProofError
from traceability.core.keys import SIGNATURE_BYTES, PrivateKey
from traceability.core.lines import base64, is_plain, unbase64, utf8
from traceability.core.vkey import KEY_ID_BYTES, SignatureType, VerifierKey, is_key_name

# Sixteen post-quantum signatures of 3.3 KB, the least that must be accepted, fit; and no note
# costs its reader more than a hundred verifications.
MAX_NOTE_BYTES: Final = 64 * 1024
MAX_SIGNATURES: Final = 100

_TIME_BYTES = 8
_MAX_TIME = 2**63 - 1
_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who says to have signed, and what; nothing of it is verified."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        """Give the line, without its newline."""
        return f"{_DASH}{self.name} {base64(self.key_id + self.value)}"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Read a line without its newline; ``FormatError("note.malformed")`` if it is none."""
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        data = unbase64(encoded)
        if not line.startswith(_DASH) or not space or not is_key_name(name):
            raise FormatError("note.malformed", what="a signature line")
        if data is None or len(data) <= KEY_ID_BYTES:
            raise FormatError("note.malformed", what="a signature line")
        return cls(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def parse_signatures(data: bytes) -> tuple[Signature, ...]:
    """Read signature lines alone, as a witness answers; ``FormatError``, as :meth:`Note.parse`."""
    if len(data) > MAX_NOTE_BYTES:
        raise FormatError("note.too-large", limit=MAX_NOTE_BYTES)
    text = utf8(data)
    if text is None:
        raise FormatError("note.malformed", what="a character that no note may have")
    return _signatures(text)


def _signatures(text: str) -> tuple[Signature, ...]:
    if not text.endswith("\n"):
        raise FormatError("note.malformed", what="no newline at the end")
    lines = text[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise FormatError("note.malformed", what="too many signatures")
    return tuple(map(Signature.parse, lines))


@dataclass(frozen=True, slots=True)
class Note:
    """A text with signature lines, taken apart but not yet verified."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """Return the note as it is written. What :meth:`parse` has read comes out the same."""
        lines = "".join(f"{signature}\n" for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()

    @classmethod
    def parse(cls, data: bytes) -> "Note":
        """Take a note apart.

        Raises ``FormatError``: ``note.malformed``, or ``note.too-large`` beyond 64 KB.
        """
        if len(data) > MAX_NOTE_BYTES:
            raise FormatError("note.too-large", limit=MAX_NOTE_BYTES)
        whole = utf8(data)
        if whole is None:
            raise FormatError("note.malformed", what="a character that no note may have")
        split = whole.rfind("\n\n")
        if split < 0:
            raise FormatError("note.malformed", what="no empty line before the signatures")
        return cls(whole[: split + 1], _signatures(whole[split + 2 :]))


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature of a known key that holds; ``time`` (Unix seconds) for a cosignature."""

    key: VerifierKey
    time: int | None
    signature: Signature


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A text that at least one known key has signed, and who has, in the note's order."""

    text: str
    verified: tuple[Verified, ...]


def open_note(data: bytes, keys: Iterable[VerifierKey]) -> OpenedNote:
    """Verify a note against the keys that the reader trusts.

    Raises ``FormatError`` as :meth:`Note.parse` does, and ``note.key-clash`` where ``keys`` do
    not tell two signers apart; ``ProofError``: ``note.signature`` where a known key's signature
    does not hold, ``note.unsigned`` where there is none.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            raise FormatError("note.key-clash", name=key.name)
    note = Note.parse(data)
    text = note.text.encode()
    verified = []
    for signature in note.signatures:
        signer = known.get((signature.name, signature.key_id))
        if signer is not None:
            verified.append(Verified(signer, _verify(signer, text, signature), signature))
    if not verified:
        raise ProofError("note.unsigned")
    return OpenedNote(note.text, tuple(verified))


def _verify(key: VerifierKey, text: bytes, signature: Signature) -> int | None:
    """Verify one signature and return its time, if its type has one."""
    value, time = signature.value, None
    if key.kind is SignatureType.COSIGNATURE:
        if len(value) != _TIME_BYTES + SIGNATURE_BYTES:
            raise ProofError("note.signature", name=key.name)
        time = int.from_bytes(value[:_TIME_BYTES], "big")
        value, text = value[_TIME_BYTES:], cosigned_message(text, time)
    if (time is not None and time > _MAX_TIME) or not key.public.verify(value, text):
        raise ProofError("note.signature", name=key.name)
    return time


def cosigned_message(text: bytes, time: int) -> bytes:
    """Return what a type-04 key signs (C2SP tlog-cosignature, "Signed message")."""
    return b"cosignature/v1\ntime %d\n%b" % (time, text)


class NoteSigner:
    """A log's hand: signs texts with a type-01 key under a name.

    While a log goes over to another key it has two, and signs with both, so that whoever trusts
    either can verify: readers ignore lines of keys that they do not know. ``key`` is the first,
    which the log is known by; ``next`` the other, or None.
    """

    __slots__ = ("_private", "_then", "key")

    def __init__(self, name: str, private: PrivateKey, then: PrivateKey | None = None) -> None:
        """Take the signer's name; ``FormatError("note.name")`` where it cannot be one."""
        self.key = VerifierKey(name, SignatureType.ED25519, private.public)
        self._private = private
        self._then = None if then is None else NoteSigner(name, then)

    @property
    def next(self) -> VerifierKey | None:
        """The key that the log goes over to."""
        return None if self._then is None else self._then.key

    def sign(self, text: str) -> Signature:
        """Return the signature line of ``key`` over a note's text."""
        return Signature(self.key.name, self.key.id, self._private.sign(_signable(text)))

    def lines(self, text: str) -> tuple[Signature, ...]:
        """Return the signature lines of all keys over a note's text."""
        return (self.sign(text), *(() if self._then is None else (self._then.sign(text),)))


class Cosigner:
    """A witness's hand: signs checkpoint texts, at a time, with a type-04 key under a name."""

    __slots__ = ("_private", "key")

    def __init__(self, name: str, private: PrivateKey) -> None:
        """Take the witness's name; ``FormatError("note.name")`` where it cannot be one."""
        self.key = VerifierKey(name, SignatureType.COSIGNATURE, private.public)
        self._private = private

    def sign(self, text: str, time: int) -> Signature:
        """Return the cosignature line over a checkpoint's text; ``time`` in Unix seconds.

        The caller has verified that the checkpoint extends all that it has cosigned before.
        """
        message = cosigned_message(_signable(text), time)
        value = time.to_bytes(_TIME_BYTES, "big") + self._private.sign(message)
        return Signature(self.key.name, self.key.id, value)


def _signable(text: str) -> bytes:
    if not text.endswith("\n") or not is_plain(text):
        raise FormatError("note.malformed", what="a text that cannot be signed")
    return text.encode()
