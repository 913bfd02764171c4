"""Answers that are costly to make and asked for often: pages, labels, lots as JSON.

An answer is made from one state of the log. It is fresh for a second; after that it stays valid for
as long as the log's head has not moved, and is made anew otherwise: on a thread, once, however many
ask for it. Where the log moves all the time, those who come within the next three seconds get the
one that is there while another is made, so that nobody waits for a page that everybody scans. So
what a page says is never more than about four seconds behind the ledger.

An answer may name its *topics*: it stays valid while the log says nothing of them
(``traceability.ledger.news``), and is made anew once a minute at the least, since the time of day
changes what is to be said too.

Answers to what is not there are not kept: nobody shall crowd out the good ones with invented lots.
"""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Scope

from api.splice import Spliced
from api.threads import Threads

FRESH: Final = 1.0  #: seconds for which an answer needs no look at the head
LASTING: Final = 60.0  #: seconds for which an answer lasts at most while the log moves
LATE: Final = 3.0  #: seconds after those for which it serves while another is made
GLANCE: Final = 0.2  #: seconds for which one look at the head serves all
MOST_BYTES: Final = 64 * 1024 * 1024
_LEVEL: Final = 9

Key = tuple[str, ...]
Topic = tuple[str, str]
RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Made:
    """An answer, made from the log as it was at ``size`` records (None: it does not depend on it).

    ``found`` is False for the answer that there is nothing. ``topics``: what it speaks of, if it
    depends on nothing else that the log may say. ``places``: what stands in the places of the body
    (``api.splice``) for those for whom nothing else is put there.
    """

    body: bytes
    media_type: str
    size: int | None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    found: bool = True
    topics: frozenset[Topic] | None = None
    places: Mapping[str, bytes] | None = None


class Ready(Response):
    """A response whose headers are encoded already."""

    def __init__(self, status: int, headers: RawHeaders, body: bytes) -> None:
        self.status_code = status
        self.raw_headers = headers
        self.body = body
        self.background = None


@dataclass(slots=True)
class Kept:
    """A made answer as it goes out: plain, compressed, or not at all where it is known already."""

    size: int | None
    fresh_until: float
    etag: bytes
    plain: Ready
    packed: Ready
    known: Ready
    weight: int = field(default=0)
    topics: frozenset[Topic] | None = None
    valid_at: int | None = None  #: the last size of the log for which it was seen to hold
    lasts_until: float = 0.0
    spliced: Spliced | None = None  #: around what is put for each who asks

    def response(self, scope: Scope) -> Ready:
        """The response that suits a request."""
        packed = False
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                packed = b"gzip" in value
            elif name == b"if-none-match" and (self.etag in value or value == b"*"):
                return self.known
        return self.packed if packed else self.plain


class Pages:
    """Answers by key. ``head`` reads the log's size (on a thread)."""

    def __init__(
        self,
        threads: Threads,
        head: Callable[[], int],
        clock: Callable[[], float] = monotonic,
        most_bytes: int = MOST_BYTES,
        quiet: Callable[[frozenset[Topic], int], bool] = lambda _, __: False,
    ) -> None:
        """``quiet``: whether the log, as far as ``head`` has read it, has said nothing of some
        topics since it had so many records."""
        self._threads = threads
        self._head = head
        self._clock = clock
        self._most_bytes = most_bytes
        self._quiet = quiet
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._weight = 0
        self._making: dict[Key, asyncio.Task[Kept]] = {}
        self._looking: asyncio.Task[int] | None = None
        self._looked = -1.0

    def at_once(self, key: Key) -> Kept | None:
        """An answer that is fresh."""
        kept = self._kept.get(key)
        return kept if kept is not None and self._clock() < kept.fresh_until else None

    async def get(self, key: Key, make: Callable[[], Made]) -> Kept:
        """The answer for ``key``; ``make`` makes it on a thread, where it must be made."""
        kept = self._kept.get(key)
        if kept is not None:
            now = self._clock()
            if now < kept.fresh_until:
                return kept
            if now < kept.fresh_until + LATE:
                self._begin(key, self._look_again, kept, make)
                return kept
            if await self._holds(kept):
                kept.fresh_until = now + FRESH
                self._kept.move_to_end(key)
                return kept
        # Whoever gives up waiting must not take the answer from the others.
        return await asyncio.shield(self._begin(key, self._make, make))

    def _begin(self, key: Key, work: Callable[..., Any], *about: Any) -> "asyncio.Task[Kept]":
        """The task that makes an answer: one for all who ask."""
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(work(key, *about))
            making.add_done_callback(lambda done: self._ended(key, done))
        return making

    def _ended(self, key: Key, done: "asyncio.Task[Kept]") -> None:
        self._making.pop(key, None)
        if not done.cancelled():
            done.exception()  # perhaps nobody waits for it: whoever comes next asks anew

    async def _look_again(self, key: Key, kept: Kept, make: Callable[[], Made]) -> Kept:
        """For those who come later: what is there, or another where the log has moved."""
        if await self._holds(kept):
            kept.fresh_until = self._clock() + FRESH
            return kept
        return await self._make(key, make)

    async def _holds(self, kept: Kept) -> bool:
        """Whether an answer is what would be made now."""
        if kept.valid_at is None:
            return True
        size = await self._size()
        if kept.valid_at != size:
            if kept.topics is None or self._clock() >= kept.lasts_until:
                return False
            if not self._quiet(kept.topics, kept.valid_at):
                return False
            kept.valid_at = size
        return True

    async def _make(self, key: Key, make: Callable[[], Made]) -> Kept:
        began = self._clock()
        made, kept = await self._threads.run(_prepare, make)
        kept.fresh_until, kept.lasts_until = began + FRESH, began + LASTING
        if made.found:
            self._keep(key, kept)
        return kept

    def _keep(self, key: Key, kept: Kept) -> None:
        before = self._kept.pop(key, None)
        self._weight += kept.weight - (before.weight if before else 0)
        self._kept[key] = kept
        while self._weight > self._most_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._weight -= dropped.weight

    async def _size(self) -> int:
        now = self._clock()
        looking = self._looking
        if looking is None or (looking.done() and now - self._looked >= GLANCE):
            self._looked = now
            looking = self._looking = asyncio.create_task(self._threads.run(self._head))
        return await asyncio.shield(looking)


def _prepare(make: Callable[[], Made]) -> tuple[Made, Kept]:
    made = make()
    spliced = None if made.places is None else Spliced(made.body, made.places, _LEVEL)
    body = made.body if spliced is None else spliced.plain()
    packed = gzip.compress(body, _LEVEL, mtime=0)
    etag = b'"' + sha256(body).hexdigest()[:24].encode() + b'"'
    common: RawHeaders = [(b"etag", etag)]
    common += [(name.encode(), value.encode()) for name, value in made.headers]
    typed = [(b"content-type", made.media_type.encode()), *common]

    def response(body: bytes, *more: tuple[bytes, bytes]) -> Ready:
        length = (b"content-length", str(len(body)).encode())
        return Ready(made.status, [length, *typed, *more], body)

    kept = Kept(
        made.size,
        0.0,
        etag,
        response(body),
        response(packed, (b"content-encoding", b"gzip")),
        Ready(304, common, b""),
        len(body) + len(packed) + 1024 + 128 * len(made.topics or ()),
        made.topics,
        made.size,
        spliced=spliced,
    )
    if spliced is not None:
        kept.weight += spliced.weight
    if not made.found:  # a refusal is told whole
        kept.known = kept.plain
    return made, kept
