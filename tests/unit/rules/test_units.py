"""Crates and pallets: packed once, moved as a whole, opened in the open (DESIGN §2, ``unit``)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from tests.kit import Claims, Drawn, Out, Party, Signed
from tests.telling import loss
from tests.unit.rules.scene import Scene
from traceability.core import codec, ids
from traceability.core.facts import Accepted, Unit
from traceability.core.rules import apply, units
from traceability.core.state import State


def sscc(number: int) -> str:
    """A Serial Shipping Container Code."""
    body = f"0893{number:013d}"
    return body + str(ids.check_digit(body))


class Yard:
    """The farm's harvest of 100 kg, and what is packed of it."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.story = scene, scene.story
        self.farm, self.shop = scene.farm, scene.shop
        self.harvest = scene.crop("100 KGM", "N1")
        self.crop = self.harvest[0]

    def crate(self, number: str, quantity: str = "10 KGM", of: Out | None = None) -> Signed:
        return self.story.pack(self.farm, number, [(of or self.crop, quantity)])

    def pallet(self, number: str, *inside: Signed, **more: Any) -> Signed:
        return self.story.pack(self.farm, number, units=inside, kind="pallet", **more)

    def ship(self, draws: Sequence[Drawn], *named: Signed, **more: Any) -> Signed:
        data = {"units": [each.name for each in named]}
        return self.story.ship(self.farm, draws, to=self.shop, data=data, **more)

    def receive(
        self, sent: Signed, outcomes: Sequence[tuple[Signed, str]], by: Party | None = None,
        **more: Any,
    ) -> Signed:  # fmt: skip
        lines: list[Claims] = [{"unit": each.name, "outcome": what} for each, what in outcomes]
        return self.story.receive(by or self.shop, sent, data={"units": lines}, **more)

    def unit(self, signed: Signed) -> Unit:
        """A unit as it now stands."""
        found = self.story.book.state.units.get(self.story.index(signed))
        assert found is not None
        return found

    def sources(self, signed: Signed) -> list[tuple[int, int]]:
        return [each.source for each in self.unit(signed).contents]

    def key(self, out: Out) -> tuple[int, int]:
        entry = self.story.book.state.record(out.record)
        assert entry is not None
        return entry.index, out.n


@pytest.fixture
def yard(scene: Scene) -> Yard:
    return Yard(scene)


# -- what a record says ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [
        {"kind": None}, {"number": None}, {"sscc": sscc(1)}, {"contents": []},
        {"opens": ["A" * 43]}, {"contents": [], "opens": ["A" * 43]},
    ],
)  # fmt: skip
def test_a_unit_is_packed_or_opened_and_has_one_number(yard: Yard, data: Claims) -> None:
    contents = [{"from": yard.crop.name, "quantity": "1 KGM"}]
    whole = {"kind": "crate", "number": "17", "contents": contents} | data
    with yard.story.refuses("unit.says"):
        yard.story.sign(yard.farm, "unit", {k: v for k, v in whole.items() if v is not None})


def test_an_sscc_is_checked(yard: Yard) -> None:
    right = sscc(7)
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    with yard.story.refuses("sscc.check-digit"):
        yard.crate(wrong)
    yard.crate(right)
    assert yard.unit(yard.pallet(sscc(8), yard.crate(sscc(9)))).sscc


# -- packing ---------------------------------------------------------------------------------------
def test_a_part_of_a_holding_is_packed_once(yard: Yard) -> None:
    for number in range(9):
        yard.crate(f"{number}")
    with yard.story.refuses("unit.packed"):
        yard.crate("9", "10.001 KGM")
    last = yard.crate("9")
    with yard.story.refuses("unit.packed"):
        yard.crate("10", "1 GRM")
    yard.story.unpack(yard.farm, last)
    yard.crate("10", "10 KGM")


