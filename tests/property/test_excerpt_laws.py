"""Whatever a ledger took by the rules, the bundle of any of its goods holds, however little it has
of the rest; and without what it names it does not."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundles import Exporter, failing, without
from tests.kit import HOUR, Claims, Out, Party, Signed, World
from tests.memory import MemoryLedger
from traceability.core.bundle import Entry
from traceability.core.errors import RuleError
from traceability.core.facts import GONE
from traceability.core.quantity import Quantity
from traceability.core.verify import verify


@dataclass
class Fair:
    """Parties who do what comes to their minds; what the rules refuse did not happen."""

    seed: int
    held: dict[str, list[Out]] = field(default_factory=dict)  # party id -> outputs, spent or not
    signed: list[tuple[Party, Signed]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.world = world = World(self.seed)
        self.ledger = MemoryLedger(world)
        self.farms = [world.party("farm") for _ in range(2)]
        self.others = [world.party(role) for role in ("cooperative", "supermarket", "certifier")]
        self.product = world.product(self.others[0])
        self.plots = {farm.id: world.place(farm) for farm in self.farms}
        self.ledger.append_all()

    @property
    def parties(self) -> list[Party]:
        return [*self.farms, *self.others[:2]]

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.world.later(HOUR // 2)
            act = self.chance.choice(
                [self.harvest, self.harvest, self.ship, self.ship, self.ship, self.process,
                 self.process, self.count, self.top_up, self.correct, self.void, self.inspect,
                 self.acquire, self.consume]
            )  # fmt: skip
            act()

    def take(self, party: Party, signed: Signed) -> bool:
        """Whether the ledger took it."""
        self.world.take()
        try:
            self.ledger.append(signed)
        except RuleError:
            return False
        self.signed.append((party, signed))
        for n, make in enumerate(signed.claims.get("makes", ())):
            if signed.claims["type"] != "ship":
                self.held.setdefault(make["holder"], []).append(signed.outs[n])
        return True

    def left(self, out: Out) -> Quantity | None:
        """What the ledger knows to be left of it."""
        entry = self.ledger.state.record(out.record)
        holding = self.ledger.state.holding((entry.index, out.n)) if entry else None
        if holding is None or not holding.left:
            return None
        return Quantity.of(holding.left, "KGM")

    def some(self, party: Party, whole: bool = False) -> tuple[Out, str] | None:
        """So much of something that a party holds."""
        rest = [(out, left) for out in self.held.get(party.id, ()) if (left := self.left(out))]
        if not rest:
            return None
        out, left = self.chance.choice(rest)
        share = 1 if whole else self.chance.choice([1, 1, 2, 3])
        return out, Quantity.of(max(left.base // share, 1), "KGM").text

    def harvest(self) -> None:
        farm = self.chance.choice(self.farms)
        line = (self.product, self.world.lot(), f"{self.chance.randrange(1, 90)} KGM")
        self.take(farm, self.world.harvest(farm, self.plots[farm.id], [line]))

    def ship(self) -> None:
        party, to = self.chance.sample(self.parties, 2)
        drawn = self.some(party)
        if drawn is None:
            return
        sent = self.world.ship(party, [drawn], to=to)
        if self.take(party, sent) and self.chance.random() < 0.8:
            received = self.world.receive(to, sent)
            self.take(to, received)

    def process(self) -> None:
        party = self.chance.choice(self.parties)
        drawn = [each for each in (self.some(party), self.some(party)) if each is not None]
        if drawn:
            base = sum(Quantity.parse(quantity).base for _, quantity in drawn)
            line = (self.product, self.world.lot(), Quantity.of(base, "KGM").text)
            self.take(party, self.world.transform(party, drawn, [line]))

    def count(self) -> None:
        party = self.chance.choice(self.parties)
        drawn = self.some(party, whole=True)
        if drawn is not None:
            out, quantity = drawn
            self.take(party, self.world.count(party, [drawn], [(out.product, out.lot, quantity)]))

    def top_up(self) -> None:
        party = self.chance.choice(self.parties)
        remainder, intake = self.some(party, whole=True), self.some(party)
        if remainder is None or intake is None or remainder[0] == intake[0]:
            return
        base = Quantity.parse(remainder[1]).base + Quantity.parse(intake[1]).base
        line = (remainder[0].product, remainder[0].lot, Quantity.of(base, "KGM").text)
        draws = [remainder, intake]
        self.take(party, self.world.transform(party, draws, [line], kind="top-up"))

    def correct(self) -> None:
        """An output should have been less; what remains of it is made anew."""
        if not self.signed:
            return
        party, signed = self.chance.choice(self.signed)
        if not signed.outs:
            return
        out = signed.outs[0]
        root = self.ledger.state.holding((self.index(out.record), 0))
        if root is None or root.live is not None or root.made is None or root.left is None:
            return
        should = self.chance.randrange(1, root.made)
        drawn = root.made - root.left
        makes: list[Claims] = []
        if should > drawn:
            rest = Quantity.of(should - drawn, "KGM").text
            make = {"of": 0, "product": out.product, "lot": out.lot, "holder": party.id}
            makes = [make | {"quantity": rest}]
        draws = [(out, Quantity.of(root.left, "KGM").text)] if root.left else []
        outputs = [{"n": 0, "quantity": Quantity.of(should, "KGM").text}]
        data = {"outputs": outputs}
        self.take(party, self.world.correct(party, signed, draws, makes=makes, data=data))

    def void(self) -> None:
        if not self.signed:
            return
        party, signed = self.chance.choice(self.signed)
        draws = [out for out in signed.outs if self.left(out)]
        makes: list[Claims] = []
        for n, draw in enumerate(signed.claims.get("draws", ())):
            name, _, output = draw["from"].rpartition(".")
            source = self.ledger.state.holding((self.index(name), int(output)))
            assert source is not None
            make = {"of": n, "product": source.product, "lot": source.lot}
            makes.append(make | {"holder": source.holder, "quantity": draw["quantity"]})
        self.take(party, self.world.correct(party, signed, draws, makes=makes, data={"void": True}))

    def inspect(self) -> None:
        lots = [out.lot for outs in self.held.values() for out in outs]
        if lots:
            about = {"product": self.product, "lot": self.chance.choice(lots)}
            result = self.chance.choice(["pass", "fail"])
            self.take(self.others[2], self.world.inspect(self.others[2], about, result))

    def acquire(self) -> None:
        party = self.chance.choice(self.parties)
        self.take(party, self.world.acquire(party, [(self.product, self.world.lot(), "7 KGM")]))

    def consume(self) -> None:
        party = self.chance.choice(self.parties)
        drawn = self.some(party)
        if drawn is not None:
            self.take(party, self.world.consume(party, [drawn]))

    def index(self, name: str) -> int:
        entry = self.ledger.state.record(name)
        assert entry is not None
        return entry.index


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_the_bundle_of_any_goods_holds(seed: int) -> None:
    fair = Fair(seed)
    fair.run(60)
    exporter, log = Exporter(fair.ledger), fair.world.signer.key
    for _, signed in fair.signed:
        for out in signed.outs:
            report = verify(exporter.bundle(out), log, threads=1)
            assert failing(report) == {}, (signed.claims["type"], failing(report))
            voided = fair.ledger.state.holding((fair.index(out.record), out.n))
            assert voided is not None
            if report.verdicts["recalls"].code == "recalls.voided":
                assert voided.live == GONE


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_without_any_of_its_ancestors_or_corrections_no_bundle_holds(seed: int) -> None:
    fair = Fair(seed)
    fair.run(40)
    exporter, log = Exporter(fair.ledger), fair.world.signer.key
    outs = [out for _, signed in fair.signed for out in signed.outs]
    for out in outs[-6:]:
        bundle = exporter.bundle(out)
        for entry in bundle.entries:
            kind = exporter.records[entry.index].body.type
            holds = verify(without(bundle, entry.index), log, threads=1).holds
            if kind in ("transform", "ship", "receive", "correct", "party", "key", "place"):
                # A harvest or acquisition may be there for its plot or its closing alone.
                assert not holds or not named(exporter, bundle.entries, entry.index), kind


def named(exporter: Exporter, entries: Iterable[Entry], index: int) -> bool:
    """Whether another record of the bundle names this one, or it is public."""
    record = exporter.records[index]
    names = record.name.encode()
    return record.leaf_class == 1 or any(
        names in exporter.records[entry.index].payload for entry in entries
    )
