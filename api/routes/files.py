"""Files: pictures of products, named by the SHA-256 of their bytes, maps, named by what they show,
and what crawlers ask for."""

from pathlib import Path
from typing import Annotated, Final

from fastapi import Path as PathParameter
from starlette.responses import Response

from api.deps import Using
from api.openapi import gives
from api.routing import router as make_router
from api.security import public
from api.web.pictures import TYPES, picture_of
from api.web.province_map import PATTERN, draw
from traceability.core.errors import LedgerError

_FOR_EVER: Final = "public, max-age=31536000, immutable"

router = make_router("resolver", "")


@router.get(
    "/pictures/{sha}",
    summary="A picture of a product",
    operation_id="getPicture",
    responses=gives(also=dict.fromkeys(TYPES.values(), "The picture.")),
)
@public
async def picture(
    sha: Annotated[str, PathParameter(pattern=r"^[0-9a-f]{64}$")], using: Using
) -> Response:
    """The picture whose SHA-256 a product states; one whose bytes are others is not shown."""
    return await using.threads.run(_picture, using.settings.data, sha)


@router.get(
    "/maps/{name}.svg",
    summary="A map of a lot's way",
    operation_id="getMap",
    responses=gives(also={"image/svg+xml": "The map."}),
)
@public
async def province_map(
    name: Annotated[str, PathParameter(pattern=PATTERN, max_length=90)],
) -> Response:
    """The provinces that are named, in their order, and the journeys between them: `92-79.12`."""
    return Response(draw(name), headers={"cache-control": _FOR_EVER}, media_type="image/svg+xml")


@router.get(
    "/robots.txt",
    summary="For crawlers",
    operation_id="getRobots",
    responses=gives(also={"text/plain": "What crawlers may read."}),
)
@public
async def robots() -> Response:
    """Products may be found; the pages of lots say themselves that they are for those who hold the
    goods."""
    return Response("User-agent: *\nDisallow: /api/\n", media_type="text/plain")


def _picture(data: Path, name: str) -> Response:
    found = picture_of(data, name)
    if found is None:
        raise LedgerError("request.nothing-here")
    return Response(found[1], headers={"cache-control": _FOR_EVER}, media_type=found[0])
