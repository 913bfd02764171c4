"""Keys for the serials of labels, in the keyring (DESIGN §3, *Label*; ``labels.serials``).

New labels take the newest key. Older ones stay as long as the ledger: a label that was printed
years ago is recognised by the key of that time. Backups hold them, and another key of the keyring
encrypts them anew, as all that the keyring holds.

Every process remembers the keys for half a minute. So that none calls a serial invented whose key
it has not heard of, a key makes serials only once it is older than that, unless it is the first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from traceability import clock
from traceability.core.errors import LedgerError
from traceability.core.ids import label_key_id
from traceability.core.label_key import SECRET_BYTES, LabelKey
from traceability.ledger.keyring import LABELS, Keyring
from traceability.ledger.remembered import BRIEFLY, Remembered

MOST: Final = 64  #: each is tried with every serial that is scanned
_ID_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key, and when it was made (Unix milliseconds)."""

    key: LabelKey
    created: int


class LabelKeys:
    """The label keys of one log. Methods may be called from any thread, and raise ``LedgerError``
    as the keyring does."""

    def __init__(
        self,
        keyring: Keyring,
        log: str,
        now: Callable[[], int] = clock.now_ms,
        random: Callable[[int], bytes] = clock.random_bytes,
    ) -> None:
        self._keyring = keyring
        self._owner = LABELS + log
        self._now = now
        self._random = random
        self._known: Remembered[str, tuple[HeldKey, ...]] = Remembered(1, now)

    def rotate(self) -> LabelKey:
        """Make a key, which new labels take from half a minute on. ``label-key.too-many``."""
        key = LabelKey(label_key_id(self._random(_ID_BYTES)), self._random(SECRET_BYTES))
        if self._keyring.add_secret(self._owner, key.id, key.secret, MOST) is None:
            raise LedgerError("label-key.too-many", limit=MOST)
        self._known.clear()
        return key

    def held(self) -> tuple[HeldKey, ...]:
        """All keys, newest first."""
        known = self._known.get(self._owner)
        if known is None:
            kept = reversed(self._keyring.secrets(self._owner))
            known = tuple(HeldKey(LabelKey(name, secret), made) for name, secret, made in kept)
            if known:  # the first one is used at once: nobody must overlook it
                self._known.put(self._owner, known)
        return known

    def all(self) -> tuple[LabelKey, ...]:
        """All keys, newest first: those by which a serial may have been made."""
        return tuple(each.key for each in self.held())

    def newest(self) -> LabelKey:
        """The key that new labels take; the first is made where there is none."""
        held = self.held()
        if not held:
            self.rotate()
            held = self.held()
        aged = (each.key for each in held if each.created <= self._now() - BRIEFLY)
        return next(aged, held[-1].key)
