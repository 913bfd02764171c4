"""What there is of a lot, what a party holds, and who may know."""

import pytest

from tests.kit import DAY, HOUR, Out, World
from tests.plans import planned
from tests.storage.test_trace import Chain, Told
from traceability.core.facts import HoldingKey
from traceability.ledger.alerts import TIMED, UNRECORDED, alerts_of, open_alerts
from traceability.ledger.held import Held
from traceability.ledger.holdings import holding, holdings, shipment
from traceability.ledger.ledger import Ledger
from traceability.ledger.lots import LotView, lot, lots, newest
from traceability.ledger.tokens import Principal
from traceability.ledger.trace import trace_back
from traceability.ledger.viewer import AUDITOR, OPERATOR, PUBLIC, Viewer, viewer_of
from traceability.text import LANGUAGES, has_text


@pytest.fixture
def told(ledger: Ledger, world: World) -> Told:
    return Told(ledger, world)


@pytest.fixture
def chain(told: Told) -> Chain:
    return Chain(told.world)


def party(id_: str) -> Viewer:
    return viewer_of(Principal("t", "n", frozenset({"read"}), id_, "viewer"))


def seen(told: Told, gtin: str, code: str, viewer: Viewer) -> LotView:
    told.send()
    with told.ledger.reading() as now:
        found = lot(now, gtin, code, viewer)
    assert found is not None
    return found


def remaining(view: LotView) -> set[tuple[str | None, bool, str | None]]:
    assert view.remaining is not None
    return {(each.holder, each.transit, each.text) for each in view.remaining}


@pytest.fixture
def packed(chain: Chain) -> Out:
    """90 kg packed, of which 50 went to the one shop and 25 are on their way to the other."""
    lot = chain.pack([(chain.dock[0], "60 KGM"), (chain.dock[1], "30 KGM")], "P1", "90 KGM")
    chain.sell(lot[0], "50 KGM", chain.shops[0])
    chain.world.ship(chain.packhouse, [(lot[0], "25 KGM")], to=chain.shops[1])
    return lot[0]


def test_an_auditor_sees_what_was_made_and_who_has_what_is_left(
    told: Told, chain: Chain, packed: Out
) -> None:
    view = seen(told, chain.packed, "P1", AUDITOR)
    assert view.lot.maker == chain.packhouse.id
    assert view.made == ("90 KGM",)
    assert remaining(view) == {
        (chain.packhouse.id, False, "15 KGM"),
        (chain.shops[0].id, False, "50 KGM"),
        (chain.shops[1].id, True, "25 KGM"),
    }
    assert remaining(seen(told, chain.packed, "P1", OPERATOR)) == remaining(view)


def test_a_party_on_the_lots_way_sees_amounts_and_its_own_neighbours(
    told: Told, chain: Chain, packed: Out
) -> None:
    farm, shop = chain.farms[0].id, chain.shops[1].id
    upstream = seen(told, chain.packed, "P1", party(farm))
    assert upstream.made == ("90 KGM",)
    assert remaining(upstream) == {(None, False, "65 KGM"), (None, True, "25 KGM")}
    assert remaining(seen(told, chain.packed, "P1", party(shop))) == {
        (None, False, "65 KGM"),
        (shop, True, "25 KGM"),
    }
    maker = remaining(seen(told, chain.packed, "P1", party(chain.packhouse.id)))
    assert maker == {
        (chain.packhouse.id, False, "15 KGM"),
        (None, False, "50 KGM"),
        (shop, True, "25 KGM"),
    }


def test_others_see_that_there_is_such_a_lot_and_no_amounts(
    told: Told, chain: Chain, packed: Out
) -> None:
    stranger = told.world.party("supermarket")
    chain.pack([(chain.dock[1], "10 KGM")], "P2", "10 KGM")
    for viewer in (PUBLIC, party(stranger.id)):
        view = seen(told, chain.packed, "P1", viewer)
        assert view.lot.maker == chain.packhouse.id
        assert [each.made for each in view.origins] == [None]
        assert (view.made, view.remaining) == (None, None)
    assert seen(told, chain.packed, "P2", party(chain.farms[0].id)).made is None
    assert seen(told, chain.packed, "P2", party(chain.farms[1].id)).made == ("10 KGM",)


def test_nobody_gets_to_see_a_lot_by_declaring_to_have_some(
    told: Told, chain: Chain, packed: Out
) -> None:
    rival = told.world.party("supermarket")
    declared = told.world.acquire(rival, [(chain.packed, "P1", "1 KGM")])
    told.world.transform(rival, [declared[0]], [(chain.packed, "P1", "1 KGM")])
    view = seen(told, chain.packed, "P1", party(rival.id))
    assert (view.made, view.remaining) == (None, None)
    everything = seen(told, chain.packed, "P1", AUDITOR)
    assert everything.made == ("90 KGM",)
    assert everything.remaining is not None
    assert [each.holder for each in everything.remaining if each.declared] == [rival.id]


