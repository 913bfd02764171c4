"""A reader of a published log that knows its verifier key and how to fetch a path, and no more.

It takes no short cut: every entry is hashed, the root is made from all of them, and every tile that
a log of that size has must be there and hold what the entries make of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from traceability.core.checkpoint import OpenedCheckpoint, open_checkpoint
from traceability.core.merkle import leaf_hash, root_of
from traceability.core.tiles import ENTRIES, WIDTH, decode_entries, tiles_at
from traceability.core.vkey import VerifierKey

Fetch = Callable[[str], bytes | None]


@dataclass(frozen=True)
class PublishedLog:
    """What a reader has seen and checked."""

    opened: OpenedCheckpoint
    entries: list[bytes]

    @property
    def size(self) -> int:
        return self.opened.checkpoint.size

    @property
    def root(self) -> bytes:
        return self.opened.checkpoint.root

    def extends(self, earlier: "PublishedLog | None") -> bool:
        """Whether it only appended to what was seen before."""
        return earlier is None or self.entries[: earlier.size] == earlier.entries


def read_published_log(
    fetch: Fetch, key: VerifierKey, witnesses: tuple[VerifierKey, ...] = ()
) -> PublishedLog | None:
    """Reads all of it; None where nothing is published yet."""
    note = fetch("checkpoint")
    if note is None:
        return None
    opened = open_checkpoint(note, key, witnesses)
    size = opened.checkpoint.size
    entries: list[bytes] = []
    levels: list[list[bytes]] = []
    for tile in tiles_at(size):
        data = fetch(tile.path)
        if data is None and not tile.is_full:  # gone, since the full one is there
            full = fetch(tile.path.rpartition(".p/")[0])
            assert full is not None, f"{tile.path} is missing"
            cut = tile.width * 32
            if tile.level == ENTRIES:
                parts = decode_entries(full, WIDTH)[: tile.width]
                data = b"".join(len(each).to_bytes(2, "big") + each for each in parts)
            else:
                data = full[:cut]
        assert data is not None, f"{tile.path} is missing"
        if tile.level == ENTRIES:
            entries += decode_entries(data, tile.width)
            continue
        if tile.level == len(levels):
            below = levels[-1] if levels else []
            levels.append(
                [root_of(below[at : at + WIDTH]) for at in range(0, len(below) & -WIDTH, WIDTH)]
                if levels
                else [leaf_hash(each) for each in entries]
            )
        start = tile.index * WIDTH
        assert data == b"".join(levels[tile.level][start : start + tile.width]), tile.path
    assert len(entries) == size
    assert root_of(levels[0]) == opened.checkpoint.root
    return PublishedLog(opened, entries)
