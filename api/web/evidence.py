"""What speaks for a lot or against it: papers, findings, alerts, recalls, and the proof."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from shlex import quote
from typing import Literal

from api.web.flow import Party
from api.web.verdict import CheckKind, State
from api.web.words import Value, Words


class CertificateState(StrEnum):
    """How a certificate stood on the day that counts (the harvest, or the processing)."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    OUT_OF_SCOPE = "out-of-scope"
    MISSING = "missing"

    @property
    def tone(self) -> State:
        return State.OK if self is CertificateState.VALID else State.WARN


@dataclass(frozen=True, slots=True)
class Certificate:
    """``signed``: the certifier itself signed it on the ledger; else its holder declared it."""

    scheme: str
    state: CertificateState
    judged_on: date
    number: str = ""
    certifier: str = ""
    holder: Party | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    signed: bool = False
    note: Words | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What somebody found who examined the lot, a plot or a retained sample.

    ``by_holder``: the holder's own check, not that of a laboratory or an authority.
    """

    by: Party
    on: date
    subject: Words
    state: State
    result: Words
    report: str = ""
    by_holder: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a rule noticed, what it means for the reader, and what answered it.

    ``regards`` names the check whose line it explains, ``times`` how often the same was noticed
    (at as many farms, say), ``on`` the first of those days. ``stated``: it rests on what is not
    published; the ledger's operator says so, and auditors check it.
    """

    title: Words
    meaning: Words
    on: date
    regards: CheckKind = CheckKind.ALERTS
    answered_on: date | None = None
    answer: Words | None = None
    times: int = 1
    stated: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A hold or a recall, open or closed: who, when, why, and what to do with the goods."""

    kind: Literal["hold", "recall"]
    by: Party
    at: datetime
    reason: Words
    advice: Words | None = None
    closed_on: date | None = None
    closing: Words | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """An earlier statement that its own author put right. Both stay visible."""

    by: Party
    on: date
    what: Words
    before: Value | None = None
    after: Value | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A party that a record names denies it."""

    by: Party
    on: date
    what: Words
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a sceptic needs: the log's name and key, where the record lies, and the bundle.

    ``size`` and ``checkpoint_at`` are those of the checkpoint that the page was made from.
    """

    origin: str
    verifier_key: str
    size: int
    checkpoint_at: datetime
    record: str
    index: int
    records: int
    bundle_path: str
    bundle_name: str
    witnesses: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command that checks the downloaded bundle without trusting this server."""
        return f"goc verify {quote('./' + self.bundle_name)} --log {quote(self.verifier_key)}"
