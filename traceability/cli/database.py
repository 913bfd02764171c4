"""A database that cannot be opened, read or written, as a sentence for whoever ran a command."""

import sys

from traceability.core.errors import GocError, LedgerError


def database_fault(error: BaseException) -> LedgerError | None:
    """What to say of an error of the database or its folder; None for any other error.

    Commands that are done without a database have not imported what raises them, nor is it here.
    """
    library, driver = sys.modules.get("sqlalchemy.exc"), sys.modules.get("sqlite3")
    known = False
    for module in filter(None, (library, driver)):
        # DatabaseError itself is said of a damaged file; its other kinds of a mistake of ours.
        known |= isinstance(error, module.OperationalError) or type(error) is module.DatabaseError
    if library is not None and isinstance(error, library.DBAPIError):
        error = error.orig or error
    if not known:
        return None
    if (getattr(error, "sqlite_errorname", None) or "").startswith(("SQLITE_BUSY", "SQLITE_LOCK")):
        return LedgerError("ledger.locked")
    lines = str(error).splitlines()
    return LedgerError("cli.database", reason=lines[0] if lines else type(error).__name__)


def from_near(error: GocError) -> GocError:
    """What to say of an error instead, to whoever runs a command: what the ledger says of a
    database that is full or away is for those who write to it from afar."""
    close = database_fault(error.__cause__) if error.__cause__ is not None else None
    if close is None or "reason" not in close.params:
        return error
    if error.code == "ledger.unreachable":
        return LedgerError("cli.unreachable", reason=close.params["reason"])
    return close if error.code == "ledger.storage" else error
