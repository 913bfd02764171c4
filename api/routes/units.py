"""Crates and pallets: for who holds them, and for who scans their SSCC."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.accept import LONGEST as LONGEST_HEADER
from api.accept import best
from api.deps import Cursor, Digest, Known, Limit, PartyId, Services, Using
from api.openapi import gives
from api.printing import label_file
from api.problems import language_of, status_of
from api.resolver import malformed, problem_page
from api.routes.log import json_response
from api.routing import Route
from api.routing import router as make_router
from api.schemas import PackedUnit, ScannedUnits, UnitList
from api.security import PAGE, needs, public
from api.units import (
    MEDIA,
    Form,
    Look,
    known_unit,
    scanned_json,
    scanned_page,
    unit_json,
    unit_label,
)
from api.web.view import Problem
from labels.digital_link import check_digits, read
from traceability.core.errors import FormatError, LedgerError
from traceability.ledger.units import units_of

router = make_router("units", "/api/v1")
scan_router = APIRouter(tags=["resolver"], route_class=Route)
_LONGEST: Final = 40  #: letters of what stands where an SSCC belongs
_FORMS: Final = ("text/html", "application/json")


@router.get("/parties/{party}/units", summary="What a party has packed", responses=gives(UnitList))
@needs("read", "audit", "admin")
async def list_units(
    party: PartyId,
    using: Using,
    asking: Known,
    number: Annotated[
        str | None, Query(max_length=80, description="an SSCC, or a number of the packer's own")
    ] = None,
    transit: Annotated[
        bool | None, Query(description="only what is on its way to it, or only what is there")
    ] = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Crates and pallets in a party's hands or on their way to it, oldest first, but for those that
    stand in another. With `number`, the one that was scanned, whatever it stands in."""
    asking.require_reading(party)
    found = await using.threads.run(_list, using, party, number, transit, after, limit)
    return json_response(found.to_json())


@router.get("/units/{digest}", summary="Get a crate or pallet", responses=gives(PackedUnit))
@needs("read", "audit", "admin")
async def get_unit(digest: Digest, using: Using, asking: Known) -> Response:
    """Where a unit is and what is in it, for who packed it and who holds it."""
    found = await using.threads.run(known_unit, using.ledger, digest, asking)
    return json_response(unit_json(found).to_json())


@router.get(
    "/units/{digest}/label.{form}",
    summary="Get the label of a crate or pallet",
    responses=gives(also=dict.fromkeys(MEDIA.values(), "For printing.")),
)
@needs("read", "audit", "admin")
async def get_unit_label(
    digest: Digest,
    form: Form,
    request: Request,
    using: Using,
    asking: Known,
    dpi: Annotated[int, Query(ge=203, le=600, description="of PNG and label printers")] = 203,
    width: Annotated[float | None, Query(ge=50, le=300, description="in mm")] = None,
    height: Annotated[float | None, Query(ge=50, le=300, description="in mm")] = None,
) -> Response:
    """The label of a unit with an SSCC: the SSCC as GS1-128, its address as QR, and what is in it,
    where that is one lot."""
    language = language_of(request)
    look = Look(form, dpi, width, height, language)

    def draw() -> tuple[bytes, str]:
        found = known_unit(using.ledger, digest, asking)
        number = found.unit.number or digest[:8]
        data = unit_label(using.ledger, using.settings, found, look)
        return data, label_file(number, form, "kien")

    data, name = await using.threads.run(draw)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'inline; filename="{name}"',
    }
    return Response(data, headers=headers, media_type=MEDIA[form])


@scan_router.get(
    "/00/{sscc}",
    summary="Resolve the address of a crate or pallet",
    operation_id="resolveUnit",
    responses=gives(ScannedUnits, also={"text/html": "Which lots are in it."})
    | {"default": {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
@public
async def resolve_unit(sscc: str, request: Request, using: Using) -> Response:
    """What a GS1 Digital Link of a logistic unit, `/00/{sscc}`, leads to: the lots in it, without
    amounts, and who packed it."""
    language, ledger, settings = language_of(request), using.ledger, using.settings
    liked = best(request.headers.get("accept", "")[: LONGEST_HEADER + 1], _FORMS)
    if liked is None:
        raise LedgerError("request.not-acceptable", offered=", ".join(_FORMS))
    try:
        link = read(f"{settings.host}/00/{sscc[:_LONGEST]}")
        check_digits(link)
        code = link.value("00") or ""
        if _FORMS[liked] == "application/json":
            kept = await using.pages.get(("unit", code), lambda: scanned_json(ledger, code))
            return kept.response(request.scope)
        request.scope[PAGE] = True
        key = ("unit-page", code, language)
        kept = await using.pages.get(key, lambda: scanned_page(ledger, settings, code, language))
        return kept.response(request.scope)
    except (FormatError, LedgerError) as error:
        if _FORMS[liked] == "application/json":
            raise
        request.scope[PAGE] = True
        return problem_page(_problem(using, sscc, error, language), language, status_of(error))


def _problem(
    using: Services, sscc: str, error: FormatError | LedgerError, language: str
) -> Problem:
    host = using.settings.domain
    if isinstance(error, FormatError):
        return replace(malformed(error, "/", host, language), kind="sscc-malformed")
    if error.code == "sscc.unknown":
        return Problem("unit-unknown", f"/00/{sscc}", host, sscc=sscc)
    return Problem("unavailable", f"/00/{sscc}", host)


def _list(
    using: Services,
    party: str,
    number: str | None,
    transit: bool | None,
    after: str | None,
    limit: int,
) -> UnitList:
    with using.ledger.reading() as now:
        page = units_of(now, party, number=number, transit=transit, after=after, limit=limit)
    return UnitList(units=[unit_json(each) for each in page.items], next=page.next)
