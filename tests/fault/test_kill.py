"""A process that is killed at any moment loses no record that it answered, and forks nothing."""

import random
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.kit import World
from traceability.core import b64
from traceability.core.checkpoint import open_checkpoint
from traceability.core.leaf import LEAF_BYTES, Leaf
from traceability.core.merkle import Frontier, extend, leaf_hash
from traceability.core.proof import ProofFile, verify_proof
from traceability.core.tiles import ENTRIES, WIDTH, Tile, decode_entries
from traceability.ledger.rebuild import check
from traceability.ledger.receipts import Receipts
from traceability.storage.engine import Database, sqlite_url

ROUNDS = 16


def round_of(folder: Path, number: int, patience: float) -> list[tuple[str, bytes]]:
    """Starts the process, kills it after so many seconds; what it had answered until then."""
    command = [sys.executable, "-m", "tests.fault.appender_process", str(folder), str(number)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    answered: list[str] = []
    for line in process.stdout:
        if line == "ready\n":
            break
        answered.append(line)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
    rest = process.stdout.read()
    answered += rest[: rest.rfind("\n") + 1].splitlines()
    process.stdout.close()
    assert process.wait(10) in (0, -9)
    pairs = [line.split() for line in answered if " " in line]
    return [(name, b64decode(proof)) for name, proof in pairs]


@pytest.mark.slow
def test_killed_at_random_moments_a_ledger_keeps_all_that_it_answered(tmp_path: Path) -> None:
    chance = random.Random(20)
    answered: list[tuple[str, bytes]] = []
    for number in range(1, ROUNDS + 1):
        answered += round_of(tmp_path, number, chance.random() * 0.4)
    assert len(answered) > 10 * ROUNDS

    database = Database(sqlite_url(tmp_path / "goc.db"))
    receipts = Receipts(database)
    head = receipts.head()
    leaves = read_log(receipts, head.size)
    roots = {0: Frontier().root}
    frontier = Frontier()
    for leaf in leaves:
        frontier = extend(frontier, [leaf_hash(leaf)]).frontier
        roots[frontier.size] = frontier.root
    key = World().signer.key
    last = open_checkpoint(head.checkpoint, key).checkpoint
    assert (last.size, last.root) == (len(leaves), frontier.root)

    seen: dict[str, int] = {}
    for name, data in answered:
        proof = ProofFile.parse(data)
        entry = b64.decode(name) + proof.extra
        shown = verify_proof(proof, entry, key).checkpoint
        # What it was answered is in the log at that place, and the log extends what it was shown.
        assert leaves[proof.index] == entry
        assert roots[shown.size] == shown.root
        assert seen.setdefault(name, proof.index) == proof.index
    assert len(set(leaves)) == len(leaves)
    assert check(database) is None
    database.close()


def read_log(receipts: Receipts, size: int) -> list[bytes]:
    """All entries of the log, as anyone reads them: from its tiles."""
    entries: list[bytes] = []
    while len(entries) < size:
        width = min(WIDTH, size - len(entries))
        data = receipts.tile(Tile(ENTRIES, len(entries) // WIDTH, width).path)
        assert data is not None
        entries += decode_entries(data, width)
    assert all(len(entry) == LEAF_BYTES for entry in entries)
    times = [Leaf.from_bytes(entry).time for entry in entries]
    assert times == sorted(times)
    return entries
