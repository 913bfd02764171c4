"""Appending: what a client is told, and what it can prove with it."""

import asyncio
import threading
from pathlib import Path

import pytest

from tests.kit import HOUR, Signed, World
from tests.ledgers import codes, open_ledger, send, verify
from traceability.core import codec, moment
from traceability.core.checkpoint import open_checkpoint
from traceability.core.errors import LedgerError, RuleError
from traceability.core.merkle import verify_consistency
from traceability.ledger import waiting
from traceability.ledger.append import Appender
from traceability.ledger.ledger import Ledger
from traceability.ledger.loop import LoopAppender
from traceability.ledger.outcome import Receipt, Refusal
from traceability.ledger.rebuild import check
from traceability.ledger.waiting import Waiting
from traceability.storage.append_store import SqlAppendStore


def season(world: World, lots: int = 3) -> list[Signed]:
    """The registry, and so many lots on their way from a farm to a shop."""
    farm, shop = world.party("farm"), world.party("supermarket")
    plot, pineapple = world.place(farm), world.product(farm)
    for _ in range(lots):
        crop = world.harvest(farm, plot, [(pineapple, world.lot(), "10 KGM")])
        world.receive(shop, world.ship(farm, [crop[0]], to=shop))
    return world.take()


def receipts(outcomes: object) -> list[Receipt]:
    assert isinstance(outcomes, list)
    assert all(isinstance(each, Receipt) for each in outcomes)
    return outcomes


def test_every_accepted_record_gets_a_receipt_that_anyone_can_verify(
    world: World, ledger: Ledger
) -> None:
    records = season(world, 100)  # more than one full tile
    for size in (2, 1, 1, 50, 300):
        batch, records = records[:size], records[size:]
        for signed, receipt in zip(batch, receipts(send(ledger, batch, size)), strict=True):
            proof = verify(world, signed, receipt)
            assert proof.index == receipt.index == world.records.index(signed)
            assert receipt.name == signed.name


def test_a_bad_record_fails_alone_and_leaves_no_trace(world: World, ledger: Ledger) -> None:
    good = season(world, 1)
    farm, shop = world.party("farm"), world.party("market")
    stranger = world.party("farm")
    theft = world.consume(farm, [good[-1][0]])
    plot, apple = world.place(farm), world.product(farm)
    crop = world.harvest(farm, plot, [(apple, "L1", "10 KGM")])
    forged = crop.wire.replace(b"~", b"A~", 1)
    foreign = world.sign(farm, "diary", {"activity": "other"}, place=plot, key=stranger.key)
    over = world.ship(farm, [(crop[0], "11 KGM")], to=shop)
    rest = world.ship(farm, [(crop[0], "10 KGM")], to=shop)
    batch = [each.wire for each in [*good, *world.take()]]
    at = batch.index(over.wire)
    batch.insert(at, forged)
    batch.insert(at, b"nonsense")
    outcomes = ledger.appender.submit(batch).result(10)
    refused = {code for code in codes(outcomes) if code}
    assert codes(outcomes)[batch.index(theft.wire)] == "draw.foreign"
    assert codes(outcomes)[batch.index(over.wire)] == "draw.over"
    assert codes(outcomes)[batch.index(foreign.wire)] == "key.foreign"
    assert codes(outcomes)[at : at + 2] == ["record.malformed", "record.malformed"]
    assert refused == {"draw.foreign", "draw.over", "key.foreign", "record.malformed"}
    assert isinstance(outcomes[batch.index(rest.wire)], Receipt)
    accepted = [each.index for each in outcomes if isinstance(each, Receipt)]
    assert accepted == list(range(len(accepted)))
    assert check(ledger.database) is None


def test_a_refusal_names_the_record_and_says_why(world: World, ledger: Ledger) -> None:
    season(world)
    send(ledger, world.records)
    farm = world.party("farm")
    send(ledger, world.take())
    crop = world.harvest(farm, world.place(world.operator), [(world.product(farm), "L", "1 KGM")])
    outcome = send(ledger, world.take())[-1]
    assert isinstance(outcome, Refusal)
    assert isinstance(outcome.error, RuleError)
    assert (outcome.name, outcome.error.code) == (crop.name, "place.not-own")


