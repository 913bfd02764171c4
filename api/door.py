"""Tokens that nobody remembers, looked up off the event loop: all that wait in one question.

Anybody may send made-up tokens, by the thousand. Each costs a hash and a place in a question that
is asked of the database on a thread of its own; the threads that answer everybody else stay free,
and who sends a good token for the first time waits for one question more.
"""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from traceability.core.errors import LedgerError
from traceability.ledger.tokens import Claim, Principal, Tokens

AT_ONCE: Final = 200  #: tokens in one question
MOST_WAITING: Final = 4_000

Answer = asyncio.Future[Principal | None]


class Door:
    """Asks for one event loop."""

    def __init__(self, tokens: Tokens, most_waiting: int = MOST_WAITING) -> None:
        self._tokens = tokens
        self._most_waiting = most_waiting
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="goc-door")
        self._answers: dict[Claim, Answer] = {}
        self._waiting: deque[Claim] = deque()
        self._asking: asyncio.Task[None] | None = None

    async def who(self, claim: Claim) -> Principal | None:
        """Who a token stands for. ``LedgerError``: ``ledger.busy`` while too many wait, and as
        ``Tokens.look_up`` does."""
        answer = self._answers.get(claim)
        if answer is None:
            if len(self._answers) >= self._most_waiting:
                raise LedgerError("ledger.busy")
            answer = self._answers[claim] = asyncio.get_running_loop().create_future()
            self._waiting.append(claim)
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
        # Whoever gives up waiting must not take the answer from the others.
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            claims = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            found: list[Principal | None] | Exception
            try:
                found = await loop.run_in_executor(self._thread, self._tokens.look_up, claims)
            except Exception as error:
                found = error
            for number, claim in enumerate(claims):
                answer = self._answers.pop(claim)
                if isinstance(found, Exception):
                    answer.set_exception(found)
                    answer.exception()  # perhaps nobody waits for it any more
                else:
                    answer.set_result(found[number])
        self._asking = None

    def close(self) -> None:
        """Let what runs end, and ask nothing more."""
        self._thread.shutdown(wait=True, cancel_futures=True)
