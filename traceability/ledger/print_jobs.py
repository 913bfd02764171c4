"""Print jobs: runs of labels that are drawn while nobody waits, and kept for who fetches them.

A job outlives the request that asked for it and the process that draws it. What is to be drawn is
fixed when it is asked for, as a *wish*: a text that only those understand who draw
(``api.print_orders``). So the file is the same whoever draws it, however often they were stopped;
and labels that are voided later are in it.

    queued   waits for its turn, some of it drawn or nothing
    running  a process draws it, until its lease is over (``ledger.print_queue``)
    done     all of it can be read, for a day
    failed   ``error`` says why; what was drawn is kept, and ``resume`` goes on behind it
    cancelled  nothing of it is kept; ``resume`` begins it again

Files lie in the database, in pieces, so that any process serves what another drew. A party has so
many jobs, a job so many labels, and files so many bytes. Where all of these are taken, those who
have more than an equal share make room for those who have less (``make_room``). Jobs are no part of
the ledger: they can be asked for again, and are in no backup.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Connection, RowMapping, delete, exists, func, insert, select, update

from traceability import clock
from traceability.core.errors import FormatError, GocError, LedgerError
from traceability.core.ids import BASE32
from traceability.ledger.reading import accounts, looking
from traceability.storage.engine import Database
from traceability.storage.tables import PrintJobRow, PrintPartRow, table_of

State = Literal["queued", "running", "done", "cancelled", "failed"]

MOST_LABELS: Final = 100_000  #: of one job
MOST_WAITING: Final = 5  #: jobs of one party that wait or run
MOST_KEPT: Final = 100  #: jobs of one party that wait, run, are done or have failed
MOST_CANCELLED: Final = 20  #: of one party that are remembered
JOB_BYTES: Final = 256 << 20  #: of one file
PARTY_BYTES: Final = 512 << 20  #: of all files of one party
ALL_BYTES: Final = 2 << 30  #: of all files
PIECE: Final = 256 << 10  #: bytes of a row
LASTING: Final = 24 * 3_600_000  #: milliseconds for which a job that has ended is kept
PATTERN: Final = r"^j-[0-9a-hjkmnp-tv-z]{16}$"  #: of a job's id
MEGABYTE: Final = 1 << 20

_is_id: Final = re.compile(PATTERN).fullmatch
_DROPPED: Final = 32  # pieces at once, so that no append waits long
_ENDED: Final = ("done", "cancelled", "failed")
_JOB: Final = table_of(PrintJobRow)
_PART: Final = table_of(PrintPartRow)


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A job as it stands. ``count`` labels, of which ``printed`` are drawn, as ``bytes`` of a file;
    times in Unix milliseconds. ``error``: why it has failed."""

    id: str
    party: str
    product: str
    lot: str
    record: str
    wish: str
    state: State
    count: int
    printed: int
    bytes: int
    created: int
    updated: int
    error: GocError | None

    @property
    def expires(self) -> int | None:
        """Until when it is kept at least; None while it has not ended."""
        return self.updated + LASTING if self.state in _ENDED else None


