"""An archive in chunks, and several processes that check them, with the outcomes in order.

Verifying signatures takes most of an audit's time and needs nothing but the chunk and its keys, so
it is done in processes of their own: threads would wait for Python's lock after every signature.
They are started anew rather than forked, since whoever audits may have threads, and they load only
what the check needs. Some chunks are read ahead, never the whole archive.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final, TypeVar

from traceability.audit.archive import ArchivedRecord
from traceability.core.errors import GocError

CHUNK: Final = 512  #: records
FEW: Final = 8 * CHUNK  #: smaller archives are not worth other processes
_AHEAD: Final = 3  #: chunks that wait for each process

Kept = TypeVar("Kept")
Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records in log order. ``broken`` says what ended the reading after them, if the archive
    did not end there."""

    records: list[ArchivedRecord]
    broken: GocError | None = None


def chunks(records: Iterable[ArchivedRecord], cut: int | None) -> Iterator[Chunk]:
    """The records in chunks, one of which ends before the record of index ``cut``. Never raises
    ``GocError``: the last chunk has it."""
    found: list[ArchivedRecord] = []
    try:
        for record in records:
            found.append(record)
            if len(found) == CHUNK or record.index + 1 == cut:
                yield Chunk(found)
                found = []
    except GocError as error:
        yield Chunk(found, error)
        return
    if found:
        yield Chunk(found)


def in_order(
    work: Iterable[tuple[Kept, Task]], check: Callable[[Task], Outcome], jobs: int
) -> Iterator[tuple[Kept, Outcome]]:
    """Each task's outcome, in the order of the tasks, with what belongs to it here. ``check`` is a
    function of a module, which ``jobs`` processes import; with one job all is done in this one."""
    if jobs < 2:
        for kept, task in work:
            yield kept, check(task)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    waiting: deque[tuple[Kept, Future[Outcome]]] = deque()
    try:
        for kept, task in work:
            waiting.append((kept, pool.submit(check, task)))
            if len(waiting) > _AHEAD * jobs:
                first, outcome = waiting.popleft()
                yield first, outcome.result()
        while waiting:
            first, outcome = waiting.popleft()
            yield first, outcome.result()
    finally:
        pool.shutdown(cancel_futures=True)
