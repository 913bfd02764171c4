"""What becomes of a record that was sent: a receipt, or a refusal."""

from dataclasses import dataclass

from traceability.core.errors import GocError
from traceability.core.proof import ProofFile


@dataclass(frozen=True, slots=True)
class Receipt:
    """The log has the record: leaf ``index``, accepted at ``time`` (Unix milliseconds), class
    ``cls``, called ``name``.

    ``hashes`` prove it in the tree of ``checkpoint``, the signed note as it is written.
    ``repeated``: it was there already when it was sent.
    """

    name: str
    index: int
    time: int
    cls: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    repeated: bool = False

    def to_proof(self) -> bytes:
        """The receipt as a C2SP tlog-proof file.

        Its extra data is the acceptance time (8 bytes, big-endian) and the class (1 byte): with the
        record's digest before them they are the leaf that the file proves.
        """
        extra = self.time.to_bytes(8, "big") + bytes([self.cls])
        return ProofFile(self.index, self.hashes, self.checkpoint, extra).to_bytes()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The record was not taken, for this reason. ``name`` is its digest, where it could be read."""

    error: GocError
    name: str | None = None


Outcome = Receipt | Refusal
