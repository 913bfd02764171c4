"""What surrounds every request: the path as it was sent, headers, the access log, the last net.

* A lot code may hold ``/`` and ``%``, which stand encoded in a path. So routes are matched against
  the path *as sent*: ``%2F`` does not part segments.
* Each response gets the headers of ``api.security``. HEAD is GET without its body; OPTIONS says
  that anybody may read (GS1-Conformant Resolver, CORS), and that nobody writes from another site.
* What nobody expected is answered as ``ledger.fault``, and told to the log of the server alone;
  what is still not answered when the server ends, as ``ledger.closed``.
* The access log has one line a request: method, route, status, milliseconds; and, for programs, its
  name, its bytes and the id of the token. Not who asked and not for what: addresses are personal
  data, and who scanned which label is nobody's business.
* Whoever keeps the metrics is told of the request as well.
"""

import asyncio
import logging
from time import perf_counter
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import ACCESS
from api.metrics import Tell
from api.problems import language_of, problem_response
from api.request_ids import HEADER, RequestIds
from api.security import (
    APP_HEADERS,
    DATA_HEADERS,
    FORM,
    FORM_HEADERS,
    FOUND,
    FOUND_HEADERS,
    PAGE,
    PAGE_HEADERS,
    PRINCIPAL,
    READABLE,
    WORKER,
    WORKER_HEADERS,
)
from api.session import is_for_people
from traceability.core.errors import LedgerError

access_log = logging.getLogger("goc.access")
_log = logging.getLogger("goc.server")

RawHeaders = tuple[tuple[bytes, bytes], ...]

_DATA: Final = (*DATA_HEADERS, *READABLE)
_PAGE: Final = (*PAGE_HEADERS, *READABLE)
_FOUND: Final = (*FOUND_HEADERS, *READABLE)
_WORKER: Final = (*WORKER_HEADERS, *READABLE)
_PREFLIGHT: Final = {
    "allow": "GET, HEAD, OPTIONS",
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "Accept, Accept-Language",
    "access-control-max-age": "86400",
}


def _headers(scope: Scope) -> RawHeaders:
    if is_for_people(scope["path"]):  # and no other page's to read
        return APP_HEADERS if PAGE in scope else DATA_HEADERS
    if PAGE in scope:
        return _FOUND if FOUND in scope else _PAGE
    if FORM in scope:  # whose token no other site is to read
        return FORM_HEADERS
    return _WORKER if WORKER in scope else _DATA


class Shell:
    """An ASGI application around another. ``host`` is the server's address; ``tell`` is told of
    each request."""

    def __init__(self, app: ASGIApp, host: str, tell: Tell, ids: RequestIds) -> None:
        self._app = app
        self._host = host
        self._tell = tell
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = scope["raw_path"].decode("latin-1")
        began = perf_counter()
        method = scope["method"]
        request_id = self._ids.of(scope)
        status = size = 0
        if method == "HEAD":  # the server still knows, and sends no body
            scope = {**scope, "method": "GET"}

        async def dressed(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = _headers(scope)
                named = (HEADER, request_id.encode())
                message["headers"] = [*message["headers"], named, *headers]
            elif method == "HEAD":
                message["body"] = b""
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            if method == "OPTIONS":
                await Response(None, 204, _PREFLIGHT)(scope, receive, dressed)
            else:
                await self._app(scope, receive, dressed)
        except asyncio.CancelledError:  # the server ends and waits no longer
            if status:  # what was begun stays without its end, and the connection is closed
                return
            closed = LedgerError("ledger.closed")
            answer = problem_response(closed, language_of(Request(scope)), self._host)
            await answer(scope, receive, dressed)
        except Exception:
            _log.exception("a request met a fault", extra={ACCESS: {"request_id": request_id}})
            if status:  # too late for another answer: break off
                raise
            error = problem_response(
                LedgerError("ledger.fault"), language_of(Request(scope)), self._host
            )
            await error(scope, receive, dressed)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            took = perf_counter() - began
            self._tell(method, route, status, took)
            if access_log.isEnabledFor(logging.INFO):
                principal = scope.get(PRINCIPAL)
                fields = {
                    "request_id": request_id,
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(took * 1000, 2),
                    "bytes": size,
                    "token": None if principal is None else principal.token,
                }
                access_log.info(
                    "%s %s %d %.1f ms", method, route, status, took * 1000, extra={ACCESS: fields}
                )
