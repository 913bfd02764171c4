"""The published log: checkpoint and tiles (C2SP tlog-tiles), whose prefix is ``/log``.

Answered from the tile store alone. A host that serves the store's files itself, or a cache before
this one, gives the same answers.
"""

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import Services
from api.openapi import gives
from api.routing import HotRoute
from api.security import public

PREFIX: Final = "/log"
_CUT: Final = len(PREFIX) + 1

router = APIRouter(prefix=PREFIX, tags=["log"], route_class=HotRoute)

_TILE_PATH: Final[list[dict[str, Any]]] = [
    {
        "name": "tile",
        "in": "path",
        "required": True,
        "description": "`<L>/<N>`, `entries/<N>`, with `.p/<W>` behind it for a partial tile; its "
        "slashes are sent as they are",
        "schema": {"type": "string"},
        "example": "entries/x001/x234/067",
    }
]


@router.get(
    "/checkpoint",
    summary="The published checkpoint",
    operation_id="getPublishedCheckpoint",
    responses=gives(also={"text/plain": "A signed note."}),
)
@public
async def get_checkpoint(request: Request) -> Response:
    """The latest checkpoint that is published, with the cosignatures that the witness policy asks
    for. All tiles that it speaks of are there. 404 before the first."""
    using: Services = request.app.state.goc
    return (await using.published.checkpoint()).response(request.scope)


@router.get(
    "/tile/{tile:path}",
    summary="A tile of the log",
    operation_id="getTile",
    responses=gives(also={"application/octet-stream": "Hashes, or entries with their lengths."}),
    openapi_extra={"parameters": _TILE_PATH},
)
@public
async def get_tile(request: Request) -> Response:
    """256 hashes of a level of the tree, or the entries below 256 hashes of level 0; or fewer, at
    the log's edge. It never changes."""
    using: Services = request.app.state.goc
    path: str = request.scope["path"]
    return (await using.published.tile(path[_CUT:])).response(request.scope)
