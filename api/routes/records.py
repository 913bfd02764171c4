"""Records: append them (signed already, or as commands), read them, get their receipts.

A signed record is its own idempotency key: sent again, it is answered with its receipt. A command
gets a fresh nonce each time it is signed, so whoever may have to send one again gives it an
``Idempotency-Key``.
"""

from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.appending import append_command_once, append_one, append_wire, prepared
from api.bodies import BATCH_BYTES, JSON, RECORD_BYTES, as_model, read_body
from api.deps import Services, idempotency_key, known_principal, services_of
from api.openapi import command_schema, gives, takes
from api.problems import language_of
from api.receipts import batch_json, receipt_response
from api.routing import HotRoute
from api.schemas import Batch, Command, Receipt
from api.security import needs
from traceability.core.codec import SignedRecord
from traceability.core.errors import FormatError, GocError, LedgerError
from traceability.core.fields import Fault
from traceability.ledger.idempotency import Answered
from traceability.ledger.outcome import Refusal
from traceability.ledger.tokens import Principal
from traceability.ledger.waiting import MAX_BATCH, Prepared

RECORD_TYPE: Final = "application/sd-jwt"
RECORD_TYPES: Final = ("application/goc+sd-jwt", "application/jose", RECORD_TYPE)
LINES_TYPE: Final = "application/vnd.goc.records"

_WIRE: Final = {
    "type": "string",
    "format": "binary",
    "description": "`jws~disclosure~…~`, as RFC 9901 writes it",
}
_COMMAND: Final = {
    "type": "object",
    "required": ["record"],
    "additionalProperties": False,
    "properties": {
        "party": {"type": "string", "description": "who signs; a party's token signs for it"},
        "record": command_schema(),
        "hide": {"type": "array", "items": {"type": "string"}, "maxItems": 8},
    },
}
_PARTY, _SHOP, _PLOT = "p-0123456789abcdef", "p-fedcba9876543210", "l-0123456789abcdef"
_KHOM, _JUICE = "02000000000015", "02000000000022"
_HELD: Final = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ.0"
#: A command of each kind that moves goods.
EXAMPLES: Final[dict[str, Any]] = {
    "harvest": {
        "record": {
            "type": "harvest",
            "place": _PLOT,
            "makes": [
                {"lot": "CD-0912-A", "product": _KHOM, "holder": _PARTY, "quantity": "1250.5 KGM"}
            ],
            "data": {"season": "Hè Thu 2026"},
        }
    },
    "ship": {
        "record": {
            "type": "ship",
            "draws": [{"from": _HELD, "quantity": "400 KGM"}],
            "makes": [
                {"lot": "CD-0912-A", "product": _KHOM, "holder": _SHOP, "quantity": "400 KGM"}
            ],
            "data": {"vehicle": "65C-012.34"},
        }
    },
    "receive": {
        "record": {
            "type": "receive",
            "draws": [_HELD],
            "makes": [
                {
                    "lot": "CD-0912-A",
                    "product": _KHOM,
                    "holder": _SHOP,
                    "quantity": "396 KGM",
                    "outcome": "accepted",
                }
            ],
            "data": {
                "losses": [{"cause": "damaged", "lot": "CD-0912-A", "quantity": "4 KGM"}],
                "checks": {"temperature": "8.5", "sensory": "pass"},
            },
        }
    },
    "transform": {
        "record": {
            "type": "transform",
            "draws": [{"from": _HELD, "quantity": "300 KGM"}],
            "makes": [
                {"lot": "NK-0914", "product": _JUICE, "holder": _PARTY, "quantity": "150 LTR"}
            ],
            "data": {"kind": "process", "process": "press"},
        }
    },
    "consume": {
        "record": {
            "type": "consume",
            "draws": [_HELD],
            "data": {
                "kind": "served",
                "meals": [{"meal": "lunch", "dish": "Canh chua", "servings": 320}],
            },
        }
    },
}

router = APIRouter(prefix="/api/v1/records", tags=["records"], route_class=HotRoute)


