"""Append: the only way into the log (DESIGN §4, group commit).

Batches queue in memory; one thread takes all that wait and puts them into one transaction. What a
crash means at each step:

1. ``prepare``: parse, verify signatures. No lock is held, and nothing is promised.
2. Lock the head row, and only then take from the queue, so that whatever came while another writer
   held the lock shares the transaction. Crash: nothing happened.
3. Fetch what the rules will look at; judge each record against all before it, in the batch too. A
   refused record leaves no trace, and fails alone.
4. Extend the Merkle frontier, sign the checkpoint. Crash: a signature that nobody has seen over a
   tree that does not exist; it must not be shown or logged before the commit.
5. Commit. Crash: it took place or it did not. If it did, those who wait were not told: they send
   again, and are answered with the receipts of what is there. If it did not, neither did they.
6. Answer. Only now does anybody hear of it.

A store that reports a failure leaves it open whether it had committed, so all that the writer
remembers is dropped and read anew, and those who wait are told the error, never a receipt.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Any, Final, Protocol

from traceability.core import codec
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError, LedgerError
from traceability.core.facts import RecordEntry
from traceability.core.keys import PublicKey
from traceability.core.needs import needs
from traceability.core.note import NoteSigner
from traceability.core.registry_records import leaf_class
from traceability.ledger.group import Group
from traceability.ledger.observer import GroupSeen, Nobody, Observer
from traceability.ledger.outcome import Outcome, Receipt, Refusal
from traceability.ledger.waiting import Answer, Channel, Parsed, Prepared, Ticket, Told, Waiting
from traceability.storage.append_store import AppendStore
from traceability.storage.head import Head
from traceability.storage.payloads import make_ready

_log = logging.getLogger(__name__)

LINGER: Final = 0.002  #: seconds that the writer waits for those whom it has just answered


class Keys(Protocol):
    """The public key behind a thumbprint."""

    def at_once(self, kid: str) -> PublicKey | None:
        """The key, as far as that is remembered; waits for nobody."""
        ...

    def find(self, kids: Iterable[str]) -> Mapping[str, PublicKey]:
        """Those that are registered."""
        ...


class Appender:
    """The one writer of this process. ``clock`` gives Unix milliseconds.

    The store is used by the writer's thread alone.
    """

    def __init__(
        self,
        store: AppendStore,
        signer: NoteSigner,
        keys: Keys,
        clock: Callable[[], int],
        waiting: Waiting | None = None,
    ) -> None:
        self._store = store
        self._signer = signer
        self._keys = keys
        self._clock = clock
        self._waiting = waiting or Waiting()
        self.observer: Observer = Nobody()
        self._busy_since: float | None = None
        self._size = 0
        self._lock_seconds = self._commit_seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="goc-writer", daemon=True)
        self._thread.start()

    # -- before the lock ---------------------------------------------------------------------------
    def prepare(self, texts: Sequence[bytes]) -> Prepared:
        """Parse a batch (``jws~d~d~`` each) and verify its signatures, on the caller's thread.

        A record that fails is refused alone. Keys that the batch itself registers verify too.
        Raises ``LedgerError`` where a key cannot be looked up: that says nothing of the record.
        """
        return self.verify(self.parse(texts))

    def parse(self, texts: Sequence[bytes]) -> Parsed:
        """The first half of ``prepare``: asks nobody for a key."""
        records: list[SignedRecord | Refusal] = []
        own: dict[str, PublicKey] = {}
        for text in texts:
            try:
                record = codec.parse(text)
                if record.body.type == "key":
                    own.update(codec.keys_in((record,)))
            except GocError as error:
                records.append(Refusal(error))
            else:
                records.append(record)
        at_once = self._keys.at_once
        is_known = all(
            each.kid in own or at_once(each.kid) is not None
            for each in records
            if isinstance(each, SignedRecord)
        )
        return Parsed(records, own, is_known)

    def verify(self, parsed: Parsed) -> Prepared:
        """The second half of ``prepare``. Reads the database unless ``parsed.is_known``."""
        records, keys = parsed.records, dict(parsed.keys)
        kids = {each.kid for each in records if isinstance(each, SignedRecord)}
        keys.update(self._keys.find(kids - keys.keys()))
        for n, each in enumerate(records):
            if isinstance(each, SignedRecord):
                try:
                    codec.verify(each, keys)
                    make_ready(each)
                except LedgerError:
                    raise
                except GocError as error:
                    records[n] = Refusal(error, each.name)
                    self.observer.unverified(error.code)
        return Prepared(records)

    # -- the queue ---------------------------------------------------------------------------------
    def submit(self, batch: Sequence[bytes] | Prepared) -> "Future[list[Outcome]]":
        """Queue a batch; the future gives a receipt or refusal for each record, in order.

        Whoever sends a second batch before the first is answered cannot count on their order, nor
        sign it with a key that the first registers.

        Raises ``LedgerError`` at once: ``ledger.batch``, ``ledger.busy``, ``ledger.closed``, and as
        ``prepare`` does. The future raises it when the ledger failed: ``ledger.locked``,
        ``ledger.unreachable``, ``ledger.storage``, ``ledger.fault``.
        """
        future: Future[list[Outcome]] = Future()
        future.set_running_or_notify_cancel()
        self.enqueue(batch if isinstance(batch, Prepared) else self.prepare(batch), _settle, future)
        return future

    def enqueue(self, batch: Prepared, channel: Channel, token: Any) -> None:
        """Queue a batch; ``channel`` is told once a group, from the writer's thread.

        Raises as ``submit`` does at once.
        """
        self._waiting.put(Ticket(batch, channel, token))

    # -- how it fares ------------------------------------------------------------------------------
    @property
    def is_alive(self) -> bool:
        """Whether the writer's thread runs; not after ``close``."""
        return self._thread.is_alive()

    @property
    def busy_for(self) -> float:
        """Seconds for which the writer has been at its present transaction, or 0."""
        since = self._busy_since
        return 0.0 if since is None else monotonic() - since

    @property
    def size(self) -> int:
        """The log's size after the last commit of this writer: it can never be less again."""
        return self._size

    @property
    def queue(self) -> tuple[int, int]:
        """How many records wait now, and how many ever waited at once."""
        return self._waiting.count, self._waiting.most

    def close(self) -> None:
        """Take nothing more, answer what waits, and stop."""
        self._waiting.close()
        self._thread.join()

    # -- the writer --------------------------------------------------------------------------------
    def _run(self) -> None:
        tickets: list[Ticket] = []
        answered = 0.0
        while self._waiting.wait():
            self._waiting.gather(len(tickets), answered + LINGER - monotonic())
            tickets = []
            began = self._busy_since = monotonic()
            self._lock_seconds = self._commit_seconds = 0.0
            try:
                head = self._lock(began)
                tickets = self._waiting.take()
                answers = self._group(head, tickets)
            except LedgerError as error:
                answers = self._give_up(tickets, error)
            except Exception:  # a fault of ours: those who wait must hear of it all the same
                _log.exception("the writer met a fault")
                answers = self._give_up(tickets, LedgerError("ledger.fault"))
            _tell(answers)
            answered, self._busy_since = monotonic(), None
            self._account(answers, monotonic() - began)
        self._store.close()

    def _lock(self, began: float) -> Head:
        try:
            return self._store.lock()
        finally:  # a lock that was waited for in vain counts too
            self._lock_seconds = monotonic() - began

    def _give_up(self, tickets: list[Ticket], error: LedgerError) -> list[tuple[Ticket, Answer]]:
        try:
            self._store.release()
        except Exception:
            _log.exception("the store could not be released")
        # Where the lock itself failed, nothing was taken yet. Whoever waits would wait as long for
        # the next: a full queue would be told of it one group after the other, for minutes.
        return [(ticket, Answer(None, error)) for ticket in tickets or self._waiting.take_all()]

    def _group(self, head: Head, tickets: Sequence[Ticket]) -> list[tuple[Ticket, Answer]]:
        """One transaction; what it returns may be told, since it is durable."""
        store = self._store
        records = [
            each
            for ticket in tickets
            for each in ticket.batch.records
            if isinstance(each, SignedRecord)
        ]
        if records:
            store.fetch(needs(records))
        group = Group(store.state, head, max(self._clock(), head.time), self._old_receipt)
        verdicts = [[group.judge(each) for each in ticket.batch.records] for ticket in tickets]
        if group.effects:
            signed = group.sign(self._signer)
            began = monotonic()
            store.commit(signed, group.effects, group.leaf_hashes)
            self._commit_seconds = monotonic() - began
            self._size = signed.size
        else:
            store.rest(any(isinstance(each, Receipt) for batch in verdicts for each in batch))
        return [
            (ticket, Answer([group.outcome(each) for each in batch]))
            for ticket, batch in zip(tickets, verdicts, strict=True)
        ]

    def _account(self, answers: Sequence[tuple[Ticket, Answer]], seconds: float) -> None:
        """Tell the observer of a transaction."""
        records = accepted = repeated = 0
        refused: dict[str, int] = {}
        failed: str | None = None
        for ticket, answer in answers:
            records += len(ticket.batch.records)
            failed = answer.error.code if answer.error is not None else failed
            for each in answer.outcomes or ():
                if isinstance(each, Receipt):
                    repeated += each.repeated
                    accepted += not each.repeated
                else:
                    area = each.error.code.partition(".")[0]
                    refused[area] = refused.get(area, 0) + 1
        seen = GroupSeen(
            records, accepted, repeated, refused,
            self._lock_seconds, self._commit_seconds, seconds, failed,
        )  # fmt: skip
        try:
            self.observer.group(seen)
        except Exception:  # whoever watches must not stop what is watched
            _log.exception("an observer met a fault")

    def _old_receipt(self, entry: RecordEntry) -> Receipt:
        head, hashes = self._store.prove(entry.index)
        cls = leaf_class(entry.type)
        return Receipt(
            entry.name, entry.index, entry.time, cls, tuple(hashes), head.checkpoint, True
        )


def _settle(told: Told) -> None:
    """The channel of ``submit``, whose tokens are futures."""
    for future, answer in told:
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer.outcomes)


def _tell(answers: Sequence[tuple[Ticket, Answer]]) -> None:
    """Tell each channel once of all that it waits for."""
    channels: dict[Channel, Told] = {}
    for ticket, answer in answers:
        channels.setdefault(ticket.channel, []).append((ticket.token, answer))
    for channel, told in channels.items():
        try:
            channel(told)
        except Exception:  # whoever waited there is gone; the others still wait
            _log.exception("answers could not be delivered")
