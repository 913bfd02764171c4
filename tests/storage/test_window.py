"""The database and an auditor's memory agree about everything, in whatever batches it came."""

import random

import pytest

from tests.kit import World
from tests.ledgers import codes, differences, open_ledger, send
from tests.memory import MemoryLedger
from tests.story import Story
from traceability.core import moment
from traceability.core.errors import GocError
from traceability.ledger.ledger import Ledger
from traceability.storage.reader import SqlReader


def compare(ledger: Ledger, memory: MemoryLedger) -> None:
    """Fails with what differs."""
    with ledger.database.reading() as connection:
        reader = SqlReader(ledger.database.cursor(connection), ledger.database.dialect)
        assert differences(reader, memory.state) == []
    head = ledger.receipts.head()
    assert (head.size, head.time) == (memory.state.size, memory.state.time)
    assert (head.operator, head.genesis_kid) == (memory.state.operator, memory.state.genesis_kid)
    assert head.checkpoint == memory.checkpoint()


@pytest.mark.parametrize("seed", range(6))
def test_a_story_leads_to_the_same_state_in_the_database_and_in_memory(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    story = Story(World(seed))
    for _ in range(60):
        story.step()
    records = story.world.records
    chance = random.Random(seed)
    now = moment.parse_time(story.world.start)
    memory = MemoryLedger(story.world)
    with open_ledger(tmp_path_factory.mktemp("goc"), story.world, lambda: now) as ledger:
        at = 0
        while at < len(records):
            group = records[at : at + chance.choice((1, 1, 2, 5, 40)) + (1 if at == 0 else 0)]
            at += len(group)
            now = moment.parse_time(group[-1].claims["iat"])
            expected: list[str | None] = []
            for signed in group:
                try:
                    memory.append(signed, now)
                    expected.append(None)
                except GocError as error:
                    expected.append(error.code)
            # A signature of a key that was never registered is met before the rules are.
            found = [
                "key.unknown" if code == "record.unknown-key" else code
                for code in codes(send(ledger, group))
            ]
            assert found == expected
        compare(ledger, memory)


def test_a_window_forgets_what_another_writer_changed(world: World, ledger: Ledger) -> None:
    """Two writers over one database, in turn: as two processes would."""
    other = Ledger(ledger.database, world.signer, world.clock)
    farm, shop = world.party("farm"), world.party("supermarket")
    plot, pineapple = world.place(farm), world.product(farm)
    assert codes(send(ledger, world.take())) == [None] * 8
    crop = world.harvest(farm, plot, [(pineapple, "L1", "10 KGM")])
    assert codes(send(other, [crop])) == [None]
    # A revocation by one writer binds the other, which had seen the key before.
    world.revoke(world.operator, farm.kid)
    assert codes(send(ledger, world.take()[1:])) == [None]
    late = world.ship(farm, [crop[0]], to=shop)
    assert codes(send(other, [late])) == ["key.revoked"]
    memory = MemoryLedger(world)
    for signed in world.records[:-1]:
        memory.append(signed, memory.world.now if signed is crop else None)
    assert ledger.receipts.head().size == memory.state.size
    other.appender.close()
