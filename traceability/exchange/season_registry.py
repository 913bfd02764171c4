"""Who, where, what and on whose word in a season, as ``registry.toml`` and ``plots.csv`` write it.

Field names follow the registry's record types (``core/registry_records.py``). Keys are short names
within the season's files; whoever signs the records draws random identifiers for them.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from traceability.exchange.season_steps import Amount, Day, Key, Time, closed

Ratio = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?$")]
Degrees = Annotated[str, Field(pattern=r"^-?[0-9]{1,3}\.[0-9]{6,9}$")]


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party. ``person``, ``shown`` and ``phone`` are to be hidden in its record."""

    key: Key
    roles: tuple[Key, ...]
    kind: Literal["organisation", "household", "person"]
    commune: Key
    name: str | None = None
    person: str | None = None
    shown: str | None = None
    phone: str | None = None
    number: str | None = None
    member_of: tuple[Key, ...] = ()
    custody: Literal["server", "device"] = "server"
    aliases: tuple[str, ...] = ()  #: how registers write it


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The ``grantors`` let ``agent`` record these ``types`` for them."""

    agent: Key
    grantors: tuple[Key, ...]
    types: tuple[Key, ...]
    until: Day


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A packhouse, factory, store, kitchen …: a point in WGS-84."""

    key: Key
    owner: Key
    kind: Key
    name: str
    commune: Key
    lon: Degrees
    lat: Degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot of a farm. ``shape``: (longitude, latitude) pairs as written, one for a point, else
    a closed ring."""

    key: str
    code: str
    farm: str
    commune: str
    crop: str
    variety: str
    area: Amount
    shape: tuple[tuple[Degrees, Degrees], ...]
    growing_area: str | None = None
    issued: Day | None = None
    authority: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The range of output per input, and the share of the output that may be water."""

    yield_min: Ratio | None = None
    yield_max: Ratio | None = None
    water_max: Ratio | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product, and who may make it."""

    key: Key
    gtin: Key
    owner: Key
    vi: str
    en: str
    makers: Literal["owner", "members", "licensed", "anyone"]
    unit: Key
    licensed: tuple[Key, ...] = ()
    crop: Key | None = None
    variety: str | None = None
    brand: str | None = None
    mass_per_unit: Amount | None = None
    net_content: Amount | None = None
    shelf_life: int | None = None  #: days
    storage: str | None = None
    warning: str | None = None
    standards: tuple[str, ...] = ()
    process: Process | None = None
    aliases: tuple[str, ...] = ()


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One statement about a certificate; a later one with the same key supersedes it. Signed by
    ``certifier`` where it is on the ledger, else declared by the holder."""

    key: Key
    scheme: Key
    number: str
    holder: Key
    from_: Annotated[Day, Field(alias="from")]
    to: Day
    certifier: Key | None = None
    certifier_name: str | None = None
    crops: tuple[Key, ...] = ()
    products: tuple[Key, ...] = ()
    places: tuple[Key, ...] = ()
    members: bool = True
    status: Literal["valid", "suspended", "withdrawn"] = "valid"
    status_from: Day | None = None
    recorded: Time | None = None  #: None: with the rest of the registry


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A harvest register. ``usual_time`` stands in where it gives no hour, ``product`` and
    ``season`` where it has no column for them."""

    file: str
    cooperative: Key
    usual_time: Annotated[str, Field(pattern=r"^\d\d:\d\d:\d\d$")] = "07:00:00"
    product: str = ""
    season: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the season is called, who operates the log, and when the registry was opened."""

    name: str
    operator: Key
    begins: Time


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """The province of all communes of the season."""

    code: str
    name: str


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All of ``registry.toml``."""

    season: Head
    province: Province
    communes: dict[str, str]
    party: tuple[Party, ...]
    consent: tuple[Consent, ...]
    place: tuple[Place, ...]
    product: tuple[Product, ...]
    certificate: tuple[Certificate, ...]
    register: tuple[Register, ...]
