"""``goc keyring``: the key under which the keys that the server holds are encrypted."""

import argparse
from pathlib import Path
from typing import Any

from traceability.cli.data import add_data
from traceability.cli.say import Say
from traceability.core.errors import LedgerError


def add(commands: Any) -> None:
    """Adds the command and its own commands to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "keyring",
        help="the keyring's key: make one, go over to another",
        description="The key under which the keys that the server holds are encrypted.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    new = inner.add_parser(
        "new-key",
        help="make a key in a new file",
        description="Writes 32 random bytes as base64url into a new file that its owner alone may "
        "read: a key for GOC_KEYRING_KEY_FILE. Keep a copy elsewhere.",
        epilog="example: goc keyring new-key /etc/goc/keyring.key",
    )
    new.add_argument("file", type=Path, metavar="FILE", help="the new file")
    new.set_defaults(run=run_new)
    rekey = inner.add_parser(
        "rekey",
        help="encrypt all keys anew under another key",
        description="Encrypts every key that the server holds, the log's too, under the key in "
        "FILE instead of the one that is set: all or none. Stop the servers first, and start them "
        "with the new key. Backups that were made before need the old key: keep it with them.",
        epilog="example: goc keyring rekey /etc/goc/keyring-2.key --data /srv/goc",
    )
    rekey.add_argument("file", type=Path, metavar="FILE", help="the file with the new key")
    add_data(rekey)
    rekey.set_defaults(run=run_rekey)


def run_new(options: argparse.Namespace, say: Say) -> int:
    """Makes a key."""
    from traceability.clock import random_bytes
    from traceability.settings import KEY_BYTES, write_key_file

    path = write_key_file(options.file, random_bytes(KEY_BYTES))
    say("cli.keyring.made", file=path)
    return 0


def run_rekey(options: argparse.Namespace, say: Say) -> int:
    """Goes over to another key."""
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings, read_key_file

    settings = Settings.read(options.data)
    key = read_key_file(options.file)
    if key == settings.keyring_key:
        raise LedgerError("keyring.same-key")
    with Ledger.open(settings) as ledger:
        count = ledger.keyring.rotate(key)
    say("cli.keyring.done", count=count)
    say("cli.keyring.next", file=options.file)
    return 0
