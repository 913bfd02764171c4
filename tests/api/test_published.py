"""The published log over HTTP: for whoever knows its key, its address, and nothing else."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.published import PublishedLog
from tests.api.stand import Stand, open_stand
from tests.goc import goc
from tests.ledgers import codes, send
from tests.log_reader import read_published_log
from traceability.core.errors import LedgerError
from traceability.core.tiles import CHECKPOINT_PATH, Tile
from traceability.storage.tile_folder import TileFolder
from traceability.storage.tile_objects import TileObjects


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A stand whose log has more than one tile, all of it published."""
    with open_stand(tmp_path_factory.mktemp("large")) as stand:
        stand.publish()
        for _ in range(300):
            stand.diary()
        assert set(codes(send(stand.ledger, stand.world.take(), 500))) == {None}
        stand.publish()
        yield stand


def size_of(stand: Stand) -> int:
    """The published size."""
    size: int = stand.app.state.publisher.standing.size
    return size


def test_a_reader_who_knows_the_key_alone_checks_the_whole_log(large: Stand) -> None:
    def fetch(path: str) -> bytes | None:
        answer = large.client.get(f"/log/{path}")
        assert answer.status_code in (200, 404)
        return answer.content if answer.status_code == 200 else None

    found = read_published_log(fetch, large.world.signer.key)
    assert found is not None
    assert found.size == size_of(large) == large.size
    by_record = [each.record.digest for each in large.world.records]
    assert sorted(entry[:32] for entry in found.entries) == sorted(by_record)


def test_every_file_says_what_it_is_and_how_long_it_may_be_kept(large: Stand) -> None:
    edge = size_of(large) % 256
    checkpoint = large.get("/log/checkpoint")
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["cache-control"] == "public, max-age=1"
    for path in ("0/000", "entries/000", f"0/001.p/{edge}", f"entries/001.p/{edge}", "1/000.p/1"):
        tile = large.get(f"/log/tile/{path}")
        assert tile.status_code == 200, path
        assert tile.headers["content-type"] == "application/octet-stream"
        assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert int(tile.headers["content-length"]) == len(tile.content)
        assert tile.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/log/checkpoint", "/log/tile/0/000"])
