"""Scans of a lot's labels: how many, of which serials, and what looks like copies."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api import schemas
from api.deps import Cursor, Gtin, Known, LotCode, Services, Using
from api.lot import viewer_at
from api.openapi import gives
from api.problems import language_of
from api.routes.log import json_response
from api.routing import router as make_router
from api.security import needs
from traceability.core.errors import LedgerError
from traceability.ledger.labels import may_know
from traceability.ledger.lot_scans import LabelScans, lot_scans
from traceability.ledger.scan_signs import HOUR
from traceability.ledger.tokens import Principal
from traceability.text import text

_EPOCH = date(1970, 1, 1)

router = make_router("lots", "/api/v1/lots/{gtin}/{lot}/scans")


@router.get(
    "", summary="Scans of a lot", operation_id="listScans", responses=gives(schemas.LotScans)
)
@needs("read", "audit", "admin")
async def list_scans(
    gtin: Gtin,
    lot: LotCode,
    request: Request,
    using: Using,
    asking: Known,
    after: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100, description="labels with signs at most")] = 20,
) -> Response:
    """How often the labels of a lot were scanned, for who stands on its way, and the labels with
    signs of a copy. Nothing of who scanned is kept: counts by hour and coarse place alone."""
    language = language_of(request)
    found = await using.threads.run(_scans, using, gtin, lot, asking, language, after, limit)
    return json_response(found.to_json())


def _scans(
    using: Services,
    gtin: str,
    lot: str,
    asking: Principal,
    language: str,
    after: str | None,
    limit: int,
) -> schemas.LotScans:
    ledger = using.ledger
    with ledger.reading() as now:
        entry = now.reader.lot_entry((gtin, lot))
        if entry is None or not may_know(now, entry, viewer_at(now, gtin, lot, asking)):
            raise LedgerError("lot.unknown", lot=lot)
    used = using.scans.used(gtin, lot)
    found = lot_scans(ledger.database, gtin, lot, used, after, limit)
    return schemas.LotScans(
        gtin=gtin,
        lot=lot,
        scans=found.count,
        labels=found.labels,
        invented=found.invented,
        used=used,
        suspects=[_suspect(each, language) for each in found.suspects.items],
        next=found.suspects.next,
    )


def _suspect(label: LabelScans, language: str) -> schemas.SuspectLabel:
    return schemas.SuspectLabel(
        serial=label.serial,
        scans=label.count,
        signs=[
            schemas.CopySign(code=sign.code, since=sign.hour * HOUR, text=text(language, sign.key))
            for sign in label.signs
        ],
        days=[
            schemas.ScanDay(day=_EPOCH + timedelta(each.day), place=each.place, count=each.count)
            for each in label.days
        ],
    )
