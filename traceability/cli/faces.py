"""What the layers above offer the command line, found by entry point, so that a light install does
without them and nothing here imports them."""

from importlib.metadata import entry_points
from typing import Any, Final

from traceability.core.errors import LedgerError

#: What ``goc[server]`` brings and the light install does without, as it is imported.
_EXTRA: Final = frozenset(
    "alembic cryptography fastapi fontTools httptools jinja2 obstore openpyxl PIL psycopg qrcode"
    " sqlalchemy sqlmodel starlette uvicorn uvloop".split()
)


def missing(error: ModuleNotFoundError) -> LedgerError | None:
    """``LedgerError("cli.extra")`` for a package that is not installed; none for a module that
    should be here whatever is installed, which is a fault."""
    package = (error.name or "").partition(".")[0]
    return LedgerError("cli.extra", package=package) if package in _EXTRA else None


def face(name: str) -> Any:
    """``serve`` or ``label``; ``LedgerError("cli.extra")`` where it is not installed."""
    for entry in entry_points(group="goc.faces", name=name):
        try:
            return entry.load()
        except ModuleNotFoundError as error:
            raise LedgerError("cli.extra", package=error.name or "") from error
    raise LedgerError("cli.extra", package="goc[server]")
