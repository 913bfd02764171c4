"""What a label's address leads to, for machines (GS1-Conformant Resolver 1.2, RFC 9264 linksets).

Links belong to a level: the labelled unit, its lot, its product. What a level does not have itself
it has from the level above it, up to the key; a linkset lists all of them, a context each. One
target or more stand for each link type of the GS1 Web Vocabulary that we can serve; the page is the
default.

Targets of the JSON API are marked ``fwqs: false``: they take no parameters but their own, so what
else the address carried is not passed on to them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

import orjson

from labels.digital_link import DigitalLink

LINKSET_TYPE: Final = "application/linkset+json"
CONTEXT: Final = "https://ref.gs1.org/standards/resolver/linkset-context"
_VOCABULARY: Final = "https://ref.gs1.org/voc/"
_HTML, _JSON = "text/html", "application/json"
_BOTH: Final = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Target:
    """One link: its type (a term of the GS1 Web Vocabulary), where it leads, what is there.

    ``forwards``: whether a redirection to it passes on the query of the address.
    """

    term: str
    href: str
    title: str
    media_type: str
    languages: tuple[str, ...] = ()
    forwards: bool = True

    def to_json(self) -> dict[str, Any]:
        """As a link object of a linkset."""
        link: dict[str, Any] = {"href": self.href, "title": self.title, "type": self.media_type}
        if self.languages:
            link["hreflang"] = list(self.languages)
        if not self.forwards:
            link["fwqs"] = False
        return link


@dataclass(frozen=True, slots=True)
class Context:
    """The links of one level: what they are about, in an address and in words."""

    anchor: str
    what: str
    links: tuple[Target, ...]


def levels(link: DigitalLink) -> tuple[DigitalLink, ...]:
    """A link and the levels above it: unit, lot, product. A serial number without a lot is of its
    product."""
    lot = replace(link, serial=None)
    product = replace(lot, lot=None)
    return tuple(dict.fromkeys((link, lot, product)))


def targets(link: DigitalLink, host: str) -> tuple[Target, ...]:
    """The links of a unit, a lot or a product itself. ``host``: the server's address."""
    if link.serial is not None:
        return (_page("defaultLink", link, "Nguồn gốc và bằng chứng"),)
    if link.lot is None:
        data = f"{host}/api/v1/products/{link.gtin}"
        return (
            _page("defaultLink", link, "Sản phẩm"),
            _page("defaultLinkMulti", link, "Sản phẩm"),
            _data("defaultLinkMulti", data, "The product"),
            _page("pip", link, "Sản phẩm"),
            _data("masterData", data, "The product"),
        )
    lot = f"{host}/api/v1/lots/{link.gtin}/{quote(link.lot, safe='')}"
    return (
        _page("defaultLink", link, "Nguồn gốc và bằng chứng"),
        _page("defaultLinkMulti", link, "Nguồn gốc và bằng chứng"),
        _data("defaultLinkMulti", lot, "The lot, for machines"),
        _page("traceability", link, "Hành trình"),
        _data("traceability", lot, "The lot, for machines"),
        _data("traceability", f"{lot}/trace", "Its lineage"),
        _data("traceability", f"{lot}/bundle", "Its proof bundle"),
        _page("certificationInfo", link, "Chứng nhận"),
    )


def linkset(contexts: Iterable[Context]) -> bytes:
    """The linkset of these contexts."""
    found = []
    for each in contexts:
        context: dict[str, Any] = {"anchor": each.anchor, "itemDescription": each.what}
        for target in each.links:
            context.setdefault(_VOCABULARY + target.term, []).append(target.to_json())
        found.append(context)
    return orjson.dumps({"linkset": found})


def _page(term: str, link: DigitalLink, title: str) -> Target:
    return Target(term, link.uri, title, _HTML, _BOTH)


def _data(term: str, href: str, title: str) -> Target:
    return Target(term, href, title, _JSON, forwards=False)


def term_of(link_type: str) -> str:
    """The term of ``?linkType=``: ``gs1:pip``, a URI of the vocabulary, or the term alone."""
    for prefix in ("gs1:", _VOCABULARY, "https://gs1.org/voc/", "https://www.gs1.org/voc/"):
        if link_type.startswith(prefix):
            return link_type.removeprefix(prefix)
    return link_type


def resolver_description(host: str) -> bytes:
    """``/.well-known/gs1resolver``."""
    return orjson.dumps(
        {
            "name": "Gốc",
            "resolverRoot": host,
            "supportedPrimaryKeys": ["01"],
            "supportedLinkType": [{"namespace": _VOCABULARY, "prefix": "gs1:"}],
            "linkTypeDefaultCanBeLinkset": False,
            "jsonLdContextLocation": CONTEXT,
        }
    )
