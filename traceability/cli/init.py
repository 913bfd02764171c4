"""``goc init``: a ledger of one's own."""

import argparse
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from traceability.cli.say import Say

if TYPE_CHECKING:
    from traceability.cli.init_folder import Begun


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "init",
        help="make a new, empty ledger",
        description="Makes a new ledger, with its log's key, its operator and the rules in force. "
        "The log's origin is its name for ever, and labels carry the host for as long as they "
        "stick. The folder must be new or empty; run this as the user who will serve it. The keys "
        "that the server holds are encrypted under 32 random bytes in GOC_KEYRING_KEY, or in the "
        "file that GOC_KEYRING_KEY_FILE names.",
        epilog="example: goc init --data /srv/goc --log so.goc.example/2026 "
        "--host https://so.goc.example --name 'Liên hiệp HTX Sông Hậu' --create-key",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the new folder")
    parser.add_argument(
        "--log", required=True, metavar="ORIGIN", help="the log's origin: a host, and a path"
    )
    parser.add_argument(
        "--host", required=True, metavar="URL", help="the address that labels carry"
    )
    parser.add_argument("--name", required=True, help="the operator's name, for all to read")
    parser.add_argument(
        "--address",
        help="the operator's address, with commune and province at its end, commas between; "
        "what comes before the commune is kept hidden",
    )
    parser.add_argument(
        "--create-key",
        action="store_true",
        help="if no key is set, make one in the data folder: whoever gets hold of the whole "
        "folder can then sign",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """Makes the ledger, and says what to do next."""
    from traceability.cli.init_folder import make, operator_data
    from traceability.settings import KEY_FILE

    operator = operator_data(options.name, options.address)
    begun = make(options.data, options.log, options.host, operator, options.create_key)
    given = os.environ.get("GOC_KEYRING_KEY") or os.environ.get("GOC_KEYRING_KEY_FILE")
    key_file = None if given else options.data / KEY_FILE
    if options.json:
        said = {
            "log": begun.log,
            "log_key": begun.log_key,
            "operator": begun.operator,
            "host": begun.host,
            "keyring_key_file": None if key_file is None else str(key_file),
        }
        say.raw(orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        _show(options.data, begun, key_file, say)
    return 0


def _show(folder: Path, begun: "Begun", key_file: Path | None, say: Say) -> None:
    named = shlex.quote(str(folder))
    say("cli.init.done", log=begun.log, folder=folder)
    say.line()
    say("cli.init.publish")
    say.line(f"  {begun.log_key}")
    say.line()
    if key_file is None:
        say("cli.init.key-given")
    else:
        say("cli.init.key-file", file=key_file)
    say.line()
    say("cli.init.next", host=begun.host)
    say.line(f"  goc token create --data {named} --name {say.text('cli.init.token')} --admin")
    say.line(f"  goc serve --data {named}")
