"""A large ledger out of a small one, made inside the database.

The small one (``bench.season``) went through the real rules and the real writer. Its first R
records, the registry, stay as they are; every later record i becomes K: its copy k stands at index
R + (i - R)·K + k. That keeps the order and leaves no gap, and it lays the copies of one lot's
history as far apart as the histories of a whole country's lots lie in its ledger.

Copy 0 is the record itself: its lots keep their codes, its signatures verify. In the others

* all columns that hold an index are mapped likewise, where it is not one of the registry;
* lot codes have ``.k`` at their end, and a harvest's plot a name of its own in ``crop`` (which
  stands for plots that were never registered), so that no plot has more harvests than one has;
* the digest is SHA-256(digest ‖ k, 8 bytes), and the keys for look-ups come from that;
* payload, signature and disclosures are those of the original. They verify no more: what is
  measured here (appending, tracing, disk) does not read them.

The log's tree is made of the resulting leaves, its tiles and its head as the writer makes them, and
its checkpoint is signed by the log's key: the real writer goes on from there, and its receipts
verify.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from traceability.core.checkpoint import Checkpoint, sign_checkpoint
from traceability.core.merkle import Frontier, extend, leaf_hash
from traceability.core.note import NoteSigner
from traceability.storage import tables
from traceability.storage.edge import Edge, entries
from traceability.storage.engine import Database

ROWS: Final = 20_000  #: of a table, made by one statement
#: What every copy has of its own; the rest of the tables is copied once.
FLOW: Final = (
    tables.RecordRow, tables.DisclosureRow, tables.HoldingRow, tables.DrawRow, tables.LotRow,
    tables.CropRow, tables.AlertRow, tables.LinkRow,
)  # fmt: skip
ONCE: Final = (
    tables.KeyRow, tables.StatementRow, tables.MemberRow, tables.DiaryRow, tables.InspectionRow,
)  # fmt: skip
_INDEXES: Final = ("idx", "source_idx", "ship", "live_idx", "opened", "closed", "about")


@dataclass(frozen=True, slots=True)
class Plan:
    """``registry`` records stay, each of the ``size`` - ``registry`` others becomes ``copies``."""

    registry: int
    size: int
    copies: int

    @property
    def total(self) -> int:
        """How many records come out."""
        return self.registry + (self.size - self.registry) * self.copies


def plan(registry: int, size: int, records: int) -> Plan:
    """The plan that gives about so many records."""
    return Plan(registry, size, max(round((records - registry) / (size - registry)), 1))


def multiply(
    database: Database,
    base: Any,
    plan: Plan,
    signer: NoteSigner,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Fill a migrated, empty ``database`` with copies of what the SQLite connection ``base`` holds,
    and sign its checkpoint. ``say`` hears how far it is."""
    connection = database.write_engine.raw_connection()
    sql = _Sql(connection.cursor(), database.is_sqlite, plan)
    sql.prepare()
    for row in (*ONCE, *FLOW):
        sql.load(base, tables.table_of(row))
    kept = sql.bare()
    for row in ONCE:
        table = tables.table_of(row)
        sql.execute(f"INSERT INTO {table.name} SELECT * FROM {sql.base(table)}")  # noqa: S608
    for row in FLOW:
        table = tables.table_of(row)
        say(f"copying {table.name}")
        for statement in sql.copies(table):
            sql.execute(statement)
    say("making the tree")
    edge, frontier = Edge(), Frontier()
    for leaves in sql.leaves():
        edge, tiles = edge.grown(leaves)
        frontier = extend(frontier, leaves).frontier
        sql.insert(
            tables.table_of(tables.TileRow),
            [(each.level, each.n, each.root, each.data) for each in tiles],
        )
    sql.head(base, frontier, signer)
    connection.commit()
    say("making indexes")
    sql.index(kept)
    connection.commit()
    sql.clear()
    connection.commit()
    say("putting in order")
    sql.tidy(connection)
    connection.close()


