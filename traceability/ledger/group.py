"""What one transaction judges: the records of all batches that it took, one after the other.

The same rules that an auditor runs, over a window of the state; and, around them, what belongs to
an append alone: a record that is there already is answered with its receipt, a log begins with its
operator's two records or not at all.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from traceability.core.checkpoint import Checkpoint, sign_checkpoint
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError, LedgerError
from traceability.core.facts import Accepted, Effects, RecordEntry
from traceability.core.leaf import Leaf
from traceability.core.merkle import Extension, extend, leaf_hash
from traceability.core.note import NoteSigner
from traceability.core.rules import apply
from traceability.core.state import State
from traceability.ledger.outcome import Outcome, Receipt, Refusal
from traceability.storage.head import Head

_log = logging.getLogger(__name__)

OldReceipt = Callable[[RecordEntry], Receipt]
"""The receipt of a record that the log had before, to the head's checkpoint."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The group takes the record as leaf ``index``; ``repeated``: it was sent to it twice."""

    index: int
    repeated: bool = False


Verdict = Taken | Receipt | Refusal


class Group:
    """The records of one transaction, all accepted at ``time`` (Unix milliseconds)."""

    __slots__ = ("_extension", "_head", "_old", "_state", "_time", "effects", "leaf_hashes")

    def __init__(self, state: State, head: Head, time: int, old: OldReceipt) -> None:
        self._state = state
        self._head = head
        self._time = time
        self._old = old
        self._extension: Extension | None = None
        self.effects: list[Effects] = []
        self.leaf_hashes: list[bytes] = []

    def judge(self, record: SignedRecord | Refusal) -> Verdict:
        """Judge one record, after all before it. Raises ``LedgerError`` as reading does."""
        if isinstance(record, Refusal):
            return record
        state = self._state
        known = state.record(record.name)
        if known is not None:
            if known.index >= self._head.size:
                return Taken(known.index, repeated=True)
            return self._old(known)
        at = Accepted(state.size, self._time)
        try:
            effects = apply(record, at, state)
        except LedgerError:
            raise
        except GocError as error:
            return Refusal(error, record.name)
        except Exception:
            # A rule that stumbles over a record has changed nothing: that record fails alone.
            _log.exception("a rule met a fault at %s", record.name)
            return Refusal(LedgerError("ledger.fault"), record.name)
        state.absorb(effects)
        self.effects.append(effects)
        leaf = Leaf(record.digest, self._time, record.leaf_class)
        self.leaf_hashes.append(leaf_hash(leaf.to_bytes()))
        return Taken(at.index)

    def sign(self, signer: NoteSigner) -> Head:
        """The head after the group, with its checkpoint: to be shown to nobody before it is
        committed. Raises ``LedgerError("ledger.genesis")`` for a beginning of one record."""
        head, state = self._head, self._state
        if head.size == 0 and len(self.effects) == 1:
            raise LedgerError("ledger.genesis")
        extension = self._extension = extend(head.frontier, self.leaf_hashes)
        checkpoint = Checkpoint(head.log, extension.size, extension.root)
        head = self._head = replace(
            head,
            size=extension.size,
            time=self._time,
            frontier=extension.frontier,
            checkpoint=sign_checkpoint(checkpoint, signer),
        )
        if any(each.statements or each.keys or each.revoked for each in self.effects):
            head = self._head = replace(
                head,
                registry_size=extension.size,
                operator=state.operator,
                genesis_kid=state.genesis_kid,
                thresholds=state.thresholds.digest,
            )
        return head

    def outcome(self, verdict: Verdict) -> Outcome:
        """What to tell whoever sent the record, once the group is committed."""
        if not isinstance(verdict, Taken):
            return verdict
        if self._extension is None:
            raise AssertionError("sign first")
        n = verdict.index - self._head.size + len(self.effects)
        record = self.effects[n].record
        return Receipt(
            record.name,
            verdict.index,
            self._time,
            record.leaf_class,
            tuple(self._extension.proof(n)),
            self._head.checkpoint,
            verdict.repeated,
        )
