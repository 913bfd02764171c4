"""Impossible speed between places, in whole numbers."""

import pytest

from tests.unit.rules.scene import Scene
from traceability.core.rules.geography import distance

CAN_THO = (1057847000, 100452000)
HA_NOI = (1058542000, 210285000)


def test_goods_do_not_arrive_sooner_than_a_lorry_can_drive(scene: Scene) -> None:
    story = scene.story
    farm = story.place(scene.farm, point={"lon": "105.6001", "lat": "9.7001"})
    store = story.place(scene.shop, "store", point={"lon": "105.7847", "lat": "10.0452"})
    for minutes, alerts in ((15, {"speed"}), (60, set[str]())):
        crop = story.harvest(scene.farm, farm, [(scene.pineapple, story.lot(), "10 KGM")])
        sent = story.ship(scene.farm, [crop[0]], to=scene.shop, place=farm)
        story.later(minutes * 60_000)
        assert story.alerts(story.receive(scene.shop, sent, place=store)) == alerts


def test_neighbours_and_places_without_coordinates_are_not_timed(scene: Scene) -> None:
    story = scene.story
    a = {"lon": "105.6001", "lat": "9.7001"}
    farm = story.place(
        scene.farm,
        polygon=[a, {"lon": "105.6002", "lat": "9.7001"}, {"lon": "105.6002", "lat": "9.7002"}, a],
    )
    near = story.place(scene.shop, "store", point={"lon": "105.6101", "lat": "9.7001"})
    unknown = story.place(scene.shop, "store")
    for store in (near, unknown):
        crop = story.harvest(scene.farm, farm, [(scene.pineapple, story.lot(), "10 KGM")])
        sent = story.ship(scene.farm, [crop[0]], to=scene.shop, place=farm)
        assert story.alerts(story.receive(scene.shop, sent, place=store)) == set()


def test_distances_are_right_to_a_hundredth() -> None:
    metres = distance(CAN_THO, HA_NOI)
    assert metres == pytest.approx(1_221_000, rel=0.01)
    assert distance(CAN_THO, CAN_THO) == 0
    # One minute of longitude at ten degrees north is 1.826 km.
    east = (CAN_THO[0] + 166_667, CAN_THO[1])
    assert distance(CAN_THO, east) == pytest.approx(1_825, rel=0.01)
    south = (-CAN_THO[0], -CAN_THO[1]), (-CAN_THO[0], -CAN_THO[1] - 10**7)
    assert distance(*south) == pytest.approx(111_195, rel=0.01)
