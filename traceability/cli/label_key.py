"""``goc label-key``: the keys with which serial numbers of labels are made and recognised."""

import argparse
from typing import Any

import orjson

from traceability.cli.data import add_data
from traceability.cli.say import Say, day_of


def add(commands: Any) -> None:
    """Adds the command and its own commands to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "label-key",
        help="the keys for the serial numbers of labels: list them, make another",
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


def run_list(options: argparse.Namespace, say: Say) -> int:
    """Lists the keys."""
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    with Ledger.open(Settings.read(options.data)) as ledger:
        held = ledger.label_keys.held()
        newest = ledger.label_keys.newest().id if held else None
    if options.json:
        keys = [
            {"id": each.key.id, "created": each.created, "new_labels": each.key.id == newest}
            for each in held
        ]
        say.raw(orjson.dumps({"keys": keys}, option=orjson.OPT_INDENT_2) + b"\n")
        return 0
    for each in held:
        line = "cli.label-key.line-newest" if each.key.id == newest else "cli.label-key.line"
        say(line, id=each.key.id, day=day_of(each.created))
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
