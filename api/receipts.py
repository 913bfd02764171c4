"""Receipts as JSON and as proof files, made by hand: this is the hot end of the write path."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.pages import Ready
from api.problems import problem, status_of
from traceability.core.errors import GocError
from traceability.core.lines import base64
from traceability.ledger.outcome import Outcome, Receipt

PROOF_TYPE: Final = "text/plain; charset=utf-8"  # as C2SP serves notes and checkpoints


def receipt_response(request: Request, receipt: Receipt) -> Response:
    """The answer to a record: 201, or 200 where the log had it before. As a proof file where the
    request asks for one (``Accept: text/plain``), else as JSON."""
    status = 200 if receipt.repeated else 201
    body, kind = b"", b"application/json"
    for name, value in request.scope["headers"]:
        if name == b"accept" and value.startswith(b"text/plain"):
            body, kind = receipt.to_proof(), PROOF_TYPE.encode()
    body = body or orjson.dumps(receipt_json(receipt))
    headers = [
        (b"content-length", b"%d" % len(body)),
        (b"content-type", kind),
        (b"location", b"/api/v1/records/" + receipt.name.encode()),
        (b"cache-control", b"no-store"),
    ]
    return Ready(status, headers, body)


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """As ``schemas.Receipt``."""
    return {
        "record": receipt.name,
        "index": receipt.index,
        "time": receipt.time,
        "class": receipt.cls,
        "proof": [base64(each) for each in receipt.hashes],
        "checkpoint": receipt.checkpoint.decode(),
        "repeated": receipt.repeated,
    }


def batch_json(outcomes: Sequence[Outcome], language: str, host: str) -> dict[str, Any]:
    """As ``schemas.Batch``: each checkpoint once."""
    checkpoints: dict[bytes, int] = {}
    results: list[dict[str, Any]] = []
    for outcome in outcomes:
        if isinstance(outcome, Receipt):
            entry = receipt_json(outcome)
            entry["checkpoint"] = checkpoints.setdefault(outcome.checkpoint, len(checkpoints))
            results.append({"status": 200 if outcome.repeated else 201, "receipt": entry})
        else:
            results.append(refused(outcome.error, language, host))
    return {"checkpoints": [each.decode() for each in checkpoints], "results": results}


def refused(error: GocError, language: str, host: str) -> dict[str, Any]:
    """As ``schemas.BatchResult`` for a line that was refused."""
    return {"status": status_of(error), "problem": problem(error, language, host)}
