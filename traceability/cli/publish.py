"""``goc publish``: the log written out for anybody, by a process of its own."""

import argparse
import logging
import signal
import sys
import threading
from typing import Any

from traceability.cli.data import add_data
from traceability.cli.say import Say
from traceability.core.errors import GocError, LedgerError


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "publish",
        help="publish the log as files for anybody",
        description="Writes what is new of the log where GOC_TILES_URL says, and collects the "
        "cosignatures that the policy of GOC_WITNESS_POLICY asks for. goc serve does so by itself; "
        "of all processes that would, one does. Ends on SIGTERM or Ctrl-C.",
        epilog="example: goc publish --data var/demo --once",
    )
    add_data(parser)
    parser.add_argument(
        "--once", action="store_true", help="publish what there is and end; exit 1 if it cannot be"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="with --once: write every tile, those that should be there already too",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """0 published, or told to stop; 1 something is in the way."""
    from traceability.audit.publisher import Publisher
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    settings = Settings.read(options.data)
    with Ledger.open(settings) as ledger:
        publisher = Publisher.of(ledger, settings)
        if options.once:
            return _once(publisher, options.all, say)
        logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
        stopping = threading.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: stopping.set())
        publisher.start()
        say("cli.publish.start", log=ledger.log)
        sys.stdout.flush()
        stopping.wait()
        publisher.close()
    return 0


def _once(publisher: Any, again: bool, say: Say) -> int:
    standing = publisher.standing
    try:
        done = publisher.publish(again)
        if not standing.leads:
            raise LedgerError("publish.busy")
    except GocError as error:
        say.refusal(error)
        return 1
    finally:
        publisher.close()
    say("cli.publish.done" if done else "cli.publish.nothing", size=standing.size)
    return 0
