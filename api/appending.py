"""Appending for a request: records that are signed already, and commands that the server signs.

A command that may come twice has a key of its own (``ledger.idempotency``): the records are put
down before they are appended, so that whoever sends it again gets the first receipt.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from api.deps import Services
from api.receipts import receipt_json
from traceability.core.errors import GocError, LedgerError
from traceability.ledger import outcome
from traceability.ledger.idempotency import Answered
from traceability.ledger.outcome import Refusal
from traceability.ledger.tokens import Principal
from traceability.ledger.waiting import Prepared


async def append_command_once(
    services: Services,
    principal: Principal,
    party: str,
    command: Mapping[str, Any],
    hide: Iterable[str],
    key: str,
    body: bytes,
) -> outcome.Receipt | Answered:
    """Sign and append a command; ``body`` is all that came with its ``key``. What came before is
    answered as then. Who may have it signed is asked before."""
    ledger, run = services.ledger, services.threads.run

    def begin() -> Answered | bytes:
        kept = ledger.idempotency.recall(principal.token, key, body)
        if isinstance(kept, Answered):
            return kept
        if kept is not None:
            return kept.wire
        wire = ledger.commands.sign(party, command, hide)
        return ledger.idempotency.begin(principal.token, key, body, wire)

    begun = await run(begin)
    if isinstance(begun, Answered):
        return begun
    try:
        receipt = await append_wire(services, begun)
    except LedgerError:  # it may have been recorded: the same record is to be sent again
        raise
    except GocError:
        await run(ledger.idempotency.release, principal.token, key, body, begun)
        raise
    answer = orjson.dumps(receipt_json(receipt))
    await run(ledger.idempotency.remember, principal.token, key, body, 201, answer)
    return receipt


async def append_wire(services: Services, wire: bytes) -> outcome.Receipt:
    """Append one record as it was signed; raises its refusal."""
    return await append_one(services, await prepared(services, (wire,)))


async def prepared(services: Services, texts: Sequence[bytes]) -> Prepared:
    """As ``Appender.prepare``: on the loop, unless the database is to be asked for a key. Whoever
    signs with one that nobody knows, or while the database hangs, must not stop all others."""
    appender = services.ledger.appender
    parsed = appender.parse(texts)
    if parsed.is_known:
        return appender.verify(parsed)
    return await services.threads.run(appender.verify, parsed)


async def append_one(services: Services, ready: Prepared) -> outcome.Receipt:
    """Append the one record that is prepared; raises its refusal."""
    (result,) = await services.appender.append(ready)
    if isinstance(result, Refusal):
        raise result.error
    return result
