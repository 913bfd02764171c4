"""The audit of a published log, from its files alone: anybody can do it, who has the log's key.

Every entry is read, every tile made again from the entries and compared, and the root with the one
that the log has signed and its witnesses have cosigned; the times of acceptance must not decrease.
What the records say is not in these files: an archive tells that (``audit.full``). Only the edge of
each level is in memory, so a log of any size can be checked.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final

from traceability.audit.report import AuditError, Fault, Stage
from traceability.core.checkpoint import Checkpoint, open_checkpoint
from traceability.core.errors import GocError, LedgerError, ProofError
from traceability.core.leaf import Leaf
from traceability.core.merkle import (
    HASH_BYTES,
    Frontier,
    consistency_proof,
    extend,
    leaf_hash,
    root_of,
    verify_consistency,
)
from traceability.core.policy import Policy
from traceability.core.tiles import (
    CHECKPOINT_PATH,
    ENTRIES,
    HEIGHT,
    WIDTH,
    Read,
    Tile,
    decode_entries,
    tile_hash_at,
)
from traceability.core.vkey import VerifierKey

AT_ONCE: Final = 64  #: tiles that are on their way at once
_READERS: Final = 8


@dataclass(frozen=True, slots=True)
class PublishedReport:
    """The outcome: ``size`` leaves as the checkpoint says, ``checked`` of them were compared;
    ``time`` of the last entry that was read (Unix milliseconds)."""

    size: int
    checked: int
    root: bytes
    time: int | None
    witnesses: tuple[str, ...] = ()
    """The policy's names of the witnesses that cosigned."""
    fault: Fault | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing was wrong."""
        return self.fault is None


def audit_published(
    read: Read, log: VerifierKey, policy: Policy | None = None, seen: bytes | None = None
) -> PublishedReport:
    """Checks a published log. What is wrong with it is in the report: the first fault.

    ``read`` gives the bytes at a path below the log's prefix; ``seen`` is a checkpoint of this log
    known from before, which the published one must extend. Raises what ``read`` raises, and as
    ``open_checkpoint`` does for ``seen``.
    """
    before = None if seen is None else open_checkpoint(seen, log).checkpoint
    audit = _Audit(read)
    checkpoint = Checkpoint(log.name, 0, Frontier().root)
    witnesses: tuple[str, ...] = ()
    fault = None
    try:
        checkpoint, witnesses = _checkpoint(read, log, policy)
        audit.run(checkpoint.size)
        _compare(audit, checkpoint, before, read)
    except AuditError as error:
        fault = error.fault
    checked, root = audit.frontier.size, audit.frontier.root
    return PublishedReport(checkpoint.size, checked, root, audit.time, witnesses, fault)


def _checkpoint(
    read: Read, log: VerifierKey, policy: Policy | None
) -> tuple[Checkpoint, tuple[str, ...]]:
    note = read(CHECKPOINT_PATH)
    try:
        if note is None:
            raise ProofError("tile.missing", path=CHECKPOINT_PATH)
        if policy is None:
            return open_checkpoint(note, log).checkpoint, ()
        policy.require_log(log)
        opened = open_checkpoint(note, log, policy.witness_keys)
        return opened.checkpoint, policy.require(opened.cosignatures).witnesses
    except GocError as error:
        raise _wrong("checkpoint", error) from error


def _compare(
    audit: "_Audit", checkpoint: Checkpoint, before: Checkpoint | None, read: Read
) -> None:
    size = checkpoint.size
    if audit.frontier.root != checkpoint.root:
        raise _wrong("tree", ProofError("archive.root", size=size))
    if before is None:
        return
    if before.size > size:
        error = ProofError("bundle.rolled-back", seen=before.size, shown=size)
        raise _wrong("checkpoint", error)
    try:
        proof = consistency_proof(before.size, size, tile_hash_at(read, size))
        verify_consistency(before.size, size, before.root, checkpoint.root, proof)
    except GocError as fault:
        raise _wrong("checkpoint", ProofError("archive.forked", size=before.size)) from fault


class _Audit:
    """What is known of the tree so far. ``_edges`` are the hashes of each level's last tile."""

    def __init__(self, read: Read) -> None:
        self.frontier = Frontier()
        self.time: int | None = None
        self._read = read
        self._edges: list[list[bytes]] = [[]]
        self._counts = [0]  # full tiles of each level

    def run(self, size: int) -> None:
        """Reads all entries, and compares all tiles."""
        with ThreadPoolExecutor(_READERS) as readers:
            for n, (entries, hashes) in enumerate(self._fetched(readers, size)):
                width = min(WIDTH, size - n * WIDTH)
                with _at(n * WIDTH):
                    self._take(n, width, entries.result(), hashes.result())
        for level in range(1, len(self._edges)):
            if self._edges[level]:
                tile = Tile(level, self._counts[level], len(self._edges[level]))
                with _at(tile.index << HEIGHT * (level + 1)):
                    self._match(tile, self._tile(tile))

    def _fetched(
        self, readers: ThreadPoolExecutor, size: int
    ) -> Iterator[tuple[Future[bytes], Future[bytes]]]:
        """Each bundle of entries with the tile over it, some ahead of the one that is looked at."""

        def ask(n: int) -> tuple[Future[bytes], Future[bytes]]:
            width = min(WIDTH, size - n * WIDTH)
            entries, hashes = (
                readers.submit(self._tile, Tile(level, n, width)) for level in (ENTRIES, 0)
            )
            return entries, hashes

        numbers = iter(range(-(-size // WIDTH)))
        waiting = [ask(n) for n in islice(numbers, AT_ONCE // 2)]
        while waiting:
            yield waiting.pop(0)
            waiting += [ask(n) for n in islice(numbers, 1)]

    def _tile(self, tile: Tile) -> bytes:
        """A tile's bytes, from the full one where the partial one is gone."""
        data = self._read(tile.path)
        if data is None and not tile.is_full:
            full = self._read(Tile(tile.level, tile.index).path)
            if full is not None:
                data = _cut(full, tile)
        if data is None:
            raise ProofError("tile.missing", path=tile.path)
        return data

    def _take(self, n: int, width: int, entries: bytes, hashes: bytes) -> None:
        """Takes up to 256 entries, and compares the tiles that they complete."""
        leaves = decode_entries(entries, width)
        for at, each in enumerate(leaves):
            time = Leaf.from_bytes(each).time
            if self.time is not None and time < self.time:
                raise _wrong("order", ProofError("bundle.order"), n * WIDTH + at)
            self.time = time
        row = [leaf_hash(each) for each in leaves]
        self._edges[0] = row
        self._match(Tile(0, n, width), hashes)
        self.frontier = extend(self.frontier, row).frontier
        if width == WIDTH:
            self._rise()

    def _rise(self) -> None:
        """Level by level, as long as a tile has become full: its hash goes into the one above."""
        level = 0
        while len(self._edges[level]) == WIDTH:
            if level:
                tile = Tile(level, self._counts[level])
                self._match(tile, self._tile(tile))
            if level + 1 == len(self._edges):
                self._edges.append([])
                self._counts.append(0)
            self._edges[level + 1].append(root_of(self._edges[level]))
            self._edges[level] = []
            self._counts[level] += 1
            level += 1

    def _match(self, tile: Tile, data: bytes) -> None:
        """The tile must hold what the entries make of it."""
        if data != b"".join(self._edges[tile.level]):
            first = tile.index << HEIGHT * (tile.level + 1)
            raise _wrong("tree", ProofError("tile.wrong", path=tile.path), first)


@contextmanager
def _at(index: int) -> Iterator[None]:
    """What is missing or malformed is a fault of the log; what cannot be read is not."""
    try:
        yield
    except GocError as error:
        if isinstance(error, LedgerError):
            raise
        raise _wrong("tree", error, index) from error


def _wrong(stage: Stage, error: GocError, index: int | None = None) -> AuditError:
    return AuditError(Fault.of(stage, error, index))


def _cut(full: bytes, tile: Tile) -> bytes:
    if tile.level != ENTRIES:
        return full[: tile.width * HASH_BYTES]
    at = 0
    for _ in range(tile.width):
        at += 2 + int.from_bytes(full[at : at + 2], "big")
    return full[:at]
