"""``goc log rotate``, ``goc keyring``, ``goc label-key``: nobody is left who cannot verify."""

import io
import stat
from pathlib import Path

import orjson
import pytest

from tests.goc import goc
from tests.log_reader import read_published_log
from traceability.core import b64
from traceability.core.checkpoint import open_checkpoint
from traceability.core.note import Note
from traceability.core.policy import Policy
from traceability.core.vkey import VerifierKey
from traceability.ledger.ledger import Ledger
from traceability.settings import KEY_FILE, Settings, create_key_file
from traceability.storage.tile_folder import TileFolder


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger that was published."""
    for name in ("DATABASE_URL", "KEYRING_KEY", "KEYRING_KEY_FILE", "TILES_URL", "LANG"):
        monkeypatch.delenv(f"GOC_{name}", raising=False)
    if request.param == "postgres":
        monkeypatch.setenv("GOC_DATABASE_URL", request.getfixturevalue("postgres_ledger_url"))
    create_key_file(tmp_path, b"k" * 32)
    Ledger.create(Settings.read(tmp_path), {"name": "Vận hành"}).close()
    assert goc("publish", "--data", tmp_path, "--once").code == 0
    return tmp_path


def grow(folder: Path) -> bytes:
    """A farm more, by a server that was started just now; its receipt's checkpoint."""
    with Ledger.open(Settings.read(folder)) as ledger:
        ledger.registry.party({"roles": ["farm"], "kind": "household", "person": "Lê Văn Năm"})
        return ledger.receipts.head().checkpoint


def key_of(folder: Path, *options: str) -> VerifierKey:
    run = goc("log", "key", "--data", folder, *options)
    assert run.code == 0
    return VerifierKey.parse(run.text.strip())


def size_seen_with(folder: Path, key: VerifierKey) -> int:
    """The published log, every tile of it, as somebody sees it who knows this key alone."""
    found = read_published_log(TileFolder(folder / "tiles").get, key)
    assert found is not None
    return found.size


def test_a_log_goes_over_to_another_key_and_holders_of_either_verify_meanwhile(
    folder: Path,
) -> None:
    old = key_of(folder)
    run = goc("log", "rotate", "--data", folder)
    assert run.code == 0
    new = key_of(folder, "--next")
    assert f"  {new}\n" in run.text
    assert new != old
    assert new.name == old.name
    assert key_of(folder) == old

    checkpoint = grow(folder)
    assert goc("publish", "--data", folder, "--once").code == 0
    for key in (old, new):
        assert open_checkpoint(checkpoint, key).checkpoint.size == 5
        assert size_seen_with(folder, key) == 5

    done = goc("log", "rotate", "--data", folder, "--finish")
    assert done.code == 0
    assert f"  {new}\n" in done.text
    assert key_of(folder) == new
    assert goc("log", "key", "--data", folder, "--next").code == 2

    checkpoint = grow(folder)
    assert goc("publish", "--data", folder, "--once").code == 0
    assert len(Note.parse(checkpoint).signatures) == 1
    assert size_seen_with(folder, new) == 7
    assert goc("rebuild", "--data", folder, "--check").code == 0


def test_the_old_key_stays_until_what_is_published_carries_the_new_ones_signature(
    folder: Path,
) -> None:
    old = key_of(folder)
    assert goc("log", "rotate", "--data", folder).code == 0
    for _ in range(2):  # neither the head nor the published checkpoint; then only the head
        run = goc("log", "rotate", "--data", folder, "--finish")
        assert run.code == 2
        assert "[keyring.unseen-key]" in run.err
        assert key_of(folder) == old
        grow(folder)
    assert goc("publish", "--data", folder, "--once").code == 0
    assert goc("log", "rotate", "--data", folder, "--finish").code == 0


def test_a_log_has_two_keys_at_most(folder: Path) -> None:
    assert "[keyring.no-next-key]" in goc("log", "rotate", "--data", folder, "--finish").err
    assert goc("log", "rotate", "--data", folder).code == 0
    again = goc("log", "rotate", "--data", folder)
    assert again.code == 2
    assert "[keyring.next-key]" in again.err


def test_a_policy_may_name_both_keys_of_a_log(folder: Path) -> None:
    goc("log", "rotate", "--data", folder)
    keys = key_of(folder), key_of(folder, "--next")
    policy = Policy.parse("".join(f"log {key}\n" for key in keys).encode() + b"quorum none\n")
    for key in keys:
        policy.require_log(key)


