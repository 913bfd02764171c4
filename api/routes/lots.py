"""Lots: lists, one lot, its lineage, its proof bundle, its label."""

import re
from typing import Annotated, Final, Literal

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.deps import Asking, Cursor, Gtin, Known, Limit, LotCode, Services, Using
from api.labels import Look, label_png, label_svg, symbol_svg
from api.lineage import LINES, Question, lineage, lineage_lines
from api.lot import link_of, lot_json, path_of, viewer_at
from api.openapi import gives
from api.pages import Kept, Made
from api.problems import language_of
from api.routes.log import json_response
from api.routing import router as make_router
from api.schemas import Lot, LotEntry, LotList, Trace, TraceLine
from api.security import needs, public
from traceability.core import ids
from traceability.core.bundle import FORMAT
from traceability.core.errors import LedgerError
from traceability.core.merkle import consistency_proof
from traceability.ledger.bundles import bundle, with_consistency
from traceability.ledger.lots import lots
from traceability.ledger.tokens import Principal
from traceability.ledger.viewer import PUBLIC
from traceability.ledger.walk import Direction

router = make_router("lots", "/api/v1/lots")

_SECOND: Final = (
    ("cache-control", "public, max-age=1"),
    ("vary", "Accept, Accept-Encoding, Authorization"),
)
_JSON: Final = "application/json"
#: How far back a view goes at most that anybody may ask for: each depth is another answer to make.
STEPS: Final = 20


