"""A tile store keeps tiles for ever, lets nobody undo a checkpoint unseen, and tells nothing."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from traceability.core.errors import FormatError, LedgerError
from traceability.storage.tile_folder import TileFolder
from traceability.storage.tile_store import TileStore
from traceability.storage.tile_stores import open_tiles

FULL, PART, ENTRIES = "tile/0/x001/x234/067", "tile/0/000.p/8", "tile/entries/000"


@pytest.fixture(params=["folder", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TileStore:
    """A store of each kind."""
    where = (tmp_path / "to be made" / "tiles").as_uri()
    return open_tiles(where if request.param == "folder" else "memory:///")


def refused(call: Callable[[], object]) -> str:
    """The code of a refusal."""
    with pytest.raises((LedgerError, FormatError)) as refusal:
        call()
    return refusal.value.code


def test_a_tile_that_was_put_is_there_and_others_are_not(store: TileStore) -> None:
    assert store.get(FULL) is None
    for path in (FULL, PART, ENTRIES):
        store.put(path, path.encode())
    assert [store.get(path) for path in (FULL, PART, ENTRIES)] == [
        path.encode() for path in (FULL, PART, ENTRIES)
    ]
    assert store.get("tile/0/000") is None  # where the partial one's folder is
    assert store.get("tile/0/x001/x234") is None


def test_a_tile_is_written_once(store: TileStore) -> None:
    store.put(FULL, b"first")
    store.put(FULL, b"first")
    assert refused(lambda: store.put(FULL, b"other")) == "tiles.conflict"
    assert store.get(FULL) == b"first"


@pytest.mark.parametrize(
    "path",
    ["", "checkpoint", "../x", "tile/0/../../x", "/etc/passwd", "tile/0/0", "tile/0/000.p/256",
     "tile/0/000/", "tile//000", "tile/0/000\0", ".lock", "tile/0/000.p/08"],
)  # fmt: skip
def test_nothing_is_put_but_tiles(store: TileStore, path: str) -> None:
    assert refused(lambda: store.put(path, b"x")) == "tile.path"


@pytest.mark.parametrize("path", ["", "../goc.db", "/etc/passwd", ".lock", "tile", "tile/0/00\0"])
def test_nothing_else_is_read_either(store: TileStore, tmp_path: Path, path: str) -> None:
    store.replace(None, b"one")  # with all that belongs to it
    (tmp_path / "to be made" / "goc.db").parent.mkdir(exist_ok=True)
    (tmp_path / "to be made" / "goc.db").write_bytes(b"hidden")
    assert store.get(path) is None


def test_partial_tiles_alone_can_be_removed(store: TileStore) -> None:
    for path in (FULL, PART):
        store.put(path, b"x")
    store.remove(PART)
    store.remove(PART)
    assert store.get(PART) is None
    assert refused(lambda: store.remove(FULL)) == "tile.path"
    assert refused(lambda: store.remove("checkpoint")) == "tile.path"
    store.put("tile/0/000", b"the full one")
    store.put(PART, b"x")


def test_a_checkpoint_is_replaced_by_whoever_has_seen_the_one_before(store: TileStore) -> None:
    store.replace(None, b"one")
    assert refused(lambda: store.replace(None, b"other")) == "tiles.raced"
    store.replace(b"one", b"two")
    assert refused(lambda: store.replace(b"one", b"other")) == "tiles.raced"
    assert store.get("checkpoint") == b"two"


def test_a_checkpoint_that_vanished_is_not_replaced(store: TileStore) -> None:
    assert refused(lambda: store.replace(b"one", b"two")) == "tiles.raced"
    assert store.get("checkpoint") is None


def test_a_folder_keeps_nothing_half_written(tmp_path: Path) -> None:
    store = TileFolder(tmp_path)
    store.sweep()
    store.put(FULL, b"x")
    store.replace(None, b"one")
    (tmp_path / ".new" / "left-by-a-crash").write_bytes(b"ha")
    store.sweep()
    files = {str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*") if each.is_file()}
    assert files == {FULL, "checkpoint", ".lock"}


def test_what_is_published_in_a_folder_may_be_read_by_everybody(tmp_path: Path) -> None:
    store = TileFolder(tmp_path)
    store.put(FULL, b"x")
    store.replace(None, b"one")
    assert {(tmp_path / path).stat().st_mode & 0o777 for path in (FULL, "checkpoint")} == {0o644}


@pytest.mark.parametrize(
    ("path", "most"),
    [(FULL, 8192), (PART, 8192), (ENTRIES, 256 * 65_537), ("checkpoint", 65_536)],
)
def test_a_file_in_a_folder_that_is_too_large_is_not_read(
    tmp_path: Path, path: str, most: int
) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(most))
    assert len(TileFolder(tmp_path).get(path) or b"") == most
    file.write_bytes(bytes(most + 1))
    assert refused(lambda: TileFolder(tmp_path).get(path)) == "tiles.unreachable"


@pytest.mark.parametrize("path", [FULL, "checkpoint"])
def test_what_a_link_in_a_folder_leads_to_is_not_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "hidden").write_bytes(b"hidden")
    file = tmp_path / "tiles" / path
    file.parent.mkdir(parents=True)
    file.symlink_to(tmp_path / "hidden")
    store = TileFolder(tmp_path / "tiles")
    assert refused(lambda: store.get(path)) == "tiles.unreachable"
    if path == FULL:
        assert refused(lambda: store.put(path, b"x")) == "tiles.unreachable"


def test_a_pipe_in_a_folder_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "checkpoint")
    assert TileFolder(tmp_path).get("checkpoint") == b""


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*_: object, **__: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", unable)
    store = TileFolder(tmp_path)
    store.put(FULL, b"x")
    assert refused(lambda: store.put(FULL, b"y")) == "tiles.conflict"
    assert store.get(FULL) == b"x"


def test_a_folder_that_cannot_be_written_is_said_without_its_name(tmp_path: Path) -> None:
    (tmp_path / "secret-place").write_bytes(b"a file where the folder should be")
    store = open_tiles((tmp_path / "secret-place").as_uri())
    with pytest.raises(LedgerError) as refusal:
        store.put(FULL, b"x")
    assert refusal.value.code == "tiles.unreachable"
    assert "secret-place" not in str(refusal.value)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials as an operator sets them, for a store that does not answer."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "HUSHACCESS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "HUSHSECRET")
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")


@pytest.mark.usefixtures("environment")
def test_an_object_store_that_does_not_answer_is_said_without_credentials() -> None:
    store = open_tiles("s3://hush-bucket/log")
    calls: list[Callable[[], object]] = [
        lambda: store.get(FULL),
        lambda: store.put(FULL, b"x"),
        lambda: store.replace(None, b"x"),
    ]
    for call in calls:
        with pytest.raises(LedgerError) as refusal:
            call()
        assert refusal.value.code == "tiles.unreachable"
        told = f"{refusal.value} {refusal.value.params} {refusal.value.__cause__!r} {store!r}"
        assert "hush" not in told.lower()


@pytest.mark.parametrize(
    "url",
    ["", "tiles", "/tiles", "file://", "file:///", "file://elsewhere/x", "http://x/y", "az://hush",
     "ftp://hush/x", "s3:", "memory", "http://[hush"],
)  # fmt: skip
def test_a_url_that_names_no_store_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(LedgerError) as refusal:
        open_tiles(url)
    assert refusal.value.code == "settings.tiles"
    assert "hush" not in f"{refusal.value}{refusal.value.params}"


def test_a_folder_needs_no_package_for_object_stores() -> None:
    program = (
        "import sys; sys.modules['obstore'] = None\n"
        "from traceability.storage.tile_stores import open_tiles\n"
        "print(open_tiles('file:///nowhere').get('checkpoint'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "None\n", done.stderr
