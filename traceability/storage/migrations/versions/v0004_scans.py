"""How often labels are scanned, by hour and coarse place."""

from traceability.storage.migrations.versions.v0001_first import KEYED, index, table

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of scans."""
    table("scan", 5, "product:text lot:text serial:text hour:int place:text count:int", KEYED)
    index("scan", "hour")
