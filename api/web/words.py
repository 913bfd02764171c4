"""The values that a page speaks in: exact amounts, sentences of the catalogue, people's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from traceability.core.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact quantity. ``unit`` is a UN/ECE Rec 20 code (``KGM``, ``LTR``, ``H87`` …).

    ``piece`` is what one piece of a counted product is called ("quả", "đôi"), where the product
    says so; it replaces the general word for the unit.
    """

    value: Decimal
    unit: str
    piece: str = ""

    @classmethod
    def parse(cls, text: str) -> "Amount":
        """A quantity as records have it. ``FormatError("quantity.…")``."""
        found = Quantity.parse(text)
        return cls(found.amount, found.unit.code)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the catalogue: its key, and the values that it names."""

    key: str
    params: Mapping[str, "Value"] = field(default_factory=dict)


Value: TypeAlias = str | int | Decimal | date | datetime | Amount | Phrase
Words: TypeAlias = str | Phrase
