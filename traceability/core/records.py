"""The record types: the flow of goods (DESIGN §2).

One closed model per type. The registry's types (who, where, what, on whose word) are in
``registry_records``; ``MODELS`` there names all of them. What every record bears: ``v`` the
format, ``log`` the origin of its log, ``iss`` who signs, ``for`` whom it acts for, ``by`` the
person at the keyboard (hidden), ``at`` when it happened, ``since`` if it lasted, ``iat`` when it
was signed, ``nonce``.
"""

from typing import Annotated, Literal

from pydantic import Field, Strict

from traceability.core.claims import (
    AMOUNT,
    COMMERCIAL_PARTY,
    COUNTERPARTY,
    PERSONAL_CHAIN,
    PERSONAL_PARTY,
    PERSONAL_PUBLIC,
    About,
    Celsius,
    Closed,
    Code,
    Country,
    Difference,
    DigestName,
    Draw,
    Flag,
    Gtin,
    HoldingName,
    Line,
    LotCode,
    Make,
    Nonce,
    Origin,
    PartyId,
    PlaceId,
    Prose,
    QuantityText,
    Ratio,
    Ref,
    Slug,
    Small,
    Sscc,
    Time,
    Whole,
)

MAX_LINES = 120  #: draws or makes of one record; 60 KB hold no more
MAX_LABELS = 10_000_000  #: of one record
MAX_PACKED = 40  #: parts of holdings in one unit
MAX_UNITS = 600  #: crates and pallets that one record names; 60 KB hold no more


class Record(Closed):
    """What every record bears."""

    v: Annotated[int, Strict(), Field(ge=1, le=1)]
    log: Origin
    type: str
    iss: PartyId
    by: Annotated[Line | None, PERSONAL_PARTY] = None
    at: Time
    iat: Time
    nonce: Nonce
    note: Annotated[Prose | None, PERSONAL_PARTY] = None
    refs: tuple[Ref, ...] = Field(default=(), max_length=20, fail_fast=True)

    # Claims that only some types have; a type that has one declares it anew.
    @property
    def acting(self) -> str:
        """The party that the record is for: ``for`` where it acts for another, else ``iss``."""
        return getattr(self, "for_", None) or self.iss


class GoodsRecord(Record):
    """A record about goods, which may be signed for another party (``for``)."""

    for_: PartyId | None = Field(default=None, alias="for")
    since: Time | None = None
    place: PlaceId | None = None


Draws = Annotated[tuple[Draw, ...], Field(min_length=1, max_length=MAX_LINES, fail_fast=True)]


class Nothing(Closed):
    """No data beyond the common claims."""


# -- harvest -----------------------------------------------------------------------------------
class HarvestData(Closed):
    """Season and crop of a harvest; seed, fry, chicks or feed by name (lineage, no balance)."""

    season: Code | None = None
    stock: tuple[About, ...] = Field(default=(), max_length=20, fail_fast=True)
    grade: Code | None = None


class Harvest(GoodsRecord):
    """Lots come into being at a plot, pond, house or herd (``place``), held by the producer."""

    type: Literal["harvest"]
    place: PlaceId
    makes: tuple[Make, ...] = Field(min_length=1, max_length=MAX_LINES, fail_fast=True)
    data: HarvestData


# -- acquire -----------------------------------------------------------------------------------
class Source(Closed):
    """Where acquired goods came from, as far as the holder knows."""

    kind: Literal["off-ledger", "opening", "unrecorded"]
    party: Annotated[PartyId | None, COUNTERPARTY] = None
    name: Annotated[Line | None, PERSONAL_CHAIN] = None
    address: Annotated[Line | None, PERSONAL_PARTY] = None
    phone: Annotated[Code | None, PERSONAL_PARTY] = None
    deliverer: Annotated[Line | None, PERSONAL_PARTY] = None
    country: Country | None = None


class Checks(Closed):
    """What was checked at the door (three-step check, step 1; Decision 1246/QĐ-BYT)."""

    temperature: Celsius | None = None
    sensory: Literal["pass", "fail"] | None = None
    rapid: Literal["pass", "fail"] | None = None
    veterinary: Code | None = None
    quarantine: Code | None = None
    action: Line | None = None


