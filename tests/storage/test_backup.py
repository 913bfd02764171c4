"""A backup is the whole ledger, restored it is the same one, and nothing else is taken for it."""

import resource
import stat
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.conftest import ROOT
from tests.goc import goc
from tests.kept import FARM, OPERATOR, Clock
from tests.kit import World
from tests.ledgers import codes, send
from tests.story import Story
from traceability.core import b64
from traceability.core.errors import LedgerError
from traceability.ledger import backup
from traceability.ledger.backup import back_up_from
from traceability.ledger.backup_file import (
    KEYRING,
    PARTS,
    RECORDS,
    TOKENS,
    BackupFile,
    BackupWriter,
    Manifest,
    Part,
    seal_key,
)
from traceability.ledger.keyring import Keyring
from traceability.ledger.ledger import Ledger
from traceability.ledger.print_jobs import PrintJobs
from traceability.ledger.print_queue import PrintQueue
from traceability.ledger.rebuild import check
from traceability.ledger.restore import examine, restore_to
from traceability.ledger.sessions import Sessions
from traceability.ledger.tokens import SESSION, Claim, Tokens
from traceability.settings import Settings, create_key_file
from traceability.storage import tables
from traceability.storage.engine import Database
from traceability.storage.head import Head
from traceability.storage.log_tiles import LogTiles
from traceability.storage.migrations import migrate

KEY = b"k" * 32
SEAL = seal_key(KEY)
LEDGER = ("head", "record", "disclosure", "api_token", "keyring")


def settings_of(folder: Path, url: str = "") -> Settings:
    """Settings of a ledger in a folder."""
    return Settings(folder, url or f"sqlite:///{folder}/goc.db", None, "https://goc.example", KEY)


def tale(settings: Settings, records: int = 1) -> World:
    """A ledger whose story has all kinds of records, with tokens and keys of parties."""
    world = World()
    database = Database(settings.database_url)
    migrate(database)
    keyring = Keyring(database, KEY, world.clock)
    signer = keyring.create_log_key(world.log)
    with Ledger(database, signer, world.clock, keyring, settings) as ledger:
        story = Story(world)
        for _ in range(60):
            story.step()
        send(ledger, world.records, size=30)
        world.take()
        farm = world.party("farm")
        plot = world.place(farm)
        key = keyring.create(farm.id)
        world.register(world.operator, key, farm, custody="server")
        for _ in range(records):
            world.diary(farm, plot)
        assert set(codes(send(ledger, world.take()))) == {None}
        ledger.label_keys.rotate()
        ledger.tokens.create("cân", ["read", "write"], farm.id, "clerk")
        ledger.tokens.revoke(ledger.tokens.create("cũ", ["audit"]).principal.token)
    return world


def written(settings: Settings, path: Path) -> Path:
    """A backup of a ledger."""
    with path.open("wb") as file:
        back_up_from(settings, file, Clock())
    return path


def restored(path: Path, settings: Settings) -> Head:
    """A ledger from a backup."""
    with BackupFile(path) as file:
        return restore_to(settings, file)


