"""What describes the API: OpenAPI for programs, pages for people, one page for each error."""

from functools import lru_cache
from typing import Any, Final

import orjson
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api import schemas
from api.documents import operations_page, problem_page, problems_page
from api.openapi import describe, gives
from api.problems import language_of
from api.routing import Route
from api.routing import router as make_router
from api.security import PAGE, public
from api.web.render import HTML
from traceability.core.errors import CODES, LedgerError

MODELS: Final = tuple(
    model
    for model in vars(schemas).values()
    if isinstance(model, type) and issubclass(model, BaseModel)
    if model.__module__ == schemas.__name__ and model is not schemas.Answer
)
_HOUR: Final = "public, max-age=3600"

router = make_router("service", "")


@router.get(
    "/openapi.json",
    summary="The OpenAPI description",
    operation_id="getDescription",
    responses=gives(also={"application/json": "OpenAPI 3.1."}),
)
@public
async def openapi_json(request: Request) -> Response:
    """This description."""
    body = orjson.dumps(description(request.app))
    return Response(body, headers={"cache-control": _HOUR}, media_type="application/json")


@router.get(
    "/docs",
    summary="The operations, for people",
    operation_id="getDocs",
    responses=gives(also={"text/html": "A page."}),
)
@public
async def docs(request: Request) -> Response:
    """Every operation on one page."""
    return _page(request, operations_page(description(request.app), language_of(request)))


@router.get(
    "/problems",
    summary="What the errors mean",
    operation_id="listProblems",
    responses=gives(also={"text/html": "A page."}),
)
@public
async def problems(request: Request) -> Response:
    """All error codes on one page."""
    return _page(request, problems_page(language_of(request)))


@router.get(
    "/problems/{code}",
    summary="What an error means",
    operation_id="getProblem",
    responses=gives(also={"text/html": "A page."}),
)
@public
async def one_problem(code: str, request: Request) -> Response:
    """What the `type` of a problem document leads to."""
    if code not in CODES:
        raise LedgerError("request.nothing-here")
    return _page(request, problem_page(code, language_of(request)))


@lru_cache(maxsize=4)
def description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of an application."""
    routes = [route for route in app.routes if isinstance(route, Route)]
    return describe(routes, MODELS, app.state.settings.host)


def _page(request: Request, body: bytes) -> Response:
    request.scope[PAGE] = True
    headers = {
        "cache-control": _HOUR,
        "vary": "Accept-Language",
        "content-language": language_of(request),
    }
    return Response(body, headers=headers, media_type=HTML)
