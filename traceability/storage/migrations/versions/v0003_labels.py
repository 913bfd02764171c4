"""Labels, what they reserve, and what was made of each lot.

What was made of the lots that there are, only the rules can say: where there are records, the
projections are to be made again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from traceability.storage.migrations.versions.v0001_first import KEYED, STRICT, index, table

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of lots anew, and those for labels."""
    op.drop_table("lot")
    table(
        "lot",
        2,
        """
        product:text lot:text maker:text? place:text? opened:int idx:int unit:text? made:int?
        labelled:int labeller:text?
        """,
        KEYED,
    )
    index("lot", "maker")
    table(
        "label",
        1,
        """
        idx:int name:text product:text lot:text party:text count:int net:text each:int key:text
        voided:text lost:int?
        """,
        STRICT,
    )
    index("label", "product", "lot")
    table(
        "reserve",
        2,
        """
        idx:int n:int source_idx:int source_n:int product:text lot:text party:text amount:int?
        worth:int?
        """,
        KEYED,
    )
    index("reserve", "product", "lot")
    index("reserve", "source_idx", "source_n")
    table("outdated", 1, "id:int", STRICT)
    connection: Any = op.get_bind()
    if connection.execute(sa.text("SELECT 1 FROM record LIMIT 1")).first() is not None:
        op.execute("INSERT INTO outdated (id) VALUES (1)")
