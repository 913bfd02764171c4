"""What the benchmarks append: goods on their way from farms to shops.

Each *flow* is three signed records, harvest → ship → receive, with five hidden fields each. Flows
do not depend on each other, so that clients may send theirs in any order. Everything is made anew
the same from one seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.kit import Party, Signed, World

LOG = "goc.example/bench"
SEED = 1
PLOTS_OF_A_FARM = 20


@dataclass
class Workload:
    """A registry of farms, plots, shops and products, and flows over it."""

    world: World
    farms: list[tuple[Party, list[str]]]
    shops: list[Party]
    products: list[str]
    registry: list[Signed]
    counted: int = 0

    def flows(self, count: int) -> list[Sequence[Signed]]:
        """So many further flows, of all farms and plots in turn."""
        start, self.counted = self.counted, self.counted + count
        return [self.flow(n) for n in range(start, start + count)]

    def flow(self, n: int) -> Sequence[Signed]:
        """A further flow, from the ``n``-th farm to the ``n``-th shop, counted in circles, and from
        each of the farm's plots in turn."""
        world = self.world
        farm, plots = self.farms[n % len(self.farms)]
        shop = self.shops[n % len(self.shops)]
        product = self.products[n % len(self.products)]
        plot = plots[n // len(self.farms) % len(plots)]
        harvest = world.harvest(
            farm,
            plot,
            [(product, world.lot(), "250.5 KGM", "300 H87")],
            by="Nguyễn Văn An",
            note="Hái buổi sáng",
            refs=[{"type": "other", "number": f"{n:08}"}],
            also=["number"],
        )
        shipment = world.ship(
            farm,
            [(harvest[0], "200 KGM")],
            to=shop,
            by="Nguyễn Văn An",
            data={"vehicle": "95C-012.34", "driver": "Trần Văn Bình", "seal": f"{n:08}"},
        )
        receipt = world.receive(shop, shipment, by="Lê Thị Cúc", note="Đủ, tươi")
        return harvest, shipment, receipt

    @property
    def parties(self) -> list[Party]:
        """All who sign."""
        return [farm for farm, _ in self.farms] + self.shops


def workload(farms: int, plots: int = PLOTS_OF_A_FARM, seed: int = SEED) -> Workload:
    """A world with so many farms of so many plots, a shop for every ten, and twenty products."""
    world = World(seed, LOG, step=0)
    owner = world.party("cooperative")
    products = [world.product(owner) for _ in range(20)]
    shops = [world.party("supermarket") for _ in range(max(farms // 10, 1))]
    growers = []
    for _ in range(farms):
        farm = world.party("farm")
        growers.append((farm, [world.place(farm) for _ in range(plots)]))
    return Workload(world, growers, shops, products, world.take())


def in_batches(flows: Sequence[Sequence[Signed]], size: int) -> list[list[bytes]]:
    """The records of flows in batches of about ``size``, no flow cut in two."""
    step = max(size // 3, 1)
    return [
        [each.wire for flow in flows[start : start + step] for each in flow]
        for start in range(0, len(flows), step)
    ]