def test_no_more_is_packed_than_there_is(yard: Yard) -> None:
    yard.story.consume(yard.farm, [(yard.crop, "60 KGM")])
    with yard.story.refuses("draw.over"):
        yard.crate("1", "41 KGM")
    yard.crate("1", "40 KGM")


def test_goods_are_drawn_whatever_they_lie_in(yard: Yard) -> None:
    """A balance rests on draws alone; that a crate was opened need not be told first."""
    crate = yard.crate("1", "100 KGM")
    yard.story.consume(yard.farm, [(yard.crop, "60 KGM")])
    with yard.story.refuses("draw.over"):
        yard.ship([(yard.crop, "41 KGM")], crate)
    with yard.story.refuses("unit.not-drawn"):
        yard.ship([(yard.crop, "40 KGM")], crate)
    yard.story.consume(yard.farm, [(yard.crop, "40 KGM")])


def test_one_packs_what_one_holds(yard: Yard) -> None:
    story, scene = yard.story, yard.scene
    with story.refuses("draw.foreign"):
        story.pack(scene.lone, "1", [(yard.crop, "1 KGM")])
    crate = yard.crate("1")
    with story.refuses("unit.foreign"):
        story.pack(scene.lone, "2", units=[crate])
    with story.refuses("unit.foreign"):
        story.unpack(scene.lone, crate)
    sent = story.ship(yard.farm, [(yard.crop, "5 KGM")], to=yard.shop)
    with story.refuses("draw.in-transit"):
        story.pack(yard.shop, "1", [(sent[0], "1 KGM")])
    with story.refuses("draw.unknown"):
        story.pack(yard.farm, "3", [(Out("A" * 43, 0, yard.crop.product, "N1", "1 KGM"), "1 KGM")])
    with story.refuses("draw.twice"):
        story.pack(yard.farm, "3", [(yard.crop, "1 KGM"), (yard.crop, "1 KGM")])
    with story.refuses("draw.unit"):
        story.pack(yard.farm, "3", [(yard.crop, "1 LTR")])
    heir = story.party("farm", succeeds=[yard.farm.id])
    story.unpack(heir, crate)


def test_a_crate_of_ones_own_goes_round_and_round(yard: Yard) -> None:
    story = yard.story
    first = yard.crate("17")
    with story.refuses("unit.number"):
        yard.crate("17")
    other = story.harvest(
        yard.scene.lone, yard.scene.lone_plot, [(yard.crop.product, "Z", "9 KGM")]
    )
    story.pack(yard.scene.lone, "17", [(other[0], "9 KGM")])  # each party counts for itself
    story.unpack(yard.farm, first)
    second = yard.crate("17", "20 KGM")
    sent = yard.ship([(yard.crop, "20 KGM")], second)
    third = yard.crate("17")  # the crates come back empty, and nobody tells the ledger
    yard.receive(sent, [(second, "refused")], refused={0: "20 KGM"})
    for twice in (second, third):
        with story.refuses("unit.number"):
            yard.crate("17")
        story.unpack(yard.farm, twice)
    fourth = yard.crate("17")
    yard.receive(yard.ship([(yard.crop, "10 KGM")], fourth), [(fourth, "accepted")])
    fifth = yard.crate("17")
    story.consume(yard.farm, [(yard.crop, "70 KGM")])
    assert yard.unit(fifth).opened is None
    other = yard.scene.crop("5 KGM", "N2")
    yard.crate("17", "5 KGM", other[0])  # nothing of what the fifth held is left
    assert yard.unit(fifth).opened is not None, "so it was opened"


def test_an_sscc_is_not_given_twice_once_it_has_left(yard: Yard) -> None:
    story = yard.story
    first = yard.crate(sscc(1))
    story.unpack(yard.farm, first)
    second = yard.crate(sscc(1))
    sent = yard.ship([(yard.crop, "10 KGM")], second)
    back = yard.receive(sent, [(second, "refused")], refused={0: "10 KGM"})
    assert back.outs
    story.unpack(yard.farm, second)
    with story.refuses("unit.number"):
        yard.crate(sscc(1))
    yard.crate(sscc(1)[1:])  # the same figures as a number of one's own are another number


