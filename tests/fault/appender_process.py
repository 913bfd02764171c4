"""A process that appends until it is killed, and says what it was answered.

    python -m tests.fault.appender_process FOLDER ROUND

It prints ``ready`` once the registry is in, and then, for each receipt, the record's digest and the
proof file in base64. A line is written only when the whole answer has been given.
"""

import sys
import threading
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from tests.kit import World
from tests.ledgers import open_ledger
from traceability.ledger.outcome import Outcome, Receipt

CLIENTS = 4


def main(folder: Path, number: int) -> None:
    """Append flows from several threads, in batches of all sizes."""
    world = World(step=0)
    farms = [world.party("farm") for _ in range(CLIENTS)]
    shop = world.party("supermarket")
    plots = [world.place(farm) for farm in farms]
    product = world.product(farms[0])
    ledger = open_ledger(folder, world)
    speaking = threading.Lock()

    def tell(outcomes: Sequence[Outcome]) -> None:
        with speaking:
            for each in outcomes:
                assert isinstance(each, Receipt)
                print(each.name, b64encode(each.to_proof()).decode())
            sys.stdout.flush()

    tell(ledger.appender.submit([each.wire for each in world.take()]).result())
    world.random.seed(number)
    world._lots = number * 100_000
    flows = []
    for n in range(240):
        farm = farms[n % CLIENTS]
        crop = world.harvest(farm, plots[n % CLIENTS], [(product, world.lot(), "9 KGM")])
        shipment = world.ship(farm, [(crop[0], "5 KGM")], to=shop)
        flows.append([crop.wire, shipment.wire, world.receive(shop, shipment).wire])
    print("ready", flush=True)

    def client(mine: list[list[bytes]]) -> None:
        for n, flow in enumerate(mine):
            if n % 3:
                tell(ledger.appender.submit(flow).result())
            else:
                for wire in flow:
                    tell(ledger.appender.submit([wire]).result())

    threads = [threading.Thread(target=client, args=(flows[n::CLIENTS],)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
