"""The publisher: one process of all that serve a log writes it out for anybody (DESIGN §4).

Every process has one; the one that leads does a round (``audit.publication``) every second or so.
What keeps it from publishing is said loudly, and stands in ``standing`` for metrics to tell. It
never keeps anybody from appending: that is what the guard is for (``storage.published``).
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

from traceability import clock as machine
from traceability.audit.publication import Publication
from traceability.audit.standing import Standing
from traceability.audit.witnesses import Witnesses
from traceability.core.checkpoint import Checkpoint
from traceability.core.errors import GocError, LedgerError
from traceability.core.policy import Policy
from traceability.core.vkey import VerifierKey
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings
from traceability.storage.leader import Leader, leader_of
from traceability.storage.log_source import LogSource
from traceability.storage.tile_store import TileStore
from traceability.storage.tile_stores import open_tiles

_log = logging.getLogger(__name__)

INTERVAL: Final = 1.0  #: seconds between rounds
_REPEAT: Final = 60_000  # ms after which the same failure is said again
_CLOSING: Final = 10.0  # seconds for the last round


class Publisher:
    """Publishes one log to ``store``. ``standing`` says how it goes; ``clock`` gives Unix
    milliseconds."""

    def __init__(
        self,
        source: LogSource,
        store: TileStore,
        log: VerifierKey,
        leader: Leader,
        policy: Policy | None = None,
        clock: Callable[[], int] = machine.now_ms,
        interval: float = INTERVAL,
        learn: Callable[[Checkpoint], None] = lambda _: None,
    ) -> None:
        """``learn`` is told of a checkpoint that a witness has seen and that is not published.

        Raises ``ProofError("policy.log")`` where the policy is for other logs.
        """
        self.store = store
        self.standing = standing = Standing()
        witnesses = None
        if policy is not None:
            witnesses = Witnesses(policy, log, standings=standing.witnesses)
        self._publication = Publication(source, store, log, witnesses, standing, clock, learn)
        self._leader = leader
        self._clock = clock
        self._interval = interval
        self._said: tuple[str, int] = ("", 0)
        self._busy = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @classmethod
    def of(cls, ledger: Ledger, settings: Settings) -> Self:
        """The publisher of a ledger.

        Raises ``LedgerError``: ``settings.tiles``, ``settings.witness-policy``; ``FormatError`` and
        ``ProofError("policy.log")`` for a policy that cannot be meant.
        """
        store = ledger.tiles or open_tiles(settings.tiles)
        leader = leader_of(ledger.database, ledger.log)
        policy = read_policy(settings)
        return cls(
            LogSource(ledger.database), store, ledger.vkey, leader, policy, ledger.clock,
            learn=(lambda _: None) if ledger.guard is None else ledger.guard.learn,
        )  # fmt: skip

    # -- one round -------------------------------------------------------------------------------
    def publish(self, again: bool = False) -> bool:
        """Publish what is new; whether there was something, and this process leads.

        ``again``: write every tile, those that should be there too. Raises what is in the way:
        ``LedgerError`` (``ledger.rolled-back``, ``ledger.forked``, ``tiles.unreachable``,
        ``tiles.conflict``, …) or ``ProofError`` (``policy.quorum``, ``tile.missing``, …).
        """
        with self._busy:
            try:
                done = self._lead() and self._publication.round(self._leader.leads, again)
            except GocError as error:
                self._fail(error)
                raise
            except Exception as error:  # a fault of ours
                self._fail(LedgerError("ledger.fault"))
                raise LedgerError("ledger.fault") from error
            if self.standing.error:
                _log.warning("the log is published again")
            self.standing.error = ""
            return done

    def _lead(self) -> bool:
        try:
            leads = self._leader.leads()
        except LedgerError:
            self.standing.leads = False
            raise
        if leads and not self.standing.leads:
            self._publication.begin()
        self.standing.leads = leads
        return leads

    def _fail(self, error: GocError) -> None:
        standing, now = self.standing, self._clock()
        standing.errors += 1
        standing.error, standing.error_time = error.code, now
        code, time = self._said
        if code != error.code or now - time >= _REPEAT:
            self._said = error.code, now
            _log.error("the log is not published: %s", error, exc_info=error.code == "ledger.fault")

    # -- as a thread -----------------------------------------------------------------------------
    def start(self) -> None:
        """Publish from now on, on a thread."""
        self._thread = threading.Thread(target=self._run, name="goc-publisher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Publish what there is, stop, and let another process lead. A store that does not answer
        is not waited for: then the end of the process lets go of the lead."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_CLOSING)
            if self._thread.is_alive():
                return
        self._leader.close()
        self.standing.leads = False

    def _run(self) -> None:
        last = False
        while not last:
            last = self._stopping.is_set()
            with suppress(GocError):  # it was said
                self.publish()
            self._stopping.wait(self._interval)


def read_policy(settings: Settings) -> Policy | None:
    """The witness policy, or None where there is none.

    Raises ``LedgerError("settings.witness-policy")``, and as ``Policy.parse`` does.
    """
    if settings.witness_policy is None:
        return None
    try:
        data = settings.witness_policy.read_bytes()
    except OSError:
        raise LedgerError("settings.witness-policy") from None
    return Policy.parse(data)