# -- nesting ---------------------------------------------------------------------------------------
def test_units_stand_in_units(yard: Yard) -> None:
    story = yard.story
    crates = [yard.crate(f"{n}") for n in range(3)]
    pallet = yard.pallet("P", *crates[:2])
    for act in (partial(yard.pallet, "Q", crates[0]), partial(story.unpack, yard.farm, crates[0])):
        with story.refuses("unit.inside"):
            act()
    with story.refuses("unit.inside"):
        yard.ship([(yard.crop, "10 KGM")], crates[0])
    with story.refuses("unit.twice"):
        yard.pallet("Q", crates[2], crates[2])
    with story.refuses("unit.unknown"):
        story.sign(
            yard.farm, "unit", {"kind": "pallet", "number": "Q", "units": [yard.crop.record]}
        )
    with story.refuses("unit.unknown"):
        story.sign(yard.farm, "unit", {"opens": ["A" * 43]})
    story.unpack(yard.farm, pallet)
    with story.refuses("unit.opened"):
        story.unpack(yard.farm, pallet)
    with story.refuses("unit.opened"):
        yard.pallet("Q", pallet)
    again = yard.pallet("Q", *crates)
    story.unpack(yard.farm, crates[1], again)  # both at once, in whatever order
    assert [yard.unit(each).opened is None for each in crates] == [True, False, True]
    assert [yard.unit(each).parent for each in crates] == [None] * 3


