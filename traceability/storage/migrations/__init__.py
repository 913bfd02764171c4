"""The database's schema, step by step: ``migrate`` brings any earlier one up to date.

Each step is a module in ``versions``. Projections can be made again from the records, so a step
that changes what they are makes their tables anew and notes in ``outdated`` that they are to be
filled, where there are records. Until that is done (``traceability.ledger.upgrade``, which ``goc
migrate`` calls) the schema does not count as up to date, and nobody uses it.

All steps are one transaction, and one process at a time takes them: whoever comes second waits, and
finds nothing left to do.
"""

from functools import lru_cache
from hashlib import sha256
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from traceability.core.errors import LedgerError
from traceability.storage.engine import Database

#: PostgreSQL's advisory lock of those who change the schema of a database.
LOCK: Final = int.from_bytes(sha256(b"goc migrate").digest()[:8], "big", signed=True)


def configuration() -> Config:
    """Alembic's settings, without a file: they hold wherever the package is installed."""
    config = Config()
    config.set_main_option("script_location", "traceability.storage:migrations")
    return config


def migrate(database: Database) -> tuple[str | None, str | None]:
    """Bring the schema up to date, all in one transaction; returns the revision that it had (None
    where there was no table) and the one that it has.

    Raises ``LedgerError("migrate.newer")`` for a schema of a later version of the software; and as
    ``Database.writing``.
    """
    config = configuration()
    with database.writing(takes_long=True) as connection:
        if not database.is_sqlite:  # there the transaction itself keeps others out
            _wait_for_turn(connection)
        before = MigrationContext.configure(connection).get_current_revision()
        if before is not None and before not in _known():
            raise LedgerError("migrate.newer", found=before)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, newest()


def _wait_for_turn(connection: Connection) -> None:
    """Wait as long as another's steps take; but no longer than usual for tables in use."""
    patience = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK:d})")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}'")


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """All revisions that this version of the software knows."""
    script = ScriptDirectory.from_config(configuration())
    return frozenset(each.revision for each in script.walk_revisions())


@lru_cache(maxsize=1)
def newest() -> str | None:
    """The revision of the schema that this version of the software expects."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def revision(database: Database) -> str | None:
    """The revision of a database's schema, or None where it has no tables of ours."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this version of the software expects."""
    return revision(database) == newest() and not is_outdated(database)


def is_outdated(database: Database) -> bool:
    """Whether the projections are to be made again first. The schema must be the newest."""
    with database.reading() as connection:
        return connection.exec_driver_sql("SELECT id FROM outdated").first() is not None
