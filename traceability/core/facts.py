"""The things that the ledger's state is made of, and ``Effects``: what one record changes.

Amounts are integers in base units of their quantity's dimension (milligrams, microlitres,
pieces …); ``None`` means *signed, but not disclosed to us*, and never zero. Times are Unix
milliseconds; ``at`` is claimed, ``time`` is the log's acceptance.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from traceability.core.codec import SignedRecord

HoldingKey = tuple[int, int]  #: (index of the record that made it, number of the output)
LotKey = tuple[str, str]  #: (GTIN-14, lot code)
GONE: Final[HoldingKey] = (-1, -1)  #: ``live`` of an output of which nothing remains


@dataclass(slots=True)
class Accepted:
    """Where and when the log took a record: leaf index, and Unix milliseconds."""

    index: int
    time: int


@dataclass(slots=True)
class Holding:
    """So much of a lot, held by a party at a place.

    ``used`` and ``live`` belong to an output that was corrected: what others had drawn before the
    last correction, and the holding in which what remained lives on.
    """

    index: int
    n: int
    product: str
    lot: str
    holder: str | None
    place: str | None
    unit: str
    made: int | None
    left: int | None
    pieces: int | None
    pieces_left: int | None
    at: int
    claims: tuple[str, ...] = ()
    ship: int | None = None  #: index of the shipment while in transit
    shipper: str | None = None
    sent_from: str | None = None  #: the place that it left, while in transit
    used: int = 0
    live: HoldingKey | None = None

    @property
    def key(self) -> HoldingKey:
        """(index, n)."""
        return self.index, self.n

    @property
    def lot_key(self) -> LotKey:
        """(product, lot code)."""
        return self.product, self.lot


@dataclass(slots=True)
class Lot:
    """A lot belongs to the party that made it first; ``maker`` is None while it is only declared
    (acquired goods). ``opened`` is an acceptance time, 0 while there are only labels for it.

    ``made`` is what its maker made of it (``rules.made``) and ``labelled`` what its labels stand
    for, both in base units of the dimension of ``unit``. ``labeller`` is who labelled it ahead,
    until somebody makes it.
    """

    product: str
    lot: str
    maker: str | None
    place: str | None
    opened: int
    index: int
    unit: str | None = None
    made: int | None = 0
    labelled: int = 0
    labeller: str | None = None

    @property
    def key(self) -> LotKey:
        """(product, lot code)."""
        return self.product, self.lot


@dataclass(frozen=True, slots=True)
class Statement:
    """A registry statement: it supersedes an earlier one about the same subject."""

    kind: str
    subject: str
    index: int
    time: int
    iss: str
    party: str  #: whose it is: the party that acted, or that is spoken of
    declared: bool  #: stated by another than it concerns (operator for a farm, holder for itself)
    data: Any


@dataclass(slots=True)
class KeyEntry:
    """A key and its life. ``trusted``: last index up to which its records stand undisputed."""

    kid: str
    party: str
    raw: bytes
    index: int
    custody: str
    recovery: bool = False
    revoked: int | None = None
    trusted: int | None = None


@dataclass(slots=True)
class RecordEntry:
    """What the rules need to know of an earlier record without reading it."""

    index: int
    name: str
    type: str
    iss: str
    acting: str
    at: int
    time: int


@dataclass(slots=True)
class Crop:
    """A harvested output, as the farming rules look at it; ``amount`` in base units."""

    index: int
    n: int
    place: str
    party: str
    product: str
    date: str
    season: str | None
    unit: str
    amount: int | None
    claims: tuple[str, ...]


@dataclass(slots=True)
class DiaryEntry:
    """A diary entry as it now stands; ``restated`` is the index of the last correction."""

    index: int
    place: str
    party: str
    date: str
    activity: str
    input: str | None
    dose: str | None
    phi: int | None
    restated: int | None = None
    void: bool = False


@dataclass(frozen=True, slots=True)
class Inspection:
    """An inspection of one subject (``lot:<gtin>:<lot>``, ``place:<id>``)."""

    index: int
    subject: str
    kind: str
    result: str
    by_auditor: bool


@dataclass(frozen=True, slots=True)
class AlertKey:
    """An alert names the record at which it arises, one of its outputs (or -1), and a detail."""

    index: int
    n: int
    code: str
    detail: str


@dataclass(slots=True)
class Alert:
    """An alert with the index that opened it and, when a paper answered it, the one that closed
    it. Descendants do not copy it: it is read through the lineage."""

    key: AlertKey
    opened: int
    closed: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A record speaks of an earlier one: ``correct``, ``void`` (a correction too), ``dispute``,
    ``closes``, ``confirms``."""

    index: int
    about: int
    kind: str


