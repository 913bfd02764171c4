"""A lot's lineage over HTTP: as one document and in lines, whole or in parts, to whom it may."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from api import lineage as lineages
from api import streams
from tests.api.stand import Stand, open_stand
from tests.kit import Out
from tests.ledgers import codes, send

LINES = "application/x-ndjson"
PACKS = 12


class Market:
    """The stand's harvest, packed a dozen times and sold, half of it to the shop."""

    def __init__(self, stand: Stand) -> None:
        world, farm = stand.world, stand.farm
        self.stand = stand
        self.packs: list[Out] = []
        self.sold: list[Out] = []
        for n in range(PACKS):
            packed = world.transform(
                farm, [(stand.harvest[0], "4 KGM")], [(stand.product, f"P{n}", "4 KGM")]
            )
            self.packs.append(packed[0])
            to = stand.shop if n % 2 else stand.other
            shipment = world.ship(farm, [(packed[0], "3 KGM")], to=to)
            self.sold.append(world.receive(to, shipment)[0])
        assert set(codes(send(stand.ledger, world.take()))) == {None}

    @property
    def path(self) -> str:
        return f"{self.stand.lot_path}/trace"

    def pack_path(self, n: int) -> str:
        return f"/api/v1/lots/{self.stand.product}/P{n}/trace"

    def json(self, path: str, role: str) -> dict[str, Any]:
        answer = self.stand.get(path, role)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        found: dict[str, Any] = answer.json()
        return found

    def lines(self, path: str, role: str) -> list[dict[str, Any]]:
        answer = self.stand.get(path, role, accept=LINES)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(LINES)
        return [orjson.loads(line) for line in answer.content.splitlines()]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with open_stand(tmp_path_factory.mktemp("stand")) as stand:
        yield Market(stand)


@pytest.fixture
def own_market(tmp_path: Path) -> Iterator[Market]:
    with open_stand(tmp_path) as stand:
        yield Market(stand)


