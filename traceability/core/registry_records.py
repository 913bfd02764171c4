"""The record types: the registry of who, where, what and on whose word (DESIGN §6); and the table
of all types.

A later statement about the same subject supersedes the earlier from its own index on. ``MODELS``
maps each type to its model; ``RESERVED`` names the types of DESIGN §2 that this version does not
take yet.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from traceability.core.claims import (
    COMMERCIAL_PARTY,
    COORDINATES,
    PERSONAL_CHAIN,
    PERSONAL_PARTY,
    PERSONAL_PUBLIC,
    Audience,
    CertificateId,
    Closed,
    Code,
    Country,
    Date,
    DigestName,
    Flag,
    Gln,
    Gtin,
    Hide,
    Kid,
    Line,
    PartyId,
    PlaceId,
    Point,
    Privacy,
    QuantityText,
    Ratio,
    Sha256,
    Slug,
    Small,
    Time,
    Whole,
    shape_of,
)
from traceability.core.leaf import PUBLIC_TYPES, leaf_class
from traceability.core.records import (
    Acquire,
    Consume,
    Correct,
    Count,
    Diary,
    Dispute,
    GoodsRecord,
    Harvest,
    Inspect,
    Label,
    Receive,
    Record,
    Ship,
    Transform,
    Unit,
)

Role = Literal[
    "farm", "cooperative", "trader", "processor", "supermarket", "school-kitchen",
    "industrial-kitchen", "market", "exporter", "manufacturer", "certifier", "laboratory",
    "authority", "operator",
]  # fmt: skip
BUYERS: Final = frozenset({"supermarket", "school-kitchen", "industrial-kitchen", "market", "exporter", "manufacturer"})  # fmt: skip  # noqa: E501
AUDITORS: Final = frozenset({"certifier", "laboratory", "authority"})


class Address(Closed):
    """An administrative unit of the two-tier system (since 2025-07-01), and a line within it."""

    country: Country = "VN"
    province: Code | None = None
    province_code: Code | None = Field(default=None, alias="provinceCode")
    commune: Code | None = None
    commune_code: Code | None = Field(default=None, alias="communeCode")
    line: Annotated[Line | None, PERSONAL_CHAIN] = None


class PartyData(Closed):
    """A party. An organisation's ``name`` is in the clear; what concerns a person is hidden.

    ``shown`` is the name under which a person agreed to be shown to consumers.
    """

    party: PartyId
    roles: tuple[Role, ...] = Field(min_length=1, max_length=6, fail_fast=True)
    kind: Literal["organisation", "household", "person"]
    name: Line | None = None
    shown: Annotated[Line | None, PERSONAL_PUBLIC] = None
    person: Annotated[Line | None, PERSONAL_PARTY] = None
    phone: Annotated[Code | None, PERSONAL_PARTY] = None
    address: Address | None = None
    number: Code | None = None
    gln: Gln | None = None
    members_of: tuple[PartyId, ...] = Field(
        default=(), alias="memberOf", max_length=10, fail_fast=True
    )
    succeeds: tuple[PartyId, ...] = Field(default=(), max_length=10, fail_fast=True)
    ended: Date | None = None


class Party(Record):
    """The operator states a party, its roles and its memberships."""

    type: Literal["party"]
    data: PartyData


class Jwk(Closed):
    """A public key, RFC 8037."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: DigestName


class KeyData(Closed):
    """A key, where it lives (declared), and the new key's signature as proof of possession."""

    party: PartyId
    jwk: Jwk
    pop: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{86}$")]
    custody: Literal["device", "server"]


class Key(Record):
    """A key of a party: signed by the operator (the first, or a recovery), or by the party."""

    type: Literal["key"]
    data: KeyData


class KeyRevokeData(Closed):
    """``trusted``: the last index up to which the key's records stand undisputed."""

    kid: Kid
    reason: Literal["lost", "stolen", "left", "replaced", "other"]
    trusted: Whole | None = None


class KeyRevoke(Record):
    """A key ends, from this record's own index on."""

    type: Literal["key-revoke"]
    data: KeyRevokeData


class ConsentData(Closed):
    """``grantor`` lets ``agent`` record ``types`` for it until ``until``; ``confirms`` records
    that the agent made for it. Signed by the operator it is *declared* only."""

    grantor: PartyId
    agent: PartyId
    types: tuple[Slug, ...] = Field(default=(), max_length=20, fail_fast=True)
    until: Date
    confirms: tuple[DigestName, ...] = Field(default=(), max_length=200, fail_fast=True)


class Consent(Record):
    """A party lets another act for it, or confirms what the other recorded."""

    type: Literal["consent"]
    data: ConsentData


class AreaCode(Closed):
    """A growing-area, packhouse or facility code: an opaque string, since its make-up changes."""

    scheme: Slug
    code: Code
    issued: Date | None = None
    authority: Code | None = None


Outline = Annotated[tuple[Point, ...], Field(min_length=4, max_length=500, fail_fast=True)]


class PlaceData(Closed):
    """A place. Exact coordinates and area are hidden; the commune is not."""

    place: PlaceId
    kind: Literal[
        "plot", "pond", "house", "herd", "silo", "packhouse", "factory", "warehouse", "store",
        "kitchen", "market", "vehicle", "port", "office", "laboratory", "other",
    ]  # fmt: skip
    code: Code | None = None
    name: Annotated[Line | None, PERSONAL_PUBLIC] = None
    address: Address | None = None
    codes: tuple[AreaCode, ...] = Field(default=(), max_length=8, fail_fast=True)
    gln: Gln | None = None
    crop: Slug | None = None
    area: Annotated[QuantityText | None, Hide(Audience.CHAIN, Privacy.COMMERCIAL)] = None
    point: Annotated[Point | None, COORDINATES] = None
    polygon: Annotated[Outline | None, COORDINATES] = None
    closed: Date | None = None


