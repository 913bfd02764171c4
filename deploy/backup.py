#!/opt/goc/bin/python
"""Backups once a day, each read again and checked, and the old ones removed.

    goc-backup /backup --keep-days 14            a service: a backup when the last is a day old
    goc-backup /backup --keep-days 14 --once     one backup now, for a timer
    goc-backup /backup --check                   0 while the newest is younger than 26 hours

The newest three stay however old they are: a service that fails for weeks must not remove the last
good backup. What ``goc backup`` writes is whole or not there.
"""

import argparse
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from traceability.clock import now_ms

DAY: Final = 86_400_000  #: milliseconds
LATE: Final = DAY + DAY // 12
RETRY: Final = 600.0  #: seconds after a backup that failed
LEAST: Final = 3
_NAME: Final = re.compile(r"goc-(\d{13})\.gocbak")


def backups(folder: Path) -> list[tuple[int, Path]]:
    """The backups in a folder with their times (Unix milliseconds), the newest first."""
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted(((int(name[1]), path) for name, path in found if name), reverse=True)


def back_up(folder: Path, keep_days: int, now: int) -> bool:
    """Write one backup, check it, and remove what is older than so many days."""
    path = folder / f"goc-{now:013d}.gocbak"
    for command in (["goc", "backup", str(path)], ["goc", "backup", str(path), "--verify"]):
        if subprocess.run(command, check=False).returncode:
            path.unlink(missing_ok=True)
            return False
    for time, old in backups(folder)[LEAST:]:
        if time < now - keep_days * DAY:
            old.unlink(missing_ok=True)
    return True


def wait(folder: Path) -> float:
    """Seconds until the next backup is due."""
    newest = backups(folder)[:1]
    return max(0.0, (newest[0][0] + DAY - now_ms()) / 1000) if newest else 0.0


def main() -> int:
    """Runs; 1 where a backup failed or is late."""
    parser = argparse.ArgumentParser(prog="goc-backup", description="Backups once a day.")
    parser.add_argument("folder", type=Path, help="where they lie")
    parser.add_argument("--keep-days", type=int, default=14, metavar="N", help="days (14)")
    parser.add_argument("--once", action="store_true", help="one backup now")
    parser.add_argument("--check", action="store_true", help="is the newest young enough?")
    options = parser.parse_args()
    folder: Path = options.folder
    if options.check:
        newest = backups(folder)[:1]
        return 0 if newest and newest[0][0] > now_ms() - LATE else 1
    if options.once:
        return 0 if back_up(folder, options.keep_days, now_ms()) else 1
    ending = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: ending.set())
    while not ending.wait(wait(folder)):
        if not back_up(folder, options.keep_days, now_ms()):
            ending.wait(RETRY)
    return 0


if __name__ == "__main__":
    sys.exit(main())
