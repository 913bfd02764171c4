"""Witnesses are asked as the specification says, and whatever one of them does holds up nobody."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import World
from tests.publishing import Press, fails, press_in
from tests.witness import TIME, Witness, witnesses
from traceability.audit.publisher import Publisher
from traceability.audit.witnesses import Witnesses
from traceability.core.checkpoint import Checkpoint
from traceability.core.errors import LedgerError, ProofError
from traceability.core.merkle import EMPTY_ROOT
from traceability.core.note import Note
from traceability.core.policy import Policy
from traceability.core.tiles import CHECKPOINT_PATH, Tile

FAULTS = (
    "dead", "slow", "drip", "lying", "forgetful", "boasting", "empty", "endless", "elsewhere",
)  # fmt: skip


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    """A ledger that is to be published."""
    with press_in(tmp_path) as found:
        yield found


@pytest.fixture
def pair(press: Press) -> Iterator[list[Witness]]:
    """Two witnesses of it."""
    with witnesses(press.world.signer.key, "one", "two") as found:
        yield found


def policy_of(press: Press, found: list[Witness], quorum: str) -> Policy:
    """A policy: ``all`` or ``any`` of the witnesses, or ``none``."""
    lines = [f"log {press.world.signer.key}\n", *(each.line for each in found)]
    if quorum != "none":
        lines.append(f"group houses {quorum} {' '.join(each.name for each in found)}\n")
        quorum = "houses"
    return Policy.parse("".join([*lines, f"quorum {quorum}\n"]).encode())


def asked_by(publisher: Publisher) -> Witnesses:
    """The witnesses that it asks."""
    asked = publisher._publication._witnesses
    assert asked is not None
    return asked


def untiring(press: Press, policy: Policy) -> Publisher:
    """A publisher that asks again at once who failed, and waits long for who may yet answer,
    however busy the machine is."""
    publisher = press.publisher(policy)
    asked = asked_by(publisher)
    asked.patience, asked.rest = 60.0, 0.0
    return publisher


def cosigned(press: Press, policy: Policy) -> set[str]:
    """Whose cosignatures a reader finds on the published checkpoint."""
    found = press.read(policy)
    assert found is not None
    assert {each.time for each in found.opened.cosignatures} <= {TIME}
    return set(policy.judge(found.opened.cosignatures).witnesses)


def test_the_published_checkpoint_has_the_cosignatures_that_the_policy_asks_for(
    press: Press, pair: list[Witness]
) -> None:
    policy = policy_of(press, pair, "all")
    publisher = press.publisher(policy)
    sizes = [0]
    for more in (1, 5, 300):
        sizes.append(press.grow(more))
        assert publisher.publish()
        assert cosigned(press, policy) == {"one", "two"}
    # Each is asked from the size that it cosigned last, with a proof that it accepts at once.
    assert [each.asked for each in pair] == [sizes[:-1]] * 2
    assert {status for each in pair for status in each.statuses} == {200}
    standings = publisher.standing.witnesses
    assert {each.cosigned for each in standings.values()} == {sizes[-1]}
    assert [(each.answers, each.failures, each.time) for each in standings.values()] == [
        (3, 0, TIME)
    ] * 2


def test_a_new_process_knows_from_the_checkpoint_what_was_cosigned(
    press: Press, pair: list[Witness]
) -> None:
    policy = policy_of(press, pair, "all")
    press.publisher(policy).publish()
    before = press.published
    press.grow(7)
    assert press.publisher(policy).publish()
    assert [each.asked for each in pair] == [[0, before]] * 2


def test_a_witness_that_has_seen_more_than_was_published_says_so_and_is_asked_from_there(
    press: Press, pair: list[Witness]
) -> None:
    policy = policy_of(press, pair, "all")

    class Failing(type(press.store)):  # type: ignore[misc]
        def replace(self, *_: object) -> None:
            raise LedgerError("tiles.unreachable", reason="a crash")

    store = Failing(press.store.folder)  # type: ignore[attr-defined]
    press.publisher(policy).publish()
    published, middle = press.published, press.grow(3)
    assert fails(press.publisher(policy, store)) == "tiles.unreachable"
    press.grow(3)
    assert press.publisher(policy).publish()
    assert [each.asked for each in pair] == [[0, published, published, middle]] * 2
    assert [each.statuses for each in pair] == [[200, 200, 409, 200]] * 2
    assert cosigned(press, policy) == {"one", "two"}


def test_a_witness_that_has_forgotten_everything_is_shown_it_anew(
    press: Press, pair: list[Witness]
) -> None:
    policy = policy_of(press, pair, "all")
    publisher = press.publisher(policy)
    publisher.publish()
    published = press.published
    pair[0].size, pair[0].root = 0, EMPTY_ROOT
    press.grow(3)
    assert publisher.publish()
    assert pair[0].asked == [0, published, 0]


@pytest.mark.parametrize("fault", FAULTS)
def test_one_bad_witness_does_not_keep_a_checkpoint_back_that_needs_it_not(
    press: Press, pair: list[Witness], fault: str
) -> None:
    policy = policy_of(press, pair, "any")
    publisher = untiring(press, policy)
    if fault not in ("slow", "drip"):  # they answer, wrongly: it is heard out
        asked_by(publisher).grace = 60.0
    pair[0].fault = fault
    for more in (0, 3):
        size = press.grow(more)
        assert publisher.publish()
        assert press.published == size
        assert cosigned(press, policy) == {"two"}
    if fault not in ("slow", "drip"):
        assert publisher.standing.witnesses["one"].error
    assert publisher.standing.witnesses["two"].error == ""
    assert publisher.standing.quorum


@pytest.mark.parametrize("fault", FAULTS)
def test_without_its_quorum_a_checkpoint_waits_while_the_tiles_go_ahead(
    press: Press, pair: list[Witness], fault: str
) -> None:
    policy = policy_of(press, pair, "all")
    publisher = untiring(press, policy)
    publisher.publish()
    if fault in ("slow", "drip"):
        asked_by(publisher).patience = 0.5
    before = press.store.get(CHECKPOINT_PATH)
    pair[0].fault = fault
    size = press.grow(2)
    assert fails(publisher) == "policy.quorum"
    assert not publisher.standing.quorum
    assert publisher.standing.lag == 2
    assert press.store.get(CHECKPOINT_PATH) == before
    assert press.store.get(Tile(0, 0, size).path)

    pair[0].fault = ""
    pair[0].awake.set()
    while fails(publisher):
        pass
    assert cosigned(press, policy) == {"one", "two"}
    assert press.published == size
    assert (publisher.standing.quorum, publisher.standing.lag) == (True, 0)


@pytest.mark.parametrize("quorum", ["any", "none"])
def test_a_witness_that_has_seen_more_than_the_backup_holds_is_believed_by_its_proof(
    press: Press, pair: list[Witness], tmp_path: Path, quorum: str
) -> None:
    """The published files were restored with the database, and know of nothing."""
    policy = policy_of(press, pair, quorum)
    press.publisher(policy).publish()
    with press_in(tmp_path / "restored") as old:
        assert old.ledger.size == press.ledger.size
        old.publisher().publish()
        size = press.grow(3)
        press.publisher(policy).publish()
        learned: list[Checkpoint] = []
        publisher = old.publisher(policy, learn=learned.append)
        assert fails(publisher) == "ledger.rolled-back"
        assert {each.size for each in learned} == {size}
        old.world.later(1)
        old.grow(5)
        assert fails(publisher) == "ledger.forked"
        assert old.published < size


def test_what_a_witness_shows_must_be_signed_by_the_log(press: Press, pair: list[Witness]) -> None:
    policy = policy_of(press, pair, "any")
    press.publisher(policy).publish()
    for note in (b"x", pair[0].note.replace(b"\n", b"0\n", 2)):
        pair[0].note = note
        press.grow(1)
        assert press.publisher(policy).publish()


def test_a_slow_witness_is_not_asked_again_before_it_has_answered(
    press: Press, pair: list[Witness]
) -> None:
    policy = policy_of(press, pair, "any")
    publisher = untiring(press, policy)
    pair[0].fault = "slow"
    for _ in range(4):
        press.grow(1)
        assert publisher.publish()
    assert (len(pair[0].asked), len(pair[1].asked)) == (0, 4)
    assert len([each for each in threads() if each == "goc-witness-one"]) == 1


def test_a_witness_that_drips_is_broken_off(press: Press, pair: list[Witness]) -> None:
    policy = policy_of(press, pair, "any")
    publisher = untiring(press, policy)
    pair[0].fault = "drip"
    publisher.publish()
    asked_by(publisher).longest = 0.0
    pair[0].fault = ""
    while cosigned(press, policy) != {"one", "two"}:
        press.grow(1)
        publisher.publish()


def test_an_answer_that_comes_late_counts_in_the_next_round(
    press: Press, pair: list[Witness]
) -> None:
    policy = policy_of(press, pair, "all")
    publisher = untiring(press, policy)
    pair[0].fault = "slow"
    asked_by(publisher).patience = 0.5
    asked = press.ledger.size
    assert fails(publisher) == "policy.quorum"
    press.grow(1)  # which must not make the answer worthless
    pair[0].awake.set()
    while fails(publisher):
        pass
    assert [len(each.asked) for each in pair] == [1, 1]
    assert cosigned(press, policy) == {"one", "two"}
    assert press.published == asked
    assert publisher.publish()
    assert press.published == press.ledger.size


def test_nobody_need_be_there_where_no_quorum_is_asked_for(
    press: Press, pair: list[Witness]
) -> None:
    policy = policy_of(press, pair, "none")
    pair[0].close()
    publisher = untiring(press, policy)
    assert publisher.publish()
    assert cosigned(press, policy) <= {"two"}


def test_a_policy_that_comes_later_has_the_same_checkpoint_cosigned(
    press: Press, pair: list[Witness]
) -> None:
    press.publisher().publish()
    policy = policy_of(press, pair, "all")
    assert cosigned(press, policy) == set()
    publisher = press.publisher(policy)
    assert publisher.publish()
    assert cosigned(press, policy) == {"one", "two"}
    assert not publisher.publish()


def test_a_witness_without_an_address_is_not_asked(press: Press, pair: list[Witness]) -> None:
    key = press.world.signer.key
    text = f"log {key}\nwitness one {pair[0].cosigner.key}\nquorum one\n"
    publisher = untiring(press, Policy.parse(text.encode()))
    assert fails(publisher) == "policy.quorum"
    assert pair[0].asked == []


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://[", "x"])
def test_an_address_that_is_none_fails_alone(
    press: Press, pair: list[Witness], address: str
) -> None:
    key = press.world.signer.key
    text = f"log {key}\nwitness one {pair[0].cosigner.key} {address}\n{pair[1].line}quorum two\n"
    publisher = untiring(press, Policy.parse(text.encode()))
    asked_by(publisher).grace = 60.0
    assert publisher.publish()
    assert publisher.standing.witnesses["one"].failures == 1


def test_a_policy_for_other_logs_is_refused(press: Press) -> None:
    text = f"log {World(2, log='goc.example/x').signer.key}\nquorum none\n"
    with pytest.raises(ProofError, match=r"policy\.log"):
        press.publisher(Policy.parse(text.encode()))


def test_the_log_s_own_line_stays_the_first(press: Press, pair: list[Witness]) -> None:
    press.publisher(policy_of(press, pair, "all")).publish()
    note = Note.parse(press.store.get(CHECKPOINT_PATH) or b"")
    assert note.signatures[0].name == press.world.log
    assert len(note.signatures) == 3


def threads() -> list[str]:
    """The names of all threads."""
    return [each.name for each in threading.enumerate()]