def test_a_backup_during_the_change_brings_both_keys_back(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goc("log", "rotate", "--data", folder)
    keys = key_of(folder), key_of(folder, "--next")
    grow(folder)
    file = tmp_path / "a.gocbak"
    assert goc("backup", file, "--data", folder).code == 0
    monkeypatch.delenv("GOC_DATABASE_URL", raising=False)
    other = tmp_path / "restored"
    create_key_file(other, b"k" * 32)
    assert goc("restore", file, "--data", other).code == 0
    assert (key_of(other), key_of(other, "--next")) == keys


def test_a_keyring_goes_over_to_a_key_that_was_made_for_it(folder: Path, tmp_path: Path) -> None:
    log = key_of(folder)
    file = tmp_path / "keys" / "second.key"
    assert goc("keyring", "new-key", file).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "[settings.key-exists]" in goc("keyring", "new-key", file).err
    run = goc("keyring", "rekey", file, "--data", folder)
    assert (run.code, run.text.splitlines()[0]) == (0, "Đã mã hóa lại 2 khóa")
    assert "[keyring.key]" in goc("log", "key", "--data", folder).err
    file.replace(folder / KEY_FILE)
    assert key_of(folder) == log
    grow(folder)


def test_a_rekey_that_cannot_be_changes_nothing(folder: Path, tmp_path: Path) -> None:
    log = key_of(folder)
    bad = tmp_path / "bad.key"
    bad.write_text("hush-hush")
    for file, code in (
        (folder / KEY_FILE, "keyring.same-key"),
        (bad, "settings.keyring-key"),
        (tmp_path / "nowhere", "settings.key-file"),
    ):
        run = goc("keyring", "rekey", file, "--data", folder)
        assert run.code == 2
        assert f"[{code}]" in run.err
        assert "hush" not in run.err
    assert key_of(folder) == log


# -- labels ----------------------------------------------------------------------------------------
def label_keys(folder: Path) -> list[dict[str, object]]:
    """What the list says, for programs."""
    run = goc("label-key", "list", "--json", "--data", folder)
    assert run.code == 0
    found: list[dict[str, object]] = orjson.loads(run.out)["keys"]
    return found


def test_labels_get_another_key_and_the_older_stay(folder: Path) -> None:
    assert label_keys(folder) == []
    none = goc("label-key", "list", "--data", folder)
    assert none.code == 0
    assert "goc label-key rotate" in none.text
    for count in (1, 2):
        run = goc("label-key", "rotate", "--data", folder)
        assert run.code == 0
        newest = label_keys(folder)[0]
        assert str(newest["id"]) in run.text
        assert len(label_keys(folder)) == count
    listed = goc("label-key", "list", "--data", folder).text
    assert all(str(each["id"]) in listed for each in label_keys(folder))
    assert [each["new_labels"] for each in label_keys(folder)] == [False, True]  # not yet


def test_a_key_of_labels_that_was_stolen_is_withdrawn(folder: Path) -> None:
    assert goc("label-key", "rotate", "--data", folder).code == 0
    [stolen] = label_keys(folder)
    assert stolen["withdrawn"] is None
    run = goc("label-key", "withdraw", stolen["id"], "--yes", "--data", folder)
    assert run.code == 0
    newer, older = label_keys(folder)
    assert str(newer["id"]) in run.text
    assert (newer["new_labels"], newer["withdrawn"]) == (True, None)
    assert (older["id"], older["new_labels"]) == (stolen["id"], False)
    assert older["withdrawn"]
    listed = goc("label-key", "list", "--data", folder).text.splitlines()
    assert [("thu hồi" in line or "withdrawn" in line) for line in listed] == [False, True]
    for name, code in ((stolen["id"], "label-key.withdrawn"), ("k-none", "label-key.unknown")):
        again = goc("label-key", "withdraw", name, "--yes", "--data", folder)
        assert again.code != 0
        assert f"[{code}]" in again.err


@pytest.mark.parametrize("typed", ["", "y\n", "k-0123456789abcdef\n", "{id}\n"])
def test_a_key_is_withdrawn_only_once_its_id_was_typed_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    assert goc("label-key", "rotate", "--data", folder).code == 0
    [key] = label_keys(folder)
    terminal = io.StringIO(typed.format(id=key["id"]))
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    run = goc("label-key", "withdraw", key["id"], "--data", folder)
    sure = "{id}" in typed
    assert (run.code == 0) == sure
    assert any(each["withdrawn"] for each in label_keys(folder)) == sure
    assert ("--yes" in run.err) != sure


def test_no_key_of_labels_is_withdrawn_by_a_script_that_does_not_say_yes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert goc("label-key", "rotate", "--data", folder).code == 0
    [key] = label_keys(folder)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key['id']}\n"))
    assert goc("label-key", "withdraw", key["id"], "--data", folder).code == 1
    assert label_keys(folder) == [key]


def test_no_key_of_labels_is_ever_shown(folder: Path) -> None:
    said = goc("label-key", "rotate", "--data", folder).text
    said += goc("label-key", "list", "--data", folder).text
    said += goc("label-key", "list", "--json", "--data", folder).text
    with Ledger.open(Settings.read(folder)) as ledger:
        (key,) = ledger.label_keys.all()
    assert key.id in said
    for secret in (key.secret.hex(), b64.encode(key.secret), repr(key.secret)):
        assert secret not in said


def test_another_key_of_the_keyring_keeps_labels_recognised(folder: Path, tmp_path: Path) -> None:
    with Ledger.open(Settings.read(folder)) as ledger:
        ledger.label_keys.rotate()
        before = ledger.label_keys.all()
    new = tmp_path / "other.key"
    assert goc("keyring", "new-key", new).code == 0
    assert goc("keyring", "rekey", new, "--data", folder).code == 0
    assert "[keyring.key]" in goc("label-key", "list", "--data", folder).err
    (folder / KEY_FILE).write_bytes(new.read_bytes())
    with Ledger.open(Settings.read(folder)) as ledger:
        assert ledger.label_keys.all() == before
        held, opened = ledger.keyring.readable()
        assert held == opened
