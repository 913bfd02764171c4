"""The pieces that records are made of, and which of them are hidden (DESIGN §3).

Every object of a record is a closed model: an unknown member is refused, there are no floats and
no free-form objects. A field marked with ``Hide`` never stands in the clear (``must``) or may be
hidden on request; hidden fields are salted digests in ``_sd`` with their names beside them in
``hidden``, in the digests' order. ``Hide`` also fixes who may read the value and whether it may
be erased, so that this is data of the core and the same for everybody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, Strict

from traceability.core import ids, moment, quantity


class Audience(IntEnum):
    """Who may read a hidden value; each includes those before it."""

    PUBLIC = 0  #: anyone who scans the label
    CHAIN = 1  #: parties up and down the lot's way
    PARTY = 2  #: the parties that the record itself names
    AUDITOR = 3  #: auditors with access, and nobody else


class Privacy(StrEnum):
    """What may happen to a hidden value: ``personal`` may be erased, ``commercial`` is kept."""

    PERSONAL = "personal"
    COMMERCIAL = "commercial"


@dataclass(frozen=True, slots=True)
class Hide:
    """Marks a field as hidden: its audience, its class, and whether the clear is forbidden."""

    audience: Audience
    privacy: Privacy
    must: bool = True


# -- scalars ---------------------------------------------------------------------------------
PartyId = Annotated[str, Field(pattern=ids.PARTY_PATTERN)]
PlaceId = Annotated[str, Field(pattern=ids.PLACE_PATTERN)]
CertificateId = Annotated[str, Field(pattern=ids.CERTIFICATE_PATTERN)]
Gtin = Annotated[str, Field(pattern=ids.GTIN_PATTERN)]
Gln = Annotated[str, Field(pattern=r"^[0-9]{13}$")]
Sscc = Annotated[str, Field(pattern=ids.SSCC_PATTERN)]
LotCode = Annotated[str, Field(pattern=ids.LOT_PATTERN)]
DigestName = Annotated[str, Field(pattern=ids.DIGEST_PATTERN)]
HoldingName = Annotated[str, Field(pattern=ids.HOLDING_PATTERN)]
Kid = Annotated[str, Field(pattern=ids.KID_PATTERN)]
Origin = Annotated[str, Field(pattern=ids.ORIGIN_PATTERN)]
Nonce = Annotated[str, Field(pattern=ids.NONCE_PATTERN)]
Time = Annotated[str, Field(pattern=moment.TIME_PATTERN)]
Date = Annotated[str, Field(pattern=moment.DATE_PATTERN)]
QuantityText = Annotated[str, Field(pattern=quantity.QUANTITY_PATTERN)]
Ratio = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?$")]
Degrees = Annotated[str, Field(pattern=r"^-?(0|[1-9][0-9]{0,2})\.[0-9]{4,12}$")]
Celsius = Annotated[str, Field(pattern=r"^-?(0|[1-9][0-9]{0,2})(\.[0-9]{1,2})?$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Code = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=80)]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=300)]
Prose = Annotated[str, Field(pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]+$", max_length=2000)]
Whole = Annotated[int, Strict(), Field(ge=0, le=2**53 - 1)]
Small = Annotated[int, Strict(), Field(ge=0, le=100_000)]
Flag = Annotated[bool, Strict()]

# -- the kinds of hidden fields ----------------------------------------------------------------
PERSONAL_PUBLIC: Final = Hide(Audience.PUBLIC, Privacy.PERSONAL)
PERSONAL_CHAIN: Final = Hide(Audience.CHAIN, Privacy.PERSONAL)
PERSONAL_PARTY: Final = Hide(Audience.PARTY, Privacy.PERSONAL)
AMOUNT: Final = Hide(Audience.CHAIN, Privacy.COMMERCIAL)
COMMERCIAL_PARTY: Final = Hide(Audience.PARTY, Privacy.COMMERCIAL)
COORDINATES: Final = Hide(Audience.AUDITOR, Privacy.COMMERCIAL)
COUNTERPARTY: Final = Hide(Audience.PARTY, Privacy.COMMERCIAL, must=False)


class Closed(BaseModel):
    """A closed, frozen object of a record. ``hidden`` names the fields that ``_sd`` hides.

    Its arrays fail fast: else a hostile record of 60 KB would take a fifth of a second to be
    told of each of its thousand faults.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=False)

    # That they are digests and names of fields, the codec has seen (``core.disclosures``).
    sd: tuple[str, ...] = Field(default=(), alias="_sd", max_length=32, fail_fast=True)
    hidden: tuple[str, ...] = Field(default=(), max_length=32, fail_fast=True)

    def undisclosed(self, name: str) -> bool:
        """Whether ``name`` was signed but its value was not shown (or has been erased)."""
        return name in self.hidden and getattr(self, name) is None


