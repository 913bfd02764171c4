"""Laws of appending: whatever is sent, by however many at once, the log that comes is valid."""

import tempfile
import threading
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit import World
from tests.ledgers import codes, differences, open_ledger, send, verify
from tests.story import Story
from traceability.core import codec
from traceability.core.facts import Accepted
from traceability.core.rules import apply
from traceability.core.state import State
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Outcome, Receipt
from traceability.ledger.rebuild import check
from traceability.storage.reader import SqlReader


def replayed(ledger: Ledger) -> State:
    """What an auditor arrives at with the records of the database, in memory."""
    state = State(ledger.log)
    with ledger.database.reading() as connection:
        cursor = ledger.database.cursor(connection)
        reader = SqlReader(cursor, ledger.database.dialect)
        cursor.execute("SELECT idx, time FROM record ORDER BY idx")
        for index, time in cursor.fetchall():
            wire = reader.wire(index)
            assert wire is not None
            state.absorb(apply(codec.parse(wire), Accepted(index, time), state))
        assert differences(reader, state) == []
    return state


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    clients=st.integers(1, 6),
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    shuffle=st.randoms(use_true_random=False),
    disorder=st.integers(0, 40),
)
def test_any_order_of_concurrent_appends_gives_a_valid_log(
    seed: int, clients: int, sizes: list[int], shuffle: "object", disorder: int
) -> None:
    story = Story(World(seed))
    begin = len(story.world.records)
    for _ in range(40):
        story.step()
    records = story.world.records
    goods = records[begin:]
    for _ in range(disorder):
        a, b = (shuffle.randrange(len(goods)) for _ in range(2))  # type: ignore[attr-defined]
        goods[a], goods[b] = goods[b], goods[a]
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder), story.world) as ledger:
        assert set(codes(send(ledger, records[:begin]))) == {None}
        answered: list[tuple[int, Outcome]] = []

        def client(mine: int) -> None:
            at = 0
            while at < len(goods):
                size = sizes[at % len(sizes)]
                positions = [
                    n for n in range(at, min(at + size, len(goods))) if n % clients == mine
                ]
                at += size
                if positions:
                    batch = [goods[n].wire for n in positions]
                    outcomes = ledger.appender.submit(batch).result(30)
                    answered.extend(zip(positions, outcomes, strict=True))

        threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        accepted = [(n, each) for n, each in answered if isinstance(each, Receipt)]
        for n, receipt in accepted:
            verify(story.world, goods[n], receipt)
        indices = sorted(receipt.index for _, receipt in accepted)
        assert indices == list(range(begin, begin + len(accepted)))
        state = replayed(ledger)
        nothing_from_nothing(state, ledger)
        assert check(ledger.database) is None


def nothing_from_nothing(state: State, ledger: Ledger) -> None:
    """Draws of each holding do not exceed it; what is left and what was drawn are what was made."""
    with ledger.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT h.idx, h.n, h.made, h.remaining, coalesce(sum(d.amount), 0), count(d.idx)"
            " FROM holding h LEFT JOIN draw d ON d.source_idx = h.idx AND d.source_n = h.n"
            " GROUP BY h.idx, h.n"
        ).all()
    assert len(rows) == len([each for each in state.holdings.values() if each is not None])
    for _, _, made, remaining, drawn, _ in rows:
        assert 0 <= remaining <= made
        assert remaining + drawn == made
