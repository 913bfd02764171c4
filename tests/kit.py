"""A small world of parties, plots and produce for tests: it builds and signs records.

    world = World()
    farm, shop = world.party("farm"), world.party("supermarket")
    pineapple = world.product(farm, crop="pineapple")
    plot = world.place(farm, "plot")
    harvest = world.harvest(farm, plot, [(pineapple, "L1", "100 KGM")])
    shipment = world.ship(farm, [(harvest[0], "40 KGM")], to=shop)
    receipt = world.receive(shop, shipment)

Everything is random but made anew the same from ``World(seed)``. ``world.records`` has all that was
signed, in order, from the operator's two records on; ``world.take()`` gives what was not taken yet.
Nothing is sent anywhere: append the ``wire`` of each to a ledger, or to a
``tests.memory.MemoryLedger``.
``world.now`` is the world's time in Unix milliseconds, and goes on a minute with each record;
``world.clock`` serves as a ledger's clock. A claim of any record can be overridden by keyword, by
its name on the wire, with ``_`` behind it where Python has that word: ``for_=…``.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from traceability.core import b64, codec, ids, moment
from traceability.core.codec import SignedRecord
from traceability.core.keys import PrivateKey, prove_possession
from traceability.core.note import NoteSigner
from traceability.core.quantity import Quantity

LOG: Final = "goc.example/test"
START: Final = "2026-06-01T06:00:00+07:00"
MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

Claims = dict[str, Any]


@dataclass
class Party:
    """A party with its id and its newest key."""

    id: str
    roles: tuple[str, ...]
    key: PrivateKey

    @property
    def kid(self) -> str:
        """The thumbprint of its key."""
        return self.key.public.kid


@dataclass(frozen=True)
class Out:
    """Output ``n`` of a record, as it was made."""

    record: str
    n: int
    product: str
    lot: str
    quantity: str
    count: str | None = None

    @property
    def name(self) -> str:
        """How a draw names it."""
        return f"{self.record}.{self.n}"


Line = tuple[str, str, str] | tuple[str, str, str, str]  #: product, lot, quantity (and count)
Drawn = Out | tuple[Out, str] | tuple[Out, str, str]  #: all of it, or so much (and so many)


@dataclass(frozen=True)
class Signed:
    """A signed record: ``signed[n]`` is its output ``n``, to draw from."""

    wire: bytes
    claims: Claims
    outs: tuple[Out, ...] = ()

    @cached_property
    def record(self) -> SignedRecord:
        """As the ledger parses it."""
        return codec.parse(self.wire)

    @property
    def name(self) -> str:
        """Its digest, by which others name it."""
        return self.record.name

    def __getitem__(self, n: int) -> Out:
        return self.outs[n]


@dataclass
class World:
    """Parties and their doings. ``step`` is how far the time goes on with each record (ms)."""

    seed: int = 1
    log: str = LOG
    start: str = START
    step: int = MINUTE
    records: list[Signed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.now = moment.parse_time(self.start)
        self._taken = 0
        self._gtins = 0
        self._lots = 0
        self.signer = NoteSigner(self.log, self._key())
        self.operator = Party(ids.party_id(self.bytes(10)), ("operator",), self._key())
        self.state_party(self.operator, name="Sàn thử nghiệm")
        self.register(self.operator, self.operator.key)

    # -- time and chance -----------------------------------------------------------------------
    def bytes(self, n: int) -> bytes:
        """``n`` bytes, the same in every run."""
        return self.random.randbytes(n)

    def clock(self) -> int:
        """The world's time, as a ledger's clock."""
        return self.now

    def later(self, ms: int) -> None:
        """Lets time pass."""
        self.now += ms

    def time(self, ms: int | None = None) -> str:
        """The world's time, or another, as records write it."""
        return moment.format_time(self.now if ms is None else ms)

    def _key(self) -> PrivateKey:
        return PrivateKey.from_seed(self.bytes(32))

    # -- signing -------------------------------------------------------------------------------
    def sign(
        self,
        party: Party,
        type_: str,
        data: Mapping[str, Any],
        *,
        key: PrivateKey | None = None,
        also: Iterable[str] = (),
        **claims: Any,
    ) -> Signed:
        """Signs a record of any type. ``also`` names fields to be hidden that need not be;
        a claim given as None is left out."""
        self.now += self.step
        whole: Claims = {
            "v": 1,
            "log": self.log,
            "type": type_,
            "iss": party.id,
            "at": self.time(),
            "iat": self.time(),
            "nonce": b64.encode(self.bytes(16)),
            "data": dict(data),
        }
        whole.update({name.rstrip("_"): value for name, value in claims.items()})
        return self.sign_claims(party, whole, key=key, also=also)

    def sign_claims(
        self,
        party: Party,
        claims: Claims,
        *,
        key: PrivateKey | None = None,
        also: Iterable[str] = (),
    ) -> Signed:
        """Signs claims as they are, be they right or wrong."""
        claims = {name: value for name, value in claims.items() if value is not None}
        salt = lambda: self.bytes(16)  # noqa: E731
        payload, disclosures = codec.conceal(claims, salt, frozenset(also))
        wire = codec.to_wire(codec.sign(payload, key or party.key), disclosures)
        signed = Signed(wire, claims)
        outs = tuple(
            Out(signed.name, n, make["product"], make["lot"], make["quantity"], make.get("count"))
            for n, make in enumerate(claims.get("makes", ()))
            if "quantity" in make
        )
        signed = Signed(wire, claims, outs)
        self.records.append(signed)
        return signed

    def take(self) -> list[Signed]:
        """The records that were not taken yet."""
        fresh = self.records[self._taken :]
        self._taken = len(self.records)
        return fresh

    # -- the registry --------------------------------------------------------------------------
    def party(self, *roles: str, name: str | None = None, **data: Any) -> Party:
        """A new party with its key, stated by the operator. Farms are households, whose names are
        hidden; all others are organisations."""
        party = Party(ids.party_id(self.bytes(10)), roles or ("farm",), self._key())
        self.state_party(party, name=name, **data)
        self.register(self.operator, party.key, party=party)
        return party

    def state_party(self, party: Party, name: str | None = None, **data: Any) -> Signed:
        """A ``party`` record about it."""
        whole: Claims = {"party": party.id, "roles": list(party.roles), "kind": "organisation"}
        if party.roles == ("farm",):
            whole |= {"kind": "household", "person": name or f"Nông hộ {party.id[2:6]}"}
            whole["phone"] = "0900 000 000"
        else:
            whole["name"] = name or f"{party.roles[0]} {party.id[2:6]}"
        return self.sign(self.operator, "party", whole | data)

    def register(
        self, by: Party, key: PrivateKey | None = None, party: Party | None = None, **data: Any
    ) -> Signed:
        """A ``key`` record: ``by`` registers a (new) key of ``party``, which then signs with it."""
        party, key = party or by, key or self._key()
        pop = b64.encode(prove_possession(key, self.log, party.id))
        whole = {"party": party.id, "jwk": key.public.jwk, "pop": pop, "custody": "device"}
        signed = self.sign(by, "key", whole | data)
        party.key = key
        return signed

    def revoke(
        self, by: Party, kid: str, trusted: int | None = None, reason: str = "lost"
    ) -> Signed:
        """A ``key-revoke``."""
        data: Claims = {"kid": kid, "reason": reason}
        return self.sign(by, "key-revoke", data | ({} if trusted is None else {"trusted": trusted}))

    def consent(
        self, grantor: Party, agent: Party, *types: str, by: Party | None = None, **data: Any
    ) -> Signed:
        """``grantor`` lets ``agent`` record ``types`` for it."""
        whole = {
            "grantor": grantor.id,
            "agent": agent.id,
            "types": list(types),
            "until": self.date(365),
        }
        return self.sign(by or grantor, "consent", whole | data)

    def place(self, party: Party, kind: str = "plot", area: str = "1 HAR", **data: Any) -> str:
        """States a new place; returns its id."""
        place = ids.place_id(self.bytes(10))
        whole: Claims = {"place": place, "kind": kind, "area": area}
        self.sign(party, "place", whole | data)
        return place

    def product(
        self, party: Party, crop: str = "pineapple", makers: str = "anyone", **data: Any
    ) -> str:
        """States a new product by the kilogram; returns its GTIN."""
        self._gtins += 1
        gtin = ids.restricted_gtin(self._gtins)
        whole: Claims = {
            "product": gtin,
            "name": {"vi": f"Sản phẩm {self._gtins}", "en": f"Product {self._gtins}"},
            "makers": makers,
            "unit": "KGM",
            "crop": crop,
        }
        self.sign(party, "product", whole | data)
        return gtin

    def certificate(self, by: Party, holder: Party, scheme: str = "vietgap", **data: Any) -> Signed:
        """A certificate from ten days ago on, for a year."""
        whole: Claims = {
            "certificate": ids.certificate_id(self.bytes(10)),
            "scheme": scheme,
            "number": f"VG-{self.random.randrange(10**6):06}",
            "holder": holder.id,
            "scope": {},
            "from": self.date(-10),
            "to": self.date(355),
        }
        if by is not holder:
            whole["certifier"] = by.id
        return self.sign(by, "certificate", whole | data)

    def date(self, days: int = 0) -> str:
        """Today's date in Vietnam, or that of so many days later."""
        return self.time(self.now + days * DAY)[:10]

    def lot(self) -> str:
        """A lot code that was not given before."""
        self._lots += 1
        return f"L{self._lots:06}"

    # -- goods ---------------------------------------------------------------------------------
    def harvest(
        self, party: Party, place: str, lines: Sequence[Line], season: str = "2026-1", **claims: Any
    ) -> Signed:
        """Lots come into being at a place."""
        makes = self._makes(claims, party, lines, place)
        return self.sign(party, "harvest", {"season": season}, place=place, makes=makes, **claims)

    def acquire(
        self, party: Party, lines: Sequence[Line], source: Claims | None = None, **claims: Any
    ) -> Signed:
        """Goods from someone who is not on the ledger."""
        data = {"source": source or {"kind": "off-ledger", "name": "Bà Ba ở chợ"}}
        return self.sign(party, "acquire", data, makes=self._makes(claims, party, lines), **claims)

    def transform(
        self,
        party: Party,
        draws: Sequence[Drawn],
        lines: Sequence[Line],
        kind: str = "move-sort-pack",
        losses: Sequence[Claims] = (),
        gains: Sequence[Claims] = (),
        **claims: Any,
    ) -> Signed:
        """Own holdings become own holdings. A loss is ``{"cause": …, "quantity": …}``."""
        data = {"kind": kind, "losses": list(losses), "gains": list(gains)}
        makes = self._makes(claims, party, lines)
        return self.sign(
            party, "transform", data, draws=self._draws(claims, draws), makes=makes, **claims
        )

    def ship(self, party: Party, draws: Sequence[Drawn], to: Party, **claims: Any) -> Signed:
        """What is drawn, lot by lot, on its way to ``to``."""
        lines = _summed(draws)
        makes = [_make(line, to.id, None) for line in lines]
        data = {"vehicle": "95C-012.34"} | claims.pop("data", {})
        return self.sign(
            party, "ship", data, draws=self._draws(claims, draws), makes=makes, **claims
        )

    def receive(
        self,
        party: Party,
        shipment: Signed,
        refused: Mapping[int, str] | None = None,
        losses: Sequence[Claims] = (),
        gains: Sequence[Claims] = (),
        shipper: Party | None = None,
        **claims: Any,
    ) -> Signed:
        """All of a shipment: accepted but for ``refused`` (output → quantity), ``losses`` and
        ``gains`` (which name their lot where there are several)."""
        makes: list[Claims] = []
        for out in shipment.outs:
            rest = Quantity.parse(out.quantity)
            base = rest.base + sum(_of_lot(gains, out)) - sum(_of_lot(losses, out))
            back = (refused or {}).get(out.n)
            line = (out.product, out.lot)
            if back is not None:
                base -= Quantity.parse(back).base
                owner = (
                    shipper.id
                    if shipper
                    else str(shipment.claims.get("for", shipment.claims["iss"]))
                )
                makes.append(
                    _make((*line, back), owner, None) | {"outcome": "refused", "reason": "quality"}
                )
            if base > 0:
                left = Quantity.of(base, rest.unit.code).text
                makes.append(_make((*line, left), party.id, None) | {"outcome": "accepted"})
        data = {"losses": list(losses), "gains": list(gains), "receiver": "Thủ kho"}
        data |= claims.pop("data", {})
        return self.sign(
            party,
            "receive",
            data,
            draws=self._draws(claims, shipment.outs),
            makes=claims.pop("makes", makes),
            **claims,
        )

    def consume(
        self, party: Party, draws: Sequence[Drawn], kind: str = "sold", **claims: Any
    ) -> Signed:
        """Goods leave the ledger."""
        return self.sign(
            party, "consume", {"kind": kind}, draws=self._draws(claims, draws), **claims
        )

    def count(
        self,
        party: Party,
        draws: Sequence[Drawn],
        lines: Sequence[Line],
        losses: Sequence[Claims] = (),
        gains: Sequence[Claims] = (),
        **claims: Any,
    ) -> Signed:
        """A stocktake."""
        data = {"losses": list(losses), "gains": list(gains)}
        makes = self._makes(claims, party, lines)
        return self.sign(
            party, "count", data, draws=self._draws(claims, draws), makes=makes, **claims
        )

    # -- the rest ------------------------------------------------------------------------------
    def diary(
        self, party: Party, place: str, activity: str = "fertiliser", claims: Claims | None = None,
        **data: Any,
    ) -> Signed:  # fmt: skip
        """An entry of a farming diary; ``claims`` overrides claims, such as ``at``."""
        return self.sign(
            party, "diary", {"activity": activity} | data, place=place, **(claims or {})
        )

    def inspect(
        self, party: Party, about: Claims, result: str = "pass", kind: str = "laboratory",
        **claims: Any,
    ) -> Signed:  # fmt: skip
        """An inspection of a lot, place, record or party."""
        data = {"kind": kind, "result": result}
        claims.setdefault("refs", [{"type": "laboratory-report", "number": "PKN-1"}])
        return self.sign(party, "inspect", data, about=[about], **claims)

    def pack(
        self, party: Party, number: str, contents: Sequence[Drawn] = (),
        units: Sequence[Signed] = (), kind: str = "crate", **claims: Any,
    ) -> Signed:  # fmt: skip
        """A crate or pallet, by an SSCC (18 digits) or a number of one's own."""
        name = "sscc" if len(number) == 18 else "number"
        data: Claims = {"kind": kind, name: number} | claims.pop("data", {})
        if contents:
            data["contents"] = [_draw(each) for each in contents]
        if units:
            data["units"] = [each.name for each in units]
        return self.sign(party, "unit", data, **claims)

    def unpack(self, party: Party, *units: Signed, **claims: Any) -> Signed:
        """Crates and pallets are opened."""
        return self.sign(party, "unit", {"opens": [each.name for each in units]}, **claims)

    def label(
        self, party: Party, product: str, lot: str, count: int = 1, net: str = "1 KGM",
        ahead: Sequence[Drawn] = (), **claims: Any,
    ) -> Signed:  # fmt: skip
        """Labels for a lot; ``ahead`` of packing, so much is reserved for it."""
        data: Claims = {"count": count, "net": net, "key": "m1"} | claims.pop("data", {})
        if ahead:
            data["ahead"] = [
                {name: line[name] for name in ("from", "quantity")} for line in map(_draw, ahead)
            ]
        claims.setdefault("about", [{"product": product, "lot": lot}])
        return self.sign(party, "label", data, **claims)

    def void_labels(
        self, party: Party, labels: Signed, *spans: tuple[int, int], **claims: Any
    ) -> Signed:
        """Labels of an earlier record that will not be used: those named, or all."""
        data: Claims = {"voids": labels.name}
        if spans:
            data["spans"] = [{"first": first, "last": last} for first, last in spans]
        about = claims.pop("about", None) or labels.claims["about"]
        return self.sign(party, "label", data, about=about, **claims)

    def correct(
        self, party: Party, corrects: Signed, draws: Sequence[Drawn] = (), **claims: Any
    ) -> Signed:
        """A correction; ``data`` says which, beyond ``corrects`` and ``reason``."""
        data = {"corrects": corrects.name, "reason": "Nhập nhầm"} | claims.pop("data", {})
        if draws:
            claims["draws"] = self._draws(claims, draws)
        return self.sign(party, "correct", data, **claims)

    def dispute(self, party: Party, record: Signed, denies: str = "origin") -> Signed:
        """A party that a record names denies it."""
        return self.sign(party, "dispute", {"record": record.name, "denies": denies})

    # -- parts ---------------------------------------------------------------------------------
    def _makes(
        self, claims: Claims, party: Party, lines: Sequence[Line], place: str | None = None
    ) -> list[Claims]:
        holder = claims.get("for_", party.id)
        makes: list[Claims] = claims.pop("makes", [_make(line, holder, place) for line in lines])
        return makes

    def _draws(self, claims: Claims, draws: Sequence[Drawn]) -> list[Claims]:
        found: list[Claims] = claims.pop("draws", [_draw(each) for each in draws])
        return found


