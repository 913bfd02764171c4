"""Print jobs: each is drawn once, whoever dies; nobody gets more than may be; nothing is left."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from traceability.core.errors import GocError, LedgerError
from traceability.ledger import print_jobs as module
from traceability.ledger.print_jobs import LASTING, PIECE, PrintJob, PrintJobs
from traceability.ledger.print_queue import LEASE, MOST_TRIES, Claimed, PrintQueue
from traceability.storage.engine import Database
from traceability.storage.tables import PrintPartRow, table_of

FARM, OTHER = "p-0123456789abcdef", "p-fedcba9876543210"
LOT = ("02000000000015", "CD-0912-A", "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ")


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
def jobs(database: Database, clock: Clock) -> PrintJobs:
    return PrintJobs(database, clock)


@pytest.fixture
def queue(database: Database, clock: Clock) -> PrintQueue:
    return PrintQueue(database, clock)


def ask(jobs: PrintJobs, party: str = FARM, count: int = 30, id_: str | None = None) -> PrintJob:
    return jobs.ask(party, *LOT, '{"form":"pdf"}', count, id_)


def claimed(queue: PrintQueue) -> Claimed:
    found = queue.claim()
    assert found is not None
    return found


def refused(code: str, does: Callable[[], object]) -> None:
    with pytest.raises(GocError) as refusal:
        does()
    assert refusal.value.code == code


def pieces(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(
            select(func.count()).select_from(table_of(PrintPartRow))
        ).scalar_one()


def draw(queue: PrintQueue, data: bytes = b"%PDF") -> PrintJob:
    """Draws the job that waits, as one part."""
    ours = claimed(queue)
    assert queue.store(ours, data, ours.job.count, b"", True)
    return ours.job


# -- from asking to reading ------------------------------------------------------------------------


def test_a_job_is_drawn_part_by_part_and_read_once_it_is_done(
    jobs: PrintJobs, queue: PrintQueue
) -> None:
    job = ask(jobs)
    assert (job.state, job.printed, job.bytes, job.expires) == ("queued", 0, 0, None)
    ours = claimed(queue)
    assert (ours.job.wish, ours.marks) == ('{"form":"pdf"}', ())
    assert jobs.get(job.id).state == "running"
    assert queue.store(ours, b"one ", 10, b"m1", False)
    assert (jobs.get(job.id).printed, jobs.get(job.id).bytes) == (10, 4)
    refused("print-job.not-done", lambda: jobs.read(job.id, 0, 10))
    assert queue.store(ours, b"two", 30, b"", True)
    done = jobs.get(job.id)
    assert (done.state, done.printed, done.bytes) == ("done", 30, 7)
    assert done.expires == done.updated + LASTING
    assert jobs.read(job.id, 0, 100) == b"one two"
    assert queue.claim() is None


def test_any_bytes_of_a_file_can_be_read(jobs: PrintJobs, queue: PrintQueue) -> None:
    job, ours = ask(jobs), claimed(queue)
    first = bytes(range(256)) * (PIECE // 256 * 2) + b"end"
    assert queue.store(ours, first, 10, b"m", False)
    assert queue.store(ours, b"last", 30, b"", True)
    whole = first + b"last"
    for start, length in (
        (0, len(whole)), (0, 1), (PIECE - 1, 2), (PIECE, PIECE), (PIECE, 1), (2 * PIECE - 1, 9),
        (len(whole) - 5, 100), (len(whole) - 1, 1), (len(whole), 1), (17, PIECE * 2),
    ):  # fmt: skip
        assert jobs.read(job.id, start, length) == whole[start : start + length]


def test_a_party_sees_its_own_jobs_newest_first(jobs: PrintJobs) -> None:
    mine, other, later = ask(jobs), ask(jobs, OTHER), ask(jobs)
    assert [job.id for job in jobs.of(FARM)] == [later.id, mine.id]
    assert [job.id for job in jobs.of(OTHER)] == [other.id]


def test_what_is_asked_for_again_under_the_same_id_is_the_same_job(jobs: PrintJobs) -> None:
    name = jobs.new_id()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ask(jobs, id_=name).id, range(8), timeout=30))
    assert set(found) == {name}
    assert [job.id for job in jobs.of(FARM)] == [name]


@pytest.mark.parametrize("name", ["j-0123456789abcdef", "", "j-", "x" * 50, "../../etc"])
def test_a_job_that_is_not_there_is_unknown(jobs: PrintJobs, name: str) -> None:
    for does in (jobs.get, jobs.cancel, jobs.resume, lambda id_: jobs.read(id_, 0, 1)):
        refused("print-job.unknown", lambda: does(name))  # noqa: B023


# -- workers ---------------------------------------------------------------------------------------


def test_of_many_workers_each_job_has_one(
    jobs: PrintJobs, queue: PrintQueue, database: Database, clock: Clock
) -> None:
    for party in (FARM, OTHER):
        for _ in range(4):
            ask(jobs, party)
    queues = [PrintQueue(database, clock) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda each: [each.claim(), each.claim()], queues, timeout=30))
    taken = [each.job.id for pair in found for each in pair if each is not None]
    assert len(taken) == len(set(taken))
    while (more := queue.claim()) is not None:
        taken.append(more.job.id)
    assert len(set(taken)) == len(taken) == 8
    assert queue.counts() == (0, 8)


def test_the_job_of_a_worker_that_died_goes_on_behind_its_last_part(
    jobs: PrintJobs, queue: PrintQueue, clock: Clock
) -> None:
    job, dead = ask(jobs), claimed(queue)
    assert queue.store(dead, b"one ", 10, b"m1", False)
    assert queue.store(dead, b"two ", 20, b"m2", False)
    assert queue.claim() is None  # it may live
    clock.now += LEASE
    heir = claimed(queue)
    assert (heir.job.id, heir.job.printed, heir.marks) == (job.id, 20, (b"m1", b"m2"))
    assert not queue.store(dead, b"TWO ", 30, b"", True)  # it lives, and comes too late
    queue.release(dead)
    queue.fail(dead, GocError("ledger.fault"))
    assert queue.store(heir, b"three", 30, b"", True)
    assert jobs.read(job.id, 0, 100) == b"one two three"


def test_who_ends_in_order_hands_over_at_once(jobs: PrintJobs, queue: PrintQueue) -> None:
    ask(jobs)
    for n in range(2 * MOST_TRIES):
        ours = claimed(queue)
        assert queue.store(ours, b"%d" % n, n, b"m", False)
        queue.release(ours)
    assert claimed(queue).job.printed == 2 * MOST_TRIES - 1


def test_a_job_that_kills_whoever_draws_it_fails_in_the_end(
    jobs: PrintJobs, queue: PrintQueue, clock: Clock
) -> None:
    job = ask(jobs)
    for _ in range(MOST_TRIES):
        assert queue.claim() is not None
        clock.now += LEASE
    assert queue.claim() is None
    failed = jobs.get(job.id)
    assert (failed.state, failed.error and failed.error.code) == ("failed", "print-job.stuck")


def test_a_small_job_is_not_behind_a_large_one_for_longer_than_a_turn(
    jobs: PrintJobs, queue: PrintQueue
) -> None:
    large, small = ask(jobs, count=9000), ask(jobs, OTHER)
    ours = claimed(queue)
    assert ours.job.id == large.id
    assert queue.store(ours, b"x", 100, b"m", False)
    queue.release(ours)
    assert draw(queue).id == small.id
    assert claimed(queue).job.id == large.id


# -- cancelling, failing, going on -----------------------------------------------------------------


def test_a_cancelled_job_leaves_nothing_and_can_begin_again(
    jobs: PrintJobs, queue: PrintQueue, database: Database
) -> None:
    job, ours = ask(jobs), claimed(queue)
    assert queue.store(ours, bytes(40 * PIECE), 10, b"m", False)
    assert pieces(database) == 40
    cancelled = jobs.cancel(job.id)
    assert (cancelled.state, cancelled.printed, cancelled.bytes) == ("cancelled", 0, 0)
    assert pieces(database) == 0
    assert not queue.store(ours, b"late", 20, b"m", False)
    assert jobs.cancel(job.id).state == "cancelled"
    assert queue.claim() is None
    assert jobs.resume(job.id).state == "queued"
    again = claimed(queue)
    assert (again.job.printed, again.marks) == (0, ())
    assert queue.store(again, b"whole", 30, b"", True)
    assert jobs.read(job.id, 0, 10) == b"whole"
    assert jobs.cancel(job.id).state == "cancelled"
    refused("print-job.not-done", lambda: jobs.read(job.id, 0, 10))


def test_what_a_broken_cancellation_left_is_not_in_the_file(
    jobs: PrintJobs, queue: PrintQueue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, ours = ask(jobs), claimed(queue)
    assert queue.store(ours, b"old " * PIECE, 10, b"old", False)
    monkeypatch.setattr(PrintJobs, "_clear", lambda *_: None)
    jobs.cancel(job.id)
    jobs.resume(job.id)
    again = claimed(queue)
    assert again.marks == ()
    assert queue.store(again, b"new", 30, b"", True)
    assert jobs.read(job.id, 0, 100) == b"new"
    assert pieces(database) == 1


def test_a_failed_job_says_why_and_goes_on_where_it_was(jobs: PrintJobs, queue: PrintQueue) -> None:
    job, ours = ask(jobs), claimed(queue)
    assert queue.store(ours, b"one ", 10, b"m1", False)
    queue.fail(ours, GocError("print.lost", lot="CD-0912-A"))
    failed = jobs.get(job.id)
    assert failed.state == "failed"
    assert str(failed.error) == str(GocError("print.lost", lot="CD-0912-A"))
    assert jobs.resume(job.id).error is None
    heir = claimed(queue)
    assert (heir.job.printed, heir.marks) == (10, (b"m1",))


@pytest.mark.parametrize("state", ["queued", "running", "done"])
def test_what_needs_no_resuming_stays_as_it_is(
    jobs: PrintJobs, queue: PrintQueue, state: str
) -> None:
    job = ask(jobs)
    if state == "running":
        claimed(queue)
    elif state == "done":
        draw(queue)
    before = jobs.get(job.id)
    assert jobs.resume(job.id) == before
    assert before.state == state


# -- bounds ----------------------------------------------------------------------------------------


def test_a_job_has_labels_and_not_too_many(jobs: PrintJobs) -> None:
    refused("print.start", lambda: ask(jobs, count=0))
    assert ask(jobs, count=module.MOST_LABELS).count == module.MOST_LABELS
    refused("print-job.too-long", lambda: ask(jobs, count=module.MOST_LABELS + 1))


def test_a_party_has_so_many_jobs_and_keeps_nobody_else_out(
    jobs: PrintJobs, queue: PrintQueue
) -> None:
    asked = [ask(jobs) for _ in range(module.MOST_WAITING)]
    refused("print-job.too-many", lambda: ask(jobs))
    ask(jobs, OTHER)
    jobs.cancel(asked[1].id)
    ask(jobs)
    refused("print-job.too-many", lambda: jobs.resume(asked[1].id))
    draw(queue)
    assert jobs.resume(asked[1].id).state == "queued"


def test_many_at_once_get_no_more_than_one_after_the_other(jobs: PrintJobs) -> None:
    def asks(_: int) -> bool:
        try:
            return bool(ask(jobs))
        except LedgerError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(asks, range(24), timeout=60)) == module.MOST_WAITING


def test_who_asks_and_who_draws_do_not_lock_each_other_up(
    jobs: PrintJobs, queue: PrintQueue
) -> None:
    job, ours = ask(jobs), claimed(queue)

    def draws() -> None:
        for n in range(60):
            assert queue.store(ours, b"part", n, b"m", False)

    def asks() -> None:
        for _ in range(30):
            jobs.resume(job.id)
            ask(jobs, id_=job.id)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(draws), pool.submit(asks)]:
            each.result(timeout=60)
    assert jobs.get(job.id).bytes == 240


def test_jobs_that_are_done_are_kept_but_not_without_end(
    jobs: PrintJobs, queue: PrintQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    for _ in range(3):
        ask(jobs)
        draw(queue)
    refused("print-job.too-many", lambda: ask(jobs))
    jobs.cancel(jobs.of(FARM)[0].id)
    ask(jobs)


def test_of_cancelled_jobs_the_latest_are_remembered(
    jobs: PrintJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CANCELLED", 3)
    other = ask(jobs, OTHER)
    jobs.cancel(other.id)
    names = [ask(jobs).id for _ in range(5)]
    for name in names:
        jobs.cancel(name)
    assert {job.id for job in jobs.of(FARM)} == set(names[2:])
    assert jobs.get(other.id).state == "cancelled"


def test_who_has_most_makes_room_for_who_has_little(
    jobs: PrintJobs, queue: PrintQueue, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ALL_BYTES", 40)
    oldest, newer = ask(jobs), ask(jobs)
    draw(queue, b"x" * 20)
    draw(queue, b"x" * 20)
    refused("print-job.full", lambda: ask(jobs))  # there is nobody who has more
    few = ask(jobs, OTHER)
    assert [jobs.get(job.id).state for job in (oldest, newer)] == ["cancelled", "done"]
    assert pieces(database) == 1
    ours = claimed(queue)
    assert queue.store(ours, b"x" * 19, 10, b"m", False)
    assert queue.store(ours, b"x", 20, b"m", False)
    assert queue.store(ours, b"x", 30, b"", True) is False  # both have their share
    assert jobs.get(few.id).state == "failed"
    assert jobs.get(newer.id).state == "done"


def test_who_is_refused_takes_nobody_s_room(
    jobs: PrintJobs, queue: PrintQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = ask(jobs)
    draw(queue, b"x" * 40)
    waiting = ask(jobs, OTHER)
    monkeypatch.setattr(module, "ALL_BYTES", 40)
    with monkeypatch.context() as busy:
        busy.setattr(module, "MOST_WAITING", 1)
        refused("print-job.too-many", lambda: ask(jobs, OTHER))
    assert jobs.resume(waiting.id).state == ask(jobs, OTHER, id_=waiting.id).state == "queued"
    monkeypatch.setattr(module, "PARTY_BYTES", 0)
    refused("print-job.full", lambda: ask(jobs, OTHER))
    assert jobs.get(full.id).state == "done"


def test_a_party_has_its_turn_however_many_jobs_another_has(
    jobs: PrintJobs, queue: PrintQueue
) -> None:
    for _ in range(3):
        ask(jobs)
    ask(jobs, OTHER)
    ask(jobs, OTHER)
    turns = []
    for n in range(6):
        ours = claimed(queue)
        turns.append(ours.job.party)
        assert queue.store(ours, b"part", n + 1, b"m", False)
        queue.release(ours)
    assert turns == [FARM, OTHER] * 3
    assert {claimed(queue).job.party, claimed(queue).job.party} == {FARM, OTHER}


def test_a_file_that_grows_too_large_fails_its_job(
    jobs: PrintJobs, queue: PrintQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traceability.ledger.print_queue.JOB_BYTES", 10)
    job, ours = ask(jobs), claimed(queue)
    assert queue.store(ours, b"0123456789", 10, b"m", False)
    assert not queue.store(ours, b"x", 20, b"m", False)
    failed = jobs.get(job.id)
    assert (failed.state, failed.error and failed.error.code) == ("failed", "print-job.too-large")
    assert failed.bytes == 10


@pytest.mark.parametrize("limit", ["PARTY_BYTES", "ALL_BYTES"])
def test_files_take_so_many_bytes_and_room_comes_back_with_cancelling(
    jobs: PrintJobs, queue: PrintQueue, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(module, limit, 10)
    job = ask(jobs)
    waiting = ask(jobs)
    draw(queue, b"0123456789")
    refused("print-job.full", lambda: ask(jobs))
    assert not queue.store(claimed(queue), b"x", 10, b"m", False)
    failed = jobs.get(waiting.id)
    assert failed.error is not None
    assert failed.error.code == "print-job.full"
    refused("print-job.full", lambda: jobs.resume(waiting.id))
    jobs.cancel(job.id)
    assert jobs.resume(waiting.id).state == "queued"
    ask(jobs)


def test_what_has_ended_is_dropped_after_a_day(
    jobs: PrintJobs, queue: PrintQueue, database: Database, clock: Clock
) -> None:
    done = ask(jobs)
    draw(queue)
    failed = ask(jobs)
    ours = claimed(queue)
    assert queue.store(ours, b"part", 10, b"m", False)
    queue.fail(ours, GocError("ledger.fault"))
    cancelled, waiting = ask(jobs), ask(jobs)
    jobs.cancel(cancelled.id)
    assert jobs.sweep() == 0
    assert {job.id for job in jobs.of(FARM)} == {
        done.id, failed.id, cancelled.id, waiting.id
    }  # fmt: skip
    clock.now += LASTING
    assert jobs.sweep() == 3
    assert [job.id for job in jobs.of(FARM)] == [waiting.id]
    assert pieces(database) == 0
    refused("print-job.unknown", lambda: jobs.read(done.id, 0, 1))
