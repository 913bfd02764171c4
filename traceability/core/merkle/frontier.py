"""The growing edge of the tree: how the one writer appends without looking back.

A *frontier* is all that a tree of n leaves needs to grow: the hashes of its perfect subtrees,
one for each bit set in n (RFC 6962 §2.1 splits a tree at the largest power of two below its
size). :func:`extend` takes it and the new leaves, and yields the new frontier, the new root and,
for each new leaf, its inclusion proof to the new size. Subtrees below the new leaves are hashed
once and shared between the root and all proofs, so that a leaf costs about two hashes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from traceability.core.errors import FormatError
from traceability.core.merkle.hashes import EMPTY_ROOT, HASH_BYTES, MAX_SIZE, node_hash

_SIZE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Frontier:
    """``size`` leaves and the hashes of their perfect subtrees, from the left, largest first.

    Raises ``FormatError("merkle.frontier")`` when the number of peaks does not fit the size.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE or len(self.peaks) != self.size.bit_count():
            raise FormatError("merkle.frontier")

    @property
    def root(self) -> bytes:
        """The root hash of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """Return the size as 8 big-endian bytes, followed by the peaks."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Frontier":
        """Read what :meth:`to_bytes` wrote; anything else is ``FormatError("merkle.frontier")``."""
        rest = len(data) - _SIZE_BYTES
        if rest < 0 or rest % HASH_BYTES:
            raise FormatError("merkle.frontier")
        size = int.from_bytes(data[:_SIZE_BYTES], "big")
        starts = range(_SIZE_BYTES, len(data), HASH_BYTES)
        return cls(size, tuple(bytes(data[at : at + HASH_BYTES]) for at in starts))


class Extension:
    """A tree after new leaves: its frontier, size and root, and proofs of the new leaves."""

    __slots__ = ("_count", "_paths", "_rows", "_tail", "frontier", "root")

    def __init__(
        self,
        frontier: Frontier,
        root: bytes,
        count: int,
        rows: list[tuple[list[bytes], bool]],
        tail: list[bytes],
    ) -> None:
        """Be made by :func:`extend`.

        ``rows`` are the nodes over the new leaves, level by level up to the one node that covers
        them all, each with whether its first node is an old peak; ``tail`` is that one node's
        audit path.
        """
        self.frontier = frontier
        self.root = root
        self._count = count
        self._rows = rows
        self._tail = tail
        self._paths: list[list[bytes]] | None = None

    @property
    def size(self) -> int:
        """The number of leaves, the new ones included."""
        return self.frontier.size

    def proof(self, i: int) -> list[bytes]:
        """Return the inclusion proof of the ``i``-th new leaf (from 0) to the new size.

        Hashes go from the leaf's sibling up. Raises ``IndexError`` where there is no such leaf.
        """
        if not 0 <= i < self._count:
            raise IndexError(i)
        if self._paths is None:
            self._paths = self._all_paths()
        return self._paths[i].copy()

    def _all_paths(self) -> list[list[bytes]]:
        """Make the paths of all new leaves, from the top down: a child's is its sibling + ours."""
        paths = [self._tail]
        for row, joined in reversed(self._rows):
            below: list[list[bytes]] = []
            for path, left, right in zip(paths, row[::2], row[1::2], strict=False):
                below.append([right, *path])
                below.append([left, *path])
            if len(row) & 1:  # no sibling: it stood for its parent, and has the parent's path
                below.append(paths[-1])
            if joined:  # the first is an old peak, no new node
                del below[0]
            paths = below
        return paths


def extend(frontier: Frontier, leaf_hashes: Sequence[bytes]) -> Extension:
    """Append leaf hashes (32 bytes each) to the tree of ``frontier``.

    Raises ``FormatError("merkle.hash-length")`` where a leaf hash has another length.
    """
    count = len(leaf_hashes)
    if count == 0:
        return Extension(frontier, frontier.root, 0, [], [])
    if set(map(len, leaf_hashes)) != {HASH_BYTES}:
        raise FormatError("merkle.hash-length")
    size, peaks = frontier.size, list(frontier.peaks)
    new_size = size + count

    # Level by level, until one node covers all new leaves. Where the first node of a level is a
    # right child, its left sibling is the old tree's peak of that level: the smallest one left.
    row, first, level = list(leaf_hashes), size, 0
    rows: list[tuple[list[bytes], bool]] = []
    lower: list[bytes] = []  # the new tree's peaks at these levels, smallest first
    while len(row) > 1:
        joined = bool(first & 1)
        if joined:
            row.insert(0, peaks.pop())
            first -= 1
        rows.append((row, joined))
        complete = new_size >> level
        if complete & 1:
            lower.append(row[complete - 1 - first])
        above = [
            sha256(b"\x01" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=False)
        ]
        if len(row) & 1:
            above.append(row[-1])
        row, first, level = above, first >> 1, level + 1

    # From here up there is one node a level, and the old peaks that are left are its siblings.
    node = row[0]
    tail = peaks[::-1]
    if new_size & ((1 << level) - 1) == 0:  # complete, so it merges like a carry
        while size >> level & 1:
            node = node_hash(peaks.pop(), node)
            level += 1
        new_peaks = (*peaks, node)
    else:
        new_peaks = (*peaks, *reversed(lower))
    root = node
    for peak in reversed(peaks):
        root = node_hash(peak, root)
    return Extension(Frontier(new_size, new_peaks), root, count, rows, tail)
