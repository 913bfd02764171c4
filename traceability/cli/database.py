"""A database that cannot be opened, read or written, as a sentence for whoever ran a command."""

import sqlite3
import sys

from traceability.core.errors import LedgerError


def database_fault(error: BaseException) -> LedgerError | None:
    """What to say of an error of the database or its folder; None for any other error.

    Commands that are done without a database have not imported SQLAlchemy, and do not here.
    """
    library = sys.modules.get("sqlalchemy.exc")
    if library is not None and isinstance(error, library.DBAPIError):
        known = isinstance(error, library.OperationalError) or type(error) is library.DatabaseError
        error = error.orig or error
    else:  # SQLite says DatabaseError itself of a damaged file, and more of a mistake of ours
        known = isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError
    if not known:
        return None
    if (getattr(error, "sqlite_errorname", None) or "").startswith(("SQLITE_BUSY", "SQLITE_LOCK")):
        return LedgerError("ledger.locked")
    lines = str(error).splitlines()
    return LedgerError("cli.database", reason=lines[0] if lines else type(error).__name__)