def test_the_same_record_again_is_answered_with_its_receipt(world: World, ledger: Ledger) -> None:
    records = season(world, 120)
    first = receipts(send(ledger, records, 400))
    world.later(HOUR)
    size = ledger.receipts.head().size
    again = receipts(send(ledger, records, 150))
    assert [(r.name, r.index, r.time, r.cls) for r in again] == [
        (r.name, r.index, r.time, r.cls) for r in first
    ]
    assert all(each.repeated for each in again)
    for signed, receipt in zip(records, again, strict=True):
        verify(world, signed, receipt)
    assert ledger.receipts.head().size == size


def test_a_record_twice_in_one_batch_is_one_record(world: World, ledger: Ledger) -> None:
    records = season(world, 1)
    twice = [*records, records[-1], records[3]]
    outcomes = receipts(send(ledger, twice))
    assert [each.index for each in outcomes] == [*range(len(records)), len(records) - 1, 3]
    assert [each.repeated for each in outcomes[-2:]] == [True, True]
    for signed, receipt in zip(twice, outcomes, strict=True):
        verify(world, signed, receipt)


def test_old_and_new_records_share_a_batch(world: World, ledger: Ledger) -> None:
    records = season(world, 3)
    send(ledger, records[:10])
    outcomes = receipts(send(ledger, records))
    assert [each.repeated for each in outcomes] == [n < 10 for n in range(len(records))]
    for signed, receipt in zip(records, outcomes, strict=True):
        verify(world, signed, receipt)


def test_a_replayed_nonce_is_refused_even_in_the_same_batch(world: World, ledger: Ledger) -> None:
    season(world, 1)
    farm = world.party("farm")
    one = world.place(farm)
    first = world.records[-1]
    assert one
    copy = world.sign_claims(farm, first.claims | {"note": "noch einmal"})
    assert copy.name != first.name
    assert codes(send(ledger, world.records))[-2:] == [None, "record.replay"]
    assert codes(send(ledger, [copy])) == ["record.replay"]


def test_a_log_begins_with_its_operator_whole_or_not_at_all(world: World, ledger: Ledger) -> None:
    party, key = world.take()
    assert codes(send(ledger, [party])) == ["record.unknown-key"]
    assert codes(send(ledger, [key])) == ["genesis.party"]
    with pytest.raises(LedgerError, match=r"ledger\.genesis"):
        send(ledger, [party, wrong_key(world)])
    assert ledger.receipts.head().size == 0
    assert codes(send(ledger, [party, key])) == [None, None]


def wrong_key(world: World) -> Signed:
    """A ``key`` record that registers the operator's first key, but for another party."""
    key = world.records[1]
    data = dict(key.claims["data"], party="p-0000000000000000")
    return world.sign_claims(world.operator, key.claims | {"data": data})


def test_time_never_goes_back_though_the_clock_does(world: World, tmp_path: Path) -> None:
    now = moment.parse_time(world.start) + HOUR
    with open_ledger(tmp_path, world, lambda: now) as ledger:
        records = season(world, 1)
        first = receipts(send(ledger, records[:-1]))
        now -= 30 * 60_000
        later = receipts(send(ledger, records[-1:]))
        assert later[0].time == first[-1].time
        now += 2 * HOUR
        assert receipts(send(ledger, season(world, 1)))[0].time == now
        assert check(ledger.database) is None


def test_each_checkpoint_extends_the_one_before(world: World, ledger: Ledger) -> None:
    records = season(world, 150)
    seen = []
    for start in range(0, len(records), 37):
        send(ledger, records[start : start + 37])
        note = ledger.receipts.head().checkpoint
        seen.append(open_checkpoint(note, world.signer.key).checkpoint)
    last = seen[-1]
    for earlier in seen:
        proof, head = ledger.receipts.consistency(earlier.size)
        assert head.size == last.size
        verify_consistency(earlier.size, last.size, earlier.root, last.root, proof)


def test_receipts_of_old_records_are_there_for_the_asking(world: World, ledger: Ledger) -> None:
    records = season(world, 300)
    send(ledger, records, 100)
    for signed in records[::29]:
        receipt = ledger.receipts.of(signed.name)
        assert receipt is not None
        verify(world, signed, receipt)
    assert ledger.receipts.of("A" * 43) is None
    for index in (-1, len(records)):
        with pytest.raises(LedgerError, match=r"ledger\.index"):
            ledger.receipts.inclusion(index)


def test_a_key_and_what_it_signs_may_come_in_one_batch(world: World, ledger: Ledger) -> None:
    records = season(world, 1)
    assert codes(send(ledger, records)) == [None] * len(records)
    farm = world.party("farm")
    old = farm.key
    world.register(farm)
    place = world.place(farm)
    world.revoke(farm, old.public.kid)
    late = world.sign(farm, "place", {"place": place, "kind": "plot", "area": "2 HAR"}, key=old)
    outcomes = codes(send(ledger, world.take()))
    assert outcomes == [None, None, None, None, None, "key.revoked"]
    assert late


