"""A market day at random: parties do what parties do, right or wrong, on a real ledger.

    bustle = Bustle(ledger, world, seed=7)
    bustle.go(200)

Each step is one or a few records of one of the kinds that there are. What the rules refuse leaves
no trace, and the day goes on.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.kit import DAY, HOUR, Claims, Out, Party, Signed, World
from traceability.core.facts import Holding
from traceability.core.quantity import Quantity
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt

KG: Final = 10**6  #: milligrams


@dataclass
class Bustle:
    """``made`` are the records that were taken, in order; ``voided`` the types that are undone;
    ``without`` names doings that are left out."""

    ledger: Ledger
    world: World
    seed: int
    voided: tuple[str, ...] = ("harvest", "transform", "ship", "acquire", "receive")
    without: tuple[str, ...] = ()
    made: list[Signed] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        world = self.world
        self.coop = world.party("cooperative")
        self.farms = [world.party("farm", memberOf=[self.coop.id]) for _ in range(3)]
        self.trader = world.party("trader")
        self.houses = [world.party("processor") for _ in range(2)]
        self.shops = [world.party("supermarket"), world.party("school-kitchen")]
        self.auditors = [world.party("certifier"), world.party("laboratory")]
        self.fruit = world.product(self.coop, crop="pineapple")
        self.packed = world.product(self.coop, crop="pineapple")
        self.plots = {farm.id: [world.place(farm) for _ in range(2)] for farm in self.farms}
        self.parties = {
            each.id: each
            for each in (self.coop, *self.farms, self.trader, *self.houses, *self.shops,
                         *self.auditors, world.operator)
        }  # fmt: skip
        for farm in self.farms:
            for agent in (self.coop, self.trader):
                world.consent(farm, agent, "harvest", "diary")
        self.send()

    # -- going on --------------------------------------------------------------------------------
    def go(self, steps: int) -> None:
        """Does so many things."""
        for _ in range(steps):
            self.world.later(self.random.randrange(6) * HOUR)
            self.random.choice([do for do in self.doings() if do.__name__ not in self.without])()
            self.send()

    def send(self) -> None:
        """Sends what was signed; what is refused is gone."""
        taken = self.world.take()
        outcomes = self.ledger.append([each.wire for each in taken])
        for signed, outcome in zip(taken, outcomes, strict=True):
            if isinstance(outcome, Receipt):
                self.made.append(signed)
            else:
                self.refused.append(outcome.error.code)

    def doings(self) -> list[Callable[[], object]]:
        """All there is to do; what happens often stands there often."""
        return [
            *[self.harvest] * 3, self.harvest_for, self.acquire, *[self.ship] * 4,
            *[self.receive] * 5, *[self.pack] * 3, self.top_up, self.count, self.consume,
            self.diary, self.diary, self.inspect, self.certificate, self.correct, self.correct,
            self.void, self.restate, self.dispute, self.confirm, self.close, self.change_key,
            self.change_party,
        ]  # fmt: skip

    def any(self, found: list[Any]) -> Any:
        """One of them, or none."""
        return self.random.choice(found) if found else None

    def records(self, *types: str) -> list[Signed]:
        """What was made of these types."""
        return [each for each in self.made if each.claims["type"] in types]

    def open(self, party: Party | None = None, transit: bool = False) -> list[tuple[Out, Holding]]:
        """What is left of all that was made."""
        found: list[tuple[Out, Holding]] = []
        with self.ledger.reading() as now:
            for signed in self.made:
                entry = now.reader.record(signed.name) if signed.outs else None
                for out in signed.outs if entry else ():
                    held = now.reader.holding((entry.index, out.n))  # type: ignore[union-attr]
                    if (
                        held is not None
                        and held.left
                        and (held.ship is not None) == transit
                        and party in (None, self.parties[held.holder or ""])
                    ):
                        found.append((out, held))
        return found

    def some(self, held: Holding) -> str:
        """A part of what is left, or all of it."""
        left = held.left or 0
        part = left if self.random.random() < 0.4 else max(1, left * self.random.randrange(9) // 10)
        return Quantity.of(part, "KGM").text

    # -- doings ------------------------------------------------------------------------------------
    def harvest(self, signer: Party | None = None) -> None:
        farm = self.random.choice(self.farms)
        plot = self.random.choice(self.plots[farm.id])
        makes: list[Claims] = []
        for _ in range(self.random.randrange(1, 3)):
            mass = self.random.choice([100, 500, 40_000])
            make = {"product": self.fruit, "lot": self.world.lot(), "holder": farm.id,
                    "quantity": f"{mass} KGM"}  # fmt: skip
            if self.random.random() < 0.3:
                make["claims"] = ["vietgap"]  # type: ignore[assignment]
            makes.append(make)
        if signer is None:
            self.world.harvest(farm, plot, [], makes=makes)
        else:
            self.world.harvest(signer, plot, [], makes=makes, for_=farm.id)

    def harvest_for(self) -> None:
        self.harvest(self.random.choice([self.coop, self.trader]))

    def acquire(self) -> None:
        party = self.random.choice([*self.houses, *self.shops])
        known = self.any(self.open())
        if known is None or self.random.random() < 0.5:
            self.world.acquire(party, [(self.fruit, self.world.lot(), "50 KGM")])
            return
        out, held = known
        source = {"kind": "unrecorded", "party": held.holder}
        self.world.acquire(party, [(out.product, out.lot, self.some(held))], source)

    def close(self) -> None:
        waiting = [
            each for each in self.records("acquire")
            if each.claims["data"]["source"]["kind"] == "unrecorded"
        ]  # fmt: skip
        acquired = self.any(waiting)
        for out, held in self.open() if acquired else ():
            if (out.product, out.lot) == (acquired[0].product, acquired[0].lot) and (
                held.holder == acquired.claims["data"]["source"]["party"]
            ):
                draws = [{"from": out.name, "quantity": self.some(held)}]
                closes = {"closes": acquired.name}
                self.world.sign(self.parties[str(held.holder)], "ship", closes, draws=draws)
                return

    def ship(self) -> None:
        found = self.any(self.open())
        if found is None:
            return
        out, held = found
        owner = self.parties[held.holder or ""]
        to = self.random.choice([*self.houses, *self.shops, self.coop, self.trader])
        draws = [(out, self.some(held))]
        other = self.any([each for each in self.open(owner) if each[0] != out])
        if other is not None and self.random.random() < 0.4:
            draws.append((other[0], self.some(other[1])))
        self.world.ship(owner, draws, to=to, also=self.random.choice([[], ["holder"]]))

    def receive(self) -> None:
        shipment = self.any([out for out, _ in self.open(transit=True)])
        if shipment is None:
            return
        signed = next(each for each in self.made if each.name == shipment.record)
        to = self.parties[signed.claims["makes"][0]["holder"]]
        refused: dict[int, str] = {}
        losses: list[Claims] = []
        first = signed[0]
        if self.random.random() < 0.3:
            refused[0] = Quantity.of(Quantity.parse(first.quantity).base // 3 or 1, "KGM").text
        if self.random.random() < 0.3:
            lost = Quantity.of(Quantity.parse(first.quantity).base // 5 or 1, "KGM").text
            losses.append({"cause": "missing", "lot": first.lot, "quantity": lost})
        self.world.receive(to, signed, refused, losses)

    def pack(self) -> None:
        first = self.any(self.open())
        if first is None:
            return
        owner = self.parties[first[1].holder or ""]
        mine = self.random.sample(self.open(owner), k=min(3, len(self.open(owner))))
        draws = [(out, self.some(held)) for out, held in mine]
        total = sum(Quantity.parse(quantity).base for _, quantity in draws)
        made = Quantity.of(total * self.random.choice([10, 9]) // 10 or 1, "KGM").text
        line = (self.packed, self.world.lot(), made)
        if self.random.random() < 0.2:  # cooled, under its own code
            line = (mine[0][0].product, mine[0][0].lot, made)
        claims = ["vietgap"] if self.random.random() < 0.3 else []
        make: Claims = {
            "product": line[0], "lot": line[1], "holder": owner.id, "quantity": line[2],
            "claims": claims,
        }  # fmt: skip
        self.world.transform(owner, draws, [], makes=[make])

    def top_up(self) -> None:
        silos = [
            each for each in self.records("transform") if each.claims["data"]["kind"] == "top-up"
        ]
        found = self.any(self.open())
        if found is None:
            return
        out, held = found
        owner = self.parties[held.holder or ""]
        draws = [(out, self.some(held))]
        lot = self.world.lot()
        for silo in silos:
            left = [each for each in self.open(owner) if each[0].lot == silo[0].lot]
            if left and silo[0].lot != out.lot:
                lot = silo[0].lot
                draws += [(each, Quantity.of(h.left or 0, "KGM").text) for each, h in left]
                break
        total = sum(Quantity.parse(quantity).base for _, quantity in draws)
        line = (self.packed, lot, Quantity.of(total, "KGM").text)
        self.world.transform(owner, draws, [line], "top-up")

    def count(self) -> None:
        found = self.any(self.open())
        if found is None:
            return
        out, held = found
        owner, left = self.parties[held.holder or ""], held.left or 0
        lost = left // 50
        lines = [(out.product, out.lot, Quantity.of(left - lost, "KGM").text)]
        losses = [{"cause": "shrinkage", "quantity": Quantity.of(lost, "KGM").text}] if lost else []
        drawn = (out, Quantity.of(left, "KGM").text)
        self.world.count(owner, [drawn], lines, losses)

    def consume(self) -> None:
        found = self.any(self.open())
        if found is not None:
            out, held = found
            self.world.consume(self.parties[held.holder or ""], [(out, self.some(held))])

    def diary(self) -> None:
        farm = self.random.choice(self.farms)
        plot = self.random.choice(self.plots[farm.id])
        days = self.random.randrange(300)
        at = self.world.time(self.world.now - days * DAY)
        data: Claims = {"activity": "pesticide", "input": self.random.choice("ABC"),
                        "dose": "1 l/ha", "phi": self.random.choice([7, 14, 280])}  # fmt: skip
        if self.random.random() < 0.3:
            data = {"activity": "weeding"}
        self.world.diary(farm, plot, claims={"at": at}, **data)

    def restate(self) -> None:
        entry = self.any(self.records("diary"))
        if entry is None:
            return
        farm = self.parties[entry.claims["iss"]]
        data = dict(entry.claims["data"]) | {"phi": self.random.choice([1, 300])}
        wanted: Claims = {"restated": {"diary": data}}
        if self.random.random() < 0.3:
            wanted = {"void": True}
        self.world.correct(farm, entry, data=wanted)

    def inspect(self) -> None:
        out = self.any([out for each in self.made for out in each.outs])
        about: list[Claims] = []
        if out is not None:
            about += [{"product": out.product, "lot": out.lot}, {"record": out.record}]
        about.append({"place": self.random.choice(self.plots[self.random.choice(self.farms).id])})
        chosen = self.random.sample(about, k=self.random.randrange(1, len(about) + 1))
        result = self.random.choice(["pass", "fail"])
        auditor = self.random.choice(self.auditors)
        data = {"kind": "laboratory", "result": result}
        self.world.sign(auditor, "inspect", data, about=chosen)

    def certificate(self) -> None:
        holder = self.random.choice([self.coop, *self.farms])
        by = self.random.choice([self.auditors[0], holder])
        known = [
            each for each in self.records("certificate")
            if each.claims["data"]["holder"] == holder.id and each.claims["iss"] == by.id
        ]  # fmt: skip
        before = self.any(known)
        if before is not None and self.random.random() < 0.6:
            data = dict(before.claims["data"]) | {
                "status": "suspended", "statusFrom": self.world.date(-self.random.randrange(20)),
            }  # fmt: skip
            self.world.sign(by, "certificate", data)
        else:
            self.world.certificate(by, holder)

    def correct(self) -> None:
        record = self.any(self.records("harvest", "transform", "acquire"))
        if record is None or not record.outs:
            return
        n = self.random.randrange(len(record.outs))
        out = record[n]
        with self.ledger.reading() as now:
            entry = now.reader.record(record.name)
            assert entry is not None
            root = now.reader.holding((entry.index, n))
            assert root is not None
            live = root if root.live is None else now.reader.holding(root.live)
            name = record.name
            if live is not None and live is not root:
                name = next(
                    each.name for each in self.made
                    if (found := now.reader.record(each.name)) and found.index == live.index
                )  # fmt: skip
        if live is None or live.left is None or live.made is None:
            return
        drawn = root.used + live.made - live.left
        should = self.random.choice([drawn // 2, drawn + live.left // 2, drawn + live.left])
        remains = max(0, should - drawn)
        lot = out.lot if drawn or self.random.random() < 0.7 else self.world.lot()
        owner = self.parties[live.holder or ""]
        draws = [{"from": f"{name}.{live.n}", "quantity": Quantity.of(live.left, "KGM").text}]
        make = {"product": out.product, "lot": lot, "holder": owner.id, "of": n,
                "quantity": Quantity.of(remains, "KGM").text}  # fmt: skip
        data = {"corrects": record.name, "reason": "Cân lại",
                "outputs": [{"n": n, "quantity": Quantity.of(should, "KGM").text}]}  # fmt: skip
        more: Claims = {"makes": [make]} if remains else {}
        if live.left:
            more["draws"] = draws
        self.world.sign(owner, "correct", data, **more)

    def void(self) -> None:
        record = self.any(self.records(*self.voided))
        if record is None:
            return
        signer = self.parties[record.claims.get("for", record.claims["iss"])]
        makes = []
        for n, draw in enumerate(record.claims.get("draws", ())):
            source = next(
                out for each in self.made for out in each.outs if out.name == draw["from"]
            )
            with self.ledger.reading() as now:
                entry = now.reader.record(source.record)
                held = now.reader.holding((entry.index, source.n)) if entry else None
            makes.append({"product": source.product, "lot": source.lot, "of": n,
                          "holder": held.holder if held else None,
                          "quantity": draw["quantity"]})  # fmt: skip
        claims: Claims = {"makes": makes} if makes else {}
        if record.outs:
            claims["draws"] = [{"from": out.name, "quantity": out.quantity} for out in record.outs]
        # What was hidden when it was shipped stays hidden when that is undone.
        data = {"corrects": record.name, "reason": "Nhập nhầm", "void": True}
        self.world.sign(signer, "correct", data, also=["holder"], **claims)

    def dispute(self) -> None:
        record = self.any(self.records("ship", "harvest"))
        if record is not None:
            denier = self.random.choice([*self.farms, *self.shops, *self.houses])
            self.world.dispute(denier, record)

    def confirm(self) -> None:
        theirs = [each for each in self.records("harvest") if "for" in each.claims]
        if theirs:
            chosen = self.random.sample(theirs, k=min(2, len(theirs)))
            farm = self.parties[chosen[0].claims["for"]]
            agent = self.parties[chosen[0].claims["iss"]]
            types = ["harvest", "diary"]
            self.world.consent(farm, agent, *types, confirms=[each.name for each in chosen])

    def change_key(self) -> None:
        party = self.random.choice([*self.farms, *self.houses, *self.shops])
        before = party.kid
        if self.random.random() < 0.5:
            self.world.register(party, party=party)
        else:
            self.world.register(self.world.operator, party=party)
        if self.random.random() < 0.5:
            trusted = self.random.choice([None, self.ledger.size - 3])
            self.world.revoke(self.world.operator, before, trusted)

    def change_party(self) -> None:
        farm = self.random.choice(self.farms)
        self.world.state_party(farm, memberOf=self.random.choice([[], [self.coop.id]]))
