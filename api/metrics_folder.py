"""The folder in which several server processes keep their metrics together.

``prometheus_client`` decides when it is first imported whether values live in a process or in files
that processes share, by an environment variable. So whoever starts the processes calls ``prepare``
first, and nothing here imports it before that.
"""

import os
from pathlib import Path
from typing import Final

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"


def prepare(folder: Path) -> None:
    """Make the folder, empty it of what an earlier server left, and let all processes that are
    started from now on keep their metrics there.

    Counters of a process that ended stay, so that sums never fall; that is why the folder is
    emptied only here.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink(missing_ok=True)
    os.environ[VARIABLE] = str(folder)  # noqa: TID251 - the library takes it from nowhere else


def is_shared() -> bool:
    """Whether this process shares its metrics with others."""
    return VARIABLE in os.environ  # noqa: TID251 - as above


def gone(pid: int) -> None:
    """A process has ended: what it said of the moment (its queue, its age) is no longer so."""
    if is_shared():
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]
