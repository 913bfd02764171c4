"""Labels of a lot: how many there are, whether its record is complete, and printing them."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.deps import Digest, Gtin, Known, LotCode, Services, Using
from api.lot import check, viewer_at
from api.openapi import gives
from api.printing import label_file, parts, run_of
from api.problems import language_of
from api.routes.log import json_response
from api.routing import router as make_router
from api.schemas import LabelRun, Lacking, LotLabels
from api.security import needs
from api.wishes import PDF, TEXT, Form, Grid, Kind, SheetName, Wish
from labels.thermal import DARKNESS, MOST_OFFSET, SPEED, Tuning
from traceability.core.errors import LedgerError
from traceability.ledger.labels import labels_of
from traceability.ledger.readiness import is_ready, lacks
from traceability.ledger.tokens import Principal
from traceability.text import text

router = make_router("lots", "/api/v1/lots/{gtin}/{lot}/labels")


@router.get("", summary="Labels of a lot", operation_id="listLabels", responses=gives(LotLabels))
@needs("read", "audit", "admin")
async def list_labels(
    gtin: Gtin, lot: LotCode, request: Request, using: Using, asking: Known
) -> Response:
    """How many labels a lot has and what became of them, for who stands on its way; what its record
    lacks, before any are printed; and the key that new `label` records name."""
    language = language_of(request)
    found = await using.threads.run(_labels, using, gtin, lot, asking, language)
    return json_response(found.to_json())


@router.get(
    "/{digest}/print",
    summary="Print the labels of a record",
    operation_id="printLabels",
    responses=gives(also={PDF: "Sheets of labels.", TEXT: "For a label printer: ZPL or TSPL."}),
)
@needs("write", "admin")
async def print_labels(
    gtin: Gtin,
    lot: LotCode,
    digest: Digest,
    request: Request,
    using: Using,
    asking: Known,
    kind: Annotated[
        Kind, Query(description="how much a label says, and how large it is")
    ] = "retail",
    form: Annotated[Form, Query(description="sheets, or the language of a label printer")] = "pdf",
    sheet: Annotated[
        SheetName, Query(description="of a PDF; or A4 in columns by rows, such as `3x8`")
    ] = "L7160",
    first: Annotated[int, Query(ge=1, le=200, description="the first free place of a sheet")] = 1,
    dpi: Annotated[int, Query(ge=203, le=600, description="of a label printer")] = 203,
    start: Annotated[int, Query(ge=0, le=10_000_000, description="labels printed already")] = 0,
    width: Annotated[float | None, Query(ge=15, le=300, description="of a label, in mm")] = None,
    height: Annotated[float | None, Query(ge=15, le=300, description="of a label, in mm")] = None,
    offset_x: Annotated[
        float, Query(ge=-MOST_OFFSET, le=MOST_OFFSET, description="mm to the right; label printers")
    ] = 0.0,
    offset_y: Annotated[
        float, Query(ge=-MOST_OFFSET, le=MOST_OFFSET, description="mm down; label printers")
    ] = 0.0,
    darkness: Annotated[
        int | None,
        Query(ge=DARKNESS[0], le=DARKNESS[1], description="of a label printer; else its own"),
    ] = None,
    speed: Annotated[
        int | None,
        Query(ge=SPEED[0], le=SPEED[1], description="of a label printer, inches a second"),
    ] = None,
    left: Annotated[float | None, Query(ge=0, le=300, description="mm; of columns by rows")] = None,
    top: Annotated[float | None, Query(ge=0, le=300, description="mm; of columns by rows")] = None,
    across: Annotated[float, Query(ge=0, le=100, description="gap in mm")] = 0.0,
    down: Annotated[float, Query(ge=0, le=100, description="gap in mm")] = 0.0,
    logo: Annotated[bool, Query(description="the maker's picture, if it has one")] = True,
) -> Response:
    """Each label has a serial of its own; those that were voided are left out. A run is sent while
    it is drawn, for a minute at most: what is left is asked for with `start`. `goc-labels` says how
    many the record has."""
    wish = Wish(
        kind, form, sheet, first, dpi, start, width, height, language_of(request),
        Tuning(offset_x, offset_y, darkness, speed), 0, Grid(left, top, across, down), logo,
    )  # fmt: skip
    return await printed(using, gtin, lot, digest, asking, wish)


async def printed(
    using: Services, gtin: str, lot: str, digest: str, asking: Principal, wish: Wish
) -> Response:
    """The labels of a record as they come off, for who may print them."""
    run = await using.threads.run(run_of, using.ledger, gtin, lot, digest, asking)
    response = await using.streams.response(
        lambda ended: parts(using.ledger, using.settings, gtin, lot, run, wish, ended),
        wish.media_type,
        known=True,
    )
    response.headers["goc-labels"] = str(run.count)
    response.headers["content-disposition"] = f'inline; filename="{label_file(lot, wish.form)}"'
    return response


def _labels(using: Services, gtin: str, lot: str, asking: Principal, language: str) -> LotLabels:
    ledger = using.ledger
    with ledger.reading() as now:
        viewer = viewer_at(now, gtin, lot, asking)
        found = labels_of(now, gtin, lot, viewer, ledger.clock())
    if found is None:
        raise LedgerError("lot.unknown", lot=lot)
    try:
        checked = check(ledger, gtin, lot)
    except LedgerError as error:
        if error.code != "lot.unknown":
            raise
        missing = None  # it is still to be packed
    else:
        missing = lacks(checked.report, checked.alerts, gtin, lot)
    try:
        key = ledger.label_keys.newest().id
    except LedgerError as error:
        if error.code != "keyring.no-key":
            raise
        key = None
    return LotLabels(
        gtin=gtin,
        lot=lot,
        printed=found.printed,
        voided=found.voided,
        packed=found.packed,
        waiting=found.waiting,
        left_over=found.left_over,
        room=found.room,
        key=key,
        invented_scans=sum(each.count for each in using.scans.of(gtin, lot, None)),
        records=[
            LabelRun(
                record=run.label.name,
                party=run.label.party,
                count=run.label.count,
                net=run.label.net,
                voided=run.voided,
                packed=run.packed,
            )
            for run in found.runs
        ],
        ready=None if missing is None else is_ready(missing),
        lacking=[
            Lacking(
                code=lack.code,
                field=lack.field or None,
                needed=lack.needed,
                count=lack.count,
                text=text(language, f"ready.{lack.code}", count=lack.count),
            )
            for lack in missing or ()
        ],
    )
