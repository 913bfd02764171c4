"""The clock and the source of randomness: the only module that asks the machine for either.

Everything that judges a record takes the time as a parameter, since a rule that reads the wall
clock cannot be replayed. Those at the edge (the command line, the API, the publisher, the signing
of records with a server-held key) ask here, and ruff refuses ``time.time``, ``datetime.now``,
``secrets`` and ``random`` elsewhere.
"""

import secrets
import time


def now_ms() -> int:
    """The present time in Unix milliseconds, the unit of a log leaf."""
    return time.time_ns() // 1_000_000


def random_bytes(n: int) -> bytes:
    """``n`` bytes from the operating system's source, fit for keys, salts and nonces."""
    return secrets.token_bytes(n)
