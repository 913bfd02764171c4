"""What is committed is published, all of it, in order, and never taken back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import World
from tests.ledgers import codes, open_ledger
from tests.log_reader import read_published_log
from tests.publishing import Press, fails, press_in
from traceability.audit.publisher import Publisher
from traceability.core.errors import LedgerError
from traceability.core.tiles import CHECKPOINT_PATH, Tile
from traceability.ledger.ledger import Ledger
from traceability.storage.engine import Database
from traceability.storage.leader import Alone, FileLeader
from traceability.storage.log_source import LogSource
from traceability.storage.tile_folder import TileFolder
from traceability.storage.tile_objects import TileObjects
from traceability.storage.tile_store import TileStore


@pytest.fixture(params=["sqlite, folder", "sqlite, objects", "postgres, folder"])
def press(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Press]:
    """A press over each kind of database and of store."""
    store: TileStore = TileFolder(tmp_path / "tiles")
    if request.param.endswith("objects"):
        store = TileObjects("memory:///")
    url = ""
    if request.param.startswith("postgres"):
        url = request.getfixturevalue("postgres_ledger_url")
    with press_in(tmp_path, store, url=url) as found:
        yield found


def test_a_reader_makes_the_root_from_what_is_published(press: Press) -> None:
    publisher = press.publisher()
    seen = None
    for more in (1, 3, 250, 1, 300, 17):
        size = press.grow(more)
        assert publisher.publish()
        found = press.read()
        assert found is not None
        assert found.size == size
        assert found.extends(seen)
        assert found.root == press.ledger.receipts.head().frontier.root
        seen = found


def test_nothing_is_done_where_nothing_is_new(press: Press) -> None:
    publisher = press.publisher()
    assert publisher.publish()
    before = publisher.standing.tiles
    assert not publisher.publish()
    assert (publisher.standing.tiles, publisher.standing.checkpoints) == (before, 1)


def test_a_checkpoint_that_somebody_put_back_is_replaced_though_nothing_is_new(
    press: Press,
) -> None:
    publisher = press.publisher()
    assert publisher.publish()
    old = press.store.get(CHECKPOINT_PATH)
    assert old is not None
    press.grow(3)
    assert publisher.publish()
    new = press.store.get(CHECKPOINT_PATH)
    press.store.replace(new, old)
    press.now += 61_000
    assert publisher.publish()
    assert press.store.get(CHECKPOINT_PATH) == new


def test_an_empty_log_is_not_published(tmp_path: Path) -> None:
    world, store = World(), TileFolder(tmp_path / "tiles")
    with open_ledger(tmp_path, world) as ledger:
        publisher = Publisher(LogSource(ledger.database), store, world.signer.key, Alone())
        assert not publisher.publish()
    assert store.get(CHECKPOINT_PATH) is None


def test_a_new_process_goes_on_where_another_stopped(press: Press) -> None:
    press.publisher().publish()
    size = press.grow(300)
    later = press.publisher()
    assert later.publish()
    assert press.published == size
    assert not press.publisher().publish()


def test_the_standing_says_how_it_goes(press: Press) -> None:
    publisher = press.publisher()
    standing = publisher.standing
    assert (standing.leads, standing.size, standing.lag_ms(press.now)) == (False, 0, 0)
    publisher.publish()
    assert (standing.leads, standing.size, standing.lag) == (True, press.ledger.size, 0)
    assert (standing.time, standing.checkpoints, standing.error) == (press.now, 1, "")

    size = press.grow(5)
    checkpoint = press.store.get(CHECKPOINT_PATH)
    press.store.put(Tile(0, 0, size).path, b"something else")
    for _ in range(2):
        assert fails(publisher) == "tiles.conflict"
        press.now += 2_000
    assert (standing.lag, standing.lag_ms(press.now), standing.errors) == (5, 4_000, 2)
    assert (standing.error, standing.error_time) == ("tiles.conflict", press.now - 2_000)
    assert press.store.get(CHECKPOINT_PATH) == checkpoint

    press.store.remove(Tile(0, 0, size).path)
    assert publisher.publish()
    assert (standing.lag, standing.lag_ms(press.now), standing.error) == (0, 0, "")


def test_partial_tiles_go_a_while_after_the_full_ones_came(press: Press) -> None:
    publisher = press.publisher()
    publisher.publish()
    first = [Tile(level, 0, press.ledger.size) for level in (-1, 0)]
    press.grow(256)
    publisher.publish()
    assert all(press.store.get(tile.path) for tile in first)
    press.now += 3_600_000
    size = press.grow()
    publisher.publish()
    assert not any(press.store.get(tile.path) for tile in first)
    last = Tile(0, 1, size - 256)
    assert press.store.get(last.path)  # that tile is not full yet
    assert press.published == size


# -- what must not be published --------------------------------------------------------------------
def test_a_database_that_fell_behind_is_not_published(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    with press_in(tmp_path) as press:
        press.publisher().publish()
    shutil.copy(tmp_path / "goc.db", backup)
    with press_in(tmp_path, world=press.world) as press:
        size = press.grow(3)
        press.publisher().publish()
    with open_ledger(backup, press.world) as old:
        press.source = LogSource(old.database)
        assert fails(press.publisher()) == "ledger.rolled-back"
        assert press.published == size


def test_a_database_that_falls_behind_while_it_is_published_is_noticed(tmp_path: Path) -> None:
    with press_in(tmp_path / "one") as press, press_in(tmp_path / "two", press.store) as behind:
        publisher = press.publisher()
        press.grow(3)
        publisher.publish()
        publisher._publication._source = behind.source
        assert fails(publisher) == "ledger.rolled-back"
        behind.grow(3)
        behind.world.later(1)
        behind.grow(3)
        assert fails(publisher) == ""
        assert press.published == behind.ledger.size


@pytest.mark.parametrize("more", [2, 3, 5])
def test_a_database_with_another_history_is_not_published(tmp_path: Path, more: int) -> None:
    with press_in(tmp_path / "one") as press:
        press.grow(3)
        press.publisher().publish()
        published = press.published
    with press_in(tmp_path / "two", press.store) as other:
        other.world.later(1)
        expected = "ledger.forked" if other.grow(more) >= published else "ledger.rolled-back"
        assert fails(other.publisher()) == expected
        assert other.published == published


def test_another_log_s_place_is_left_alone(tmp_path: Path) -> None:
    with press_in(tmp_path / "one") as press:
        press.publisher().publish()
    world = World(2, log="goc.example/other")
    with press_in(tmp_path / "two", press.store, world) as other:
        assert fails(other.publisher()) == "tiles.other-log"


@pytest.mark.parametrize("how", ["empty", "unsigned", "cut"])
def test_a_checkpoint_that_this_log_has_not_signed_is_not_built_on(press: Press, how: str) -> None:
    press.publisher().publish()
    note = press.store.get(CHECKPOINT_PATH)
    assert note is not None
    stranger = World(9).signer.sign(note.decode().partition("\n\n")[0] + "\n")
    wrong = {
        "empty": b"",
        "unsigned": note.partition(b"\n\n")[0] + b"\n\n" + f"{stranger}\n".encode(),
        "cut": note[:-9],
    }[how]
    press.store.replace(note, wrong)
    press.grow()
    assert fails(press.publisher()) == "tiles.checkpoint"
    assert press.store.get(CHECKPOINT_PATH) == wrong


def test_tiles_that_somebody_changed_are_noticed_before_they_are_vouched_for(
    tmp_path: Path,
) -> None:
    with press_in(tmp_path) as press:
        press.grow(300)
        press.publisher().publish()
        before = press.store.get(CHECKPOINT_PATH)
        (tmp_path / "tiles/tile/1/000.p/1").write_bytes(bytes(32))
        press.grow(1)
        assert fails(press.publisher()) == "tiles.changed"
        (tmp_path / "tiles/tile/1/000.p/1").unlink()
        assert fails(press.publisher()) == "tile.missing"
        assert press.store.get(CHECKPOINT_PATH) == before
        press.publisher().publish(again=True)
        assert press.published == press.ledger.size


def test_a_store_that_lost_everything_is_filled_again_on_demand(tmp_path: Path) -> None:
    with press_in(tmp_path) as press:
        publisher = press.publisher()
        press.grow(300)
        publisher.publish()
        shutil.rmtree(tmp_path / "tiles")
        size = press.grow()
        assert fails(publisher) == "tile.missing"
        publisher.publish(again=True)
        assert press.published == size


# -- one of many -----------------------------------------------------------------------------------
def test_one_process_publishes_and_another_takes_over(tmp_path: Path) -> None:
    with press_in(tmp_path) as press:
        one = press.publisher()
        two = press.publisher()
        for each in (one, two):
            each._leader = FileLeader(tmp_path / "lock")
        assert one.publish()
        press.grow()
        assert not two.publish()
        assert (one.standing.leads, two.standing.leads) == (True, False)
        one.close()
        size = press.grow()
        assert two.publish()
        assert press.published == size
        assert not one.publish()
        two.close()


def test_two_that_both_think_they_lead_cannot_undo_each_other(press: Press) -> None:
    one, two = press.publisher(), press.publisher()
    seen = None
    for n in range(12):
        press.grow(40)
        for publisher in (one, two) if n % 2 else (two, one):
            fails(publisher)
            found = press.read()
            assert found is not None
            assert found.extends(seen)
            seen = found
    assert press.published == press.ledger.size


def test_a_leader_that_was_deposed_meanwhile_replaces_nothing(press: Press) -> None:
    answers = iter((True, False))

    class Deposed:
        def leads(self) -> bool:
            return next(answers)

        def close(self) -> None:
            """Nothing to give back."""

    press.leader = Deposed()
    assert not press.publisher().publish()
    assert press.store.get(CHECKPOINT_PATH) is None


def test_as_a_thread_it_publishes_by_itself_and_at_the_end(press: Press) -> None:
    publisher = press.publisher()
    publisher.start()
    while publisher.standing.size < press.ledger.size:
        pass
    size = press.grow(3)
    publisher.close()
    assert press.published == size


def test_an_empty_store_is_no_beginning_where_something_was_published(tmp_path: Path) -> None:
    with press_in(tmp_path / "ledger") as press:
        press.publisher().publish()
        empty = TileFolder(tmp_path / "not-mounted")
        with pytest.raises(LedgerError, match=r"tiles\.emptied"):
            press.publisher(store=empty).publish()
        database = Database(press.ledger.database.url)
        other = Ledger(database, press.world.signer, press.world.clock, tiles=empty)
        press.world.diary(press.farm, press.plot)
        wires = [each.wire for each in press.world.take()]
        with pytest.raises(LedgerError, match=r"tiles\.emptied"):
            other.append(wires)
        assert other.size == press.published
        # The published log is really lost, and its operator says so.
        press.publisher(store=empty).publish(again=True)
        assert codes(other.append(wires)) == [None]
        press.publisher(store=empty).publish()
        other.close()
        assert read_size(empty, press) == press.ledger.size


def read_size(store: TileFolder, press: Press) -> int:
    """The size that readers of a store see."""
    found = read_published_log(store.get, press.world.signer.key, ())
    return 0 if found is None else found.size
