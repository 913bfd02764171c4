"""How often somebody did something lately, without knowing who they are.

An address is personal data, and nobody's business to keep. So what is remembered is a hash of it
under a random salt, together with what was done, in memory alone; after some minutes all of it is
forgotten and another salt drawn. Two periods, two processes, or two salts say nothing of each
other. Where there are more than can be remembered, the rest share some counts: so who fills the
memory may have others refused for some minutes, but nobody gets more than they may.

Many phones may share an address (a school, a mobile network), so these limits are wide.
"""

import threading
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import Final

from starlette.types import Scope

from traceability import clock
from traceability.core.errors import LedgerError

MINUTES: Final = 10
MOST: Final = 50_000  #: things that are remembered at a time, in some 5 MB
SHARED: Final = 1_024  #: counts that all others share


class Limits:
    """Of one process, for periods of ``minutes``. For any thread. ``now`` gives seconds. ``most``
    things are remembered for themselves; all others share ``shared`` counts, and where there are
    none, each of them is done for the first time."""

    def __init__(
        self,
        now: Callable[[], float] = monotonic,
        random: Callable[[int], bytes] = clock.random_bytes,
        most: int = MOST,
        shared: int = SHARED,
        minutes: int = MINUTES,
    ) -> None:
        self._now = now
        self._random = random
        self._most = most
        self._shared = shared
        self.minutes = minutes
        self._lock = threading.Lock()
        self._ends = 0.0
        self._salt = b""
        self._seen: Counter[bytes] = Counter()

    def times(self, *what: str) -> int:
        """How often this was done in the present period, this time included."""
        with self._lock:
            key = self._key(what)
            if not key:
                return 1
            self._seen[key] += 1
            return self._seen[key]

    def so_far(self, *what: str) -> int:
        """How often this was done in the present period; looking does not count."""
        with self._lock:
            return self._seen[self._key(what)]

    def admit(self, most: int, *what: str) -> None:
        """Refuse what was done oftener than ``most``: ``LedgerError("request.too-often")``."""
        if self.times(*what) > most:
            raise LedgerError("request.too-often", minutes=self.minutes)

    def _key(self, what: tuple[str, ...]) -> bytes:
        """What is remembered of something, or of all that share a count with it; nothing where none
        is left. A new period begins with it where the last is over."""
        if self._now() >= self._ends:
            self._ends = self._now() + 60 * self.minutes
            self._salt = self._random(16)
            self._seen.clear()
        said = "\0".join(what).encode("utf-8", "replace")
        key = blake2b(said, digest_size=12, key=self._salt).digest()
        if key in self._seen or len(self._seen) < self._most:
            return key
        return b"%d" % (int.from_bytes(key) % self._shared) if self._shared else b""


def header_of(scope: Scope, name: str) -> str:
    """What a request's header says, up to 100 characters; empty where it has none, or no header is
    named. Of several, and of a list, which is the same (RFC 9110 §5.3), the last counts: that is
    the one which the nearest proxy wrote."""
    wanted, found = name.lower().encode(), b""
    if wanted:
        for each, value in scope["headers"]:
            if each == wanted:
                found = value
    return found.rpartition(b",")[2].decode("latin-1").strip()[:100]


def address_of(scope: Scope, header: str) -> str:
    """Whom to count a request for: the address in a header that the proxy writes, else the peer's;
    one of IPv4 however it is written. Empty where that would be a proxy's: an address of this
    machine or network stands for anybody."""
    said = header_of(scope, header)
    text = said or (scope.get("client") or ("",))[0]
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        # Of its own addresses a household has 2^64.
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return str(address) if said or address.is_global else ""
