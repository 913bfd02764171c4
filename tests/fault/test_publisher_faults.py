"""Whatever happens to a publisher, readers find a log that is whole and only ever grows."""

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.kit import World
from tests.log_reader import PublishedLog, read_published_log
from tests.publishing import Press, fails, press_in
from traceability.core.errors import GocError, LedgerError
from traceability.storage.tile_folder import TileFolder
from traceability.storage.tile_objects import TileObjects
from traceability.storage.tile_store import TileStore

ROUNDS = 8


@pytest.mark.slow
def test_killed_at_random_moments_it_leaves_a_log_that_readers_can_use(tmp_path: Path) -> None:
    chance = random.Random(7)
    store = TileFolder(tmp_path / "tiles")
    seen: PublishedLog | None = None
    sizes = set()
    for number in range(1, ROUNDS + 1):
        command = [sys.executable, "-m", "tests.fault.publisher_process", str(tmp_path)]
        process = subprocess.Popen(
            [*command, str(number)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05 + chance.random() * 0.4)
            process.kill()
        assert process.returncode == -9
        found = read_published_log(store.get, World().signer.key)
        assert found is None or found.extends(seen)
        seen = found or seen
        sizes.add(seen.size if seen else 0)
    assert len(sizes) > ROUNDS / 2
    assert seen is not None

    world = World(step=0)
    with press_in(tmp_path, store, world) as press:
        assert press.publisher().publish() in (True, False)
        found = press.read()
        assert found is not None
        assert found.extends(seen)
        assert found.size == press.ledger.size
        assert list((tmp_path / "tiles" / ".new").iterdir()) == []


class Faulty:
    """A store that fails the ``left``-th time at a point: before it does what it is asked, or after
    it did."""

    def __init__(self, store: TileStore) -> None:
        self._store = store
        self.point, self.left, self.tripped = "", 0, 0
        self._lock = threading.Lock()

    def set(self, point: str, n: int) -> None:
        self.point, self.left, self.tripped = point, n, 0

    @contextmanager
    def around(self, call: str) -> Iterator[None]:
        self._at(f"before {call}")
        yield
        self._at(f"after {call}")

    def _at(self, point: str) -> None:
        with self._lock:
            if point != self.point or not self.left:
                return
            self.left -= 1
            if self.left:
                return
            self.tripped += 1
        raise LedgerError("tiles.unreachable", reason="the test says so")

    def get(self, path: str) -> bytes | None:
        with self.around("get"):
            return self._store.get(path)

    def put(self, path: str, data: bytes) -> None:
        with self.around("put"):
            self._store.put(path, data)

    def replace(self, before: bytes | None, data: bytes) -> None:
        with self.around("replace"):
            self._store.replace(before, data)

    def remove(self, path: str) -> None:
        with self.around("remove"):
            self._store.remove(path)

    def sweep(self) -> None:
        with self.around("sweep"):
            self._store.sweep()


@pytest.fixture(params=["folder", "objects"])
def press(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Press]:
    """A press over each kind of store."""
    store: TileStore = TileFolder(tmp_path / "tiles")
    if request.param == "objects":
        store = TileObjects("memory:///")
    with press_in(tmp_path, store) as found:
        yield found


CALLS = ("get", "put", "replace", "remove", "sweep")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_store_may_fail_at_every_single_call(press: Press, when: str, call: str) -> None:
    faulty = Faulty(press.store)
    seen: PublishedLog | None = None
    publisher = press.publisher(store=faulty)
    trips = 0
    for n in range(1, 100):
        if call == "sweep" or (call != "remove" and n % 2):  # one that begins, or one that goes on
            publisher = press.publisher(store=faulty)
        press.grow(90)
        press.now += 3_600_000
        faulty.set(f"{when} {call}", trips + 1)  # the next one than last time
        failed = fails(publisher)
        assert failed == ("tiles.unreachable" if faulty.tripped else "")
        trips += faulty.tripped
        found = press.read()
        assert found is not None or seen is None
        assert found is None or found.extends(seen)
        seen = found
        faulty.point = ""
        fails(publisher)  # what failed after it was done may have nothing left to do
        seen = press.read()
        assert seen is not None
        assert seen.size == press.ledger.size
        if trips and (not faulty.tripped or call == "remove"):
            break
    assert trips >= (3 if call in ("get", "put") else 1)


def test_publishers_that_fight_show_readers_one_log_that_grows(press: Press) -> None:
    publishers = [press.publisher() for _ in range(3)]
    done = threading.Event()

    def fight(n: int) -> None:
        while not done.is_set():
            with suppress(GocError):
                publishers[n].publish()

    threads = [threading.Thread(target=fight, args=(n,)) for n in range(len(publishers))]
    for thread in threads:
        thread.start()
    seen: PublishedLog | None = None
    try:
        for _ in range(30):
            press.grow(23)
            found = press.read()
            assert found is None or found.extends(seen)
            assert seen is None or found is not None
            seen = found
    finally:
        done.set()
        for thread in threads:
            thread.join(20)
    fails(publishers[0])
    assert press.published == press.ledger.size
    codes = {each.standing.error for each in publishers}
    assert codes <= {"", "tiles.raced", "ledger.rolled-back"}
