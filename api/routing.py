"""Routes that are denied by default, and that cost little.

A ``Route`` checks the ``Access`` that its endpoint declares before anything else happens; one that
declares none cannot be built. Endpoints return finished responses: what they look like is stated
for OpenAPI in ``api.openapi`` and checked by tests, not at every request.

A ``HotRoute`` does without FastAPI's machinery: its endpoint takes the request and nothing else.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.openapi import documented
from api.parameters import EVERYWHERE, known_only
from api.security import access_of, enter, let_in

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Route(APIRoute):
    """A route that asks who may use it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.access = access_of(endpoint)
        options["response_model"] = None
        options["operation_id"] = options.get("operation_id") or _camel(endpoint.__name__)
        documented(options, self.access)
        super().__init__(path, endpoint, **options)
        #: The query parameters that it takes; None where others may add their own.
        self.parameters = EVERYWHERE.union(_asked(self.dependant)) if _is_ours(path) else None

    def get_route_handler(self) -> Handler:
        """As FastAPI's, behind the check."""
        handle, access = super().get_route_handler(), self.access

        async def guarded(request: Request) -> Response:
            services, scope = request.app.state.goc, request.scope
            if scope["query_string"] and self.parameters is not None:
                known_only(request.query_params, self.parameters)
            claim = enter(scope, access, services.ledger.tokens)
            if claim is not None:
                let_in(scope, access, await services.door.who(claim))
            return await handle(request)

        return guarded


class HotRoute(Route):
    """A route whose endpoint takes the request alone."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.app = _bare(endpoint, self.access.is_public, self)


def _bare(
    endpoint: Callable[[Request], Awaitable[Response]], is_public: bool, route: Route
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        services = scope["app"].state.goc
        claim = enter(scope, route.access, services.ledger.tokens)
        if claim is not None:
            let_in(scope, route.access, await services.door.who(claim))
        request = Request(scope, receive, send)
        if scope["query_string"] and route.parameters is not None:
            known_only(request.query_params, route.parameters)
        response = await endpoint(request)
        await response(scope, receive, send)

    async def public_app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint(Request(scope, receive, send))
        await response(scope, receive, send)

    return public_app if is_public else app


def router(tag: str, prefix: str = "/api/v1") -> APIRouter:
    """A router for one resource."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Route)


def _asked(dependant: Dependant) -> Iterator[str]:
    """The query parameters of an endpoint, and of all that it depends on."""
    yield from (each.alias for each in dependant.query_params)
    for other in dependant.dependencies:
        yield from _asked(other)


def _is_ours(path: str) -> bool:
    """Whether a path is of the JSON API. GS1 Digital Link lets others add query parameters."""
    return path.startswith("/api/v1/")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
