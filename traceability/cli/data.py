"""Where a ledger's files are, for all commands that need one."""

import argparse
import os
from pathlib import Path
from typing import Final

DEFAULT: Final = "var/demo"


def add_data(parser: argparse.ArgumentParser) -> None:
    """Adds ``--data`` to a command."""
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("GOC_DATA") or DEFAULT),
        metavar="DIR",
        help=f"the ledger's data folder (GOC_DATA, or {DEFAULT})",
    )
