"""What the writer tells whoever watches it: one small account a transaction, when all is answered.

The ledger counts nothing itself and knows no monitoring system: whoever wants numbers (the server's
metrics, a test) hands it an ``Observer``. None may raise, and none may take long: the writer calls
it between two transactions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class GroupSeen:
    """One transaction of the writer. Seconds are those of a clock that only runs forward.

    ``refused`` counts refusals by the area of their code (``draw`` of ``draw.over``); ``error`` is
    the code of what made the whole transaction fail: then all its records count as neither.
    """

    records: int
    accepted: int
    repeated: int
    refused: Mapping[str, int]
    lock_seconds: float
    commit_seconds: float
    seconds: float
    error: str | None = None


class Observer(Protocol):
    """Is told what the writer of a process does."""

    def group(self, seen: GroupSeen) -> None:
        """A transaction ended; from the writer's thread."""
        ...

    def unverified(self, code: str) -> None:
        """A record's signature did not hold, or nobody knows its key; from any thread."""
        ...


class Nobody:
    """An observer that does not look."""

    def group(self, seen: GroupSeen) -> None:
        """As ``Observer``."""

    def unverified(self, code: str) -> None:
        """As ``Observer``."""
