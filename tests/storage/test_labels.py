"""What the labels of a lot are worth, and what its record lacks before any is printed."""

from typing import Any

import pytest

from tests.kit import DAY, HOUR, Out, Signed, World
from tests.ledgers import codes, differences, send
from tests.memory import MemoryLedger
from tests.plans import planned
from traceability.audit.export import state_of as state_of_ledger
from traceability.core.needs import needs
from traceability.core.snapshot import snapshot
from traceability.core.verdicts import Report
from traceability.core.verify import verify
from traceability.core.way import Way
from traceability.ledger.alerts import on_way
from traceability.ledger.bundles import bundle
from traceability.ledger.labels import (
    LabelState,
    LotLabels,
    label_records,
    labelled,
    labels_of,
    runs_of,
)
from traceability.ledger.ledger import Ledger
from traceability.ledger.lots import lot, lots, newest
from traceability.ledger.readiness import CODES, OPTIONAL, Lack, is_ready, lacks
from traceability.ledger.rebuild import check, rebuild
from traceability.ledger.tokens import Principal
from traceability.ledger.viewer import AUDITOR, PUBLIC, Viewer, viewer_of
from traceability.text import LANGUAGES, has_text


class House:
    """A cooperative packs what its member harvested, in bags of a kilogram."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger = world, ledger
        self.coop, self.shop = world.party("cooperative"), world.party("supermarket")
        self.stranger = world.party("supermarket")
        self.farm = world.party("farm", memberOf=[self.coop.id])
        self.fruit, self.bag = world.product(self.coop), world.product(self.coop)
        self.house = world.place(self.coop, "packhouse")
        crop = world.harvest(self.farm, world.place(self.farm), [(self.fruit, "V1", "100 KGM")])
        self.came = world.receive(
            self.coop, world.ship(self.farm, [crop[0]], to=self.coop), place=self.house
        )[0]

    def label(self, count: int, lot: str = "T1", ahead: str | None = None) -> Signed:
        kept = [] if ahead is None else [(self.came, ahead)]
        return self.world.label(self.coop, self.bag, lot, count, ahead=kept)

    def pack(self, quantity: str, lot: str = "T1") -> Out:
        line = (self.bag, lot, quantity)
        return self.world.transform(self.coop, [(self.came, quantity)], [line], place=self.house)[0]

    def send(self) -> None:
        fresh = self.world.take()
        assert codes(send(self.ledger, fresh)) == [None] * len(fresh)

    def seen(self, viewer: Viewer = AUDITOR, lot: str = "T1", later: int = 0) -> LotLabels | None:
        self.send()
        with self.ledger.reading() as now:
            return labels_of(now, self.bag, lot, viewer, self.world.now + later)

    def state(
        self, labels: Signed, index: int, lot: str = "T1", later: int = 0
    ) -> LabelState | None:
        self.send()
        with self.ledger.reading() as now:
            runs = runs_of(now, self.bag, lot, self.world.now + later)
        return next((run.state(index) for run in runs if run.label.name == labels.name), None)


@pytest.fixture
def house(world: World, ledger: Ledger) -> House:
    return House(world, ledger)


def test_a_makers_lots_are_listed_newest_first_with_those_it_has_only_labels_for(
    house: House,
) -> None:
    house.pack("10 KGM", "T1")
    house.label(5, "T9", ahead="5 KGM")
    house.pack("10 KGM", "T2")
    house.send()
    with house.ledger.reading() as now:
        first = newest(now, house.coop.id, limit=2)
        rest = newest(now, house.coop.id, after=first.next)
        assert [each.lot for each in first.items] == ["T2", "T9"]
        assert ([each.lot for each in rest.items], rest.next) == (["T1"], None)
        assert [each.lot for each in newest(now, house.farm.id).items] == ["V1"]
        assert labelled(now, 5) == [(house.bag, "T9")]


def party(id_: str) -> Viewer:
    return viewer_of(Principal("t", "n", frozenset({"read"}), id_, "viewer"))


def sums(found: LotLabels | None) -> tuple[Any, ...]:
    assert found is not None
    return found.printed, found.voided, found.packed, found.waiting, found.left_over


def test_labels_get_their_goods_in_order(house: House) -> None:
    first = house.label(30, ahead="50 KGM")
    second = house.label(20)
    assert sums(house.seen()) == (50, 0, 0, 50, 0)
    house.pack("25 KGM")
    house.world.void_labels(house.coop, first, (3, 4), (10, 10))
    assert sums(house.seen()) == (50, 3, 25, 22, 0)
    # 27 of the first stand, and 25 kg are packed.
    states = {index: house.state(first, index) for index in (0, 2, 3, 4, 5, 10, 27, 28, 29)}
    assert states == {
        0: "packed", 2: "packed", 3: "void", 4: "void", 5: "packed", 10: "void", 27: "packed",
        28: "not-yet", 29: "not-yet",
    }  # fmt: skip
    assert [house.state(second, index) for index in (0, 19)] == ["not-yet"] * 2
    house.pack("22 KGM")
    assert [house.state(second, index) for index in (0, 19)] == ["packed"] * 2
    found = house.seen()
    assert sums(found) == (50, 3, 47, 0, 0)
    assert found is not None
    assert (found.room, found.left) == ("0 KGM", 0)
    house.pack("2.5 KGM")
    found = house.seen()
    assert found is not None
    assert (found.room, found.left) == ("2.5 KGM", 2)


def test_there_is_no_other_label(house: House) -> None:
    first = house.label(30, ahead="50 KGM")
    other = house.label(5, "T2", ahead="5 KGM")
    torn = house.world.void_labels(house.coop, first, (0, 0))
    for labels, index in ((first, 30), (first, -1), (other, 0), (torn, 0)):
        assert house.state(labels, index) is None
    assert house.state(first, 0, "T9") is None
    assert house.seen(lot="T9") is None


def test_what_is_left_over_when_the_lot_closes_is_void(house: House) -> None:
    labels = house.label(30, ahead="50 KGM")
    house.pack("20 KGM")
    soon, late = 71 * HOUR, 73 * HOUR
    assert [house.state(labels, n, later=soon) for n in (19, 20)] == ["packed", "not-yet"]
    assert [house.state(labels, n, later=late) for n in (19, 20)] == ["packed", "void"]
    assert sums(house.seen(later=late)) == (30, 0, 20, 0, 10)


def test_labels_of_a_lot_that_another_makes_are_void(house: House) -> None:
    world = house.world
    pineapple = world.product(house.shop)
    kept = [(house.came, "10 KGM")]
    labels = world.label(house.coop, pineapple, "P1", 10, ahead=kept)
    world.harvest(house.farm, world.place(house.farm), [(pineapple, "P1", "10 KGM")])
    house.send()
    with house.ledger.reading() as now:
        [run] = runs_of(now, pineapple, "P1", world.now)
        assert (run.label.name, run.state(0)) == (labels.name, "void")


def test_a_lot_that_there_are_only_labels_for_is_none(house: House) -> None:
    house.label(30, ahead="50 KGM")
    house.send()
    with house.ledger.reading() as now:
        assert now.reader.lot((house.bag, "T1")) is None
        assert lot(now, house.bag, "T1", AUDITOR) is None
        assert [each.lot for each in lots(now).items] == ["V1"]
        assert [each.count for each in label_records(now, house.bag, "T1")] == [30]
    house.pack("10 KGM")
    house.send()
    with house.ledger.reading() as now:
        assert {each.lot for each in lots(now).items} == {"V1", "T1"}


def test_how_many_there_are_is_for_the_parties_on_the_way(house: House) -> None:
    house.label(30, ahead="50 KGM")
    assert house.seen(PUBLIC) is None
    assert house.seen(party(house.farm.id)) is None
    assert house.seen(party(house.coop.id)) is not None
    packed = house.pack("20 KGM")
    house.world.receive(house.shop, house.world.ship(house.coop, [packed], to=house.shop))
    for known in (house.farm, house.coop, house.shop):
        assert house.seen(party(known.id)) is not None
    assert house.seen(party(house.stranger.id)) is None


def test_two_writers_keep_one_budget(house: House, ledger: Ledger, world: World) -> None:
    """What one process printed, the other knows under the lock."""
    other = Ledger(ledger.database, world.signer, world.clock)
    house.pack("50 KGM")
    house.send()
    first, second = house.label(30), house.label(30)
    assert codes(send(ledger, [first])) == [None]
    assert codes(send(other, [second])) == ["label.over"]
    assert codes(send(ledger, [house.label(20)])) == [None]
    other.appender.close()


def test_database_memory_and_rebuild_agree(house: House, ledger: Ledger, world: World) -> None:
    first = house.label(30, ahead="50 KGM")
    house.pack("25 KGM")
    world.void_labels(house.coop, first, (3, 4))
    house.label(5, "T2", ahead="5 KGM")
    packed = house.pack("20 KGM", "T3")
    house.label(20, "T3")
    world.transform(house.coop, [packed], [(house.bag, "T4", "20 KGM")])
    memory = MemoryLedger(world)
    send(ledger, world.records, size=7)
    for signed in world.records:
        memory.append(signed, world.now)
    with ledger.reading() as now:
        assert differences(now.reader, memory.state) == []
        assert snapshot(state_of_ledger(now, now.head())) == snapshot(memory.state)
    assert check(ledger.database) is None
    rebuild(ledger.database)
    assert check(ledger.database) is None


def test_what_a_batch_asks_reads_no_table_whole(house: House, ledger: Ledger) -> None:
    for n in range(300):
        house.pack("10 GRM", f"B{n}")
        if n % 10 == 0:
            house.label(1, f"A{n}", ahead="1 KGM")
    house.send()
    drawn = [each.record for each in house.world.records if each.claims["type"] == "transform"]
    labels = [each.record for each in house.world.records if each.claims["type"] == "label"]
    with planned(ledger) as (now, plan):
        now.reader.batch(needs([*drawn[:3], *labels[:3]]), [1], [("product", house.bag)])
        now.reader.labels_of((house.bag, "A10"))
        now.reader.reserves_for((house.bag, "A10"))
        now.reader.reserves_on((0, 0))
    assert plan.scans == []


# -- before printing -------------------------------------------------------------------------------
def lacking(house: House, product: str, code: str) -> tuple[Lack, ...]:
    house.send()
    with house.ledger.reading() as now:
        report: Report = verify(
            bundle(now, product, code, PUBLIC), house.world.signer.key, threads=1
        )
        assert report.state is not None
        way = Way(report.records, report.state, (product, code))
        return lacks(report, on_way(now, report, way, house.world.now), product, code)


def test_every_lack_has_its_texts() -> None:
    for code in CODES:
        for language in LANGUAGES:
            assert has_text(language, f"ready.{code}")
    for state in ("packed", "not-yet", "void", "unknown"):
        assert all(has_text(language, f"label.state.{state}") for language in LANGUAGES)
    assert set(CODES) > OPTIONAL
    assert {Lack(code).field for code in CODES} == set(range(11))


def test_a_lot_says_what_is_missing_of_the_ten_fields(house: House) -> None:
    world = house.world
    house.pack("50 KGM")
    found = lacking(house, house.bag, "T1")
    missing = ("picture", "address", "restricted", "brand", "shelf-life", "standards")
    assert {each.code: each.count for each in found} == dict.fromkeys(missing, 1)
    assert not is_ready(found)
    # Two stages more that say nothing of where.
    packed = next(each for each in world.records if each.outs and each[0].lot == "T1")
    back = world.receive(house.coop, world.ship(house.coop, [packed[0]], to=house.coop))
    world.transform(house.coop, [back[0]], [(house.bag, "T2", "50 KGM")])
    counts = {each.code: each.count for each in lacking(house, house.bag, "T2")}
    assert counts == dict.fromkeys(missing, 1) | {"stage-place": 2}


def test_a_lot_that_lacks_nothing_is_ready(house: House) -> None:
    world = house.world
    where = {"province": "Cần Thơ", "commune": "Xã Tân Bình"}
    maker = world.party("cooperative", name="HTX Đủ", address=where)
    whole = world.product(
        maker, brand="Cầu Đúc", shelfLife=7, standards=["TCVN 12827:2023"],
        picture={"sha256": "0" * 64, "type": "image/png"},
    )  # fmt: skip
    world.harvest(maker, world.place(maker), [(whole, "D1", "10 KGM")])
    found = lacking(house, whole, "D1")
    assert [each.code for each in found if each.needed] == []
    assert is_ready(found)
    world.later(4 * DAY)
    claimed = [{"product": whole, "lot": "D2", "holder": maker.id, "quantity": "1 KGM",
                "claims": ["vietgap"]}]  # fmt: skip
    world.harvest(maker, world.place(maker), [], makes=claimed)
    assert [each.code for each in lacking(house, whole, "D2") if each.needed] == ["certificate"]


def test_goods_from_outside_have_no_maker_to_show(house: House) -> None:
    world = house.world
    world.acquire(house.shop, [(house.fruit, "X1", "10 KGM")])
    found = {each.code for each in lacking(house, house.fruit, "X1")}
    assert {"maker-name", "address", "stage-place", "declared"} <= found