def test_goods_of_an_unknown_maker_are_shown_to_their_holder_while_it_is_the_only_one(
    told: Told, chain: Chain
) -> None:
    world, kitchen = told.world, chain.shops[1]
    world.acquire(kitchen, [(chain.pineapple, "X9", "10 KGM")])
    mine = party(kitchen.id)
    assert remaining(seen(told, chain.pineapple, "X9", mine)) == {(kitchen.id, False, "10 KGM")}
    assert seen(told, chain.pineapple, "X9", party(chain.coop.id)).made is None
    world.acquire(chain.coop, [(chain.pineapple, "X9", "99 KGM")])
    assert seen(told, chain.pineapple, "X9", mine).made is None
    assert seen(told, chain.pineapple, "X9", AUDITOR).made == ("109 KGM",)


def test_washing_a_lot_makes_no_more_of_it(told: Told, chain: Chain) -> None:
    world, farm = told.world, chain.farms[0]
    crop = world.harvest(farm, world.place(farm), [(chain.pineapple, "W1", "100 KGM")])
    world.transform(farm, [(crop[0], "60 KGM")], [(chain.pineapple, "W1", "59 KGM")])
    assert seen(told, chain.pineapple, "W1", AUDITOR).made == ("100 KGM",)
    silo = world.harvest(farm, world.place(farm), [(chain.pineapple, "W2", "30 KGM")])
    rest = (crop[0], "40 KGM")
    world.transform(farm, [silo[0], rest], [(chain.pineapple, "W2", "70 KGM")], kind="top-up")
    assert seen(told, chain.pineapple, "W2", AUDITOR).made == ("70 KGM",)


def test_a_corrected_lot_is_as_large_as_it_should_have_been(told: Told, chain: Chain) -> None:
    world, farm = told.world, chain.farms[0]
    harvest = world.harvest(farm, world.place(farm), [(chain.pineapple, "C1", "100 KGM")])
    world.ship(farm, [(harvest[0], "30 KGM")], to=chain.coop)
    make = {"product": chain.pineapple, "lot": "C1", "holder": farm.id, "of": 0}
    world.correct(
        farm,
        harvest,
        [(harvest[0], "70 KGM")],
        data={"outputs": [{"n": 0, "quantity": "80 KGM"}]},
        makes=[make | {"quantity": "50 KGM"}],
    )
    view = seen(told, chain.pineapple, "C1", AUDITOR)
    assert view.made == ("80 KGM",)
    assert remaining(view) == {(farm.id, False, "50 KGM"), (chain.coop.id, True, "30 KGM")}


def test_a_lot_whose_code_was_wrong_begins_with_the_correction(told: Told, chain: Chain) -> None:
    world, farm = told.world, chain.farms[0]
    harvest = world.harvest(farm, world.place(farm), [(chain.pineapple, "WRONG", "40 KGM")])
    make = {"product": chain.pineapple, "lot": "RIGHT", "holder": farm.id, "of": 0}
    world.correct(
        farm,
        harvest,
        [harvest[0]],
        data={"outputs": [{"n": 0, "quantity": "40 KGM"}]},
        makes=[make | {"quantity": "40 KGM"}],
    )
    right = seen(told, chain.pineapple, "RIGHT", AUDITOR)
    assert (right.made, remaining(right)) == (("40 KGM",), {(farm.id, False, "40 KGM")})
    assert [each.type for each in right.origins] == ["correct"]
    wrong = seen(told, chain.pineapple, "WRONG", AUDITOR)
    assert (wrong.made, wrong.remaining) == (("0 KGM",), ())


def test_there_is_no_lot_that_nobody_made(told: Told, chain: Chain) -> None:
    told.send()
    with told.ledger.reading() as now:
        assert lot(now, chain.pineapple, "none", AUDITOR) is None


def test_lots_come_page_by_page_and_each_once(told: Told, chain: Chain) -> None:
    for n in range(7):
        chain.pack([(chain.dock[0], "1 KGM")], f"P{n}", "1 KGM")
    told.send()
    with told.ledger.reading() as now:
        after, found = None, []
        while True:
            page = lots(now, maker=chain.packhouse.id, after=after, limit=3)
            found += [each.lot for each in page.items]
            after = page.next
            if after is None:
                break
        assert found == [f"P{n}" for n in range(7)]
        by_product = lots(now, product=chain.pineapple).items
        assert {each.lot for each in by_product} == {"F0", "F1"}
        assert len(lots(now).items) == 9


def names(items: tuple[Held, ...]) -> list[str]:
    return [each.name for each in items]


def test_a_party_finds_what_it_holds_oldest_first(told: Told, chain: Chain, packed: Out) -> None:
    told.send()
    house = chain.packhouse.id
    with told.ledger.reading() as now:
        mine = holdings(now, house).items
        assert [each.lot for each in mine] == ["F0", "F1", "P1"]
        assert [each.left for each in mine] == [40_000_000, 70_000_000, 15_000_000]
        assert names(holdings(now, house, lot="P1").items) == [packed.name]
        assert names(holdings(now, house, product=chain.packed).items) == [packed.name]
        assert holdings(now, house, product=chain.packed, lot="F0").items == ()
        assert holdings(now, house, place="l-0123456789abcdef").items == ()
        first = holdings(now, house, limit=2)
        assert names(first.items) + names(holdings(now, house, after=first.next).items) == names(
            mine
        )


