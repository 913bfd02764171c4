"""Whether a ledger kept all that it ever said, whatever happened to it meanwhile.

``Shown`` collects what anybody was shown: receipts, as proof files, and checkpoints. Then
``require_kept`` holds the ledger to it, as its adversary would. Every receipt verifies from its
file and the log's key alone, and its record is where it says. Every checkpoint is of a beginning of
the log as it is now. The log has no record twice and no gap, and times never decrease. The
projections are those of a replay, and what is published is that very log.
"""

import threading
from dataclasses import dataclass, field

from tests.log_reader import read_published_log
from traceability.core import b64
from traceability.core.checkpoint import open_checkpoint
from traceability.core.leaf import LEAF_BYTES, Leaf
from traceability.core.merkle import Frontier, extend, leaf_hash
from traceability.core.proof import ProofFile, verify_proof
from traceability.core.tiles import ENTRIES, WIDTH, Tile, decode_entries
from traceability.core.vkey import VerifierKey
from traceability.ledger.rebuild import check
from traceability.ledger.receipts import Receipts
from traceability.storage.engine import Database
from traceability.storage.tile_store import TileStore


@dataclass
class Shown:
    """All that was shown of a log; for any thread."""

    receipts: list[tuple[str, bytes]] = field(default_factory=list)
    checkpoints: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.names = {name for name, _ in self.receipts}

    def receipt(self, name: str, proof: bytes) -> None:
        """A record's sender was given this proof file."""
        with self._lock:
            self.receipts.append((name, proof))
            self.names.add(name)

    def checkpoint(self, note: bytes | None) -> None:
        """Somebody was shown this checkpoint (or none, as of a log that is not published yet)."""
        if note:
            with self._lock:
                self.checkpoints.add(note)


def require_kept(
    database: Database, key: VerifierKey, shown: Shown, tiles: TileStore | None = None
) -> list[bytes]:
    """Fails where the ledger did not keep what it said; the log's entries. Nobody appends."""
    receipts = Receipts(database)
    head = receipts.head()
    entries = read_entries(receipts, head.size)
    roots = roots_of(entries)
    shown.checkpoint(head.checkpoint)

    places: dict[str, int] = {}
    for name, data in shown.receipts:
        proof = ProofFile.parse(data)
        entry = b64.decode(name) + proof.extra
        at = verify_proof(proof, entry, key).checkpoint
        assert entries[proof.index] == entry, f"record {proof.index} is another than was answered"
        assert places.setdefault(name, proof.index) == proof.index, f"{name} has two places"
        assert roots[at.size] == at.root, f"a receipt's tree of {at.size} is not the log's"
    for note in shown.checkpoints:
        at = open_checkpoint(note, key).checkpoint
        assert roots[at.size] == at.root, f"the checkpoint of {at.size} is of another history"
    last = open_checkpoint(head.checkpoint, key).checkpoint
    assert (last.size, last.root) == (len(entries), head.frontier.root)

    require_sound(database, entries)
    if tiles is not None:
        published = read_published_log(tiles.get, key)
        assert published is not None
        assert published.entries == entries[: published.size]
    return entries


def require_sound(database: Database, entries: list[bytes]) -> None:
    """The log is one line of different records in the order of time, and all else follows."""
    assert len({entry[:32] for entry in entries}) == len(entries), "a record is there twice"
    times = [Leaf.from_bytes(entry).time for entry in entries]
    assert times == sorted(times), "time runs backwards"
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT idx, digest, time FROM record ORDER BY idx")
        found = [(idx, bytes(digest), time) for idx, digest, time in rows]
    assert found == [(n, entry[:32], times[n]) for n, entry in enumerate(entries)]
    assert check(database) is None


def read_entries(receipts: Receipts, size: int) -> list[bytes]:
    """All entries of the log, as anyone reads them: from its tiles."""
    entries: list[bytes] = []
    while len(entries) < size:
        width = min(WIDTH, size - len(entries))
        data = receipts.tile(Tile(ENTRIES, len(entries) // WIDTH, width).path)
        assert data is not None, f"the tile of entries from {len(entries)} on is missing"
        entries += decode_entries(data, width)
    assert all(len(entry) == LEAF_BYTES for entry in entries)
    return entries


def roots_of(entries: list[bytes]) -> list[bytes]:
    """The root of the tree of the first ``n`` entries, for each ``n``."""
    frontier = Frontier()
    roots = [frontier.root]
    for entry in entries:
        frontier = extend(frontier, [leaf_hash(entry)]).frontier
        roots.append(frontier.root)
    return roots
