"""The witnesses of a policy, asked all at once; a slow or dead one holds up nobody.

Each is asked on a thread of its own, never twice at a time. A round ends when all have answered, a
moment after the quorum is met, or when patience ends. Who answers too late is heard in the next
round, if that is about the same checkpoint; who fails is left alone for a while, longer each time.

What a witness has cosigned is known from its last answer or, after a restart, from the published
checkpoint; where that is not enough, it says so itself (409). What it has seen beyond that, and can
prove, tells a database that was restored from too old a backup, though the published files were
restored with it.
"""

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from traceability.audit.standing import WitnessStanding
from traceability.audit.witness_client import AheadError, Ask, Prove, WitnessError
from traceability.core.checkpoint import (
    Checkpoint,
    Cosignature,
    add_cosignatures,
    open_checkpoint,
)
from traceability.core.policy import Policy, Quorum, Witness
from traceability.core.vkey import VerifierKey

_log = logging.getLogger(__name__)

PATIENCE: Final = 4.0  #: seconds to wait for a quorum
LOOK: Final = 2.0  #: seconds to wait for what they have seen
GRACE: Final = 0.2  #: seconds to wait for the others, once it is met
_SILENCE: Final = 5.0  #: seconds for which a witness may send nothing
LONGEST: Final = 15.0  #: seconds after which a question is broken off, however it drips
REST: Final = 1.0  #: seconds for which a witness is left alone after a failure; then twice as long
_LAST_REST: Final = 30.0


@dataclass(slots=True)
class _Asked:
    """What is known of one witness. Changed under the lock of ``Witnesses``."""

    witness: Witness
    standing: WitnessStanding
    ask: Ask | None = None  # the question that is under way
    since: float = 0.0
    about: bytes = b""  # the checkpoint that it answered about
    answer: bytes = b""
    rests: float = 0.0
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint with the cosignatures that came in, and whether they suffice."""

    note: bytes
    quorum: Quorum


@dataclass
class Witnesses:
    """Those of ``policy`` that have an address. ``standings``: how it goes with each, by name."""

    policy: Policy
    log: VerifierKey
    patience: float = PATIENCE
    grace: float = GRACE
    longest: float = LONGEST
    rest: float = REST
    standings: dict[str, WitnessStanding] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ``ProofError("policy.log")`` where the policy is for other logs."""
        self.policy.require_log(self.log)
        #: The largest checkpoint of the log that a witness has shown.
        self.furthest: Checkpoint | None = None
        self._changed = threading.Condition()
        self._asked = []
        for witness in self.policy.witnesses:
            if witness.url:
                standing = self.standings.setdefault(witness.name, WitnessStanding())
                self._asked.append(_Asked(witness, standing))

    def remember(self, cosignatures: Iterable[Cosignature], size: int) -> None:
        """Take up what a published checkpoint of ``size`` leaves shows."""
        times = {each.witness: each.time for each in cosignatures}
        with self._changed:
            for each in self._asked:
                time = times.get(each.witness.key)
                if time is not None and size > each.standing.cosigned:
                    each.standing.cosigned, each.standing.time = size, time

    def look(self) -> None:
        """Ask all what they have seen (``furthest``); who is late is heard all the same."""
        end = monotonic() + LOOK
        left = [each.witness.name for each in self._asked]

        def look(ask: Ask) -> None:
            self._look_at(ask)
            with self._changed:
                left.remove(ask.witness.name)
                self._changed.notify_all()

        for each in self._asked:
            ask = Ask(each.witness, self.log, _SILENCE)
            threading.Thread(target=look, args=(ask,), name="goc-look", daemon=True).start()
        with self._changed:
            self._changed.wait_for(lambda: not left, end - monotonic())

    def _look_at(self, ask: Ask) -> None:
        with suppress(WitnessError):  # it will be said when it is to cosign
            seen = ask.seen()
            with self._changed:
                if seen and (self.furthest is None or seen.size > self.furthest.size):
                    self.furthest = seen

    def cosign(self, note: bytes, size: int, prove: Prove) -> Cosigned:
        """Ask all for a cosignature on the log's checkpoint ``note`` of ``size`` leaves."""
        begun = monotonic()
        with self._changed:
            for each in self._asked:
                self._begin(each, note, size, prove, begun)
            met: float | None = None
            while True:
                cosigned = self._gather(note)
                now = monotonic()
                if met is None and cosigned.quorum.satisfied:
                    met = now
                end = begun + self.patience if met is None else met + self.grace
                if now >= end or all(each.ask is None for each in self._asked):
                    return cosigned
                self._changed.wait(end - now)

    def _begin(self, each: _Asked, note: bytes, size: int, prove: Prove, now: float) -> None:
        if each.ask is not None:
            if now - each.since > self.longest:
                each.ask.abort()
            return
        if each.about == note or now < each.until:
            return
        each.ask, each.since = Ask(each.witness, self.log, _SILENCE), now
        arguments = (each, each.ask, note, size, prove)
        name = f"goc-witness-{each.witness.name}"
        threading.Thread(target=self._run, args=arguments, name=name, daemon=True).start()

    def _run(self, each: _Asked, ask: Ask, note: bytes, size: int, prove: Prove) -> None:
        standing = each.standing
        try:
            answer, cosignature = ask.cosign(note, standing.cosigned, prove)
        except Exception as error:
            reason = str(error) if isinstance(error, WitnessError) else type(error).__name__
            if isinstance(error, AheadError):  # let it prove that
                self._look_at(ask)
            with self._changed:
                self._failed(each, reason, isinstance(error, AheadError))
        else:
            with self._changed:
                if standing.error:
                    _log.warning("the witness %s cosigns again", each.witness.name)
                standing.cosigned = max(size, standing.cosigned)
                standing.time, standing.error = cosignature.time, ""
                standing.answers += 1
                each.about, each.answer, each.rests, each.until = note, answer, 0.0, 0.0
        finally:
            with self._changed:
                each.ask = None
                self._changed.notify_all()

    def _failed(self, each: _Asked, reason: str, ahead: bool) -> None:
        standing = each.standing
        if standing.error != reason:
            level = logging.ERROR if ahead else logging.WARNING
            _log.log(level, "the witness %s does not cosign: %s", each.witness.name, reason)
        standing.failures, standing.error = standing.failures + 1, reason
        each.rests = min(max(each.rests * 2, self.rest), _LAST_REST)
        each.until = monotonic() + each.rests

    def _gather(self, note: bytes) -> Cosigned:
        whole = note
        for each in self._asked:
            if each.about == note:  # and so it was verified
                whole = add_cosignatures(whole, each.answer, self.log, [each.witness.key])
        opened = open_checkpoint(whole, self.log, self.policy.witness_keys)
        return Cosigned(whole, self.policy.judge(opened.cosignatures))
