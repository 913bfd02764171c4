"""A process that is killed at any moment loses no record that it answered, and forks nothing."""

import random
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fault.ledger_checks import Shown, require_kept
from tests.kit import World
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
    require_kept(database, World().signer.key, Shown(answered))
    database.close()
