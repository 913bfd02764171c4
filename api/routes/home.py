"""The start page: the labels that lie ready in the data folder, the log's key, the API."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.deps import Services, services_of
from api.lot import check, page_of, page_path, path_of
from api.openapi import gives
from api.pages import Made
from api.problems import language_of
from api.routing import router as make_router
from api.samples import samples, withdrawn
from api.security import FOUND, PAGE, public
from api.web.render import HTML, render_home
from api.web.view import Home, HomeLabel
from traceability.core.errors import GocError
from traceability.settings import DEMO_LOG

LABELS: Final = "labels"  #: the folder of drawn labels, ``<gtin>-<lot>.svg``, in the data folder
MOST: Final = 12
_HEADERS: Final = (("cache-control", "public, max-age=1"), ("vary", "Accept-Language"))

router = make_router("resolver", "")


@router.get(
    "/",
    summary="The start page",
    operation_id="getHome",
    responses=gives(also={"text/html": "A page."}),
)
@public
async def home(request: Request) -> Response:
    """Labels to try, the log's verifier key, and where the API is described."""
    using, language = services_of(request), language_of(request)
    request.scope[PAGE] = request.scope[FOUND] = True
    gone = await using.threads.run(withdrawn, using.ledger)
    kept = await using.pages.get(("home", language, *gone), lambda: _home(using, language))
    return kept.response(request.scope)


def _home(using: Services, language: str) -> Made:
    ledger, settings = using.ledger, using.settings
    size = ledger.receipts.head().size
    view = Home(
        host=settings.domain,
        labels=tuple(_labels(using, language)),
        verifier_key=str(ledger.vkey),
        api_docs_path="/docs",
        checkpoint_path="/api/v1/log/checkpoint",
        invented=ledger.log == DEMO_LOG,
        samples=samples(ledger),
    )
    headers = (*_HEADERS, ("content-language", language))
    return Made(render_home(view, language), HTML, size, 200, headers)


def _labels(using: Services, language: str) -> list[HomeLabel]:
    shown: list[HomeLabel] = []
    for gtin, lot in _drawn(using.settings.data / LABELS):
        try:
            found = check(using.ledger, gtin, lot)
            page = page_of(using.ledger, using.settings, found, language)
        except GocError:  # a file of that name, but no such lot
            continue
        shown.append(
            HomeLabel(
                product=str(page.product.name),
                producer=page.producer.name,
                gtin=gtin,
                lot=lot,
                path=page_path(gtin, lot),
                qr_path=f"{path_of(gtin, lot)}/qr.svg",
                outcome=page.verdict.outcome,
            )
        )
    return shown


def _drawn(folder: Path) -> list[tuple[str, str]]:
    names = sorted(file.stem for file in folder.glob("*-*.svg"))[:MOST]
    return [(gtin, lot) for gtin, _, lot in (name.partition("-") for name in names)]
