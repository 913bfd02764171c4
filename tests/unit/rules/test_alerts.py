"""Every alert of the register is opened by somebody's day, and closed where a paper answers it.

Each scene below opens one alert and returns the record at which it arises; where there is a second
scene of the same code, it brings the paper that answers it.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.kit import Signed
from tests.telling import loss, make
from tests.unit.rules.scene import Scene
from traceability.core.alerts import ALERTS, SERIOUS
from traceability.core.snapshot import snapshot

Opening = Callable[[Scene], Signed]
Answer = Callable[[Scene, Signed], Signed]
OPENINGS: Final[dict[str, Opening]] = {}
ANSWERS: Final[dict[str, Answer]] = {}


def opens(code: str) -> Callable[[Opening], Opening]:
    """Marks the scene that opens an alert."""

    def mark(scene: Opening) -> Opening:
        OPENINGS[code] = scene
        return scene

    return mark


def answers(*codes: str) -> Callable[[Answer], Answer]:
    """Marks the paper that closes alerts of these codes."""

    def mark(answer: Answer) -> Answer:
        ANSWERS.update(dict.fromkeys(codes, answer))
        return answer

    return mark


def claimed(scene: Scene, quantity: str = "10 KGM", lot: str = "N1") -> Signed:
    """A harvest that says it is VietGAP."""
    line = make(scene.pineapple, lot, quantity, scene.farm, claims=["vietgap"])
    return scene.story.harvest(scene.farm, scene.plot, [], makes=[line])


# -- when ------------------------------------------------------------------------------------------
@opens("late")
def late(scene: Scene) -> Signed:
    line = [(scene.pineapple, "N1", "10 KGM")]
    return scene.story.harvest(scene.farm, scene.plot, line, at=scene.story.at("05:00", -3))


@opens("odd-hour")
def odd_hour(scene: Scene) -> Signed:
    scene.story.on("2026-06-03", "01:30")
    return scene.story.acquire(scene.shop, [(scene.pineapple, "X1", "500 KGM")])


@opens("time-order")
def time_order(scene: Scene) -> Signed:
    crops = [scene.crop(), scene.crop()]
    before = scene.story.at("05:00")
    return scene.story.ship(scene.farm, [each[0] for each in crops], to=scene.shop, at=before)


@opens("speed")
def speed(scene: Scene) -> Signed:
    story = scene.story
    farm = story.place(scene.farm, point={"lon": "105.6001", "lat": "9.7001"})
    hanoi = story.place(scene.shop, "store", point={"lon": "105.8542", "lat": "21.0285"})
    crop = story.harvest(scene.farm, farm, [(scene.pineapple, "N1", "10 KGM")])
    sent = story.ship(scene.farm, [crop[0]], to=scene.shop, place=farm)
    story.later(2 * 3_600_000)
    return story.receive(scene.shop, sent, place=hanoi)


# -- whose word ------------------------------------------------------------------------------------
@opens("one-sided")
def one_sided(scene: Scene) -> Signed:
    story = scene.story
    story.consent(scene.lone, scene.trader, "harvest", by=story.operator)
    line = [(scene.pineapple, "S1", "10 KGM")]
    return story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)


@answers("one-sided")
def confirmed(scene: Scene, crop: Signed) -> Signed:
    return scene.story.consent(scene.lone, scene.trader, confirms=[crop.name])


@opens("disputed")
def disputed(scene: Scene) -> Signed:
    sent = scene.story.ship(scene.farm, [scene.crop()[0]], to=scene.shop)
    scene.story.dispute(scene.shop, sent)
    return sent


# -- the field -------------------------------------------------------------------------------------
@opens("harvest.yield")
def too_much(scene: Scene) -> Signed:
    return scene.crop("61 TNE", "N1")


@answers("harvest.yield")
def a_digit_too_many(scene: Scene, crop: Signed) -> Signed:
    return scene.story.correct(
        scene.farm,
        crop,
        [crop[0]],
        makes=[make(scene.pineapple, "N1", "6.1 TNE", scene.farm, of=0)],
        data={"outputs": [{"n": 0, "quantity": "6.1 TNE"}]},
    )


def sprayed(scene: Scene, **data: Any) -> Signed:
    return scene.story.diary(scene.farm, scene.plot, "pesticide", **data)


@opens("harvest.interval")
def too_early(scene: Scene) -> Signed:
    sprayed(scene, phi=7)
    return scene.crop()


@answers("harvest.interval")
def another_day(scene: Scene, crop: Signed) -> Signed:
    entry = next(each for each in reversed(scene.story.records) if each.claims["type"] == "diary")
    was = {"diary": {"activity": "pesticide", "phi": 7}, "at": scene.story.at("05:00", -7)}
    return scene.story.correct(scene.farm, entry, data={"restated": was})


@opens("diary.no-interval")
def no_interval(scene: Scene) -> Signed:
    return sprayed(scene)


@opens("diary.copied")
def copied(scene: Scene) -> Signed:
    entries = [sprayed(scene, input=name, dose="1 l", phi=7) for name in ("A", "B", "C")]
    return entries[-1]


@answers("diary.no-interval", "diary.copied")
def the_label_says(scene: Scene, entry: Signed) -> Signed:
    own = {"activity": "pesticide", "input": "C", "dose": "2 l", "phi": 3}
    return scene.story.correct(scene.farm, entry, data={"restated": {"diary": own}})


@opens("diary.restated-after-harvest")
def restated(scene: Scene) -> Signed:
    entry = sprayed(scene, phi=7)
    scene.crop()
    scene.story.correct(scene.farm, entry, data={"void": True})
    return entry


# -- papers ----------------------------------------------------------------------------------------
@opens("certificate.missing")
def no_certificate(scene: Scene) -> Signed:
    return claimed(scene)


@opens("certificate.expired")
def expired(scene: Scene) -> Signed:
    scene.story.certificate(scene.certifier, scene.farm, to=scene.story.date(-1))
    return claimed(scene)


@opens("certificate.suspended")
def suspended(scene: Scene) -> Signed:
    today = scene.story.date()
    scene.story.certificate(scene.certifier, scene.farm, status="suspended", statusFrom=today)
    return claimed(scene)


@opens("certificate.scope")
def out_of_scope(scene: Scene) -> Signed:
    scene.story.certificate(scene.certifier, scene.farm, scope={"places": [scene.other_plot]})
    return claimed(scene)


@answers("certificate.missing", "certificate.expired", "certificate.suspended", "certificate.scope")
def the_paper_comes(scene: Scene, crop: Signed) -> Signed:
    return scene.story.certificate(scene.certifier, scene.farm)


@opens("claim.not-carried")
def not_carried(scene: Scene) -> Signed:
    good, plain = claimed(scene), scene.crop("10 KGM", "N2")
    both = make(scene.pineapple, "N3", "20 KGM", scene.farm, claims=["vietgap"])
    return scene.story.transform(scene.farm, [good[0], plain[0]], [], makes=[both])


@opens("inspect.failed")
def failed(scene: Scene) -> Signed:
    scene.crop(lot="N1")
    lot = {"product": scene.pineapple, "lot": "N1"}
    return scene.story.inspect(scene.laboratory, lot, result="fail")


@answers("inspect.failed")
def passed(scene: Scene, failed: Signed) -> Signed:
    return scene.story.inspect(scene.laboratory, failed.claims["about"][0])


# -- weights ---------------------------------------------------------------------------------------
@opens("loss-unexplained")
def vanished(scene: Scene) -> Signed:
    line = [(scene.pineapple, "N1", "90 KGM")]
    return scene.story.transform(scene.farm, [scene.crop("100 KGM", "N1")[0]], line)


def pressed(scene: Scene, litres: str, water: str) -> Signed:
    got = scene.story.acquire(scene.factory, [(scene.pineapple, "X1", "100 KGM")])
    residue = float(water) + 100 - float(litres) * 1.05
    return scene.story.transform(
        scene.factory,
        [got[0]],
        [(scene.juice, "J1", f"{litres} LTR")],
        kind="process",
        gains=[loss("water", f"{water} KGM")],
        losses=[loss("residue", f"{residue:.2f} KGM")],
    )


@opens("process.yield")
def little_juice(scene: Scene) -> Signed:
    return pressed(scene, "20", "1")


@opens("process.water")
def watered(scene: Scene) -> Signed:
    return pressed(scene, "80", "40")


@opens("receive.difference")
def short(scene: Scene) -> Signed:
    first, second = scene.crop("100 KGM", "N1"), scene.crop("100 KGM", "N2")
    sent = scene.story.ship(scene.farm, [first[0], second[0]], to=scene.shop)
    lost = [loss("scale", "1.1 KGM", lot="N1"), loss("missing", "2 KGM", lot="N2")]
    return scene.story.receive(scene.shop, sent, losses=lost)


@opens("shortfall")
def shortfall(scene: Scene) -> Signed:
    crop = scene.crop("100 KGM", "N1")
    scene.story.ship(scene.farm, [(crop[0], "80 KGM")], to=scene.shop)
    fifty = {"outputs": [{"n": 0, "quantity": "50 KGM"}]}
    scene.story.correct(scene.farm, crop, [(crop[0], "20 KGM")], data=fifty)
    return crop


@answers("shortfall")
def there_was_enough(scene: Scene, crop: Signed) -> Signed:
    eighty = {
        "corrects": crop.name,
        "reason": "Cân lại",
        "outputs": [{"n": 0, "quantity": "80 KGM"}],
    }
    return scene.story.sign(scene.farm, "correct", eighty)


@opens("label.surplus")
def surplus(scene: Scene) -> Signed:
    crop = scene.crop("100 KGM", "N1")
    scene.story.label(scene.farm, scene.pineapple, "N1", 100)
    ninety = [make(scene.pineapple, "N1", "90 KGM", scene.farm, of=0)]
    should = {"outputs": [{"n": 0, "quantity": "90 KGM"}]}
    scene.story.correct(scene.farm, crop, [crop[0]], makes=ninety, data=should)
    return crop


@answers("label.surplus")
def ten_labels_are_torn_up(scene: Scene, crop: Signed) -> Signed:
    labels = next(each for each in scene.story.records if each.claims["type"] == "label")
    assert crop.claims["type"] == "harvest"
    return scene.story.void_labels(scene.farm, labels, (90, 99))


# -- the tests -------------------------------------------------------------------------------------
#: What no paper makes undone: it happened so, or it is the mark of a change.
STANDING: Final = {
    "late",
    "odd-hour",
    "time-order",
    "speed",
    "disputed",
    "diary.restated-after-harvest",
    "claim.not-carried",
    "loss-unexplained",
    "process.yield",
    "process.water",
    "receive.difference",
}


def test_every_alert_of_the_register_is_opened_and_answered_or_stands() -> None:
    assert set(OPENINGS) == set(ALERTS)
    assert set(ANSWERS) | STANDING == set(ALERTS)
    assert set(ANSWERS).isdisjoint(STANDING)
    assert set(ALERTS) > SERIOUS


@pytest.mark.parametrize("code", sorted(ALERTS))
def test_an_alert_is_opened_once_at_the_record_where_it_arises(scene: Scene, code: str) -> None:
    record = OPENINGS[code](scene)
    assert scene.story.alerts(record) == {code}
    alerts = scene.story.book.state.alerts_of(scene.story.index(record))
    assert len({alert.key for alert in alerts}) == len(alerts)
    opened = [key for each in scene.story.book.effects for key in each.opened]
    assert len(set(opened)) == len(opened), "an alert was opened twice"


@pytest.mark.parametrize("code", sorted(ANSWERS))
def test_a_paper_closes_an_alert_visibly(scene: Scene, code: str) -> None:
    record = OPENINGS[code](scene)
    paper = ANSWERS[code](scene, record)
    assert code not in scene.story.alerts(record)
    assert scene.story.answered(record)[code] == scene.story.index(paper)


@pytest.mark.parametrize("code", sorted(ALERTS))
def test_an_auditors_replay_opens_and_closes_the_same(scene: Scene, code: str) -> None:
    record = OPENINGS[code](scene)
    if code in ANSWERS:
        ANSWERS[code](scene, record)
    assert snapshot(scene.story.replay()) == snapshot(scene.story.book.state)
