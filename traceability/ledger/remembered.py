"""A small memory: so many entries at most, each for so long at most.

For what would else be asked of the database with every request (whose token is this, which key
signs for a party), and may be out of date by some seconds.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

BRIEFLY: Final = 30_000  #: milliseconds


class Remembered(Generic[Key, Value]):
    """``clock`` gives milliseconds. All methods may be called from any thread."""

    def __init__(self, limit: int, clock: Callable[[], int], lasting: int = BRIEFLY) -> None:
        self._limit = limit
        self._clock = clock
        self._lasting = lasting
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, tuple[int, Value]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """The value, unless it is too old or has been crowded out."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            if self._clock() - found[0] >= self._lasting:
                del self._entries[key]
                return None
            return found[1]

    def put(self, key: Key, value: Value) -> None:
        """Remember a value; the oldest gives way where there are too many."""
        with self._lock:
            self._entries[key] = (self._clock(), value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._limit:
                self._entries.popitem(last=False)

    def forget(self, key: Key) -> None:
        """Forget one value."""
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()