class PrintJobs:
    """The jobs in a database, for those who ask for them. Who may see which, the caller knows.

    Methods may be called from any thread, and raise ``LedgerError`` as the database does;
    ``print-job.unknown`` for a job that is not there, or no longer.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], int] = clock.now_ms,
        random: Callable[[int], bytes] = clock.random_bytes,
    ) -> None:
        self._database = database
        self._now = now
        self._random = random

    def new_id(self) -> str:
        """An id for a job: who puts it down before asking can ask again after a crash."""
        return "j-" + "".join(BASE32[byte & 31] for byte in self._random(16))

    def ask(
        self,
        party: str,
        product: str,
        lot: str,
        record: str,
        wish: str,
        count: int,
        id_: str | None = None,
    ) -> PrintJob:
        """Have ``count`` labels of a label record (its name) drawn for a party, as ``wish`` says.
        Where there is a job ``id_`` of the party already, that is the answer.

        Raises ``FormatError``: ``print.start`` for no label at all, ``print-job.too-long``;
        ``LedgerError``: ``print-job.too-many``, ``print-job.full``.
        """
        if count < 1:
            raise FormatError("print.start", found=0, limit=0)
        if count > MOST_LABELS:
            raise FormatError("print-job.too-long", limit=MOST_LABELS)
        self.require_turn(party, id_)
        name, now = id_ or self.new_id(), self._now()
        row = {
            "id": name, "party": party, "product": product, "lot": lot, "record": record,
            "wish": wish, "state": "queued", "count": count, "printed": 0, "bytes": 0,
            "created": now, "updated": now, "tries": 0,
        }  # fmt: skip
        with accounts(self._database) as connection:
            self._database.alone(connection, _JOB)
            there = _find(connection, name, mine=False)
            if there is None or there["party"] != party:
                require_room(connection, party)
                self._require_turn(connection, party)
                connection.execute(insert(_JOB).values(row))
            return job_of(_known(connection, name, mine=False))

    def require_turn(self, party: str, id_: str | None = None) -> None:
        """Refuse what ``ask`` would for want of a turn or of room, without taking either."""
        with looking(self._database) as connection:
            there = None if id_ is None else _find(connection, id_, mine=False)
            if there is not None and there["party"] == party:
                return
            self._require_turn(connection, party)
        self.make_room(party)
        with looking(self._database) as connection:
            require_room(connection, party)

    def of(self, party: str) -> list[PrintJob]:
        """The jobs of a party, newest first."""
        query = select(_JOB).where(_JOB.c.party == party)
        with looking(self._database) as connection:
            rows = connection.execute(query.order_by(_JOB.c.created.desc(), _JOB.c.id)).mappings()
            return [job_of(row) for row in rows]

    def get(self, id_: str) -> PrintJob:
        """A job."""
        with looking(self._database) as connection:
            return job_of(_known(connection, id_, mine=False))

    def cancel(self, id_: str) -> PrintJob:
        """End a job, or what is left of one, and drop its file. Whoever draws it notices with the
        next part."""
        with accounts(self._database) as connection:
            row = _known(connection, id_)
            if row["state"] != "cancelled":
                _set(connection, id_, _CANCELLED | {"updated": self._now()})
            job = job_of(_known(connection, id_))
        self._clear(id_)
        with accounts(self._database) as connection:
            connection.execute(_forgotten(job.party))
        return job

    def resume(self, id_: str) -> PrintJob:
        """Go on with a job that has failed, or begin one again that was cancelled; any other stays
        as it is. Raises as ``ask``."""
        job = self.get(id_)
        if job.state in ("cancelled", "failed"):
            self.require_turn(job.party)
        with accounts(self._database) as connection:
            self._database.alone(connection, _JOB)
            row = _known(connection, id_, mine=False)
            if row["state"] in ("cancelled", "failed"):
                require_room(connection, row["party"])
                self._require_turn(connection, row["party"])
                again = {"state": "queued", "tries": 0, "error": None, "updated": self._now()}
                _set(connection, id_, again)
            return job_of(_known(connection, id_, mine=False))

    def read(self, id_: str, start: int, length: int) -> bytes:
        """``length`` bytes of a finished file from byte ``start`` on; fewer at its end.

        Raises ``LedgerError("print-job.not-done")``.
        """
        query = (
            select(_PART.c.at, _PART.c.data)
            .where(_PART.c.job == id_, _PART.c.at > start - PIECE, _PART.c.at < start + length)
            .order_by(_PART.c.at)
        )
        with looking(self._database) as connection:
            row = _known(connection, id_, mine=False)
            if row["state"] != "done":
                raise not_done(job_of(row))
            pieces = connection.execute(query).all()
        whole = b"".join(bytes(data) for _, data in pieces)
        skipped = start - pieces[0][0] if pieces else 0
        return whole[skipped : skipped + length]

    def sweep(self) -> int:
        """Drop what ended more than a day ago; returns how many jobs."""
        old = _JOB.c.updated < self._now() - LASTING
        with accounts(self._database) as connection:
            ended = update(_JOB).where(_JOB.c.state.in_(("done", "failed")), old)
            connection.execute(ended.values(_CANCELLED))
            gone = select(_JOB.c.id).where(_JOB.c.state == "cancelled", old)
            names = connection.execute(gone).scalars().all()
        for name in names:
            self._clear(name)
            with accounts(self._database) as connection:
                connection.execute(
                    delete(_JOB).where(_JOB.c.id == name, _JOB.c.state == "cancelled", old)
                )
        return len(names)

    def make_room(self, party: str) -> None:
        """Where files take as many bytes as may be, and a party has less than its share of them,
        cancel jobs that have ended, of whoever has most and the oldest first."""
        while (spare := self._spare(party)) is not None:
            self.cancel(spare)

    def _spare(self, party: str) -> str | None:
        """The job that is to make room for a party, if any is."""
        query = select(_JOB.c.id, _JOB.c.party, _JOB.c.state, _JOB.c.bytes, _JOB.c.updated)
        with looking(self._database) as connection:
            jobs = connection.execute(query.where(_JOB.c.bytes > 0)).all()
        used = Counter[str]()
        for job in jobs:
            used[job.party] += job.bytes
        share = ALL_BYTES // len({party, *used})
        if used.total() < ALL_BYTES or used[party] >= min(share, PARTY_BYTES):
            return None
        spare = (job for job in jobs if job.state in _ENDED and used[job.party] > share)
        first = min(spare, key=lambda job: (-used[job.party], job.updated, job.id), default=None)
        return None if first is None else first.id

    def _require_turn(self, connection: Connection, party: str) -> None:
        """Refuse one more job of a party that has enough."""
        query = (
            select(_JOB.c.state, func.count().label("number"))
            .where(_JOB.c.party == party)
            .group_by(_JOB.c.state)
        )
        counts = {each.state: each.number for each in connection.execute(query)}
        for limit, states in (
            (MOST_WAITING, ("queued", "running")),
            (MOST_KEPT, ("queued", "running", "done", "failed")),
        ):
            if sum(counts.get(state, 0) for state in states) >= limit:
                raise LedgerError("print-job.too-many", limit=limit)

    def _clear(self, id_: str) -> None:
        """Drop the pieces of a cancelled job, some at a time."""
        pieces = select(_PART.c.at).where(_PART.c.job == id_).order_by(_PART.c.at.desc())
        while True:
            with accounts(self._database) as connection:
                row = _find(connection, id_)
                if row is None or row["state"] != "cancelled":  # it was begun again meanwhile
                    return
                found = connection.execute(pieces.limit(_DROPPED)).scalars().all()
                if not found:
                    return
                last = delete(_PART).where(_PART.c.job == id_, _PART.c.at >= found[-1])
                connection.execute(last)


def require_room(connection: Connection, party: str) -> None:
    """Refuse more bytes where files take as many as may be: ``print-job.full``."""
    every = connection.execute(select(func.sum(_JOB.c.bytes))).scalar() or 0
    own = select(func.sum(_JOB.c.bytes)).where(_JOB.c.party == party)
    for limit, used in (
        (PARTY_BYTES, connection.execute(own).scalar() or 0),
        (ALL_BYTES, every),
    ):
        if used >= limit:
            raise LedgerError("print-job.full", limit=limit // MEGABYTE)


def not_done(job: PrintJob) -> LedgerError:
    """Why a job has no file to read."""
    return LedgerError("print-job.not-done", printed=job.printed, count=job.count)


_CANCELLED: Final[dict[str, Any]] = {
    "state": "cancelled", "printed": 0, "bytes": 0, "worker": None, "lease": None, "error": None,
}  # fmt: skip


def _forgotten(party: str) -> Any:
    """Deletes the cancelled jobs of a party but for the latest, and those with pieces left."""
    cancelled = (_JOB.c.party == party) & (_JOB.c.state == "cancelled")
    latest = (
        select(_JOB.c.id)
        .where(cancelled)
        .order_by(_JOB.c.updated.desc(), _JOB.c.id)
        .limit(MOST_CANCELLED)
    )
    pieces = exists().where(_PART.c.job == _JOB.c.id)
    return delete(_JOB).where(cancelled, _JOB.c.id.not_in(latest), ~pieces)


def _set(connection: Connection, id_: str, values: dict[str, Any]) -> None:
    connection.execute(update(_JOB).where(_JOB.c.id == id_).values(values))


def _find(connection: Connection, id_: str, mine: bool = True) -> RowMapping | None:
    """A job's row; ``mine``: which nobody else changes until the transaction ends. Who has the
    whole table does without: those who have the row wait for the table."""
    if not _is_id(id_):
        return None
    query = select(_JOB).where(_JOB.c.id == id_)
    found = connection.execute(query.with_for_update() if mine else query)
    return found.mappings().first()


def _known(connection: Connection, id_: str, mine: bool = True) -> RowMapping:
    row = _find(connection, id_, mine)
    if row is None:
        raise LedgerError("print-job.unknown", job=id_[:40])
    return row


def job_of(row: RowMapping) -> PrintJob:
    """A job of its row."""
    fields = {name: row[name] for name in PrintJob.__slots__ if name != "error"}
    return PrintJob(**fields, error=_error(row["error"]))


def _error(text: str | None) -> GocError | None:
    if text is None:
        return None
    told = orjson.loads(text)
    return LedgerError(told["code"], **told["params"])
