"""The network between a ledger and its PostgreSQL is cut, stalls, or is not there.

Whoever sends a record then hears that the database does not answer, after a bounded time; and as
soon as it does again, all goes on by itself: nobody starts anything anew.
"""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.fault.ledger_checks import Shown, require_kept
from tests.fault.proxy import Proxy
from tests.kit import Signed, World
from tests.ledgers import codes, verify
from tests.postgres import Postgres
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Outcome, Receipt
from traceability.storage import leader, postgres
from traceability.storage.engine import Database

GONE = {"ledger.unreachable", "ledger.locked"}
BUSY_MS, SILENT_SECONDS = 400, 1.0
COMMIT = b"\0COMMIT\0"  #: as a writer says it, in one go with all that it writes
ENOUGH = 60  #: seconds to wait for an answer that must come

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


class Line:
    """A ledger behind a network that fails, and all that it answered."""

    def __init__(self, proxy: Proxy, name: str, direct: str) -> None:
        self.proxy = proxy
        self.direct = direct
        self.world = World()
        self.shown = Shown()
        self.ledger = self.opened(proxy.url(name))
        self.farm = self.world.party("farm")
        self.plot, self.product = self.world.place(self.farm), self.world.product(self.farm)
        self.taken(self.world.take())

    def opened(self, url: str) -> Ledger:
        database = Database(url, BUSY_MS, SILENT_SECONDS)
        return Ledger(database, self.world.signer, self.world.clock)

    def renew(self) -> None:
        """Make the ledger connect anew."""
        self.ledger.appender._store.release()
        self.ledger.database.write_engine.dispose()

    def harvests(self, count: int = 3) -> list[Signed]:
        for _ in range(count):
            line = (self.product, self.world.lot(), "5 KGM")
            self.world.harvest(self.farm, self.plot, [line])
        return self.world.take()

    def send(self, records: list[Signed], ledger: Ledger | None = None) -> list[Outcome]:
        """Raises what the ledger says."""
        appender = (ledger or self.ledger).appender
        return appender.submit([each.wire for each in records]).result(ENOUGH)

    def taken(self, records: list[Signed], ledger: Ledger | None = None) -> set[bool]:
        """The records are taken, or were; whether they were."""
        outcomes = self.send(records, ledger)
        assert codes(outcomes) == [None] * len(records)
        repeated = set()
        for signed, receipt in zip(records, outcomes, strict=True):
            assert isinstance(receipt, Receipt)
            verify(self.world, signed, receipt)
            self.shown.receipt(signed.name, receipt.to_proof())
            repeated.add(receipt.repeated)
        return repeated

    def gone(self, records: list[Signed], ledger: Ledger | None = None) -> str:
        """The ledger says that its database is not there; how."""
        with pytest.raises(LedgerError) as refused:
            self.send(records, ledger)
        assert refused.value.code in GONE
        return refused.value.code

    def said(self, records: list[Signed], ledger: Ledger) -> str:
        """The code of why the records are not taken; nothing where they are."""
        error = ledger.appender.submit([each.wire for each in records]).exception(ENOUGH)
        return error.code if isinstance(error, LedgerError) else ""


@pytest.fixture(name="line")
def _line(request: pytest.FixtureRequest, postgres_template: str) -> Iterator[Line]:
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create_database(postgres_template)
    with Proxy(server.folder) as proxy:
        found = Line(proxy, name, server.url(name))
        yield found
        proxy.heal()
        found.ledger.close()
    database = Database(server.url(name))
    require_kept(database, found.world.signer.key, found.shown)
    database.close()
    server.drop_database(name)


@pytest.mark.parametrize("word", [b"FOR UPDATE", b"json_agg", b"INSERT INTO", COMMIT])
def test_a_line_that_is_cut_before_a_word_loses_what_was_not_answered(
    line: Line, word: bytes
) -> None:
    for _ in range(2):
        line.renew()  # so that every word is said in full again
        records = line.harvests()
        line.proxy.cut("before", word)
        assert line.gone(records) == "ledger.unreachable"
        assert line.taken(records) == {False}
    assert line.proxy.cuts == 2


def test_a_commit_whose_answer_is_lost_is_answered_when_it_is_sent_again(line: Line) -> None:
    for _ in range(3):
        records = line.harvests()
        line.proxy.cut("after", COMMIT)
        assert line.gone(records) == "ledger.unreachable"
        assert line.taken(records) == {True}
    assert line.proxy.cuts == 3


def test_lines_that_are_cut_between_two_batches_are_not_noticed(line: Line) -> None:
    for _ in range(5):
        line.proxy.cut()
        line.taken(line.harvests())
        line.proxy.cut()
        assert line.ledger.receipts.head().size == len(line.world.records)


def test_nobody_listens_and_then_somebody_does(line: Line) -> None:
    records = line.harvests()
    line.proxy.refuse()
    for _ in range(3):
        assert line.gone(records) == "ledger.unreachable"
        with pytest.raises(LedgerError) as refused:
            line.ledger.receipts.head()
        assert refused.value.code == "ledger.unreachable"
    line.proxy.heal()
    assert line.taken(records) == {False}


def test_a_signature_of_a_key_that_cannot_be_looked_up_is_not_refused(line: Line) -> None:
    """Nobody knows whether it is a stranger's: that is no fault of the record."""
    line.proxy.refuse()
    line.ledger.keys._keys.clear()
    records = line.harvests()
    assert line.gone(records) == "ledger.unreachable"
    line.proxy.heal()
    assert line.taken(records) == {False}


def test_a_network_that_stalls_is_not_waited_for_for_ever(line: Line) -> None:
    records = line.harvests()
    line.proxy.stall()
    assert line.gone(records) == "ledger.unreachable"
    with pytest.raises(LedgerError) as refused:
        line.ledger.receipts.head()
    assert refused.value.code == "ledger.unreachable"
    assert line.gone(records) in GONE  # it does not answer whoever connects, either
    line.proxy.heal()
    assert line.taken(records) <= {False, True}  # what was held up may have arrived after all


def test_whoever_vanishes_with_the_lock_does_not_keep_it(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server does not hear that the line is cut, and believes that a writer still thinks."""
    limit = "SET idle_in_transaction_session_timeout = '2s'"
    monkeypatch.setattr(postgres, "WRITER", (limit,))  # a fifth of what it is
    line.renew()
    records, more = line.harvests(), line.harvests()
    line.proxy.cut("forsake", b"INSERT INTO")
    assert line.gone(records) == "ledger.unreachable"
    assert line.gone(records) == "ledger.locked"
    with closing(line.opened(line.direct)) as other:
        while code := line.said(more, other):
            assert code == "ledger.locked"
        assert line.taken(more, other) == {True}
    line.taken(records)


def test_a_publisher_whose_line_stalls_no_longer_leads_and_then_leads_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader, "_PATIENCE", 1)
    one = leader.leader_of(line.ledger.database, line.ledger.log)
    assert one.leads()
    line.proxy.stall()
    for _ in range(2):
        with pytest.raises(LedgerError) as refused:
            one.leads()
        assert refused.value.code == "ledger.unreachable"
    line.proxy.heal()
    late = time.monotonic() + ENOUGH
    while not one.leads():  # the server has still to notice that its old session is gone
        assert time.monotonic() < late, "nobody leads any more"
    one.close()
