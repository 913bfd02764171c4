"""A random story: people do what people do, right and wrong.

    story = Story(World(seed))
    for _ in range(100):
        story.step()

Each step signs one record, or a few, in ``story.world``. Most are what the rulebook accepts; some
are overdrafts, draws on others' goods, late papers, corrections of what was drawn. The storyteller
judges them in a memory of its own, so that people go on with what they really have; ``story.told``
says what it found. Any other ledger that runs the same rules must find the same.
"""

from collections.abc import Callable, Sequence
from typing import Any

from tests.kit import DAY, Claims, Drawn, Out, Party, Signed, World
from tests.memory import MemoryLedger
from traceability.core.errors import GocError
from traceability.core.quantity import Quantity


class Story:
    """Parties, and what they have, as the storyteller remembers it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = world.random
        self.cooperative = world.party("cooperative")
        self.farms = [world.party("farm", memberOf=[self.cooperative.id]) for _ in range(3)]
        self.buyers = [world.party(role) for role in ("supermarket", "school-kitchen")]
        self.processor = world.party("processor")
        self.laboratory = world.party("laboratory")
        self.certifier = world.party("certifier")
        self.plots = [(farm, world.place(farm, area="0.5 HAR")) for farm in self.farms]
        self.raw = world.product(self.cooperative, crop="pineapple")
        self.juice = world.product(self.processor, makers="owner", massPerUnit="1 KGM")
        for farm in self.farms[:2]:
            world.consent(farm, self.cooperative, "harvest", "diary")
        self.held: list[tuple[Party, Out]] = []
        self.sent: list[tuple[Party, Party, Signed]] = []
        self.done: list[tuple[Party, Signed]] = []
        self.labels: list[tuple[Party, Signed]] = []
        self.units: list[
            tuple[Party, Drawn, Signed]
        ] = []  #: crates and pallets, and what is in one
        self.promised: list[str] = []  #: lot codes that are labelled ahead
        self.ledger = MemoryLedger(world)
        self.told: list[str | None] = []  #: per record: None, or the code of its refusal
        self.listen()
        self.acts: Sequence[Callable[[], None]] = (
            self.harvest, self.harvest, self.harvest, self.ship, self.ship, self.ship,
            self.receive, self.receive, self.receive, self.pack, self.press, self.consume,
            self.count, self.spray, self.inspect, self.certify, self.correct, self.void,
            self.acquire, self.rotate, self.dispute, self.restate, self.trespass, self.state_anew,
            self.label, self.label, self.label_ahead, self.label_ahead, self.void_labels,
            self.crate, self.crate, self.crate, self.stack, self.open,
        )  # fmt: skip

    def step(self) -> None:
        """Something happens."""
        self.world.later(self.random.randrange(3) * 3_600_000)
        self.random.choice(self.acts)()
        self.listen()

    def listen(self) -> bool:
        """Judges what was signed meanwhile; whether the last of it was accepted."""
        for signed in self.world.take():
            try:
                self.ledger.append(signed)
                self.told.append(None)
            except GocError as error:
                self.told.append(error.code)
        return bool(self.told) and self.told[-1] is None

    def _quantity(self, out: Out) -> str:
        """All of it, half of it, or a little too much."""
        base = Quantity.parse(out.quantity).base
        return Quantity.of(base * self.random.choice((10, 10, 5, 5, 11)) // 10, "KGM").text

    def _pick(self) -> tuple[Party, Drawn] | None:
        if not self.held:
            return None
        party, out = self.random.choice(self.held[-12:])
        return party, (out, self._quantity(out))

    def _keep(self, party: Party, signed: Signed) -> None:
        if self.listen():
            self.held.extend((party, out) for out in signed.outs)
            self.done.append((party, signed))

    # -- goods ---------------------------------------------------------------------------------
    def harvest(self) -> None:
        """A farm harvests, or the cooperative for it."""
        farm, plot = self.random.choice(self.plots)
        lines = [
            (self.raw, self.world.lot(), f"{self.random.randrange(1, 900)}.5 KGM")
            for _ in range(self.random.randrange(1, 3))
        ]
        claims: dict[str, Any] = {}
        if self.random.random() < 0.3:
            makes = [{"product": p, "lot": lot, "quantity": q, "holder": farm.id, "place": plot,
                      "claims": ["vietgap"]} for p, lot, q in lines]  # fmt: skip
            claims["makes"] = makes
        if self.random.random() < 0.3:
            claims["for_"] = farm.id
            self._keep(farm, self.world.harvest(self.cooperative, plot, lines, **claims))
        else:
            self._keep(farm, self.world.harvest(farm, plot, lines, **claims))

    def ship(self) -> None:
        """Goods leave for a buyer."""
        picked = self._pick()
        if picked:
            party, drawn = picked
            to = self.random.choice([*self.buyers, self.processor, self.cooperative])
            data: Claims = {}
            if self.units and self.random.random() < 0.5:
                party, drawn, unit = self.random.choice(self.units[-4:])
                data = {"units": [unit.name]}
            signed = self.world.ship(party, [drawn], to=to, data=data)
            if self.listen():
                self.sent.append((party, to, signed))
                self.done.append((party, signed))

    def receive(self) -> None:
        """A shipment is taken over, perhaps in part."""
        if self.sent:
            shipper, party, shipment = self.random.choice(self.sent[-4:])
            refused = {0: "0.5 KGM"} if self.random.random() < 0.3 else None
            losses = [{"cause": "missing", "quantity": "0.25 KGM"}]
            outcomes = ("accepted", "accepted", "refused", "missing")
            units = [
                {"unit": name, "outcome": self.random.choice(outcomes)}
                for name in shipment.claims["data"].get("units", ())
                if self.random.random() < 0.8
            ]
            signed = self.world.receive(
                party, shipment, refused, losses if self.random.random() < 0.3 else (),
                shipper=shipper, data={"units": units} if units else {},
            )  # fmt: skip
            self._keep(party, signed)

    def pack(self) -> None:
        """Goods are graded and packed."""
        picked = self._pick()
        if picked:
            party, drawn = picked
            out, quantity = drawn[0], drawn[1]  # type: ignore[index]
            line = (out.product, out.lot, quantity)
            self._keep(party, self.world.transform(party, [drawn], [line]))

    def press(self) -> None:
        """The processor makes juice."""
        picked = self._pick()
        if picked:
            half = Quantity.of(Quantity.parse(picked[1][1]).base // 2, "KGM").text  # type: ignore[index]
            losses = [{"cause": "trim", "quantity": half}]
            lines = [(self.juice, self.world.lot(), half)]
            signed = self.world.transform(
                self.processor, [picked[1]], lines, kind="process", losses=losses
            )
            self._keep(self.processor, signed)

    def consume(self) -> None:
        """Goods are sold to people."""
        picked = self._pick()
        if picked:
            self.world.consume(picked[0], [picked[1]])

    def count(self) -> None:
        """A stocktake finds a little less."""
        if self.held:
            party, out = self.random.choice(self.held[-12:])
            base = Quantity.parse(out.quantity).base
            found = Quantity.of(max(base - 1000, 1), "KGM").text
            self._keep(
                party,
                self.world.count(
                    party, [out], [(out.product, out.lot, found)],
                    losses=[{"cause": "shrinkage", "quantity": "0.001 KGM"}],
                ),
            )  # fmt: skip

    def acquire(self) -> None:
        """Goods from nowhere, or with the lot code of somebody else."""
        party = self.random.choice([*self.buyers, self.processor])
        known = [out.lot for _, out in self.held[-5:]]
        code = self.random.choice([*known, self.world.lot()])
        self._keep(party, self.world.acquire(party, [(self.raw, code, "12 KGM")]))

    def trespass(self) -> None:
        """Somebody sells what is not theirs."""
        picked = self._pick()
        if picked:
            self.world.consume(self.random.choice(self.buyers), [picked[1]])

    # -- papers --------------------------------------------------------------------------------
    def spray(self) -> None:
        """A plot is sprayed; the entry may come late."""
        farm, plot = self.random.choice(self.plots)
        before = self.random.randrange(3) * DAY
        at = {"at": self.world.time(self.world.now - before)}
        signed = self.world.diary(
            farm, plot, "pesticide", claims=at, input=f"Thuốc {self.random.randrange(4)}",
            dose="10 ml", phi=self.random.randrange(7),
        )  # fmt: skip
        if self.listen():
            self.done.append((farm, signed))

    def inspect(self) -> None:
        """The laboratory looks at a lot."""
        if self.held:
            _, out = self.random.choice(self.held)
            result = self.random.choice(("pass", "fail"))
            about = {"product": out.product, "lot": out.lot}
            signed = self.world.inspect(self.laboratory, about, result)
            if self.listen():
                self.done.append((self.laboratory, signed))

    def certify(self) -> None:
        """A certificate comes, of the farm or of the cooperative."""
        holder = self.random.choice([*self.farms, self.cooperative])
        by = self.random.choice([self.certifier, holder])
        self.world.certificate(by, holder)

    def rotate(self) -> None:
        """A farm takes a new key, and perhaps loses the old."""
        farm = self.random.choice(self.farms)
        old = farm.kid
        self.world.register(self.random.choice([farm, self.world.operator]), party=farm)
        if self.random.random() < 0.5:
            self.world.revoke(self.world.operator, old, trusted=self.random.randrange(40))

    def state_anew(self) -> None:
        """A party is stated anew."""
        party = self.random.choice(self.farms)
        members = [] if self.random.random() < 0.2 else [self.cooperative.id]
        self.world.state_party(party, memberOf=members)

    # -- labels --------------------------------------------------------------------------------
    def label(self) -> None:
        """Somebody labels what it has, as much as there was or a little too much."""
        picked = self._pick()
        if picked:
            out, quantity = picked[1][0], picked[1][1]  # type: ignore[index]
            self._keep_labels(picked[0], out.product, out.lot, quantity)

    def label_ahead(self) -> None:
        """Labels come before packing; the lot may be somebody's by now."""
        picked = self._pick()
        if picked:
            party, (out, quantity) = picked[0], picked[1]  # type: ignore[misc]
            lot = self.random.choice([*self.promised[-3:], self.world.lot()])
            self._keep_labels(party, out.product, lot, quantity, ahead=[picked[1]])
            self.promised.append(lot)
            if self.random.random() < 0.6:
                line = (out.product, lot, quantity)
                packer = self.random.choice([party, party, self.processor])
                self._keep(packer, self.world.transform(packer, [picked[1]], [line]))

    def _keep_labels(self, party: Party, product: str, lot: str, quantity: str, **how: Any) -> None:
        net = Quantity.of(max(Quantity.parse(quantity).base // 10, 1), "KGM").text
        count = self.random.choice((1, 5, 10, 11))
        signed = self.world.label(party, product, lot, count, net, **how)
        if self.listen():
            self.labels.append((party, signed))

    def void_labels(self) -> None:
        """Some labels are torn up."""
        if self.labels:
            party, signed = self.random.choice(self.labels)
            spans = self.random.choice(((), ((0, 0),), ((0, 2), (4, 4))))
            self.world.void_labels(party, signed, *spans)

    # -- units ---------------------------------------------------------------------------------
    def crate(self) -> None:
        """Goods are packed in a crate that was used before, or not."""
        picked = self._pick()
        if picked:
            party, (out, quantity) = picked[0], picked[1]  # type: ignore[misc]
            part = Quantity.of(Quantity.parse(quantity).base // 2, "KGM").text
            number = str(self.random.randrange(30))
            signed = self.world.pack(party, number, [(out, part)])
            if self.listen():
                self.units.append((party, (out, part), signed))

    def stack(self) -> None:
        """A crate is put on a pallet, perhaps with goods beside it."""
        if self.units:
            party, drawn, unit = self.random.choice(self.units[-4:])
            beside = [drawn] if self.random.random() < 0.3 else []
            signed = self.world.pack(party, self.world.lot(), beside, [unit], kind="pallet")
            if self.listen():
                self.units.append((party, drawn, signed))

    def open(self) -> None:
        """Somebody opens a unit, or two of which one stands in the other."""
        if self.units:
            party, _, unit = self.random.choice(self.units[-6:])
            others = [each for _, _, each in self.units[-2:] if each is not unit]
            self.world.unpack(party, unit, *others[: self.random.randrange(2)])

    # -- errors --------------------------------------------------------------------------------
    def correct(self) -> None:
        """An output is set right, downwards or upwards."""
        if not self.held:
            return
        party, out = self.random.choice(self.held[-6:])
        found = [signed for _, signed in self.done if signed.name == out.record]
        if found:
            base = Quantity.parse(out.quantity).base
            better = Quantity.of(base * self.random.choice((9, 10, 12)) // 10, "KGM").text
            make = {"of": out.n, "product": out.product, "lot": out.lot, "holder": party.id}
            signed = self.world.correct(
                party, found[0], [out], makes=[make | {"quantity": better}],
                data={"outputs": [{"n": out.n, "quantity": better}]},
            )  # fmt: skip
            self._keep(party, signed)

    def void(self) -> None:
        """A record should never have been."""
        if self.done:
            party, signed = self.random.choice(self.done[-6:])
            makes = [
                {"of": n, "product": self.raw, "lot": lot, "quantity": draw["quantity"]}
                for n, draw in enumerate(signed.claims.get("draws", ()))
                for lot in [next((o.lot for _, o in self.held if o.name == draw["from"]), "?")]
            ]
            draws: list[Drawn] = list(signed.outs)
            self.world.correct(party, signed, draws, makes=makes or None, data={"void": True})

    def restate(self) -> None:
        """A diary entry or an inspection is stated anew."""
        found = [each for each in self.done if each[1].claims["type"] in ("diary", "inspect")]
        if found:
            party, signed = self.random.choice(found)
            restated = (
                {"diary": {"activity": "pesticide", "phi": self.random.randrange(9)}}
                if signed.claims["type"] == "diary"
                else {"inspect": {"kind": "laboratory", "result": "pass"}}
            )
            self.world.correct(party, signed, data={"restated": restated})

    def dispute(self) -> None:
        """A party that a record names denies it."""
        if self.sent:
            _, party, shipment = self.random.choice(self.sent)
            self.world.dispute(party, shipment)
