"""A restore that is killed leaves an empty database or the whole ledger, and can be begun again."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.kept import OPERATOR, Clock
from traceability.core.errors import LedgerError
from traceability.ledger.backup import back_up_from
from traceability.ledger.backup_file import BackupFile
from traceability.ledger.ledger import Ledger
from traceability.ledger.rebuild import check
from traceability.ledger.restore import restore_to
from traceability.settings import Settings, create_key_file
from traceability.storage.engine import sqlite_url

KEY = b"k" * 32


def settings_of(folder: Path, url: str = "") -> Settings:
    """Settings of a ledger in a folder."""
    url = url or sqlite_url(folder / "goc.db")
    return Settings(folder, url, None, "https://goc.example", KEY)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that takes a second or so to be restored."""
    settings = settings_of(tmp_path_factory.mktemp("source"))
    with Ledger.create(settings, OPERATOR, Clock()) as ledger:
        party, data = ledger.operator, {"kind": "other", "name": "Kho"}
        wires = [
            ledger.commands.sign(party, {"type": "place", "data": {**data, "place": f"l-{n:016d}"}})
            for n in range(1_000)
        ]
        ledger.accept(wires)
    with (settings.data / "backup").open("wb") as out:
        back_up_from(settings, out, Clock())
    return settings.data / "backup"


@pytest.mark.slow
@pytest.mark.parametrize("patience", [0.05, 0.4])
@pytest.mark.parametrize("system", ["sqlite", "postgres"])
def test_a_restore_that_is_killed_can_be_begun_again(
    request: pytest.FixtureRequest, tmp_path: Path, file: Path, system: str, patience: float
) -> None:
    url = request.getfixturevalue("postgres_ledger_url") if system == "postgres" else ""
    settings = settings_of(tmp_path, url)
    create_key_file(tmp_path, KEY)
    command = [
        sys.executable, "-c", "import sys; from traceability.cli import main; sys.exit(main())",
        "restore", str(file), "--data", str(tmp_path),
    ]  # fmt: skip
    environment = {"GOC_DATABASE_URL": settings.database_url}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    time.sleep(0.6 + patience)  # Python and its packages take the first half second
    process.kill()
    process.wait(10)
    try:
        Ledger.open(settings).close()  # it was done a moment before
    except LedgerError as error:
        if error.code != "ledger.none":
            raise
        with BackupFile(file) as backup:
            restore_to(settings, backup)
    with Ledger.open(settings) as ledger:
        assert ledger.size == 1_003
        assert check(ledger.database) is None
