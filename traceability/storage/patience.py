"""A connection to PostgreSQL that does not wait for ever.

The server limits how long it waits for a lock, and the kernel notices a peer that is gone. Neither
helps where somebody still holds the line and says nothing: a server whose disk hangs, a pooler or a
balancer whose other side is dead, a commit that waits for a standby which is away. Whoever waits
here hears nothing for ``patience`` seconds at most; then the connection is closed, since nobody can
know what becomes of the statement, and the error is that of a server that is gone.
"""

from collections.abc import Generator
from typing import Any, Final, TypeVar

import psycopg
from psycopg.waiting import Ready

_T = TypeVar("_T")
INTERVAL: Final = 0.1  #: seconds between two looks, psycopg's own


class SilentError(psycopg.OperationalError):
    """The server did not answer in time."""


class PatientConnection(psycopg.Connection[Any]):
    """``patience``: seconds without a sign of life; None: as long as it takes. ``prepared``: the
    names of statements that the server has prepared, by text and parameters' types
    (``traceability.storage.postgres_line``)."""

    patience: float | None = 10.0  # until ``Dialect.bound`` says otherwise

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.prepared: dict[tuple[Any, ...], bytes] = {}

    def wait(
        self,
        gen: Generator[Any, Any, _T],
        interval: float = INTERVAL,
        timeout: float | None = None,
    ) -> _T:
        """As psycopg's, for so long. Raises ``SilentError``."""
        if self.patience is not None:
            gen = _listening(gen, max(1, round(self.patience / interval)))
        try:
            return super().wait(gen, interval, timeout)
        except SilentError:
            self.pgconn.finish()
            raise


def _listening(gen: Generator[Any, Any, _T], most: int) -> Generator[Any, Any, _T]:
    """The generator, until ``most`` looks in a row have found nothing."""
    silent = 0
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            silent = 0 if ready != Ready.NONE else silent + 1
            if silent >= most:
                raise SilentError("the server does not answer")
            wanted = gen.send(ready)
    except StopIteration as end:
        found: _T = end.value
        return found
