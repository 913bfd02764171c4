"""The audit of signatures and tree alone: whether the log is what its checkpoint says, and every
record signed by a key that it registers.

About twice as fast as the replay of all rules, and with little memory: nothing is kept but keys.
It does not say that what the records tell is true to the rules, nor look at disclosures. A chunk's
signatures are verified by the keys registered up to its end; whether in time, and for the signer,
is for the rules to judge.
"""

from collections.abc import Iterable, Iterator

from traceability.audit.archive import ArchivedRecord, Header
from traceability.audit.chunks import FEW, Chunk, chunks, in_order
from traceability.audit.report import AuditError, AuditReport, Fault
from traceability.audit.seals import Leaves, Lines, Signatures, leaves_of, sealed_in, verify
from traceability.audit.tree import Tree
from traceability.core.envelope import HEADER_LETTERS, header_for
from traceability.core.errors import ProofError
from traceability.core.keys import PublicKey
from traceability.core.policy import Policy
from traceability.core.vkey import VerifierKey


def audit_signatures(
    header: Header,
    records: Iterable[ArchivedRecord],
    log: VerifierKey,
    policy: Policy | None = None,
    seen: bytes | None = None,
    jobs: int = 1,
) -> AuditReport:
    """Verifies all signatures and the tree, in ``jobs`` processes; as ``audit`` else.

    Raises ``GocError`` where ``seen`` is no checkpoint of this log.
    """
    tree = Tree(log, seen)
    fault: Fault | None = None
    try:
        tree.check_header(header, policy)
        _Reading(tree).run(records, jobs if header.size > FEW else 1)
        tree.check_end(header)
    except AuditError as error:
        fault = error.fault
    return AuditReport(tree.frontier.size, tree.frontier.root, "", 0, fault)


class _Reading:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.keys: dict[str, PublicKey] = {}
        self._by_header: dict[bytes, PublicKey] = {}
        self._time = 0

    def run(self, records: Iterable[ArchivedRecord], jobs: int) -> None:
        """Raises ``AuditError`` for the first fault."""
        for chunk, found in in_order(self._lines(records), leaves_of, jobs):
            self._take(chunk, found)

    def _lines(self, records: Iterable[ArchivedRecord]) -> Iterator[tuple[Chunk, Lines]]:
        for chunk in chunks(records, self.tree.seen_size):
            signed = [_line(each.wire) for each in chunk.records]
            headers = {jws[:HEADER_LETTERS] for jws in signed}
            known = [self._by_header[each] for each in headers if each in self._by_header]
            start = chunk.records[0].index if signed else 0
            times = [each.time for each in chunk.records]
            keys = {key.kid: key for key in known}
            yield chunk, Lines(start, times, b"\n".join(signed), keys)

    def _take(self, chunk: Chunk, found: Leaves) -> None:
        self.keys.update(found.keys)
        self._by_header.update({header_for(kid): key for kid, key in found.keys.items()})
        faults = [found.fault, self._unknown(chunk, found), self._disorder(chunk)]
        first = min(
            (each for each in faults if each is not None),
            key=lambda each: each.index or 0,  # a signature comes before the order of times
            default=None,
        )
        if first is not None:
            self.tree.grow(found.hashes[: (first.index or 0) - chunk.records[0].index])
            raise AuditError(first)
        self.tree.grow(found.hashes)
        if chunk.broken is not None:
            raise AuditError(Fault.of("archive", chunk.broken, self.tree.frontier.size))

    def _unknown(self, chunk: Chunk, found: Leaves) -> Fault | None:
        """Keys that were registered in a chunk that was under way when this one was sent."""
        for n in found.unknown:
            record = chunk.records[n]
            wrong = verify(Signatures(record.index, [sealed_in(record.wire)], self.keys))
            if wrong is not None:
                return wrong
        return None

    def _disorder(self, chunk: Chunk) -> Fault | None:
        for each in chunk.records:
            if each.time < self._time:
                return Fault.of("order", ProofError("bundle.order"), each.index)
            self._time = each.time
        return None


def _line(wire: bytes) -> bytes:
    """What was signed of a record, on one line. Where there are more, it is no record: it stays
    none."""
    return wire.partition(b"~")[0].replace(b"\n", b" ")