@dataclass(frozen=True, slots=True)
class Label:
    """A ``label`` record: ``count`` labels for a lot, of ``each`` base units of the lot's unit.

    ``voided`` are ranges of indices, first and last, sorted and apart. ``lost``: the record by
    which the lot came to be another's than theirs, and all of them came to nothing.
    """

    index: int
    name: str
    product: str
    lot: str
    party: str
    count: int
    net: str
    each: int
    key: str
    voided: tuple[tuple[int, int], ...] = ()
    lost: int | None = None

    @property
    def lot_key(self) -> LotKey:
        """(product, lot code)."""
        return self.product, self.lot


@dataclass(frozen=True, slots=True)
class Reserve:
    """Line ``n`` of what label record ``index`` reserves for a lot: ``amount`` of a holding, in its
    base units, and what that is ``worth`` in those of the lot."""

    index: int
    n: int
    source: HoldingKey
    product: str
    lot: str
    party: str
    amount: int | None
    worth: int | None

    @property
    def lot_key(self) -> LotKey:
        """(product, lot code)."""
        return self.product, self.lot


@dataclass(frozen=True, slots=True)
class Packed:
    """So much of a lot in a unit. ``source`` is the holding that it is a part of, as it is now."""

    source: HoldingKey
    product: str
    lot: str
    unit: str
    amount: int | None
    pieces: int | None

    @property
    def lot_key(self) -> LotKey:
        """(product, lot code)."""
        return self.product, self.lot


@dataclass(frozen=True, slots=True)
class Unit:
    """A crate or pallet around ``contents`` and around the units whose ``parent`` it is.

    ``number`` is an SSCC (``sscc``) or the packer's (``party``) own. ``holder`` and ``ship`` are as
    of the goods in it; ``sent`` is the first shipment it went by, ``consignee`` to whom it went
    last. ``opened``: the record by which it is no unit any more, and ``outcome`` why.
    """

    index: int
    name: str
    party: str
    number: str
    sscc: bool
    kind: str
    holder: str | None
    ship: int | None = None
    sent: int | None = None
    parent: int | None = None
    opened: int | None = None
    outcome: str | None = None  #: opened, missing or damaged
    consignee: str | None = None
    contents: tuple[Packed, ...] = ()


@dataclass(slots=True)
class Drawn:
    """A draw as the ledger books it."""

    index: int
    n: int
    source: HoldingKey
    amount: int | None
    pieces: int | None


@dataclass(slots=True)
class Effects:
    """What one accepted record changes. ``State.absorb`` and the storage's commit both read it."""

    record: SignedRecord
    at: Accepted
    entry: RecordEntry
    made: list[Holding] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)
    moved: list[tuple[HoldingKey, int, HoldingKey]] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    keys: list[KeyEntry] = field(default_factory=list)
    revoked: list[tuple[str, int | None]] = field(default_factory=list)
    crops: list[Crop] = field(default_factory=list)
    diaries: list[DiaryEntry] = field(default_factory=list)
    inspections: list[Inspection] = field(default_factory=list)
    opened: list[AlertKey] = field(default_factory=list)
    closed: list[AlertKey] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    reserves: list[Reserve] = field(default_factory=list)
    units: dict[int, Unit] = field(default_factory=dict)  #: by index, as the record leaves them
