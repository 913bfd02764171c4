"""What surrounds every request: the path as it was sent, headers, the access log, the last net.

* A lot code may hold ``/`` and ``%``, which stand encoded in a path. So routes are matched against
  the path *as sent*: ``%2F`` does not part segments.
* Each response gets the headers of ``api.security``. HEAD is GET without its body; OPTIONS says
  that anybody may read (GS1-Conformant Resolver, CORS), and that nobody writes from another site.
* What nobody expected is answered as ``ledger.fault``, and told to the log of the server alone.
* The access log has one line a request: method, route, status, milliseconds. Not who asked and not
  for what: addresses are personal data, and who scanned which label is nobody's business.
"""

import logging
from time import perf_counter
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import language_of, problem_response
from api.security import DATA_HEADERS, PAGE, PAGE_HEADERS, READABLE
from traceability.core.errors import LedgerError

access_log = logging.getLogger("goc.access")
_log = logging.getLogger("goc.server")

_DATA: Final = (*DATA_HEADERS, *READABLE)
_PAGE: Final = (*PAGE_HEADERS, *READABLE)
_PREFLIGHT: Final = {
    "allow": "GET, HEAD, OPTIONS",
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "Accept, Accept-Language",
    "access-control-max-age": "86400",
}


class Shell:
    """An ASGI application around another. ``host`` is the server's address."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = scope["raw_path"].decode("latin-1")
        logs = access_log.isEnabledFor(logging.INFO)
        began = perf_counter() if logs else 0.0
        method = scope["method"]
        status = 0
        if method == "HEAD":  # the server still knows, and sends no body
            scope = {**scope, "method": "GET"}

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = _PAGE if PAGE in scope else _DATA
                message["headers"] = [*message["headers"], *headers]
            elif method == "HEAD":
                message["body"] = b""
            await send(message)

        try:
            if method == "OPTIONS":
                await Response(None, 204, _PREFLIGHT)(scope, receive, dressed)
            else:
                await self._app(scope, receive, dressed)
        except Exception:
            _log.exception("a request met a fault")
            if status:  # too late for another answer: break off
                raise
            error = problem_response(
                LedgerError("ledger.fault"), language_of(Request(scope)), self._host
            )
            await error(scope, receive, dressed)
        finally:
            if logs:
                route = getattr(scope.get("route"), "path", "-")
                took = (perf_counter() - began) * 1000
                access_log.info("%s %s %d %.1f ms", method, route, status, took)
