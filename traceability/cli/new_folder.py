"""A data folder that comes into being in one step, and is its owner's alone.

All is made in a folder beside the new one, which takes its place at the end; a failure half way
leaves nothing behind. A folder that is there already stays, since it may be where a disk is
mounted, or where its owner may not rename it: there all is made in a folder inside, and moved up at
the end, the database last, so that the ledger is there whole or not at all.

Nobody but the owner may look inside: the database holds what records hide.
"""

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from traceability.core.errors import LedgerError
from traceability.settings import DATABASE_FILE

OWNERS: Final = 0o700


def refuse_used(target: Path, beside: Collection[str] = ()) -> None:
    """Refuse a folder that has something in it, but for files named in ``beside``.

    Raises ``LedgerError``: ``cli.has-ledger``, ``cli.not-empty``.
    """
    if not target.exists():
        return
    if not target.is_dir():
        raise LedgerError("cli.not-empty", folder=str(target))
    names = {path.name for path in target.iterdir()}
    if DATABASE_FILE in names:
        raise LedgerError("cli.has-ledger", folder=str(target))
    if names - set(beside):
        raise LedgerError("cli.not-empty", folder=str(target))


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to make everything in; it becomes ``target`` at the end, or vanishes with an error.
    The files must be closed by then."""
    target = target.absolute()
    missing = [each for each in target.parents if not each.exists()]  # the lowest first
    there = target.exists()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        home = target if there else target.parent
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=home))  # the owner's alone
        try:
            yield folder
            if there:
                _move_up(folder, target)
            else:
                folder.rename(target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except BaseException:
        for parent in missing:
            with suppress(OSError):  # it was not made yet, or somebody has put something there
                parent.rmdir()
        raise


def write_file(path: Path, data: bytes, private: bool = False) -> None:
    """Write a file of the folder, and make the folder that it lies in. ``private``: for its owner's
    eyes only."""
    path.parent.mkdir(exist_ok=True)
    if private:
        path.touch(0o600)
    path.write_bytes(data)


def _move_up(folder: Path, target: Path) -> None:
    moved: list[Path] = []
    try:
        with suppress(PermissionError):  # a mounted disk may be another's, and let us write only
            target.chmod(target.stat().st_mode & OWNERS)
        for path in sorted(folder.iterdir(), key=lambda each: each.name == DATABASE_FILE):
            there = path.rename(target / path.name)
            moved.append(there)
    except BaseException:
        for path in moved:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        raise
