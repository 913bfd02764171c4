"""The audit of a whole ledger: every signature, the whole tree, every rule, the state itself.

An auditor on another machine replays an archive by the same rulebook, in memory, and must arrive
at the checkpoint's root and at the state that the server says it has. The first record that is
wrong is named: what comes after it would rest on it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from traceability.audit.archive import ArchivedRecord, Header
from traceability.core import codec
from traceability.core.checkpoint import open_checkpoint
from traceability.core.claims import Privacy
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError, ProofError, RecordError
from traceability.core.facts import Accepted
from traceability.core.keys import PublicKey
from traceability.core.leaf import Leaf
from traceability.core.merkle import Frontier, extend, leaf_hash
from traceability.core.policy import Policy
from traceability.core.registry_records import hidden_fields
from traceability.core.rules import apply
from traceability.core.snapshot import state_digest
from traceability.core.state import State
from traceability.core.vkey import VerifierKey

_CHUNK: Final = 512
_HIDDEN: Final = hidden_fields()
Stage = Literal["archive", "record", "signature", "rules", "order", "tree", "checkpoint", "state"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and at which record first (None: not at one record)."""

    stage: Stage
    code: str
    params: dict[str, object]
    index: int | None = None


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The outcome. ``state`` is the state's digest, ``alerts`` the number of open alerts and
    ``alert_codes`` how many of each code, the most frequent first."""

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
    """Ends the replay at its first fault."""

    def __init__(self, stage: Stage, error: GocError, index: int | None = None) -> None:
        super().__init__(stage, error.code, index)
        self.fault = Fault(stage, error.code, dict(error.params), index)


def audit(
    header: Header,
    records: Iterable[ArchivedRecord],
    log: VerifierKey,
    policy: Policy | None = None,
    seen: bytes | None = None,
) -> AuditReport:
    """Replays an archive. Never raises for what it holds: the first fault is in the report.

    ``seen`` is a checkpoint of this log known from before, which the archive must extend.
    """
    replay = _Replay(log.name, seen_size=_size_of(seen, log))
    fault: Fault | None = None
    try:
        _check_header(header, log, policy)
        replay.run(records)
        _check_end(header, replay, log, seen)
    except AuditError as error:
        fault = error.fault
    except GocError as error:
        fault = Fault("archive", error.code, dict(error.params), replay.frontier.size)
    state = replay.state
    alerts = Counter(
        alert.key.code for each in state.alerts.values() for alert in each if alert.closed is None
    )
    return AuditReport(
        replay.frontier.size,
        replay.frontier.root,
        state_digest(state),
        alerts.total(),
        fault,
        tuple(sorted(alerts.items(), key=lambda item: (-item[1], item[0]))),
    )


class _Replay:
    def __init__(self, origin: str, seen_size: int | None) -> None:
        self.state = State(origin)
        self.frontier = Frontier()
        self.keys: dict[str, PublicKey] = {}
        self.seen_size = seen_size
        self.seen_root: bytes | None = Frontier().root if seen_size == 0 else None
        self._time = 0

    def run(self, records: Iterable[ArchivedRecord]) -> None:
        """Judges chunk by chunk; signatures are verified beside the rules."""
        waiting = iter(records)
        with ThreadPoolExecutor(1) as pool:
            while chunk := list(islice(waiting, self._room())):
                self._chunk(chunk, pool)

    def _room(self) -> int:
        """Chunks end where a checkpoint was seen, so that its root can be compared."""
        if self.seen_size is None or self.frontier.size >= self.seen_size:
            return _CHUNK
        return min(_CHUNK, self.seen_size - self.frontier.size)

    def _chunk(self, chunk: Sequence[ArchivedRecord], pool: ThreadPoolExecutor) -> None:
        parsed: list[SignedRecord] = []
        fault: AuditError | None = None
        for each in chunk:
            try:
                record = codec.parse(each.wire, complete=False)
                _demand_amounts(record)
                if record.body.type == "key":
                    self.keys.update(codec.keys_in([record]))
            except GocError as error:
                fault = AuditError("record", error, each.index)
                break
            parsed.append(record)
        signatures = self._verify(pool, parsed, chunk)
        try:
            self._judge(parsed, chunk)
        except AuditError as error:
            # A bad signature at an earlier record, or at this one, is the truer reason.
            wrong = signatures.result()
            if wrong is not None and (wrong.fault.index or 0) <= (error.fault.index or 0):
                raise wrong from error
            raise
        wrong = signatures.result()
        if wrong is not None:
            raise wrong
        if fault is not None:
            raise fault

    def _verify(
        self,
        pool: ThreadPoolExecutor,
        parsed: Sequence[SignedRecord],
        chunk: Sequence[ArchivedRecord],
    ) -> Future[AuditError | None]:
        keys = dict(self.keys)

        def check() -> AuditError | None:
            for record, each in zip(parsed, chunk, strict=False):
                try:
                    codec.verify(record, keys)
                except GocError as error:
                    return AuditError("signature", error, each.index)
            return None

        return pool.submit(check)

    def _judge(self, parsed: Sequence[SignedRecord], chunk: Sequence[ArchivedRecord]) -> None:
        hashes: list[bytes] = []
        for record, each in zip(parsed, chunk, strict=False):
            if each.time < self._time:
                raise AuditError("order", ProofError("bundle.order"), each.index)
            self._time = each.time
            try:
                effects = apply(record, Accepted(each.index, each.time), self.state)
            except GocError as error:
                raise AuditError("rules", error, each.index) from error
            self.state.absorb(effects)
            hashes.append(leaf_hash(Leaf(record.digest, each.time, record.leaf_class).to_bytes()))
        if hashes:
            self.frontier = extend(self.frontier, hashes).frontier
        if self.frontier.size == self.seen_size:
            self.seen_root = self.frontier.root


def _demand_amounts(record: SignedRecord) -> None:
    """Refuses an archive that withholds what balances. Personal values may have been erased;
    commercial ones are kept, and a rule that cannot see them cannot be said to hold."""
    for pointer in record.undisclosed:
        path = ".".join("*" if step.isdigit() else step for step in pointer[1:].split("/"))
        hide = _HIDDEN.get((record.body.type, path))
        if hide is None or hide.privacy is Privacy.COMMERCIAL:
            raise RecordError("record.undisclosed", pointer, field=pointer)


def _check_header(header: Header, log: VerifierKey, policy: Policy | None) -> None:
    try:
        opened = open_checkpoint(
            header.checkpoint, log, policy.witness_keys if policy is not None else ()
        )
        if policy is not None:
            policy.require(opened.cosignatures)
        if header.log != log.name:
            raise ProofError("checkpoint.origin", found=header.log, expected=log.name)
        if opened.checkpoint.size != header.size:
            raise ProofError("archive.size", found=header.size, expected=opened.checkpoint.size)
    except GocError as error:
        raise AuditError("checkpoint", error) from error


def _check_end(header: Header, replay: _Replay, log: VerifierKey, seen: bytes | None) -> None:
    checkpoint = open_checkpoint(header.checkpoint, log).checkpoint
    size = replay.frontier.size
    if size != checkpoint.size:
        error = ProofError("archive.size", found=size, expected=checkpoint.size)
        raise AuditError("tree", error, size)
    if replay.frontier.root != checkpoint.root:
        raise AuditError("tree", ProofError("archive.root", size=size))
    if seen is not None:
        before = open_checkpoint(seen, log).checkpoint
        if replay.seen_root is None:
            error = ProofError("bundle.rolled-back", seen=before.size, shown=size)
            raise AuditError("checkpoint", error)
        if replay.seen_root != before.root:
            raise AuditError("checkpoint", ProofError("archive.forked", size=before.size))
    if header.state and header.state != state_digest(replay.state):
        raise AuditError("state", ProofError("archive.state"))


def _size_of(seen: bytes | None, log: VerifierKey) -> int | None:
    return None if seen is None else open_checkpoint(seen, log).checkpoint.size


def entries_of(records: Iterable[tuple[int, bytes]]) -> Iterator[ArchivedRecord]:
    """``(time, wire)`` pairs in log order as an archive has them, for an audit without a file."""
    for index, (time, wire) in enumerate(records):
        yield ArchivedRecord(index, time, wire)


__all__ = ["AuditError", "AuditReport", "Fault", "audit", "entries_of"]
