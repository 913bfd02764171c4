"""Crates and pallets, and what is in them."""

import sqlalchemy as sa
from alembic import op

from traceability.storage.migrations.versions.v0001_first import KEYED, STRICT, index, table

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables for units."""
    table(
        "unit",
        1,
        """
        idx:int name:text party:text number:text taken:int sscc:int kind:text holder:text? ship:int?
        sent:int? parent:int? opened:int? outcome:text? consignee:text?
        """,
        STRICT,
    )
    index("unit", "number")
    index("unit", "parent")
    index("unit", "party", "number", "taken")
    whole = sa.text("opened IS NULL")
    op.create_index(
        "unit_whole", "unit", ["holder", "idx"], sqlite_where=whole, postgresql_where=whole
    )
    table(
        "packed",
        2,
        """
        idx:int n:int whole:int source_idx:int source_n:int product:text lot:text unit:text
        amount:int? pieces:int?
        """,
        KEYED,
    )
    index("packed", "source_idx", "source_n", "whole")
