"""Tiles in a folder: a local disk, or one that a web server reads as well.

A file comes into being whole: it is written in the folder ``.new``, synced, and moved to its place;
then the folder it came to is synced, so that a power cut takes back neither. What a crash leaves
lies in ``.new``, which nobody reads and which the next publisher empties. Others may be able to
write here: no link is followed, and no more is read of a file than it can have.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from traceability.core.errors import LedgerError
from traceability.core.tiles import CHECKPOINT_PATH
from traceability.storage.file_lock import file_lock
from traceability.storage.tile_store import check_path, is_readable, most_bytes

_NEW: Final = ".new"
_LOCK: Final = ".lock"


class TileFolder:
    """A ``TileStore`` in a folder, which is made at the first write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, path: str) -> bytes | None:
        """As ``TileStore``."""
        if not is_readable(path):
            return None
        most = most_bytes(path)
        try:
            with open(self.folder / path, "rb", opener=_opened) as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise _unreachable(error) from error
        if len(data) > most:
            raise LedgerError("tiles.unreachable", reason="too large")
        return data

    def put(self, path: str, data: bytes) -> None:
        """As ``TileStore``."""
        check_path(path)
        there = self.get(path)
        if there is None:
            target = self.folder / path
            with _failing(), self._written(data) as name:
                _make_folder(target.parent)
                try:
                    target.hardlink_to(name)  # fails where something is by now; a rename would not
                except FileExistsError:
                    there = self.get(path)
                except OSError:  # a file system without hard links
                    name.replace(target)
                _sync_folder(target.parent)
        if there is not None and there != data:
            raise LedgerError("tiles.conflict", path=path)

    def replace(self, before: bytes | None, data: bytes) -> None:
        """As ``TileStore``."""
        target = self.folder / CHECKPOINT_PATH
        with _failing(), self._written(data) as name, file_lock(self.folder / _LOCK):
            if self.get(CHECKPOINT_PATH) != before:
                raise LedgerError("tiles.raced")
            name.replace(target)
            _sync_folder(self.folder)

    def remove(self, path: str) -> None:
        """As ``TileStore``. The folder of the tile's widths goes with the last of them."""
        check_path(path, partial=True)
        target = self.folder / path
        with _failing():
            target.unlink(missing_ok=True)
        with suppress(OSError):  # not empty, or gone
            target.parent.rmdir()

    def sweep(self) -> None:
        """As ``TileStore``."""
        with _failing(), suppress(FileNotFoundError):
            for path in (self.folder / _NEW).iterdir():
                path.unlink(missing_ok=True)

    @contextmanager
    def _written(self, data: bytes) -> Iterator[Path]:
        """A synced file with the data, to be moved; what is left of it is removed."""
        new = self.folder / _NEW
        _make_folder(new)
        number, text = tempfile.mkstemp(dir=new)
        name = Path(text)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(number, 0o644)  # public, and perhaps served by somebody else
                os.fsync(number)
            yield name
        finally:
            with suppress(OSError):
                name.unlink(missing_ok=True)


def _opened(name: str, flags: int) -> int:
    """Open a file to read it, but nothing that a link leads to, and no pipe that nobody fills."""
    return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # elsewhere folders cannot be opened
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unreachable(error) from error


def _unreachable(error: OSError) -> LedgerError:
    return LedgerError("tiles.unreachable", reason=error.strerror or type(error).__name__)
