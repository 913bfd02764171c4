"""What is drawn of a holding, by index and in the order of the log.

A holding that very many drew on is read page by page: so the index also has what the pages are
ordered by. (SQLite has the key of a row in each of its indexes anyway; there it is the same tree as
before.)

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

SOON = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05"


INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make an index anew and a table, and say when to vacuum."""
    op.drop_index("draw_source_idx_source_n", "draw")
    op.create_index("draw_source_idx_source_n_idx", "draw", ["source_idx", "source_n", "idx"])
    op.create_table(
        "published",
        sa.Column("id", INT, nullable=False, autoincrement=False),
        sa.Column("size", INT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="published_pkey"),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE holding SET ({SOON})")
        op.execute(
            "ALTER TABLE head SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0,"
            " autovacuum_vacuum_threshold = 200)"
        )
