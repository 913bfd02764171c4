"""``goc rebuild``: the projections, made again from the records."""

import argparse
from typing import TYPE_CHECKING, Any

from traceability.cli.data import add_data
from traceability.cli.say import Say
from traceability.core.errors import LedgerError

if TYPE_CHECKING:
    from traceability.settings import Settings


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "rebuild",
        help="make the projections again from the records",
        description="Makes everything but records, disclosures, head and accounts again from the "
        "records, by the same rules, and first brings the tables of an older version up to date. "
        "With --check it changes nothing and compares instead. Stop the server first.",
        epilog="example: goc rebuild --data var/demo --check",
    )
    add_data(parser)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if they differ")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """0 done or equal, 1 different."""
    from traceability.ledger.ledger import Ledger
    from traceability.ledger.rebuild import check, rebuild
    from traceability.settings import Settings

    settings = Settings.read(options.data)
    if not options.check:
        _update(settings)
    with Ledger.open(settings) as ledger:
        if options.check:
            difference = check(ledger.database)
            if difference is not None:
                say("cli.rebuild.differs", what=str(difference))
                return 1
            say("cli.rebuild.equal", size=ledger.size)
            return 0
        rebuild(ledger.database)
        say("cli.rebuild.done", size=ledger.size)
    return 0


def _update(settings: "Settings") -> None:
    """Bring the tables of an older version of the software up to date."""
    from traceability.ledger.ledger import Ledger
    from traceability.ledger.upgrade import upgrade
    from traceability.storage.engine import Database

    try:
        Ledger.open(settings).close()
    except LedgerError as error:
        if error.code != "ledger.schema":
            raise
        database = Database(settings.database_url)
        try:
            upgrade(database)
        finally:
            database.close()
