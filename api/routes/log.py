"""The log: its key, its checkpoint, proofs that it only grows (C2SP tlog-checkpoint, RFC 6962)."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.deps import Using
from api.openapi import gives
from api.receipts import PROOF_TYPE
from api.routing import router as make_router
from api.schemas import Consistency, Log
from api.security import public
from traceability.core.errors import LedgerError
from traceability.core.lines import base64

router = make_router("log", "/api/v1/log")


@router.get("", summary="The log", responses=gives(Log))
@public
async def get_log(using: Using) -> Response:
    """Origin, verifier key, size and checkpoint. The key is to be compared with other sources:
    who believes the server's own word for it has verified nothing."""
    head = await using.threads.run(using.ledger.receipts.head)
    answer = Log(
        origin=head.log,
        vkey=str(using.ledger.vkey),
        size=head.size,
        time=head.time,
        checkpoint=head.checkpoint.decode(),
    )
    return json_response(answer.to_json())


@router.get(
    "/checkpoint",
    summary="The latest checkpoint",
    responses=gives(also={"text/plain": "A signed note."}),
)
@public
async def get_checkpoint(using: Using) -> Response:
    """The checkpoint of the last commit, signed by the log."""
    head = await using.threads.run(using.ledger.receipts.head)
    return Response(head.checkpoint, headers={"cache-control": "no-store"}, media_type=PROOF_TYPE)


@router.get(
    "/consistency",
    summary="Proof that the log only grew",
    responses=gives(Consistency),
)
@public
async def get_consistency(
    using: Using,
    since: Annotated[int, Query(alias="from", ge=0, le=2**53, description="the size seen before")],
    to: Annotated[int | None, Query(ge=0, le=2**53, description="the present size")] = None,
) -> Response:
    """The proof that the log, as it now stands, extends what it was at an earlier size."""
    hashes, head = await using.threads.run(using.ledger.receipts.consistency, since)
    if to is not None and to != head.size:
        raise LedgerError("ledger.index", size=head.size, index=to)
    answer = Consistency(
        since=since,
        to=head.size,
        proof=[base64(each) for each in hashes],
        checkpoint=head.checkpoint.decode(),
    )
    return json_response(answer.to_json())


def json_response(body: bytes, cache: str = "no-store") -> Response:
    """JSON that is not to be kept, unless ``cache`` says otherwise."""
    return Response(body, headers={"cache-control": cache}, media_type="application/json")
