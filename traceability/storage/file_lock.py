"""Locks between processes of one machine: a file that one of them holds.

The system lets go of it when the process ends, however it ends. The file stays and says nothing.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(number: int, wait: bool) -> None:
        msvcrt.locking(number, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(number: int, wait: bool) -> None:
        fcntl.flock(number, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def try_lock(path: Path) -> int | None:
    """Take the lock: the number of an open file, whose closing gives it back; None where another
    has it. Raises ``OSError`` where the file cannot be made."""
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(number, wait=False)
    except OSError:
        os.close(number)
        return None
    return number


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock, after waiting for it. Raises ``OSError`` where the file cannot be made."""
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(number, wait=True)
        yield
    finally:
        os.close(number)


def release(number: int) -> None:
    """Give the lock back."""
    os.close(number)
