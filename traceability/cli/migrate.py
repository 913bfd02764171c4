"""``goc migrate``: the tables of an older version of the software, brought up to date."""

import argparse
from pathlib import Path
from typing import Any

from traceability.cli.data import add_data
from traceability.cli.say import Say
from traceability.core.errors import LedgerError


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "migrate",
        help="bring the tables of an older version up to date",
        description="Brings the tables of an existing ledger to the version of this software, all "
        "or nothing, and says from which revision to which. Run it at every upgrade, after a "
        "backup and while no server runs: where there is nothing to do, it does nothing. Of "
        "several that run at once, one works and the others wait for it. Where the new version "
        "knows more of the records than the old, all that follows from them is made again, which "
        "takes as long as goc rebuild. It needs no key.",
        epilog="example: goc migrate --data /srv/goc",
    )
    add_data(parser)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if there is something to do"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """0 up to date, 1 (with --check) not."""
    from traceability.ledger.upgrade import upgrade
    from traceability.settings import Settings
    from traceability.storage.engine import Database, parse_url
    from traceability.storage.migrations import is_current, newest, revision

    url = Settings.read(options.data).database_url
    database = Database(url)
    try:
        if database.is_sqlite and not Path(parse_url(url).database or "").exists():
            raise LedgerError("ledger.none")  # and leave no empty file behind
        before = revision(database)
        if before is None:
            raise LedgerError("ledger.none")
        if options.check:
            say("cli.migrate.found", found=before, newest=newest())
            return 0 if is_current(database) else 1
        before, after, rebuilt = upgrade(database)
    finally:
        database.close()
    said = "rebuilt" if rebuilt else "nothing" if before == after else "done"
    say(f"cli.migrate.{said}", before=before, after=after)
    return 0