class Draw(Closed):
    """So much of an earlier holding. ``from`` is ``<digest of its record>.<output number>``."""

    from_: HoldingName = Field(alias="from")
    quantity: Annotated[QuantityText | None, AMOUNT] = None
    count: Annotated[QuantityText | None, AMOUNT] = None


class Make(Closed):
    """A new holding: so much of this lot, held by this party at this place.

    ``quantity`` balances; ``count`` (pieces, H87) may stand beside a weighed mass and is nominal.
    """

    lot: LotCode
    product: Gtin
    holder: Annotated[PartyId | None, COUNTERPARTY] = None
    place: Annotated[PlaceId | None, COUNTERPARTY] = None
    quantity: Annotated[QuantityText | None, AMOUNT] = None
    count: Annotated[QuantityText | None, AMOUNT] = None
    claims: tuple[Slug, ...] = Field(default=(), max_length=8, fail_fast=True)
    packed: Date | None = None
    expires: Date | None = None


class About(Closed):
    """What a record speaks of: exactly one of a lot, a place, a record or a party."""

    product: Gtin | None = None
    lot: LotCode | None = None
    place: PlaceId | None = None
    record: DigestName | None = None
    party: PartyId | None = None


class Ref(Closed):
    """A paper: its kind, its number and, where a scan of it is kept, that file's SHA-256."""

    type: Literal[
        "delivery-note", "invoice", "contract", "laboratory-report", "certificate", "licence",
        "veterinary-certificate", "quarantine-certificate", "due-diligence-statement",
        "photograph", "other",
    ]  # fmt: skip
    number: Annotated[Code | None, COUNTERPARTY] = None
    sha256: Sha256 | None = None


class Difference(Closed):
    """A loss or gain that the signer attributes. ``lot`` says of which draw, where it matters."""

    cause: Literal[
        "reject", "shrinkage", "trim", "water", "drying", "scale", "spoilage", "spill", "dead",
        "missing", "damaged", "theft", "sample", "residue", "unknown",
    ]  # fmt: skip
    product: Gtin | None = None
    lot: LotCode | None = None
    quantity: Annotated[QuantityText | None, AMOUNT] = None
    count: Annotated[QuantityText | None, AMOUNT] = None


class Point(Closed):
    """A position in WGS-84 degrees, as decimal text: floats would not hash the same everywhere."""

    lon: Degrees
    lat: Degrees


# -- what is hidden, read off the models -------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Shape:
    """How the codec walks an object: its hideable fields, and the objects inside it."""

    hideable: Mapping[str, Hide]
    must: frozenset[str]
    children: Mapping[str, tuple["Shape", bool]]  #: member -> (shape, is it an array?)
    branches: tuple[tuple[str, "Shape", bool], ...]  #: those children that may be in the clear


@lru_cache(maxsize=256)
def shape_of(model: type[BaseModel]) -> Shape:
    """The shape of a closed model; members go by their names on the wire."""
    hideable: dict[str, Hide] = {}
    children: dict[str, tuple[Shape, bool]] = {}
    for name, field in model.model_fields.items():
        wire = field.alias or name
        for mark in field.metadata:
            if isinstance(mark, Hide):
                hideable[wire] = mark
        for inner, many in _models_in(field.annotation):
            children[wire] = (shape_of(inner), many)
    must = frozenset(name for name, hide in hideable.items() if hide.must)
    branches = tuple((name, *child) for name, child in children.items() if name not in must)
    return Shape(hideable, must, children, branches)


def _models_in(annotation: Any, many: bool = False) -> Iterator[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, many
        return
    inside_array = many or getattr(annotation, "__origin__", None) is tuple
    for part in get_args(annotation):
        yield from _models_in(part, inside_array)
