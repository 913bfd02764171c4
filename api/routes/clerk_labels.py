"""Making labels of a lot, and voiding those that will not be used: forms that have a record signed.

The server signs with the key that it holds for the party, as it does for the JSON API. A form has a
number of its own, so that sending it twice makes labels once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import clerk
from api.appending import append_command_once
from api.clerk import Page, Printed
from api.deps import Digest, Gtin, Known, LotCode, Services, Using
from api.people import HOME, away, path_of, sent_form, show, why
from api.problems import language_of, status_of
from api.routing import router as make_router
from api.security import signed_in
from api.session import new_nonce, nonce_of
from labels import serials
from traceability.core.errors import FormatError, GocError, RuleError
from traceability.core.facts import Label
from traceability.core.records import MAX_LABELS
from traceability.core.rules.labels import labels_in, merged
from traceability.ledger.idempotency import Answered
from traceability.ledger.labels import label_records
from traceability.ledger.tokens import Principal

UNITS: Final = ("KGM", "GRM", "LTR", "MLT", "H87", "PR", "MTR", "MTK")
ENDS: Final = ("first", "last")
_WHOLE: Final = re.compile(r"[0-9]{1,9}|[0-9]{1,3}([.,\u00a0 ])[0-9]{3}(?:\1[0-9]{3}){0,1}")
_DECIMAL: Final = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,6}))?")

router = make_router("lots", HOME + "/lots/{gtin}/{lot}/labels")


@router.get("/new", include_in_schema=False)
@signed_in("write")
async def new_labels_page(
    gtin: Gtin, lot: LotCode, request: Request, using: Using, asking: Known
) -> Response:
    """Where labels are made."""
    page = await _mine(using, gtin, lot, asking, request)
    number, _, unit = (page.net or " KGM").partition(" ")
    entered = {"count": "", "net": _as_typed(number, language_of(request)), "unit": unit}
    return await _new(request, page, entered)


@router.post("/new", include_in_schema=False)
@signed_in("write")
async def make_labels(
    gtin: Gtin, lot: LotCode, request: Request, using: Using, asking: Known
) -> Response:
    """Makes labels, or says on the form why it cannot."""
    form = await sent_form(request)
    page, language = await _mine(using, gtin, lot, asking, request), language_of(request)
    try:
        if (page.is_gone or page.is_stale) and form.get("anyway") != "yes":
            raise _wrong("anyway")
        key = (await using.threads.run(using.ledger.label_keys.newest)).id
        data = {
            "count": _whole(form.get("count", ""), "count"),
            "net": f"{_decimal(form.get('net', ''))} {form.get('unit', '')}",
            "key": key,
        }
        record = await _sign(using, asking, page, form, data)
    except GocError as error:
        field, sentence = why(error, language)
        return await _new(request, page, form, field, sentence, status_of(error))
    return away(request, path_of(gtin, lot, f"/labels/{record}/print"), made="1")


@router.get("/{digest}/void", include_in_schema=False)
@signed_in("write")
async def void_labels_page(
    gtin: Gtin, lot: LotCode, digest: Digest, request: Request, using: Using, asking: Known
) -> Response:
    """Where it is said which labels will not be used."""
    page = await _mine(using, gtin, lot, asking, request)
    return await _void(request, page, page.run(digest), {})


@router.post("/{digest}/void", include_in_schema=False)
@signed_in("write")
async def void_labels(
    gtin: Gtin, lot: LotCode, digest: Digest, request: Request, using: Using, asking: Known
) -> Response:
    """Says what will happen, and voids labels once that was read."""
    form = await sent_form(request)
    page, language = await _mine(using, gtin, lot, asking, request), language_of(request)
    run = page.run(digest)
    try:
        span = await using.threads.run(_span, using, gtin, lot, run, form)
        if form.get("sure") != "yes":
            return await _sure(request, page, run, form, span)
        spans = [] if span.all else [{"first": span.first, "last": span.last}]
        await _sign(using, asking, page, form, {"voids": digest, "spans": spans})
    except GocError as error:
        if error.code == "label.voided" and form.get("sure") == "yes":  # sent twice
            return away(request, path_of(gtin, lot))
        field, sentence = why(error, language)
        return await _void(request, page, run, form, field, sentence, status_of(error))
    ends = {"first": str(span.first + 1), "last": str(span.last + 1)}
    return away(request, path_of(gtin, lot), voided=str(span.fresh), **ends)


# -- signing -----------------------------------------------------------------------------------
async def _mine(using: Services, gtin: str, lot: str, asking: Principal, request: Request) -> Page:
    """The lot, for who may sign labels of it; refuses others."""
    page = await clerk.whole(using, gtin, lot, asking, language_of(request))
    asking.require_writing(page.party, "label", using.ledger.operator)
    return page


async def _sign(
    using: Services,
    asking: Principal,
    page: Page,
    form: Mapping[str, str],
    data: Mapping[str, Any],
) -> str:
    """Have a label record of the lot signed, once for each form; its name."""
    nonce = nonce_of(form)
    command = {"type": "label", "about": [{"product": page.gtin, "lot": page.lot}], "data": data}
    # What a later key would make different must not make it another request.
    body = orjson.dumps({**command, "data": {**data, "key": None}}, option=orjson.OPT_SORT_KEYS)
    done = await append_command_once(using, asking, page.party, command, (), f"form-{nonce}", body)
    return str(orjson.loads(done.body)["record"]) if isinstance(done, Answered) else done.name


# -- what was entered --------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Span:
    """Labels of a record by index, first and last; whether they are all of it; how many of them are
    not void already."""

    first: int
    last: int
    all: bool
    fresh: int


def _span(using: Services, gtin: str, lot: str, run: Printed, form: Mapping[str, str]) -> Span:
    """The labels that a form names: all, or from one to another, each by its place (from 1) or by
    the code printed on it."""
    with using.ledger.reading() as now:
        label = next(each for each in label_records(now, gtin, lot) if each.name == run.record)
    if form.get("which") == "all":
        first, last = 0, run.count - 1
    else:
        first, last = (_index(using, label, form.get(name, ""), name) for name in ENDS)
    if first > last:
        raise _wrong("last", run.count)
    fresh = labels_in(merged((*label.voided, (first, last)))) - labels_in(label.voided)
    if not fresh:
        raise RuleError("label.voided")
    return Span(first, last, form.get("which") == "all", fresh)


def _index(using: Services, label: Label, text: str, field: str) -> int:
    if len(text) < serials.LENGTH:
        return _whole(text, field, label.count) - 1
    try:
        read = serials.read(text)
    except FormatError as error:
        raise FormatError(error.code, f"/{field}", **error.params) from None
    known = [serials.Run(label.name, label.count, label.key)]
    keys = using.ledger.label_keys.all()
    found = serials.find(read, label.product, label.lot, keys, known)
    if found is None:
        raise FormatError("label.not-of-these", f"/{field}")
    return found.index


def _whole(text: str, field: str, limit: int = MAX_LABELS) -> int:
    number = int(re.sub(r"[^0-9]", "", text)) if _WHOLE.fullmatch(text) else 0
    if not 1 <= number <= limit:
        raise _wrong(field, limit)
    return number


def _decimal(text: str) -> str:
    """A number as the ledger writes it. What may be thousands or thousandths is refused."""
    found = _DECIMAL.fullmatch(text)
    if not found or (found[2] is not None and len(found[2]) == 3 and found[1] != "0"):
        raise _wrong("net")
    whole, rest = str(int(found[1])), (found[2] or "").rstrip("0")
    if whole == "0" and not rest:
        raise FormatError("quantity.zero", "/net")
    return f"{whole}.{rest}" if rest else whole


def _wrong(field: str, limit: int = 0) -> FormatError:
    """That what stands in a field is not what its hint asks for."""
    return FormatError(
        "request.field", f"/{field}", field=field, what="as its hint says", limit=limit
    )


def _as_typed(number: str, language: str) -> str:
    return number.replace(".", ",") if language == "vi" else number


# -- showing -----------------------------------------------------------------------------------
async def _new(
    request: Request,
    page: Page,
    entered: Mapping[str, str],
    field: str = "",
    sentence: str = "",
    status: int = 200,
) -> Response:
    unit = entered.get("unit", "")
    units = UNITS if unit in UNITS or not unit else (unit, *UNITS)
    return await show(
        request,
        "app_make.html",
        status=status,
        page=page,
        here=path_of(page.gtin, page.lot),
        entered={"count": "", "net": "", "unit": "", "anyway": ""} | dict(entered),
        units=units,
        field=field,
        sentence=sentence,
        nonce=new_nonce(),
    )


async def _void(
    request: Request,
    page: Page,
    run: Printed,
    entered: Mapping[str, str],
    field: str = "",
    sentence: str = "",
    status: int = 200,
) -> Response:
    return await show(
        request,
        "app_void.html",
        status=status,
        page=page,
        run=run,
        here=path_of(page.gtin, page.lot),
        entered={"which": "", "first": "", "last": ""} | dict(entered),
        field=field,
        sentence=sentence,
    )


async def _sure(
    request: Request, page: Page, run: Printed, entered: Mapping[str, str], span: Span
) -> Response:
    return await show(
        request,
        "app_void_sure.html",
        page=page,
        run=run,
        here=path_of(page.gtin, page.lot),
        entered={"which": "", "first": "", "last": ""} | dict(entered),
        span=span,
        nonce=new_nonce(),
    )
