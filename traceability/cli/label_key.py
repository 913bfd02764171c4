"""``goc label-key``: the keys with which serial numbers of labels are made and recognised."""

import argparse
import sys
from typing import Any

import orjson

from traceability.cli.data import add_data
from traceability.cli.say import Say, day_of


def add(commands: Any) -> None:
    """Adds the command and its own commands to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "label-key",
        help="the keys for the serial numbers of labels: list, make, withdraw them",
        description="The keys with which serial numbers of labels are made and recognised. They "
        "lie in the keyring, encrypted, and are shown nowhere.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = inner.add_parser(
        "list",
        help="list the keys",
        description="Lists the keys by their ids, newest first, and which of them new labels take.",
        epilog="example: goc label-key list --data /srv/goc",
    )
    add_data(listing)
    listing.add_argument("--json", action="store_true", help="one JSON object, for programs")
    listing.set_defaults(run=run_list)
    rotate = inner.add_parser(
        "rotate",
        help="make another key, for new labels",
        description="Makes another key. New labels take it from half a minute on; servers learn of "
        "it by themselves. Labels that were printed before are recognised by the older keys, which "
        "stay. Make a backup afterwards: without its key no label is recognised.",
        epilog="example: goc label-key rotate --data /srv/goc",
    )
    add_data(rotate)
    rotate.set_defaults(run=run_rotate)
    withdraw = inner.add_parser(
        "withdraw",
        help="withdraw a key that was stolen",
        description="Withdraws a key that somebody else may have, for good. Whoever scans a label "
        "of this key, printed before or after, is told that it can no longer be confirmed; none "
        "is printed with it any more. Where new labels took it, another key is made. At a terminal "
        "it asks first; a script says --yes.",
        epilog="example: goc label-key withdraw k-0123456789abcdef --data /srv/goc",
    )
    withdraw.add_argument("id", metavar="ID", help="the key's id, as list shows it")
    withdraw.add_argument("--yes", action="store_true", help="do it without asking")
    add_data(withdraw)
    withdraw.set_defaults(run=run_withdraw)


def run_list(options: argparse.Namespace, say: Say) -> int:
    """Lists the keys."""
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    with Ledger.open(Settings.read(options.data)) as ledger:
        held = ledger.label_keys.held()
        good = any(each.withdrawn is None for each in held)
        newest = ledger.label_keys.newest().id if good else None
    if options.json:
        keys = [
            {
                "id": each.key.id,
                "created": each.created,
                "new_labels": each.key.id == newest,
                "withdrawn": each.withdrawn,
            }
            for each in held
        ]
        say.raw(orjson.dumps({"keys": keys}, option=orjson.OPT_INDENT_2) + b"\n")
        return 0
    for each in held:
        shown = {"id": each.key.id, "day": day_of(each.created)}
        if each.withdrawn is not None:
            say("cli.label-key.line-withdrawn", **shown, withdrawn=day_of(each.withdrawn))
        elif each.key.id == newest:
            say("cli.label-key.line-newest", **shown)
        else:
            say("cli.label-key.line", **shown)
    if not held:
        say("cli.label-key.none")
    return 0


def run_rotate(options: argparse.Namespace, say: Say) -> int:
    """Makes a key, and says what to do next."""
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    with Ledger.open(Settings.read(options.data)) as ledger:
        key = ledger.label_keys.rotate()
    say("cli.label-key.made", id=key.id)
    say("cli.label-key.next")
    return 0


def run_withdraw(options: argparse.Namespace, say: Say) -> int:
    """Withdraws a key once that was confirmed, and says what to do next."""
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    if not (options.yes or _is_sure(options.id, say)):
        say.problem("cli.label-key.not-withdrawn", id=options.id)
        return 1

    with Ledger.open(Settings.read(options.data)) as ledger:
        made = ledger.label_keys.withdraw(options.id)
    say("cli.label-key.withdrawn", id=options.id)
    if made is not None:
        say("cli.label-key.made", id=made.id)
    say("cli.label-key.withdrawn-next")
    return 0


def _is_sure(name: str, say: Say) -> bool:
    """Whether somebody at a terminal types the key's id again; a script never does."""
    if not sys.stdin.isatty():
        return False
    say("cli.label-key.sure", id=name)
    return sys.stdin.readline().strip() == name
