"""Is the service well? For load balancers and whoever is on duty."""

from starlette.responses import Response

from api.deps import Using
from api.metrics import CONTENT_TYPE
from api.openapi import gives
from api.routes.log import json_response
from api.routing import router as make_router
from api.schemas import Health
from api.security import needs, public

router = make_router("service", "/health")
metrics_router = make_router("service", "")


@router.get("/live", summary="The process answers", responses=gives(Health))
@public
async def get_live() -> Response:
    """Whether the process answers at all."""
    return json_response(Health(status="ok").to_json())


@router.get("/ready", summary="Requests can be answered", responses=gives(Health))
@public
async def get_ready(using: Using) -> Response:
    """Whether this process can do its work now; 503 with the reason where it cannot: a database
    that does not answer, a writer that is stuck, another schema, a log that is shorter than it was,
    or a process that is about to end."""
    return json_response(Health(status="ok", size=await using.health.ready()).to_json())


@metrics_router.get(
    "/metrics",
    summary="Metrics",
    responses=gives(also={"text/plain": "Metrics in the text form of Prometheus."}),
)
@needs("metrics", "admin")
async def get_metrics(using: Using) -> Response:
    """The server's metrics, for Prometheus, with a token of the scope `metrics` or `admin`."""
    page = await using.threads.run(using.metrics.page)
    return Response(page, media_type=CONTENT_TYPE, headers={"cache-control": "no-store"})