@router.post(
    "",
    status_code=201,
    summary="Append one record",
    responses={
        **gives(
            Receipt,
            "The log has the record.",
            status=201,
            also={"text/plain": "The receipt as a C2SP tlog-proof file."},
        ),
        **gives(Receipt, "The log had the record before.", status=200),
    },
    openapi_extra=takes(
        (RECORD_TYPE, _WIRE),
        ("application/goc+sd-jwt", _WIRE),
        ("application/jose", _WIRE),
        (JSON, _COMMAND),
        description="A signed record, or a command to be signed with a server-held key.",
        examples=EXAMPLES,
    )
    | {
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "For commands: the same key with the same body is answered alike.",
                "schema": {"type": "string", "maxLength": 200},
            }
        ]
    },
)
@needs("write", "admin")
async def append_record(request: Request) -> Response:
    """Appends a record that is signed already, or signs a command and appends that.

    The receipt is final for this log once witnesses have cosigned a later checkpoint.
    """
    kind, body = await read_body(request, RECORD_BYTES, (*RECORD_TYPES, JSON))
    services, principal = services_of(request), known_principal(request)
    if kind == JSON:
        return await _command(request, services, principal, body)
    ready = await prepared(services, (body.rstrip(b"\r\n"),))
    _permit(ready, principal, services.ledger.operator)
    return receipt_response(request, await append_one(services, ready))


@router.post(
    "/batch",
    summary="Append many records",
    responses=gives(Batch, "What became of each line, in order."),
    openapi_extra=takes(
        (
            LINES_TYPE,
            {"type": "string", "format": "binary", "description": "signed records, one a line"},
        ),
        description=f"Up to {MAX_BATCH} signed records, one a line. Each is judged alone, after "
        "those before it: one that is refused does not keep back the others.",
    ),
)
@needs("write", "admin")
async def append_records(request: Request) -> Response:
    """Appends records that are signed already, one a line."""
    _, body = await read_body(request, BATCH_BYTES, (LINES_TYPE,))
    services, principal = services_of(request), known_principal(request)
    lines = body.split()
    if not 1 <= len(lines) <= MAX_BATCH:
        raise LedgerError("ledger.batch", limit=MAX_BATCH, count=len(lines))
    ready = await prepared(services, lines)
    operator = services.ledger.operator
    allowed = Prepared([_permitted(each, principal, operator) for each in ready.records])
    outcomes = await services.appender.append(allowed)
    answer = batch_json(outcomes, language_of(request), services.settings.host)
    return Response(orjson.dumps(answer), headers={"cache-control": "no-store"}, media_type=JSON)


# -- commands ----------------------------------------------------------------------------------
async def _command(
    request: Request, services: Services, principal: Principal, body: bytes
) -> Response:
    key = idempotency_key(request)
    command = as_model(body, Command)
    party = command.party or principal.party
    if party is None:
        raise FormatError("request.field", "/party", **Fault("missing", {}).as_params("party"))
    kind = command.record.get("type")
    ledger = services.ledger
    principal.require_writing(party, kind if isinstance(kind, str) else "", ledger.operator)
    if key is None:
        wire = await services.threads.run(ledger.commands.sign, party, command.record, command.hide)
        return receipt_response(request, await append_wire(services, wire))
    done = await append_command_once(
        services, principal, party, command.record, command.hide, key, body
    )
    return _again(done) if isinstance(done, Answered) else receipt_response(request, done)


def _again(answered: Answered) -> Response:
    receipt = orjson.loads(answered.body)
    headers = {"location": f"/api/v1/records/{receipt['record']}", "cache-control": "no-store"}
    return Response(
        orjson.dumps(receipt | {"repeated": True}), 200, headers, media_type="application/json"
    )


# -- who may append ---------------------------------------------------------------------------
def _permit(ready: Prepared, principal: Principal, operator: str) -> None:
    (record,) = ready.records
    if isinstance(record, Refusal):
        raise record.error
    principal.require_writing(record.body.iss, record.body.type, operator)


def _permitted(
    record: SignedRecord | Refusal, principal: Principal, operator: str
) -> SignedRecord | Refusal:
    if isinstance(record, Refusal):
        return record
    try:
        principal.require_writing(record.body.iss, record.body.type, operator)
    except GocError as error:
        return Refusal(error, record.name)
    return record
