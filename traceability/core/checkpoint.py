"""Checkpoints: what a log commits to (C2SP tlog-checkpoint), and who has seen it.

    <origin>
    <tree size, decimal>
    <base64 root hash>
    [extension lines]

A checkpoint is the text of a signed note. The log signs it under a key whose name is the origin;
witnesses cosign it with the time at which they saw that it extends what they had seen before.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from traceability.core.errors import FormatError, ProofError
from traceability.core.lines import base64, decimal, is_plain, unbase64
from traceability.core.merkle import HASH_BYTES, MAX_SIZE
from traceability.core.note import Note, NoteSigner, open_note, parse_signatures
from traceability.core.vkey import SignatureType, VerifierKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of ``size`` leaves under ``root`` (32 bytes) of the log called ``origin``.

    Raises ``FormatError("checkpoint.malformed")`` for what cannot be written as a checkpoint.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line or not is_plain(line):
                raise FormatError("checkpoint.malformed", what="an empty or unprintable line")
        if not 0 <= self.size <= MAX_SIZE:
            raise FormatError("checkpoint.malformed", what="the tree size")
        if len(self.root) != HASH_BYTES:
            raise FormatError("checkpoint.malformed", what="the root hash")

    @property
    def text(self) -> str:
        """The text that the log signs."""
        lines = (self.origin, str(self.size), base64(self.root), *self.extensions, "")
        return "\n".join(lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note's text; ``FormatError("checkpoint.malformed")`` if it is no checkpoint."""
        if not text.endswith("\n"):
            raise FormatError("checkpoint.malformed", what="no newline at the end")
        lines = text[:-1].split("\n")
        if len(lines) < 3:
            raise FormatError("checkpoint.malformed", what="fewer than three lines")
        size, root = decimal(lines[1]), unbase64(lines[2])
        if size is None:
            raise FormatError("checkpoint.malformed", what="the tree size")
        if root is None:
            raise FormatError("checkpoint.malformed", what="the root hash")
        return cls(lines[0], size, root, tuple(lines[3:]))


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness saw the checkpoint, consistent with all it had seen, at ``time`` (Unix seconds)."""

    witness: VerifierKey
    time: int


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint that its log has signed, with the cosignatures of known witnesses.

    A witness appears once, with its latest time.
    """

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> bytes:
    """Return the checkpoint as a note signed by its log.

    Raises ``ProofError("checkpoint.origin")`` where the signer's name is not the origin.
    """
    if signer.key.name != checkpoint.origin:
        raise ProofError("checkpoint.origin", found=checkpoint.origin, expected=signer.key.name)
    text = checkpoint.text
    return Note(text, signer.lines(text)).to_bytes()


def open_checkpoint(
    note: bytes, log: VerifierKey, witnesses: Iterable[VerifierKey] = ()
) -> OpenedCheckpoint:
    """Verify a checkpoint: the log's own signature, its name, and all known witnesses' lines.

    Whether the witnesses suffice is the policy's to say (``traceability.core.policy``). Raises
    ``FormatError``: as ``note.open_note``, ``checkpoint.malformed``, or ``note.key-type`` for a
    log key that is not of type 01 or a witness key that is not of type 04; ``ProofError``:
    ``note.signature``, ``note.unsigned``, ``checkpoint.unsigned``, ``checkpoint.origin``.
    """
    _require(log, SignatureType.ED25519)
    seers = tuple(witnesses)
    for witness in seers:
        _require(witness, SignatureType.COSIGNATURE)
    opened = open_note(note, (log, *seers))
    if all(each.key != log for each in opened.verified):
        raise ProofError("checkpoint.unsigned", name=log.name)
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != log.name:
        raise ProofError("checkpoint.origin", found=checkpoint.origin, expected=log.name)
    latest: dict[VerifierKey, int] = {}
    for each in opened.verified:
        if each.time is not None:
            latest[each.key] = max(each.time, latest.get(each.key, 0))
    return OpenedCheckpoint(checkpoint, tuple(Cosignature(*pair) for pair in latest.items()))


def add_cosignatures(
    note: bytes, answer: bytes, log: VerifierKey, witnesses: Iterable[VerifierKey]
) -> bytes:
    """Return the note with the cosignature lines of a witness's answer (C2SP tlog-witness).

    Lines of keys that are not among ``witnesses`` are dropped; a newer line of a witness takes
    the place of its older one. What is returned has been opened: raises as
    :func:`open_checkpoint` does, so that no bad line ever gets into a checkpoint.
    """
    seers = tuple(witnesses)
    known = {(witness.name, witness.id) for witness in seers}
    parsed = Note.parse(note)
    lines = {(line.name, line.key_id): line for line in parsed.signatures}
    for line in parse_signatures(answer):
        if (line.name, line.key_id) in known:
            lines[line.name, line.key_id] = line
    result = Note(parsed.text, tuple(lines.values())).to_bytes()
    open_checkpoint(result, log, seers)
    return result


def _require(key: VerifierKey, kind: SignatureType) -> None:
    if key.kind is not kind:
        raise FormatError("note.key-type", name=key.name)
