"""A small ledger with something of everything, for those who verify bundles of it.

A farm with a certificate and a sprayed plot, a member for whom its cooperative records, a
correction after part of the harvest was sold elsewhere, a denied harvest, a key that was replaced
and ended, a certificate suspended later; juice of both harvests, on its way to a shop.
"""

from functools import lru_cache

from tests.bundles import Exporter, force
from tests.kit import DAY, HOUR, Party, Signed, World
from tests.memory import MemoryLedger
from traceability.core.bundle import Bundle


class Market:
    """The records by the names that tests give them. ``bundle`` is of what the shop received."""

    def __init__(self, dispute: bool = True) -> None:
        world = self.world = World()
        self.ledger = MemoryLedger(world)
        self.farm, self.shop, self.kitchen = (
            world.party(role) for role in ("farm", "supermarket", "school-kitchen")
        )
        self.cooperative, self.certifier = world.party("cooperative"), world.party("certifier")
        self.member = world.party("farm", memberOf=[self.cooperative.id])
        self.pineapple = world.product(self.cooperative)
        self.juice = world.product(self.cooperative, makers="owner")
        self.plot, self.field = world.place(self.farm), world.place(self.member)
        self.certificate = world.certificate(self.certifier, self.farm)
        self.consent = world.consent(self.member, self.cooperative, "harvest", "diary")
        self.old_kid = self.farm.kid
        self.early = world.diary(self.farm, self.plot)
        self.new_key = world.register(self.farm)
        self.revocation = world.revoke(self.farm, self.old_kid, reason="replaced")
        self.spraying = world.diary(
            self.farm, self.plot, "pesticide", input="Abamectin", phi=0, dose="10 ml"
        )
        self.crop = self._harvest()
        self.other = world.harvest(
            self.cooperative, self.field, [(self.pineapple, "M1", "80 KGM")], for_=self.member.id
        )
        self._sell()
        if dispute:
            self.dispute = world.dispute(self.member, self.other, "quantity")
        self.suspension = self.suspend()
        for _ in range(3):
            stranger = world.party("farm")
            world.place(stranger)
        self.ledger.append_all()

    def _harvest(self) -> Signed:
        make = {"product": self.pineapple, "holder": self.farm.id, "place": self.plot}
        makes = [
            make | {"lot": "L1", "quantity": "100 KGM", "claims": ["vietgap"]},
            make | {"lot": "L2", "quantity": "50 KGM", "count": "40 H87"},
        ]
        return self.world.harvest(self.farm, self.plot, [], makes=makes, by="Nguyễn Thị Hạnh")

    def _sell(self) -> None:
        world, crop = self.world, self.crop
        world.later(HOUR)
        self.sent = world.ship(self.farm, [(crop[0], "60 KGM"), crop[1]], to=self.cooperative)
        self.elsewhere = world.ship(self.farm, [(crop[0], "10 KGM")], to=self.kitchen)
        anew = {"of": 0, "product": self.pineapple, "lot": "L1", "holder": self.farm.id}
        self.correction = world.correct(
            self.farm,
            crop,
            [(crop[0], "30 KGM")],
            makes=[anew | {"quantity": "20 KGM"}],
            data={"outputs": [{"n": 0, "quantity": "90 KGM"}]},
        )
        world.later(HOUR)
        self.taken = world.receive(self.cooperative, self.sent, refused={1: "5 KGM"})
        self.home = world.ship(self.member, [self.other[0]], to=self.cooperative)
        self.mine = world.receive(self.cooperative, self.home)
        self.inspection = world.inspect(self.certifier, {"product": self.pineapple, "lot": "L1"})
        self.made = world.transform(
            self.cooperative,
            [self.taken[0], self.mine[0]],
            [(self.juice, "J1", "90 KGM")],
            kind="process",
            losses=[{"cause": "trim", "quantity": "50 KGM"}],
        )
        self.onward = world.ship(self.cooperative, [self.made[0]], to=self.shop)
        world.later(HOUR)
        self.received = world.receive(self.shop, self.onward)

    def suspend(self) -> Signed:
        """The certifier suspends the farm's certificate from tomorrow on."""
        data = dict(self.certificate.claims["data"])
        data |= {"status": "suspended", "statusFrom": self.world.date(1)}
        return self.world.sign(self.certifier, "certificate", data)

    @property
    def exporter(self) -> Exporter:
        """Bundles of all that the ledger has by now."""
        return Exporter(self.ledger)

    def index(self, signed: Signed) -> int:
        """Where the log has a record."""
        return self.exporter.index(signed.name)

    def bundle(self, **how: object) -> Bundle:
        """The bundle of what the shop received."""
        return self.exporter.bundle(self.received[0], **how)  # type: ignore[arg-type]

    def grow(self) -> None:
        """More records, of others."""
        stranger: Party = self.world.party("farm")
        self.world.later(DAY)
        self.world.place(stranger)
        self.ledger.append_all()


@lru_cache(maxsize=2)
def market(dispute: bool = True) -> Market:
    """The market, which nobody may change."""
    return Market(dispute)


class Crooked:
    """A ledger whose operator asks no rule."""

    def __init__(self) -> None:
        self.world = World()
        self.farm, self.thief = self.world.party("farm"), self.world.party("farm")
        self.shop = self.world.party("supermarket")
        self.pineapple = self.world.product(self.farm)
        self.plot = self.world.place(self.farm)
        self.crop = self.world.harvest(self.farm, self.plot, [(self.pineapple, "L1", "100 KGM")])
        self.ledger = MemoryLedger(self.world)
        self.ledger.append_all()

    def take(self, *signed: Signed) -> None:
        for each in signed:
            force(self.ledger, each)

    def send(self, quantity: str) -> Signed:
        """All of the crop is drawn, and so much of it sent."""
        draws = [{"from": self.crop[0].name, "quantity": "100 KGM"}]
        make = {"product": self.pineapple, "lot": "L1", "holder": self.shop.id}
        makes = [make | {"quantity": quantity}]
        return self.world.sign(self.farm, "ship", {}, draws=draws, makes=makes)

    def imitate(self) -> Signed:
        """Another farm harvests under the lot code of the first."""
        field = self.world.place(self.thief)
        self.take(self.world.records[-1])
        return self.world.harvest(self.thief, field, [(self.pineapple, "L1", "5 KGM")])

    def bundle(self, signed: Signed, **how: object) -> Bundle:
        """The bundle of a record's first output."""
        return Exporter(self.ledger).bundle(signed[0], **how)  # type: ignore[arg-type]
