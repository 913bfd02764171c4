"""Who, where, what and when: the parties, places, goods and steps of a lot on its page."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from api.web.verdict import State
from api.web.words import Amount, Value, Words


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened, as precisely as its holder agreed to show.

    ``code`` is the location tracing code (GLN or the ledger's own number; Circular 02/2024,
    field 5), ``growing_area`` an opaque growing-area code, with its date and authority if known.
    """

    name: str = ""
    commune: str = ""
    province: str = ""
    country: str = ""
    code: str = ""
    growing_area: str = ""
    growing_area_issued: date | None = None
    growing_area_authority: str = ""

    @property
    def area(self) -> str:
        """Commune, province and country, as far as known."""
        return ", ".join(part for part in (self.commune, self.province, self.country) if part)


@dataclass(frozen=True, slots=True)
class Party:
    """Who. ``name`` is empty where the party did not agree to be named.

    ``role`` is a role or a buyer's kind of the ledger ("farm", "cooperative", "school-kitchen" …),
    ``code`` the identification code of a producer, importer or trader (Decree 37/2026).
    """

    role: str
    name: str = ""
    address: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A product's picture on this host. It stands in a frame of 8 to 5, whatever its own shape."""

    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Product:
    """``claims`` ("VietGAP") are only those that all ingredients carried; others are not shown."""

    name: str
    variety: str = ""
    brand: str = ""
    model: str = ""
    net_content: Amount | None = None
    picture: Picture | None = None
    claims: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    safety_warnings: tuple[str, ...] = ()
    storage: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """One farm, plot, pond or supplier at the beginning of the lot.

    ``proven`` is false where goods were acquired from outside the ledger: declared only.
    """

    party: Party
    place: Place
    harvested: tuple[date, ...] = ()
    amount: Amount | None = None
    proven: bool = True


class StepKind(StrEnum):
    """What was done to the lot, in the words of a reader, not of the ledger."""

    HARVEST = "harvest"
    ACQUIRE = "acquire"
    SORT = "sort"
    PACK = "pack"
    PROCESS = "process"
    ASSEMBLE = "assemble"
    TOP_UP = "top-up"
    MOVE = "move"
    UNIT = "unit"
    SHIP = "ship"
    RECEIVE = "receive"
    COUNT = "count"
    SELL = "sell"
    SERVE = "serve"
    GIVE = "give"
    WASTE = "waste"
    DESTROY = "destroy"
    SAMPLE = "sample"
    DIARY = "diary"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Goods:
    """What went into a step: a lot, or an ingredient such as water that has none."""

    name: str
    lot: str = ""
    amount: Amount | None = None
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A measured or observed value of a step: temperature, sensory check, reject, yield …"""

    label: Words
    value: Value
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of production or trade (Circular 02/2024, field 5).

    ``at``/``until``: the time claimed by who recorded it, with its offset. ``counterpart`` is the
    consignee of a shipment, the shipper of a receipt, the seller of an acquisition. ``amounts``
    are those made (a count and a weighed mass, or none where not disclosed). ``declared``: a
    statement that nothing on the ledger supports. ``code``: the product tracing code at this
    stage, GTIN and lot.
    """

    kind: StepKind
    at: datetime
    who: Party
    place: Place = field(default_factory=Place)
    until: datetime | None = None
    counterpart: Party | None = None
    title: Words | None = None
    amounts: tuple[Amount, ...] = ()
    inputs: tuple[Goods, ...] = ()
    facts: tuple[Fact, ...] = ()
    declared: bool = False
    disputed: bool = False
    corrected_on: date | None = None
    code: str = ""
