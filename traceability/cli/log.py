"""``goc log``: what others need to know of a log, and its going over to another key."""

import argparse
from typing import Any

from traceability.cli import log_check
from traceability.cli.data import add_data
from traceability.cli.say import Say
from traceability.core.errors import LedgerError


def add(commands: Any) -> None:
    """Adds the command and its own commands to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "log",
        help="the log's verifier key, and another one; check a published log",
        description="Shows what others need to know of a log, gives it another key, and checks one "
        "that is published.",
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
    key.add_argument(
        "--next", action="store_true", help="the key that the log goes over to, if it does"
    )
    key.set_defaults(run=run)
    rotate = inner.add_parser(
        "rotate",
        help="go over to another key",
        description="Makes a second key of the log: every server that is started from then on "
        "signs checkpoints with both, so that whoever trusts either can verify. Publish the new "
        "verifier key, tell the witnesses, and give everybody time. With --finish the first key is "
        "destroyed, once what is published carries the second's signature; then restart every "
        "server. Make a backup after each step. This is for a key that is old: for one that others "
        "may have, begin another log.",
        epilog="example: goc log rotate --data /srv/goc",
    )
    add_data(rotate)
    rotate.add_argument(
        "--finish", action="store_true", help="destroy the first of two keys, and keep the second"
    )
    rotate.set_defaults(run=run_rotate)
    log_check.add(inner)


def run(options: argparse.Namespace, say: Say) -> int:
    """Prints the key alone, for scripts."""
    from traceability.ledger.log_key import log_keys
    from traceability.settings import Settings

    key, following = log_keys(Settings.read(options.data))
    if options.next:
        if following is None:
            raise LedgerError("keyring.no-next-key", log=key.name)
        key = following
    say.line(str(key))
    return 0


def run_rotate(options: argparse.Namespace, say: Say) -> int:
    """Makes a key or destroys one, and says what to do next."""
    from traceability.ledger.log_key import begin, finish
    from traceability.settings import Settings

    settings = Settings.read(options.data)
    _, key = finish(settings) if options.finish else begin(settings)
    step = "finished" if options.finish else "begun"
    say(f"cli.log.{step}", log=key.name)
    say.line(f"  {key}")
    say(f"cli.log.{step}-next")
    return 0
