"""Is the service well? For load balancers and whoever is on duty."""

from starlette.responses import Response

from api.deps import Using
from api.openapi import gives
from api.routes.log import json_response
from api.routing import router as make_router
from api.schemas import Health
from api.security import public

router = make_router("service", "/health")


@router.get("/live", summary="The process answers", responses=gives(Health))
@public
async def get_live() -> Response:
    """Whether the process answers at all."""
    return json_response(Health(status="ok").to_json())


@router.get("/ready", summary="The ledger can be read", responses=gives(Health))
@public
async def get_ready(using: Using) -> Response:
    """Whether the ledger can be read now; 503 where it cannot."""
    head = await using.threads.run(using.ledger.receipts.head)
    return json_response(Health(status="ok", size=head.size).to_json())
