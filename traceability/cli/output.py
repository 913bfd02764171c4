"""Files that a command writes: whole, or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from traceability.cli.say import Say


def write_out(path: Path, data: bytes, say: Say) -> None:
    """Write a file in one step, or to stdout where ``path`` is ``-``."""
    if str(path) == "-":
        say.raw(data)
        return
    with whole_file(path) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path, private: bool = False) -> Iterator[BinaryIO]:
    """A file that comes into being at the end: a failure leaves what was there before. ``private``:
    for its owner's eyes only."""
    try:
        with _whole_file(path, private) as file:
            yield file
    except OSError as error:  # of the file that is half written, or of no file at all
        if error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


@contextmanager
def _whole_file(path: Path, private: bool) -> Iterator[BinaryIO]:
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent or Path())
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(number)
        if not private:  # mkstemp makes it for its owner alone
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
