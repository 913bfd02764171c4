"""Printing labels from a page: what kind of printer, then what it needs, then the file.

What was entered wrongly comes back on the form, with what else was entered.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import clerk
from api.bodies import checked
from api.deps import Digest, Gtin, Known, LotCode, Services, Using
from api.people import HOME, path_of, show, spoken
from api.print_files import attachment
from api.printing import label_file
from api.problems import language_of, status_of
from api.routes.labels import printed
from api.routing import router as make_router
from api.security import signed_in
from api.session import new_nonce
from api.web.format import number
from api.wishes import SHEETS, Form, Kind, SheetName, Wish
from labels.design import SIZES
from labels.sheets import a4_grid
from traceability.core.errors import GocError
from traceability.ledger.tokens import Principal
from traceability.text import sentence_of, text

DPIS: Final = (203, 300, 600)
#: The sheets that are offered for each kind of label, the usual one first.
OFFERED: Final[dict[Kind, tuple[str, ...]]] = {
    "retail": ("L7160", "L7159", "3x8"),
    "crate": ("2x4",),
}
AT_ONCE: Final = 2000  #: labels of a file that is sent while it is drawn; more are a job
_FIELDS: Final = {"print.position": "first", "print.start": "start"}
_HELP: Final = frozenset({"first", "start"})  #: fields whose fault the form says in its own words

router = make_router("lots", HOME + "/lots/{gtin}/{lot}/labels/{digest}")


class Wanted(BaseModel):
    """What the form for a print run asks for. ``start``: the number of the label in its record to
    begin with, from 1."""

    model_config = ConfigDict(extra="ignore")
    kind: Kind = "retail"
    form: Form = "pdf"
    sheet: SheetName = "L7160"
    first: int = Field(1, ge=1, le=200)
    dpi: int = Field(203, ge=203, le=600)
    start: int = Field(1, ge=1, le=10_000_001)

    def wish(self, language: Any) -> Wish:
        """The same, as it is printed."""
        return Wish(
            self.kind, self.form, self.sheet, self.first, self.dpi, 0, None, None, language,
            skip=self.start - 1,
        )  # fmt: skip


@router.get("/print", include_in_schema=False)
@signed_in("write")
async def print_page(
    gtin: Gtin, lot: LotCode, digest: Digest, request: Request, using: Using, asking: Known
) -> Response:
    """First which printer, then its paper and where to begin."""
    entered = dict(request.query_params)
    return await show_form(request, using, (gtin, lot, digest), asking, entered)


@router.get("/file", include_in_schema=False)
@signed_in("write")
async def print_file(
    gtin: Gtin, lot: LotCode, digest: Digest, request: Request, using: Using, asking: Known
) -> Response:
    """The file for the printer, from label ``start`` on (from 1)."""
    entered = dict(request.query_params)
    try:
        wish = checked(entered, Wanted).wish(language_of(request))
        answer = await printed(using, gtin, lot, digest, asking, wish)
    except GocError as error:
        return await show_form(request, using, (gtin, lot, digest), asking, entered, error)
    answer.headers["content-disposition"] = attachment(lot, wish.form)
    return answer


async def show_form(
    request: Request,
    using: Services,
    labels: tuple[str, str, str],
    asking: Principal,
    entered: Mapping[str, str],
    error: GocError | None = None,
) -> Response:
    """The form with what was ``entered``, and what is wrong with it. Raises an ``error`` that has
    nothing to do with that. ``labels``: product, lot and record."""
    if error is not None and status_of(error) not in (400, 409, 422):
        raise error
    page, run = await using.threads.run(_run, using, *labels, asking, request)
    language = language_of(request)
    kind: Kind = "crate" if entered.get("kind") == "crate" else "retail"
    form = entered.get("form", "pdf" if error is not None else "")
    sheets = {name: SHEETS.get(name) or a4_grid(*_cells(name)) for name in OFFERED[kind]}
    sheet = entered.get("sheet", "")
    usual = {"sheet": OFFERED[kind][0], "first": "1", "dpi": str(DPIS[0]), "start": "1"}
    field, sentence = ("", "") if error is None else _why(error, run, language)
    return await show(
        request,
        "app_print.html",
        status=200 if error is None else status_of(error),
        page=page,
        run=run,
        here=path_of(page.gtin, page.lot),
        kind=kind,
        form=form if form in ("pdf", "zpl", "tspl") else "",
        sheets=sheets.items(),
        entered=usual | {name: entered[name] for name in usual if name in entered},
        places=max(each.places for each in sheets.values()),
        known_sheet=sheet in sheets or sheet == "single",
        size=SIZES[kind],
        file=label_file(page.lot, form),
        mm=lambda side: number(Decimal(str(side)), language),
        dpis=DPIS,
        made="made" in entered,
        at_once=run.left <= AT_ONCE,
        field=field,
        sentence=sentence,
        nonce=new_nonce(),
    )


def _why(error: GocError, run: clerk.Printed, language: str) -> tuple[str, str]:
    """The field that an error is about, and what to say there."""
    field = _FIELDS.get(error.code) or error.pointer.rpartition("/")[2]
    params = spoken(error.params, language)
    if error.code == "request.field":
        known = field if field in _HELP else "other"
        said = text(
            language, f"clerk.print.fault.{known}", count=number(run.count, language), **params
        )
        return field, said
    return field, sentence_of(language, error.code, params)


def _cells(sheet: str) -> tuple[int, int]:
    columns, _, rows = sheet.partition("x")
    return int(columns), int(rows)


def _run(
    using: Services, gtin: str, lot: str, digest: str, asking: Principal, request: Request
) -> tuple[clerk.Page, clerk.Printed]:
    page = clerk.page(using, gtin, lot, asking, language_of(request))
    run = page.run(digest)
    if not run.mine:
        asking.require_writing(page.party, "label", using.ledger.operator)
    return page, run