def test_nesting_has_an_end(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = yard.crate("1")
    for depth in range(2, units.DEEPEST + 1):
        inner = yard.pallet(f"{depth}", inner)
    with yard.story.refuses("unit.depth"):
        yard.pallet("too-deep", inner)
    monkeypatch.setattr(units, "MOST_INSIDE", units.DEEPEST)
    one = yard.crate("one")
    two = yard.crate("two")
    monkeypatch.setattr(units, "MOST_INSIDE", 1)
    with yard.story.refuses("unit.size"):
        yard.pallet("too-large", one, two)
    with yard.story.refuses("unit.size"):
        yard.ship([(yard.crop, "20 KGM")], one, two)
    monkeypatch.setattr(units, "MOST_ON_HOLDING", 3)
    with yard.story.refuses("unit.many"):
        yard.crate("three")


# -- on the way ------------------------------------------------------------------------------------
def test_a_shipment_takes_its_units_along(yard: Yard) -> None:
    story = yard.story
    crates = [yard.crate(f"{n}") for n in range(4)]
    pallet = yard.pallet(sscc(1), *crates[:3])
    with story.refuses("unit.not-drawn"):
        yard.ship([(yard.crop, "39 KGM")], pallet, crates[3])
    other = yard.scene.crop("50 KGM", "N2")
    with story.refuses("unit.not-drawn"):
        yard.ship([(other[0], "40 KGM")], pallet)
    sent = yard.ship([(yard.crop, "45 KGM")], pallet, crates[3])  # five of them loose
    for each in (pallet, *crates):
        assert yard.unit(each).ship == story.index(sent)
        assert yard.unit(each).holder == yard.shop.id
        assert yard.sources(each) == ([] if each is pallet else [(story.index(sent), 0)])
    for act in (partial(story.unpack, yard.farm, pallet), partial(yard.pallet, "Q", pallet)):
        with story.refuses("unit.foreign"):
            act()
    with story.refuses("unit.in-transit"):
        story.unpack(yard.shop, pallet)


def test_the_receiver_has_what_it_accepts_as_it_was_packed(yard: Yard) -> None:
    story = yard.story
    crates = [yard.crate(f"{n}") for n in range(4)]
    pallet = yard.pallet(sscc(1), *crates[:3])
    sent = yard.ship([(yard.crop, "40 KGM")], pallet, crates[3])
    got = yard.receive(sent, [(pallet, "accepted"), (crates[3], "refused")], refused={0: "10 KGM"})
    accepted = next(out for out in got.outs if out.quantity == "30 KGM")
    refused = next(out for out in got.outs if out.quantity == "10 KGM")
    assert [yard.sources(each) for each in crates] == (
        [[yard.key(accepted)]] * 3 + [[yard.key(refused)]]
    )
    assert [yard.unit(each).holder for each in (pallet, *crates)] == [yard.shop.id] * 4 + [
        yard.farm.id
    ]
    assert {yard.unit(each).ship for each in (pallet, *crates)} == {None}
    story.unpack(yard.shop, pallet)
    sold = story.ship(
        yard.shop, [(accepted, "30 KGM")], to=yard.scene.kitchen,
        data={"units": [each.name for each in crates[:3]]},
    )  # fmt: skip
    yard.receive(sold, [(crates[0], "accepted")], by=yard.scene.kitchen)
    with story.refuses("unit.in-transit"):  # it came too, and nobody looked at it
        story.unpack(yard.scene.kitchen, crates[1])


def test_where_a_crate_is_named_its_pallet_was_taken_apart(yard: Yard) -> None:
    crates = [yard.crate(f"{n}") for n in range(4)]
    pallet = yard.pallet(sscc(1), *crates)
    outer = yard.pallet(sscc(2), pallet)
    sent = yard.ship([(yard.crop, "40 KGM")], outer)
    for twice in (
        [(outer, "accepted"), (crates[0], "refused")],
        [(crates[0], "refused"), (pallet, "accepted")],
    ):
        with yard.story.refuses("unit.inside"):
            yard.receive(sent, twice, refused={0: "10 KGM"})
    with yard.story.refuses("unit.twice"):
        yard.receive(sent, [(crates[0], "accepted")] * 2)
    outcomes = ("accepted", "accepted", "refused", "missing")
    yard.receive(
        sent, list(zip(crates, outcomes, strict=True)), refused={0: "10 KGM"},
        losses=[loss("missing", "10 KGM")],
    )  # fmt: skip
    whole = [yard.unit(each).opened is None for each in (outer, pallet, *crates)]
    assert whole == [False, False, True, True, True, False]
    assert {yard.unit(each).parent for each in (pallet, *crates)} == {None}


def test_what_is_lost_is_lost_with_all_that_is_in_it(yard: Yard) -> None:
    crate = yard.crate("1")
    pallet = yard.pallet(sscc(1), crate)
    sent = yard.ship([(yard.crop, "20 KGM")], pallet)
    yard.receive(sent, [(pallet, "damaged")], losses=[loss("damaged", "10 KGM")])
    assert [yard.unit(each).outcome for each in (pallet, crate)] == ["damaged", "damaged"]


def test_a_receipt_says_no_more_of_units_than_of_goods(yard: Yard) -> None:
    crate, home = yard.crate("1"), yard.crate("2")
    sent = yard.ship([(yard.crop, "10 KGM")], crate)
    with yard.story.refuses("unit.not-shipped"):
        yard.receive(sent, [(home, "accepted")])
    with yard.story.refuses("unit.not-received"):
        yard.receive(sent, [(crate, "accepted")], losses=[loss("missing", "1 KGM")])
    with yard.story.refuses("unit.not-received"):
        yard.receive(sent, [(crate, "refused")])
    yard.receive(sent, [(crate, "accepted")])


def test_a_late_shipment_names_no_units(yard: Yard) -> None:
    story = yard.story
    crate = yard.crate("1")
    source = {"kind": "unrecorded", "party": yard.farm.id}
    came = story.acquire(yard.shop, [(yard.crop.product, "N1", "10 KGM")], source=source)
    data = {"closes": came.name, "units": [crate.name]}
    with story.refuses("unit.closes"):
        story.sign(yard.farm, "ship", data, draws=[{"from": yard.crop.name, "quantity": "10 KGM"}])


# -- goods that are made anew ----------------------------------------------------------------------
def test_units_go_with_goods_that_are_counted(yard: Yard) -> None:
    story = yard.story
    crate = yard.crate("1")
    pallet = yard.pallet("P", crate)
    counted = story.count(yard.farm, [yard.crop], [(yard.crop.product, "N1", "98 KGM")],
                          losses=[loss("unknown", "2 KGM")])  # fmt: skip
    assert yard.sources(crate) == [yard.key(counted[0])]
    assert yard.unit(crate).parent == story.index(pallet)
    with story.refuses("unit.packed"):
        yard.crate("2", "89 KGM", counted[0])
    yard.ship([(counted[0], "10 KGM")], pallet)


def test_what_a_stocktake_does_not_find_is_no_unit(yard: Yard) -> None:
    crate = yard.crate("1")
    pallet = yard.pallet("P", crate)
    yard.story.count(yard.farm, [yard.crop], [], losses=[loss("theft", "100 KGM")])
    assert [yard.unit(each).opened is None for each in (pallet, crate)] == [False, False]


def test_a_shipment_that_is_voided_leaves_its_units_where_they_were(yard: Yard) -> None:
    story = yard.story
    crate = yard.crate("1")
    pallet = yard.pallet("P", crate)
    sent = yard.ship([(yard.crop, "10 KGM")], pallet)
    makes = [{"of": 0, "product": yard.crop.product, "lot": "N1", "quantity": "10 KGM"}]
    void = story.correct(yard.farm, sent, [sent[0]], data={"void": True}, makes=makes)
    for each in (pallet, crate):
        assert (yard.unit(each).holder, yard.unit(each).ship) == (yard.farm.id, None)
    assert yard.sources(crate) == [yard.key(void[0])]
    yard.ship([(void[0], "10 KGM")], pallet)


def test_a_lot_that_is_corrected_is_corrected_in_its_units(yard: Yard) -> None:
    story = yard.story
    crate = yard.crate("1")
    line = {"of": 0, "product": yard.crop.product, "lot": "N2", "quantity": "90 KGM"}
    line |= {"holder": yard.farm.id}
    should = {"outputs": [{"n": 0, "quantity": "90 KGM"}]}
    made = story.correct(yard.farm, yard.harvest, [yard.crop], data=should, makes=[line])
    assert [each.lot for each in yard.unit(crate).contents] == ["N2"]
    yard.ship([(made[0], "10 KGM")], crate)


def test_goods_that_are_unmade_leave_no_unit(yard: Yard) -> None:
    crate = yard.crate("1")
    yard.story.correct(yard.farm, yard.harvest, [yard.crop], data={"void": True}, makes=[])
    assert yard.unit(crate).opened is not None


# -- what is not shown -----------------------------------------------------------------------------
def test_no_rule_refuses_what_is_not_disclosed(yard: Yard) -> None:
    """An auditor who is shown no amounts arrives at the same units."""
    story = yard.story
    crates = [yard.crate(f"{n}") for n in range(3)]
    pallet = yard.pallet(sscc(1), *crates)
    sent = yard.ship([(yard.crop, "30 KGM")], pallet)
    yard.receive(sent, [(pallet, "accepted")])
    blind = State(story.book.state.log)
    for effects in story.book.effects:
        record = codec.parse(effects.record.wire.partition(b"~")[0] + b"~", complete=False)
        blind.absorb(apply(record, Accepted(effects.at.index, effects.at.time), blind))
    for each in (pallet, *crates):
        seen, known = blind.units.get(story.index(each)), yard.unit(each)
        assert seen is not None
        assert (seen.holder, seen.ship, seen.parent, seen.opened) == (
            known.holder, known.ship, known.parent, known.opened,
        )  # fmt: skip
        assert [line.source for line in seen.contents] == yard.sources(each)
