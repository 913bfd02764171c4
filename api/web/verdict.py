"""The verdict of a page: ten checks, and what follows from them.

The verdict is not a field that somebody sets. It follows from the states of the ten checks
(DESIGN.md §3, the verifier's separate verdicts), and a check that nobody made is unknown.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from api.web.words import Phrase, Words


class State(StrEnum):
    """How one check came out. ``UNKNOWN``: not checked, or there is nothing to check it by."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class CheckKind(StrEnum):
    """The separate verdicts of a bundle's verifier, in the order in which they are shown."""

    SIGNATURES = "signatures"
    INCLUSION = "inclusion"
    LINKS = "links"
    BALANCE = "balance"
    ORIGIN = "origin"
    CERTIFICATES = "certificates"
    ALERTS = "alerts"
    RECALLS = "recalls"
    WITNESSES = "witnesses"
    CONSISTENCY = "consistency"


INTEGRITY: Final = frozenset(
    {
        CheckKind.SIGNATURES,
        CheckKind.INCLUSION,
        CheckKind.LINKS,
        CheckKind.BALANCE,
        CheckKind.WITNESSES,
        CheckKind.CONSISTENCY,
    }
)
"""A failure of one of these means that the data themselves do not hold."""

ESSENTIAL: Final = frozenset(
    {
        CheckKind.SIGNATURES,
        CheckKind.INCLUSION,
        CheckKind.LINKS,
        CheckKind.ORIGIN,
        CheckKind.RECALLS,
    }
)
"""Without an answer to each of these nothing is called verified."""


class Outcome(StrEnum):
    """What the page says first."""

    VERIFIED = "verified"
    WARNINGS = "warnings"
    BROKEN = "broken"
    RECALLED = "recalled"
    UNKNOWN = "unknown"
    NOT_PACKED = "not-packed"

    @property
    def tone(self) -> State:
        """The colour and the shape that carry it: green, amber, red or grey."""
        if self in (Outcome.BROKEN, Outcome.RECALLED):
            return State.FAIL
        if self in (Outcome.UNKNOWN, Outcome.NOT_PACKED):
            return State.UNKNOWN
        return State.OK if self is Outcome.VERIFIED else State.WARN


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the verdict. Without ``detail`` the catalogue's sentence for its state stands.

    ``quiet``: it is unknown to a verifier for a reason that is in order, which ``detail`` tells.
    """

    kind: CheckKind
    state: State
    detail: Words | None = None
    quiet: bool = False

    @property
    def icon(self) -> str:
        """The shape that stands before it."""
        return "note" if self.quiet and self.state is State.UNKNOWN else self.state.value

    @property
    def text(self) -> Words:
        return self.detail or Phrase(f"web.check.{self.kind}.{self.state}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The checks that were made, when, and what follows from them.

    ``packed`` is false for a label that was printed but whose lot is not yet recorded as packed.
    """

    checks: tuple[Check, ...]
    checked_at: datetime
    packed: bool = True

    @property
    def lines(self) -> tuple[Check, ...]:
        """All ten checks in their order; what was not checked is there as unknown."""
        made = {check.kind: check for check in self.checks}
        return tuple(made.get(kind, Check(kind, State.UNKNOWN)) for kind in CheckKind)

    @property
    def outcome(self) -> Outcome:
        state = {check.kind: check.state for check in self.lines}
        if any(state[kind] is State.FAIL for kind in INTEGRITY):
            return Outcome.BROKEN
        if state[CheckKind.RECALLS] is State.FAIL:
            return Outcome.RECALLED
        if not self.packed:
            return Outcome.NOT_PACKED
        if any(state[kind] is State.UNKNOWN for kind in ESSENTIAL):
            return Outcome.UNKNOWN
        if State.WARN in state.values() or State.FAIL in state.values():
            return Outcome.WARNINGS
        return Outcome.VERIFIED

    @property
    def decisive(self) -> tuple[Check, ...]:
        """The checks that keep the verdict from being green, or none."""
        outcome = self.outcome
        return tuple(check for check in self.lines if _decides(check, outcome))


def _decides(check: Check, outcome: Outcome) -> bool:
    match outcome:
        case Outcome.BROKEN:
            return check.state is State.FAIL and check.kind in INTEGRITY
        case Outcome.RECALLED:
            return check.state is State.FAIL
        case Outcome.WARNINGS:
            return check.state in (State.WARN, State.FAIL)
        case Outcome.UNKNOWN:
            return check.state in (State.WARN, State.FAIL) or (
                check.state is State.UNKNOWN and check.kind in ESSENTIAL
            )
        case _:
            return False
