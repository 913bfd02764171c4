"""The public key behind a thumbprint, for verifying signatures before the lock is taken.

A thumbprint names its key for ever, so what was read once stays true; whether a key is trusted is
for the rules to judge, under the lock.
"""

from typing import Final

from traceability.core.keys import PublicKey
from traceability.storage.engine import Database
from traceability.storage.reader import SqlReader

KEPT: Final = 100_000


class KeyCache:
    """Registered keys by thumbprint, from the database on first sight."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = database.dialect
        self._keys: dict[str, PublicKey] = {}

    def at_once(self, kid: str) -> PublicKey | None:
        """The key, if it was read before; asks nobody."""
        return self._keys.get(kid)

    def get(self, kid: str) -> PublicKey | None:
        """The key, or None while nobody has registered it. Raises ``LedgerError`` as reading does.

        May be called from any thread.
        """
        key = self._keys.get(kid)
        if key is None:
            with self._database.reading() as connection:
                cursor = self._database.cursor(connection)
                entry = SqlReader(cursor, self._dialect).key(kid)
            if entry is None:
                return None
            if len(self._keys) >= KEPT:
                self._keys.clear()
            key = self._keys[kid] = PublicKey(entry.raw)
        return key
