"""The backup service: one file a day that was read again, old ones removed, never the last good."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.goc import goc
from traceability.clock import now_ms
from traceability.ledger.ledger import Ledger
from traceability.settings import KEY_FILE, Settings, create_key_file

PROGRAM = ROOT / "deploy" / "backup.py"
DAY = 86_400_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger, which the environment names; beside it the folder ``backup``."""
    for name in ("DATABASE_URL", "KEYRING_KEY", "KEYRING_KEY_FILE", "TILES_URL", "LANG"):
        monkeypatch.delenv(f"GOC_{name}", raising=False)
    data = tmp_path / "data"
    create_key_file(data, b"k" * 32)
    Ledger.create(Settings.read(data), {"name": "Vận hành"}).close()
    monkeypatch.setenv("GOC_DATA", str(data))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "backup").mkdir()
    return tmp_path


def service(folder: Path, *options: str) -> int:
    """Run the program; its exit code."""
    command = [sys.executable, str(PROGRAM), str(folder / "backup"), *options]
    return subprocess.run(command, check=False, capture_output=True).returncode


def aged(folder: Path, days: float) -> Path:
    """A backup of so many days ago."""
    path = folder / "backup" / f"goc-{now_ms() - int(days * DAY):013d}.gocbak"
    path.write_text("an old one")
    return path


def there(folder: Path) -> set[Path]:
    return set((folder / "backup").iterdir())


def test_a_backup_is_made_from_which_the_ledger_can_be_made_again(folder: Path) -> None:
    assert service(folder, "--check") == 1
    assert service(folder, "--once") == 0
    [file] = there(folder)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert goc("backup", "--verify", file, "--data", folder / "data").code == 0
    assert service(folder, "--check") == 0


def test_old_ones_go_and_the_newest_three_stay(folder: Path) -> None:
    old = [aged(folder, days) for days in (40, 30, 20, 13, 1)]
    note = folder / "backup" / "README"
    note.touch()
    assert service(folder, "--once", "--keep-days", "14") == 0
    assert there(folder) & {*old, note} == {old[3], old[4], note}
    alone = [aged(folder, days) for days in (90, 80)]
    for path in old:
        path.unlink(missing_ok=True)
    assert service(folder, "--once", "--keep-days", "14") == 0
    assert alone[1] in there(folder), "one of the newest three, however old"
    assert alone[0] not in there(folder)


def test_one_that_fails_leaves_nothing_and_removes_nothing(folder: Path) -> None:
    old = [aged(folder, days) for days in (40, 39, 38, 37)]
    (folder / "data" / KEY_FILE).unlink()
    assert service(folder, "--once") == 1
    assert there(folder) == set(old)
    assert service(folder, "--check") == 1


def test_the_service_makes_one_when_it_is_due_and_ends_when_it_is_told_to(folder: Path) -> None:
    aged(folder, 1.5)
    command = [sys.executable, str(PROGRAM), str(folder / "backup")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        ends = time.monotonic() + 60
        while service(folder, "--check"):
            assert time.monotonic() < ends
            time.sleep(0.2)
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 0
