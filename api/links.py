"""Where an address leads for each link type (GS1-Conformant Resolver 1.2, RFC 9264, RFC 9110).

* The most specific level that has links of the type answers: unit, lot, product. No level has any:
  404. Only what the ledger knows has links.
* Among several links of a type ``Accept`` chooses by media type; where it likes none of them, what
  stands first is given all the same, since it was asked for by name. Several of the media type that
  suits best are 300, with a linkset of all links of the type.
* One link is the page of the address itself, which is answered at once, or another address: 307,
  which passes on the whole query unless the link says ``fwqs: false``.
"""

import gzip
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import orjson
from starlette.responses import Response

from api.accept import best
from api.linkset import CONTEXT, LINKSET_TYPE, Context, Target, levels, linkset, targets
from api.pages import Made
from labels.digital_link import DigitalLink
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger

_HEADERS: Final = (
    ("cache-control", "public, max-age=1"),
    ("vary", "Accept, Accept-Language, Accept-Encoding"),
)
_JSON_LD: Final = (
    f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
)
_OF_LINKSETS: Final = (*_HEADERS, ("link", _JSON_LD))
_KEPT_IN_QUERIES: Final = "!$&'()*+,;=:@/?%-._~"  # RFC 3986 §3.4, and what is encoded already
_LONGEST_TERM: Final = 60


def pointer(link: DigitalLink) -> tuple[str, str]:
    """The header that leads to the linkset of an address."""
    return "link", f'<{link.path}?linkType=linkset>; rel="linkset"; type="{LINKSET_TYPE}"'


def named(ledger: Ledger, link: DigitalLink) -> Made:
    """What the ledger says of an address for its links: the name of the product as JSON, or
    ``null`` for one that nobody has registered, as that of a lot from outside the ledger may be.

    ``LedgerError``: ``lot.unknown``, ``product.unknown``.
    """
    with ledger.reading() as now:
        stated = now.reader.statements("product", link.gtin)
        if link.lot is not None and now.reader.lot((link.gtin, link.lot)) is None:
            raise LedgerError("lot.unknown", lot=link.lot)
        size = now.head().size
    if link.lot is None and not stated:
        raise LedgerError("product.unknown", product=link.gtin)
    name = stated[-1].data.name.vi if stated else None
    return Made(orjson.dumps(name), "application/json", size)


@lru_cache(maxsize=1024)
def contexts(host: str, link: DigitalLink, said: bytes) -> tuple[Context, ...]:
    """The links of an address, its own level first. ``said``: the body of ``named``; the level of
    a product that nobody has registered is missing."""
    name = orjson.loads(said)
    found = []
    for level in levels(link):
        if level.lot is None and level.serial is None and name is None:
            continue
        lot = "" if level.lot is None else f", lô {level.lot}"
        serial = "" if level.serial is None else f", {level.serial}"
        what = f"{name or link.gtin}{lot}{serial}"
        found.append(Context(level.uri, what, targets(level, host)))
    return tuple(found)


def of_type(found: Iterable[Context], term: str) -> Context:
    """The links of one type, of the first level that has any; ``link.type`` where there is none."""
    for each in found:
        links = tuple(link for link in each.links if link.term == term)
        if links:
            return Context(each.anchor, each.what, links)
    raise LedgerError("link.type", type=term[:_LONGEST_TERM])


def suiting(accept: str, links: tuple[Target, ...]) -> tuple[Target, ...]:
    """Those of ``links`` that are of the media type which suits best."""
    forms = tuple(dict.fromkeys(link.media_type for link in links))
    chosen = forms[best(accept, forms) or 0]
    return tuple(link for link in links if link.media_type == chosen)


def linkset_of(found: Iterable[Context], term: str, packed: bool) -> Response:
    """The linkset of an address and all above it; of one type, where ``term`` is not empty."""
    body = linkset((of_type(found, term),) if term else found)
    headers = dict(_OF_LINKSETS)
    if packed:
        body = gzip.compress(body, 1, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(body, 200, headers, LINKSET_TYPE)


def linkset_made(ledger: Ledger, host: str, link: DigitalLink, term: str) -> Made:
    """The same, to be kept: of a lot or a product. Those of single units are not: ten million of
    them would crowd out all else."""
    known = named(ledger, link)
    found = contexts(host, link, known.body)
    shown = (of_type(found, term),) if term else found
    return Made(linkset(shown), LINKSET_TYPE, known.size, 200, _OF_LINKSETS)


def several(context: Context) -> Response:
    """300: the links among which the client has to choose."""
    return Response(linkset([context]), 300, dict(_OF_LINKSETS), LINKSET_TYPE)


def redirection(target: Target, query: bytes, link: DigitalLink) -> Response:
    """307 to where a link leads, with the query of the address where it passes that on."""
    passed = quote(query, safe=_KEPT_IN_QUERIES) if target.forwards else ""
    headers = dict((*_HEADERS, pointer(link)))
    headers["location"] = target.href + ("?" + passed if passed else "")
    return Response(b"", 307, headers)
