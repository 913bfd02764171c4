"""Printing labels from a page: what kind of printer, then what it needs, then the file."""

from decimal import Decimal
from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api import clerk
from api.deps import Digest, Gtin, Known, LotCode, Services, Using
from api.people import HOME, path_of, show
from api.problems import language_of
from api.routes.labels import printed
from api.routing import router as make_router
from api.security import signed_in
from api.session import new_nonce
from api.web.format import number
from api.wishes import SHEETS, Form, Kind, SheetName, Wish
from labels.sheets import a4_grid
from traceability.ledger.tokens import Principal

DPIS: Final = (203, 300, 600)
#: The sheets that are offered for each kind of label, the usual one first.
OFFERED: Final[dict[Kind, tuple[str, ...]]] = {
    "retail": ("L7160", "L7159", "3x8"),
    "crate": ("2x4",),
}
AT_ONCE: Final = 2000  #: labels of a file that is sent while it is drawn; more are a job

router = make_router("lots", HOME + "/lots/{gtin}/{lot}/labels/{digest}")


@router.get("/print", include_in_schema=False)
@signed_in("write")
async def print_page(
    gtin: Gtin,
    lot: LotCode,
    digest: Digest,
    request: Request,
    using: Using,
    asking: Known,
    kind: Kind = "retail",
    form: Form | None = None,
    made: str = "",
) -> Response:
    """First which printer, then its paper and where to begin."""
    page, run = await using.threads.run(_run, using, gtin, lot, digest, asking, request)
    language = language_of(request)
    sheets = [
        (name, SHEETS.get(name) or a4_grid(*map(int, name.split("x")))) for name in OFFERED[kind]
    ]
    return await show(
        request,
        "app_print.html",
        page=page,
        run=run,
        here=path_of(gtin, lot),
        kind=kind,
        form=form,
        sheets=sheets,
        mm=lambda side: number(Decimal(str(side)), language),
        dpis=DPIS,
        made=bool(made),
        at_once=run.left <= AT_ONCE,
        nonce=new_nonce(),
    )


@router.get("/file", include_in_schema=False)
@signed_in("write")
async def print_file(
    gtin: Gtin,
    lot: LotCode,
    digest: Digest,
    request: Request,
    using: Using,
    asking: Known,
    kind: Kind = "retail",
    form: Form = "pdf",
    sheet: SheetName = "L7160",
    first: Annotated[int, Query(ge=1, le=200)] = 1,
    dpi: Annotated[int, Query(ge=203, le=600)] = 203,
    start: Annotated[int, Query(ge=1, le=10_000_001)] = 1,
) -> Response:
    """The file for the printer, from label ``start`` on (from 1)."""
    language = language_of(request)
    wish = Wish(kind, form, sheet, first, dpi, 0, None, None, language, skip=start - 1)
    answer = await printed(using, gtin, lot, digest, asking, wish)
    answer.headers["content-disposition"] = f'attachment; filename="{gtin}-labels.{form}"'
    return answer


def _run(
    using: Services, gtin: str, lot: str, digest: str, asking: Principal, request: Request
) -> tuple[clerk.Page, clerk.Printed]:
    page = clerk.page(using, gtin, lot, asking, language_of(request))
    run = page.run(digest)
    if not run.mine:
        asking.require_writing(page.party, "label", using.ledger.operator)
    return page, run
