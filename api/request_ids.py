"""A name for each request, which puts its answer, the server's log and a proxy's log together.

A client or a proxy may bring one in ``X-Request-Id``. It gets into logs, so what could be anything
else than a random name is not taken: a phone number, the number of an identity card (12 digits) and
a token (with its underscores) all fall outside of ``_TAKEN``, and the request gets a name of ours.
"""

import re
from itertools import count
from typing import Final

from starlette.types import Scope

from traceability import clock

HEADER: Final = b"x-request-id"
_TAKEN: Final = re.compile(rb"[0-9A-Za-z-]{16,64}").fullmatch


class RequestIds:
    """Names of one process: a random beginning, and a number."""

    def __init__(self) -> None:
        self._beginning = clock.random_bytes(5).hex()
        self._next = count().__next__

    def of(self, scope: Scope) -> str:
        """The name of a request."""
        for name, value in scope["headers"]:
            if name == HEADER:
                if _TAKEN(value):
                    return str(value, "ascii")
                break
        return f"{self._beginning}{self._next():08x}"
