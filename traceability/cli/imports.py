"""``goc import``: registers that are kept as spreadsheets."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from traceability.cli.data import add_data
from traceability.cli.say import Say
from traceability.core.errors import LedgerError
from traceability.text import has_text

if TYPE_CHECKING:
    from traceability.exchange.register_import import Harvested
    from traceability.ledger.ledger import Ledger


def add(commands: Any) -> None:
    """Adds the command and its own commands to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "import",
        help="import a harvest register (.xlsx)",
        description="Takes in registers as cooperatives keep them.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_harvests(inner)
    template: argparse.ArgumentParser = inner.add_parser(
        "template",
        help="write an empty register",
        description="Writes an empty harvest register (.xlsx) to fill in, with a sheet that "
        "explains its columns.",
        epilog="example: goc import template -o so-thu-hoach.xlsx",
    )
    template.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="where to (- for stdout)"
    )
    template.add_argument("--force", action="store_true", help="replace a file that is there")
    template.set_defaults(run=run_template)


def _add_harvests(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "harvests",
        help="record the rows of a harvest register",
        description="Records each row of a cooperative's harvest register as a harvest of the "
        "member, signed by the cooperative with its server-held key, as the members' consents "
        "allow. A wrong row is reported and takes nothing with it (exit 1); a row that is on the "
        "ledger already is passed over, so that a register can be imported again as it grows. A "
        "row that the ledger has with another amount is wrong, too: correct the record instead.",
        epilog="example: goc import harvests so-thu-hoach.xlsx --party HTX-HC-01 --dry-run",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the register (.xlsx)")
    add_data(parser)
    parser.add_argument(
        "--party", required=True, metavar="PARTY", help="the cooperative: its id, number or name"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="judge every row, and record nothing"
    )
    parser.add_argument("--sheet", metavar="NAME", help="the sheet, where several are registers")
    parser.add_argument(
        "--product", metavar="NAME", help="the product of all rows, by name or GTIN"
    )
    parser.add_argument("--season", metavar="NAME", help="the season, where no column says it")
    parser.add_argument(
        "--usual-time",
        default="06:00",
        metavar="HH:MM",
        help="when it was harvested, where the register does not say (%(default)s)",
    )
    parser.set_defaults(run=run_harvests)


def run_harvests(options: argparse.Namespace, say: Say) -> int:
    """0 every row is on the ledger, 1 some row was wrong."""
    from traceability.exchange.register_import import plan, record, rehearse
    from traceability.exchange.register_names import find_party
    from traceability.exchange.spreadsheets import read_harvests
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", options.usual_time):
        raise LedgerError("cli.time", time=options.usual_time[:20])
    data = options.file.read_bytes()
    sheet = read_harvests(data, sheet=options.sheet, product=options.product or "")
    settings = Settings.read(options.data)
    with Ledger.open(settings) as ledger:
        with ledger.reading() as now:
            party = find_party(now, options.party)
            planned = plan(
                now, sheet, party, f"{options.usual_time}:00", options.season, options.product
            )
        done = (rehearse if options.dry_run else record)(ledger, party, planned)
        if done.harvests:
            _tell(ledger, settings.host, done.harvests, say)
    for error in done.errors:
        say.line(error.sentence(say.language))
    wrong = len({error.row for error in done.errors})
    say(
        "cli.import.rehearsed" if options.dry_run else "cli.import.done",
        recorded=len(done.recorded),
        known=len(done.known),
        wrong=wrong,
    )
    return 1 if wrong else 0


def _tell(ledger: "Ledger", host: str, harvests: "Sequence[Harvested]", say: Say) -> None:
    """For each row: its lot, where its label leads, and what the rulebook marks."""
    from traceability.ledger.alerts import alerts_of

    with ledger.reading() as now:
        found = alerts_of(now, [each.index for each in harvests])
    for each in harvests:
        link = f"{host}/01/{each.product}/10/{quote(each.lot, safe='')}"
        say("cli.import.row", row=each.row, lot=each.lot, link=link)
        for alert in found:
            if alert.index == each.index and alert.closed is None:
                say("cli.import.alert", alert=_words(alert.code, say))


def _words(code: str, say: Say) -> str:
    key = f"alert.{code}"
    return say.text(key) if has_text(say.language, key) else code


def run_template(options: argparse.Namespace, say: Say) -> int:
    """Writes the empty register, but not over one that somebody may have filled in."""
    from traceability.cli.output import write_out
    from traceability.exchange.spreadsheets import write_harvest_template

    if not options.force and str(options.output) != "-" and options.output.exists():
        raise LedgerError("cli.exists", file=str(options.output))
    write_out(options.output, write_harvest_template(say.language), say)
    return 0