def everything(settings: Settings, but: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """All rows that a backup keeps."""
    database = Database(settings.database_url)
    try:
        with database.reading() as connection:
            return {
                table: [
                    tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                    for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608
                ]
                for table in LEDGER
                if table not in but
            }
    finally:
        database.close()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A ledger that tests only read."""
    settings = settings_of(tmp_path_factory.mktemp("source"))
    tale(settings, 30)
    return settings


@pytest.fixture(scope="module")
def file(source: Settings) -> Path:
    """Its backup."""
    return written(source, source.data / "goc.bak")


def test_a_restored_ledger_is_the_same_one_and_goes_on(
    source: Settings, file: Path, tmp_path: Path
) -> None:
    there = settings_of(tmp_path / "new")
    head = restored(file, there)
    before, after = everything(source), everything(there)
    # A registry's size is only ever compared for being another.
    before["head"] = [row[:5] + row[6:] for row in before["head"]]
    after["head"] = [row[:5] + row[6:] for row in after["head"]]
    assert after == before
    assert stat.S_IMODE((tmp_path / "new" / "goc.db").stat().st_mode) == 0o600
    with Ledger.open(there) as ledger, Ledger.open(source) as old:
        assert ledger.receipts.head().checkpoint == old.receipts.head().checkpoint
        assert ledger.receipts.head().size == head.size
        assert ledger.vkey == old.vkey
        assert check(ledger.database) is None
        farm = next(e.principal.party for e in ledger.tokens.entries() if e.principal.party)
        data = {"kind": "plot", "area": "1 HAR", "name": "Ruộng bà Ba"}
        assert ledger.registry.place(farm, data).receipts[0].index == head.size


def test_one_file_leads_from_sqlite_to_postgres_and_back(
    source: Settings, file: Path, postgres_database: str, tmp_path: Path
) -> None:
    there = settings_of(tmp_path, postgres_database)
    back = settings_of(tmp_path / "back")
    restored(file, there)
    database = Database(there.database_url)
    assert check(database) is None
    database.close()
    again = written(there, tmp_path / "b")
    with zipfile.ZipFile(file) as one, zipfile.ZipFile(again) as other:
        assert [one.read(part) for part in PARTS] == [other.read(part) for part in PARTS]
    restored(again, back)
    for settings in (there, back):
        assert everything(settings, ("head",)) == everything(source, ("head",))
    with Ledger.open(there) as ledger:
        farm = next(e.principal.party for e in ledger.tokens.entries() if e.principal.party)
        data = {"kind": "plot", "area": "1 HAR", "name": "Ruộng bà Ba"}
        assert ledger.registry.place(farm, data).receipts[0].index == ledger.size - 1


def test_a_postgres_that_has_anything_in_it_is_left_as_it_is(
    file: Path, postgres_database: str, tmp_path: Path
) -> None:
    there = settings_of(tmp_path, postgres_database)
    restored(file, there)
    before = everything(there)
    assert refusal(lambda: restored(file, there)) == "restore.not-empty"
    assert everything(there) == before


def test_a_bad_file_leaves_an_empty_postgres_empty(
    file: Path, postgres_database: str, tmp_path: Path
) -> None:
    there = settings_of(tmp_path, postgres_database)
    for n, change in enumerate((drop_last, later, another_signature)):
        bad = resealed(file, tmp_path / str(n), SEAL, change)
        assert refusal(lambda bad=bad: restored(bad, there)).startswith("backup.")  # type: ignore[misc]
    assert not any(everything(there).values())
    restored(file, there)


@pytest.mark.parametrize("system", ["sqlite", "postgres"])
def test_a_backup_is_of_one_moment_while_the_ledger_goes_on(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    url = request.getfixturevalue("postgres_ledger_url") if system == "postgres" else ""
    here, there = settings_of(tmp_path, url), settings_of(tmp_path / "new")
    world = tale(here)
    monkeypatch.setattr(backup, "CHUNK", 7)
    farm = world.party("farm")
    plot = world.place(farm)
    work = [world.diary(farm, plot) for _ in range(300)]
    with Ledger.open(here, world.clock) as ledger:
        assert set(codes(send(ledger, world.take()[:4]))) == {None}
        before, ends = ledger.size, threading.Event()

        def go_on() -> None:
            for n in range(0, len(work), 3):
                send(ledger, work[n : n + 3])
                ledger.tokens.create(str(n), ["audit"])
            ends.set()

        going = threading.Thread(target=go_on)
        going.start()
        sizes: list[int] = []
        while not ends.is_set():
            file = written(here, tmp_path / f"b{len(sizes)}")
            with BackupFile(file) as found:
                sizes.append(examine(found, SEAL).size)
        going.join()
        after = ledger.size
    assert before <= sizes[0] <= sizes[-1] <= after
    assert len(set(sizes)) > 1
    assert restored(tmp_path / f"b{len(sizes) - 1}", there).size == sizes[-1]


def test_print_jobs_are_in_no_backup_and_can_be_asked_for_again(tmp_path: Path) -> None:
    here, there = settings_of(tmp_path), settings_of(tmp_path / "new")
    tale(here)
    asked = ("p-0123456789abcdef", "02000000000015", "A1", "x" * 43, "wish-of-labels", 10)
    database = Database(here.database_url)
    PrintJobs(database).ask(*asked)
    claimed = PrintQueue(database).claim()
    assert claimed is not None
    assert PrintQueue(database).store(claimed, b"drawn-already", 5, b"m", False)
    database.close()
    path = written(here, tmp_path / "b")
    with zipfile.ZipFile(path) as archive:
        data = b"".join(archive.read(name) for name in archive.namelist())
    assert b"wish-of-labels" not in data
    restored(path, there)
    database = Database(there.database_url)
    assert PrintJobs(database).of(asked[0]) == []
    assert PrintQueue(database).claim() is None
    again = PrintJobs(database).ask(*asked)
    assert (again.state, again.bytes) == ("queued", 0)
    database.close()


def test_who_was_signed_in_is_not_so_after_a_restore_and_signs_in_again(tmp_path: Path) -> None:
    here, there = settings_of(tmp_path), settings_of(tmp_path / "new")
    tale(here)
    database = Database(here.database_url)
    tokens = Tokens(database)
    made = tokens.create("office", ["read"], "p-0123456789abcdef", "clerk")
    session = Sessions(database, tokens).begin(made.principal)
    database.close()
    restored(written(here, tmp_path / "b"), there)
    database = Database(there.database_url)
    tokens = Tokens(database)
    assert tokens.authenticate(made.text) == made.principal
    claim = tokens.at_once(session.text, SESSION)
    assert isinstance(claim, Claim)
    assert tokens.look_up([claim]) == [None]
    assert Sessions(database, tokens).begin(made.principal).text != session.text
    database.close()


def test_erased_values_stay_erased(tmp_path: Path) -> None:
    here, there = settings_of(tmp_path), settings_of(tmp_path / "new")
    tale(here)
    database = Database(here.database_url)
    with database.writing() as connection:
        erased = connection.exec_driver_sql("DELETE FROM disclosure WHERE idx % 2 = 0").rowcount
    database.close()
    assert erased > 3
    restored(written(here, tmp_path / "b"), there)
    assert everything(there, ("head",)) == everything(here, ("head",))


def test_a_backup_holds_no_key_of_the_keyring_and_nothing_twice(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        assert sorted(archive.namelist()) == sorted((*PARTS, "manifest.json", "seal"))
        data = b"".join(archive.read(name) for name in archive.namelist())
    assert KEY not in data
    assert b64.encode(KEY).encode() not in data
    assert b"goc-backup/1" in data


def test_labels_that_were_printed_before_are_recognised_after_a_restore(
    source: Settings, file: Path, tmp_path: Path
) -> None:
    there = settings_of(tmp_path / "new")
    restored(file, there)
    with Ledger.open(source) as old, Ledger.open(there) as new:
        assert len(old.label_keys.all()) == 1
        assert new.label_keys.all() == old.label_keys.all()


def test_a_key_of_labels_that_was_withdrawn_stays_so_after_a_restore(
    tmp_path: Path,
) -> None:
    source = settings_of(tmp_path)
    tale(source)
    with Ledger.open(source) as ledger:
        stolen = ledger.label_keys.newest().id
        ledger.label_keys.withdraw(stolen)
    there = settings_of(tmp_path / "new")
    restored(written(source, tmp_path / "goc.bak"), there)
    with Ledger.open(there) as new:
        assert new.label_keys.withdrawn() == {stolen}
        assert new.label_keys.newest().id != stolen


def test_a_sound_file_is_found_sound_with_and_without_the_key(file: Path) -> None:
    for key in (SEAL, None):
        with BackupFile(file) as backup:
            assert examine(backup, key).size > 50


def test_a_backup_under_another_keyrings_key_is_refused(file: Path, tmp_path: Path) -> None:
    there = replace(settings_of(tmp_path / "new"), keyring_key=b"x" * 32)
    assert refusal(lambda: restored(file, there)) == "backup.seal"
    assert not (tmp_path / "new").exists()


# -- what was changed ------------------------------------------------------------------------------
def changed(file: Path, to: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of a backup whose members were changed."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return to


def resealed(file: Path, to: Path, key: bytes, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same, by somebody who has the keyring's key, and makes the manifest anew."""
    import hmac
    from hashlib import sha256

    def both(members: dict[str, bytes]) -> None:
        change(members)
        told = orjson.loads(members["manifest.json"])
        told.pop("format")
        parts = {
            name: Part(members[name].count(b"\n"), len(members[name]),
                       sha256(members[name]).hexdigest())
            for name in PARTS
        }  # fmt: skip
        made = Manifest(**{**told, "parts": parts}).to_bytes()
        members["manifest.json"] = made
        members["seal"] = b64.encode(hmac.digest(key, made, "sha256")).encode() + b"\n"

    return changed(file, to, both)


def refusal(act: Callable[[], object]) -> str:
    """The code with which something is refused."""
    with pytest.raises(LedgerError) as refused:
        act()
    return refused.value.code


def flip(part: str) -> Callable[[dict[str, bytes]], None]:
    """One letter is another."""

    def change(members: dict[str, bytes]) -> None:
        data = bytearray(members[part])
        at = len(data) // 2
        data[at] = ord("A") if data[at] != ord("A") else ord("B")
        members[part] = bytes(data)

    return change


@pytest.mark.parametrize("part", [*PARTS, "manifest.json", "seal"])
def test_a_file_that_was_changed_anywhere_is_refused_and_leaves_nothing(
    file: Path, tmp_path: Path, part: str
) -> None:
    bad = changed(file, tmp_path / "bad", flip(part))
    there = settings_of(tmp_path / "new")
    assert refusal(lambda: restored(bad, there)).startswith("backup.")
    assert not (tmp_path / "new" / "goc.db").exists()

    def look() -> None:
        with BackupFile(bad) as backup:
            examine(backup, SEAL)

    assert refusal(look).startswith("backup.")


def drop_last(members: dict[str, bytes]) -> None:
    """The last record is gone."""
    members[RECORDS] = members[RECORDS][: members[RECORDS].rindex(b"\n", 0, -1) + 1]


def swap(members: dict[str, bytes]) -> None:
    """Two records have changed places."""
    rows = members[RECORDS].splitlines(keepends=True)
    rows[-1], rows[-2] = rows[-2], rows[-1]
    members[RECORDS] = b"".join(rows)


def later(members: dict[str, bytes]) -> None:
    """The last record was accepted later than it was."""
    *rows, last = members[RECORDS].splitlines(keepends=True)
    row = orjson.loads(last)
    row[0] += 1
    members[RECORDS] = b"".join(rows) + orjson.dumps(row) + b"\n"


def another_signature(members: dict[str, bytes]) -> None:
    """The last record has the signature of the one before."""
    *rows, before, last = members[RECORDS].splitlines(keepends=True)
    row = orjson.loads(last)
    row[2] = orjson.loads(before)[2]
    members[RECORDS] = b"".join([*rows, before]) + orjson.dumps(row) + b"\n"


def no_list(members: dict[str, bytes]) -> None:
    """A line that is no row."""
    members[RECORDS] += b"{}\n"


def endless(members: dict[str, bytes]) -> None:
    """A line without an end."""
    members[RECORDS] += b'["' + b"x" * 2_000_000


@pytest.mark.parametrize(
    "change",
    [drop_last, swap, later, another_signature, no_list, endless],
    ids=lambda f: f.__name__,
)
def test_even_who_has_the_keyrings_key_cannot_change_a_record(
    file: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    bad = resealed(file, tmp_path / "bad", SEAL, change)
    there = settings_of(tmp_path / "new")
    assert refusal(lambda: restored(bad, there)).startswith("backup.")
    assert not (tmp_path / "new" / "goc.db").exists()

    def look() -> None:
        with BackupFile(bad) as backup:
            examine(backup, SEAL)

    assert refusal(look).startswith("backup.")


def test_a_token_that_somebody_added_opens_nothing(file: Path, tmp_path: Path) -> None:
    """Its hash and its count in the manifest are right; the seal cannot be."""

    def add(members: dict[str, bytes]) -> None:
        row = ["aaaaaaaaaaaaaaaa", b64.encode(b"1" * 32), None, "admin", "mine", 1, None, None]
        members[TOKENS] += orjson.dumps(row) + b"\n"

    bad = resealed(file, tmp_path / "bad", b"not the key", add)
    assert refusal(lambda: restored(bad, settings_of(tmp_path / "new"))) == "backup.seal"


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99, 0.9999])
def test_a_file_that_was_cut_short_is_refused(file: Path, tmp_path: Path, share: float) -> None:
    data = file.read_bytes()
    short = tmp_path / "short"
    short.write_bytes(data[: min(int(len(data) * share), len(data) - 1)])
    assert refusal(lambda: BackupFile(short)) == "backup.malformed"


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_file_that_is_packed_otherwise_is_refused(
    file: Path, tmp_path: Path, packing: int
) -> None:
    other = tmp_path / "other"
    with zipfile.ZipFile(file) as ours, zipfile.ZipFile(other, "w", packing) as theirs:
        for name in ours.namelist():
            theirs.writestr(name, ours.read(name))
    damaged = bytearray(other.read_bytes())
    damaged[80] ^= 0xFF
    other.write_bytes(damaged)
    assert refusal(lambda: BackupFile(other)) == "backup.malformed"


