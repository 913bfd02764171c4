"""The resolver of labels (GS1 Digital Link URI Syntax 1.3, GS1-Conformant Resolver 1.2).

``/01/{gtin}/10/{lot}`` and ``…/21/{serial}`` lead to the page of the lot, in the reader's language;
to its JSON for ``Accept: application/json``; to the links of all kinds for
``Accept: application/linkset+json`` or ``?linkType=linkset`` (or ``all``); a link type that we do
not have is 404. A lot that the ledger does not know is no dead end: the page says that the label
may be a copy, and what to do.

Serials are read and passed over: labels with serial numbers of their own come with ``label``
records. A product without a lot has no journey to show: its page says where the lot code stands.
"""

from functools import lru_cache
from typing import Final, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import Services
from api.language import preferred
from api.linkset import (
    CONTEXT,
    LINKSET_TYPE,
    linkset,
    resolver_description,
    targets,
    term_of,
)
from api.lot import check, page_of
from api.openapi import gives
from api.pages import Key, Made, Ready
from api.problems import as_goc_error, status_of
from api.routes.lots import public_lot
from api.routing import HotRoute, Route
from api.security import PAGE, public
from api.statements import statement
from api.web.render import render_lot, render_problem, render_product
from api.web.story_product import tell_product
from api.web.view import Problem
from labels.digital_link import DigitalLink
from traceability.core import ids
from traceability.core.errors import FormatError, GocError, LedgerError
from traceability.settings import DEMO_LOG

Kind = Literal["page", "json", "linkset"]
HTML: Final = "text/html; charset=utf-8"
_LONGEST: Final = 256  #: of a header that is remembered; no browser's is longer
_LONGEST_PATH: Final = 600  #: no label's is longer, and each that was read is remembered
_ALL: Final = frozenset({"all", "linkset"})
_PAGES: Final = frozenset({"", "defaultLink", "pip", "traceability", "certificationInfo"})
_SECOND: Final = ("cache-control", "public, max-age=1")
_VARY: Final = ("vary", "Accept, Accept-Language, Accept-Encoding")
_JSON_LD: Final = (
    f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
)

_PARAMETERS: Final = [
    {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": what,
        "schema": {"type": "string", **schema},
    }
    for name, place, what, schema in (
        ("gtin", "path", "8 to 14 digits", {"pattern": "^[0-9]{8,14}$"}),
        ("lot", "path", "the lot code; `/21/{serial}` may follow", {"pattern": ids.LOT_PATTERN}),
        ("lang", "query", "the language of the page", {"enum": ["vi", "en"]}),
        ("linkType", "query", "`all`, or a GS1 link type such as `gs1:pip`", {}),
    )
]

router = APIRouter(tags=["resolver"], route_class=HotRoute)
description_router = APIRouter(tags=["resolver"], route_class=Route)


@router.get(
    "/01/{rest:path}",
    summary="Resolve a label's address",
    operation_id="resolve",
    responses=gives(
        also={
            "text/html": "The page of the lot.",
            "application/json": "The lot, as in `/api/v1/lots/{gtin}/{lot}`.",
            LINKSET_TYPE: "All links, RFC 9264.",
        }
    )
    | {"default": {"content": {"text/html": {"schema": {"type": "string"}}}}},
    openapi_extra={"parameters": _PARAMETERS},
)
@public
async def resolve(request: Request) -> Response:
    """What a GS1 Digital Link, `/01/{gtin}/10/{lot}`, leads to: a page for people, the same for
    machines, or all links."""
    scope = request.scope
    accept = liked = ""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = value[:_LONGEST].decode("latin-1")
        elif name == b"accept-language":
            liked = value[:_LONGEST].decode("latin-1")
    wish, link_type = _query(scope["query_string"][:2048])
    kind, language = _kind(accept, link_type), preferred(liked, wish)
    using: Services = scope["app"].state.goc
    path: str = scope["path"]
    try:
        if len(path) > _LONGEST_PATH:
            raise FormatError("link.too-long", limit=_LONGEST_PATH)
        link = _link(using.settings.host, path)
        if kind == "page" and link.lot is not None and link_type in _PAGES:
            scope[PAGE] = True
            return await _lot_page(request, using, link.gtin, link.lot, language)
        return await _other(request, using, link, kind, link_type, language)
    except Exception as error:
        known = as_goc_error(error)
        said = _said(known)
        if kind != "page" or said is None:
            scope.pop(PAGE, None)
            raise
        scope[PAGE] = True
        return _problem_page(Problem(said, path, _host(using)), language, status_of(known))


@description_router.get(
    "/.well-known/gs1resolver",
    summary="What this resolver can do",
    operation_id="getResolver",
    responses=gives(also={"application/json": "A GS1 resolver description file."}),
)
@public
async def describe_resolver(request: Request) -> Response:
    """The resolver description file of GS1."""
    body = resolver_description(request.app.state.settings.host)
    headers = {"cache-control": "public, max-age=86400"}
    return Response(body, headers=headers, media_type="application/json")


# -- the page of a lot ---------------------------------------------------------------------------
async def _lot_page(
    request: Request, using: Services, gtin: str, lot: str, language: str
) -> Response:
    key: Key = ("page", gtin, lot, language)
    kept = using.pages.at_once(key)
    if kept is None:
        kept = await using.pages.get(key, lambda: _make_page(using, gtin, lot, language))
    return kept.response(request.scope)