class Place(GoodsRecord):
    """A place of the party that signs, or for which it signs."""

    type: Literal["place"]
    data: PlaceData


class Names(Closed):
    """A name in Vietnamese and, where there is one, in English."""

    vi: Line
    en: Line | None = None


class Ingredient(Closed):
    """So much of a product goes into one base unit of another."""

    product: Gtin
    quantity: QuantityText


class Process(Closed):
    """The range of output per input (mass by mass) and the share of the output that may be water
    or another gain, both as ratios."""

    yield_min: Ratio | None = Field(default=None, alias="yieldMin")
    yield_max: Ratio | None = Field(default=None, alias="yieldMax")
    water_max: Ratio | None = Field(default=None, alias="waterMax")


class Picture(Closed):
    """A picture, by the SHA-256 of its file."""

    sha256: Sha256
    type: Literal["image/jpeg", "image/png", "image/webp"]


class ProductData(Closed):
    """A product: who may make it, what a unit of it weighs, what it is made of."""

    product: Gtin
    name: Names
    makers: Literal["owner", "members", "licensed", "anyone"]
    licensed: tuple[PartyId, ...] = Field(default=(), max_length=100, fail_fast=True)
    unit: Literal["KGM", "LTR", "H87", "PR", "MTR", "MTK"]
    category: Literal["food", "goods"] = "food"
    crop: Slug | None = None
    variety: Code | None = None
    brand: Code | None = None
    mass_per_unit: QuantityText | None = Field(default=None, alias="massPerUnit")
    net_content: QuantityText | None = Field(default=None, alias="netContent")
    shelf_life: Small | None = Field(default=None, alias="shelfLife")
    storage: Line | None = None
    warning: Line | None = None
    standards: tuple[Code, ...] = Field(default=(), max_length=10, fail_fast=True)
    recipe: tuple[Ingredient, ...] = Field(default=(), max_length=60, fail_fast=True)
    process: Process | None = None
    picture: Picture | None = None
    withdrawn: Flag = False


class Product(GoodsRecord):
    """A product of the party that signs."""

    type: Literal["product"]
    data: ProductData


class Scope(Closed):
    """What a certificate covers; an empty list covers all of the holder's."""

    crops: tuple[Slug, ...] = Field(default=(), max_length=40, fail_fast=True)
    products: tuple[Gtin, ...] = Field(default=(), max_length=100, fail_fast=True)
    places: tuple[PlaceId, ...] = Field(default=(), max_length=300, fail_fast=True)
    members: Flag = True


class CertificateData(Closed):
    """A certificate, issuer-signed by its certifier or declared by its holder."""

    certificate: CertificateId
    scheme: Slug
    number: Code
    holder: PartyId
    certifier: PartyId | None = None
    certifier_name: Line | None = Field(default=None, alias="certifierName")
    scope: Scope
    from_: Date = Field(alias="from")
    to: Date
    status: Literal["valid", "suspended", "withdrawn"] = "valid"
    status_from: Date | None = Field(default=None, alias="statusFrom")


class Certificate(GoodsRecord):
    """A certificate, or its suspension, withdrawal or renewal."""

    type: Literal["certificate"]
    data: CertificateData


class RulesData(Closed):
    """Which rulebook and which thresholds hold from this record's own index on."""

    rulebook: Whole
    thresholds: DigestName
    source: Line | None = None


class Rules(Record):
    """The operator fixes rulebook version and thresholds by digest."""

    type: Literal["rules"]
    data: RulesData


MODELS: Final[dict[str, type[Record]]] = {
    "party": Party,
    "key": Key,
    "key-revoke": KeyRevoke,
    "consent": Consent,
    "place": Place,
    "product": Product,
    "certificate": Certificate,
    "rules": Rules,
    "harvest": Harvest,
    "acquire": Acquire,
    "transform": Transform,
    "ship": Ship,
    "receive": Receive,
    "consume": Consume,
    "count": Count,
    "diary": Diary,
    "inspect": Inspect,
    "unit": Unit,
    "label": Label,
    "correct": Correct,
    "dispute": Dispute,
}

#: Types of DESIGN §2 that come later: recalls, contracts.
RESERVED: Final = frozenset(
    {"hold", "recall", "recall-reply", "recall-close", "offer", "acceptance"}
)

#: Types with effects on holdings.
FLOW_TYPES: Final = frozenset(
    {"harvest", "acquire", "transform", "ship", "receive", "consume", "count", "correct"}
)


def hidden_fields() -> dict[tuple[str, str], Hide]:
    """The table of DESIGN §3: (type, path with ``*`` for arrays) -> audience and class."""
    table: dict[tuple[str, str], Hide] = {}
    for name, model in MODELS.items():
        stack = [("", shape_of(model))]
        while stack:
            prefix, shape = stack.pop()
            for field, hide in shape.hideable.items():
                table[name, prefix + field] = hide
            for member, (inner, many) in shape.children.items():
                stack.append((f"{prefix}{member}{'.*' if many else ''}.", inner))
    return table


__all__ = [
    "AUDITORS", "BUYERS", "COMMERCIAL_PARTY", "FLOW_TYPES", "MODELS", "PUBLIC_TYPES", "RESERVED",
    "Certificate", "Consent", "Key", "KeyRevoke", "Party", "Place", "Product", "Rules", "Time",
    "hidden_fields", "leaf_class",
]  # fmt: skip
