"""Alerts that rest on undisclosed amounts: anybody learns that there is one, and nothing more."""

import re

import orjson

from tests.api.stand import Stand
from tests.kit import Signed


def read(stand: Stand, harvest: Signed, role: str = "anonymous") -> dict[str, object]:
    found: dict[str, object] = stand.get(
        f"/api/v1/lots/{stand.product}/{harvest[0].lot}", role
    ).json()
    return found


def page(stand: Stand, harvest: Signed) -> str:
    path = f"/01/{stand.product}/10/{harvest[0].lot}"
    return stand.get(path, accept="text/html", **{"accept-language": "vi"}).text


def too_much(stand: Stand, lot: str = "NHIEU") -> Signed:
    """A harvest beyond what the plot can bear."""
    line = (stand.product, lot, "987654 KGM")
    crop = stand.world.harvest(stand.farm, stand.plot, [line], by="Nguyễn Văn Kín")
    assert stand.append(crop).status_code == 201
    return crop


def test_what_the_bundle_cannot_prove_is_stated_and_marked(own_stand: Stand) -> None:
    crop = too_much(own_stand)
    found = read(own_stand, crop)
    alerts = found["alerts"]
    assert isinstance(alerts, list)
    assert [(each["code"], each["stated"]) for each in alerts] == [("harvest.yield", True)]
    shown = page(own_stand, crop)
    assert "Có cảnh báo" in shown
    assert "Sản lượng cao bất thường" in shown
    assert "Do đơn vị vận hành sổ nêu" in shown
    verdicts = {each["name"]: each["code"] for each in found["verdicts"]}  # type: ignore[attr-defined]
    assert verdicts["alerts"] == "alerts.undisclosed"  # as anybody computes off line


def test_a_stated_alert_gives_away_no_amount_name_or_place(own_stand: Stand) -> None:
    stand = own_stand
    crop = too_much(stand)
    stand.append(stand.world.dispute(stand.other, crop))
    short = stand.world.ship(stand.farm, [(crop[0], "9876 KGM")], to=stand.shop)
    assert stand.append(short).status_code == 201
    less = [{"cause": "missing", "quantity": "4321 KGM"}]
    taken = stand.world.receive(stand.shop, short, losses=less)
    stand.append(taken, "shop")
    found = read(stand, crop)
    alerts = orjson.dumps(found["alerts"]).decode()
    assert '"stated":true' in alerts
    for each in found["alerts"]:  # type: ignore[attr-defined]
        assert not each["stated"] or each["detail"] == ""
    said = orjson.dumps(found).decode() + page(stand, crop)
    bare = re.sub(r"<[^>]*>|[.,\s]", "", said)
    for secret in ("987654", "9876KGM", "9876kg", "4321", "VănKín"):
        assert secret not in bare
    assert stand.plot not in alerts


def test_other_harvests_of_the_plot_bring_no_alert_to_this_lot(own_stand: Stand) -> None:
    stand = own_stand
    too_much(stand)
    mine = read(stand, stand.harvest)["alerts"]
    assert mine == []
    shown = page(stand, stand.harvest)
    assert "Sản lượng cao bất thường" not in shown
    assert "đơn vị vận hành sổ cho biết cũng không có" in shown
    assert 'href="#note"' in shown


def test_parties_on_the_way_and_auditors_see_the_details(own_stand: Stand) -> None:
    crop = too_much(own_stand)
    for role in ("owner", "auditor"):
        alerts = read(own_stand, crop, role)["alerts"]
        assert isinstance(alerts, list)
        assert "harvest.yield" in {each["code"] for each in alerts}
