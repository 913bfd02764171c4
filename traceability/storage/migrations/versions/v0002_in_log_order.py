"""What is drawn of a holding, and what a party holds, by index and in the order of the log.

A holding that very many drew on, and a party that holds very much, are read page by page: so their
indexes also have what the pages are ordered by. (SQLite has the key of a row in each of its indexes
anyway; there it is the same tree as before.)

PostgreSQL keeps what was updated until it is vacuumed. ``remaining`` of nearly every holding
changes soon after it was made, and the head row with every commit: both are vacuumed early, so that
their space is used again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LIVE = sa.text("remaining IS NULL OR remaining > 0")
SOON = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05"


def upgrade() -> None:
    """Make two indexes anew, and say when to vacuum."""
    op.drop_index("draw_source_idx_source_n", "draw")
    op.create_index("draw_source_idx_source_n_idx", "draw", ["source_idx", "source_n", "idx"])
    op.drop_index("holding_live", "holding")
    op.create_index(
        "holding_live",
        "holding",
        ["holder", "idx", "n"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE holding SET ({SOON})")
        op.execute(
            "ALTER TABLE head SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0,"
            " autovacuum_vacuum_threshold = 200)"
        )