def gathered(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Lines, as the one document that says the same."""
    start, *between, end = lines
    nodes = [each["node"] for each in between if "node" in each]
    edges = [each["edge"] for each in between if "edge" in each]
    left = [each["open"] for each in between if "open" in each]
    counted = {"nodes": len(nodes), "edges": len(edges), "open": len(left)}
    assert {**end["end"], "cut": None} == {**counted, "cut": None}
    places = {each["holding"]: (each["index"], each["holding"]) for each in nodes}
    return {
        **start["start"],
        "nodes": sorted(nodes, key=lambda each: places[each["holding"]]),
        "edges": sorted(edges, key=lambda each: [places[end] for end in each]),
        "cut": end["end"]["cut"],
        "open": left,
    }


@pytest.mark.parametrize(
    "role", ["anonymous", "viewer", "owner", "shop", "other", "auditor", "admin"]
)
@pytest.mark.parametrize("asked", ["", "?direction=forward", "?direction=forward&depth=1"])
def test_lines_say_what_the_document_says(market: Market, role: str, asked: str) -> None:
    if role == "anonymous" and asked:
        for accept in ("application/json", LINES):
            answer = market.stand.get(market.path + asked, role, accept=accept)
            assert answer.status_code == 401
            assert answer.json()["code"] == "access.no-token"
        return
    for path in (market.path, market.pack_path(3)):
        document = market.json(path + asked, role)
        assert gathered(market.lines(path + asked, role)) == document


def test_every_role_gets_its_part_of_the_way_forward(market: Market) -> None:
    path = f"{market.path}?direction=forward"

    def holders(role: str) -> set[str | None]:
        found = (each.get("node") for each in market.lines(path, role))
        return {each.get("holder") for each in found if each is not None}

    stand = market.stand
    assert holders("auditor") == {stand.farm.id, stand.shop.id, stand.other.id}
    assert stand.other.id not in holders("shop")
    assert stand.shop.id not in holders("other")


def test_no_line_comes_before_what_it_speaks_of(market: Market) -> None:
    start, *between, end = market.lines(f"{market.path}?direction=forward", "auditor")
    assert "start" in start
    assert "end" in end
    known = set()
    for line in between:
        if "node" in line:
            known.add(line["node"]["holding"])
        else:
            assert set(line["edge"]) <= known
    assert set(start["start"]["targets"]) <= known


def test_a_lineage_that_is_cut_can_be_gone_on_with(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = market.json(f"{market.path}?direction=forward", "auditor")
    monkeypatch.setattr(lineages, "MOST_NODES", 7)
    monkeypatch.setattr(lineages, "MOST_STREAMED", 7)
    for ask in (market.json, lambda path, role: gathered(market.lines(path, role))):
        found: set[str] = set()
        todo = [f"{market.path}?direction=forward"]
        while todo:
            part = ask(todo.pop(), "auditor")
            assert len(part["nodes"]) <= 7
            found |= {each["holding"] for each in part["nodes"]}
            assert part["cut"] is bool(part["open"])
            lots = {each["holding"]: (each["gtin"], each["lot"]) for each in part["nodes"]}
            for place in part["open"]:
                gtin, lot = lots[place["holding"]]
                path = f"/api/v1/lots/{gtin}/{lot}/trace?direction=forward"
                todo.append(f"{path}&holding={place['holding']}&after={place['after']}")
        assert found == {each["holding"] for each in whole["nodes"]}


def test_one_holding_of_a_lot_is_traced_for_who_may_know_of_it(market: Market) -> None:
    stand, sold = market.stand, market.sold[3]  # by the shop
    path = f"{market.pack_path(3)}?holding={sold.name}"
    back = market.json(path, "anonymous")
    assert back["targets"] == [sold.name]
    assert stand.harvest[0].name in {each["holding"] for each in back["nodes"]}
    forward = f"{path}&direction=forward"
    assert market.json(forward, "shop")["targets"] == [sold.name]
    for role in ("other", "auditor"):
        answer = stand.get(forward, role)
        assert answer.status_code == (200 if role == "auditor" else 404)
    wrong = f"{market.pack_path(4)}?holding={sold.name}"
    for accept in ("application/json", LINES):
        assert stand.get(wrong, "auditor", accept=accept).json()["code"] == "holding.unknown"


def test_a_lot_that_is_not_there_has_no_lines(market: Market) -> None:
    path = f"/api/v1/lots/{market.stand.product}/NONE/trace"
    answer = market.stand.get(path, "auditor", accept=LINES)
    assert (answer.status_code, answer.json()["code"]) == (404, "lot.unknown")


# -- many, slow, gone ------------------------------------------------------------------------------
def wait_for(done: Any) -> None:
    for _ in range(400):
        if done():
            return
        time.sleep(0.025)
    raise AssertionError("it did not come to that")


def hanging(monkeypatch: pytest.MonkeyPatch, size: int) -> threading.Event:
    """Lineages have no end from now on, but for being told so; the event says that one ended."""
    ended_at = threading.Event()

    def endless(ledger: Any, asked: Any, asking: Any, ended: Any) -> Iterator[bytes]:
        try:
            with ledger.reading():
                while not ended():
                    yield b"{}" + b" " * size + b"\n"
        finally:
            ended_at.set()

    monkeypatch.setattr("api.routes.lots.lineage_lines", endless)
    return ended_at


def begin(market: Market, role: str, narrow: bool = True) -> socket.socket:
    """Asks for lines, and reads but the head of the answer; ``narrow``: through a socket that holds
    little, so that a server soon has to wait, and from which much is read slowly."""
    stand = market.stand
    connection = socket.create_connection(
        (stand.client.base_url.host, stand.client.base_url.port or 0)
    )
    if narrow:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    headers = "".join(f"{name}: {value}\r\n" for name, value in stand.as_(role).items())
    request = f"GET {market.path} HTTP/1.1\r\nhost: x\r\naccept: {LINES}\r\n{headers}\r\n"
    connection.sendall(request.encode())
    assert connection.recv(15).startswith(b"HTTP/1.1 ")
    return connection


def test_a_client_that_goes_ends_its_stream(
    own_market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = hanging(monkeypatch, 10_000)
    begin(own_market, "auditor").close()
    assert ended.wait(10)


def test_a_client_that_does_not_read_is_not_made_for(
    own_market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(ledger: Any, asked: Any, asking: Any, ended: Any) -> Iterator[bytes]:
        while not ended():
            made.append(1)
            yield b"x" * 100_000

    monkeypatch.setattr("api.routes.lots.lineage_lines", counted)
    with begin(own_market, "auditor"):
        wait_for(lambda: made)
        time.sleep(0.3)
        before = len(made)
        time.sleep(0.3)
        assert len(made) == before < 200


def test_there_are_only_so_many_streams_and_others_find_room(
    own_market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = own_market.stand
    hanging(monkeypatch, 100_000)
    anybody = begin(own_market, "anonymous")
    answer = stand.get(own_market.path, accept=LINES)
    assert (answer.status_code, answer.json()["code"]) == (503, "ledger.busy")
    assert "retry-after" in answer.headers
    known = [begin(own_market, "auditor") for _ in range(streams.MOST - 1)]
    assert stand.get(own_market.path, "auditor", accept=LINES).status_code == 503
    assert stand.get(own_market.path, "auditor").status_code == 200  # the document has room
    for each in (anybody, *known):
        each.close()
    monkeypatch.undo()
    wait_for(lambda: stand.get(own_market.path, accept=LINES).status_code == 200)


def test_a_stream_ends_when_its_time_is_over(
    own_market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SECONDS", 0.0)
    lines = own_market.lines(f"{own_market.path}?direction=forward", "auditor")
    [target] = lines[0]["start"]["targets"]
    assert lines[-1]["end"] == {"nodes": 1, "edges": 0, "open": 1, "cut": True}
    assert lines[-2]["open"] == {"holding": target}


def test_who_has_no_token_and_reads_nothing_keeps_nobody_out(
    own_market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "STALLED_SECONDS", 0.2)
    ended = hanging(monkeypatch, 30_000)
    with begin(own_market, "anonymous"), begin(own_market, "auditor"):
        assert ended.wait(10)
        monkeypatch.undo()
        wait_for(lambda: own_market.stand.get(own_market.path, accept=LINES).status_code == 200)


def test_a_stream_without_a_token_is_over_sooner(
    own_market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SECONDS_OF_ANYBODY", 0.0)
    assert own_market.lines(own_market.path, "anonymous")[-1]["end"]["cut"] is True
    assert own_market.lines(own_market.path, "auditor")[-1]["end"]["cut"] is False


def test_who_reads_nothing_until_the_time_is_over_gets_no_end(
    own_market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SECONDS", 0.3)
    monkeypatch.setattr(streams, "_GRACE", 0.2)
    ended = hanging(monkeypatch, 1_000_000)
    with begin(own_market, "auditor", narrow=False) as connection:
        assert ended.wait(10)
        connection.settimeout(10)
        received = b""
        while part := connection.recv(1 << 20):
            received += part
            if received.endswith(b"0\r\n\r\n"):
                break
    assert b'"end"' not in received
