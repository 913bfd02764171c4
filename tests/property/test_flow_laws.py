"""The laws of the flow of goods, over whatever people may do, right or wrong (DESIGN §1, §2).

A machine lets parties harvest, buy, ship, receive, sort, press, consume, count, correct and void in
any order, with honest amounts and with stolen ones, on their own goods and on others'. After every
record that the rulebook accepts:

* *nothing from nothing*: what a record makes is what it drew, less what it lost, plus at most what
  its type may gain, lot by lot; and all that was ever made less all that was drawn is what is held;
* *no overdraw*: of no holding is less than nothing left;
* *no foreign draw*: whoever drew held it, or voids its own record;
* *a correction never creates*: a void undoes its record to the milligram, once; any other
  correction adds only to what came from outside, and only while nothing was drawn.

A refused record leaves the state as it was. A replay of what was accepted arrives at the same
state; and the same records in any other order give a ledger that keeps the same laws.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.kit import Claims, Out, Party, Signed
from tests.telling import Story, draw, make
from traceability.core import codec
from traceability.core.errors import GocError
from traceability.core.facts import GONE, Accepted, Effects, Holding, HoldingKey
from traceability.core.quantity import Quantity, unit
from traceability.core.rules import apply
from traceability.core.snapshot import snapshot
from traceability.core.state import State

Flow = dict[tuple[str, str, str], int]  #: (product, lot, dimension) -> base units
ANY: Final = st.integers(0, 10**6)
SHARE: Final = st.sampled_from([(1, 1), (1, 1), (1, 2), (1, 3), (2, 3), (11, 10), (0, 1)])
HONESTY: Final = st.integers(0, 7)  #: 0: somebody else signs
ENTRANCES: Final = frozenset({"harvest", "acquire"})


# -- the books, kept beside the ledger from what its records say -----------------------------------
def flow(lines: Iterable[tuple[Holding, int | None]], sign: int, into: Flow) -> None:
    """Adds up amounts by lot and dimension."""
    for holding, amount in lines:
        assert amount is not None
        key = (*holding.lot_key, unit(holding.unit).dimension.value)
        into[key] += sign * amount


class Books:
    """What every accepted record added to the ledger, and took from it."""

    def __init__(self, log: str, weights: dict[str, Fraction]) -> None:
        self.state = State(log)
        self.weights = weights  #: milligrams of a base unit of what is not kept by weight
        self.deltas: dict[int, Flow] = {}  #: per record, with all its corrections so far
        self.holders: dict[HoldingKey, str | None] = {}
        self.whole: Flow = defaultdict(int)

    def take(self, effects: Effects) -> None:
        """Judges a record by the laws, after ``state`` has taken it in."""
        index = effects.at.index
        delta: Flow = defaultdict(int)
        sources = [(self._holding(drawn.source), drawn.amount) for drawn in effects.drawn]
        flow(((made, made.made) for made in effects.made), 1, delta)
        flow(sources, -1, delta)
        self._no_foreign_draw(effects)
        kind = effects.entry.type
        if kind == "correct":
            self._correction(effects, delta)
        else:
            self._gains(effects, delta, [source for source, _ in sources])
            self.deltas[index] = delta
        for key, amount in delta.items():
            self.whole[key] += amount
        self.holders.update((made.key, made.holder) for made in effects.made)

    def _holding(self, key: HoldingKey) -> Holding:
        found = self.state.holding(key)
        assert found is not None
        return found

    def _no_foreign_draw(self, effects: Effects) -> None:
        corrected = {link.about for link in effects.links if link.kind == "void"}
        own = {
            root.live or root.key
            for root in self.state.holdings.values()
            if root is not None and root.index in corrected
        } | {(index, n) for index in corrected for n in range(200)}
        for drawn in effects.drawn:
            assert drawn.amount is not None
            assert drawn.amount > 0
            voids = drawn.source in own or self._was_live_of(drawn.source, corrected)
            assert self.holders[drawn.source] == effects.entry.acting or voids

    def _was_live_of(self, key: HoldingKey, records: set[int]) -> bool:
        links = (link for found in self.state.links.values() for link in found)
        return any(link.index == key[0] and link.about in records for link in links)

    def _gains(self, effects: Effects, delta: Flow, sources: Sequence[Holding]) -> None:
        """What a record may add beyond what it drew."""
        kind = effects.entry.type
        body: Any = effects.record.body
        if kind in ENTRANCES:
            assert all(amount > 0 for amount in delta.values())
        elif kind == "consume" or (kind == "ship" and body.data.closes):
            assert all(amount < 0 for amount in delta.values())
        elif kind == "ship":
            assert not any(delta.values())
        elif kind in ("receive", "count"):
            said = self._said(body, sources)
            assert {key: each for key, each in delta.items() if each} == said
        elif kind == "transform":
            assert self._mass(delta) <= self._gained(body), "more came out than went in"
        else:
            assert not delta

    def _mass(self, delta: Flow) -> Fraction:
        return sum(
            (
                amount * (Fraction(1) if dimension == "mass" else self.weights[product])
                for (product, _, dimension), amount in delta.items()
            ),
            Fraction(0),
        )

    def _said(self, body: Any, sources: Sequence[Holding]) -> Flow:
        said: Flow = defaultdict(int)
        for sign, lines in ((1, body.data.gains), (-1, body.data.losses)):
            for line in lines:
                (holding,) = {
                    each.lot_key: each for each in sources if line.lot in (None, each.lot)
                }.values()
                amount = Quantity.parse(line.quantity)
                said[(*holding.lot_key, amount.dimension.value)] += sign * amount.base
        return {key: each for key, each in said.items() if each}

    def _gained(self, body: Any) -> int:
        return sum(Quantity.parse(line.quantity).base for line in body.data.gains)

    def _correction(self, effects: Effects, delta: Flow) -> None:
        (link,) = [link for link in effects.links if link.kind in ("correct", "void")]
        before = self.deltas[link.about]
        if link.kind == "void":
            undone = {key: -amount for key, amount in before.items() if amount}
            assert {key: each for key, each in delta.items() if each} == undone
            self.deltas[link.about] = defaultdict(int)
            return
        grown = [key for key, amount in delta.items() if amount > 0]
        entered = self.entry(link.about) in ENTRANCES
        assert not grown or entered, "a correction created goods"
        if grown and sum(delta.values()) > 0:
            for drawn in effects.drawn:
                source = self._holding(drawn.source)
                assert source.made == drawn.amount, "upward after something was drawn"
        for key, amount in delta.items():
            before[key] += amount

    def entry(self, index: int) -> str:
        """The type of a record."""
        return next(
            each.type for each in self.state.records.values() if each and each.index == index
        )

    def close(self) -> None:
        """All that was made less all that was drawn is what is held, lot by lot."""
        held: Flow = defaultdict(int)
        holdings = [each for each in self.state.holdings.values() if each is not None]
        for holding in holdings:
            assert holding.left is not None
            assert holding.made is not None
            assert 0 <= holding.left <= holding.made
        flow(((each, each.left) for each in holdings), 1, held)
        assert {key: amount for key, amount in held.items() if amount} == {
            key: amount for key, amount in self.whole.items() if amount
        }


# -- what people do --------------------------------------------------------------------------------
class Market(RuleBasedStateMachine):
    """Four parties, five products, and no scruples."""

    def __init__(self) -> None:
        super().__init__()
        self.story = story = Story()
        self.coop = story.party("cooperative")
        self.farm = story.party("farm", memberOf=[self.coop.id])
        self.shop = story.party("supermarket")
        self.factory = story.party("processor")
        self.parties = [self.coop, self.farm, self.shop, self.factory]
        self.fruit = story.product(self.coop)
        self.egg = story.product(self.coop, unit="H87", massPerUnit="60 GRM")
        self.juice = story.product(
            self.factory, unit="LTR", massPerUnit="1.05 KGM", process={"waterMax": "0.2"}
        )
        self.plot = story.place(self.farm)
        self.outs: list[Out] = []
        self.flows: list[Signed] = []
        self.waiting: list[Signed] = []
        self.voided: list[Signed] = []
        weights = {self.egg: Fraction(60_000), self.juice: Fraction("1.05")}
        self.books = Books(story.log, weights)
        self.books.state = story.book.state

    # -- choosing ------------------------------------------------------------------------------
    def party(self, choice: int, honest: Party | None = None, honesty: int = 1) -> Party:
        """The party to whom it falls, or, dishonestly, any."""
        return honest if honest and honesty else self.parties[choice % len(self.parties)]

    def holder(self, out: Out) -> Party:
        """Who holds it."""
        found = self.story.holding(out).holder
        return next(each for each in self.parties if each.id == found)

    def some(self, choice: int) -> Out:
        """An output that has something left, if there is one: the newest of 12, or any."""
        alive = [each for each in self.outs if self.story.holding(each).left]
        pool = alive[-12:] or self.outs
        return pool[choice % len(pool)]

    def share(self, out: Out, share: tuple[int, int]) -> str:
        """So much of what is left of it; more than all of it, sometimes."""
        holding = self.story.holding(out)
        base = (holding.left or 0) * share[0] // share[1]
        return Quantity.of(base, holding.unit).text

    # -- judging -------------------------------------------------------------------------------
    def attempt(self, act: Callable[[], Signed]) -> Signed | None:
        """Does it: accepted and by the laws, or refused without a trace."""
        state = self.story.book.state
        before = snapshot(state)
        try:
            signed = act()
        except GocError:
            assert snapshot(state) == before
            return None
        self.books.take(self.story.book.effects[-1])
        self.books.close()
        self.outs.extend(signed.outs)
        self.flows.append(signed)
        self.story.later(600_000)
        return signed

    # -- goods come in -------------------------------------------------------------------------
    @rule(
        amount=st.integers(0, 5000),
        lot=st.integers(1, 4),
        what=st.sampled_from(["fruit", "fruit", "eggs", "eggs by weight"]),
        who=HONESTY,
    )
    def harvest(self, amount: int, lot: int, what: str, who: int) -> None:
        """The farm harvests; the cooperative has no plot there."""
        line = (self.fruit, f"F{lot}", f"{amount} KGM")
        if what != "fruit":
            line = (self.egg, f"E{lot}", f"{amount} {'H87' if what == 'eggs' else 'KGM'}")
        party = self.farm if who else self.coop
        self.attempt(lambda: self.story.harvest(party, self.plot, [line]))

    @rule(choice=ANY, lot=st.integers(1, 4), unrecorded=st.booleans())
    def acquire(self, choice: int, lot: int, unrecorded: bool) -> None:
        """Somebody buys outside, or from the farm that has recorded nothing yet."""
        source = {"kind": "off-ledger"}
        if unrecorded:
            source = {"kind": "unrecorded", "party": self.farm.id}
        line = (self.fruit, f"F{lot}", "12.5 KGM")
        bought = self.attempt(lambda: self.story.acquire(self.party(choice), [line], source=source))
        if bought and unrecorded:
            self.waiting.append(bought)

    # -- goods move ----------------------------------------------------------------------------
    @precondition(lambda self: self.outs)
    @rule(first=ANY, second=ANY, share=SHARE, to=ANY, who=HONESTY, grow=st.integers(0, 9))
    def ship(
        self, first: int, second: int, share: tuple[int, int], to: int, who: int, grow: int
    ) -> None:
        """One or two holdings are sent off; perhaps more is sent than was drawn."""
        outs = list({each.name: each for each in (self.some(first), self.some(second))}.values())
        party = self.party(to, self.holder(outs[0]), who)
        lines = [(each, self.share(each, share)) for each in outs]
        consignee = self.party(to)
        if grow:
            self.attempt(lambda: self.story.ship(party, list(lines), to=consignee))
            return
        out, quantity = lines[0]
        more = make(out.product, out.lot, f"{quantity.split()[0]}1 KGM", consignee)
        self.attempt(
            lambda: self.story.sign(party, "ship", {}, draws=[draw(out, quantity)], makes=[more])
        )

    @precondition(lambda self: self.waiting)
    @rule(choice=ANY, which=ANY, share=SHARE)
    def ship_late(self, choice: int, which: int, share: tuple[int, int]) -> None:
        """A late shipment closes an intake, or another, or the same again."""
        intake = self.waiting[which % len(self.waiting)]
        out = self.some(choice)
        line = draw(out, self.share(out, share))
        data = {"closes": intake.name}
        state = self.story.book.state
        before = state.closed_by(self.story.index(intake))
        late = self.attempt(lambda: self.story.sign(self.holder(out), "ship", data, draws=[line]))
        assert not (late and before), "an intake was closed twice"

    @precondition(lambda self: any(each.claims["type"] == "ship" for each in self.flows))
    @rule(
        which=ANY,
        who=HONESTY,
        choice=ANY,
        refuse=st.booleans(),
        losses=st.sampled_from([None, "missing", "dead"]),
        gains=st.sampled_from([None, None, "scale", "water"]),
    )
    def receive(
        self, which: int, who: int, choice: int, refuse: bool, losses: str | None, gains: str | None
    ) -> None:
        """A shipment is taken over, in part refused, in part missing, or a little heavier."""
        ships = [each for each in self.flows if each.claims["type"] == "ship" and each.outs][-6:]
        if not ships:
            return
        shipment = ships[which % len(ships)]
        out = shipment.outs[0]
        code = "H87" if "H87" in out.quantity else "KGM"
        tenth = Quantity.of(max(Quantity.parse(out.quantity).base // 10, 1), code).text
        line = {"lot": out.lot, "product": out.product, "quantity": tenth}
        to = next(each for each in self.parties if each.id == shipment.claims["makes"][0]["holder"])
        self.attempt(
            lambda: self.story.receive(
                self.party(choice, to, who),
                shipment,
                {0: tenth} if refuse else None,
                losses=[line | {"cause": losses}] if losses else (),
                gains=[line | {"cause": gains}] if gains else (),
            )
        )

    # -- goods change --------------------------------------------------------------------------
    @precondition(lambda self: self.outs)
    @rule(first=ANY, second=ANY, share=SHARE, lot=st.integers(1, 6), more=SHARE, who=HONESTY)
    def sort(
        self,
        first: int,
        second: int,
        share: tuple[int, int],
        lot: int,
        more: tuple[int, int],
        who: int,
    ) -> None:
        """Two holdings become one lot, of as much, of less, or of more than was drawn."""
        outs = list({each.name: each for each in (self.some(first), self.some(second))}.values())
        lines = [(each, self.share(each, share)) for each in outs]
        whole = sum(Quantity.parse(quantity).base for _, quantity in lines)
        code = lines[0][1].split()[1]
        made = Quantity.of(whole * more[0] // more[1], code).text
        name = outs[0].lot if lot > 4 else f"F{lot}"
        party = self.party(lot, self.holder(outs[0]), who)
        self.attempt(
            lambda: self.story.transform(party, list(lines), [(outs[0].product, name, made)])
        )

    @precondition(lambda self: self.outs)
    @rule(which=ANY, water=st.integers(0, 40), litres=st.integers(1, 120))
    def press(self, which: int, water: int, litres: int) -> None:
        """The factory presses what it has; water goes in, and litres come out."""
        out = self.some(which)
        gains = [{"cause": "water", "quantity": f"{water} KGM"}] if water else []
        line = (self.juice, self.story.lot(), f"{litres} LTR")
        self.attempt(
            lambda: self.story.transform(
                self.holder(out),
                [(out, self.share(out, (1, 1)))],
                [line],
                kind="process",
                gains=gains,
            )
        )

    @precondition(lambda self: self.outs)
    @rule(which=ANY, share=SHARE, who=HONESTY, twice=st.booleans())
    def consume(self, which: int, share: tuple[int, int], who: int, twice: bool) -> None:
        """Goods are eaten, perhaps twice."""
        out = self.some(which)
        draws = [(out, self.share(out, share))] * (2 if twice and not who else 1)
        party = self.party(which, self.holder(out), who)
        self.attempt(lambda: self.story.consume(party, list(draws)))

    @precondition(lambda self: self.outs)
    @rule(which=ANY, found=st.integers(-50, 20), cause=st.sampled_from(["scale", "theft"]))
    def count(self, which: int, found: int, cause: str) -> None:
        """A stocktake finds so many per mille more or less."""
        out = self.some(which)
        left = self.story.holding(out).left or 0
        code = out.quantity.split()[1]
        difference = left * abs(found) // 1000
        line = [{"cause": cause, "quantity": Quantity.of(difference, code).text}]
        now = Quantity.of(left + (difference if found > 0 else -difference), code).text
        self.attempt(
            lambda: self.story.count(
                self.holder(out),
                [(out, self.share(out, (1, 1)))],
                [(out.product, out.lot, now)],
                losses=line if found < 0 and difference else (),
                gains=line if found > 0 and difference else (),
            )
        )

    # -- errors are set right ------------------------------------------------------------------
    def live(self, record: Signed, n: int) -> tuple[Holding, Holding | None]:
        """Output ``n`` and what it lives on as."""
        state = self.story.book.state
        root = state.holding((self.story.index(record), n))
        assert root is not None
        if root.live is None:
            return root, root
        return root, None if root.live == GONE else state.holding(root.live)

    def draw_of(self, holding: Holding, most: bool = False) -> Claims:
        """All that is left of a holding, or nearly all of it."""
        name = self.story.book.effects[holding.index].record.name
        left = holding.left or 0
        quantity = Quantity.of(left - (left > 1 and most), holding.unit).text
        return {"from": f"{name}.{holding.n}", "quantity": quantity}

    @precondition(lambda self: self.flows)
    @rule(which=ANY, who=HONESTY, choice=ANY, inflate=st.integers(0, 5), again=st.booleans())
    def void(self, which: int, who: int, choice: int, inflate: int, again: bool) -> None:
        """A record is undone; perhaps for the second time, perhaps with more than went in."""
        pool = self.voided if again and self.voided else self.flows[-8:]
        record = pool[which % len(pool)]
        if record.claims["type"] == "correct":
            return
        makes: list[Claims] = []
        state = self.story.book.state
        for n, line in enumerate(record.claims.get("draws", ())):
            entry = state.record(line["from"][:43])
            assert entry is not None
            source = state.holding((entry.index, int(line["from"][44:])))
            assert source is not None
            quantity = line["quantity"] if inflate else f"{line['quantity'].split()[0]}1 KGM"
            makes.append(
                {"of": n, "product": source.product, "lot": source.lot, "quantity": quantity}
                | ({"holder": source.holder} if source.holder else {})
            )
        lives = [self.live(record, n)[1] for n in range(len(record.outs))]
        draws = [self.draw_of(live) for live in lives if live is not None]
        self.voided.append(record)
        self.attempt(
            lambda: self.story.sign(
                self.party(choice, self._author(record), who),
                "correct",
                {"corrects": record.name, "reason": "Nhầm", "void": True},
                draws=draws or None,
                makes=makes or None,
            )
        )

    @precondition(lambda self: any(each.outs for each in self.flows))
    @rule(
        which=ANY,
        percent=st.sampled_from([0, 50, 90, 100, 110, 1000]),
        add=st.booleans(),
        most=st.booleans(),
    )
    def correct(self, which: int, percent: int, add: bool, most: bool) -> None:
        """An output should have been less, or more; what remains is made anew."""
        records = [each for each in self.flows if each.outs and each.claims["type"] != "correct"]
        if not records:
            return
        record = records[-8:][which % len(records[-8:])]
        out = record.outs[0]
        root, live = self.live(record, 0)
        assert root.made is not None
        drawn = root.used + ((live.made or 0) - (live.left or 0) if live else 0)
        should = root.made * percent // 100
        remains = max(should - drawn, 0) + (10**6 if add and percent == 90 else 0)
        code = out.quantity.split()[1]
        line: Claims = {
            "of": 0, "product": (live or root).product, "lot": (live or root).lot,
            "holder": self._author(record).id, "quantity": Quantity.of(remains, code).text,
        }  # fmt: skip
        self.attempt(
            lambda: self.story.sign(
                self._author(record),
                "correct",
                {
                    "corrects": record.name,
                    "reason": "Nhầm",
                    "outputs": [{"n": 0, "quantity": Quantity.of(should, code).text}],
                },
                draws=[self.draw_of(live, most)] if live and live.left else None,
                makes=[line] if remains else None,
            )
        )

    def _author(self, record: Signed) -> Party:
        return next(each for each in self.parties if each.id == record.claims["iss"])

    # -- tricks --------------------------------------------------------------------------------
    @precondition(lambda self: self.flows)
    @rule(which=ANY, nonce=st.booleans())
    def repeat(self, which: int, nonce: bool) -> None:
        """The same record again, or another with the same nonce."""
        record = self.flows[which % len(self.flows)]
        if nonce:
            line = (self.fruit, "F1", "1 KGM")
            author = self._author(record)
            again = self.attempt(
                lambda: self.story.acquire(author, [line], nonce=record.claims["nonce"])
            )
            assert again is None, "a nonce was taken twice"
        else:
            state = self.story.book.state
            before = snapshot(state)
            try:
                apply(record.record, Accepted(state.size, state.time), state)
            except GocError as error:
                assert error.code == "record.known"  # noqa: PT017
            else:
                raise AssertionError("the same record was taken twice")
            assert snapshot(state) == before

    @precondition(lambda self: self.outs)
    @rule(which=ANY, kind=st.sampled_from(["move-sort-pack", "ship"]))
    def relabel(self, which: int, kind: str) -> None:
        """As many pieces as they are milligrams, or as many milligrams as they are pieces."""
        out = self.some(which)
        party = self.holder(out)
        holding = self.story.holding(out)
        code = "H87" if holding.unit == "KGM" else "MGM"
        line = make(out.product, out.lot, f"{min(holding.left or 0, 10**11)} {code}", party)
        self.attempt(
            lambda: self.story.sign(
                party,
                "ship" if kind == "ship" else "transform",
                {} if kind == "ship" else {"kind": kind},
                draws=[draw(out, self.share(out, (1, 1)))],
                makes=[line],
            )
        )

    # -- in the end ----------------------------------------------------------------------------
    def teardown(self) -> None:
        """An auditor arrives at the same state, and no order of the records breaks a law."""
        assert snapshot(self.story.replay()) == snapshot(self.story.book.state)
        wires = [effects.record.wire for effects in self.story.book.effects]
        times = [effects.at.time for effects in self.story.book.effects]
        setup = len(wires) - len(self.flows)
        order = list(range(setup, len(wires)))
        random.Random(len(wires)).shuffle(order)
        books = Books(self.story.log, self.books.weights)
        for position in [*range(setup), *order]:
            record = codec.parse(wires[position])
            at = Accepted(books.state.size, times[-1])
            try:
                effects = apply(record, at, books.state)
            except GocError:
                assert position >= setup
                continue
            books.state.absorb(effects)
            books.take(effects)
        books.close()


TestFlowLaws = Market.TestCase
TestFlowLaws.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
