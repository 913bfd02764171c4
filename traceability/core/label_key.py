"""The secret with which serials of labels are made and recognised (DESIGN §3, *Label*).

Whoever has it can invent serials that pass for real ones, so it never leaves the operator's
keyring. It signs nothing: no record and no checkpoint depends on it.
"""

from dataclasses import dataclass, field
from typing import Final

from traceability.core.errors import FormatError
from traceability.core.ids import is_label_key

SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class LabelKey:
    """``id``: ``k-`` and 16 letters; ``secret``: 32 bytes. ``label-key.malformed`` otherwise."""

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not is_label_key(self.id) or len(self.secret) != SECRET_BYTES:
            raise FormatError("label-key.malformed")
