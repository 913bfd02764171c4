"""A leaf of Gốc's log: which record, when it was accepted, and whether all may read it.

The entry bytes are digest (32) ‖ acceptance time (8, Unix milliseconds, big-endian) ‖ class (1).
Class 1 marks the record types that are public with the log (keys, recalls, corrections, …);
class 0 shows nothing but that a record exists. The log's order is the order of acceptance: a
leaf's time is never below that of the leaf before it, which whoever walks the log checks.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final

from traceability.core.errors import FormatError

LEAF_BYTES: Final = 41
CLOSED: Final = 0
PUBLIC: Final = 1

#: The types of leaf class 1: their signed text is public with the log (DESIGN §3).
PUBLIC_TYPES: Final = frozenset(
    {
        "party", "key", "key-revoke", "consent", "certificate", "rules",
        "hold", "recall", "recall-close", "correct", "dispute",
    }
)  # fmt: skip

_LAYOUT: Final = Struct(">32sQB")
_MAX_TIME: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Leaf:
    """``digest`` (32 bytes), acceptance ``time`` (Unix milliseconds), ``cls`` (0 or 1).

    Raises ``FormatError("leaf.malformed")`` for anything outside that.
    """

    digest: bytes
    time: int
    cls: int

    def __post_init__(self) -> None:
        entry_bytes(self.digest, self.time, self.cls)

    def to_bytes(self) -> bytes:
        """Return the 41 entry bytes."""
        return _LAYOUT.pack(self.digest, self.time, self.cls)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Leaf":
        """Read 41 entry bytes; anything else is ``FormatError("leaf.malformed")``."""
        if len(data) != LEAF_BYTES:
            raise FormatError("leaf.malformed")
        return cls(*_LAYOUT.unpack(data))


def entry_bytes(digest: bytes, time: int, cls: int) -> bytes:
    """Return the 41 entry bytes of a leaf; ``FormatError("leaf.malformed")`` as ``Leaf`` does."""
    if len(digest) != 32 or not 0 <= time <= _MAX_TIME or cls not in (CLOSED, PUBLIC):
        raise FormatError("leaf.malformed")
    return _LAYOUT.pack(digest, time, cls)


def leaf_class(record_type: str) -> int:
    """``PUBLIC`` for types whose signed text is public with the log, else ``CLOSED``."""
    return PUBLIC if record_type in PUBLIC_TYPES else CLOSED