def test_who_has_it_already_is_told_so(large: Stand, path: str) -> None:
    whole = large.get(path)
    again = large.get(path, **{"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == whole.headers["etag"]
    assert large.get(path, **{"if-none-match": '"other"'}).content == whole.content


@pytest.mark.parametrize("path", ["/log/checkpoint", "/log/tile/0/000"])
def test_head_says_what_get_would(large: Stand, path: str) -> None:
    whole, head = large.get(path), large.client.head(path)
    assert head.content == b""
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    "path",
    ["tile/0/002", "tile/0/001", "tile/2/000", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/0",
     "tile/64/000", "tile/entries/001", "tile/0/000.p/", "tile/", "tile/0/000/", "tile/00/000",
     "tile/0/000%2Ep/5", "tile/0/..%2f..%2f..%2fgoc.db", "tile/0/x000/000",
     "checkpoint/", "", "x", "tile/entries/001.p/255", ".lock", "tile/0/" + "x999/" * 30 + "999"],
)  # fmt: skip
def test_what_is_no_tile_or_not_there_yet_is_not_found(large: Stand, path: str) -> None:
    request = httpx.Request("GET", f"{large.client.base_url}")
    request.url = request.url.copy_with(raw_path=f"/log/{path}".encode())
    answer = large.client.send(request)
    assert (answer.status_code, answer.json()["code"]) == (404, "request.nothing-here")
    assert answer.headers["cache-control"] == "no-store"


def test_a_partial_tile_that_is_gone_is_cut_from_the_full_one(large: Stand) -> None:
    for level, cut in (("0", 32 * 7), ("entries", 43 * 7)):
        assert not (large.folder / f"tiles/tile/{level}/000.p/7").exists()
        full = large.get(f"/log/tile/{level}/000").content
        assert large.get(f"/log/tile/{level}/000.p/7").content == full[:cut]


def test_before_anything_is_published_there_is_nothing(tmp_path: Path) -> None:
    async def ask() -> str:
        published = PublishedLog(TileFolder(tmp_path))
        with pytest.raises(LedgerError) as refusal:
            await published.checkpoint()
        published.close()
        return refusal.value.code

    assert asyncio.run(ask()) == "request.nothing-here"


def test_the_database_is_not_needed_to_read_the_log(own_stand: Stand) -> None:
    own_stand.publish()
    checkpoint = own_stand.get("/log/checkpoint")
    own_stand.ledger.database.close()
    own_stand.ledger.database.read_engine.dispose()
    for each in own_stand.folder.glob("goc.db*"):
        if each.suffix != ".publisher":
            each.write_bytes(b"no database any more")
    assert own_stand.get("/log/checkpoint").text == checkpoint.text
    width = size_of(own_stand)
    assert own_stand.get(f"/log/tile/entries/000.p/{width}").status_code == 200


def test_a_store_out_of_reach_is_said_and_what_was_read_is_kept(own_stand: Stand) -> None:
    own_stand.publish()
    width = size_of(own_stand)
    kept = own_stand.get(f"/log/tile/0/000.p/{width}")

    def unreachable(_: str) -> bytes | None:
        raise LedgerError("tiles.unreachable", reason="the test says so")

    own_stand.app.state.publisher.store.get = unreachable
    answer = own_stand.get(f"/log/tile/entries/000.p/{width}")
    assert (answer.status_code, answer.json()["code"]) == (503, "tiles.unreachable")
    assert int(answer.headers["retry-after"]) > 0
    assert own_stand.get(f"/log/tile/0/000.p/{width}").content == kept.content
    del own_stand.app.state.publisher.store.get


class Slow(TileObjects):
    """A store that counts who reads it."""

    def __init__(self) -> None:
        super().__init__("memory:///")
        self.reads: list[str] = []

    def get(self, path: str) -> bytes | None:
        self.reads.append(path)
        return super().get(path)


def test_a_crowd_costs_the_store_one_reading(tmp_path: Path) -> None:
    store = Slow()
    store.put(Tile(0, 0).path, bytes(8192))
    store.replace(None, b"note")
    store.reads.clear()
    now = [0.0]

    async def crowd() -> None:
        published = PublishedLog(store, lambda: now[0])
        calls: list[Any] = [published.tile(Tile(0, 0).path) for _ in range(50)]
        calls += [published.checkpoint() for _ in range(50)]
        await asyncio.gather(*calls)
        assert sorted(store.reads) == [CHECKPOINT_PATH, Tile(0, 0).path]
        now[0] = 0.9
        await published.checkpoint()
        assert len(store.reads) == 2
        store.replace(b"note", b"next")
        now[0] = 1.1
        assert (await published.checkpoint()).data == b"next"
        published.close()

    asyncio.run(crowd())


def test_memory_for_tiles_is_bounded(tmp_path: Path) -> None:
    store = Slow()
    for n in range(20):
        store.put(Tile(0, n).path, bytes(8192))

    async def read() -> None:
        published = PublishedLog(store, most_bytes=5 * 8192)
        for n in (*range(20), *range(20)):
            await published.tile(Tile(0, n).path)
        assert published._bytes <= 5 * 8192
        assert len(published._kept) == 5
        store.reads.clear()
        await published.tile(Tile(0, 19).path)
        assert store.reads == []
        published.close()

    asyncio.run(read())


def test_goc_log_check_checks_it_over_http(large: Stand) -> None:
    address = f"{str(large.client.base_url).rstrip('/')}/log/"
    run = goc("log", "check", address, "--log", str(large.world.signer.key), "--json")
    assert (run.code, run.json["records"]) == (0, size_of(large))
