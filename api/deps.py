"""What requests are served with, and small typed dependencies for routes."""

import re
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import unquote

from fastapi import Depends, Path, Query
from starlette.requests import Request

from api.desk import Desk
from api.door import Door
from api.health import Health
from api.limits import Limits
from api.metrics import Metrics
from api.pages import Pages
from api.print_runner import PrintRunner
from api.published import PublishedLog
from api.scanning import Scanning
from api.security import PRINCIPAL
from api.streams import Streams
from api.threads import Threads
from traceability.audit.publisher import Publisher
from traceability.core import ids
from traceability.core.errors import FormatError, LedgerError
from traceability.core.fields import form
from traceability.ledger.ledger import Ledger
from traceability.ledger.loop import LoopAppender
from traceability.ledger.print_jobs import PATTERN
from traceability.ledger.scans import Scans
from traceability.ledger.tokens import Principal
from traceability.settings import Settings


@dataclass(slots=True)
class Services:
    """All that routes use; one for an application, at ``app.state.goc``.

    ``appender`` is there while the application runs. ``costly`` makes what anybody may ask for in
    many ways, one at a time, and keeps it as ``pages`` does. ``published`` is what ``publisher``
    has written; how that goes, its ``standing`` says. ``streams`` sends what is too large to be
    kept. ``scans`` counts how often labels are scanned, which ``scanning`` judges; at the ``desk``
    people tell where, and what is wrong. ``failures``: how often signing in failed with a key's id.
    ``printer`` draws print jobs.
    """

    ledger: Ledger
    settings: Settings
    threads: Threads
    pages: Pages
    costly: Pages
    appender: LoopAppender
    door: Door
    published: PublishedLog
    publisher: Publisher
    metrics: Metrics
    health: Health
    streams: Streams
    scans: Scans
    scanning: Scanning
    desk: Desk
    failures: Limits
    printer: PrintRunner


def services_of(request: Request) -> Services:
    """What the application was made with."""
    services: Services = request.app.state.goc
    return services


def principal_of(request: Request) -> Principal | None:
    """Who is asking, or None for anybody."""
    principal: Principal | None = request.scope[PRINCIPAL]
    return principal


def known_principal(request: Request) -> Principal:
    """Who is asking, on routes that need a token."""
    principal = principal_of(request)
    if principal is None:
        raise LedgerError("access.no-token")
    return principal


def _gtin(gtin: Annotated[str, Path(examples=["00200000000019"])]) -> str:
    return ids.gtin14(gtin)


def _lot(lot: Annotated[str, Path(examples=["CD-0912-A"])]) -> str:
    decoded = unquote(lot, errors="replace")
    if not ids.is_lot(decoded):
        raise FormatError("request.field", "/lot", **form(ids.LOT_PATTERN).as_params("lot"))
    return decoded


Using = Annotated[Services, Depends(services_of)]
Asking = Annotated[Principal | None, Depends(principal_of)]
Known = Annotated[Principal, Depends(known_principal)]
Gtin = Annotated[str, Depends(_gtin)]
LotCode = Annotated[str, Depends(_lot)]
PartyId = Annotated[str, Path(pattern=ids.PARTY_PATTERN, examples=["p-0123456789abcdef"])]
PlaceId = Annotated[str, Path(pattern=ids.PLACE_PATTERN, examples=["l-0123456789abcdef"])]
CertificateId = Annotated[str, Path(pattern=ids.CERTIFICATE_PATTERN)]
JobId = Annotated[str, Path(pattern=PATTERN, examples=["j-0123456789abcdef"])]
Digest = Annotated[str, Path(pattern=ids.DIGEST_PATTERN)]
Cursor = Annotated[str | None, Query(max_length=400, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="how many at most")]

_IDEMPOTENCY: Final = re.compile(r"[\x21-\x7e]{1,200}")


def idempotency_key(request: Request) -> str | None:
    """The ``Idempotency-Key`` of a request, if it has one; ``request.idempotency-key``."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _IDEMPOTENCY.fullmatch(key):
        raise FormatError("request.idempotency-key", limit=200)
    return key
