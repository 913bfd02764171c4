"""How publishing goes, in plain numbers for whoever watches: metrics, readiness, the command line.

The publisher's thread writes them, anybody reads them; each number is right by itself, and those
that belong together may for a moment be of two rounds.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class WitnessStanding:
    """How it goes with one witness of the policy, by its name there."""

    cosigned: int = 0
    """The largest size that it is known to have cosigned."""
    time: int | None = None
    """When it said so last (its own clock, Unix seconds)."""
    answers: int = 0
    failures: int = 0
    error: str = ""
    """Why it did not cosign when it was asked last; empty where it did."""


@dataclass(slots=True)
class Standing:
    """How publishing goes in this process. Sizes in leaves, times in Unix milliseconds."""

    leads: bool = False
    """Whether this process is the one that publishes; the rest stands still in the others."""
    size: int = 0
    """The size of the published checkpoint."""
    time: int | None = None
    """When this process put it there; None where it found it."""
    head: int = 0
    """The size of the log in the database, when it was last looked at."""
    behind_since: int | None = None
    """Since when there have been records that are not published; None where there are none."""
    checkpoints: int = 0
    """Checkpoints published by this process."""
    tiles: int = 0
    """Tiles written by this process."""
    quorum: bool = True
    """Whether the witnesses that the policy asks for cosigned the last checkpoint that they were
    asked for. While they do not, nothing newer is published."""
    errors: int = 0
    """Rounds that failed."""
    error: str = ""
    """The code of the failure of the last round; empty where it went well."""
    error_time: int | None = None
    """When a round failed last."""
    witnesses: dict[str, WitnessStanding] = field(default_factory=dict)

    @property
    def lag(self) -> int:
        """How many records are not published yet."""
        return max(self.head - self.size, 0)

    def lag_ms(self, now: int) -> int:
        """For how long the oldest of them has been waiting, at most a round more than that."""
        return 0 if self.behind_since is None else max(now - self.behind_since, 0)
