"""The resolver of labels (GS1 Digital Link URI Syntax 1.3, GS1-Conformant Resolver 1.2).

``/01/{gtin}/10/{lot}`` and ``…/21/{serial}`` lead to the page of the lot, in the reader's language;
to its JSON where ``Accept`` likes that better; to the links of all kinds for
``application/linkset+json`` or ``?linkType=linkset`` (or ``all``). Where nothing that is accepted
is there, 406 says so. Link types are the matter of ``api.links``. A lot that the ledger does not
know is no dead end: the page says that the label may be a copy, and what to do.

An address is read whole: qualifiers and attributes of GS1's in the query must be right, too, and
what is wrong is refused with its reason. A proxy that decodes ``%2F`` or ``%25`` on the way must
not lead to another lot's page: where the path as it arrived is itself the code of a lot that the
ledger knows, nobody can tell which was meant, and the answer is 400 (``link.ambiguous``).

A serial is judged for itself (``api.serials``), and what it is worth is put into the page of its
lot, which is made once for all of them; every link of that page keeps the serial. ``?full=1``
unfolds the page, for paper; ``?save=1`` gives it as a file that needs no network. A product without
a lot has no journey to show: its page says where the lot code stands.
"""

import gzip
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.accept import LONGEST as LONGEST_HEADER
from api.accept import best
from api.deps import Services
from api.language import preferred
from api.links import (
    contexts,
    linkset_made,
    linkset_of,
    named,
    of_type,
    pointer,
    redirection,
    several,
    suiting,
)
from api.linkset import LINKSET_TYPE, Context, resolver_description, term_of
from api.lot import check, link_of, page_of
from api.openapi import gives
from api.pages import Kept as KeptPage
from api.pages import Key, Made, Ready
from api.problems import as_goc_error, status_of
from api.routes.lots import public_lot
from api.routing import HotRoute, Route
from api.security import FOUND, PAGE, public
from api.statements import statement
from api.web.format import in_vietnam
from api.web.pictures import data_url, picture_of
from api.web.province_map import draw
from api.web.render import (
    HTML,
    Kept,
    lot_and_places,
    render_mark,
    render_problem,
    render_product,
)
from api.web.story import file_name
from api.web.story_product import tell_product
from api.web.view import LotPage, Mark, Problem
from labels.digital_link import DigitalLink, read
from traceability.core import ids
from traceability.core.errors import FormatError, GocError, LedgerError
from traceability.settings import DEMO_LOG
from traceability.text import sentence_of

Kind = Literal["page", "json", "linkset", "none"]
Form = Literal["full", "save"]
_FORMS: Final[tuple[tuple[str, Kind], ...]] = (
    ("text/html", "page"),
    ("application/json", "json"),
    (LINKSET_TYPE, "linkset"),
)
_LONGEST: Final = LONGEST_HEADER + 1  #: so much of a header shows that it is too long
_LONGEST_QUERY: Final = 2048
_LONGEST_PATH: Final = 600  #: no label's is longer, and each that was read is remembered
_ALL: Final = frozenset({"all", "linkset"})
#: The link types that lead to the page of a lot where it is asked for as a page.
_OF_PAGE: Final = frozenset(
    {"defaultLink", "defaultLinkMulti", "traceability", "certificationInfo"}
)
_LARGEST_PICTURE: Final = 512 * 1024  #: within a page that is kept
_SECOND: Final = ("cache-control", "public, max-age=1")
_VARY: Final = ("vary", "Accept, Accept-Language, Accept-Encoding")

