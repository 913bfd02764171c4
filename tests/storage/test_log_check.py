"""Whoever has the key and the address of a published log checks all of it, and what is wrong is
named."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.goc import goc
from tests.publishing import Press, press_in
from tests.witness import witnesses
from traceability.audit.fetch import reader_of
from traceability.audit.published import PublishedReport, audit_published
from traceability.core.checkpoint import Checkpoint, sign_checkpoint
from traceability.core.errors import LedgerError
from traceability.core.leaf import Leaf
from traceability.core.merkle import leaf_hash, root_of
from traceability.core.policy import Policy
from traceability.core.tiles import CHECKPOINT_PATH, WIDTH, Read, encode_entries, tiles_at


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """A published log of three tiles, the last of them partial."""
    with press_in(tmp_path_factory.mktemp("press")) as found:
        found.grow(600 - found.ledger.size)
        found.publisher().publish()
        yield found


def audited(press: Press, **changed: bytes | None) -> PublishedReport:
    """An audit of the log, with other bytes at some paths."""
    return audit_published(reading(press, changed), press.world.signer.key)


def reading(press: Press, changed: dict[str, bytes | None]) -> Read:
    """Reads the log, with other bytes at some paths."""
    return lambda path: changed[path] if path in changed else press.store.get(path)


def test_a_published_log_holds(press: Press) -> None:
    report = audited(press)
    assert (report.fault, report.size, report.checked) == (None, 600, 600)
    head = press.ledger.receipts.head()
    assert (report.root, report.time) == (head.frontier.root, head.time)


def test_a_partial_tile_that_is_gone_is_read_from_the_full_one(press: Press) -> None:
    folder = {each.path: None for each in tiles_at(600) if not each.is_full}
    full = {
        path.rpartition(".p/")[0]: (press.store.get(path) or b"") + b"what came later"
        for path in folder
    }
    assert audited(press, **{**folder, **full}).holds


@pytest.mark.parametrize("path", [each.path for each in tiles_at(600)])
def test_every_changed_or_missing_tile_is_found(press: Press, path: str) -> None:
    data = press.store.get(path)
    assert data is not None
    flipped = bytes([*data[:70], data[70] ^ 1, *data[71:]]) if len(data) > 70 else data[::-1]
    for other in (None, flipped, data[:-1], data + b"x", b""):
        report = audited(press, **{path: other})
        assert report.fault is not None, other
        assert report.fault.stage in ("tree", "order")
        assert report.fault.code.startswith(("tile.", "bundle.order", "leaf."))


def test_a_log_whose_tiles_fit_each_other_but_not_the_checkpoint_is_found(press: Press) -> None:
    times = [Leaf(bytes([n % 256]) * 32, n, 0).to_bytes() for n in range(600)]
    report = audited(press, **made_of(times))
    assert report.fault is not None
    assert (report.fault.stage, report.fault.code) == ("tree", "archive.root")


def test_times_that_decrease_are_found_though_all_is_signed(press: Press) -> None:
    entries = [Leaf(bytes([n % 256]) * 32, n if n != 300 else 7, 0).to_bytes() for n in range(600)]
    root = root_of([leaf_hash(each) for each in entries])
    note = sign_checkpoint(Checkpoint(press.world.log, 600, root), press.world.signer)
    report = audited(press, **made_of(entries), checkpoint=note)
    assert report.fault is not None
    assert (report.fault.code, report.fault.index) == ("bundle.order", 300)


def made_of(entries: list[bytes]) -> dict[str, bytes | None]:
    """The tiles of a log with these entries."""
    rows = [[leaf_hash(each) for each in entries]]
    rows.append([root_of(rows[0][at : at + 256]) for at in range(0, len(entries) - 255, 256)])
    files: dict[str, bytes | None] = {}
    for tile in tiles_at(len(entries)):
        part = slice(tile.index * WIDTH, tile.index * WIDTH + tile.width)
        if tile.level < 0:
            files[tile.path] = encode_entries(entries[part])
        else:
            files[tile.path] = b"".join(rows[tile.level][part])
    return files


def test_a_checkpoint_of_another_key_or_none_is_found(press: Press) -> None:
    note = press.store.get(CHECKPOINT_PATH) or b""
    for other in (None, b"", note.replace(b"\n600\n", b"\n599\n")):
        fault = audited(press, checkpoint=other).fault
        assert fault is not None
        assert fault.stage == "checkpoint"


def test_it_is_compared_with_what_was_seen_before(tmp_path: Path) -> None:
    with press_in(tmp_path) as press:
        press.publisher().publish()
        seen = press.store.get(CHECKPOINT_PATH)
        press.grow(300)
        press.publisher().publish()
        key, now = press.world.signer.key, press.store.get(CHECKPOINT_PATH)
        assert audit_published(press.store.get, key, seen=seen).holds
        assert audit_published(press.store.get, key, seen=now).holds
        for size, code in ((press.ledger.size - 1, "archive.forked"),
                           (press.ledger.size + 1, "bundle.rolled-back")):  # fmt: skip
            other = sign_checkpoint(Checkpoint(key.name, size, bytes(32)), press.world.signer)
            fault = audit_published(press.store.get, key, seen=other).fault
            assert fault is not None
            assert fault.code == code


def test_the_policy_s_witnesses_must_have_cosigned(press: Press, tmp_path: Path) -> None:
    key = press.world.signer.key
    with witnesses(key, "one", "two") as pair, press_in(tmp_path) as fresh:
        lines = f"log {key}\n{pair[0].line}{pair[1].line}"
        one = Policy.parse(f"{lines}quorum one\n".encode())
        fresh.publisher(one).publish()
        report = audit_published(fresh.store.get, key, one)
        assert report.holds
        assert "one" in report.witnesses
        fault = audit_published(press.store.get, key, one).fault
        assert fault is not None
        assert fault.code == "policy.quorum"


def test_the_command_says_what_holds_and_what_does_not(press: Press, tmp_path: Path) -> None:
    folder = press.store.folder  # type: ignore[attr-defined]
    key = str(press.world.signer.key)
    run = goc("log", "check", folder, "--log", key)
    assert (run.code, run.err) == (0, "")
    assert "600 mục" in run.text
    assert "CHƯA ĐỐI CHIẾU" in run.text
    said = goc("log", "check", folder, "--log", key, "--json").json
    assert (said["holds"], said["records"], said["fault"]) == (True, 600, None)
    (tmp_path / CHECKPOINT_PATH).write_bytes(press.store.get(CHECKPOINT_PATH) or b"")
    run = goc("log", "check", tmp_path, "--log", key)
    assert run.code == 1
    assert "[tile.missing]" in run.text


class Nothing(BaseHTTPRequestHandler):
    """A web server that has nothing."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_where_no_log_is_published_there_is_no_verdict(press: Press, tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Nothing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        nothing = f"http://127.0.0.1:{server.server_port}/log"
        for place in (tmp_path, tmp_path / "nowhere", nothing):
            run = goc("log", "check", place, "--log", str(press.world.signer.key))
            assert (run.code, run.text) == (2, "")
            assert "[cli.log-none]" in run.err
        server.shutdown()


@pytest.mark.parametrize("place", ["http://127.0.0.1:1/log", "ftp://127.0.0.1/log"])
def test_a_place_that_cannot_be_read_is_no_verdict(press: Press, place: str) -> None:
    run = goc("log", "check", place, "--log", str(press.world.signer.key))
    assert run.code == 2
    assert run.text == ""


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(LedgerError, match=r"cli\.log-address"):
        reader_of("file:///etc")