@pytest.mark.parametrize(("name", "value"), [("checkpoint", 5), ("host", {}), ("size", "25")])
def test_a_manifest_of_other_types_is_refused(
    file: Path, tmp_path: Path, name: str, value: object
) -> None:
    with BackupFile(file) as backup:
        told = backup.manifest
    wrong = replace(told, **{name: value}).to_bytes()  # type: ignore[arg-type]
    with pytest.raises(LedgerError) as refused:
        Manifest.parse(wrong)
    assert refused.value.code == "backup.malformed"


def test_a_later_form_is_named(file: Path, tmp_path: Path) -> None:
    def next_form(members: dict[str, bytes]) -> None:
        members["manifest.json"] = members["manifest.json"].replace(b"backup/1", b"backup/2")

    assert refusal(lambda: BackupFile(changed(file, tmp_path / "b", next_form))) == "backup.format"


# -- where it may go -------------------------------------------------------------------------------
def test_a_database_that_has_anything_in_it_is_left_as_it_is(
    source: Settings, file: Path, tmp_path: Path
) -> None:
    there = settings_of(tmp_path)
    database = Database(there.database_url)
    migrate(database)
    Keyring(database, KEY).create("p-0000000000000000")
    database.close()
    before = everything(there)
    assert refusal(lambda: restored(file, there)) == "restore.not-empty"
    assert everything(there) == before
    assert refusal(lambda: restored(file, source)) == "restore.not-empty"


