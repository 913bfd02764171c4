"""What the layers above offer the command line, found by entry point, so that a light install does
without them and nothing here imports them."""

from importlib.metadata import entry_points
from typing import Any

from traceability.core.errors import LedgerError


def face(name: str) -> Any:
    """``serve`` or ``label``; ``LedgerError("cli.extra")`` where it is not installed."""
    for entry in entry_points(group="goc.faces", name=name):
        try:
            return entry.load()
        except ModuleNotFoundError as error:
            raise LedgerError("cli.extra", package=error.name or "") from error
    raise LedgerError("cli.extra", package="goc[server]")
