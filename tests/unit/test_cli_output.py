"""Files that commands write come into being whole, or not at all; and other manners of ``goc``."""

import stat
from pathlib import Path

import pytest

from tests.goc import goc
from traceability.cli import faces
from traceability.cli.faces import face
from traceability.cli.output import whole_file
from traceability.core.errors import LedgerError


def test_a_file_appears_at_the_end_and_for_whom_other_files_are(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    other.touch()
    with whole_file(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_failure_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def fail() -> None:
        with whole_file(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    run = goc("import", "template", "-o", tmp_path / "none" / "so.xlsx")
    assert (run.code, run.out) == (2, b"")
    assert str(tmp_path / "none") in run.err


def test_errors_come_with_their_code_in_the_language_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GOC_LANG", "en")
    english = goc("demo", "--data", tmp_path).err
    monkeypatch.setenv("GOC_LANG", "vi")
    vietnamese = goc("demo", "--data", tmp_path).err
    assert "not empty" in english
    assert "không trống" in vietnamese
    assert all("[cli.not-empty]" in each for each in (english, vietnamese))


def test_what_is_not_installed_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        def load(self) -> None:
            raise ModuleNotFoundError("no uvicorn", name="uvicorn")

    monkeypatch.setattr(faces, "entry_points", lambda **_: [Entry()])
    with pytest.raises(LedgerError) as missing:
        face("serve")
    assert (missing.value.code, missing.value.params) == ("cli.extra", {"package": "uvicorn"})
    monkeypatch.setattr(faces, "entry_points", lambda **_: [])
    with pytest.raises(LedgerError) as none:
        face("serve")
    assert none.value.code == "cli.extra"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("no-such-command",),
        ("import",),
        ("export", "-o", "x"),
        ("export", "LOT", "--all", "-o", "x"),
        ("export", "LOT", "-o", "x", "--depth", "-1"),
        ("export", "LOT", "-o", "x", "--audience", "party"),
        ("demo",),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_refused_with_its_usage(arguments: tuple[str, ...]) -> None:
    run = goc(*arguments)
    assert run.code == 2
    assert "usage: goc" in run.err


def test_a_port_is_a_port(tmp_path: Path) -> None:
    run = goc("serve", "--data", tmp_path, "--port", "99999")
    assert (run.code, "[cli.port]" in run.err) == (2, True)
