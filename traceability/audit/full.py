"""The audit of a whole ledger: every signature, the whole tree, every rule, the state itself.

An auditor on another machine replays an archive by the same rulebook, in memory, and must arrive
at the checkpoint's root and at the state that the server says it has. The first record that is
wrong is named: what comes after it would rest on it.

Signatures are verified in other processes, chunk by chunk, while this one parses the chunks that
follow; a chunk is judged by the rules once its signatures hold. In memory is the state, less than
2 KB a record, and no record itself: the few that a later one speaks of are read again.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from traceability.audit.archive import ArchivedRecord, Header
from traceability.audit.chunks import FEW, Chunk, chunks, in_order
from traceability.audit.report import AuditError, AuditReport, Fault
from traceability.audit.seals import Signatures, keys_for, verify
from traceability.audit.tree import Tree
from traceability.core import codec
from traceability.core.claims import Privacy
from traceability.core.codec import SignedRecord
from traceability.core.errors import FormatError, GocError, ProofError, RecordError
from traceability.core.facts import Accepted, Effects
from traceability.core.keys import PublicKey
from traceability.core.leaf import entry_bytes
from traceability.core.merkle import leaf_hash
from traceability.core.policy import Policy
from traceability.core.registry_records import hidden_fields
from traceability.core.rules import apply
from traceability.core.snapshot import state_digest
from traceability.core.state import State
from traceability.core.vkey import VerifierKey

_HIDDEN: Final = hidden_fields()


def audit(
    header: Header,
    records: Iterable[ArchivedRecord],
    log: VerifierKey,
    policy: Policy | None = None,
    seen: bytes | None = None,
    jobs: int = 1,
    again: Callable[[int], bytes] | None = None,
) -> AuditReport:
    """Replays an archive. Never raises for what it holds: the first fault is in the report.

    ``seen`` is a checkpoint of this log known from before, which the archive must extend: raises
    ``GocError`` where it is no checkpoint of this log. Signatures are verified in ``jobs``
    processes, or with one job in this one. ``again`` gives the wire form of a record that was read
    before, by its index; without it they are kept in memory.
    """
    tree = Tree(log, seen)
    replay = _Replay(tree, log.name, again)
    fault: Fault | None = None
    state = ""
    with _no_search_for_cycles():
        try:
            tree.check_header(header, policy)
            replay.run(records, jobs if header.size > FEW else 1)
            tree.check_end(header)
            state = state_digest(replay.state)
            if header.state and header.state != state:
                raise AuditError(Fault.of("state", ProofError("archive.state")))
        except AuditError as error:
            fault = error.fault
        alerts = Counter(
            alert.key.code
            for each in replay.state.alerts.values()
            for alert in each
            if alert.closed is None
        )
        return AuditReport(
            tree.frontier.size,
            tree.frontier.root,
            state or state_digest(replay.state),
            alerts.total(),
            fault,
            tuple(sorted(alerts.items(), key=lambda item: (-item[1], item[0]))),
        )


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A chunk's records as far as they can be read, and what is wrong with the next."""

    chunk: Chunk
    records: list[SignedRecord]
    fault: Fault | None


