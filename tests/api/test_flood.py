"""What anybody may send by the thousand costs little, and keeps nobody else waiting."""

import asyncio
import json
import threading
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from api.door import AT_ONCE, Door
from api.lineage import lineage
from api.routes import lots as lot_routes
from tests.api.served import bearer
from tests.api.stand import Stand
from traceability.core.bundle import Bundle
from traceability.core.errors import LedgerError
from traceability.core.ids import BASE32
from traceability.core.verify import verify
from traceability.ledger.bundles import bundle
from traceability.ledger.tokens import Claim, Principal, Tokens


def invented(number: int) -> str:
    """A token that nobody has made."""
    return f"goc_{BASE32[number % 32] * 16}_{number:043d}"


class Slow(Tokens):
    """Tokens whose database takes its time, and counts the questions."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.go = threading.Event()

    def look_up(self, claims: Any) -> list[Principal | None]:
        self.go.wait(5)
        self.asked.append(len(claims))
        if any(claim.id == "broken" for claim in claims):
            raise LedgerError("ledger.locked")
        return [
            Principal(claim.id, "", frozenset()) if claim.id == "good" else None for claim in claims
        ]


# -- tokens ------------------------------------------------------------------------------------
def test_tokens_that_wait_are_looked_up_together_and_the_loop_goes_on() -> None:
    async def work() -> None:
        tokens = Slow()
        door = Door(tokens)
        claims = [Claim("made-up", n.to_bytes(32, "big")) for n in range(AT_ONCE + 50)]
        waiting = [asyncio.create_task(door.who(each)) for each in [*claims, *claims]]
        good = asyncio.create_task(door.who(Claim("good", b"")))
        began = monotonic()
        await asyncio.sleep(0)
        assert monotonic() - began < 1  # the loop does not wait for the database
        tokens.go.set()
        assert (await good) is not None
        assert set(await asyncio.gather(*waiting)) == {None}
        assert sum(tokens.asked) == AT_ONCE + 51  # each once
        assert len(tokens.asked) <= 3
        door.close()

    asyncio.run(work())


def test_too_many_tokens_are_told_to_come_again_and_a_fault_reaches_whoever_waits() -> None:
    async def work() -> None:
        tokens = Slow()
        door = Door(tokens, most_waiting=2)
        waiting = [asyncio.create_task(door.who(Claim("broken", bytes([n])))) for n in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(LedgerError) as refused:
            await door.who(Claim("good", b""))
        assert refused.value.code == "ledger.busy"
        tokens.go.set()
        for each in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(each, LedgerError)
        assert (await door.who(Claim("good", b""))) is not None  # it goes on
        door.close()

    asyncio.run(work())


def test_made_up_tokens_are_refused_while_others_are_answered(own_stand: Stand) -> None:
    """The database of tokens stands still; whoever needs none, or is known, does not notice."""
    tokens, go = own_stand.ledger.tokens, threading.Event()
    diary = own_stand.diary()  # the clock goes on with it, and tokens are remembered for a while
    assert own_stand.get("/api/v1/lots", "owner").status_code == 200
    ask = tokens.look_up

    def held(claims: Any) -> list[Principal | None]:
        go.wait(10)
        return ask(claims)

    tokens.look_up = held  # type: ignore[method-assign]
    base = str(own_stand.client.base_url)
    answers: list[int] = []

    def flood(number: int) -> None:
        headers = bearer(invented(number))
        answers.append(httpx.get(f"{base}/api/v1/lots", headers=headers, timeout=20).status_code)

    senders = [threading.Thread(target=flood, args=(number,)) for number in range(12)]
    for each in senders:
        each.start()
    sleep(0.2)
    assert answers == []
    assert own_stand.get("/health/live").status_code == 200
    assert own_stand.get("/api/v1/lots", "owner").status_code == 200
    assert own_stand.append(diary).status_code == 201
    go.set()
    for each in senders:
        each.join()
    assert answers == [401] * 12
    assert own_stand.get("/api/v1/lots", "viewer").status_code == 200


# -- what anybody may ask for in many ways -----------------------------------------------------
def test_a_public_bundle_is_made_once_for_each_depth_and_holding(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Any, Any]] = []

    def counted(*args: Any, **options: Any) -> Bundle:
        made.append((options.get("holding"), options.get("depth")))
        return bundle(*args, **options)

    monkeypatch.setattr(lot_routes, "bundle", counted)
    path = f"{own_stand.lot_path}/bundle"
    for depth in (*range(lot_routes.STEPS, 101, 20), 100, 2, 2):
        assert own_stand.get(f"{path}?depth={depth}").status_code == 200
    held = own_stand.harvest[0].name
    for _ in range(3):
        assert own_stand.get(f"{path}?holding={held}").status_code == 200
    for since in range(own_stand.size + 1):
        assert own_stand.get(f"{path}?from={since}").status_code == 200
    assert made == [(None, lot_routes.STEPS), (None, 2), (held, None), (None, None)]


def test_a_trace_that_anybody_may_read_is_kept(own_stand: Stand) -> None:
    made = []

    def counted(*args: Any) -> Any:
        made.append(args[1].depth)
        return lineage(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lot_routes, "lineage", counted)
        for depth in (5, 5, 50, 99, 5):
            assert own_stand.get(f"{own_stand.lot_path}/trace?depth={depth}").status_code == 200
        assert own_stand.get(f"{own_stand.lot_path}/trace", "owner").status_code == 200
    assert made == [5, lot_routes.STEPS, None]


def test_a_kept_bundle_proves_for_each_reader_that_the_log_only_grew(own_stand: Stand) -> None:
    path, key = f"{own_stand.lot_path}/bundle", own_stand.ledger.vkey
    seen = own_stand.ledger.receipts.head().checkpoint
    size = own_stand.size
    assert own_stand.get(path).status_code == 200
    own_stand.ledger.accept([own_stand.diary().wire])
    for since in (size, size, 2, 0):
        body = own_stand.get(f"{path}?from={since}").content
        found = Bundle.from_json(body)
        assert (found.consistency or (0,))[0] == since
        assert found.to_json() == (body if not since else Bundle.from_json(body).to_json())
        report = verify(found, key, None, seen if since == size else None)
        assert report.holds
        if since == size:
            assert report.verdicts["consistency"].outcome == "ok"
    assert json.loads(own_stand.get(f"{path}?from={size}").content)["consistency"]["from"] == size
    answer = own_stand.get(f"{path}?from={own_stand.size + 1}")
    assert (answer.status_code, answer.json()["code"]) == (400, "ledger.index")


def test_a_bundle_is_had_by_who_has_seen_the_log_grow_since_it_was_kept(own_stand: Stand) -> None:
    path = f"{own_stand.lot_path}/bundle"
    own_stand.get(path)
    own_stand.ledger.accept([own_stand.diary().wire])
    found = Bundle.from_json(own_stand.get(f"{path}?from={own_stand.size}").content)
    assert found.consistency is not None
    assert found.consistency[0] == own_stand.size


# -- parameters --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/api/v1/lots?cursor=x", "after, gtin, lang, limit, maker"),
        ("/api/v1/tokens?limit=5", "lang"),
        ("/api/v1/log/consistency?from=1&since=1", "from, lang, to"),
    ],
)
def test_a_parameter_that_nobody_knows_is_refused_and_the_known_are_named(
    stand: Stand, path: str, known: str
) -> None:
    answer = stand.get(path, "admin")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.parameter")
    assert answer.json()["params"]["known"] == known
    assert known in answer.json()["detail"]


def test_a_parameter_is_refused_where_records_are_appended(stand: Stand) -> None:
    before = stand.size
    answer = stand.client.post(
        "/api/v1/records?dry-run=1",
        content=stand.diary().wire,
        headers={"content-type": "application/sd-jwt", **stand.as_("owner")},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "request.parameter")
    assert stand.size == before


def test_others_may_add_parameters_to_labels_and_everybody_may_say_the_language(
    stand: Stand,
) -> None:
    assert stand.get(f"{stand.page_path}?utm_source=poster&17=261231").status_code == 200
    assert stand.get("/?utm_source=poster").status_code == 200
    refusal = stand.get("/api/v1/lots/02000000000015/L9?lang=vi")
    assert refusal.headers["content-language"] == "vi"
    assert refusal.json()["code"] == "lot.unknown"


# -- times -------------------------------------------------------------------------------------
def test_when_something_happened_is_written_as_its_record_writes_it(stand: Stand) -> None:
    claimed = stand.harvest.claims["at"]
    [node] = stand.get(f"{stand.lot_path}/trace").json()["nodes"]
    [origin] = stand.get(stand.lot_path).json()["origins"]
    assert node["at"] == origin["at"] == claimed