def test_a_guard_that_knows_of_more_prevents_it(file: Path, tmp_path: Path) -> None:
    asked: list[int] = []

    def published(head: Head, cursor: Any, known: Head | None) -> None:
        newest = LogTiles(cursor, head.size).read(f"tile/0/000.p/{head.size}")
        assert newest is not None  # it can look at the log that it is asked about
        assert known is None
        asked.append(head.size)
        raise LedgerError("ledger.replay", index=head.size, what="it was published")

    there = settings_of(tmp_path / "new")
    with BackupFile(file) as backup:
        assert refusal(lambda: restore_to(there, backup, published)) == "ledger.replay"
        assert asked == [backup.manifest.size]
    assert not (tmp_path / "new" / "goc.db").exists()


def test_what_is_damaged_is_not_backed_up(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    tale(settings)
    database = Database(settings.database_url)
    for statement in (
        "UPDATE record SET digest = zeroblob(32) WHERE idx = 4",
        "DELETE FROM record WHERE idx = 4",
    ):
        with database.writing() as connection:
            connection.exec_driver_sql(statement)
        assert refusal(lambda: written(settings, tmp_path / "b")) == "backup.damaged"
    database.close()


def test_many_rows_are_written_and_read_in_little_memory(tmp_path: Path) -> None:
    def rows() -> Iterator[list[Any]]:
        for n in range(40_000):
            yield [n, 1, "s" * 86, f"payload {n} " * 40, None]

    tracemalloc.start()
    with (tmp_path / "b").open("wb") as out:
        writer = BackupWriter(out)
        writer.part(RECORDS, rows())
        for name in (TOKENS, KEYRING):
            writer.part(name, ())
        manifest = Manifest("l", VKEY, "h", 1, 1, 1, "c", "1", 0, writer.parts)
        writer.close(manifest, SEAL)
    with BackupFile(tmp_path / "b") as backup:
        assert sum(1 for _ in backup.rows(RECORDS)) == 40_000
        assert backup.manifest.parts[RECORDS].bytes > 20_000_000
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


VKEY = str(World().signer.key)


# -- the commands ----------------------------------------------------------------------------------
@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger in a folder with its key, as ``goc init`` leaves it."""
    for name in ("DATABASE_URL", "LOG", "HOST", "KEYRING_KEY", "KEYRING_KEY_FILE"):
        monkeypatch.delenv(f"GOC_{name}", raising=False)
    folder = tmp_path / "ledger"
    folder.mkdir()
    create_key_file(folder, KEY)
    with Ledger.create(settings_of(folder), OPERATOR, Clock()) as ledger:
        ledger.registry.party(FARM)
    return folder


def test_the_commands_write_check_and_restore(kept: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "b.gocbak", tmp_path / "new"
    done = goc("backup", file, "--data", kept)
    assert (done.code, done.err) == (0, "")
    assert "GOC_KEYRING_KEY" in done.text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    said = goc("backup", file, "--verify", "--data", kept, "--json")
    assert said.code == 0
    assert said.json["size"] == 5
    new.mkdir()
    create_key_file(new, KEY)
    back = goc("restore", file, "--data", new)
    assert (back.code, back.err) == (0, "")
    assert goc("rebuild", "--check", "--data", new).code == 0
    again = goc("restore", file, "--data", new)
    assert again.code == 2
    assert "[restore.not-empty]" in again.err


def test_a_file_that_is_there_is_not_replaced_unasked(kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.gocbak"
    assert goc("backup", file, "--data", kept).code == 0
    before = file.read_bytes()
    with Ledger.open(settings_of(kept), Clock()) as ledger:
        ledger.registry.party(FARM)
    refused = goc("backup", file, "--data", kept)
    assert (refused.code, refused.out) == (2, b"")
    assert "[cli.exists]" in refused.err
    assert file.read_bytes() == before
    assert goc("backup", file, "--data", kept, "--force").code == 0
    assert goc("backup", file, "--verify", "--data", kept, "--json").json["size"] == 7


def test_a_backup_that_is_older_than_what_was_published_is_refused(
    kept: Path, tmp_path: Path
) -> None:
    old, newer, new = tmp_path / "old", tmp_path / "newer", tmp_path / "new"
    assert goc("backup", old, "--data", kept).code == 0
    with Ledger.open(settings_of(kept), Clock()) as ledger:
        ledger.registry.party(FARM)
    assert goc("publish", "--once", "--data", kept).code == 0
    assert goc("backup", newer, "--data", kept).code == 0
    new.mkdir()
    create_key_file(new, KEY)
    (kept / "tiles").rename(new / "tiles")
    refused = goc("restore", old, "--data", new)
    assert refused.code == 2
    assert "[ledger.rolled-back]" in refused.err
    assert not (new / "goc.db").exists()
    assert goc("restore", newer, "--data", new).code == 0


def test_without_the_keyrings_key_the_seal_is_said_to_be_unchecked(
    kept: Path, tmp_path: Path
) -> None:
    file = tmp_path / "b.gocbak"
    goc("backup", file, "--data", kept)
    looked = goc("backup", file, "--verify", "--data", tmp_path)
    assert looked.code == 0
    assert "CHƯA KIỂM" in looked.text
    file.write_bytes(file.read_bytes()[:-30])
    broken = goc("backup", file, "--verify", "--data", tmp_path)
    assert (broken.code, broken.text) == (1, "")
    assert "[backup.malformed]" in broken.err


def test_where_there_is_no_ledger_no_file_is_made(tmp_path: Path) -> None:
    create_key_file(tmp_path, KEY)
    done = goc("backup", tmp_path / "b", "--data", tmp_path)
    assert done.code == 2
    assert "[ledger.none]" in done.err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["keyring.key"]


def test_a_disk_that_is_full_leaves_no_file(kept: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "b").write_bytes(b"an earlier backup")
    command = [
        sys.executable, "-c", "import sys; from traceability.cli import main; sys.exit(main())",
        "backup", str(out / "b"), "--data", str(kept),
    ]  # fmt: skip

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = subprocess.run(command, preexec_fn=little_room, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert [each.name for each in out.iterdir()] == ["b"]
    assert (out / "b").read_bytes() == b"an earlier backup"


def test_every_table_is_made_again_or_kept_or_left_out_on_purpose() -> None:
    made_again = {table.name for table in tables.PROJECTIONS}
    left_out = {"idempotency"}  # a command sent again later than a backup is a new one
    left_out.add("outdated")  # no ledger that is backed up is
    left_out |= {"print_job", "print_part"}  # whoever wants the labels asks for them again
    left_out.add("scan")  # no part of the ledger; a copy shows anew where it is scanned on
    left_out |= {
        "scan_sign",
        "complaint",
        "complaint_contact",
    }  # what must be erasable, and in time
    known = made_again | set(LEDGER) | left_out | {"published"}  # that is in the manifest
    assert {table.name for table in tables.Row.metadata.sorted_tables} == known