class _Replay:
    def __init__(self, tree: Tree, origin: str, again: Callable[[int], bytes] | None) -> None:
        self.tree = tree
        self.keys: dict[str, PublicKey] = {}
        self._kept: list[bytes] = []
        self._keep = again is None
        self.state = _AuditedState(origin, again or self._kept.__getitem__)
        self._time = 0

    def run(self, records: Iterable[ArchivedRecord], jobs: int) -> None:
        """Judges chunk by chunk; raises ``AuditError`` for the first fault."""
        for parsed, wrong in in_order(self._parsed(records), verify, jobs):
            good = parsed.records
            if wrong is not None:  # what stands before it may be wrong by another rule
                good = good[: (wrong.index or 0) - parsed.chunk.records[0].index]
            self._judge(good, parsed.chunk.records)
            fault = wrong or parsed.fault
            if fault is None and parsed.chunk.broken is not None:
                fault = Fault.of("archive", parsed.chunk.broken, self.tree.frontier.size)
            if fault is not None:
                raise AuditError(fault)

    def _parsed(self, records: Iterable[ArchivedRecord]) -> Iterator[tuple[_Parsed, Signatures]]:
        """The chunks, read ahead of being judged, and what is to be verified of them."""
        for chunk in chunks(records, self.tree.seen_size):
            parsed: list[SignedRecord] = []
            fault: Fault | None = None
            for each in chunk.records:
                try:
                    record = codec.parse(each.wire, complete=False)
                    if record.undisclosed:
                        _demand_amounts(record)
                except GocError as error:
                    fault = Fault.of("record", error, each.index)
                    break
                parsed.append(record)
            self.keys.update(codec.keys_in(parsed))
            sealed = [(each.kid, each.signature, each.signing_input) for each in parsed]
            keys = keys_for([each.kid for each in parsed], self.keys)
            start = chunk.records[0].index if chunk.records else 0
            yield _Parsed(chunk, parsed, fault), Signatures(start, sealed, keys)

    def _judge(self, parsed: Sequence[SignedRecord], chunk: Sequence[ArchivedRecord]) -> None:
        hashes: list[bytes] = []
        try:
            for record, each in zip(parsed, chunk, strict=False):
                self._judge_one(record, each)
                leaf = entry_bytes(record.digest, each.time, record.leaf_class)
                hashes.append(leaf_hash(leaf))
        finally:  # the tree grows to the first fault
            self.tree.grow(hashes)

    def _judge_one(self, record: SignedRecord, archived: ArchivedRecord) -> None:
        index, time = archived.index, archived.time
        if time < self._time:
            raise AuditError(Fault.of("order", ProofError("bundle.order"), index))
        self._time = time
        try:
            effects = apply(record, Accepted(index, time), self.state)
        except GocError as error:
            raise AuditError(Fault.of("rules", error, index)) from error
        self.state.absorb(effects)
        if self._keep:
            self._kept.append(archived.wire)


class _AuditedState(State):
    """The whole state, but for the records themselves: few are asked for, and those are read again
    from where they lie."""

    def __init__(self, log: str, wire: Callable[[int], bytes]) -> None:
        super().__init__(log)
        self._wire = wire

    def body(self, name: str) -> SignedRecord | None:
        """An accepted record, whole."""
        entry = self.record(name)
        if entry is None:
            return None
        record = codec.parse(self._wire(entry.index), complete=False)
        if record.name != name:  # the file was changed while it was read
            raise FormatError("archive.malformed", what=f"the line of record {entry.index}")
        return record

    def absorb(self, effects: Effects) -> None:
        """Takes in what an accepted record changes."""
        super().absorb(effects)
        self.bodies.clear()


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """A state has none, and grows large: to look through it again and again would take longer than
    the rules."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _demand_amounts(record: SignedRecord) -> None:
    """Refuses an archive that withholds what balances. Personal values may have been erased;
    commercial ones are kept, and a rule that cannot see them cannot be said to hold."""
    for pointer in record.undisclosed:
        path = ".".join("*" if step.isdigit() else step for step in pointer[1:].split("/"))
        hide = _HIDDEN.get((record.body.type, path))
        if hide is None or hide.privacy is Privacy.COMMERCIAL:
            raise RecordError("record.undisclosed", pointer, field=pointer)


def entries_of(records: Iterable[tuple[int, bytes]]) -> Iterator[ArchivedRecord]:
    """``(time, wire)`` pairs in log order as an archive has them, for an audit without a file."""
    for index, (time, wire) in enumerate(records):
        yield ArchivedRecord(index, time, wire)


__all__ = ["AuditError", "AuditReport", "Fault", "audit", "entries_of"]
