"""The first schema: the ledger, its projections, and the accounts.

Written out, not taken from ``traceability.storage.tables``: those change, and this step must not.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STRICT = {"sqlite_strict": True}
KEYED = {"sqlite_strict": True, "sqlite_with_rowid": False}

KINDS: dict[str, Any] = {
    "int": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    "text": sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
    "bytes": sa.LargeBinary(),
}


def table(name: str, keys: int, columns: str, options: dict[str, Any]) -> None:
    """Make a table of ``name:kind`` columns (``?``: may be null); the first ``keys`` name a row."""
    parts: list[sa.Column[Any]] = []
    for column in columns.split():
        title, kind = column.split(":")
        parts.append(
            sa.Column(
                title,
                KINDS[kind.rstrip("?")],
                nullable=kind.endswith("?"),
                autoincrement=False,
            )
        )
    key = sa.PrimaryKeyConstraint(*(part.name for part in parts[:keys]), name=f"{name}_pkey")
    op.create_table(name, *parts, key, **options)


def index(table: str, *columns: str, unique: bool = False) -> None:
    """Make an index that is named after its table and columns."""
    op.create_index(f"{table}_{'_'.join(columns)}", table, list(columns), unique=unique)


def partial_index(name: str, table: str, column: str, where: str) -> None:
    """Make an index over the rows that a condition holds for."""
    clause = sa.text(where)
    op.create_index(name, table, [column], sqlite_where=clause, postgresql_where=clause)


def upgrade() -> None:
    """Make all tables in an empty database."""
    ledger()
    registry()
    goods()
    facts()
    accounts()


def ledger() -> None:
    """Make what cannot be made again."""
    table(
        "head",
        1,
        """
        id:int log:text size:int time:int frontier:bytes registry_size:int operator:text?
        genesis_kid:text? thresholds:text checkpoint:bytes?
        """,
        STRICT,
    )
    table(
        "record",
        1,
        """
        idx:int digest_key:int nonce_key:int time:int at:int key_idx:int type:text iss:text
        acting:text digest:bytes signature:bytes payload:bytes
        """,
        STRICT,
    )
    index("record", "digest_key")
    index("record", "nonce_key")
    table("disclosure", 1, "idx:int disclosures:bytes", STRICT)
    table("tile", 2, "level:int n:int root:bytes data:bytes", STRICT)


def registry() -> None:
    """Make the projections of the registry."""
    table(
        "party_key",
        1,
        """
        kid:text idx:int party:text raw:bytes custody:text recovery:int revoked:int? trusted:int?
        """,
        STRICT,
    )
    index("party_key", "idx", unique=True)
    index("party_key", "party")
    table(
        "statement",
        3,
        "kind:text subject:text idx:int time:int iss:text party:text declared:int data:text",
        STRICT,
    )
    index("statement", "party", "kind", "idx")
    table("member", 2, "cooperative:text party:text idx:int", KEYED)


def goods() -> None:
    """Make the projections of the flow of goods."""
    table(
        "holding",
        2,
        """
        idx:int n:int product:text lot:text holder:text? place:text? unit:text made:int?
        remaining:int? pieces:int? pieces_remaining:int? at:int claims:text ship:int?
        shipper:text? sent_from:text? used:int live_idx:int? live_n:int?
        """,
        KEYED,
    )
    index("holding", "product", "lot")
    partial_index("holding_live", "holding", "holder", "remaining IS NULL OR remaining > 0")
    partial_index("holding_ship", "holding", "ship", "ship IS NOT NULL")
    table("draw", 2, "idx:int n:int source_idx:int source_n:int amount:int? pieces:int?", KEYED)
    index("draw", "source_idx", "source_n")
    table("lot", 2, "product:text lot:text maker:text? place:text? opened:int idx:int", KEYED)
    index("lot", "maker")


def facts() -> None:
    """Make the projections of what was farmed, inspected, alerted and linked."""
    table(
        "crop",
        3,
        """
        place:text idx:int n:int party:text product:text date:text season:text? unit:text
        amount:int? claims:text
        """,
        KEYED,
    )
    table(
        "diary",
        1,
        """
        idx:int place:text party:text date:text activity:text input:text? dose:text? phi:int?
        restated:int? void:int
        """,
        STRICT,
    )
    index("diary", "place", "idx")
    table("inspection", 2, "subject:text idx:int kind:text result:text by_auditor:int", KEYED)
    table("alert", 4, "idx:int n:int code:text detail:text opened:int closed:int?", KEYED)
    table("link", 3, "about:int idx:int kind:text", KEYED)
    index("link", "idx")


def accounts() -> None:
    """Make the accounts of those who use this server."""
    table(
        "api_token",
        1,
        """
        id:text sha256:bytes party:text? scopes:text name:text created:int expires:int?
        revoked:int?
        """,
        STRICT,
    )
    index("api_token", "sha256", unique=True)
    index("api_token", "party")
    table("keyring", 1, "kid:text party:text nonce:bytes ciphertext:bytes created:int", STRICT)
    index("keyring", "party")
    table(
        "idempotency",
        2,
        "token:text key:text request:bytes status:int body:bytes created:int",
        STRICT,
    )
    index("idempotency", "created")
