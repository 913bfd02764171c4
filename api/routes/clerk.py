"""Pages of a cooperative's lots: which there are, what the record of each lacks, its labels."""

import asyncio
from dataclasses import replace
from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api import clerk, clerk_desk
from api.deps import Cursor, Gtin, Known, LotCode, Services, Using
from api.lot import page_path
from api.people import HOME, path_of, show
from api.print_orders import medium_of
from api.printing import specimen
from api.problems import language_of
from api.routing import router as make_router
from api.security import signed_in
from api.wishes import Kind, SheetName, Wish
from traceability.core.quantity import Quantity
from traceability.ledger.print_jobs import PrintJob

_JOBS: Final = 10  #: that the page of a lot names

_Number = Annotated[int, Query(ge=0, le=10_000_000)]

router = make_router("lots", HOME)


@router.get("", include_in_schema=False)
@signed_in("read", "audit", "admin")
async def lots_page(
    request: Request,
    using: Using,
    asking: Known,
    after: Cursor = None,
    find: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The lots of who signed in, newest first; those that somebody seeks."""
    wanted, language, run = find.strip().replace("\0", ""), language_of(request), using.threads.run
    waiting = await run(clerk_desk.waiting, using, asking)
    cards, more = await run(clerk.cards, using, asking, after, language, wanted)
    anothers = bool(wanted) and not cards and await run(clerk.is_anothers, using, wanted)
    opened = [each for each in cards if each.found is not None]
    said = await asyncio.gather(*(clerk.findings(using, each.gtin, each.lot) for each in opened))
    found = {(each.gtin, each.lot): one for each, one in zip(opened, said, strict=True)}
    shown = [replace(each, found=found.get((each.gtin, each.lot))) for each in cards]
    return await show(
        request,
        "app_lots.html",
        cards=shown,
        waiting=waiting,
        more=more,
        own=asking.party is not None,
        first=after is None,
        wanted=wanted,
        anothers=anothers,
        full=len(cards) == clerk.PAGE,
    )


@router.get("/lots/{gtin}/{lot}", include_in_schema=False)
@signed_in("read", "audit", "admin")
async def lot_page(
    gtin: Gtin,
    lot: LotCode,
    request: Request,
    using: Using,
    asking: Known,
    after: Cursor = None,
    voided: _Number = 0,
    first: _Number = 0,
    last: _Number = 0,
) -> Response:
    """What the record of a lot lacks before labels are printed, the labels that it has, and what
    came in about them: signs of copies (``after`` a label, where there are many), complaints."""
    language = language_of(request)
    page = await clerk.whole(using, gtin, lot, asking, language)
    return await show(
        request,
        "app_lot.html",
        page=page,
        here=path_of(gtin, lot),
        voided=voided if 0 < voided <= page.voided else 0,  # what anybody may put into an address
        ends=(first, last),
        jobs=await using.threads.run(_jobs, using, page),
        reports=await using.threads.run(
            clerk_desk.reports, using, asking, gtin, lot, after, language
        ),
        from_first=after is None,
        public_page=page_path(gtin, lot),
    )


def _jobs(using: Services, page: clerk.Page) -> list[tuple[PrintJob, tuple[str, str, int]]]:
    """The print jobs of a lot, newest first, and for what each is drawn; for who may print."""
    if not page.mine:
        return []
    every = using.printer.jobs.of(page.party)
    own = [job for job in every if (job.product, job.lot) == (page.gtin, page.lot)][:_JOBS]
    return [(job, medium_of(job.wish)) for job in own]


@router.get("/lots/{gtin}/{lot}/specimen.svg", include_in_schema=False)
@signed_in("read", "audit", "admin")
async def label_specimen(
    gtin: Gtin,
    lot: LotCode,
    request: Request,
    using: Using,
    asking: Known,
    net: Annotated[str, Query(max_length=40)],
    kind: Kind = "retail",
    sheet: SheetName = "single",
) -> Response:
    """What a label will look like; it is marked as none."""
    language = language_of(request)
    wish = Wish(kind, "pdf", sheet, 1, 203, 0, None, None, language)
    content = Quantity.parse_positive(net).text

    def draw() -> str:
        page = clerk.page(using, gtin, lot, asking, language)
        return specimen(using.ledger, using.settings, gtin, lot, page.party, content, wish)

    drawn = await using.threads.run(draw)
    return Response(drawn.encode(), 200, {"cache-control": "no-store"}, "image/svg+xml")
