"""``goc serve`` says where it serves when it does, and where the labels lead."""

from pathlib import Path
from typing import Any

import pytest

from tests.goc import goc
from traceability.cli import serve as command
from traceability.core import b64
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings, create_key_file


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "DATABASE_URL", "LOG", "HOST", "KEYRING_KEY", "KEYRING_KEY_FILE", "LANG"):
        monkeypatch.delenv(f"GOC_{name}", raising=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger whose labels carry port 8000, and a server that ends at once."""
    create_key_file(tmp_path, b"k" * 32)
    Ledger.create(Settings.read(tmp_path), {"name": "Vận hành"}).close()

    def face(_: str) -> Any:
        def serving(settings: Settings, _: str, __: int, ready: Any, workers: int) -> int:
            assert workers == 1
            with Ledger.open(settings):
                ready()
            return 0

        return serving

    monkeypatch.setattr(command, "face", face)
    monkeypatch.setattr(command, "free_port", lambda _, port: port)
    return tmp_path


def test_a_ledger_that_cannot_be_opened_is_served_nowhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Settings) -> Ledger:
        raise LedgerError("ledger.schema")

    monkeypatch.setattr(Ledger, "open", broken)
    run = goc("serve", "--data", folder)
    assert run.code == 2
    assert run.out == b""
    assert "[ledger.schema]" in run.err


@pytest.mark.parametrize(
    ("host", "port", "told"),
    [
        ("http://127.0.0.1:8000", 8000, False),
        ("http://localhost:8000", 8000, False),
        ("http://127.0.0.1:8000", 8080, True),
        ("https://goc.example", 8000, True),
    ],
)
def test_who_serves_elsewhere_than_the_labels_lead_is_told_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, host: str, port: int, told: bool
) -> None:
    monkeypatch.setenv("GOC_HOST", host)
    lines = goc("serve", "--data", folder, "--port", port).text.splitlines()
    assert f"http://127.0.0.1:{port}/" in lines[0]
    assert [host in line for line in lines[1:]] == [True] * told


def test_a_folder_that_is_not_there_is_refused_unless_the_environment_says_all(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOC_DATABASE_URL", f"sqlite:///{folder}/goc.db")
    monkeypatch.setenv("GOC_TILES_URL", (folder / "tiles").as_uri())
    none = tmp_path / "none"
    run = goc("serve", "--data", none)
    assert (run.code, run.out) == (2, b"")
    assert "[settings.data]" in run.err
    assert str(none) in run.err
    monkeypatch.setenv("GOC_HOST", "https://goc.example")
    assert "[settings.data]" in goc("serve", "--data", none).err
    monkeypatch.setenv("GOC_KEYRING_KEY", b64.encode(b"k" * 32))
    assert goc("serve", "--data", none).code == 0


def test_the_version_is_told() -> None:
    run = goc("--version")
    assert run.code == 0
    assert run.text.startswith("goc ")
