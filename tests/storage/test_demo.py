"""``goc demo`` and all that can be done with what it leaves: the whole road, from end to end."""

import errno
import io
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
import zxingcpp
from PIL import Image
from pydantic import TypeAdapter

from api.samples import samples
from api.serials import mark_of
from api.wishes import Form, Kind, SheetName
from tests.goc import Run, goc
from tests.printed import page_texts
from traceability.cli import demo_folder
from traceability.cli.print_labels import FORMS, KINDS, SHEETS
from traceability.core.bundle import Bundle
from traceability.core.codec import parse
from traceability.core.errors import LedgerError
from traceability.core.thresholds import FIRST, RULEBOOK
from traceability.core.vkey import VerifierKey
from traceability.ledger.ledger import Ledger
from traceability.ledger.lots import newest
from traceability.settings import Settings

pytestmark = pytest.mark.xdist_group("demo")


@dataclass(frozen=True)
class Demo:
    """A demo's folder, and what the command said of it."""

    folder: Path
    said: dict[str, Any]

    @property
    def key(self) -> str:
        return str(self.said["log_key"])

    @property
    def bundle(self) -> Path:
        return Path(self.said["bundle"])

    def open(self) -> Ledger:
        return Ledger.open(Settings.read(self.folder, {}))


@pytest.fixture(scope="module", autouse=True)
def no_settings() -> Iterator[None]:
    """What whoever runs the tests has set for a ledger of their own stays out of this."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "LOG", "HOST", "KEYRING_KEY", "KEYRING_KEY_FILE", "LANG"):
            patch.delenv(f"GOC_{name}", raising=False)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, no_settings: None) -> tuple[Path, Run]:
    folder = tmp_path_factory.mktemp("demo") / "new" / "var"
    return folder, goc("demo", "--data", folder, "--json")


@pytest.fixture(scope="module")
def demo(made: tuple[Path, Run]) -> Demo:
    folder, run = made
    assert run.code == 0, run.err
    return Demo(folder, run.json)


@pytest.fixture
def copy(demo: Demo, tmp_path: Path) -> Demo:
    """The demo in a folder of its own, to be changed."""
    shutil.copytree(demo.folder, tmp_path / "copy")
    return Demo(tmp_path / "copy", demo.said)


# -- what it says and leaves -------------------------------------------------------------------
def test_json_is_one_object_with_key_bundle_and_labels(made: tuple[Path, Run]) -> None:
    folder, run = made
    assert (run.code, run.err) == (0, "")
    said = run.json
    assert VerifierKey.parse(said["log_key"]).name == "goc.localhost/demo"
    assert Path(said["bundle"]).is_file()
    assert len(said["labels"]) >= 4
    for label in said["labels"]:
        assert label["url"] == (f"http://127.0.0.1:8000/01/{label['gtin']}/10/{label['lot']}")
        assert Path(label["png"]).parent == folder / "labels"
        assert Path(label["svg"]).read_text("utf-8").lstrip().startswith("<")


def test_every_label_is_read_by_a_real_decoder_and_says_its_url(demo: Demo) -> None:
    for label in demo.said["labels"]:
        [code] = zxingcpp.read_barcodes(Image.open(label["png"]).convert("L"))
        assert code.text == label["url"]


def test_the_folder_holds_what_a_ledger_needs_and_its_key_is_for_its_owner_alone(
    demo: Demo,
) -> None:
    names = {path.name for path in demo.folder.iterdir()}
    bundle = demo.bundle.name
    files = {"goc.db", "keyring.key", "clerk.key", "host", "checkpoint", bundle}
    assert names == files | {"labels", "pictures"}
    private = (
        demo.folder,
        *(demo.folder / each for each in ("keyring.key", "clerk.key", "goc.db")),
    )
    assert [path.stat().st_mode & 0o077 for path in private] == [0, 0, 0, 0]
    beside = [path.name for path in demo.folder.parent.iterdir()]
    assert beside == [demo.folder.name], "the folder that it was made in is gone"


def test_every_product_has_its_picture_by_the_digest_of_its_bytes(demo: Demo) -> None:
    with demo.open() as ledger, ledger.reading() as now:
        rows = now.rows("SELECT DISTINCT subject FROM statement WHERE kind = 'product'")
        pictures = [now.reader.statements("product", row[0])[-1].data.picture for row in rows]
    assert len(pictures) > 10
    for picture in pictures:
        data = (demo.folder / "pictures" / f"{picture.sha256}.png").read_bytes()
        assert sha256(data).hexdigest() == picture.sha256


def test_it_has_a_label_of_each_kind_to_try(demo: Demo) -> None:
    with demo.open() as ledger:
        found = samples(ledger)
        assert [each.state for each in found] == ["packed", "void", "not-yet", "invented"]
        for each in found:
            gtin, lot, serial = each.path.removeprefix("/01/").replace("/10/", "/21/").split("/21/")
            assert mark_of(ledger, gtin, lot, serial).state == each.state


def test_serials_to_try_are_given_away_by_no_ledger_but_a_demo(
    copy: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with copy.open() as ledger:
        monkeypatch.setattr(ledger, "log", "so.goc.example/2026")
        assert samples(ledger) == ()


def test_its_clerk_has_a_key_that_is_made_for_this_folder(demo: Demo, copy: Demo) -> None:
    key = (demo.folder / "clerk.key").read_text("ascii").strip()
    assert demo.said["clerk"]["key"] == key
    with demo.open() as ledger:
        clerk = ledger.tokens.authenticate(key)
        assert clerk is not None
        assert clerk.role == "clerk"
        assert clerk.scopes == {"read", "write"}
        with ledger.reading() as now:
            assert now.reader.statements("party", str(clerk.party))[-1].data.name
            lots = newest(now, str(clerk.party)).items
    assert lots[0].opened == 0, "the latest is a lot that is to be packed"
    assert [each.index for each in lots] == sorted((each.index for each in lots), reverse=True)


def serials_on(file: Path) -> list[str]:
    """The serials of the labels on sheets, each in two lines."""
    pages = "\n".join(page_texts(file.read_bytes())).replace("\r", "")
    found = re.findall(r"^([0-9A-Z]{10})\s+([0-9A-Z]{10})$", pages, re.MULTILINE)
    return [first + second for first, second in found]


def test_labels_are_printed_at_the_command_line(demo: Demo, tmp_path: Path) -> None:
    label = next(each for each in demo.said["labels"] if each["lot"] == "NR260911-1")
    where = ("--data", demo.folder, label["gtin"], label["lot"])
    run = goc("print", *where, "-o", tmp_path / "all.pdf")
    assert (run.code, "240 tem" in run.text) == (0, True), run.err
    again = goc("print", *where, "-o", tmp_path / "last.pdf", "--start", "239", "--first", "20")
    assert "2 tem" in again.text
    serials, last = (serials_on(tmp_path / name) for name in ("all.pdf", "last.pdf"))
    assert len(set(serials)) == 240, "the five that are void are left out"
    assert last == serials[-2:]
    with demo.open() as ledger:
        states = {mark_of(ledger, label["gtin"], label["lot"], each).state
                  for each in serials}  # fmt: skip
    assert states == {"packed"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("02000000002026", "NO-SUCH"), "label.none"),
        (("02000000002026", "NR260911-1", "--record", "A" * 43), "label.unknown"),
        (("02000000002027", "NR260911-1"), "gtin.check-digit"),
        (("02000000002026", "NR260911-1", "--start", "241"), "print.start"),
        (("02000000002026", "NR260911-1", "--first", "22"), "print.position"),
        (("02000000002026", "NR260911-1", "--form", "zpl", "--dpi", "72"), "print.dpi"),
    ],
)
def test_what_cannot_be_printed_leaves_no_file(
    demo: Demo, tmp_path: Path, more: tuple[str, ...], code: str
) -> None:
    run = goc("print", "--data", demo.folder, "-o", tmp_path / "none.pdf", *more)
    assert (run.code, f"[{code}]" in run.err) == (2, True), run.err
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_knows_the_kinds_of_labels_that_there_are() -> None:
    for ours, theirs in ((KINDS, Kind), (FORMS, Form)):
        assert ours == get_args(theirs)
    for name in SHEETS:
        assert TypeAdapter(SheetName).validate_python(name) == name


def test_what_it_says_to_people_is_what_they_need_next(tmp_path: Path) -> None:
    run = goc("demo", "--data", tmp_path / "d", "--host", "https://goc.example/")
    assert run.code == 0, run.err
    assert "hư cấu" in run.text
    assert f"goc serve --data {tmp_path / 'd'}" in run.text
    assert "https://goc.example/01/02000000001029/10/CD261003-1" in run.text
    served = Settings.read(tmp_path / "d", {}).host
    assert served == "https://goc.example", "what is served is what the labels say"
    assert (tmp_path / "d" / "clerk.key").read_text("ascii") in run.text
    [verify] = [line.strip() for line in run.text.splitlines() if "goc verify" in line]
    _, _, bundle, _, key = verify.split()
    assert goc("verify", bundle, "--log", key.strip("'")).code == 0


# -- what it refuses ---------------------------------------------------------------------------
def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    run = goc("demo", "--data", tmp_path)
    assert run.code == 2
    assert "cli.not-empty" in run.err
    assert str(tmp_path) in run.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    assert goc("demo", "--data", tmp_path / "file").code == 2
    assert (tmp_path / "file").read_text("utf-8") == "mine"


def test_a_wrong_host_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    run = goc("demo", "--data", tmp_path / "d", "--host", "goc example")
    assert (run.code, "settings.host" in run.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LedgerError("ledger.storage")

    monkeypatch.setattr(demo_folder, "_draw", fail)
    run = goc("demo", "--data", tmp_path / "new" / "folder")
    assert (run.code, "ledger.storage" in run.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_will_do_and_keys_from_outside_are_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOC_KEYRING_KEY", "k" * 42 + "I")
    folder = tmp_path / "empty"
    folder.mkdir()
    assert goc("demo", "--data", folder, "--json").code == 0
    assert not (folder / "keyring.key").exists()
    assert goc("log", "key", "--data", folder).code == 0
    monkeypatch.delenv("GOC_KEYRING_KEY")
    assert "keyring.no-key" in goc("log", "key", "--data", folder).err


# -- proof -------------------------------------------------------------------------------------
def test_the_bundle_is_verified_with_the_key_that_was_printed(demo: Demo) -> None:
    run = goc("verify", demo.bundle, "--log", demo.key, "--json")
    assert run.code == 0, run.text
    verdicts = run.json["verdicts"]
    assert {name for name, each in verdicts.items() if each["outcome"] != "ok"} == {
        "witnesses", "consistency",
    }  # fmt: skip
    assert verdicts["recalls"]["code"] == "recalls.none", "the public section is there"


def test_the_bundle_shows_no_personal_value(demo: Demo) -> None:
    bundle = Bundle.from_json(demo.bundle.read_bytes())
    records = [parse(entry.wire, complete=False) for entry in bundle.entries]
    people = [each for each in records if each.body.type == "party"]
    data = [each.body.data for each in people]  # type: ignore[attr-defined]
    assert any("person" in each.hidden for each in data)
    assert all(each.person is None and each.phone is None for each in data)


def test_a_changed_byte_fails_the_bundle(demo: Demo, tmp_path: Path) -> None:
    whole = orjson.loads(demo.bundle.read_bytes())
    jws = whole["records"][20]["jws"]
    at = len(jws) - 30
    whole["records"][20]["jws"] = jws[:at] + ("A" if jws[at] != "A" else "B") + jws[at + 1 :]
    changed = tmp_path / "changed.goc.json"
    changed.write_bytes(orjson.dumps(whole))
    run = goc("verify", changed, "--log", demo.key)
    assert run.code == 1
    assert "KHÔNG HỢP LỆ" in run.text


@pytest.mark.parametrize("text", ["", "{}", "not json", '{"format": "goc-bundle/2"}'])
def test_what_is_no_bundle_cannot_be_read(demo: Demo, tmp_path: Path, text: str) -> None:
    file = tmp_path / "none.goc.json"
    file.write_text(text, "utf-8")
    run = goc("verify", file, "--log", demo.key)
    assert (run.code, run.text) == (2, "")
    assert "bundle.malformed" in run.err


def test_another_logs_key_does_not_verify_the_bundle(demo: Demo) -> None:
    other = demo.key.replace("goc.localhost", "goc.example")
    assert goc("verify", demo.bundle, "--log", other).code in (1, 2)
    assert goc("verify", demo.bundle, "--log", "no key").code == 2


def test_the_checkpoint_is_one_that_later_bundles_must_extend(copy: Demo) -> None:
    file = copy.folder / "again.goc.json"
    arguments = ("--data", copy.folder, "-o", file, "CD261003-1", "--from", copy.said["records"])
    assert goc("export", *arguments).code == 0
    seen = copy.folder / "checkpoint"
    run = goc("verify", file, "--log", copy.key, "--seen", seen, "--json")
    assert run.code == 0
    assert run.json["verdicts"]["consistency"]["outcome"] == "ok"


def test_a_bundle_from_before_what_was_seen_is_refused_and_a_later_one_remembered(
    copy: Demo,
) -> None:
    with copy.open() as ledger:
        data = {"rulebook": RULEBOOK, "thresholds": FIRST.digest}
        wire = ledger.commands.sign(ledger.operator, {"type": "rules", "data": data})
        ledger.accept([wire])
        later = ledger.receipts.head().checkpoint
    seen = copy.folder / "seen"
    seen.write_bytes(later)
    run = goc("verify", copy.bundle, "--log", copy.key, "--seen", seen, "--json")
    assert run.code == 1
    assert run.json["verdicts"]["consistency"]["code"] == "bundle.rolled-back"
    assert seen.read_bytes() == later
    seen.write_bytes((copy.folder / "checkpoint").read_bytes())
    file = copy.folder / "later.goc.json"
    goc("export", "CD261003-1", "-o", file, "--data", copy.folder, "--from", copy.said["records"])
    assert goc("verify", file, "--log", copy.key, "--seen", seen).code == 0
    assert seen.read_bytes() == later


def test_log_key_prints_the_key_and_nothing_else(demo: Demo) -> None:
    assert goc("log", "key", "--data", demo.folder).text == f"{demo.key}\n"


# -- export ------------------------------------------------------------------------------------
def test_a_lot_goes_by_its_code_its_gtin_and_the_address_on_its_label(
    demo: Demo, tmp_path: Path
) -> None:
    label = demo.said["labels"][-1]
    written = [label["lot"], f"{label['gtin']}/{label['lot']}", label["url"]]
    files = []
    for n, lot in enumerate(written):
        file = tmp_path / f"{n}.goc.json"
        run = goc("export", lot, "-o", file, "--data", demo.folder)
        assert run.code == 0, run.err
        assert label["lot"] in run.text
        files.append(file.read_bytes())
    assert files[0] == files[1] == files[2]
    assert goc("export", label["lot"], "-o", "-", "--data", demo.folder).out == files[0]


def test_a_lot_that_is_not_there_leaves_no_file(demo: Demo, tmp_path: Path) -> None:
    for lot in ("NO-SUCH", "02000000001029/NO-SUCH", "http://127.0.0.1:8000/01/1/10/X"):
        run = goc("export", lot, "-o", tmp_path / "none", "--data", demo.folder)
        assert (run.code, "[cli.lot]" in run.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_what_a_file_shows_depends_on_for_whom_it_is(demo: Demo) -> None:
    def shown(*more: str) -> int:
        run = goc("export", "CT260918", "-o", "-", "--data", demo.folder, *more)
        return sum(len(each["disclosures"]) for each in run.json["records"])

    public, chain, auditor = (shown("--audience", each) for each in ("public", "chain", "auditor"))
    assert public < chain < auditor
    assert shown("--personal") > auditor
    assert public == 0, "what is public of a lot without personal values is in the clear already"


def test_a_bundle_may_be_cut_at_a_depth_and_says_so(demo: Demo) -> None:
    run = goc("export", "CT260918", "-o", "-", "--data", demo.folder, "--depth", "2")
    assert run.json["cut"] is True


def test_the_whole_ledger_is_replayed_to_the_state_that_the_server_has(
    demo: Demo, tmp_path: Path
) -> None:
    archive = tmp_path / "all.goc.archive"
    assert goc("export", "--all", "-o", archive, "--data", demo.folder).code == 0
    run = goc("audit", archive, "--log", demo.key, "--seen", demo.folder / "checkpoint", "--json")
    assert run.code == 0, run.text
    header = orjson.loads(archive.read_bytes().split(b"\n", 1)[0])
    assert run.json["state"] == header["state"]
    assert run.json["records"] == header["size"] == demo.said["records"]
    again = goc("export", "--all", "-o", "-", "--data", demo.folder, "--personal")
    assert orjson.loads(again.out.split(b"\n", 1)[0])["state"] == header["state"]
    assert len(again.out) > len(archive.read_bytes())


def test_an_audit_says_what_it_compared_and_which_alerts_are_open(
    demo: Demo, tmp_path: Path
) -> None:
    archive = tmp_path / "all.goc.archive"
    goc("export", "--all", "-o", archive, "--data", demo.folder)
    with_seen = ("--seen", demo.folder / "checkpoint")
    whole = goc("audit", archive, "--log", demo.key, *with_seen)
    assert whole.code == 0
    assert "CHƯA ĐỐI CHIẾU" not in whole.text
    head, *rest = archive.read_bytes().split(b"\n", 1)
    archive.write_bytes(orjson.dumps(orjson.loads(head) | {"state": ""}) + b"\n" + rest[0])
    bare = goc("audit", archive, "--log", demo.key)
    assert bare.code == 0
    assert bare.text.count("CHƯA ĐỐI CHIẾU") == 2
    said = goc("audit", archive, "--log", demo.key, "--json").json
    assert (said["state_compared"], said["seen_compared"]) == (False, False)
    assert sum(said["open_alerts_by_code"].values()) == said["open_alerts"] > 0
    for code, count in said["open_alerts_by_code"].items():
        assert any(f"{count}  " in line and f"[{code}]" in line for line in bare.text.splitlines())


def test_a_full_disk_is_told_with_the_name_of_the_file(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    file = tmp_path / "all.goc.archive"
    run = goc("export", "--all", "-o", file, "--data", demo.folder)
    assert run.code == 2
    assert str(file) in run.err
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_was_tampered_with_is_named(demo: Demo, tmp_path: Path) -> None:
    archive = tmp_path / "all.goc.archive"
    goc("export", "--all", "-o", archive, "--data", demo.folder)
    lines = archive.read_bytes().split(b"\n")
    time, _, wire = lines[400 + 1].partition(b" ")
    lines[401] = time + b" " + wire[:-100] + (b"A" if wire[-100:-99] != b"A" else b"B") + wire[-99:]
    archive.write_bytes(b"\n".join(lines))
    run = goc("audit", archive, "--log", demo.key, "--json")
    assert run.code == 1
    assert run.json["fault"]["index"] == 400
    lines[401] = b"%d %b" % (int(time) + 1, wire)
    archive.write_bytes(b"\n".join(lines))
    run = goc("audit", archive, "--log", demo.key, "--json")
    assert (run.code, run.json["fault"]["stage"]) == (1, "tree")


def test_a_changed_table_gives_another_state_than_the_records(copy: Demo, tmp_path: Path) -> None:
    with copy.open() as ledger, ledger.database.writing() as connection:
        connection.exec_driver_sql("UPDATE holding SET remaining = remaining + 1 WHERE idx = 400")
    archive = tmp_path / "all.goc.archive"
    assert goc("export", "--all", "-o", archive, "--data", copy.folder).code == 0
    run = goc("audit", archive, "--log", copy.key, "--json")
    assert (run.code, run.json["fault"]["code"]) == (1, "archive.state")
    check = goc("rebuild", "--check", "--data", copy.folder)
    assert (check.code, "holding" in check.text) == (1, True)
    assert goc("rebuild", "--data", copy.folder).code == 0
    assert goc("rebuild", "--check", "--data", copy.folder).code == 0


def test_the_projections_are_as_the_records_say(demo: Demo) -> None:
    run = goc("rebuild", "--check", "--data", demo.folder)
    assert (run.code, str(demo.said["records"]) in run.text) == (0, True)


@pytest.mark.parametrize(
    "command",
    [("log", "key"), ("rebuild",), ("rebuild", "--check"), ("export", "X", "-o", "-")],
    ids=" ".join,
)
def test_without_a_ledger_each_command_says_so_and_makes_none(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    run = goc(*command, "--data", tmp_path / "none")
    assert (run.code, "[ledger.none]" in run.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_a_picture(demo: Demo) -> None:
    for path in (demo.folder / "pictures").iterdir():
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            assert picture.size == (640, 400)