def test_what_was_used_up_is_not_held(told: Told, chain: Chain) -> None:
    chain.pack([(chain.dock[0], "100 KGM")], "P1", "100 KGM")
    told.send()
    with told.ledger.reading() as now:
        assert [each.lot for each in holdings(now, chain.packhouse.id).items] == ["F1", "P1"]
        used = holding(now, chain.dock[0].name)
        assert used is not None
        assert used.left == 0


def test_goods_on_their_way_are_told_apart(told: Told, chain: Chain, packed: Out) -> None:
    shop = chain.shops[1].id
    told.send()
    with told.ledger.reading() as now:
        [coming] = holdings(now, shop, transit=True).items
        assert (coming.shipper, coming.left) == (chain.packhouse.id, 25_000_000)
        assert holdings(now, shop, transit=False).items == ()
        assert shipment(now, coming.record) == [coming]
        assert shipment(now, chain.lorry.name) == []
        assert shipment(now, "nonsense") == []


def test_a_holding_that_nobody_made_is_not_found(told: Told, chain: Chain) -> None:
    told.send()
    with told.ledger.reading() as now:
        assert holding(now, "A" * 43 + ".0") is None
        assert holding(now, chain.dock.name + ".9") is None
        assert holding(now, "x") is None


def test_no_list_reads_a_whole_table(told: Told, chain: Chain, packed: Out) -> None:
    told.send()
    with planned(told.ledger) as (now, plan):
        holdings(now, chain.packhouse.id, lot="P1", after=None)
        holding(now, packed.name)
        shipment(now, chain.lorry.name)
        lots(now, maker=chain.packhouse.id)
        lots(now, product=chain.packed)
        newest(now, chain.packhouse.id)
        lots(now)
        lot(now, chain.packed, "P1", AUDITOR)
        lot(now, chain.packed, "P1", party(chain.farms[0].id))
        alerts_of(now, [1, 2, 3], 0)
    assert plan.scans == []
    assert plan.uses("holding_live")
    assert plan.uses("holding_ship")
    assert plan.uses("lot_maker")


# -- alerts ----------------------------------------------------------------------------------------
def codes(told: Told, key: HoldingKey, time: int | None = None) -> list[tuple[str, bool]]:
    with told.ledger.reading() as now:
        graph = trace_back(now, [key])
        found = alerts_of(now, graph.records, time, graph.nodes)
    return [(each.code, each.closed is None) for each in found]


def test_a_lot_shows_the_alerts_of_all_that_it_was_made_of(told: Told, chain: Chain) -> None:
    world, farm = told.world, chain.farms[0]
    plot = world.place(farm)
    claimed = world.harvest(
        farm,
        plot,
        [],
        makes=[
            {"product": chain.pineapple, "lot": each, "holder": farm.id, "quantity": "9 KGM",
             "claims": claims}
            for each, claims in (("V1", ["vietgap"]), ("V2", []))
        ],
    )  # fmt: skip
    told.send()
    with told.ledger.reading() as now:
        index = now.reader.record(claimed.name)
    assert index is not None
    assert codes(told, (index.index, 0)) == [("certificate.missing", True)]
    assert codes(told, (index.index, 1)) == []
    world.certificate(world.party("certifier"), farm)
    told.send()
    assert codes(told, (index.index, 0)) == [("certificate.missing", False)]


def test_a_delivery_that_its_supplier_does_not_record_is_an_alert_after_two_days(
    told: Told, chain: Chain
) -> None:
    world, farm, kitchen = told.world, chain.farms[0], chain.shops[1]
    harvest = world.harvest(farm, world.place(farm), [(chain.pineapple, "K1", "30 KGM")])
    line = (chain.pineapple, "K1", "30 KGM")
    got = world.acquire(kitchen, [line], {"kind": "unrecorded", "party": farm.id})
    market = world.acquire(kitchen, [(chain.pineapple, "M1", "1 KGM")])
    told.send()
    taken, key = world.now, told.key(got[0])
    assert codes(told, key, taken + 47 * HOUR) == []
    assert codes(told, key, taken + 49 * HOUR) == [(UNRECORDED, True)]
    assert codes(told, told.key(market[0]), taken + 49 * HOUR) == []
    assert codes(told, key) == []
    world.later(3 * DAY)
    late = [{"from": harvest[0].name, "quantity": "30 KGM"}]
    world.sign(farm, "ship", {"closes": got.name}, draws=late)
    told.send()
    assert (UNRECORDED, False) in codes(told, key, world.now + 9 * DAY)
    with told.ledger.reading() as now:
        found = alerts_of(now, [key[0]], world.now)
    assert open_alerts(found) == []
    assert all(each.sentence for each in found)
    for language in LANGUAGES:
        assert all(has_text(language, f"alert.{code}") for code in TIMED)
    assert not any(each.serious for each in found)