def test_concurrent_clients_lose_nothing_and_overdraw_nothing(world: World, ledger: Ledger) -> None:
    farm, shop = world.party("farm"), world.party("market")
    crop = world.harvest(farm, world.place(farm), [(world.product(farm), "L1", "10 KGM")])
    send(ledger, world.take())
    wires = [world.ship(farm, [(crop[0], "3 KGM")], to=shop).wire for _ in range(24)]
    outcomes: list[object] = []

    def client(mine: list[bytes]) -> None:
        for wire in mine:
            outcomes.extend(codes(ledger.appender.submit([wire]).result(10)))

    threads = [threading.Thread(target=client, args=(wires[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(None) == 3
    assert outcomes.count("draw.over") == 21
    assert check(ledger.database) is None


def test_an_event_loop_waits_without_threads_of_its_own(world: World, ledger: Ledger) -> None:
    records = season(world, 20)
    send(ledger, records[:8])

    async def client(appender: LoopAppender, mine: list[Signed]) -> list[str | None]:
        found = []
        for signed in mine:
            found += codes(await appender.append([signed.wire]))
        return found

    async def run() -> list[list[str | None]]:
        appender = LoopAppender(ledger.appender, asyncio.get_running_loop())
        flows = [records[8 + 3 * n : 11 + 3 * n] for n in range(20)]
        gone = asyncio.ensure_future(appender.append([records[0].wire]))
        await asyncio.sleep(0)
        gone.cancel()  # a client that went away is no harm
        return await asyncio.gather(*(client(appender, flow) for flow in flows))

    assert asyncio.run(run()) == [[None] * 3] * 20


def test_a_batch_has_a_size_and_the_queue_an_end(world: World, ledger: Ledger) -> None:
    records = season(world, 1)
    for batch in ([], [records[0].wire] * (waiting.MAX_BATCH + 1)):
        with pytest.raises(LedgerError, match=r"ledger\.batch"):
            ledger.appender.submit(batch)
    stopped = threading.Event()
    store = SqlAppendStore(ledger.database)
    lock = store.lock
    store.lock = lambda: stopped.wait(10) and lock()  # type: ignore[method-assign, assignment, return-value]
    appender = Appender(store, world.signer, ledger.keys, world.clock, Waiting(max_waiting=5))
    prepared = appender.prepare([records[0].wire, records[1].wire])
    futures = [appender.submit(prepared), appender.submit(prepared)]
    with pytest.raises(LedgerError, match=r"ledger\.busy"):
        appender.submit(prepared)
    stopped.set()
    for future in futures:
        assert codes(future.result(10)) == [None, None]
    appender.close()
    with pytest.raises(LedgerError, match=r"ledger\.closed"):
        appender.submit(prepared)


def test_closing_answers_what_was_taken_in(world: World, tmp_path: Path) -> None:
    records = season(world, 50)
    ledger = open_ledger(tmp_path, world)
    send(ledger, records[:8])
    futures = [
        ledger.appender.submit([each.wire for each in records[start : start + 21]])
        for start in range(8, len(records), 21)
    ]
    ledger.close()
    assert all(future.done() for future in futures)
    assert sum(len(receipts(future.result())) for future in futures) == len(records) - 8
    with open_ledger(tmp_path, world) as again:
        assert again.receipts.head().size == len(records)
        assert check(again.database) is None


def test_a_long_batch_neither_starves_nor_is_starved() -> None:
    queue = Waiting()
    record = codec.parse(World().records[0].wire)

    def put(name: str, count: int) -> None:
        batch = waiting.Prepared([record] * count)
        queue.put(waiting.Ticket(batch, lambda _: None, name))

    for n in range(4):
        put(f"long {n}", 900)
    for n in range(1000):
        put(f"short {n}", 1)
    groups = []
    while group := queue.take():
        groups.append([ticket.token for ticket in group])
    assert [group[0] for group in groups[:2]] == ["short 0", "short 500"]
    assert [group[-1] for group in groups] == ["long 0", "long 1", "long 2", "long 3"]


def test_a_database_of_another_log_is_not_written_to(world: World, tmp_path: Path) -> None:
    open_ledger(tmp_path, world).close()
    with pytest.raises(LedgerError, match=r"ledger\.other-log"):
        open_ledger(tmp_path, World(log="goc.example/other"))
