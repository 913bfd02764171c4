"""The tree of an archive as it grows, and the checkpoints that it must lead to: the one that the
archive brings, with its cosignatures, and one that the auditor has seen before."""

from collections.abc import Sequence

from traceability.audit.archive import Header
from traceability.audit.report import AuditError, Fault
from traceability.core.checkpoint import open_checkpoint
from traceability.core.errors import GocError, ProofError
from traceability.core.merkle import Frontier, extend
from traceability.core.policy import Policy
from traceability.core.vkey import VerifierKey


class Tree:
    """All leaves so far. ``seen`` is a checkpoint of this log known from before: whoever grows the
    tree ends a chunk at its size (``seen_size``), where its root is to be compared."""

    def __init__(self, log: VerifierKey, seen: bytes | None) -> None:
        """Raises ``GocError`` where ``seen`` is no checkpoint of this log."""
        self.frontier = Frontier()
        self._log = log
        self._seen = None if seen is None else open_checkpoint(seen, log).checkpoint
        self.seen_size = None if self._seen is None else self._seen.size
        self._seen_root: bytes | None = Frontier().root if self.seen_size == 0 else None

    def grow(self, hashes: Sequence[bytes]) -> None:
        """Further leaf hashes, of 32 bytes each."""
        if hashes:
            self.frontier = extend(self.frontier, hashes).frontier
        if self.frontier.size == self.seen_size:
            self._seen_root = self.frontier.root

    def check_header(self, header: Header, policy: Policy | None) -> None:
        """Raises ``AuditError`` unless the archive's checkpoint is this log's, and cosigned as the
        policy demands."""
        try:
            opened = open_checkpoint(
                header.checkpoint, self._log, policy.witness_keys if policy is not None else ()
            )
            if policy is not None:
                policy.require(opened.cosignatures)
            if header.log != self._log.name:
                raise ProofError("checkpoint.origin", found=header.log, expected=self._log.name)
            if opened.checkpoint.size != header.size:
                found, expected = header.size, opened.checkpoint.size
                raise ProofError("archive.size", found=found, expected=expected)
        except GocError as error:
            raise AuditError(Fault.of("checkpoint", error)) from error

    def check_end(self, header: Header) -> None:
        """Raises ``AuditError`` unless the tree is the checkpoint's, and extends what was seen."""
        checkpoint = open_checkpoint(header.checkpoint, self._log).checkpoint
        size = self.frontier.size
        if size != checkpoint.size:
            error = ProofError("archive.size", found=size, expected=checkpoint.size)
            raise AuditError(Fault.of("tree", error, size))
        if self.frontier.root != checkpoint.root:
            raise AuditError(Fault.of("tree", ProofError("archive.root", size=size)))
        if self._seen is not None:
            before = self._seen.size
            if self._seen_root is None:
                error = ProofError("bundle.rolled-back", seen=before, shown=size)
                raise AuditError(Fault.of("checkpoint", error))
            if self._seen_root != self._seen.root:
                error = ProofError("archive.forked", size=before)
                raise AuditError(Fault.of("checkpoint", error))