def _make(line: Line, holder: str, place: str | None) -> Claims:
    make: Claims = {"product": line[0], "lot": line[1], "holder": holder, "quantity": line[2]}
    if len(line) == 4:
        make["count"] = line[3]
    if place is not None:
        make["place"] = place
    return make


def _draw(drawn: Drawn) -> Claims:
    out, quantity, *count = drawn if isinstance(drawn, tuple) else (drawn, drawn.quantity)
    if isinstance(drawn, Out) and drawn.count is not None:
        count = [drawn.count]
    return {"from": out.name, "quantity": quantity} | ({"count": count[0]} if count else {})


def _summed(draws: Sequence[Drawn]) -> list[Line]:
    sums: dict[tuple[str, str], Quantity] = {}
    for each in draws:
        out = each[0] if isinstance(each, tuple) else each
        quantity = Quantity.parse(_draw(each)["quantity"])
        before = sums.get((out.product, out.lot))
        if before is not None:
            quantity = Quantity.of(before.base + quantity.base, before.unit.code)
        sums[out.product, out.lot] = quantity
    return [(*key, quantity.text) for key, quantity in sums.items()]


def _of_lot(differences: Sequence[Claims], out: Out) -> Iterable[int]:
    for each in differences:
        if each.get("lot") in (None, out.lot):
            yield Quantity.parse(each["quantity"]).base