_PARAMETERS: Final = [
    {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": what,
        "schema": {"type": "string", **schema},
    }
    for name, place, what, schema in (
        ("gtin", "path", "14 digits", {"pattern": ids.GTIN_PATTERN}),
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
    | {
        "300": {
            "description": "Several links of the type that was asked for.",
            "content": {LINKSET_TYPE: {"schema": {"type": "object"}}},
        },
        "307": {"description": "A link of that type leads elsewhere: `Location`."},
        "default": {"content": {"text/html": {"schema": {"type": "string"}}}},
    },
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
            said = value[:_LONGEST].decode("latin-1")
            accept = f"{accept},{said}"[:_LONGEST] if accept else said
        elif name == b"accept-language":
            said = value[:_LONGEST].decode("latin-1")
            liked = f"{liked},{said}"[:_LONGEST] if liked else said
    query: bytes = scope["query_string"]
    wish, link_type, elements = _query(query) if len(query) <= _LONGEST_QUERY else ("", "", "")
    kind, language = _kind(accept, link_type), preferred(liked, wish)
    using: Services = scope["app"].state.goc
    path: str = scope["path"]
    try:
        if len(path) > _LONGEST_PATH:
            raise FormatError("link.too-long", limit=_LONGEST_PATH)
        if len(query) > _LONGEST_QUERY:
            raise FormatError("link.too-long", limit=_LONGEST_QUERY)
        link, other = _link(using.settings.host, path, elements)
        if other is not None:
            await using.threads.run(_refuse_ambiguous, using, link.gtin, other)
        is_page = not link_type or (link.serial is None and link_type in _OF_PAGE)
        if kind == "page" and link.lot is not None and is_page:
            scope[PAGE] = True
            return await _lot_page(request, using, link, language)
        return await _other(request, using, link, kind, link_type, accept, language)
    except Exception as error:
        known = as_goc_error(error)
        shown = _shown(known)
        if kind != "page" or shown is None:
            scope.pop(PAGE, None)
            raise
        scope[PAGE] = True
        domain = using.settings.domain
        problem = malformed(known, path, domain, language)
        if shown != "link-malformed":
            problem = Problem(shown, path, domain)
        return problem_page(problem, language, status_of(known))


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
    request: Request, using: Services, link: DigitalLink, language: str
) -> Response:
    gtin, lot = link.gtin, link.lot or ""
    form = _form(request.scope["query_string"])
    today = in_vietnam(using.ledger.clock()).date().isoformat()  # of goods whose last day is over
    key: Key = ("page", gtin, lot, language, form or "", today)
    pages = using.costly if form else using.pages
    kept = pages.at_once(key)
    if kept is None:
        kept = await pages.get(key, lambda: _make_page(using, gtin, lot, language, form))
    if link.serial is None:
        return kept.response(request.scope)
    place = using.desk.place(request.scope)
    again = using.desk.is_repeated(request.scope, gtin, lot, link.serial)
    again = again or form is not None  # it is not scanned that way
    mark = await using.scanning.mark(gtin, lot, link.serial, place, again=again)
    answer = _marked(request, using, kept, link, mark, language)
    if form == "save":
        answer.headers["content-disposition"] = _file(gtin, lot, mark.serial)
    return answer


def _marked(
    request: Request, using: Services, kept: KeptPage, link: DigitalLink, mark: Mark, language: str
) -> Response:
    """The page of a lot, with what is said of one label; or of a label whose lot is still to be."""
    packed, status, page = _takes_gzip(request), 200, kept.spliced
    if page is not None:
        put = render_mark(mark, language, link.path.partition("/21/")[0])
        body = page.gzip(put) if packed else page.plain(put)
    else:  # there is no such lot
        ahead = mark.is_ours and not mark.is_bad
        kind: Literal["label-ahead", "lot-unknown"] = "label-ahead" if ahead else "lot-unknown"
        where = f"/01/{link.gtin}", using.settings.domain, link.gtin, link.lot or "", mark.serial
        bad = mark if mark.is_bad else None
        body = render_problem(Problem(kind, *where, label=link.path, mark=bad), language)
        body = gzip.compress(body, 1, mtime=0) if packed else body
        status = 200 if ahead else 404
    headers = _once(language)
    if packed:
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    return Ready(status, headers, body)


def _make_page(
    using: Services, gtin: str, lot: str, language: str, form: Form | None = None
) -> Made:
    try:
        found = check(using.ledger, gtin, lot)
    except LedgerError as error:
        if error.code != "lot.unknown":
            raise
        return _unknown(using, gtin, lot, language)
    page = page_of(using.ledger, using.settings, found, language)
    headers: tuple[tuple[str, str], ...] = (
        _SECOND,
        _VARY,
        ("content-language", language),
        pointer(link_of(using.settings, gtin, lot)),
    )
    kept = None
    if form == "save":
        kept = _kept(using, page)
        headers += (("content-disposition", _file(gtin, lot)),)
    body, places = lot_and_places(page, language, unfolded=form is not None, kept=kept)
    return Made(body, HTML, found.size, 200, headers, topics=found.topics, places=places)


def _file(*names: str) -> str:
    return f'attachment; filename="{"-".join(map(file_name, names))}.html"'


def _kept(using: Services, page: LotPage) -> Kept:
    """What makes a page a file of its own: its pictures, if they are not too large."""
    pictures = {}
    if page.way is not None:
        pictures[page.way.path] = data_url("image/svg+xml", draw(page.way.name))
    shown = page.product.picture
    if shown is not None:
        read_picture = picture_of(using.settings.data, shown.path.rpartition("/")[2])
        if read_picture is not None and len(read_picture[1]) <= _LARGEST_PICTURE:
            pictures[shown.path] = data_url(*read_picture)
    origin = page.link.removesuffix(page.path)
    return Kept(in_vietnam(using.ledger.clock()), origin, pictures)


def _unknown(using: Services, gtin: str, lot: str, language: str) -> Made:
    label = link_of(using.settings, gtin, lot).path
    problem = Problem("lot-unknown", f"/01/{gtin}", using.settings.domain, gtin, lot, label=label)
    headers = (("cache-control", "no-store"), _VARY, ("content-language", language))
    body = render_problem(problem, language)
    return Made(body, HTML, None, 404, headers, found=False)


def _shown(error: GocError) -> Literal["lot-unknown", "link-malformed", "unavailable"] | None:
    """Which page explains an error to whoever scanned a label; None: it is no matter of labels."""
    if isinstance(error, FormatError):
        return "link-malformed"
    if error.code in ("lot.unknown", "product.unknown"):
        return "lot-unknown"
    return "unavailable" if status_of(error) == 503 else None


def _once(language: str) -> list[tuple[bytes, bytes]]:
    """Headers of a page that is made for one request, and kept by nobody."""
    return [
        (b"content-type", HTML.encode()),
        (b"cache-control", b"no-store"),
        (b"vary", _VARY[1].encode()),
        (b"content-language", language.encode()),
    ]


def malformed(error: GocError, path: str, domain: str, language: str) -> Problem:
    """What is told of an address that no label has, and why none does."""
    reason = sentence_of(language, error.code, error.params)
    return Problem("link-malformed", path, domain, reason=reason)


def problem_page(problem: Problem, language: str, status: int) -> Response:
    """A page that says why there is no answer, and what to do."""
    body = render_problem(problem, language)
    headers = [*_once(language), (b"content-length", str(len(body)).encode())]
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
    accept: str,
    language: str,
) -> Response:
    host = using.settings.host
    if kind == "linkset":
        term = "" if link_type in _ALL else link_type
        if link.serial is not None:
            return linkset_of(await _contexts(using, link), term, _takes_gzip(request))
        key = ("linkset", link.gtin, link.lot or "", term)
        kept = await using.pages.get(key, lambda: linkset_made(using.ledger, host, link, term))
        return kept.response(request.scope)
    if link_type:
        return await _typed(request, using, link, link_type, accept, language)
    if kind == "none":
        raise LedgerError("request.not-acceptable", offered=", ".join(form for form, _ in _FORMS))
    if kind == "json" and link.lot is not None:
        found = await public_lot(using, link.gtin, link.lot)
        return found.response(request.scope)
    if kind == "json":
        product = await using.threads.run(statement, using.ledger, "product", link.gtin, None)
        headers = dict([_SECOND, _VARY, pointer(link)])
        return Response(product.to_json(), headers=headers, media_type="application/json")
    return await _page(request, using, link, language)


