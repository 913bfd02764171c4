"""The database's schema, step by step: ``migrate`` brings any earlier one up to date.

Each step is a module in ``versions``. Projections can be made again from the records, so a step
that changes only those may drop them and say that ``goc rebuild`` must follow.
"""

from functools import lru_cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from traceability.storage.engine import Database


def configuration() -> Config:
    """Alembic's settings, without a file: they hold wherever the package is installed."""
    config = Config()
    config.set_main_option("script_location", "traceability.storage:migrations")
    return config


def migrate(database: Database) -> None:
    """Bring the schema up to date, all in one transaction. Raises as ``Database.writing``."""
    config = configuration()
    with database.writing(takes_long=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@lru_cache(maxsize=1)
def newest() -> str | None:
    """The revision of the schema that this version of the software expects."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this version of the software expects."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest()
