"""``goc log``: what others need to know of a log."""

import argparse
from typing import Any

from traceability.cli import log_check
from traceability.cli.data import add_data
from traceability.cli.say import Say


def add(commands: Any) -> None:
    """Adds the command and its own commands to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "log",
        help="the log's verifier key; check a published log",
        description="Shows what others need to know of a log, and checks one that is published.",
        epilog="example: goc log key --data var/demo",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    key = inner.add_parser(
        "key",
        help="print the verifier key",
        description="Prints the verifier key of the log. Publish it in many places: it is what "
        "auditors check bundles and archives with.",
        epilog="example: goc log key --data var/demo",
    )
    add_data(key)
    key.set_defaults(run=run)
    log_check.add(inner)


def run(options: argparse.Namespace, say: Say) -> int:
    """Prints the key alone, for scripts."""
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    with Ledger.open(Settings.read(options.data)) as ledger:
        say.line(str(ledger.vkey))
    return 0
