"""A product as pages show it: what its owner stated, in the reader's language."""

from typing import Any

from api.web.flow import Party, Picture, Product
from api.web.story_steps import role_of
from api.web.view import ProductPage
from api.web.words import Amount
from traceability.core.facts import Statement
from traceability.core.ids import is_restricted
from traceability.text import text


def product_told(data: Any, pictures: str, language: str) -> Product:
    """A product's ``data``; its picture lies under the path ``pictures``. No claims: those are a
    lot's own."""
    net = None
    if data.net_content:
        net = Amount.parse(data.net_content)
    picture = None
    if data.picture is not None:
        picture = Picture(f"{pictures}/{data.picture.sha256}", 640, 400)
    return Product(
        name_in(data, language),
        variety=data.variety or "",
        brand=data.brand or "",
        net_content=net,
        picture=picture,
        standards=tuple(data.standards),
        safety_warnings=(data.warning,) if data.warning else (),
        storage=data.storage or "",
    )


def name_in(data: Any, language: str) -> str:
    """A product's name in a language, as far as it was given one."""
    return str((language == "en" and data.name.en) or data.name.vi)


def shelf_life_of(data: Any, language: str) -> str:
    """For how long it keeps, as its product states."""
    days = data.shelf_life
    return "" if days is None else text(language, "web.value.days", count=days)


def tell_product(
    statement: Statement, party: Any, base: str, invented: bool, language: str
) -> ProductPage:
    """The page of a product as it was last stated, by a party whose data is ``party`` (None:
    unknown). ``base``: scheme and host of label links."""
    gtin = statement.subject
    return ProductPage(
        path=f"/01/{gtin}",
        json_path=f"/api/v1/products/{gtin}",
        host=base.partition("://")[2],
        gtin=gtin,
        product=product_told(statement.data, "/pictures", language),
        stated_by=as_shown(party),
        example=f"{base}/01/{gtin}/10/…",
        shelf_life=shelf_life_of(statement.data, language),
        restricted=is_restricted(gtin),
        invented=invented,
    )


def as_shown(party: Any) -> Party:
    """A party by the name that anybody may know, and nothing else of it."""
    if party is None:
        return Party("supplier")
    return Party(role_of(party), party.name or party.shown or "")
