"""``goc publish`` publishes what there is, or says what is in the way."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.goc import goc
from tests.log_reader import PublishedLog, read_published_log
from traceability.core.errors import LedgerError
from traceability.core.vkey import VerifierKey
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings, create_key_file
from traceability.storage.leader import leader_of
from traceability.storage.tile_folder import TileFolder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger."""
    for name in ("DATABASE_URL", "LOG", "KEYRING_KEY", "LANG", "TILES_URL", "WITNESS_POLICY"):
        monkeypatch.delenv(f"GOC_{name}", raising=False)
    create_key_file(tmp_path, b"k" * 32)
    Ledger.create(Settings.read(tmp_path), {"name": "Vận hành"}).close()
    return tmp_path


def published(folder: Path, tiles: Path | None = None) -> PublishedLog | None:
    """What a reader finds who has only the key."""
    key = VerifierKey.parse(goc("log", "key", "--data", folder).text.strip())
    return read_published_log(TileFolder(tiles or folder / "tiles").get, key)


def grow(folder: Path) -> None:
    """One record more."""
    with Ledger.open(Settings.read(folder)) as ledger:
        ledger.registry.party({"roles": ["farm"], "kind": "household", "person": "Lê Văn Năm"})


def test_all_there_is_is_published_and_then_nothing_is_new(folder: Path) -> None:
    assert published(folder) is None
    run = goc("publish", "--data", folder, "--once")
    assert (run.code, run.text) == (0, "Đã công bố 3 bản ghi\n")
    found = published(folder)
    assert found is not None
    assert found.size == 3
    assert goc("publish", "--data", folder, "--once").text.startswith("Không có gì mới")


def test_the_setting_says_where(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOC_TILES_URL", (tmp_path / "web server").as_uri())
    assert goc("publish", "--data", folder, "--once").code == 0
    assert published(folder, tmp_path / "web server")
    assert not (folder / "tiles").exists()


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [
        ("GOC_TILES_URL", "ftp://x/y", "settings.tiles"),
        ("GOC_WITNESS_POLICY", "/nowhere/policy", "settings.witness-policy"),
        ("GOC_WITNESS_POLICY", "{folder}/keyring.key", "policy.malformed"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, code: str
) -> None:
    monkeypatch.setenv(variable, value.format(folder=folder))
    run = goc("publish", "--data", folder, "--once")
    assert run.code == 2
    assert f"[{code}]" in run.err


def test_where_another_process_publishes_this_one_says_so(folder: Path) -> None:
    with Ledger.open(Settings.read(folder)) as ledger:
        leader = leader_of(ledger.database, ledger.log)
        assert leader.leads()
        run = goc("publish", "--data", folder, "--once")
        leader.close()
    assert run.code == 1
    assert "[publish.busy]" in run.err
    assert goc("publish", "--data", folder, "--once").code == 0


def test_an_old_backup_is_not_published_and_takes_nothing(folder: Path) -> None:
    shutil.copy(folder / "goc.db", folder / "backup")
    grow(folder)
    assert goc("publish", "--data", folder, "--once").code == 0
    shutil.copy(folder / "backup", folder / "goc.db")
    run = goc("publish", "--data", folder, "--once")
    assert run.code == 1
    assert "[ledger.rolled-back]" in run.err
    assert "3 bản ghi" in run.err
    found = published(folder)
    assert found is not None
    assert found.size == 5
    with pytest.raises(LedgerError, match=r"ledger\.rolled-back"):
        grow(folder)


def test_tiles_that_are_gone_are_written_again_on_demand(folder: Path) -> None:
    goc("publish", "--data", folder, "--once")
    shutil.rmtree(folder / "tiles" / "tile")
    assert goc("publish", "--data", folder, "--once").code == 0
    with pytest.raises(AssertionError, match="missing"):
        published(folder)
    assert goc("publish", "--data", folder, "--once", "--all").code == 0
    assert published(folder)


def test_as_a_process_of_its_own_it_publishes_until_it_is_told_to_stop(folder: Path) -> None:
    program = "import sys; from traceability.cli import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "publish", "--data", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Đang công bố")
        grow(folder)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    found = published(folder)
    assert found is not None
    assert found.size == 5
