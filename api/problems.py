"""Refusals as RFC 9457 problem details: the one place that knows which status a code has.

A problem's ``type`` is ``<host>/problems/<code>``, which this server answers with what the code
means. ``title`` is the same for a whole status, ``detail`` is the sentence for people in the
language that the request asks for; ``code``, ``params`` and ``pointer`` (a JSON pointer into the
request, RFC 6901) are for machines. No stack trace, no text of an exception that is not ours, and
no personal value gets in: ``GocError`` never carries one.

Statuses by what kind of refusal it is: 400 cannot be read · 401 who is asking? · 403 not permitted
· 404 not there · 406 not in such a form · 409 in conflict with what is there · 413 too large · 415
other format · 416 beyond the end of a file · 422 read and refused, by schema or rulebook · 429 too
often, try again later · 500 our fault · 503 try again later. What may be tried again says when,
with ``Retry-After``.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.language import Language, preferred
from traceability.core.errors import FormatError, GocError, LedgerError, ProofError, RuleError
from traceability.core.fields import fault_of, pointer_of
from traceability.text import sentence_of, text

MEDIA_TYPE: Final = "application/problem+json"
STATUSES: Final = (400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 416, 422, 429, 500, 503)

#: What does not follow from the kind of error.
_EXACT: Final[Mapping[str, int]] = {
    "access.no-token": 401,
    "access.token": 401,
    "access.scope": 403,
    "access.party": 403,
    "access.type": 403,
    "access.session": 401,
    "access.form": 403,
    "access.other-site": 403,
    "access.too-often": 429,
    "request.nothing-here": 404,
    "link.type": 404,
    "request.method": 405,
    "request.not-acceptable": 406,
    "request.slow": 408,
    "request.too-large": 413,
    "request.content-type": 415,
    "request.range": 416,
    "request.field": 422,
    "request.parameter": 422,
    "record.too-large": 413,
    "bundle.too-large": 413,
    "record.schema": 422,
    "record.type": 422,
    "record.type-reserved": 422,
    "record.in-the-clear": 422,
    "record.unknown-key": 422,
    "record.signature": 422,
    "record.replay": 409,
    "key.registered": 409,
    "draw.over": 409,
    "draw.unknown": 422,
    "idempotency.reused": 409,
    "ledger.exists": 409,
    "ledger.batch": 400,
    "ledger.index": 400,
    "cursor.malformed": 400,
    "complaint.goods": 422,
    "complaint.kind": 422,
    "complaint.words": 422,
    "complaint.contact": 422,
    "complaint.position": 422,
    "complaint.consent": 422,
    "complaint.nothing": 422,
    "complaint.too-many": 429,
    "form.expired": 422,
    "request.too-often": 429,
    "token.scope": 422,
    "token.role": 422,
    "command.no-key": 409,
    "label-key.unknown": 409,
    "label-key.withdrawn": 409,
    "label.none": 404,
    "print.lost": 409,
    "print-job.too-many": 409,
    "print-job.full": 409,
    "print-job.too-large": 409,
    "print-job.not-done": 409,
    "print-job.stuck": 409,
    "command.reserved": 422,
    "command.hide": 422,
    "ledger.busy": 503,
    "ledger.closed": 503,
    "ledger.locked": 503,
    "ledger.unreachable": 503,
    "ledger.storage": 503,
    "ledger.none": 503,
    "ledger.rolled-back": 503,
    "ledger.forked": 503,
    "tiles.unreachable": 503,
    "tiles.checkpoint": 503,
    "tiles.other-log": 503,
    "tiles.emptied": 503,
    "ledger.schema": 503,
    "health.database": 503,
    "health.ending": 503,
    "health.shorter": 503,
    "health.writer": 503,
}
#: Quantities, keys and times are read in the middle of a record: then they are refused, not
#: unreadable.
_REFUSED: Final = frozenset({"quantity", "key", "time", "date", "base64", "gln", "sscc"})
_SOON, _LATER = 1, 60
_RETRY: Final[Mapping[str, int]] = {
    "ledger.busy": _SOON,
    "ledger.locked": _SOON,
    "ledger.unreachable": _SOON,
    "ledger.closed": _LATER,
    "ledger.storage": _LATER,
    "ledger.none": _LATER,
    "request.too-often": 600,
    "complaint.too-many": 86_400,
}


def status_of(error: GocError) -> int:
    """The HTTP status for an error."""
    known = _EXACT.get(error.code)
    if known is not None:
        return known
    area, _, rest = error.code.partition(".")
    if isinstance(error, RuleError):
        return 422
    if isinstance(error, LedgerError):
        return 404 if rest == "unknown" else 500
    if isinstance(error, FormatError | ProofError):
        return 422 if area in _REFUSED else 400
    return 500


def retry_after(error: GocError) -> dict[str, str]:
    """The header that says when what failed by an error may be tried again, if it may."""
    if status_of(error) not in (429, 503):
        return {}
    return {"retry-after": str(_RETRY.get(error.code, _LATER))}


def problem(error: GocError, language: str, host: str) -> dict[str, Any]:
    """The problem document of an error. ``host`` is the server's address, without a slash."""
    status = status_of(error)
    document: dict[str, Any] = {
        "type": f"{host}/problems/{error.code}",
        "title": text(language, f"api.title.{status}"),
        "status": status,
        "detail": sentence_of(language, error.code, error.params),
        "code": error.code,
    }
    if error.pointer:
        document["pointer"] = error.pointer
    if error.params:
        document["params"] = {name: _plain(value) for name, value in error.params.items()}
    return document


def problem_response(error: GocError, language: str, host: str) -> Response:
    """The response to a request that failed by an error."""
    status = status_of(error)
    headers = {"content-language": language, "vary": "Accept-Language", "cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="goc"'
    headers |= retry_after(error)
    if status in (408, 413):  # what is still on its way is not read any more
        headers["connection"] = "close"
    if status == 416:
        headers["content-range"] = f"bytes */{error.params['size']}"
    if error.code == "request.method":
        headers["allow"] = str(error.params.get("allowed", ""))
    body = orjson.dumps(problem(error, language, host))
    return Response(body, status, headers, MEDIA_TYPE)


def language_of(request: Request) -> Language:
    """The language in which to answer a request."""
    liked = request.headers.get("accept-language", "")[:256]
    return preferred(liked, request.query_params.get("lang", "")[:2])


def as_goc_error(error: Exception, method: str = "") -> GocError:
    """Any exception of a request as one of ours; what nobody expected is ``ledger.fault``."""
    match error:
        case GocError():
            return error
        case RequestValidationError():
            return _field_error(error)
        case HTTPException(status_code=404):
            return LedgerError("request.nothing-here")
        case HTTPException(status_code=405):
            allowed = (error.headers or {}).get("Allow", "")
            return LedgerError("request.method", method=method, allowed=allowed)
        case HTTPException() if error.status_code < 500:
            return FormatError("request.malformed", what="not as HTTP and this interface have it")
        case _:
            return LedgerError("ledger.fault")


def _field_error(error: RequestValidationError) -> GocError:
    first = error.errors()[0]
    where, *steps = first["loc"]
    field = "/".join(str(step)[:40] for step in steps) or str(where)
    return FormatError(
        "request.field", pointer_of(steps or [where]), **fault_of(first).as_params(field)
    )


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool) else str(value)