def _make_page(using: Services, gtin: str, lot: str, language: str) -> Made:
    try:
        found = check(using.ledger, gtin, lot)
    except LedgerError as error:
        if error.code != "lot.unknown":
            raise
        return _unknown(using, gtin, lot, language)
    page = page_of(using.ledger, using.settings, found, language)
    headers = (
        _SECOND,
        _VARY,
        ("content-language", language),
        ("link", f'<{page.path}?linkType=linkset>; rel="linkset"; type="{LINKSET_TYPE}"'),
    )
    return Made(render_lot(page, language), HTML, found.size, 200, headers, topics=found.topics)


def _unknown(using: Services, gtin: str, lot: str, language: str) -> Made:
    problem = Problem("lot-unknown", f"/01/{gtin}", _host(using), gtin, lot)
    headers = (("cache-control", "no-store"), _VARY, ("content-language", language))
    body = render_problem(problem, language)
    return Made(body, HTML, None, 404, headers, found=False)


def _said(error: GocError) -> Literal["lot-unknown", "link-malformed", "unavailable"] | None:
    """Which page explains an error to whoever scanned a label; None: it is no matter of labels."""
    if isinstance(error, FormatError):
        return "link-malformed"
    if error.code in ("lot.unknown", "product.unknown"):
        return "lot-unknown"
    return "unavailable" if status_of(error) == 503 else None


def _problem_page(problem: Problem, language: str, status: int) -> Response:
    """A page that says why there is no answer, and what to do."""
    body = render_problem(problem, language)
    headers = [
        (b"content-type", HTML.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"vary", _VARY[1].encode()),
        (b"content-language", language.encode()),
    ]
    if status == 503:
        headers.append((b"retry-after", b"5"))
    return Ready(status, headers, body)


# -- all else --------------------------------------------------------------------------------------
async def _other(
    request: Request,
    using: Services,
    link: DigitalLink,
    kind: Kind,
    link_type: str,
    language: str,
) -> Response:
    if kind == "linkset":
        key = ("linkset", link.gtin, link.lot or "")
        kept = await using.pages.get(key, lambda: _linkset(using, link))
        return kept.response(request.scope)
    if link_type not in _PAGES:
        raise LedgerError("request.nothing-here")
    if kind == "json" and link.lot is not None:
        found = await public_lot(using, link.gtin, link.lot)
        return found.response(request.scope)
    if kind == "json":
        product = await using.threads.run(statement, using.ledger, "product", link.gtin, None)
        headers = dict([_SECOND, _VARY])
        return Response(product.to_json(), headers=headers, media_type="application/json")
    key = ("product", link.gtin, language)
    kept = await using.pages.get(key, lambda: _product_page(using, link.gtin, language))
    request.scope[PAGE] = True
    return kept.response(request.scope)


def _product_page(using: Services, gtin: str, language: str) -> Made:
    with using.ledger.reading() as now:
        stated = now.reader.statements("product", gtin)
        if not stated:
            raise LedgerError("product.unknown", product=gtin)
        parties = now.reader.statements("party", stated[-1].party)
        size = now.head().size
    who = parties[-1].data if parties else None
    invented = using.ledger.log == DEMO_LOG
    page = tell_product(stated[-1], who, using.settings.host, invented, language)
    headers = (_SECOND, _VARY, ("content-language", language))
    return Made(render_product(page, language), HTML, size, 200, headers)


def _linkset(using: Services, link: DigitalLink) -> Made:
    """The links of a lot, or of a product; whatever else the address carries is passed over."""
    gtin, lot = link.gtin, link.lot
    with using.ledger.reading() as now:
        products = now.reader.statements("product", gtin)
        known = bool(products) if lot is None else now.reader.lot((gtin, lot)) is not None
    if not known:
        raise LedgerError("lot.unknown", lot=lot or "-")
    name = products[-1].data.name.vi if products else gtin
    what = name if lot is None else f"{name}, lô {lot}"
    bare = DigitalLink(link.domain, gtin, lot, scheme=link.scheme)
    body = linkset(bare, targets(bare, using.settings.host), what)
    return Made(body, LINKSET_TYPE, None, 200, (_SECOND, _VARY, ("link", _JSON_LD)))


# -- reading the request ---------------------------------------------------------------------------
@lru_cache(maxsize=4096)
def _link(host: str, path: str) -> DigitalLink:
    return DigitalLink.parse(f"{host}{path}")


@lru_cache(maxsize=1024)
def _query(query: bytes) -> tuple[str, str]:
    """Language and link type that are asked for."""
    if not query:
        return "", ""
    try:
        asked = dict(parse_qsl(query.decode("latin-1"), max_num_fields=50))
    except ValueError:  # more fields than anybody needs
        return "", ""
    return asked.get("lang", ""), term_of(asked.get("linkType", ""))


@lru_cache(maxsize=1024)
def _kind(accept: str, link_type: str) -> Kind:
    if link_type in _ALL or LINKSET_TYPE in accept:
        return "linkset"
    if "text/html" not in accept and "json" in accept:
        return "json"
    return "page"


def _host(using: Services) -> str:
    return using.settings.host.partition("://")[2]
