"""Print jobs, and the files that come of them."""

from traceability.storage.migrations.versions.v0001_first import STRICT, index, table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of print jobs and of the pieces of their files."""
    table(
        "print_job",
        1,
        """
        id:text party:text product:text lot:text record:text wish:text state:text count:int
        printed:int bytes:int created:int updated:int worker:text? lease:int? tries:int error:text?
        """,
        STRICT,
    )
    index("print_job", "party")
    index("print_job", "state", "updated")
    table("print_part", 2, "job:text at:int data:bytes mark:bytes?", STRICT)
