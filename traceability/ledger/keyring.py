"""Keys that the server holds for parties, the log's own, and those of labels, encrypted at rest
(DESIGN §6).

Each is a row: a 32-byte Ed25519 seed, or another secret, under AES-256-GCM, with a random nonce of
96 bits of its own and, as associated data, whose key it is, so that no row can pass for another.
The key of the cipher comes by HKDF-SHA256 (RFC 5869) from the keyring's key, which is never in the
database: whoever has a copy of the database alone can sign nothing.

The log's own key lies under a name that no party can have. It signs checkpoints and nothing else.
While the log goes over to another key there are two (``traceability.ledger.log_key``). Secrets that
sign nothing lie under names that begin with ``labels:`` (``traceability.ledger.label_keys``).
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Select, delete, insert, select, update

from traceability import clock
from traceability.core.errors import LedgerError
from traceability.core.keys import SEED_BYTES, PrivateKey
from traceability.core.note import NoteSigner
from traceability.ledger.reading import accounts, looking
from traceability.ledger.remembered import Remembered
from traceability.storage.engine import Database
from traceability.storage.tables import KeyringRow, KeyRow, table_of

NONCE_BYTES: Final = 12
LOG: Final = "log:"  #: a row of the log's key: this and the log's origin instead of a party
LABELS: Final = "labels:"  #: rows of keys for the serials of labels: this and the log's origin
KEPT: Final = 4096  #: keys that are kept in memory, briefly

_RING: Final = table_of(KeyringRow)
_KEY: Final = table_of(KeyRow)


class Keyring:
    """The keys in a database. ``key``: 32 bytes, which are never stored.

    A key that this process has used stays in memory for half a minute. Methods may be called from
    any thread, and raise ``LedgerError``: ``keyring.key`` when the keyring's key is not the one
    that the entries were encrypted under, and as the database does.
    """

    def __init__(
        self,
        database: Database,
        key: bytes,
        now: Callable[[], int] = clock.now_ms,
        random: Callable[[int], bytes] = clock.random_bytes,
    ) -> None:
        self._database = database
        self._cipher = _cipher(key)
        self._now = now
        self._random = random
        self._known: Remembered[str, PrivateKey] = Remembered(KEPT, now)

    def __repr__(self) -> str:
        return "Keyring()"

    # -- parties -------------------------------------------------------------------------------
    def create(self, party: str) -> PrivateKey:
        """Make a new key for a party, and keep it. Somebody has to register it on the ledger."""
        with accounts(self._database) as connection:
            key = self._create(connection, party, self._now())
        self._known.forget(party)
        return key

    def signer(self, party: str) -> PrivateKey | None:
        """The newest key held for a party that is registered and not revoked; failing that, the
        newest that is not registered yet; None where there is neither."""
        known = self._known.get(party)
        if known is not None:
            return known
        registered = _KEY.c.kid.is_not(None)
        query = (
            select(_RING.c.kid, _RING.c.nonce, _RING.c.ciphertext, registered)
            .outerjoin(_KEY, _KEY.c.kid == _RING.c.kid)
            .where(_RING.c.party == party, _KEY.c.revoked.is_(None))
            .order_by(registered.desc(), _KEY.c.idx.desc(), _RING.c.created.desc(), _RING.c.kid)
            .limit(1)
        )
        with looking(self._database) as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        kid, nonce, ciphertext, is_registered = row
        key = self._decrypt(kid, party, nonce, ciphertext)
        if is_registered:  # another may overtake one that is not
            self._known.put(party, key)
        return key

    def forget(self, party: str) -> None:
        """Look a party's key up anew: one was registered or revoked just now."""
        self._known.forget(party)

    def discard(self, kid: str) -> None:
        """Destroy a key, as when it could not be registered."""
        with accounts(self._database) as connection:
            connection.execute(delete(_RING).where(_RING.c.kid == kid))
        self._known.clear()

    # -- the log -------------------------------------------------------------------------------
    def create_log_key(self, log: str) -> NoteSigner:
        """Make the log's key; ``ledger.exists`` when there is one."""
        with accounts(self._database) as connection:
            self._database.alone(connection, _RING)
            if connection.execute(_log_keys(log)).first() is not None:
                raise LedgerError("ledger.exists", log=log)
            return NoteSigner(log, self._create(connection, LOG + log, self._now()))

    def log_signer(self, log: str) -> NoteSigner:
        """What signs the log's checkpoints; ``keyring.no-log-key`` when there is none."""
        with looking(self._database) as connection:
            rows = connection.execute(_log_keys(log)).all()
        if not rows:
            raise LedgerError("keyring.no-log-key", log=log)
        keys = [self._decrypt(row.kid, LOG + log, row.nonce, row.ciphertext) for row in rows]
        return NoteSigner(log, keys[0], keys[1] if len(keys) > 1 else None)

    def create_next_log_key(self, log: str) -> NoteSigner:
        """Make the key that the log will go over to; every process that opens the ledger from now
        on signs with both. ``keyring.next-key`` when there is one already, and as ``log_signer``.
        """
        self.log_signer(log)  # under the right key of the keyring, or not at all
        with accounts(self._database) as connection:
            self._database.alone(connection, _RING)
            rows = connection.execute(_log_keys(log)).all()
            if len(rows) != 1:
                raise LedgerError("keyring.next-key", log=log)
            self._create(connection, LOG + log, max(self._now(), rows[0].created + 1))
        return self.log_signer(log)

    def drop_old_log_key(self, log: str) -> None:
        """Destroy the first of two keys of the log; ``keyring.no-next-key`` when there is one."""
        with accounts(self._database) as connection:
            self._database.alone(connection, _RING)
            rows = connection.execute(_log_keys(log)).all()
            if len(rows) < 2:
                raise LedgerError("keyring.no-next-key", log=log)
            connection.execute(delete(_RING).where(_RING.c.kid == rows[0].kid))

    # -- secrets that sign nothing -------------------------------------------------------------
    def add_secret(self, owner: str, name: str, secret: bytes, most: int) -> int | None:
        """Keep a secret, newer than all others of its owner; returns when it was made (Unix
        milliseconds), or None where the owner has ``most`` already."""
        with accounts(self._database) as connection:
            self._database.alone(connection, _RING)
            rows = connection.execute(_of(owner)).all()
            for row in rows:  # under the right key of the keyring, or not at all
                self._seed(row.kid, owner, row.nonce, row.ciphertext)
            if len(rows) >= most:
                return None
            created = max(self._now(), rows[-1].created + 1 if rows else 0)
            self._keep(connection, name, owner, secret, created)
            return created

    def secrets(self, owner: str) -> list[tuple[str, bytes, int]]:
        """Name, secret, and when it was made, of an owner's secrets, oldest first."""
        with looking(self._database) as connection:
            rows = connection.execute(_of(owner)).all()
        return [
            (row.kid, self._seed(row.kid, owner, row.nonce, row.ciphertext), row.created)
            for row in rows
        ]

    def move_secret(self, name: str, owner: str, other: str, addition: bytes = b"") -> bool:
        """Give a secret to another owner, for good, with ``addition`` behind it; returns whether
        ``owner`` had it. When it was made stays the same."""
        with accounts(self._database) as connection:
            self._database.alone(connection, _RING)
            row = connection.execute(_of(owner).where(_RING.c.kid == name)).first()
            if row is None:
                return False
            secret = self._seed(name, owner, row.nonce, row.ciphertext) + addition
            connection.execute(delete(_RING).where(_RING.c.kid == name))
            self._keep(connection, name, other, secret, row.created)
            return True

    # -- all of them ---------------------------------------------------------------------------
    def readable(self) -> tuple[int, int]:
        """How many keys there are, the log's included, and how many of them the keyring's key
        opens."""
        query = select(_RING.c.kid, _RING.c.party, _RING.c.nonce, _RING.c.ciphertext)
        with looking(self._database) as connection:
            found = connection.execute(query).all()
        opened = 0
        for row in found:
            with suppress(LedgerError):
                self._seed(*row) if row.party.startswith(LABELS) else self._decrypt(*row)
                opened += 1
        return len(found), opened

    # -- the keyring's own key -----------------------------------------------------------------
    def rotate(self, key: bytes) -> int:
        """Encrypt all entries anew under another key of the keyring, all or none; returns how many.

        Other processes need the new key from then on. Checks every entry under the old key first.
        """
        cipher = _cipher(key)
        with accounts(self._database) as connection:
            found = connection.execute(
                select(_RING.c.kid, _RING.c.party, _RING.c.nonce, _RING.c.ciphertext)
            ).all()
            for kid, party, nonce, ciphertext in found:
                seed = self._seed(kid, party, nonce, ciphertext)
                fresh = self._random(NONCE_BYTES)
                row = {
                    "nonce": fresh,
                    "ciphertext": cipher.encrypt(fresh, seed, _whose(kid, party)),
                }
                connection.execute(update(_RING).where(_RING.c.kid == kid).values(row))
        self._cipher = cipher
        return len(found)

    def _create(self, connection: Connection, party: str, created: int) -> PrivateKey:
        seed = self._random(SEED_BYTES)
        key = PrivateKey.from_seed(seed)
        self._keep(connection, key.public.kid, party, seed, created)
        return key

    def _keep(
        self, connection: Connection, kid: str, party: str, secret: bytes, created: int
    ) -> None:
        nonce = self._random(NONCE_BYTES)
        connection.execute(
            insert(_RING).values(
                kid=kid,
                party=party,
                nonce=nonce,
                ciphertext=self._cipher.encrypt(nonce, secret, _whose(kid, party)),
                created=created,
            )
        )

    def _decrypt(self, kid: str, party: str, nonce: bytes, ciphertext: bytes) -> PrivateKey:
        key = PrivateKey.from_seed(self._seed(kid, party, nonce, ciphertext))
        if key.public.kid != kid:
            raise LedgerError("keyring.key")
        return key

    def _seed(self, kid: str, party: str, nonce: bytes, ciphertext: bytes) -> bytes:
        try:
            return self._cipher.decrypt(bytes(nonce), bytes(ciphertext), _whose(kid, party))
        except InvalidTag:
            raise LedgerError("keyring.key") from None


def _log_keys(log: str) -> Select[tuple[str, bytes, bytes, int]]:
    """The rows of a log's keys, the one that it is known by first."""
    return _of(LOG + log)


def _of(owner: str) -> Select[tuple[str, bytes, bytes, int]]:
    """The rows of an owner, oldest first."""
    return (
        select(_RING.c.kid, _RING.c.nonce, _RING.c.ciphertext, _RING.c.created)
        .where(_RING.c.party == owner)
        .order_by(_RING.c.created, _RING.c.kid)
    )


def _whose(kid: str, party: str) -> bytes:
    return f"goc-keyring/1\n{kid}\n{party}".encode()


def _cipher(key: bytes) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"goc-keyring/1").derive(key)
    return AESGCM(derived)
