"""``goc print``: labels of a lot as a file for a printer, where there is no browser.

What draws them lies above this layer and is found by its entry point.
"""

import argparse
import re
from pathlib import Path
from typing import Any, Final

from traceability.cli.data import add_data
from traceability.cli.faces import face
from traceability.cli.output import whole_file
from traceability.cli.say import Say

KINDS: Final = ("retail", "crate")
FORMS: Final = ("pdf", "zpl", "tspl")
SHEETS: Final = ("L7160", "L7159", "single")


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "print",
        help="print labels of a lot to a file",
        description="Draws the labels of a label record, each with its own serial, as a PDF or for "
        "a label printer. Whoever has the data folder and its keyring may print; nothing is "
        "recorded by it. Labels that were voided are left out.",
        epilog="example: goc print --data var/demo 02000000002026 NR261105-1 -o labels.pdf",
    )
    add_data(parser)
    parser.add_argument("gtin", metavar="GTIN", help="the product's GTIN")
    parser.add_argument("lot", metavar="LOT", help="the lot's code")
    parser.add_argument(
        "--record", metavar="DIGEST", help="which label record (the latest of the lot)"
    )
    parser.add_argument("--kind", choices=KINDS, default=KINDS[0], help="of label (retail)")
    parser.add_argument(
        "--form",
        choices=FORMS,
        default=FORMS[0],
        help="sheets, or a label printer's language (pdf)",
    )
    parser.add_argument(
        "--sheet",
        type=_sheet,
        default=SHEETS[0],
        metavar="SHEET",
        help=f"of a PDF: {', '.join(SHEETS)}, or columns by rows of A4, such as 3x8 (L7160)",
    )
    parser.add_argument(
        "--first", type=int, default=1, metavar="N", help="first free place of the first sheet (1)"
    )
    parser.add_argument(
        "--dpi", type=int, default=203, metavar="N", help="of a printer: 203, 300, 600 (203)"
    )
    parser.add_argument(
        "--start",
        type=_from_one,
        default=1,
        metavar="N",
        help="the label to begin with, by its number in the record (1)",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the file")
    parser.set_defaults(run=run)


def _sheet(text: str) -> str:
    if text not in SHEETS and not re.fullmatch("[1-9]x([1-9]|[1-5][0-9])", text):
        raise ValueError
    return text


def _from_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def run(options: argparse.Namespace, say: Say) -> int:
    """Writes the file, whole or not at all."""
    draw = face("print")
    from traceability.core import ids
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    settings = Settings.read(options.data)
    with Ledger.open(settings) as ledger:
        count, parts = draw(
            ledger, settings, ids.gtin14(options.gtin), options.lot, options.record,
            kind=options.kind, form=options.form, sheet=options.sheet, first=options.first,
            dpi=options.dpi, skip=options.start - 1, language=say.language,
        )  # fmt: skip
        with whole_file(options.output) as file:
            for part in parts:
                file.write(part)
    say("cli.print.done", count=count, file=options.output)
    return 0
