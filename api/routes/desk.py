"""Pages on which people tell something, under the address of the label that they scanned:
``/complain/01/…`` what is wrong, ``/where/01/…/21/…`` in which province; and ``/complaint``, where
a receipt code shows what became of it.

They work without script, sign nobody in, and keep nothing of who sends them (``api.desk``). What is
wrong with a form is said in it, above what was written already.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from api.deps import Services, services_of
from api.forms import FIELD, URLENCODED, is_trapped, read_form, written
from api.lot import label_path
from api.openapi import gives, takes
from api.problems import language_of, retry_after, status_of
from api.resolver import malformed, problem_page
from api.routing import router as make_router
from api.security import FORM, PAGE, public
from api.serials import mark_of
from api.web.desk import ComplainPage, ComplaintPage, WherePage
from api.web.format import in_vietnam
from api.web.render import HTML, render_complain, render_complaint, render_where
from labels.digital_link import DigitalLink, read
from traceability.core.errors import FormatError, GocError
from traceability.ledger.complaints import Complaint, Told, party_of
from traceability.ledger.provinces import ABROAD, NAMES
from traceability.text import sentence_of

_PAGE: Final = gives(also={"text/html": "A page."}) | {
    "default": {"content": {"text/html": {"schema": {"type": "string"}}}}
}
_LONGEST: Final = 600  #: characters of a path, as the resolver has it
_KNOWN: Final = frozenset({*NAMES, ABROAD, ""})


def _label(*parts: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": what,
            "schema": {"type": "string"},
        }
        for name, what in parts
    ]


_LOT: Final = _label(("gtin", "14 digits"), ("lot", "the lot code; `/21/{serial}` may follow"))
_SERIAL: Final = _label(("gtin", "14 digits"), ("lot", "the lot code"), ("serial", "of the label"))


def _fields(required: tuple[str, ...], *others: str) -> dict[str, Any]:
    fields = {name: {"type": "string"} for name in (FIELD, *required, *others)}
    return takes(
        (URLENCODED, {"type": "object", "properties": fields, "required": [FIELD, *required]})
    )


router = make_router("resolver", "")


# -- complaining -----------------------------------------------------------------------------------
@router.get(
    "/complain/{rest:path}",
    summary="The form of a complaint",
    operation_id="getComplaintForm",
    responses=_PAGE,
    openapi_extra={"parameters": _LOT},
)
@public
async def complaint_form(request: Request) -> Response:
    """A page on which whoever scanned a label can say what is wrong with the goods."""
    using = services_of(request)
    return await _answered(request, using, lambda link: _show(request, using, link))


@router.post(
    "/complain/{rest:path}",
    summary="Complain of goods",
    operation_id="sendComplaint",
    responses=_PAGE,
    openapi_extra={"parameters": _LOT}
    | _fields(("kind",), "words", "place", "contact", "consent", "near", "position"),
)
@public
async def complain(request: Request) -> Response:
    """Takes a complaint from the form above, and answers with its receipt code."""
    using = services_of(request)
    return await _answered(request, using, lambda link: _complain(request, using, link))


async def _show(request: Request, using: Services, link: DigitalLink) -> Response:
    return _page(render_complain(_form(using, link), language_of(request)), request)


async def _complain(request: Request, using: Services, link: DigitalLink) -> Response:
    language, form = language_of(request), _form(using, link)
    try:
        fields = await read_form(request, using.settings.host)
        form = replace(
            form,
            kind=fields.get("kind", ""),
            words=fields.get("words", "")[: form.most_words],
            place=fields.get("place", ""),
            contact=fields.get("contact", "")[: form.most_contact],
        )
        _require_opened(using, fields, form.path)
        if fields.get("contact", "").strip() and fields.get("consent") != "1":
            raise FormatError("complaint.consent")
        if form.place not in _KNOWN:
            raise FormatError("scan.place")
        gtin, lot = link.gtin, link.lot or ""
        told = Told(
            gtin,
            lot,
            link.serial or "",
            form.kind,
            fields.get("words", ""),
            form.place,
            fields.get("contact", ""),
            fields.get("position", "") if fields.get("near") == "1" else "",
        )
        using.desk.admit(request.scope, "complain", gtin, lot)
        code = using.desk.forms.code(fields[FIELD])
        made = await using.threads.run(_take, using, told, code)
    except GocError as error:
        return _refused(
            error, request, lambda said: render_complain(replace(form, error=said), language)
        )
    page = _receipt(using, made, code, has_contact=bool(told.contact.strip() or told.position))
    return _page(render_complaint(replace(page, fresh=True), language), request)


def _take(using: Services, told: Told, code: str) -> Complaint:
    with using.ledger.reading() as now:
        party = party_of(now, told.product, told.lot)
    if party is None:
        raise FormatError("complaint.goods", product=told.product)
    return using.desk.complaints.take(told, party, code)


def _form(using: Services, link: DigitalLink) -> ComplainPage:
    about = link.path
    path = f"/complain{about}"
    return ComplainPage(
        path=path,
        about=about,
        host=using.settings.domain,
        lot=link.lot or "",
        serial=link.serial or "",
        token=using.desk.forms.token(path),
        months=using.settings.complaint_months,
    )


# -- what became of it -----------------------------------------------------------------------------
@router.get(
    "/complaint",
    summary="Where to ask for a complaint",
    operation_id="getReceiptForm",
    responses=_PAGE,
)
@public
async def receipt_form(request: Request) -> Response:
    """A page that asks for a receipt code."""
    using = services_of(request)
    return _page(render_complaint(_asking(using), language_of(request)), request)


@router.post(
    "/complaint",
    summary="Look at a complaint",
    operation_id="lookUpComplaint",
    responses=_PAGE,
    openapi_extra=_fields(("code",), "do"),
)
@public
async def look_up(request: Request) -> Response:
    """What became of the complaint with a receipt code; with `do=erase`, contact and position are
    erased first."""
    using, language = services_of(request), language_of(request)
    try:
        fields = await read_form(request, using.settings.host)
        using.desk.admit_code(request.scope)
        _require_opened(using, fields, "/complaint", at_once=True)
        erase = fields.get("do") == "erase"
        page = await using.threads.run(_look, using, fields.get("code", "")[:40], erase)
    except GocError as error:
        asking = _asking(using)
        return _refused(
            error, request, lambda said: render_complaint(replace(asking, error=said), language)
        )
    return _page(render_complaint(page, language), request)


def _look(using: Services, code: str, erase: bool) -> ComplaintPage:
    complaints = using.desk.complaints
    found = complaints.by_code(code)
    if erase:
        complaints.erase_contact(found.id)
    page = _receipt(using, found, code, has_contact=found.id in complaints.contacts([found.id]))
    return replace(page, erased=erase)


def _asking(using: Services) -> ComplaintPage:
    return ComplaintPage("/complaint", using.settings.domain, using.desk.forms.token("/complaint"))


def _receipt(using: Services, found: Complaint, code: str, *, has_contact: bool) -> ComplaintPage:
    seen = found.state == "open" and found.seen is not None
    return replace(
        _asking(using),
        code=written(code.replace("-", "").replace(" ", "")),
        state="seen" if seen else found.state,
        created=in_vietnam(found.created),
        about=label_path(found.product, found.lot, found.serial),
        lot=found.lot,
        kind=found.kind,
        answer=found.answer or "",
        remark=found.remark or "",
        has_contact=has_contact,
    )


# -- where -----------------------------------------------------------------------------------------
@router.get(
    "/where/{rest:path}",
    summary="The form that asks for a province",
    operation_id="getPlaceForm",
    responses=_PAGE,
    openapi_extra={"parameters": _SERIAL},
)
@public
async def place_form(request: Request) -> Response:
    """A page on which whoever scanned a label can say in which province they are. A phone may guess
    it; its position stays in it."""
    using = services_of(request)
    return await _answered(request, using, lambda link: _ask_where(request, using, link))


@router.post(
    "/where/{rest:path}",
    summary="Tell where a label was scanned",
    operation_id="tellPlace",
    responses=_PAGE,
    openapi_extra={"parameters": _SERIAL} | _fields(("place",)),
)
@public
async def tell_place(request: Request) -> Response:
    """Counts the scan that was just made at a province (ISO 3166-2), or abroad (`ZZ`)."""
    using = services_of(request)
    return await _answered(request, using, lambda link: _tell(request, using, link))


async def _ask_where(request: Request, using: Services, link: DigitalLink) -> Response:
    return _page(render_where(_where(using, link), language_of(request)), request)


async def _tell(request: Request, using: Services, link: DigitalLink) -> Response:
    language, form = language_of(request), _where(using, link)
    gtin, lot = link.gtin, link.lot or ""
    try:
        fields = await read_form(request, using.settings.host)
        form = replace(form, place=fields.get("place", ""))
        _require_opened(using, fields, form.path, at_once=True)
        if not form.place or form.place not in _KNOWN:
            raise FormatError("scan.place")
        using.desk.admit(request.scope, "where", gtin, lot, form.serial)
        mark = await using.threads.run(mark_of, using.ledger, gtin, lot, form.serial)
    except GocError as error:
        return _refused(
            error, request, lambda said: render_where(replace(form, error=said), language)
        )
    if mark.is_ours:  # of any other, no scan was counted for itself
        counted = using.desk.place(request.scope)
        using.scans.tell(gtin, lot, mark.serial, form.place, counted)
    return _page(render_where(replace(form, told=form.place), language), request)


def _where(using: Services, link: DigitalLink) -> WherePage:
    if link.serial is None:
        raise FormatError("link.pairs")
    about = link.path
    path = f"/where{about}"
    token = using.desk.forms.token(path)
    return WherePage(path, about, using.settings.domain, link.serial, token)


# -- all of them -----------------------------------------------------------------------------------
async def _answered(
    request: Request, using: Services, answer: Callable[[DigitalLink], Awaitable[Response]]
) -> Response:
    """The answer to a page under a label's address; where that is wrong, the page that says so."""
    path: str = request.scope["path"]
    try:
        return await answer(_link(using, path))
    except FormatError as error:
        language = language_of(request)
        problem = malformed(error, path[:_LONGEST], using.settings.domain, language)
        request.scope[PAGE] = True
        return problem_page(problem, language, status_of(error))


def _link(using: Services, path: str) -> DigitalLink:
    """The label's address in a path, ``/complain/01/…``."""
    if len(path) > _LONGEST:
        raise FormatError("link.too-long", limit=_LONGEST)
    about = path[path.index("/", 1) :]
    link = DigitalLink.of(read(using.settings.host + about))
    if link.lot is None:
        raise FormatError("link.pairs")
    return link


def _require_opened(
    using: Services, fields: dict[str, str], path: str, at_once: bool = False
) -> None:
    if is_trapped(fields):
        raise FormatError("form.expired")
    using.desk.forms.check(fields.get(FIELD, ""), path, at_once=at_once)


def _refused(error: GocError, request: Request, render: Callable[[str], bytes]) -> Response:
    """The form again, with what is wrong; what is no matter of the form is a problem as ever."""
    status = status_of(error)
    if status >= 500:
        raise error
    said = sentence_of(language_of(request), error.code, error.params)
    return _page(render(said), request, status, retry_after(error))


def _page(
    body: bytes, request: Request, status: int = 200, more: dict[str, str] | None = None
) -> Response:
    request.scope[FORM] = True
    headers = {"cache-control": "no-store", "content-language": language_of(request)}
    return Response(body, status, headers | (more or {}), HTML)
