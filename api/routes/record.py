"""One record: what may be read of it, and its receipt."""

from starlette.requests import Request
from starlette.responses import Response

from api.deps import Asking, Digest, Services, Using
from api.openapi import gives
from api.receipts import receipt_response
from api.routes.log import json_response
from api.routing import router as make_router
from api.schemas import Receipt, ShownRecord
from api.security import public
from api.shown import read_record
from traceability.core.errors import LedgerError
from traceability.ledger.tokens import Principal

router = make_router("records", "/api/v1/records")


@router.get("/{digest}", summary="Read a record", responses=gives(ShownRecord))
@public
async def get_record(digest: Digest, using: Using, asking: Asking) -> Response:
    """A record with what the token may read of it. Without a token, only records that are public
    with the log (leaf class 1); parties read those that name them, auditors all."""
    shown = await using.threads.run(_read, using, digest, asking)
    return json_response(shown.to_json())


@router.get(
    "/{digest}/receipt",
    summary="Get a record's receipt",
    responses=gives(Receipt, also={"text/plain": "A C2SP tlog-proof file."}),
)
@public
async def get_receipt(digest: Digest, request: Request, using: Using) -> Response:
    """The proof, as of now, that the log has the record. Whoever knows a record's digest may have
    it: it says nothing of what the record holds."""
    found = await using.threads.run(using.ledger.receipts.of, digest)
    if found is None:
        raise LedgerError("record.unknown", record=digest)
    return receipt_response(request, found)


def _read(using: Services, digest: str, asking: Principal | None) -> ShownRecord:
    with using.ledger.reading() as now:
        return read_record(now, digest, asking)
