"""Proof files (C2SP tlog-proof): one file that shows that a log holds an entry.

    c2sp.org/tlog-proof@v1
    [extra <base64>]
    index <n>
    <base64 hash>                                   none or more, from the leaf's sibling up
    <empty line>
    <the log's checkpoint, verbatim, with its cosignatures>

It needs no network: who knows the log's key, and whom to believe as witnesses, can check it for
ever. This is the form of Gốc's receipts. The ``extra`` data is not covered by any signature.
"""

from dataclasses import dataclass
from typing import Final

from traceability.core.checkpoint import Checkpoint, OpenedCheckpoint, open_checkpoint
from traceability.core.errors import FormatError
from traceability.core.lines import base64, decimal, unbase64, utf8
from traceability.core.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from traceability.core.note import Note
from traceability.core.policy import Policy, Quorum
from traceability.core.vkey import VerifierKey

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES: Final = 128 * 1024
MAX_HASHES: Final = 63
"""The longest path in a tree of fewer than 2^63 leaves."""


@dataclass(frozen=True, slots=True)
class ProofFile:
    """The parts of a proof file; nothing of it is verified.

    ``index`` from 0, ``hashes`` of 32 bytes from the leaf's sibling up, ``checkpoint`` the signed
    note as it is, ``extra`` empty where the file has none.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the file. What :meth:`parse` has read comes out the same."""
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(map(base64, self.hashes))
        return "\n".join((*lines, "", "")).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> "ProofFile":
        """Read a proof file, its checkpoint's form included.

        Raises ``FormatError``: ``proof.malformed``, ``proof.too-large`` beyond 128 KB, or what
        ``Note.parse`` and ``Checkpoint.parse`` raise.
        """
        if len(data) > MAX_PROOF_BYTES:
            raise FormatError("proof.too-large", limit=MAX_PROOF_BYTES)
        head, gap, checkpoint = data.partition(b"\n\n")
        text = utf8(head)
        if text is None or not gap:
            raise FormatError("proof.malformed", what="no empty line before the checkpoint")
        lines = text.split("\n")
        if lines.pop(0) != HEADER:
            raise FormatError("proof.malformed", what="the first line")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = unbase64(lines.pop(0).removeprefix("extra ")) or b""
            if not extra:  # where there is none, the line is left out
                raise FormatError("proof.malformed", what="the extra data")
        if not lines or not lines[0].startswith("index "):
            raise FormatError("proof.malformed", what="no index")
        index = decimal(lines.pop(0).removeprefix("index "))
        if index is None:
            raise FormatError("proof.malformed", what="the index")
        if len(lines) > MAX_HASHES:
            raise FormatError("proof.malformed", what="too many hashes")
        hashes = tuple(map(_hash, lines))
        Checkpoint.parse(Note.parse(checkpoint).text)
        return cls(index, hashes, checkpoint, extra)


def _hash(line: str) -> bytes:
    value = unbase64(line)
    if value is None or len(value) != HASH_BYTES:
        raise FormatError("proof.malformed", what="a hash")
    return value


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """The entry is leaf ``index`` of the log at this checkpoint.

    ``quorum`` says which witnesses vouch for it, or is none where no policy was asked for: then
    the log alone says so, and could have told others otherwise.
    """

    index: int
    checkpoint: Checkpoint
    opened: OpenedCheckpoint
    quorum: Quorum | None


def verify_proof(
    proof: ProofFile, entry: bytes, log: VerifierKey, policy: Policy | None = None
) -> VerifiedProof:
    """Verify that ``entry`` (its bytes, not their hash) is in the log, and under ``policy`` if any.

    Raises ``FormatError`` and ``ProofError`` as ``open_checkpoint`` and ``verify_inclusion`` do,
    and ``ProofError``: ``policy.log`` where the policy lists other logs, ``policy.quorum`` where
    the witnesses do not suffice.
    """
    if policy is not None:
        policy.require_log(log)
    opened = open_checkpoint(proof.checkpoint, log, policy.witness_keys if policy else ())
    checkpoint = opened.checkpoint
    verify_inclusion(proof.index, checkpoint.size, leaf_hash(entry), proof.hashes, checkpoint.root)
    quorum = policy.require(opened.cosignatures) if policy else None
    return VerifiedProof(proof.index, checkpoint, opened, quorum)
