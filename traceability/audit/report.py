"""What an audit says: that all holds, or what is wrong first."""

from dataclasses import dataclass
from typing import Literal

from traceability.core.errors import GocError

Stage = Literal["archive", "record", "signature", "rules", "order", "tree", "checkpoint", "state"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and at which record first (None: not at one record)."""

    stage: Stage
    code: str
    params: dict[str, object]
    index: int | None = None

    @classmethod
    def of(cls, stage: Stage, error: GocError, index: int | None = None) -> "Fault":
        """What an error says."""
        return cls(stage, error.code, dict(error.params), index)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The outcome. ``state`` is the state's digest, ``alerts`` the number of open alerts and
    ``alert_codes`` how many of each code, the most frequent first; where the rules were not
    replayed, empty, none and none."""

    size: int
    root: bytes
    state: str
    alerts: int
    fault: Fault | None = None
    alert_codes: tuple[tuple[str, int], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was wrong."""
        return self.fault is None


class AuditError(Exception):
    """Ends an audit at its first fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.stage, fault.code, fault.index)
        self.fault = fault