class AcquireData(Closed):
    """Goods from outside the ledger: declared, not proven. ``names`` are as printed on them."""

    source: Source
    names: tuple[Line, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    checks: Checks | None = None


class Acquire(GoodsRecord):
    """Goods from someone who is not on the ledger, opening stock, or not yet recorded there."""

    type: Literal["acquire"]
    makes: tuple[Make, ...] = Field(min_length=1, max_length=MAX_LINES, fail_fast=True)
    data: AcquireData


# -- transform ---------------------------------------------------------------------------------
class TransformData(Closed):
    """``process`` names what was done; ``losses`` and ``gains`` attribute the difference."""

    kind: Literal["move-sort-pack", "process", "assemble", "top-up"]
    process: Slug | None = None
    losses: tuple[Difference, ...] = Field(default=(), max_length=20, fail_fast=True)
    gains: tuple[Difference, ...] = Field(default=(), max_length=20, fail_fast=True)
    line: Code | None = None


class Transform(GoodsRecord):
    """Own holdings become own holdings (EPCIS TransformationEvent)."""

    type: Literal["transform"]
    draws: Draws
    makes: tuple[Make, ...] = Field(min_length=1, max_length=MAX_LINES, fail_fast=True)
    data: TransformData


# -- units -------------------------------------------------------------------------------------
Units = Annotated[tuple[DigestName, ...], Field(max_length=MAX_UNITS, fail_fast=True)]


class UnitData(Closed):
    """A crate or pallet, by its ``sscc`` or a ``number`` of the packer's own, around ``contents``
    (parts of own holdings) and other ``units``, by their records; or the units it ``opens``."""

    kind: Literal["crate", "box", "bag", "pallet", "container", "other"] | None = None
    sscc: Sscc | None = None
    number: LotCode | None = None
    contents: tuple[Draw, ...] = Field(default=(), max_length=MAX_PACKED, fail_fast=True)
    units: Units = ()
    opens: Units = ()


class Unit(GoodsRecord):
    """Goods are packed together to be moved together, or are taken apart (EPCIS AggregationEvent).
    Nothing is drawn and nothing made: what is packed stays the holding that it was."""

    type: Literal["unit"]
    data: UnitData


# -- ship and receive --------------------------------------------------------------------------
class ShipData(Closed):
    """``units``: crates and pallets, by their records, in which what is drawn lies, as far as it
    does. ``closes`` names the consignee's ``acquire`` that this late shipment belongs to."""

    vehicle: Annotated[Code | None, COMMERCIAL_PARTY] = None
    seal: Annotated[Code | None, COMMERCIAL_PARTY] = None
    driver: Annotated[Line | None, PERSONAL_PARTY] = None
    temperature: Celsius | None = None
    price: Annotated[Code | None, COMMERCIAL_PARTY] = None
    units: Units = ()
    closes: DigestName | None = None


class Ship(GoodsRecord):
    """The same lots, in transit to a consignee (``holder`` of what it makes)."""

    type: Literal["ship"]
    draws: Draws
    makes: tuple[Make, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    data: ShipData


class ReceiveMake(Make):
    """Accepted by the receiver, or refused and back with the shipper."""

    outcome: Literal["accepted", "refused"]
    reason: Literal["quality", "temperature", "damaged", "wrong-goods", "papers", "late", "other"] | None = None  # fmt: skip  # noqa: E501


class ReceivedUnit(Closed):
    """What became of a crate or pallet of the shipment, as a whole."""

    unit: DigestName
    outcome: Literal["accepted", "refused", "missing", "damaged"]


class ReceiveData(Closed):
    """What was not taken over: missing, damaged, difference of scales; and the checks. ``units``:
    the crates and pallets that were looked at; the others count as opened."""

    units: tuple[ReceivedUnit, ...] = Field(default=(), max_length=MAX_UNITS, fail_fast=True)

    losses: tuple[Difference, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    gains: tuple[Difference, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    checks: Checks | None = None
    receiver: Annotated[Line | None, PERSONAL_PARTY] = None


class Receive(GoodsRecord):
    """All holdings of one ``ship`` are taken over, refused, or found missing."""

    type: Literal["receive"]
    draws: Draws
    makes: tuple[ReceiveMake, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    data: ReceiveData


# -- consume and count -------------------------------------------------------------------------
class Sample(Closed):
    """A retained sample (Mẫu 4 and 5, Decision 1246/QĐ-BYT)."""

    name: Line
    quantity: QuantityText
    container: Code | None = None
    temperature: Celsius | None = None
    taken: Time | None = None
    discarded: Time | None = None
    keeper: Annotated[Line | None, PERSONAL_PARTY] = None


class Meal(Closed):
    """A dish that was served (Mẫu 2 and 3): servings and the hours that the form asks for."""

    meal: Literal["breakfast", "lunch", "snack", "dinner", "other"]
    dish: Line
    servings: Small
    prepared: Time | None = None
    cooked: Time | None = None
    portioned: Time | None = None
    served: Time | None = None
    hygiene: Literal["pass", "fail"] | None = None
    sensory: Literal["pass", "fail"] | None = None
    samples: tuple[Sample, ...] = Field(default=(), max_length=10, fail_fast=True)


class ConsumeData(Closed):
    """How goods left the ledger: ``to`` whom and where when sold, the meals when served."""

    kind: Literal["sold", "served", "given", "wasted", "destroyed", "sampled"]
    to: Annotated[Line | None, PERSONAL_PARTY] = None
    meals: tuple[Meal, ...] = Field(default=(), max_length=20, fail_fast=True)
    cause: Line | None = None


class Consume(GoodsRecord):
    """Own holdings leave the ledger; nothing is made."""

    type: Literal["consume"]
    draws: Draws
    data: ConsumeData


class CountData(Closed):
    """The difference that a stocktake found, explained."""

    losses: tuple[Difference, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    gains: tuple[Difference, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)


class Count(GoodsRecord):
    """A stocktake: all that the ledger knows of these holdings, and what was found."""

    type: Literal["count"]
    draws: Draws
    makes: tuple[Make, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    data: CountData


# -- diary and inspect -------------------------------------------------------------------------
class DiaryData(Closed):
    """One entry of a farming diary (VietGAP, TCVN 11892-1:2017).

    ``phi`` is the pre-harvest interval in days, counted from the calendar day of ``at``.
    """

    activity: Literal[
        "sowing", "planting", "fertiliser", "pesticide", "irrigation", "weeding", "pruning",
        "feed", "treatment", "vaccination", "other",
    ]  # fmt: skip
    input: Code | None = None
    ingredient: Code | None = None
    pest: Code | None = None
    dose: Code | None = None
    amount: Annotated[QuantityText | None, AMOUNT] = None
    area: Annotated[QuantityText | None, AMOUNT] = None
    phi: Small | None = None
    season: Code | None = None
    operator: Annotated[Line | None, PERSONAL_PARTY] = None


class Diary(GoodsRecord):
    """What was done to a plot, pond, house or herd (``place``)."""

    type: Literal["diary"]
    place: PlaceId
    data: DiaryData


class Parameter(Closed):
    """One measured value of an inspection, as the report prints it."""

    name: Code
    value: Code
    unit: Code | None = None
    limit: Code | None = None
    result: Literal["pass", "fail"] | None = None


class InspectData(Closed):
    """``result`` of an inspection; the report itself is a ``ref`` with its SHA-256."""

    kind: Literal["laboratory", "rapid", "sensory", "field", "site"]
    result: Literal["pass", "fail", "inconclusive"]
    parameters: tuple[Parameter, ...] = Field(default=(), max_length=40, fail_fast=True)
    inspector: Annotated[Line | None, PERSONAL_PARTY] = None


class Inspect(GoodsRecord):
    """An inspection of lots, plots or retained samples."""

    type: Literal["inspect"]
    about: tuple[About, ...] = Field(min_length=1, max_length=20, fail_fast=True)
    data: InspectData


# -- label -------------------------------------------------------------------------------------
Index = Annotated[int, Strict(), Field(ge=0, le=MAX_LABELS - 1)]


class Ahead(Closed):
    """So much of an own holding is reserved for what will be packed into the lot."""

    from_: HoldingName = Field(alias="from")
    quantity: Annotated[QuantityText | None, AMOUNT] = None


class Span(Closed):
    """Labels of a record by their indices, which count from 0: the first, and the last."""

    first: Index
    last: Index


class LabelData(Closed):
    """``count`` labels of ``net`` content each, as printed, whose serials the key ``key`` proves,
    ``ahead`` of packing if need be; or, of the labels of an earlier record, those in ``spans``
    (none named: all) that it ``voids``."""

    count: Annotated[int, Strict(), Field(ge=1, le=MAX_LABELS)] | None = None
    net: QuantityText | None = None
    key: Slug | None = None
    ahead: tuple[Ahead, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    voids: DigestName | None = None
    spans: tuple[Span, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)


class Label(GoodsRecord):
    """Labels for a lot of the signer's making, or the end of such labels."""

    type: Literal["label"]
    about: tuple[About, ...] = Field(min_length=1, max_length=1, fail_fast=True)
    data: LabelData


# -- correct and dispute -----------------------------------------------------------------------
class CorrectMake(Make):
    """``of``: which output of the corrected record stands here anew."""

    of: Small


class ShouldBe(Closed):
    """What output ``n`` of the corrected record should have been in all, drawn parts included."""

    n: Small
    quantity: Annotated[QuantityText | None, AMOUNT] = None


class Restated(Closed):
    """A record without goods, stated anew: its time, place and, by type, its data."""

    at: Time | None = None
    place: PlaceId | None = None
    diary: DiaryData | None = None
    inspect: InspectData | None = None
    harvest: HarvestData | None = None


class CorrectData(Closed):
    """``corrects`` an earlier record: ``void`` it, correct its outputs, or restate it."""

    corrects: DigestName
    reason: Line
    void: Flag = False
    outputs: tuple[ShouldBe, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    restated: Restated | None = None


class Correct(GoodsRecord):
    """An error set right, in the open: what remains is drawn, and made as it should have been."""

    type: Literal["correct"]
    draws: tuple[Draw, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    makes: tuple[CorrectMake, ...] = Field(default=(), max_length=MAX_LINES, fail_fast=True)
    data: CorrectData


class DisputeData(Closed):
    """What the party denies."""

    record: DigestName
    statement: Annotated[Prose | None, PERSONAL_PUBLIC] = None
    denies: Literal["origin", "quantity", "receipt", "consent", "everything"]


class Dispute(Record):
    """A party named in a record denies it."""

    type: Literal["dispute"]
    data: DisputeData


__all__ = [
    "Acquire", "Consume", "Correct", "Count", "Diary", "Dispute", "GoodsRecord", "Gtin",
    "Harvest", "Inspect", "Label", "LotCode", "Nothing", "Ratio", "Receive", "Record", "Ship",
    "Transform", "Unit", "Whole",
]  # fmt: skip
