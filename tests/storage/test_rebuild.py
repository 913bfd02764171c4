"""Projections can be thrown away: the records make them again, and any other row is found out."""

import pytest
from sqlalchemy import delete, select, update

from tests.kit import World
from tests.ledgers import codes, send
from tests.story import Story
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.ledger.rebuild import check, rebuild
from traceability.storage.tables import PROJECTIONS, DisclosureRow, table_of


def tell(world: World, ledger: Ledger, steps: int = 60) -> None:
    """Plays a story into the ledger."""
    story = Story(world)
    for _ in range(steps):
        story.step()
    send(ledger, world.records, size=30)


#: SQLite's words and PostgreSQL's.
_IN_POSTGRES = {
    "zeroblob(64)": "decode(repeat('00', 64), 'hex')",
    "zeroblob(32)": "decode(repeat('00', 32), 'hex')",
    "X'7B7D'": "'{}'::bytea",
    "CAST(replace(checkpoint, 'ex', 'x') AS BLOB)": (
        "convert_to(replace(convert_from(checkpoint, 'UTF8'), 'ex', 'x'), 'UTF8')"
    ),
}


def execute(ledger: Ledger, statement: str) -> int:
    """Changes the database behind the ledger's back; the number of rows changed."""
    if not ledger.database.is_sqlite:
        for ours, theirs in _IN_POSTGRES.items():
            statement = statement.replace(ours, theirs)
    with ledger.database.writing() as connection:
        return connection.exec_driver_sql(statement).rowcount


def everything(ledger: Ledger) -> list[list[tuple[object, ...]]]:
    """All rows of all projections."""
    with ledger.database.reading() as connection:
        return [
            [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in PROJECTIONS
        ]


def test_a_ledger_that_was_left_alone_is_as_its_records_make_it(
    world: World, ledger: Ledger
) -> None:
    tell(world, ledger)
    assert all(rows for table, rows in zip(PROJECTIONS, everything(ledger), strict=True)
               if table.name != "tile")  # fmt: skip
    assert check(ledger.database) is None


def test_what_was_thrown_away_comes_back_row_for_row(world: World, ledger: Ledger) -> None:
    tell(world, ledger)
    before, head = everything(ledger), ledger.receipts.head()
    for table in PROJECTIONS:
        execute(ledger, f"DELETE FROM {table.name}")  # noqa: S608
    rebuilt = rebuild(ledger.database)
    assert everything(ledger) == before
    assert rebuilt == head == ledger.receipts.head()


def test_a_ledger_goes_on_after_a_rebuild(world: World, ledger: Ledger) -> None:
    tell(world, ledger)
    rebuild(ledger.database)
    farm = world.party("farm")
    world.harvest(farm, world.place(farm), [(world.product(farm), "N1", "5 KGM")])
    assert codes(send(ledger, world.records[-5:])) == [None] * 5
    assert check(ledger.database) is None


@pytest.mark.parametrize(
    ("statement", "where", "what"),
    [
        ("UPDATE holding SET remaining = 7 WHERE remaining > 7", "holding", "remaining"),
        ("UPDATE lot SET maker = 'p-0000000000000000'", "lot", "maker"),
        ("DELETE FROM alert WHERE closed IS NULL", "alert", "missing"),
        ("INSERT INTO member VALUES ('p-0', 'p-1', 2)", "member", "should not be there"),
        ("UPDATE statement SET data = '{}' WHERE kind = 'product'", "statement", "data"),
        ("UPDATE party_key SET revoked = NULL", "party_key", "revoked"),
        ("UPDATE draw SET amount = NULL", "draw", "amount"),
        ("UPDATE head SET time = time + 1", "head", "time"),
        ("UPDATE head SET checkpoint = CAST(replace(checkpoint, 'ex', 'x') AS BLOB)", "head", "x"),
    ],
)  # fmt: skip
def test_a_row_that_somebody_changed_is_named(
    statement: str, where: str, what: str, world: World, ledger: Ledger
) -> None:
    tell(world, ledger, 100)
    assert execute(ledger, statement) > 0
    found = check(ledger.database)
    assert found is not None
    assert found.table == where
    assert what in str(found)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("UPDATE record SET payload = X'7B7D' WHERE idx = 6", 6),
        ("UPDATE record SET signature = zeroblob(64) WHERE idx = 5", 5),
        ("UPDATE record SET time = time - 100000000 WHERE idx = 7", 7),
        ("DELETE FROM record WHERE idx = 9", 9),
        ("UPDATE record SET digest = zeroblob(32) WHERE idx = 3", 3),
        ("UPDATE record SET key_idx = 0 WHERE idx = 4", 0),
    ],
)
def test_a_record_that_somebody_changed_stops_the_replay(
    statement: str, index: int | None, world: World, ledger: Ledger
) -> None:
    tell(world, ledger, 20)
    before = everything(ledger)
    assert execute(ledger, statement) > 0
    for replay in (check, rebuild):
        with pytest.raises(LedgerError) as caught:
            replay(ledger.database)
        assert caught.value.code == "ledger.replay"
        assert index is None or caught.value.params["index"] == index
    assert everything(ledger) == before


def test_an_erased_personal_value_changes_nothing(world: World, ledger: Ledger) -> None:
    """Names and phones of farms lie in ``disclosure`` alone: without them all is as before."""
    farm = world.party("farm")
    crop = world.harvest(farm, world.place(farm), [(world.product(farm), "N1", "5 KGM")],
                         by="Nguyễn Văn An", note="riêng")  # fmt: skip
    assert codes(send(ledger, world.records)) == [None] * 7
    before = everything(ledger)
    assert "Nguyễn Văn An" not in str(before)
    assert "Nông hộ" not in str(before)
    assert "0900" not in str(before)
    table = table_of(DisclosureRow)
    with ledger.database.writing() as connection:
        for index, joined in connection.execute(select(table)).all():
            kept = [each for each in joined.split(b"~") if not personal(each)]
            row = table.c.idx == index
            if kept:
                connection.execute(update(table).where(row).values(disclosures=b"~".join(kept)))
            else:
                connection.execute(delete(table).where(row))
    assert check(ledger.database) is None
    receipt = ledger.receipts.of(crop.name)
    assert receipt is not None
    assert receipt.index == 6


def personal(disclosure: bytes) -> bool:
    """Whether it discloses one of the personal members that this test's records have."""
    import orjson

    from traceability.core import b64

    return orjson.loads(b64.decode(disclosure))[1] in {"by", "note", "person", "phone"}
