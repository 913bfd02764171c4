"""Complaints: put down once, bounded, answered, erasable, forgotten in time."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from tests.kit import World
from tests.ledgers import codes, send
from traceability.core.errors import FormatError, LedgerError
from traceability.ledger import complaints as module
from traceability.ledger.complaints import (
    DAY,
    LOT_A_DAY,
    MONTH,
    MOST_WORDS,
    Complaints,
    Contact,
    Told,
    party_of,
)
from traceability.ledger.ledger import Ledger
from traceability.ledger.reading import looking
from traceability.storage.engine import Database
from traceability.storage.tables import ComplaintRow, table_of

TOLD = Told(
    "08931234567897", "L1", "09H5KZXYQPSC2FM8DJ6T", "copied", "Hai gói cùng một số", "VN-CT"
)
COOP = "p-0123456789abcdef"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000_000

    def __call__(self) -> int:
        self.now += 1
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def complaints(database: Database, clock: Clock) -> Complaints:
    return Complaints(database, clock)


def test_a_complaint_is_found_by_its_code_however_that_is_written(complaints: Complaints) -> None:
    made = complaints.take(TOLD, COOP, "7k3m9ab01xyz")
    assert (made.state, made.party, made.words) == ("open", COOP, TOLD.words)
    for written in ("7k3m9ab01xyz", "7K3M-9AB0-1XYZ", "7k3m 9abo ixyz"):
        assert complaints.by_code(written) == made
    with pytest.raises(LedgerError) as unknown:
        complaints.by_code("7k3m9ab01xy0")
    assert unknown.value.code == "complaint.unknown"


def test_the_code_itself_is_kept_nowhere(complaints: Complaints, database: Database) -> None:
    complaints.take(TOLD, COOP, "7k3m9ab01xyz")
    with looking(database) as connection:
        [row] = connection.execute(select(table_of(ComplaintRow)))
    assert "7k3m9ab01xyz" not in str(row).lower()


def test_what_is_sent_twice_is_one_complaint(complaints: Complaints) -> None:
    first = complaints.take(TOLD, COOP, "code")
    assert complaints.take(dataclasses.replace(TOLD, words="khác"), None, "code") == first
    assert len(complaints.page().items) == 1


def test_what_is_sent_twice_at_once_is_one_complaint(complaints: Complaints) -> None:
    told = dataclasses.replace(TOLD, contact="0901")
    for number in range(5):
        with ThreadPoolExecutor(4) as pool:
            code = f"code {number}"
            made = list(pool.map(lambda _, code=code: complaints.take(told, COOP, code), range(4)))
        assert len({each.id for each in made}) == 1
    assert len(complaints.page().items) == 5
    assert len(complaints.contacts(each.id for each in complaints.page().items)) == 5


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"kind": "smear"}, "complaint.kind"),
        ({"words": "x" * (MOST_WORDS + 1)}, "complaint.words"),
        ({"contact": "0" * 121}, "complaint.contact"),
        ({"position": "10.0312,105.7834"}, "complaint.position"),
        ({"position": "90.01,105.78"}, "complaint.position"),
        ({"position": "-10.03,-180.01"}, "complaint.position"),
        ({"position": "here"}, "complaint.position"),
    ],
)
def test_what_is_too_much_or_too_fine_is_not_taken(
    complaints: Complaints, wrong: dict[str, str], code: str
) -> None:
    with pytest.raises(FormatError) as refused:
        complaints.take(dataclasses.replace(TOLD, **wrong), COOP, "code")
    assert refused.value.code == code
    assert complaints.page().items == ()


def test_words_keep_their_lines_and_lose_what_nobody_sees(complaints: Complaints) -> None:
    made = complaints.take(
        dataclasses.replace(TOLD, words=" một\r\nhai\x00\u202eba "), COOP, "code"
    )
    assert made.words == "một\nhai  ba"


def test_contact_and_position_lie_apart_and_can_be_erased(complaints: Complaints) -> None:
    with_contact = dataclasses.replace(TOLD, contact="0901 234 567", position="10.03,105.78")
    made, other = complaints.take(with_contact, COOP, "a"), complaints.take(TOLD, COOP, "b")
    assert "0901" not in str(made)
    known = complaints.contacts([made.id, other.id])
    assert known == {made.id: Contact("0901 234 567", "10.03,105.78")}
    complaints.erase_contact(made.id)
    assert complaints.contacts([made.id]) == {}
    assert complaints.get(made.id) == made


def test_its_party_answers_and_an_auditor_remarks(complaints: Complaints) -> None:
    id_ = complaints.take(TOLD, COOP, "a").id
    assert complaints.open() == 1
    seen = complaints.answer(id_, None, None)
    assert (seen.state, seen.seen is not None, seen.answer) == ("open", True, None)
    answered = complaints.answer(id_, None, "Đã kiểm tra")
    assert (answered.state, answered.answer, answered.seen) == (
        "answered", "Đã kiểm tra", seen.seen,
    )  # fmt: skip
    assert complaints.open() == 0
    remarked = complaints.remark(id_, "Đã xem sổ")
    assert (remarked.remark, remarked.answer) == ("Đã xem sổ", "Đã kiểm tra")
    assert complaints.answer(id_, "closed", None).state == "closed"
    for act in (complaints.answer, lambda id_, *_: complaints.remark(id_, "x")):
        with pytest.raises(LedgerError) as unknown:
            act("0" * 16, None, None)
        assert unknown.value.code == "complaint.unknown"
    with pytest.raises(FormatError):
        complaints.answer(id_, None, "x" * (MOST_WORDS + 1))


def test_a_lot_has_so_many_a_day_and_other_lots_are_not_touched_by_it(
    complaints: Complaints, clock: Clock
) -> None:
    for number in range(LOT_A_DAY):
        complaints.take(TOLD, COOP, f"code {number}")
    with pytest.raises(LedgerError) as refused:
        complaints.take(TOLD, COOP, "one more")
    assert refused.value.code == "complaint.too-many"
    complaints.take(dataclasses.replace(TOLD, lot="L2"), COOP, "another lot")
    assert complaints.take(TOLD, COOP, "code 0").lot == "L1"  # sent again: no new one
    clock.now += DAY
    complaints.take(TOLD, COOP, "the next day")


def test_a_ledger_has_so_many_a_day(
    complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ALL_A_DAY", 3)
    for number in range(3):
        complaints.take(dataclasses.replace(TOLD, lot=f"L{number}"), None, f"code {number}")
    with pytest.raises(LedgerError) as refused:
        complaints.take(dataclasses.replace(TOLD, lot="L9"), None, "one more")
    assert refused.value.code == "complaint.too-many"


def test_lots_that_nobody_made_take_little_of_what_is_taken_in_a_day(
    world: World, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm = world.party("farm")
    plot, fruit = world.place(farm), world.product(farm)
    world.harvest(farm, plot, [(fruit, "L1", "10 KGM")])
    assert set(codes(send(ledger, world.take()))) == {None}
    monkeypatch.setattr(module, "UNKNOWN_A_DAY", 2)
    complaints = Complaints(ledger.database, Clock())

    def take(lot: str) -> None:
        complaints.take(dataclasses.replace(TOLD, product=fruit, lot=lot), farm.id, f"of {lot}")

    take("NONE-1")
    take("NONE-2")
    with pytest.raises(LedgerError) as refused:
        take("NONE-3")
    assert refused.value.code == "complaint.too-many"
    take("L1")


def test_they_come_newest_first_in_pages_and_by_whose_they_are(complaints: Complaints) -> None:
    made = [
        complaints.take(
            dataclasses.replace(TOLD, lot=f"L{n % 2}"), COOP if n % 3 else None, f"code {n}"
        ).id
        for n in range(10)
    ]
    complaints.answer(made[4], "closed", None)
    seen: list[str] = []
    following = None
    while True:
        page = complaints.page(after=following, limit=3)
        seen += [each.id for each in page.items]
        following = page.next
        if following is None:
            break
    assert seen == made[::-1]
    assert {each.id for each in complaints.page(party=COOP).items} == {
        id_ for n, id_ in enumerate(made) if n % 3
    }
    assert len(complaints.page(product=TOLD.product, lot="L1").items) == 5
    assert [each.id for each in complaints.page(state="closed").items] == [made[4]]
    with pytest.raises(LedgerError) as refused:
        complaints.page(after="x")
    assert refused.value.code == "cursor.malformed"


def test_they_end_after_the_months_for_which_they_are_kept(
    database: Database, clock: Clock
) -> None:
    complaints = Complaints(database, clock, months=2)
    complaints.take(dataclasses.replace(TOLD, contact="0901"), COOP, "a")
    clock.now += 2 * MONTH - DAY
    assert complaints.sweep() == 0
    late = complaints.take(TOLD, COOP, "b").id
    clock.now += DAY
    assert complaints.sweep() == 1
    assert [each.id for each in complaints.page().items] == [late]


def test_it_goes_to_who_made_the_lot_else_to_who_labelled_it_or_states_the_product(
    world: World, ledger: Ledger
) -> None:
    farm, coop = world.party("farm"), world.party("cooperative")
    plot, fruit, bag = world.place(farm), world.product(farm), world.product(coop)
    house = world.place(coop, "packhouse")
    crop = world.harvest(farm, plot, [(fruit, "L1", "10 KGM")])[0]
    came = world.receive(coop, world.ship(farm, [crop], to=coop), place=house)[0]
    world.label(coop, bag, "B1", 2, ahead=[(came, "2 KGM")])
    assert set(codes(send(ledger, world.take()))) == {None}
    with ledger.reading() as now:
        assert party_of(now, fruit, "L1") == farm.id
        assert party_of(now, bag, "B1") == coop.id
        assert party_of(now, fruit, "NO-SUCH-LOT") == farm.id
        assert party_of(now, "08931234567897", "L1") is None
