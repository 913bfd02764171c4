"""A ledger that is published: what tests of the publisher share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit import World
from tests.ledgers import codes, open_ledger, send
from tests.log_reader import PublishedLog, read_published_log
from traceability.audit.publisher import Publisher
from traceability.core.checkpoint import Checkpoint
from traceability.core.errors import GocError
from traceability.core.policy import Policy
from traceability.ledger.ledger import Ledger
from traceability.storage.leader import Alone, Leader
from traceability.storage.log_source import LogSource
from traceability.storage.tile_folder import TileFolder
from traceability.storage.tile_store import TileStore


@dataclass
class Press:
    """A ledger, where it is published, and what publishes it."""

    ledger: Ledger
    world: World
    store: TileStore
    now: int = 1_780_000_000_000
    leader: Leader = field(default_factory=Alone)

    def __post_init__(self) -> None:
        self.farm = self.world.party("farm")
        self.plot = self.world.place(self.farm)
        self.source = LogSource(self.ledger.database)
        self.send()

    def send(self) -> None:
        """Append what the world has signed."""
        assert set(codes(send(self.ledger, self.world.take(), 500))) <= {None}

    def grow(self, count: int = 1) -> int:
        """Append so many records; the log's size then."""
        for _ in range(count):
            self.world.diary(self.farm, self.plot)
        self.send()
        return self.ledger.size

    def publisher(
        self,
        policy: Policy | None = None,
        store: TileStore | None = None,
        learn: Callable[[Checkpoint], None] = lambda _: None,
    ) -> Publisher:
        """A process's publisher."""
        return Publisher(
            self.source, store or self.store, self.world.signer.key, self.leader, policy,
            lambda: self.now, interval=0.01, learn=learn,
        )  # fmt: skip

    def read(self, policy: Policy | None = None) -> PublishedLog | None:
        """What a reader sees, all of it checked."""
        keys = policy.witness_keys if policy else ()
        return read_published_log(self.store.get, self.world.signer.key, keys)

    @property
    def published(self) -> int:
        """The size that readers see, after they checked everything."""
        found = self.read()
        return 0 if found is None else found.size


@contextmanager
def press_in(
    folder: Path, store: TileStore | None = None, world: World | None = None, url: str = ""
) -> Iterator[Press]:
    """A press whose ledger lies in a folder, and its tiles too unless a store (or the URL of a
    database) is given; with a world that it had before, if it is opened again."""
    folder.mkdir(exist_ok=True)
    world = world or World()
    with open_ledger(folder, world, url=url) as ledger:
        yield Press(ledger, world, store or TileFolder(folder / "tiles"))


def fails(publisher: Publisher) -> str:
    """The code of what keeps it from publishing; empty where nothing does."""
    with suppress(GocError):
        publisher.publish()
        return ""
    return publisher.standing.error
