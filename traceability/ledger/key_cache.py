"""The public key behind a thumbprint, for verifying signatures before the lock is taken.

A thumbprint names its key for ever, so what was read once stays true; whether a key is trusted is
for the rules to judge, under the lock.
"""

from collections.abc import Iterable
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

    def find(self, kids: Iterable[str]) -> dict[str, PublicKey]:
        """The keys that are registered, by thumbprint; all that were not read before in one
        question. Raises ``LedgerError`` as reading does.

        May be called from any thread.
        """
        found: dict[str, PublicKey] = {}
        missing: list[str] = []
        for kid in kids:
            key = self._keys.get(kid)
            if key is None:
                missing.append(kid)
            else:
                found[kid] = key
        if missing:
            with self._database.reading() as connection:
                cursor = self._database.cursor(connection)
                entries = SqlReader(cursor, self._dialect).keys(missing)
            fresh = {entry.kid: PublicKey(entry.raw) for entry in entries}
            if len(self._keys) + len(fresh) > KEPT:
                self._keys.clear()
            self._keys.update(fresh)
            found.update(fresh)
        return found
