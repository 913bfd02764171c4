"""Print jobs as those see them who draw: any process takes the one that waited longest.

    job = queue.claim()
    for part in ...:                      # from job.printed and job.marks on
        if not queue.store(job, part.data, part.done, part.mark, part.is_last):
            return                        # it was cancelled, or another goes on with it
    queue.release(job)                    # somebody's turn, when ours is over

A job belongs to who claimed it until the lease is over, which each stored part renews; then another
may take it. A part and how far it brings the job are one transaction, that takes place only while
the job is still its worker's: so a worker that was thought dead writes nothing. A job that was
begun ``MOST_TRIES`` times, of which none came as far as a part, has failed.

Who claims takes a job of the party that waited longest for a turn, of these the one that was
touched least recently, and gives it back after a while: a small job is not behind a large one for
longer than a turn, nor a party with one job behind another's five.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from traceability import clock
from traceability.core.errors import GocError, LedgerError
from traceability.ledger.print_jobs import (
    JOB_BYTES,
    MEGABYTE,
    PIECE,
    PrintJob,
    PrintJobs,
    job_of,
    require_room,
)
from traceability.ledger.reading import accounts, looking
from traceability.storage.engine import Database
from traceability.storage.tables import PrintJobRow, PrintPartRow, table_of

LEASE: Final = 30_000  #: milliseconds from one part to the next
MOST_TRIES: Final = 3

_JOB: Final = table_of(PrintJobRow)
_PART: Final = table_of(PrintPartRow)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that is ours, as it was when it was claimed, and the marks of all of its parts."""

    job: PrintJob
    worker: str
    marks: tuple[bytes, ...]


class PrintQueue:
    """The jobs that are to be drawn. Methods may be called from any thread, and raise
    ``LedgerError`` as the database does: then nothing took place, and the job can be released."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], int] = clock.now_ms,
        random: Callable[[int], bytes] = clock.random_bytes,
    ) -> None:
        self._database = database
        self._now = now
        self._random = random
        self._jobs = PrintJobs(database, now)

    def counts(self) -> tuple[int, int]:
        """How many jobs wait for a worker, and how many have one."""
        query = select(_JOB.c.state, func.count().label("number")).where(
            _JOB.c.state.in_(("queued", "running"))
        )
        with looking(self._database) as connection:
            found = connection.execute(query.group_by(_JOB.c.state))
            counts = {each.state: each.number for each in found}
        return counts.get("queued", 0), counts.get("running", 0)

    def claim(self) -> Claimed | None:
        """Take the job whose turn it is, or None where none waits."""
        with looking(self._database) as connection:
            if connection.execute(self._waiting().limit(1)).first() is None:
                return None
        with accounts(self._database) as connection:
            query = self._waiting().limit(1).with_for_update(skip_locked=True)
            row = connection.execute(query).mappings().first()
            if row is None:  # another was quicker
                return None
            if row["tries"] >= MOST_TRIES:
                error = LedgerError("print-job.stuck", tries=MOST_TRIES)
                self._set(connection, _JOB.c.id == row["id"], self._failed(error))
                return None
            worker = self._random(8).hex()
            taken = {
                "state": "running", "worker": worker, "tries": row["tries"] + 1,
                "lease": self._now() + LEASE,
            }  # fmt: skip
            self._set(connection, _JOB.c.id == row["id"], taken)
            marks = (
                select(_PART.c.mark)
                .where(
                    _PART.c.job == row["id"], _PART.c.at < row["bytes"], _PART.c.mark.is_not(None)
                )
                .order_by(_PART.c.at)
            )
            kept = tuple(bytes(mark) for mark in connection.execute(marks).scalars())
        return Claimed(job_of(row), worker, kept)

    def store(self, claimed: Claimed, data: bytes, done: int, mark: bytes, is_last: bool) -> bool:
        """Put down a part, after which ``done`` labels are drawn; returns whether the job is still
        ours. Where the file grows too large, the job fails."""
        self._jobs.make_room(claimed.job.party)
        with accounts(self._database) as connection:
            query = select(_JOB.c.bytes).where(_is_of(claimed)).with_for_update()
            size = connection.execute(query).scalar()
            if size is None:
                return False
            try:
                if size + len(data) > JOB_BYTES:
                    raise LedgerError("print-job.too-large", limit=JOB_BYTES // MEGABYTE)
                require_room(connection, claimed.job.party)
            except LedgerError as error:
                self._set(connection, _is_of(claimed), self._failed(error))
                return False
            left = _PART.c.job == claimed.job.id  # by who was stopped while it dropped them
            connection.execute(delete(_PART).where(left, _PART.c.at >= size))
            connection.execute(insert(_PART), list(_pieces(claimed.job.id, size, data, mark)))
            further = {
                "bytes": size + len(data), "printed": done, "tries": 0,
                "lease": self._now() + LEASE, "updated": self._now(),
            }  # fmt: skip
            if is_last:
                further |= {"state": "done", "worker": None, "lease": None}
            self._set(connection, _is_of(claimed), further)
        return True

    def release(self, claimed: Claimed) -> None:
        """Let others go on with the job, after those that wait already."""
        with accounts(self._database) as connection:
            waits = {
                "state": "queued", "worker": None, "lease": None, "tries": 0,
                "updated": self._now(),
            }  # fmt: skip
            self._set(connection, _is_of(claimed), waits)

    def fail(self, claimed: Claimed, error: GocError) -> None:
        """Say why the job cannot be done."""
        with accounts(self._database) as connection:
            self._set(connection, _is_of(claimed), self._failed(error))

    def _waiting(self) -> Any:
        late = (_JOB.c.state == "running") & (_JOB.c.lease < self._now())
        waiting = select(_JOB).where(or_(_JOB.c.state == "queued", late))
        of_party = _JOB.alias()
        theirs = select(of_party).where(of_party.c.party == _JOB.c.party)
        busy = theirs.where(of_party.c.state == "running", of_party.c.lease >= self._now())
        had = theirs.where(of_party.c.printed > 0)
        return waiting.order_by(
            busy.with_only_columns(func.count()).scalar_subquery(),
            had.with_only_columns(func.coalesce(func.max(of_party.c.updated), 0)).scalar_subquery(),
            _JOB.c.updated,
            _JOB.c.id,
        )

    def _failed(self, error: GocError) -> dict[str, Any]:
        told = orjson.dumps({"code": error.code, "params": dict(error.params)}).decode()
        ended = {"worker": None, "lease": None, "updated": self._now()}
        return {"state": "failed", "error": told, **ended}

    def _set(
        self, connection: Connection, which: ColumnElement[bool], values: dict[str, Any]
    ) -> None:
        connection.execute(update(_JOB).where(which).values(values))


def _is_of(claimed: Claimed) -> ColumnElement[bool]:
    """The row of a job, while it is its worker's."""
    ours = (_JOB.c.worker == claimed.worker) & (_JOB.c.state == "running")
    return (_JOB.c.id == claimed.job.id) & ours


def _pieces(job: str, start: int, data: bytes, mark: bytes) -> Iterator[dict[str, Any]]:
    """A part cut into rows; the last has the mark."""
    for at in range(0, len(data), PIECE):
        piece = data[at : at + PIECE]
        is_end = at + PIECE >= len(data)
        yield {
            "job": job, "at": start + at, "data": piece,
            "mark": mark if is_end and mark else None,
        }  # fmt: skip
