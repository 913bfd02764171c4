"""An answer about a lot holds exactly as long as nothing is said that would change it."""

from collections.abc import Callable

import pytest

from tests.bustle import Bustle
from tests.kit import Signed, World
from tests.storage.test_trace import Chain, Told
from traceability.core.verify import verify
from traceability.ledger.bundles import bundle
from traceability.ledger.ledger import Ledger
from traceability.ledger.news import News, topics_of
from traceability.ledger.viewer import PUBLIC

Topics = frozenset[tuple[str, str]]


def topics(ledger: Ledger, gtin: str, lot: str) -> Topics:
    """What an answer about a lot, made now, speaks of."""
    with ledger.reading() as now:
        report = verify(bundle(now, gtin, lot, PUBLIC), ledger.vkey)
    return topics_of((record for record, *_ in report.records), gtin, lot)


@pytest.fixture
def told(ledger: Ledger, world: World) -> Told:
    return Told(ledger, world)


@pytest.fixture
def chain(told: Told) -> Chain:
    made = Chain(told.world)
    told.send()
    return made


SAYINGS: dict[str, Callable[[Chain, World, Signed], object]] = {
    "a correction": lambda chain, world, crop: world.correct(
        chain.farms[0], crop, [crop[0]], data={"void": True}
    ),
    "a diary of its plot": lambda chain, world, crop: world.diary(
        chain.farms[0], crop.claims["place"], "pesticide", phi=30
    ),
    "an inspection of the lot": lambda chain, world, _: world.inspect(
        world.party("laboratory"), {"product": chain.pineapple, "lot": "N1"}
    ),
    "an inspection of its plot": lambda _, world, crop: world.inspect(
        world.party("laboratory"), {"place": crop.claims["place"]}
    ),
    "an inspection of its harvest": lambda _, world, crop: world.inspect(
        world.party("laboratory"), {"record": crop.name}, "fail"
    ),
    "more of the lot": lambda chain, world, crop: world.harvest(
        chain.farms[0], crop.claims["place"], [(chain.pineapple, "N1", "1 KGM")]
    ),
}


@pytest.mark.parametrize("what", SAYINGS)
def test_what_concerns_a_lot_ends_an_answer_about_it(what: str, told: Told, chain: Chain) -> None:
    plot = told.world.place(chain.farms[0])
    crop = told.world.harvest(chain.farms[0], plot, [(chain.pineapple, "N1", "9 KGM")])
    told.send()
    about, news = topics(told.ledger, chain.pineapple, "N1"), News(told.ledger.database)
    size = news.read()
    assert news.quiet(about, size)
    SAYINGS[what](chain, told.world, crop)
    told.send()
    assert news.read() > size
    assert not news.quiet(about, size)


def test_a_correction_that_tips_the_yield_of_the_season_ends_an_answer_about_a_later_lot(
    told: Told, chain: Chain
) -> None:
    world, farm = told.world, chain.farms[0]
    plot = world.place(farm, area="0.01 HAR")
    first = world.harvest(farm, plot, [(chain.pineapple, "N1", "500 KGM")])
    second = world.harvest(farm, plot, [(chain.pineapple, "N2", "50 KGM")])
    told.send()
    about, news = topics(told.ledger, chain.pineapple, "N2"), News(told.ledger.database)
    size = news.read()
    more = {"lot": "N1", "product": chain.pineapple, "holder": farm.id, "place": plot}
    world.correct(
        farm, first, [first[0]],
        data={"outputs": [{"n": 0, "quantity": "700 KGM"}]},
        makes=[more | {"of": 0, "quantity": "700 KGM"}],
    )  # fmt: skip
    told.send()
    with told.ledger.reading() as now:
        entry = now.reader.record(second.name)
        assert entry is not None
        assert [each.key.code for each in now.reader.alerts_of(entry.index)] == ["harvest.yield"]
    news.read()
    assert not news.quiet(about, size)


def test_what_others_do_with_other_goods_leaves_an_answer_as_it_is(
    told: Told, chain: Chain
) -> None:
    world, news = told.world, News(told.ledger.database)
    about, size = topics(told.ledger, chain.pineapple, "F0"), news.read()
    farm, plot = chain.farms[0], str(chain.harvests[0].claims["place"])
    crop = world.harvest(farm, plot, [(chain.pineapple, "ANOTHER", "30 KGM")])
    world.receive(chain.shops[0], world.ship(farm, [(crop[0], "20 KGM")], to=chain.shops[0]))
    other = world.party("farm")
    world.diary(other, world.place(other), "pesticide", phi=3)
    told.send()
    now = news.read()
    assert now > size
    assert news.quiet(about, size)
    assert not news.quiet(topics(told.ledger, chain.pineapple, "ANOTHER"), size - 1)


def test_nothing_is_vouched_for_that_was_not_read(told: Told, chain: Chain) -> None:
    news = News(told.ledger.database)
    size = news.read()
    assert not news.quiet(frozenset({("party", "p-0000000000000000")}), size - 1)


@pytest.mark.parametrize("seed", [3, 11])
def test_whatever_happens_an_answer_that_is_vouched_for_is_the_one_that_would_be_made(
    seed: int, ledger: Ledger, world: World
) -> None:
    bustle = Bustle(ledger, world, seed)
    bustle.go(60)
    news = News(ledger.database)
    kept: dict[tuple[str, str], tuple[int, tuple[object, Topics]]] = {}
    vouched = changed = 0
    for _ in range(12):
        news.read()
        for lot in lots_of(bustle.made):
            now = shown(ledger, *lot)
            if lot in kept:
                size, was = kept[lot]
                if news.quiet(was[1], size):
                    assert now[0] == was[0], lot
                    vouched += 1
                changed += now[0] != was[0]
            kept[lot] = (news.read(), now)
        bustle.go(3)
    assert vouched > 50
    assert changed > 3


def lots_of(made: list[Signed]) -> list[tuple[str, str]]:
    return sorted({(out.product, out.lot) for signed in made for out in signed.outs})[:40]


def shown(ledger: Ledger, gtin: str, lot: str) -> tuple[object, Topics]:
    """What the page of a lot is made of, but for what says how large the log is."""
    with ledger.reading() as now:
        report = verify(bundle(now, gtin, lot, PUBLIC, public_up_to=0), ledger.vkey)
    records = [(record.name, at.index) for record, at, _ in report.records]
    alerts = sorted(map(str, report.alerts()))
    about = topics_of((record for record, *_ in report.records), gtin, lot)
    return (records, alerts), about