async def _typed(
    request: Request,
    using: Services,
    link: DigitalLink,
    link_type: str,
    accept: str,
    language: str,
) -> Response:
    """Where the links of one type lead."""
    context = of_type(await _contexts(using, link), link_type)
    links = suiting(accept, context.links)
    if len(links) > 1:
        return several(context)
    if links[0].href == link.uri:
        return await _page(request, using, link, language)
    return redirection(links[0], request.scope["query_string"], link)


async def _contexts(using: Services, link: DigitalLink) -> tuple[Context, ...]:
    """The links of an address. What the ledger says of it is kept as pages are."""
    key = ("links", link.gtin, link.lot or "")
    kept = await using.pages.get(key, lambda: named(using.ledger, link))
    return contexts(using.settings.host, link, bytes(kept.plain.body))


async def _page(request: Request, using: Services, link: DigitalLink, language: str) -> Response:
    """The page of a lot, or of a product where no lot is said."""
    request.scope[PAGE] = True
    if link.lot is not None:
        return await _lot_page(request, using, link, language)
    key = ("product", link.gtin, language)
    kept = await using.pages.get(key, lambda: _product_page(using, link.gtin, language))
    request.scope[FOUND] = True
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
    here = pointer(link_of(using.settings, gtin, None))
    headers = (_SECOND, _VARY, ("content-language", language), here)
    return Made(render_product(page, language), HTML, size, 200, headers)


