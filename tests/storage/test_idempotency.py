"""A request that comes again is answered as the first time, whatever happened in between."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from traceability.core.errors import LedgerError
from traceability.ledger.idempotency import Answered, Begun, Idempotency
from traceability.storage.engine import Database

TOKEN, KEY, REQUEST = "t0", "k-1", b'{"type":"harvest"}'


@pytest.fixture
def store(database: Database) -> Idempotency:
    return Idempotency(database)


def test_the_first_answer_is_the_answer(store: Idempotency) -> None:
    assert store.recall(TOKEN, KEY, REQUEST) is None
    assert store.begin(TOKEN, KEY, REQUEST, b"signed~") == b"signed~"
    store.remember(TOKEN, KEY, REQUEST, 201, b"receipt")
    store.remember(TOKEN, KEY, REQUEST, 500, b"another")
    assert store.recall(TOKEN, KEY, REQUEST) == Answered(201, b"receipt")


def test_after_a_crash_the_records_that_were_signed_are_sent_again(store: Idempotency) -> None:
    store.begin(TOKEN, KEY, REQUEST, b"first~")
    assert store.recall(TOKEN, KEY, REQUEST) == Begun(b"first~")
    assert store.begin(TOKEN, KEY, REQUEST, b"second~") == b"first~"


def test_of_many_at_once_all_send_the_same_records(store: Idempotency) -> None:
    def begins(n: int) -> Answered | bytes:
        return store.begin(TOKEN, f"k-{n // 8}", REQUEST, b"%d~" % n)

    with ThreadPoolExecutor(8) as pool:
        wires = list(pool.map(begins, range(80), timeout=30))
    for n in range(0, 80, 8):
        assert len(set(wires[n : n + 8])) == 1


def test_a_key_that_comes_with_another_request_is_refused(store: Idempotency) -> None:
    store.begin(TOKEN, KEY, REQUEST, b"signed~")
    for attempt in (
        lambda: store.recall(TOKEN, KEY, b"other"),
        lambda: store.begin(TOKEN, KEY, b"other", b"signed~"),
        lambda: store.remember(TOKEN, KEY, b"other", 201, b"x"),
    ):
        with pytest.raises(LedgerError) as refused:
            attempt()
        assert refused.value.code == "idempotency.reused"
    assert store.recall(TOKEN, KEY, REQUEST) == Begun(b"signed~")


def test_keys_of_different_tokens_are_different(store: Idempotency) -> None:
    store.begin(TOKEN, KEY, REQUEST, b"signed~")
    assert store.recall("t1", KEY, b"other") is None


def test_what_came_to_nothing_may_be_tried_anew_but_an_answer_stays(store: Idempotency) -> None:
    store.begin(TOKEN, KEY, REQUEST, b"first~")
    store.release(TOKEN, KEY, REQUEST, b"first~")
    assert store.begin(TOKEN, KEY, REQUEST, b"second~") == b"second~"
    store.remember(TOKEN, KEY, REQUEST, 201, b"receipt")
    store.release(TOKEN, KEY, REQUEST, b"second~")
    assert store.recall(TOKEN, KEY, REQUEST) == Answered(201, b"receipt")


def test_nobody_takes_back_what_another_put_down(store: Idempotency) -> None:
    """Two sent the same records, which were refused; one has begun anew before the other knows."""
    store.begin(TOKEN, KEY, REQUEST, b"first~")
    store.release(TOKEN, KEY, REQUEST, b"first~")
    store.begin(TOKEN, KEY, REQUEST, b"second~")
    store.release(TOKEN, KEY, REQUEST, b"first~")
    assert store.recall(TOKEN, KEY, REQUEST) == Begun(b"second~")


def test_records_are_put_down_even_where_another_took_back_its_own_just_then(
    store: Idempotency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours gave way to an entry, which was gone when it was to be read."""
    keep, gave_way = store._keep, iter((True,))

    def keeps(*entry: Any) -> None:
        if not next(gave_way, False):
            keep(*entry)

    monkeypatch.setattr(store, "_keep", keeps)
    assert store.begin(TOKEN, KEY, REQUEST, b"signed~") == b"signed~"
    assert store.recall(TOKEN, KEY, REQUEST) == Begun(b"signed~")


def test_who_comes_just_as_another_was_answered_gets_its_answer(store: Idempotency) -> None:
    """It had asked before, and signed anew: its own records must not be appended, too."""
    assert store.recall(TOKEN, KEY, REQUEST) is None
    assert store.begin(TOKEN, KEY, REQUEST, b"first~") == b"first~"
    store.remember(TOKEN, KEY, REQUEST, 201, b"{}")
    assert store.begin(TOKEN, KEY, REQUEST, b"second~") == Answered(201, b"{}")


def test_entries_last_for_a_day_and_not_for_ever(database: Database) -> None:
    time = [0]
    store = Idempotency(database, lambda: time[0])
    store.begin(TOKEN, KEY, REQUEST, b"signed~")
    time[0] = 24 * 3_600_000
    assert store.sweep() == 0
    time[0] = 49 * 3_600_000
    assert store.sweep() == 1
    assert store.recall(TOKEN, KEY, REQUEST) is None


def test_a_refusal_leaves_the_connection_fit_for_what_comes_next(store: Idempotency) -> None:
    """A driver that drops all prepared statements after a rollback drops those of the ledger."""
    for n in range(20):
        store.begin(TOKEN, f"k-{n}", REQUEST, b"signed~")
    for _ in range(3):
        with pytest.raises(LedgerError) as refused:
            store.begin(TOKEN, KEY, b"other", b"signed~")
        assert refused.value.code == "idempotency.reused"
