"""Keys for the serials of labels, in the keyring (DESIGN §3, *Label*; ``labels.serials``).

New labels take the newest key. Older ones stay as long as the ledger: a label that was printed
years ago is recognised by the key of that time. Backups hold them, and another key of the keyring
encrypts them anew, as all that the keyring holds.

Every process remembers the keys for half a minute. So that none calls a serial invented whose key
it has not heard of, a key makes serials only once it is older than that, unless it is the first.

A key that was stolen is *withdrawn*. Whoever has it makes the very serials that were printed, of
every label record that names it, be the record older or younger than the theft: so nothing can be
said any more of any label of that key, and no time parts good ones from bad. It stays, to tell its
labels from invented ones, and makes no serials. In the keyring it goes over to another owner, which
is part of what its row is encrypted with: nobody who writes to the database brings it back.
"""

from collections.abc import Callable, Iterator
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
_TIME_BYTES: Final = 8
_WITHDRAWN: Final = " withdrawn"  #: behind a log's origin, in which there is no space


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key, when it was made, and when it was withdrawn (Unix milliseconds)."""

    key: LabelKey
    created: int
    withdrawn: int | None = None


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

    def withdraw(self, name: str) -> LabelKey | None:
        """Withdraw a key that was stolen, for good; other processes hear of it within half a
        minute. Returns the key that was made in its place, where new labels would have taken it.

        ``label-key.unknown``; ``label-key.withdrawn`` where that was done before.
        """
        self._known.clear()
        named = [each for each in self.held() if each.key.id == name]
        if not named:
            raise LedgerError("label-key.unknown", key=name)
        if named[0].withdrawn is not None:
            raise LedgerError("label-key.withdrawn", key=name)
        was_newest = self._good()[0].key.id == name or self.newest().id == name
        at = self._now().to_bytes(_TIME_BYTES, "big")
        self._keyring.move_secret(name, self._owner, self._owner + _WITHDRAWN, at)
        self._known.clear()
        return self.rotate() if was_newest else None

    def held(self) -> tuple[HeldKey, ...]:
        """All keys, newest first."""
        known = self._known.get(self._owner)
        if known is None:
            read = {each.key.id: each for each in self._read()}  # one may move meanwhile
            known = tuple(sorted(read.values(), key=lambda each: -each.created))
            if known:  # the first one is used at once: nobody must overlook it
                self._known.put(self._owner, known)
        return known

    def all(self) -> tuple[LabelKey, ...]:
        """All keys, newest first: those by which a serial may have been made."""
        return tuple(each.key for each in self.held())

    def withdrawn(self) -> frozenset[str]:
        """The ids of those that were withdrawn."""
        return frozenset(each.key.id for each in self.held() if each.withdrawn is not None)

    def newest(self) -> LabelKey:
        """The key that new labels take; the first is made where there is none."""
        held = self._good()
        if not held:
            self.rotate()
            held = self._good()
        aged = (each.key for each in held if each.created <= self._now() - BRIEFLY)
        return next(aged, held[-1].key)

    def _good(self) -> list[HeldKey]:
        return [each for each in self.held() if each.withdrawn is None]

    def _read(self) -> Iterator[HeldKey]:
        for name, secret, made in self._keyring.secrets(self._owner):
            yield HeldKey(LabelKey(name, secret), made)
        for name, kept, made in self._keyring.secrets(self._owner + _WITHDRAWN):
            secret, at = kept[:SECRET_BYTES], kept[SECRET_BYTES:]
            yield HeldKey(LabelKey(name, secret), made, int.from_bytes(at, "big"))
