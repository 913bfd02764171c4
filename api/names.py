"""What the registry last called a product or a party, as anybody may know it."""

from api.web.flow import Party
from api.web.story_product import as_shown, name_in
from traceability.ledger.reading import Reading


def product_name(now: Reading, gtin: str, language: str) -> str:
    """A product's name; its GTIN where nobody has registered it."""
    stated = now.reader.statements("product", gtin)
    return name_in(stated[-1].data, language) if stated else gtin


def party_shown(now: Reading, party: str) -> Party:
    """A party, whose name is empty where it is not known or not to be."""
    stated = now.reader.statements("party", party)
    return as_shown(stated[-1].data if stated else None)
