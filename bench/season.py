"""A season as a province has it: farms, collectors, packhouses, distributors, shops and kitchens.

What ``bench.workload`` sends does not hang together: harvest, ship, receive, and on to the next.
Here goods go on and on, so that there is something to trace: a collector takes in five to twenty
farms a lorry, a packhouse grades and merges them, packs five to fifty lots of each merge, presses
what is left, distributors split what they get, shops and kitchens sell and serve it. Some is
refused and comes back, some is corrected or made void, a silo of rice is topped up for months, and
one very large lot of rice is drawn on by everybody.

    season = Season(seed=1)
    for batch in season.batches(30_000):    # signed records, to be appended in this order
        …

The first batches are the *registry*: parties, places and products, and what is older than the
season (the silo and the large lot); ``season.registry`` says how many records that is. All is made
anew the same from one seed. A chain has 11 to 14 records from field to plate.
"""

from collections.abc import Iterator, Sequence

from bench.workload import LOG, Workload
from tests.kit import Out, Party, Signed, World
from traceability.core.quantity import Quantity

BATCH = 500
TOP_UPS = 200
HOUR = 3_600_000
#: Kilograms of the lot that everybody draws on.
LARGE = 900_000_000


class Season:
    """The parties of a province, and what they do with their goods."""

    def __init__(self, seed: int = 1, farms: int = 400, log: str = LOG) -> None:
        self.world = world = World(seed, log, step=0)
        self.random = world.random
        self.cooperative = world.party("cooperative")
        self.farms: list[tuple[Party, list[str]]] = []
        for _ in range(farms):
            farm = world.party("farm", memberOf=[self.cooperative.id])
            self.farms.append((farm, [world.place(farm, area="20 HAR") for _ in range(2)]))
        self.collectors = [world.party("trader") for _ in range(max(farms // 20, 1))]
        self.packhouses = [world.party("processor") for _ in range(max(farms // 50, 1))]
        self.distributors = [world.party("trader") for _ in range(max(farms // 25, 4))]
        roles = ("supermarket", "school-kitchen", "industrial-kitchen", "market")
        self.shops = [world.party(roles[n % 4]) for n in range(max(farms // 4, 8))]
        self.raw = [world.product(self.cooperative) for _ in range(5)]
        self.packed = [world.product(self.cooperative) for _ in range(10)]
        self.rice = world.product(self.cooperative, crop="rice")
        self.packed_rice = world.product(self.cooperative, crop="rice")
        self.juice = world.product(self.cooperative, massPerUnit="1 KGM")
        self.registry = 0
        self._old()

    @property
    def workload(self) -> Workload:
        """Flows over the same registry, to be appended after the season."""
        return Workload(self.world, self.farms, self.shops, self.raw, [])

    def go_on(self, seed: int) -> None:
        """What is signed from now on is nothing that was signed before, in whatever process: other
        nonces, other lots."""
        self.random.seed(seed)
        self.world._lots = 10**12 + 10**5 * seed
        self.world.take()

    def batches(self, records: int) -> Iterator[Sequence[Signed]]:
        """The registry, then the season until it has about so many records."""
        world = self.world
        registry = world.take()
        self.registry = len(registry)
        for start in range(0, self.registry, BATCH):
            yield registry[start : start + BATCH]
        count = self.registry
        while count < records:
            world.later(HOUR // 4)
            self._lorry(self.random.choice(self.packhouses))
            self._rice(self.random.choice(self.distributors))
            fresh = world.take()
            count += len(fresh)
            yield fresh

    # -- what is older than the season -----------------------------------------------------------
    def _old(self) -> None:
        """A silo that was topped up for months, and a lot that lasts for years."""
        world = self.world
        self.mill = world.party("cooperative")
        silo, lot = world.place(self.mill, "silo"), world.lot()
        field = world.place(self.mill, area="2000 HAR")
        large = world.harvest(self.mill, field, [(self.rice, world.lot(), f"{LARGE} KGM")])
        self.large = large[0]
        rest: list[Out] = []
        for _ in range(TOP_UPS):
            intake = world.harvest(self.mill, field, [(self.rice, world.lot(), "9000 KGM")])
            total = sum(_kilograms(each) for each in [*rest, intake[0]])
            line = (self.rice, lot, f"{total} KGM")
            filled = world.transform(
                self.mill, [*rest, intake[0]], [line], kind="top-up", place=silo
            )
            rest = [filled[0]]
        self.silo = rest[0]

    def _rice(self, buyer: Party) -> None:
        """Rice out of the large lot, and now and then some out of the silo."""
        world = self.world
        drawn = [(self.large, "50 KGM")]
        if self.random.random() < 0.2:
            drawn.append((self.silo, "40 KGM"))
        total = sum(_kilograms_of(quantity) for _, quantity in drawn)
        packed = world.transform(
            self.mill, drawn, [(self.packed_rice, world.lot(), f"{total} KGM")]
        )
        self._sell(self._send(self.mill, [packed[0]], buyer), buyer)

    # -- from farms to packhouses ------------------------------------------------------------------
    def _lorry(self, packhouse: Party) -> None:
        collector, raw = self.random.choice(self.collectors), self.random.choice(self.raw)
        taken: list[Out] = []
        for farm, plots in self.random.sample(self.farms, self.random.randint(5, 20)):
            taken += self._from_farm(farm, self.random.choice(plots), raw, collector)
        goods = self._send(collector, taken, packhouse)
        self._pack(packhouse, goods)

    def _from_farm(self, farm: Party, plot: str, raw: str, collector: Party) -> Sequence[Out]:
        world, chance = self.world, self.random.random()
        amount = self.random.randint(100, 900)
        harvest = world.harvest(
            farm, plot, [(raw, world.lot(), f"{amount} KGM", f"{amount} H87")], by="Nguyễn Văn An",
            note="Hái buổi sáng",
        )  # fmt: skip
        out = harvest[0]
        if chance < 0.04:  # weighed anew
            less = f"{amount - 7} KGM"
            make = {"product": raw, "lot": out.lot, "holder": farm.id, "quantity": less, "of": 0}
            out = world.correct(
                farm, harvest, [out], data={"outputs": [{"n": 0, "quantity": less}]}, makes=[make]
            )[0]
        return self._send(farm, [out], collector)

    def _send(self, party: Party, goods: Sequence[Out], to: Party) -> list[Out]:
        """Ships goods; what arrives of them and is accepted."""
        world, chance = self.world, self.random.random()
        shipment = world.ship(
            party, goods, to=to, by="Trần Văn Bình",
            data={"vehicle": "95C-012.34", "driver": "Trần Văn Bình"},
        )  # fmt: skip
        if chance < 0.03 and len(goods) == 1:  # the wrong lorry: undone, and sent again
            make = {"product": goods[0].product, "lot": goods[0].lot, "holder": party.id,
                    "quantity": shipment[0].quantity, "of": 0}  # fmt: skip
            undone = world.correct(
                party, shipment, [shipment[0]], data={"void": True}, makes=[make]
            )
            shipment = world.ship(party, [undone[0]], to=to, by="Trần Văn Bình")
        lost = [{"cause": "missing", "lot": shipment[0].lot, "quantity": "1 KGM"}]
        refused = {0: "3 KGM"} if 0.03 <= chance < 0.09 else None
        receipt = world.receive(
            to, shipment, refused, lost if 0.09 <= chance < 0.15 else (), by="Lê Thị Cúc",
            note="Đủ, tươi",
        )  # fmt: skip
        makes = receipt.claims["makes"]
        for out, make in zip(receipt.outs, makes, strict=True):
            if make["outcome"] == "refused":
                world.consume(party, [out], "wasted")
        return [
            out
            for out, make in zip(receipt.outs, makes, strict=True)
            if make["outcome"] == "accepted"
        ]

    # -- from packhouses to plates ---------------------------------------------------------------
    def _pack(self, packhouse: Party, goods: Sequence[Out]) -> None:
        world = self.world
        total = sum(map(_kilograms, goods))
        first, second = total * 7 // 10, total * 2 // 10
        raw, rest = goods[0].product, total - first - second
        graded = world.transform(
            packhouse,
            goods,
            [(raw, world.lot(), f"{first} KGM"), (raw, world.lot(), f"{second} KGM")],
            losses=[{"cause": "reject", "quantity": f"{rest} KGM"}],
        )
        count = self.random.randint(5, 50)
        each = first // count
        product = self.random.choice(self.packed)
        packs = world.transform(
            packhouse,
            [(graded[0], f"{each * count} KGM")],
            [(product, world.lot(), f"{each} KGM") for _ in range(count)],
        )
        if self.random.random() < 0.3:  # packed anew: one lot of two, under a code of its own
            line = (product, world.lot(), f"{2 * each} KGM")
            again = world.transform(packhouse, [packs[0], packs[1]], [line])
            self._distribute(packhouse, [again[0], *packs.outs[2:]])
        else:
            self._distribute(packhouse, packs.outs)
        if self.random.random() < 0.5:
            half = f"{second // 2} KGM"
            losses = [{"cause": "trim", "quantity": f"{second - second // 2} KGM"}]
            line = (self.juice, world.lot(), half)
            pressed = world.transform(packhouse, [graded[1]], [line], kind="process", losses=losses)
            self._distribute(packhouse, pressed.outs)

    def _distribute(self, packhouse: Party, packs: Sequence[Out]) -> None:
        load = self.random.randint(3, 12)
        for start in range(0, len(packs), load):
            distributor = self.random.choice(self.distributors)
            self._sell(self._send(packhouse, packs[start : start + load], distributor), distributor)

    def _sell(self, goods: Sequence[Out], distributor: Party) -> None:
        """Each lot goes to one to three shops, a shop gets several lots on one lorry."""
        loads: dict[int, list[tuple[Out, str]]] = {}
        for out in goods:
            shops = self.random.sample(range(len(self.shops)), self.random.randint(1, 3))
            part = max(_kilograms(out) // (len(shops) + 1), 5)
            for n in shops if part * len(shops) <= _kilograms(out) else shops[:1]:
                loads.setdefault(n % 40, []).append((out, f"{part} KGM"))
        for n, load in loads.items():
            self._to_shop(distributor, load, self.shops[n])

    def _to_shop(self, distributor: Party, load: list[tuple[Out, str]], shop: Party) -> None:
        world = self.world
        once = {out.name: (out, quantity) for out, quantity in load}
        shipment = world.ship(distributor, list(once.values()), to=shop, by="Trần Văn Bình")
        receipt = world.receive(shop, shipment, by="Lê Thị Cúc", note="Đủ, tươi")
        for out in receipt.outs:
            if self.random.random() < 0.5:
                kind = "served" if "kitchen" in shop.roles[0] else "sold"
                world.consume(shop, [(out, f"{max(_kilograms(out) // 2, 1)} KGM")], kind)


def _kilograms(out: Out) -> int:
    return _kilograms_of(out.quantity)


def _kilograms_of(quantity: str) -> int:
    return Quantity.parse(quantity).base // 1_000_000