class _Sql:
    """The statements, in either dialect."""

    def __init__(self, cursor: Any, is_sqlite: bool, plan: Plan) -> None:
        self._cursor = cursor
        self._lite = is_sqlite
        self._plan = plan

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        return self._cursor.execute(statement, parameters)

    def base(self, table: Table) -> str:
        return f"base_{table.name}"

    def prepare(self) -> None:
        """The numbers of copies; and for SQLite the functions that PostgreSQL has."""
        if self._lite:
            driver = self._cursor.connection
            driver.create_function("copied", 2, _copied, deterministic=True)
            driver.create_function("key64", 1, _key64, deterministic=True)
            self.execute("BEGIN IMMEDIATE")
        self.execute("CREATE TABLE base_copies (k BIGINT PRIMARY KEY)")
        self.insert_into("base_copies (k)", 1, [(k,) for k in range(self._plan.copies)])

    def load(self, base: Any, table: Table) -> None:
        """The small ledger's rows, beside the large one's."""
        columns = list(table.columns.keys())
        self.execute(f"CREATE TABLE {self.base(table)} AS SELECT * FROM {table.name}")  # noqa: S608
        rows = base.execute(f"SELECT {', '.join(columns)} FROM {table.name}").fetchall()  # noqa: S608
        self.insert_into(f"{self.base(table)} ({', '.join(columns)})", len(columns), rows)
        if "idx" in columns:
            self.execute(f"CREATE INDEX {self.base(table)}_idx ON {self.base(table)} (idx)")
        if not self._lite:
            self.execute(f"ANALYZE {self.base(table)}")

    def insert(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        columns = list(table.columns.keys())
        self.insert_into(f"{table.name} ({', '.join(columns)})", len(columns), rows)

    def insert_into(self, target: str, width: int, rows: Iterable[Sequence[Any]]) -> None:
        if self._lite:
            marks = ", ".join("?" * width)
            self._cursor.executemany(f"INSERT INTO {target} VALUES ({marks})", rows)  # noqa: S608
            return
        with self._cursor.copy(f"COPY {target} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def bare(self) -> list[Table]:
        """Tables without their indexes, which are made faster at the end."""
        flow = [tables.table_of(row) for row in FLOW]
        if self._lite:
            return []
        for table in flow:
            for index in table.indexes:
                self.execute(f"DROP INDEX {index.name}")
            self.execute(f"ALTER TABLE {table.name} DROP CONSTRAINT {table.name}_pkey")
            # Emptied in this transaction: what follows goes into no log (wal_level=minimal).
            self.execute(f"TRUNCATE {table.name}")
        return flow

    def copies(self, table: Table) -> Iterator[str]:
        """The statements that fill a table: index by index, and within it copy by copy."""
        source = f"SELECT b.*, k, {self._digest(table)} AS d FROM {self.base(table)} b"  # noqa: S608
        columns = {name: self._column(name, table) for name in table.columns.keys()}  # noqa: SIM118
        step = max(ROWS // self._plan.copies, 1)
        order = "idx, k, n" if "n" in columns else "idx, k"
        bounds = [(0, self._plan.registry, "k = 0")]
        bounds += [
            (at, min(at + step, self._plan.size), "TRUE")
            for at in range(self._plan.registry, self._plan.size, step)
        ]
        for start, end, which in bounds:
            yield (
                f"INSERT INTO {table.name} ({', '.join(columns)})"  # noqa: S608
                f" SELECT {', '.join(columns.values())} FROM ({source} CROSS JOIN base_copies"
                f" WHERE b.idx >= {start} AND b.idx < {end} AND {which}) AS copy ORDER BY {order}"
            )

    def _digest(self, table: Table) -> str:
        if "digest" not in table.columns:
            return "NULL"
        made = "copied(digest, k)" if self._lite else "sha256(digest || int8send(k))"
        return f"CASE WHEN k = 0 THEN digest ELSE {made} END"

    def _column(self, name: str, table: Table) -> str:
        registry, copies = self._plan.registry, self._plan.copies
        suffix = f"CASE WHEN k = 0 OR idx < {registry} THEN '' ELSE '.' || k END"
        if name in _INDEXES:
            return (
                f"CASE WHEN {name} < {registry} THEN {name}"
                f" ELSE {registry} + ({name} - {registry}) * {copies} + k END"
            )
        if name == "lot" or (name == "place" and table.name == "crop"):
            return f"{name} || {suffix}"
        if name == "digest":
            return "d"
        if name == "digest_key":
            return self._key("d")
        if name == "nonce_key":
            return f"CASE WHEN k = 0 THEN nonce_key ELSE {self._key('substr(d, 9)')} END"
        return name

    def _key(self, value: str) -> str:
        """The first eight bytes as a number, as ``storage.keys64`` has it."""
        if self._lite:
            return f"key64({value})"
        return f"('x' || encode(substr({value}, 1, 8), 'hex'))::bit(64)::bigint"

    def leaves(self) -> Iterator[list[bytes]]:
        """The log's leaf hashes, some at a time."""
        if not self._lite:  # until there is the primary key
            self.execute("CREATE INDEX base_leaves ON record (idx)")
        for start in range(0, self._plan.total, 4 * ROWS):
            end = min(start + 4 * ROWS, self._plan.total)
            yield [leaf_hash(each) for each in entries(self._cursor, start, end)]

    def head(self, base: Any, frontier: Frontier, signer: NoteSigner) -> None:
        """The head row, signed. ``registry_size`` is that of the small ledger or less."""
        if frontier.size != self._plan.total:
            raise AssertionError(f"{frontier.size} records, not {self._plan.total}")
        table = tables.table_of(tables.Head)
        columns = list(table.columns.keys())
        row = base.execute(f"SELECT {', '.join(columns)} FROM head").fetchone()  # noqa: S608
        values = dict(zip(columns, row, strict=True))
        root = Checkpoint(values["log"], frontier.size, frontier.root)
        values |= {
            "size": frontier.size,
            "frontier": frontier.to_bytes(),
            "registry_size": min(values["registry_size"], self._plan.registry),
            "checkpoint": sign_checkpoint(root, signer),
        }
        self.execute("DELETE FROM head")
        self.insert(table, [tuple(values.values())])

    def index(self, bare: Sequence[Table]) -> None:
        """The indexes and keys that ``bare`` took away."""
        if not self._lite:
            self.execute("DROP INDEX base_leaves")
        for table in bare:
            keys = ", ".join(table.primary_key.columns.keys())
            name = f"{table.name}_pkey"
            self.execute(f"ALTER TABLE {table.name} ADD CONSTRAINT {name} PRIMARY KEY ({keys})")
            for index in table.indexes:
                made = CreateIndex(index).compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
                self.execute(str(made))

    def clear(self) -> None:
        """Without what was only there for the copying."""
        for row in (*ONCE, *FLOW):
            self.execute(f"DROP TABLE {self.base(tables.table_of(row))}")
        self.execute("DROP TABLE base_copies")

    def tidy(self, connection: Any) -> None:
        """As a database looks that was vacuumed of late."""
        if self._lite:
            self.execute("ANALYZE")
            return
        connection.driver_connection.autocommit = True
        self.execute("VACUUM (FREEZE, ANALYZE)")
        connection.driver_connection.autocommit = False


def _copied(digest: bytes, k: int) -> bytes:
    return hashlib.sha256(digest + k.to_bytes(8, "big")).digest()


def _key64(data: bytes) -> int:
    return int.from_bytes(data[:8], "big", signed=True)
