"""The steps of a lot's journey, in the words of its page."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from api.web.view import Amount, Fact, Goods, Party, Phrase, Place, State, Step, StepKind
from traceability.core.codec import SignedRecord
from traceability.core.facts import Accepted, Effects, Holding
from traceability.core.quantity import Quantity
from traceability.core.state import State as LedgerState
from traceability.core.way import Way

_CONSUMED: Final = {
    "sold": StepKind.SELL,
    "served": StepKind.SERVE,
    "given": StepKind.GIVE,
    "wasted": StepKind.WASTE,
    "destroyed": StepKind.DESTROY,
    "sampled": StepKind.SAMPLE,
}
_KINDS: Final = {
    "harvest": StepKind.HARVEST,
    "acquire": StepKind.ACQUIRE,
    "ship": StepKind.SHIP,
    "receive": StepKind.RECEIVE,
    "count": StepKind.COUNT,
}
_TRANSFORMS: Final = {
    "process": StepKind.PROCESS,
    "assemble": StepKind.ASSEMBLE,
    "top-up": StepKind.TOP_UP,
}
_PACKING: Final = frozenset({"pack", "packing", "bag", "bagging", "repack", "dong-goi"})
_LOSS_FACTS: Final = {
    "missing": "missing",
    "damaged": "damaged",
    "scale": "scale-difference",
    "reject": "reject",
}
_JUDGED: Final = {"pass": State.OK, "fail": State.FAIL}
_RANK: Final = (
    "farm", "cooperative", "processor", "trader", "supermarket", "school-kitchen",
    "industrial-kitchen", "market", "exporter", "manufacturer", "certifier", "laboratory",
    "authority", "operator",
)  # fmt: skip


class StepTeller:
    """Turns records into steps, by the registry of the state that they led to."""

    def __init__(self, state: LedgerState, language: str) -> None:
        self.state = state
        self.language = language

    # -- who and where -----------------------------------------------------------------------
    def party(self, party: str | None) -> Party:
        """A party as it agreed to be shown; nameless where it did not."""
        data = self.state.party(party) if party else None
        if data is None:
            return Party("supplier")
        address = ""
        if data.address is not None and data.kind == "organisation":
            parts = (data.address.line, data.address.commune, data.address.province)
            address = ", ".join(part for part in parts if part)
        role = role_of(data)
        code = data.gln or data.number or data.party
        return Party(role, data.name or data.shown or "", address, code)

    def name(self, party: str) -> str | Phrase:
        """How a sentence calls a party."""
        shown = self.party(party)
        return shown.name or Phrase("web.party.unnamed", {"role": Phrase(f"web.role.{shown.role}")})

    def source(self, record: SignedRecord) -> Party:
        """Where acquired goods came from, as far as it may be shown."""
        source: Any = record.body.data.source  # type: ignore[attr-defined]
        return self.party(source.party) if source.party else Party("supplier", source.name or "")

    def place(self, place: str | None) -> Place:
        """A place, as precisely as its holder agreed."""
        statement = self.state.place(place) if place else None
        if statement is None:
            return Place()
        data = statement.data
        area = next((code for code in data.codes if code.scheme == "growing-area"), None)
        address = data.address
        return Place(
            name=data.name or "",
            commune=(address.commune or "") if address else "",
            province=(address.province or "") if address else "",
            country=address.country if address and address.country != "VN" else "",
            code=data.gln or data.place,
            growing_area=area.code if area else "",
            growing_area_issued=date.fromisoformat(area.issued) if area and area.issued else None,
            growing_area_authority=(area.authority or "") if area else "",
        )

    def goods_name(self, gtin: str, record: SignedRecord | None = None) -> str:
        """What a product is called."""
        statement = self.state.product(gtin)
        if statement is not None:
            name = statement.data.name
            return str(name.en if self.language == "en" and name.en else name.vi)
        names = record.body.data.names if record is not None else ()  # type: ignore[attr-defined]
        return str(names[0]) if names else gtin

    # -- steps -------------------------------------------------------------------------------
    def step(
        self,
        entry: tuple[SignedRecord, Accepted, Effects],
        way: Way,
        corrected_on: date | None = None,
        disputed: bool = False,
    ) -> Step:
        """One record of the flow as a step; of several lots, what is on this lot's way."""
        record, _, effects = entry
        body: Any = record.body
        own = [made for made in effects.made if made.key in way.holdings]
        first = own[0] if own else None
        since, at = getattr(body, "since", None), datetime.fromisoformat(body.at)
        return Step(
            self._kind(body),
            datetime.fromisoformat(since) if since else at,
            self.party(body.acting),
            self.place(body.place or (first.place if first else None)),
            until=at if since else None,
            counterpart=self._counterpart(record, effects),
            amounts=tuple(_amounts(own)),
            inputs=tuple(self._inputs(body, effects)),
            facts=tuple(self._facts(body, way)),
            declared=body.type == "acquire",
            disputed=disputed,
            corrected_on=corrected_on,
            code=f"{first.product} · {first.lot}" if first else "",
        )

    def diary(
        self,
        entry: tuple[SignedRecord, Accepted, Effects],
        restated: Iterable[Any] = (),
        corrected_on: date | None = None,
    ) -> Step | None:
        """A diary entry as its corrections, in their order, restate it; None where it is void."""
        if self.state.voided(entry[1].index):
            return None
        body: Any = entry[0].body
        data, at = body.data, datetime.fromisoformat(body.at)
        for each in restated:
            data = each.diary or data
            at = datetime.fromisoformat(each.at) if each.at else at
        facts: list[Fact] = []
        if data.input:
            facts.append(_fact("inputs", data.input))
        if data.ingredient:
            facts.append(_fact("active-ingredient", data.ingredient))
        if data.dose:
            facts.append(_fact("dose", data.dose))
        if data.phi is not None:
            facts.append(
                _fact("pre-harvest-interval", Phrase("web.value.days", {"count": data.phi}))
            )
        return Step(
            StepKind.DIARY,
            at,
            self.party(body.acting),
            self.place(body.place),
            title=Phrase(f"story.diary.{data.activity}"),
            facts=tuple(facts),
            corrected_on=corrected_on,
        )

    def _kind(self, body: Any) -> StepKind:
        if body.type == "consume":
            return _CONSUMED[body.data.kind]
        if body.type == "transform":
            if body.data.kind in _TRANSFORMS:
                return _TRANSFORMS[body.data.kind]
            packed = any(make.packed for make in body.makes)
            words = set((body.data.process or "").split("-"))
            return StepKind.PACK if packed or words & _PACKING else StepKind.SORT
        if body.type == "ship" and body.makes and body.makes[0].holder == body.acting:
            return StepKind.MOVE
        return _KINDS.get(body.type, StepKind.OTHER)

    def _counterpart(self, record: SignedRecord, effects: Effects) -> Party | None:
        body: Any = record.body
        if body.type == "ship":
            holder = body.makes[0].holder if body.makes else None
            return self.party(holder) if holder and holder != body.acting else None
        if body.type == "receive":
            holding = self.state.holding(effects.drawn[0].source)
            shipper = holding.shipper if holding else None
            return self.party(shipper) if shipper and shipper != body.acting else None
        if body.type == "acquire":
            return self.source(record)
        return None

    def _inputs(self, body: Any, effects: Effects) -> Iterable[Goods]:
        if body.type != "transform":
            return
        seen: set[tuple[str, str]] = set()
        for drawn in effects.drawn:
            holding = self.state.holding(drawn.source)
            if holding is None or holding.lot_key in seen:
                continue
            seen.add(holding.lot_key)
            amount = None
            if drawn.amount is not None:
                amount = _amount(drawn.amount, holding.unit)
            lot = self.state.lot(holding.lot_key)
            yield Goods(
                self.goods_name(holding.product),
                holding.lot,
                amount,
                declared=lot is not None and lot.maker is None,
            )

    def _facts(self, body: Any, way: Way) -> Iterable[Fact]:
        data = body.data
        if body.type == "harvest" and data.season:
            yield _fact("season", data.season)
        if body.type == "harvest" and data.grade:
            yield _fact("grade", data.grade)
        temperature = getattr(data, "temperature", None)
        checks = getattr(data, "checks", None)
        if checks is not None:
            temperature = checks.temperature or temperature
            if checks.sensory:
                yield _judged("sensory", checks.sensory)
            if checks.rapid:
                yield _judged("rapid-test", checks.rapid)
        if temperature is not None:
            yield _fact("temperature", Amount(Decimal(temperature), "CEL"))
        if body.type == "receive":
            yield from self._refusals(body, way)
        for line in getattr(data, "losses", ()):
            named = line.product is not None and line.lot is not None
            if named and (line.product, line.lot) not in way.lots:
                continue
            if line.quantity is not None:
                name = _LOSS_FACTS.get(line.cause, "loss")
                yield _fact(name, Amount.parse(line.quantity))
        for meal in getattr(data, "meals", ()):
            yield _fact("dish", meal.dish)
            yield _fact("servings", meal.servings)
            for sample in meal.samples:
                yield _fact("retained-sample", sample.name)

    def _refusals(self, body: Any, way: Way) -> Iterable[Fact]:
        for make in body.makes:
            if make.outcome != "refused" or (make.product, make.lot) not in way.lots:
                continue
            if make.quantity is not None:
                yield _fact("refused", Amount.parse(make.quantity))
            reason = Phrase(f"story.refused.{make.reason or 'other'}")
            yield _fact("refused-reason", reason, State.WARN)


def role_of(party: Any) -> str:
    """What a party's data says that it is first of all."""
    return str(min(party.roles, key=_RANK.index))


def _fact(name: str, value: str | int | Amount | Phrase, state: State | None = None) -> Fact:
    return Fact(Phrase(f"web.fact.{name}"), value, state)


def _judged(name: str, result: str) -> Fact:
    return _fact(name, Phrase(f"web.value.{result}"), _JUDGED[result])


def _amounts(made: Iterable[Holding]) -> Iterable[Amount]:
    """The sum of what was made, per unit, where it was disclosed; else nothing."""
    holdings = list(made)
    sums: dict[str, int] = {}
    for holding in holdings:
        if holding.made is None:
            return
        sums[holding.unit] = sums.get(holding.unit, 0) + holding.made
    pieces = [holding.pieces for holding in holdings if holding.pieces is not None]
    if pieces and len(pieces) == len(holdings):
        yield Amount(Decimal(sum(pieces)), "H87")
    for unit, base in sums.items():
        yield _amount(base, unit)


def _amount(base: int, unit: str) -> Amount:
    return Amount(Quantity.of(base, unit).amount, unit)
