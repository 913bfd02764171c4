"""One round of publishing: what the database committed, as files for anybody (C2SP tlog-tiles).

What a crash means at each step:

1. Look at the published checkpoint, and at the largest one that a witness has shown; read the head,
   and check that it extends both. Else nothing is written: the database was restored from too old a
   backup, or is another one. Crash: nothing happened.
2. Write the tiles that are new: entries, then level 0 and up. Crash: tiles that no checkpoint
   speaks of; readers do not ask for them, and they are the same when they are written again.
3. Read back from the store what leads to the checkpoint's root, and from the published root to it:
   what a reader will see. Crash: as before.
4. Ask the witnesses, where there is a policy. Without its quorum nothing more happens, and the
   published checkpoint stays the last one that had it. Crash: some cosigned what is not published
   yet; it will be, or something that extends it, and they say what they have seen.
5. Replace the checkpoint, on the condition that it is still the one of step 1. Crash: it took place
   or it did not; both are states that readers can use, and the next round tells which.

So a checkpoint is never there before its tiles, nor a smaller one after a larger.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, islice
from operator import attrgetter
from time import monotonic
from typing import Final

from traceability.audit.standing import Standing
from traceability.audit.witnesses import LONGEST, Witnesses
from traceability.core.checkpoint import Checkpoint, open_checkpoint
from traceability.core.errors import FormatError, LedgerError, ProofError
from traceability.core.merkle import HashAt, consistency_proof, root_at, verify_consistency
from traceability.core.tiles import Tile, tile_hash_at, tiles_at
from traceability.core.vkey import VerifierKey
from traceability.storage.head import Head
from traceability.storage.log_source import LogSource
from traceability.storage.published import Published, read_published
from traceability.storage.tile_store import TileStore

AT_ONCE: Final = 32  #: tiles that are in memory at once
_WRITERS: Final = 8  # threads that write them: an object store answers slowly, but many at a time
_LOOK_AGAIN: Final = 60_000  # ms after which the store is looked at, though nothing is new
_KEEP_PARTIAL: Final = 600_000  # ms for which a partial tile outlives the full one that followed it


class Publication:
    """What one process knows of what it publishes. ``clock`` gives Unix milliseconds."""

    def __init__(
        self,
        source: LogSource,
        store: TileStore,
        log: VerifierKey,
        witnesses: Witnesses | None,
        standing: Standing,
        clock: Callable[[], int],
        learn: Callable[[Checkpoint], None],
    ) -> None:
        """``learn`` is told of a checkpoint that a witness has seen and that is not published."""
        self._source = source
        self._store = store
        self._key = log
        self._witnesses = witnesses
        self._keys = () if witnesses is None else witnesses.policy.witness_keys
        self._standing = standing
        self._clock = clock
        self._learn = learn
        self._published: Published | None = None
        self._stale = True  # whether the store is to be looked at
        self._looked = 0  # when it was last
        self._remembered = False  # whether the database knows that something was published
        self._written = 0  # the size whose tiles are all in the store
        self._asked: tuple[Head, float] | None = None  # what has no quorum yet, and since when
        self._spent: deque[tuple[int, Tile]] = deque()  # partial tiles, and when they were written

    def begin(self) -> None:
        """Forget everything: another process may have published since. Raises ``LedgerError``."""
        self._published, self._stale, self._written = None, True, 0
        self._asked = None
        self._spent.clear()
        self._store.sweep()
        if self._witnesses is not None:
            self._witnesses.look()

    def round(self, still: Callable[[], bool], again: bool = False) -> bool:
        """Publish what is new; whether there was something.

        ``still`` is asked before the checkpoint is replaced: whether this process may. ``again``:
        write every tile, those that should be there too. Raises ``LedgerError``, ``ProofError`` or
        ``FormatError`` with what is in the way.
        """
        standing = self._standing
        head = self._source.head()
        before = floor = self._published
        late = self._clock() - self._looked >= _LOOK_AGAIN
        if again or self._stale or late or _size(before) != head.size:
            before = self._look()
            floor = max(before, floor, key=_size)  # a store may have lost what was there
            head = self._source.head(floor.checkpoint if floor else None)
        standing.head = head.size
        if floor is None and not again and (size := self._source.remembered()):
            raise LedgerError("tiles.emptied", size=size)
        self._heed(floor)
        if floor is not None and floor.checkpoint.size == head.size:
            if floor.checkpoint.root != head.frontier.root:
                raise LedgerError("ledger.forked", size=head.size, published=head.size)
            if before is floor and self._suffices(floor) and not again:
                standing.behind_since = None
                return False
        if head.size == 0:
            return False
        if standing.behind_since is None:
            standing.behind_since = self._clock()
        head = self._asked_about(head, _size(floor))
        self._write(head.size, 0 if again else self._written)
        hash_at = tile_hash_at(self._store.get, head.size)
        checkpoint = self._check(head, floor, hash_at)
        note = self._cosigned(head, hash_at)
        self._heed(floor)
        if not still():
            return False
        self._replace(before, note, checkpoint)
        self._remove_spent(head.size)
        return True

    # -- 1: what is there ------------------------------------------------------------------------
    def _look(self) -> Published | None:
        """The published checkpoint, as it is now."""
        found = read_published(self._store, self._key, self._keys)
        self._looked = self._clock()
        if found is not None:
            self._written = max(self._written, found.checkpoint.size)
            self._show(found)
        self._stale = found is None
        return found

    def _show(self, published: Published) -> None:
        size = published.checkpoint.size
        if size >= _size(self._published):
            self._published = published
        self._standing.size = size
        if self._witnesses is not None:
            self._witnesses.remember(published.cosignatures, size)

    def _heed(self, floor: Published | None) -> None:
        """Check that the database extends what witnesses have seen beyond what is published."""
        seen = None if self._witnesses is None else self._witnesses.furthest
        if seen is not None and seen.size > _size(floor):
            self._learn(seen)
            self._source.head(seen)

    def _suffices(self, published: Published) -> bool:
        """Whether a checkpoint has the quorum that is asked for now."""
        witnesses = self._witnesses
        return witnesses is None or witnesses.policy.judge(published.cosignatures).satisfied

    # -- 2: tiles --------------------------------------------------------------------------------
    def _write(self, size: int, since: int) -> None:
        now = self._clock()
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="goc-tiles") as writers:
            for tiles in _chunks(size, since):
                data = self._source.tiles(size, tiles)
                # All of them are there, durably, before any that is made of them begins.
                list(writers.map(self._store.put, map(attrgetter("path"), tiles), data))
                self._standing.tiles += len(tiles)
                self._spent.extend((now, tile) for tile in tiles if not tile.is_full)
        self._written = size

    def _remove_spent(self, size: int) -> None:
        """Remove partial tiles, a while after the full ones that have all of them. Readers of an
        older checkpoint take the full one."""
        late = self._clock() - _KEEP_PARTIAL
        kept: deque[tuple[int, Tile]] = deque()
        for written, tile in self._spent:
            is_full = size >> (8 * max(tile.level, 0)) >= (tile.index + 1) << 8
            if is_full and written < late:
                self._store.remove(tile.path)
            else:
                kept.append((written, tile))
        self._spent = kept

    # -- 3: what readers will see ----------------------------------------------------------------
    def _check(self, head: Head, before: Published | None, hash_at: HashAt) -> Checkpoint:
        checkpoint = open_checkpoint(head.checkpoint, self._key).checkpoint
        try:
            if (checkpoint.size, checkpoint.root) != (head.size, root_at(head.size, hash_at)):
                raise ProofError("proof.root")
            if before is not None:
                old = before.checkpoint
                proof = consistency_proof(old.size, head.size, hash_at)
                verify_consistency(old.size, head.size, old.root, checkpoint.root, proof)
        except (FormatError, ProofError) as error:
            if error.code == "tile.missing":  # this names it
                raise
            raise LedgerError("tiles.changed", what=error.code) from error
        return checkpoint

    # -- 4: witnesses ----------------------------------------------------------------------------
    def _cosigned(self, head: Head, hash_at: HashAt) -> bytes:
        if self._witnesses is None:
            return head.checkpoint

        def prove(old: int) -> list[bytes]:
            return consistency_proof(old, head.size, hash_at)

        cosigned = self._witnesses.cosign(head.checkpoint, head.size, prove)
        self._standing.quorum = cosigned.quorum.satisfied
        if not cosigned.quorum.satisfied:
            self._asked = self._asked or (head, monotonic())
            raise ProofError("policy.quorum")
        self._asked = None
        return cosigned.note

    def _asked_about(self, head: Head, published: int) -> Head:
        """The head to publish: for a while the one that the witnesses were asked about before,
        since a slow one that is asked about another each time would never be heard."""
        if self._asked is not None:
            asked, since = self._asked
            if published < asked.size <= head.size and monotonic() - since < LONGEST:
                return asked
            self._asked = None
        return head

    # -- 5: the checkpoint -----------------------------------------------------------------------
    def _replace(self, before: Published | None, note: bytes, checkpoint: Checkpoint) -> None:
        if before is None or before.note != note:
            try:
                self._store.replace(before.note if before else None, note)
            except LedgerError:
                self._stale = True  # it is there, or another one: nobody knows
                raise
        if not self._remembered:
            self._source.remember(checkpoint.size)
            self._remembered = True
        cosignatures = open_checkpoint(note, self._key, self._keys).cosignatures
        self._show(Published(note, checkpoint, cosignatures))
        standing = self._standing
        standing.time, standing.behind_since = self._clock(), None
        standing.checkpoints += 1


def _chunks(size: int, since: int) -> Iterator[list[Tile]]:
    """The new tiles, some at a time, of one level at a time."""
    for _, level in groupby(tiles_at(size, since), attrgetter("level")):
        while chunk := list(islice(level, AT_ONCE)):
            yield chunk


def _size(published: Published | None) -> int:
    return -1 if published is None else published.checkpoint.size
