"""Files that commands write come into being whole, or not at all; and other manners of ``goc``."""

import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.goc import goc
from tests.market import market
from traceability.cli import faces, log, serve
from traceability.cli.faces import face
from traceability.cli.output import whole_file
from traceability.core import verify
from traceability.core.errors import LedgerError
from traceability.core.verify import Report


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


def test_a_port_that_is_taken_is_told_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def opened(_: object, __: str, port: int, ready: Callable[[], None], workers: int) -> None:
        assert workers == 1
        asked.append(port)
        ready()

    monkeypatch.setattr(serve, "face", lambda _: opened)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = goc("serve", "--data", tmp_path, "--port", port)
        assert (run.code, run.out, "[cli.bound]" in run.err) == (2, b"", True)
        assert f"127.0.0.1:{port}" in run.err
    assert asked == []
    run = goc("serve", "--data", tmp_path, "--port", "0")
    assert (run.code, asked[0] > 0) == (0, True)
    assert f"http://127.0.0.1:{asked[0]}/" in run.text


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "--all", "-o", "-"),
        ("rebuild",),
        ("log", "key"),
        ("token", "list"),
        ("import", "harvests", __file__, "--party", "HTX-1"),
        ("import", "template", "-o", "-"),
        ("init", "--log", "a.example", "--host", "https://a.example", "--name", "A"),
    ],
    ids=" ".join,
)
def test_a_light_install_says_what_it_lacks(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    light = (
        "import sys; sys.modules.update(sqlalchemy=None, openpyxl=None)\n"
        "from traceability.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    data = () if "template" in arguments else ("--data", str(tmp_path / "goc"))
    command = [sys.executable, "-c", light, *arguments, *data]
    run = subprocess.run(command, capture_output=True, check=False)
    assert (run.returncode, run.stdout) == (2, b"")
    said = run.stderr.decode()
    assert len(said.splitlines()) == 1, said
    assert "goc[server]" in said
    assert "[cli.extra]" in said


def test_a_module_of_ours_that_is_missing_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any) -> int:
        raise ModuleNotFoundError("gone", name="traceability.gone")

    monkeypatch.setattr(log, "run", run)
    with pytest.raises(ModuleNotFoundError):
        goc("log", "key")


def _damaged(path: Path) -> None:
    path.write_bytes(b"no database at all" * 500)


@pytest.mark.parametrize("spoil", [_damaged, Path.mkdir], ids=["damaged", "a folder"])
@pytest.mark.parametrize(
    "arguments",
    [("export", "--all", "-o", "-"), ("rebuild",), ("log", "key"), ("token", "list")],
    ids=" ".join,
)
def test_a_database_that_cannot_be_opened_is_told_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], spoil: Any
) -> None:
    spoil(tmp_path / "goc.db")
    run = goc(*arguments, "--data", tmp_path)
    assert (run.code, run.out, "[cli.database]" in run.err) == (2, b"", True)
    assert "goc.db" in run.err


def test_a_verdict_with_warnings_says_so_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = market()
    file = tmp_path / "lot.goc.json"
    file.write_bytes(made.bundle().to_json())

    def last() -> str:
        run = goc("verify", file, "--log", made.world.signer.key)
        assert run.code == 0
        return run.text.splitlines()[-1]

    outcome: Any = "ok"

    def judged(*given: Any) -> Report:
        report = verify.verify(*given)
        for name, verdict in report.verdicts.items():
            if verdict.outcome == "warn" or name == "origin":
                report.verdicts[name] = replace(verdict, outcome=outcome)
        return report

    monkeypatch.setattr("traceability.cli.verify.verify", judged)
    assert last().startswith("Kết luận: HỢP LỆ. ")
    outcome = "warn"
    assert last().startswith("Kết luận: HỢP LỆ, NHƯNG CÓ ĐIỀU CẦN LƯU Ý. ")