@router.get("", summary="List lots", responses=gives(LotList))
@needs("read", "audit", "admin")
async def list_lots(
    using: Using,
    asking: Known,
    maker: Annotated[str | None, Query(pattern=ids.PARTY_PATTERN)] = None,
    gtin: Annotated[str | None, Query(pattern=ids.GTIN_PATTERN)] = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Lots of one maker, of one product, or all; by product and code."""
    del asking
    found = await using.threads.run(_list, using, maker, gtin, after, limit)
    return json_response(found.to_json())


@router.get("/{gtin}/{lot}", summary="Read a lot", responses=gives(Lot))
@public
async def get_lot(
    gtin: Gtin, lot: LotCode, request: Request, using: Using, asking: Asking
) -> Response:
    """What a verification of the lot's public bundle finds, with its verdicts and alerts. Parties
    on its way also see amounts and their own share, auditors all."""
    if asking is None:
        return (await public_lot(using, gtin, lot)).response(request.scope)
    found = await using.threads.run(lot_json, using.ledger, using.settings, gtin, lot, asking)
    return json_response(found.to_json())


@router.get(
    "/{gtin}/{lot}/trace",
    summary="Trace a lot",
    responses=gives(Trace, also={LINES: TraceLine}),
)
@public
async def trace_lot(
    gtin: Gtin,
    lot: LotCode,
    request: Request,
    using: Using,
    asking: Asking,
    direction: Annotated[Direction, Query(description="`forward` needs a token")] = "back",
    depth: Annotated[
        int | None, Query(ge=1, le=100, description=f"records at most; without a token {STEPS}")
    ] = None,
    holding: Annotated[
        str | None, Query(pattern=ids.HOLDING_PATTERN, description="one holding of the lot")
    ] = None,
    after: Annotated[
        int | None,
        Query(ge=0, le=2**53, description="`forward`: what records after this index made of it"),
    ] = None,
) -> Response:
    """What a lot was made of, back to harvests; or what became of it, for those who may know.

    An answer of JSON holds some thousand holdings; for more, ask for lines
    (`Accept: application/x-ndjson`), which are sent while they are found. What neither followed is
    under `open`: trace the lot of such a holding, with `holding` and `after`, to go on."""
    steps = depth if asking is not None or depth is None else min(depth, STEPS)
    asked = Question(gtin, lot, direction, steps, holding, after)
    if LINES in request.headers.get("accept", ""):
        return await using.streams.response(
            lambda ended: lineage_lines(using.ledger, asked, asking, ended),
            LINES,
            known=asking is not None,
        )
    if asking is None and direction == "back":

        def make() -> Made:
            size = using.ledger.receipts.head().size  # before: what comes meanwhile is too much
            made = lineage(using.ledger, asked, None)
            return Made(made.to_json(), _JSON, size, headers=_SECOND)

        key = ("trace", gtin, lot, str(steps), holding or "")
        return (await using.costly.get(key, make)).response(request.scope)
    found = await using.threads.run(lineage, using.ledger, asked, asking)
    return json_response(found.to_json())


@router.get(
    "/{gtin}/{lot}/bundle",
    summary="Get a lot's proof bundle",
    responses=gives(also={_JSON: f"A {FORMAT} file, for `goc verify`."}),
)
@public
async def get_bundle(
    gtin: Gtin,
    lot: LotCode,
    request: Request,
    using: Using,
    asking: Asking,
    since: Annotated[
        int | None,
        Query(alias="from", ge=0, le=2**53, description="the log's size when it was seen last"),
    ] = None,
    holding: Annotated[
        str | None, Query(pattern=ids.HOLDING_PATTERN, description="one holding of the lot")
    ] = None,
    depth: Annotated[
        int | None,
        Query(ge=0, le=100, description=f"records back at most; without a token {STEPS}"),
    ] = None,
    personal: Annotated[
        bool, Query(description="with personal values that the token may read")
    ] = False,
) -> Response:
    """The records, proofs and checkpoint by which anybody verifies the lot without this server.
    Hidden values are in it as far as the token may read them; personal ones only if asked for,
    since a file is not erased."""
    if asking is None:
        steps = None if depth is None else min(depth, STEPS)
        key = ("bundle", gtin, lot, holding or "", str(steps))
        pages = using.pages if holding is None and steps is None else using.costly
        kept = await pages.get(key, lambda: _public_bundle(using, gtin, lot, holding, steps))
        if since is None:
            return kept.response(request.scope)
        data = await using.threads.run(_consistent, using, kept, since)
        if data is None:  # the log was seen since the bundle was made
            kept = await using.costly.get(
                (*key, str(since)),
                lambda: _public_bundle(using, gtin, lot, holding, steps, since),
            )
            return kept.response(request.scope)
        headers = {"content-disposition": _attachment(lot), "cache-control": "no-store"}
        return Response(data, headers=headers, media_type=_JSON)
    data = await using.threads.run(
        _bundle, using, gtin, lot, asking, since, holding, depth, personal
    )
    headers = {"content-disposition": _attachment(lot), "cache-control": "no-store"}
    return Response(data, headers=headers, media_type=_JSON)


@router.get(
    "/{gtin}/{lot}/label.{form}",
    summary="Get a lot's label",
    responses=gives(also={"image/png": "For printing.", "image/svg+xml": "For printing."}),
)
@public
async def get_label(
    gtin: Gtin,
    lot: LotCode,
    form: Literal["png", "svg"],
    request: Request,
    using: Using,
    dpi: Annotated[int, Query(ge=150, le=600, description="the nearest of 203, 300, 600")] = 300,
    width: Annotated[int, Query(ge=25, le=150, multiple_of=5, description="millimetres")] = 50,
    colour: bool = True,
) -> Response:
    """The lot's label: a QR symbol of its GS1 Digital Link, and what people read beside it."""
    # Few looks, so that nobody can have a lot drawn in a hundred thousand ways.
    printed = min((203, 300, 600), key=lambda each: abs(each - dpi))
    look = Look(printed, width, colour, language_of(request))
    draw = label_png if form == "png" else label_svg
    key = ("label", form, gtin, lot, str(look))
    kept = await using.pages.get(key, lambda: draw(using.ledger, using.settings, gtin, lot, look))
    return kept.response(request.scope)


@router.get(
    "/{gtin}/{lot}/qr.svg",
    summary="Get the QR symbol of a lot",
    operation_id="getSymbol",
    responses=gives(also={"image/svg+xml": "The symbol alone."}),
)
@public
async def get_symbol(gtin: Gtin, lot: LotCode, request: Request, using: Using) -> Response:
    """The QR symbol of the lot's GS1 Digital Link, without words."""
    kept = await using.pages.get(
        ("qr", gtin, lot), lambda: symbol_svg(using.ledger, using.settings, gtin, lot)
    )
    return kept.response(request.scope)


# -- answers -----------------------------------------------------------------------------------
async def public_lot(using: Services, gtin: str, lot: str) -> Kept:
    """A lot as anybody may read it, as JSON."""

    def make() -> Made:
        found = lot_json(using.ledger, using.settings, gtin, lot, None)
        return Made(found.to_json(), _JSON, found.log.size, headers=_SECOND)

    return await using.pages.get(("lot", gtin, lot), make)


def _list(
    using: Services, maker: str | None, gtin: str | None, after: str | None, limit: int
) -> LotList:
    with using.ledger.reading() as now:
        page = lots(now, maker=maker, product=gtin, after=after, limit=limit)
    entries = [
        LotEntry(
            gtin=each.product,
            lot=each.lot,
            maker=each.maker,
            opened=each.opened,
            index=each.index,
            link=link_of(using.settings, each.product, each.lot).uri,
            href=path_of(each.product, each.lot),
        )
        for each in page.items
    ]
    return LotList(lots=entries, next=page.next)


def _public_bundle(
    using: Services,
    gtin: str,
    lot: str,
    holding: str | None,
    depth: int | None,
    since: int | None = None,
) -> Made:
    with using.ledger.reading() as now:
        made = bundle(
            now, gtin, lot, PUBLIC, holding=holding, depth=depth, since=since,
            include_personal=False,
        )  # fmt: skip
        size = now.head().size
    headers = (*_SECOND, ("content-disposition", _attachment(lot)))
    return Made(made.to_json(), _JSON, size, headers=headers)


def _consistent(using: Services, kept: Kept, since: int) -> bytes | None:
    """A bundle that is there, with the proof that its log extends the one of ``since`` leaves;
    None for a log that is larger than the bundle's. Raises ``LedgerError("ledger.index")``."""
    body, size = bytes(kept.plain.body), kept.size or 0
    with using.ledger.reading() as now:
        now_size = now.head().size
        if since > now_size:
            raise LedgerError("ledger.index", size=now_size, index=since)
        if since > size:
            return None
        proof = consistency_proof(since, size, now.hash_at(size)) if since else ()
    return with_consistency(body, since, proof) if since else body


def _bundle(
    using: Services,
    gtin: str,
    lot: str,
    asking: Principal | None,
    since: int | None,
    holding: str | None,
    depth: int | None,
    personal: bool,
) -> bytes:
    with using.ledger.reading() as now:
        made = bundle(
            now,
            gtin,
            lot,
            viewer_at(now, gtin, lot, asking),
            holding=holding,
            depth=depth,
            since=since,
            include_personal=personal,
        )
    return made.to_json()


def _attachment(lot: str) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]", "_", lot)
    return f'attachment; filename="{name}.goc.json"'
