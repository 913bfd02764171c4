"""How often somebody did something lately, without knowing who they are.

An address is personal data, and nobody's business to keep. So what is remembered is a hash of it
under a random salt, together with what was done, in memory alone; after some minutes all of it is
forgotten and another salt drawn. Two periods, two processes, or two salts say nothing of each
other. Where there are more than can be remembered, the rest is not limited here, but by what the
ledger takes of all (``traceability.ledger.scans``, ``complaints``).

Many phones may share an address (a school, a mobile network), so these limits are wide.
"""

import threading
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from ipaddress import ip_address
from time import monotonic
from typing import Final

from starlette.types import Scope

from traceability import clock
from traceability.core.errors import LedgerError

MINUTES: Final = 10
MOST: Final = 50_000  #: things that are remembered at a time, in some 5 MB


class Limits:
    """Of one process, for periods of ``minutes``. For any thread. ``now`` gives seconds."""

    def __init__(
        self,
        now: Callable[[], float] = monotonic,
        random: Callable[[int], bytes] = clock.random_bytes,
        most: int = MOST,
        minutes: int = MINUTES,
    ) -> None:
        self._now = now
        self._random = random
        self._most = most
        self.minutes = minutes
        self._lock = threading.Lock()
        self._ends = 0.0
        self._salt = b""
        self._seen: Counter[bytes] = Counter()

    def times(self, *what: str) -> int:
        """How often this was done in the present period, this time included; 1 where so much else
        was that it is not remembered."""
        with self._lock:
            key = self._key(what)
            if key not in self._seen and len(self._seen) >= self._most:
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
        """What is remembered of something; a new period begins with it where the last is over."""
        if self._now() >= self._ends:
            self._ends = self._now() + 60 * self.minutes
            self._salt = self._random(16)
            self._seen.clear()
        said = "\0".join(what).encode("utf-8", "replace")
        return blake2b(said, digest_size=12, key=self._salt).digest()


def header_of(scope: Scope, name: str) -> str:
    """What a request's header says, up to 100 characters; empty where it has none, or no header is
    named. Of several the last counts: that is the one which the nearest proxy wrote."""
    wanted, found = name.lower().encode(), b""
    if wanted:
        for each, value in scope["headers"]:
            if each == wanted:
                found = value
    return found[:100].decode("latin-1").strip()


def address_of(scope: Scope, header: str) -> str:
    """Whom to count a request for: the address in a header that the proxy writes (of several the
    last), else the peer's. Empty where that would be a proxy's: an address of this machine or
    network stands for anybody."""
    said = header_of(scope, header).rpartition(",")[2].strip()
    text = said or (scope.get("client") or ("",))[0]
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if address.version == 6:  # a household has 2^64 of them
        address = ip_address(int(address) >> 64 << 64)
    return str(address) if said or address.is_global else ""
