"""``goc export``: the proof bundle of a lot, or the archive of a whole ledger."""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from traceability.cli.data import add_data
from traceability.cli.output import whole_file, write_out
from traceability.cli.say import Say
from traceability.core import ids
from traceability.core.errors import FormatError, LedgerError

if TYPE_CHECKING:
    from traceability.ledger.ledger import Ledger
    from traceability.ledger.reading import Reading

_LINK: Final = re.compile(r"https?://[^?#]*/01/([0-9]{8,14})/10/([^/?#]+)", re.IGNORECASE)
_AUDIENCES: Final = ("public", "chain", "auditor")


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "export",
        help="export the proof of a lot, or the whole ledger",
        description="Writes the proof bundle of a lot (.goc.json), which goc verify checks without "
        "the server; or with --all the archive of the whole ledger, which goc audit replays.",
        epilog="example: goc export 02000000001029/CD261003-1 -o khom.goc.json --data var/demo\n"
        "         goc export --all -o var/demo.goc.archive --data var/demo",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "lot",
        nargs="?",
        metavar="LOT",
        help="GTIN/LOT, a lot code that only one product has, or the address on a label",
    )
    what.add_argument("--all", action="store_true", help="the archive of the whole ledger")
    add_data(parser)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="where to (- for stdout)"
    )
    parser.add_argument(
        "--audience",
        choices=_AUDIENCES,
        default="auditor",
        help="for whom: what others may not read stays hidden (%(default)s)",
    )
    parser.add_argument(
        "--personal", action="store_true", help="with personal values: a file is not erased"
    )
    parser.add_argument("--holding", metavar="NAME", help="one holding of the lot: DIGEST.N")
    parser.add_argument("--depth", type=_whole, metavar="N", help="at most N records back")
    parser.add_argument(
        "--from",
        type=_whole,
        dest="since",
        metavar="SIZE",
        help="the log's size when it was seen last, to be proven consistent with this one",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """Writes one file, whole or not at all."""
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    with Ledger.open(Settings.read(options.data)) as ledger:
        if options.all:
            return _archive(ledger, options, say)
        return _bundle(ledger, options, say)


def _archive(ledger: "Ledger", options: argparse.Namespace, say: Say) -> int:
    from traceability.audit.export import export

    with ledger.reading() as now:
        if str(options.output) == "-":
            export(now, sys.stdout.buffer, options.personal)
            return 0
        with whole_file(options.output) as file:
            header = export(now, file, options.personal)
    say("cli.export.all", records=header.size, file=options.output)
    return 0


def _bundle(ledger: "Ledger", options: argparse.Namespace, say: Say) -> int:
    from traceability.core.claims import Audience
    from traceability.ledger.bundles import bundle
    from traceability.ledger.viewer import Viewer

    with ledger.reading() as now:
        gtin, lot = find_lot(now, options.lot)
        made = bundle(
            now,
            gtin,
            lot,
            Viewer(Audience[options.audience.upper()]),
            holding=options.holding,
            depth=options.depth,
            since=options.since,
            include_personal=options.personal,
        )
    write_out(options.output, made.to_json(), say)
    if str(options.output) != "-":
        say("cli.export.done", records=len(made.entries), lot=lot, file=options.output)
    return 0


def find_lot(now: "Reading", written: str) -> tuple[str, str]:
    """GTIN-14 and code of the lot that is meant.

    Raises ``LedgerError``: ``cli.lot``, or ``cli.lots`` with those that it may be.
    """
    link = _LINK.match(written)
    if link is not None:
        known = [(_gtin(link[1]), unquote(link[2], errors="replace"))]
    else:
        rows = now.rows("SELECT product, lot FROM lot WHERE lot = ? ORDER BY product", written)
        known = [(gtin, lot) for gtin, lot in rows]
        gtin, slash, lot = written.partition("/")
        if slash and gtin.isascii() and gtin.isdigit():
            known.append((_gtin(gtin), lot))
    found = [each for each in known if now.reader.lot(each) is not None]
    if not found:
        raise LedgerError("cli.lot", lot=written[:100])
    if len(found) > 1:
        raise LedgerError("cli.lots", lot=written, lots=", ".join(map("/".join, found)))
    return found[0]


def _gtin(digits: str) -> str:
    try:
        return ids.gtin14(digits)
    except FormatError:
        return ""  # no lot has it


def _whole(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is less than zero")
    return value
