"""Signs of copied labels that were noticed, and what people complain of."""

from traceability.storage.migrations.versions.v0001_first import KEYED, STRICT, index, table

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of signs, complaints, and how to reach those who complained."""
    table(
        "scan_sign",
        4,
        "product:text lot:text serial:text code:text hour:int noticed:int",
        KEYED,
    )
    table(
        "complaint",
        1,
        """
        id:text code:bytes created:int product:text lot:text serial:text party:text? kind:text
        words:text place:text state:text seen:int? answered:int? answer:text? remarked:int?
        remark:text?
        """,
        STRICT,
    )
    index("complaint", "code", unique=True)
    index("complaint", "created", "id")
    index("complaint", "party", "created")
    index("complaint", "product", "lot", "created")
    table("complaint_contact", 1, "id:text contact:text position:text created:int", STRICT)
    index("complaint_contact", "created")
