"""What a verifier says of a bundle: ten verdicts, each on its own (DESIGN §3).

``signatures`` · ``inclusion`` · ``witnesses`` · ``consistency`` · ``links`` · ``balance`` (of what
is shown: that nothing *else* was drawn needs an audit) · ``origin`` (proven, or declared in part) ·
``certificates`` at the time · ``alerts`` · ``recalls`` (with corrections, disputes and revocations:
known to be complete only if all class-1 leaves were checked).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from traceability.core.checkpoint import Checkpoint
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError
from traceability.core.facts import Accepted, Alert, Effects
from traceability.core.state import State

Outcome = Literal["ok", "warn", "fail", "unknown"]
NAMES: Final = (
    "signatures",
    "inclusion",
    "witnesses",
    "consistency",
    "links",
    "balance",
    "origin",
    "certificates",
    "alerts",
    "recalls",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict. ``code`` says why (an error code, or ``<name>.<state>``); ``index`` where."""

    name: str
    outcome: Outcome
    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    index: int | None = None


@dataclass(slots=True)
class Report:
    """The verdicts in the order of ``NAMES``, and what the replay arrived at."""

    verdicts: dict[str, Verdict]
    checkpoint: Checkpoint | None = None
    cosigned: int | None = None  #: Unix seconds of the latest cosignature that counted
    records: list[tuple[SignedRecord, Accepted, Effects]] = field(default_factory=list)
    state: State | None = None

    @property
    def holds(self) -> bool:
        """No verdict fails. Warnings and unknowns remain for the reader to weigh."""
        return all(verdict.outcome != "fail" for verdict in self.verdicts.values())

    def say(
        self, name: str, outcome: Outcome, code: str, /, index: int | None = None, **params: object
    ) -> None:
        """Sets one verdict."""
        self.verdicts[name] = Verdict(name, outcome, code, params, index)

    def alerts(self) -> list[Alert]:
        """All alerts of the shown records, open and closed, in log order."""
        if self.state is None:
            return []
        return [alert for index in sorted(self.state.alerts) for alert in self.state.alerts[index]]


class VerdictError(Exception):
    """Ends a verification with a verdict that fails: what follows would rest on what failed."""

    def __init__(self, name: str, error: GocError, index: int | None = None) -> None:
        super().__init__(name, error.code, index)
        self.verdict = Verdict(name, "fail", error.code, dict(error.params), index)
