"""What a label's address leads to, for machines (GS1-Conformant Resolver 1.2, RFC 9264 linksets).

One target or more for each link type of the GS1 Web Vocabulary that we can serve; the page is the
default.
"""

from dataclasses import dataclass
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
    """One link: its type (a term of the GS1 Web Vocabulary), where it leads, what is there."""

    term: str
    href: str
    title: str
    media_type: str
    languages: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a link object of a linkset."""
        link: dict[str, Any] = {"href": self.href, "title": self.title, "type": self.media_type}
        if self.languages:
            link["hreflang"] = list(self.languages)
        return link


def targets(link: DigitalLink, host: str) -> tuple[Target, ...]:
    """All links of a lot, or of a product. ``host``: the server's address."""
    page = link.uri
    if link.lot is None:
        return (
            Target("defaultLink", page, "Sản phẩm", _HTML, _BOTH),
            Target("pip", page, "Sản phẩm", _HTML, _BOTH),
            Target("masterData", f"{host}/api/v1/products/{link.gtin}", "The product", _JSON),
        )
    lot = f"{host}/api/v1/lots/{link.gtin}/{quote(link.lot, safe='')}"
    return (
        Target("defaultLink", page, "Nguồn gốc và bằng chứng", _HTML, _BOTH),
        Target("pip", page, "Sản phẩm", _HTML, _BOTH),
        Target("traceability", page, "Hành trình", _HTML, _BOTH),
        Target("traceability", lot, "The lot, for machines", _JSON),
        Target("traceability", f"{lot}/trace", "Its lineage", _JSON),
        Target("traceability", f"{lot}/bundle", "Its proof bundle", _JSON),
        Target("certificationInfo", page, "Chứng nhận", _HTML, _BOTH),
        Target("masterData", f"{host}/api/v1/products/{link.gtin}", "The product", _JSON),
    )


def linkset(link: DigitalLink, links: tuple[Target, ...], what: str) -> bytes:
    """The linkset of a lot or product; ``what`` describes it."""
    context: dict[str, Any] = {"anchor": link.uri, "itemDescription": what}
    for target in links:
        context.setdefault(_VOCABULARY + target.term, []).append(target.to_json())
    return orjson.dumps({"linkset": [context]})


def term_of(link_type: str) -> str:
    """The term of ``?linkType=``: ``gs1:pip``, a URI of the vocabulary, or the term alone."""
    for prefix in ("gs1:", _VOCABULARY, "https://gs1.org/voc/"):
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
        }
    )
