"""A process that appends and publishes until it is killed.

    python -m tests.fault.publisher_process FOLDER ROUND

It prints ``ready`` before it begins.
"""

import sys
from pathlib import Path

from tests.kit import World
from tests.ledgers import open_ledger
from tests.publishing import Press
from traceability.storage.leader import leader_of
from traceability.storage.tile_folder import TileFolder


def main(folder: Path, number: int) -> None:
    """Grows the log by small and large steps, and publishes after each."""
    world = World(step=0)
    ledger = open_ledger(folder, world)
    press = Press(ledger, world, TileFolder(folder / "tiles"))
    press.leader = leader_of(ledger.database, ledger.log)
    world.random.seed(number)
    publisher = press.publisher()
    print("ready", flush=True)
    for _ in range(1_000):
        press.grow(world.random.choice((1, 7, 60, 300)))
        publisher.publish()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