# -- reading the request ---------------------------------------------------------------------------
@lru_cache(maxsize=1024)
def _form(query: bytes) -> Form | None:
    """How the page of a lot is wanted, where it is not as ever: unfolded, or as a file."""
    if b"full=1" not in query and b"save=1" not in query:
        return None
    asked = query.split(b"&")
    return "save" if b"save=1" in asked else "full" if b"full=1" in asked else None


@lru_cache(maxsize=4096)
def _link(host: str, path: str, elements: str) -> tuple[DigitalLink, str | None]:
    """What an address says; and what its lot's code would be, if a proxy had decoded it.

    ``elements``: the parameters of the query that are GS1's. The second is None where the code
    stands as it must be written, or where no code can be written so.
    """
    try:
        found = read(f"{host}{path}?{elements}")
    except FormatError as error:
        if error.code in ("link.no-key", "link.compressed"):  # the GTIN is there: see the route
            raise FormatError("link.pairs") from None
        raise
    if found.stem != host:
        raise FormatError("link.elsewhere")
    link = DigitalLink.of(found)
    if link.lot is None:
        return link, None
    written = path.partition("/10/")[2]
    decoded = written != link.lot and ids.is_lot(written)
    return link, written if decoded else None


def _refuse_ambiguous(using: Services, gtin: str, lot: str) -> None:
    """``link.ambiguous`` where the ledger knows such a lot."""
    with using.ledger.reading() as now:
        if now.reader.lot((gtin, lot)) is not None:
            raise FormatError("link.ambiguous", lot=lot)


@lru_cache(maxsize=1024)
def _query(query: bytes) -> tuple[str, str, str]:
    """Language and link type that are asked for, and the parameters that are GS1's."""
    if not query:
        return "", "", ""
    text = query.decode("latin-1")
    try:
        pairs = parse_qsl(text, max_num_fields=50)
    except ValueError:  # more fields than anybody needs
        return "", "", ""
    asked = dict(reversed(pairs))  # of two that are called the same the first counts
    elements = "&".join(each for each in text.split("&") if each.partition("=")[0].isdigit())
    return asked.get("lang", ""), term_of(asked.get("linkType", "")), elements


@lru_cache(maxsize=1024)
def _kind(accept: str, link_type: str) -> Kind:
    if link_type in _ALL:
        return "linkset"
    number = best(accept, [form for form, _ in _FORMS])
    return "none" if number is None else _FORMS[number][1]


def _takes_gzip(request: Request) -> bool:
    return b"gzip" in dict(request.scope["headers"]).get(b"accept-encoding", b"")
