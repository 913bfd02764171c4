"""What a database system says of itself, for ``goc doctor``: facts, no judgement."""

from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class SqliteFacts:
    """A SQLite database: ``journal`` should be ``wal`` and ``synchronous`` 2 (FULL) or more."""

    version: str
    journal: str
    synchronous: int


@dataclass(frozen=True, slots=True)
class PostgresFacts:
    """A PostgreSQL server and the database in it.

    ``version`` as 160003 for 16.3 · ``time`` its clock in Unix milliseconds · ``is_standby``: it
    only follows another · ``commit`` the server's own ``synchronous_commit``, whatever our
    connections ask for · ``demanded``: synchronous standbys are asked for · ``standbys`` that
    follow it now, ``in_step`` of them synchronous, the slowest ``lag_bytes`` behind.
    """

    version: int
    time: int
    is_standby: bool
    fsync: bool
    full_page_writes: bool
    commit: str
    connections: int
    demanded: bool
    standbys: int
    in_step: int
    lag_bytes: int


def sqlite_facts(connection: Connection) -> SqliteFacts:
    """Facts of a SQLite database."""

    def one(statement: str) -> str:
        return str(connection.exec_driver_sql(statement).scalar())

    return SqliteFacts(
        one("SELECT sqlite_version()"),
        one("PRAGMA journal_mode"),
        int(one("PRAGMA synchronous")),
    )


_SERVER = """
SELECT current_setting('server_version_num')::int,
       (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
       pg_is_in_recovery(),
       current_setting('fsync') = 'on',
       current_setting('full_page_writes') = 'on',
       (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'),
       current_setting('max_connections')::int
         - current_setting('superuser_reserved_connections')::int,
       current_setting('synchronous_standby_names') <> ''
"""
# Whoever is not let see the others' positions sees them as NULL.
_STANDBYS = """
SELECT count(*), count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')),
       coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0)::bigint
FROM pg_stat_replication
"""


def postgres_facts(connection: Connection) -> PostgresFacts:
    """Facts of a PostgreSQL server."""
    server = tuple(connection.exec_driver_sql(_SERVER).one())
    standbys = (0, 0, 0) if server[2] else tuple(connection.exec_driver_sql(_STANDBYS).one())
    return PostgresFacts(*server, *standbys)
