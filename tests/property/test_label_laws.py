"""The laws of labels, over whatever people may do with goods and labels (DESIGN §2, ``label``).

The parties of ``test_flow_laws`` go on as they do, and label lots besides: their own and others',
too many, ahead of packing, with reserves that are gone, and tear labels up. After every record:

* *no labels from nothing*: a lot is labelled no further than what its maker made of it, by books of
  our own that add up makes and draws and know no rule; but for what was reserved and there;
* *custody makes no labels*: what others do with the goods leaves that sum alone;
* *nothing is hidden*: where labels outrun goods without waiting for any, the alert stands, and
  where they do not, it does not;
* *the sums are the records'*: what the ledger keeps of a lot is what its label records add up to.
"""

from collections import defaultdict
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.kit import Party, Signed
from tests.property.test_flow_laws import ANY, HONESTY, SHARE, Market
from traceability.core.facts import Effects, Label, Lot, LotKey
from traceability.core.quantity import Quantity, unit
from traceability.core.rules.labels import labels_in

MAKING = frozenset({"harvest", "transform"})


class Labelled(Market):
    """People, what they have, and the labels that they print."""

    def __init__(self) -> None:
        super().__init__()
        self.prints: list[tuple[Party, Signed]] = []

    # -- labels --------------------------------------------------------------------------------
    @precondition(lambda self: self.outs)
    @rule(which=ANY, lot=st.integers(0, 9), share=SHARE, who=HONESTY, split=st.integers(1, 12))
    def label(self, which: int, lot: int, share: tuple[int, int], who: int, split: int) -> None:
        """Labels for what is in somebody's hands, or for a lot by its code."""
        out = self.some(which)
        code = out.lot if lot > 4 else f"F{lot}"
        party = self.party(which, self._maker(out.product, code), who)
        base = Quantity.parse(out.quantity).base * share[0] // share[1]
        self._print(party, out.product, code, base, out.quantity, split)

    @precondition(lambda self: self.outs)
    @rule(which=ANY, lot=st.integers(1, 8), share=SHARE, who=HONESTY, split=st.integers(1, 12))
    def label_ahead(
        self, which: int, lot: int, share: tuple[int, int], who: int, split: int
    ) -> None:
        """Labels for what will be made of something."""
        out = self.some(which)
        amount = self.share(out, share)
        holder = self.party(which, self.holder(out), who)
        self._print(holder, out.product, f"F{lot}", Quantity.parse(amount).base, amount, split,
                    ahead=[(out, amount)])  # fmt: skip

    def _print(
        self, party: Party, product: str, lot: str, base: int, like: str, split: int, **how: object
    ) -> None:
        net = Quantity.of(max(base // split, 1), like.split()[1]).text
        signed = self.attempt(
            lambda: self.story.label(party, product, lot, split, net, **how)  # type: ignore[arg-type]
        )
        if signed:
            self.prints.append((party, signed))

    @precondition(lambda self: self.prints)
    @rule(which=ANY, first=st.integers(0, 12), more=st.integers(0, 12), every=st.booleans())
    def void_labels(self, which: int, first: int, more: int, every: bool) -> None:
        """Labels are torn up, perhaps for the second time."""
        party, signed = self.prints[which % len(self.prints)]
        spans = () if every else ((first, first + more),)
        self.attempt(lambda: self.story.void_labels(party, signed, *spans))

    def _maker(self, product: str, lot: str) -> Party | None:
        found = self.story.book.state.lot((product, lot))
        maker = found.maker if found else None
        return next((each for each in self.parties if each.id == maker), None)

    # -- the laws ------------------------------------------------------------------------------
    def attempt(self, act: Callable[[], Signed]) -> Signed | None:
        """As before, and by the laws of labels too."""
        before = {key: lot.made for key, lot in self._lots().items()}
        signed = super().attempt(act)
        if signed is not None:
            effects = self.story.book.effects[-1]
            self._custody(effects, before)
            for key, lot in self._lots().items():
                self._sums(key, lot)
                self._made(key, lot)
                self._told(key, lot)
        return signed

    def _lots(self) -> dict[LotKey, Lot]:
        return {key: lot for key, lot in self.story.book.state.lots.items() if lot is not None}

    def _labels(self, key: LotKey) -> list[Label]:
        return [each for each in self.story.book.state.labels.get(key, ()) if each.lost is None]

    def _custody(self, effects: Effects, before: dict[LotKey, int | None]) -> None:
        for key, lot in self._lots().items():
            if effects.entry.type not in MAKING | {"correct"} or lot.maker != effects.entry.acting:
                assert lot.made == before.get(key, 0), "somebody else changed what was made"

    def _sums(self, key: LotKey, lot: Lot) -> None:
        stand = sum((each.count - labels_in(each.voided)) * each.each for each in self._labels(key))
        assert lot.labelled == stand

    def _made(self, key: LotKey, lot: Lot) -> None:
        """By our own books: what the maker's records made of the lot, less what they drew of it."""
        sums: dict[str, int] = defaultdict(int)
        for index, delta in self.books.deltas.items():
            entry = self.story.book.effects[index].entry
            if entry.type in MAKING and entry.acting == lot.maker and index >= lot.index:
                for (product, code, dimension), amount in delta.items():
                    if (product, code) == key:
                        sums[dimension] += amount
        assert lot.made is not None
        if lot.unit is None:
            assert not lot.made
        elif len(sums) == 1 and lot.made > 0:
            assert lot.made <= sums[unit(lot.unit).dimension.value], "labels from nothing"
        state = self.story.book.state
        backed = sum(each.worth or 0 for each in state.reserves_by_lot.get(key, ()) if each.party)
        fell = any(alert.key.code == "label.surplus" and alert.key.detail == key[1]
                   for alerts in state.alerts.values() for alert in alerts)  # fmt: skip
        assert lot.labelled <= max(lot.made, 0) + backed or fell

    def _told(self, key: LotKey, lot: Lot) -> None:
        assert lot.made is not None
        state = self.story.book.state
        marks = [alert for alert in state.alerts.get(lot.index, ())
                 if alert.key.code == "label.surplus" and alert.key.detail == key[1]
                 and alert.closed is None]  # fmt: skip
        if lot.labelled <= max(lot.made, 0):
            assert not marks, lot
        elif not state.reserves_by_lot.get(key):
            assert len(marks) == 1


TestLabelLaws = Labelled.TestCase
TestLabelLaws.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
