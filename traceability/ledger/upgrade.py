"""A database of an older version brought up to date, with all that follows from its records.

The tables are one transaction, the projections a second. Whatever stops it in between, the database
still says that its projections are outdated (``storage.migrations``), so that nobody serves it, and
the same command goes on where it stopped.
"""

from traceability.ledger.rebuild import rebuild
from traceability.storage.engine import Database
from traceability.storage.migrations import is_outdated, migrate


def upgrade(database: Database) -> tuple[str | None, str | None, bool]:
    """Bring tables and projections up to date. Returns the revision before and after, and whether
    the projections were made again.

    Raises ``LedgerError`` as ``migrate`` and ``rebuild`` do.
    """
    before, after = migrate(database)
    outdated = is_outdated(database)
    if outdated:
        rebuild(database)
    return before, after, outdated
