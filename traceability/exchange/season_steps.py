"""What happens in a season's flow, as ``flow.toml`` writes it: one closed form per kind of step.

Field names follow the record types (DESIGN §2, ``core/records.py``); parties, places, products and
goods go by the short names that the season's files give them. ``label`` names a step, or the goods
that it makes; ``from`` names the goods that are drawn. What is on the road bears the name
``<label of its ship>/<number of the line>``.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config

from traceability.core.moment import DATE_PATTERN, TIME_PATTERN
from traceability.core.quantity import QUANTITY_PATTERN

Key = Annotated[str, Field(min_length=1, max_length=60)]
Amount = Annotated[str, Field(pattern=QUANTITY_PATTERN)]
Time = Annotated[str, Field(pattern=TIME_PATTERN)]
Day = Annotated[str, Field(pattern=DATE_PATTERN)]
Check = Literal["pass", "fail"]

closed = with_config(ConfigDict(extra="forbid"))


# -- the parts of steps ------------------------------------------------------------------------
@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """So much of what goes by the name ``from_``."""

    from_: Annotated[Key, Field(alias="from")]
    quantity: Amount
    count: Amount | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """Goods that a step makes. Without a ``label`` they go by their lot code."""

    product: Key
    lot: Key
    quantity: Amount
    label: Key | None = None
    count: Amount | None = None
    claims: tuple[Key, ...] = ()
    packed: Day | None = None
    expires: Day | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a receipt; ``of`` is the line of the shipment that it answers."""

    label: Key
    of: int
    outcome: Literal["accepted", "refused"]
    quantity: Amount
    count: Amount | None = None
    reason: Key | None = None
    place: Key | None = None  #: where refused goods go back to; else the step's own place


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A loss or gain and its cause; ``of`` is the line of the shipment, where there is one."""

    cause: Key
    quantity: Amount
    count: Amount | None = None
    of: int | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A paper."""

    type: Key
    number: str


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What was checked at the door."""

    temperature: str | None = None
    sensory: Check | None = None
    rapid: Check | None = None
    action: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where acquired goods came from."""

    kind: Literal["off-ledger", "opening", "unrecorded"]
    party: Key | None = None
    name: str | None = None
    phone: str | None = None
    deliverer: str | None = None
    country: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A retained sample."""

    name: str
    quantity: Amount
    container: str | None = None
    temperature: str | None = None
    taken: Time | None = None
    discarded: Time | None = None
    keeper: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Meal:
    """A dish that was served."""

    meal: Literal["breakfast", "lunch", "snack", "dinner", "other"]
    dish: str
    servings: int
    prepared: Time | None = None
    cooked: Time | None = None
    portioned: Time | None = None
    served: Time | None = None
    hygiene: Check | None = None
    sensory: Check | None = None
    samples: tuple[Sample, ...] = ()


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an inspection is about: a place, or the lot of the goods ``lot_of``."""

    place: Key | None = None
    lot_of: Key | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One measured value."""

    name: str
    value: str
    unit: str | None = None
    limit: str | None = None
    result: Check | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class ShouldBe:
    """What output ``n`` of a corrected record should have been in all."""

    n: int
    quantity: Amount


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """An output of a correction: what remains of output ``of``, or an input returned."""

    label: Key
    of: int
    quantity: Amount
    count: Amount | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """A diary entry, said anew: what is not given stays as it was."""

    at: Time | None = None
    phi: int | None = None
    dose: str | None = None


# -- the steps ---------------------------------------------------------------------------------
@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every step says: when it happened, who records it and for whom.

    ``recorded`` is when it was entered, where that was not at once.
    """

    at: Time
    by: Key
    for_: Annotated[Key | None, Field(alias="for")] = None
    recorded: Time | None = None
    label: Key | None = None
    place: Key | None = None
    note: str | None = None
    refs: tuple[Ref, ...] = ()

    @property
    def acting(self) -> str:
        """The party that it is for: ``for`` where somebody acts for another, else ``by``."""
        return self.for_ or self.by


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest(Step):
    """A harvest that no register has: a trader's, at the roadside."""

    do: Literal["harvest"]
    makes: tuple[Make, ...]
    season: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Acquire(Step):
    """Goods from outside the ledger."""

    do: Literal["acquire"]
    source: Source
    makes: tuple[Make, ...]
    names: tuple[str, ...] = ()
    checks: Checks | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Transform(Step):
    """Own goods become own goods."""

    do: Literal["transform"]
    kind: Literal["move-sort-pack", "process", "assemble", "top-up"]
    draws: tuple[Draw, ...]
    makes: tuple[Make, ...]
    losses: tuple[Difference, ...] = ()
    gains: tuple[Difference, ...] = ()
    process: Key | None = None
    since: Time | None = None
    line: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Ship(Step):
    """Goods on their way ``to`` a consignee; or, late, the shipment that ``closes`` an acquire."""

    do: Literal["ship"]
    to: Key
    draws: tuple[Draw, ...]
    closes: Key | None = None
    vehicle: str | None = None
    seal: str | None = None
    driver: str | None = None
    temperature: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Receive(Step):
    """All of one ``shipment`` is taken over, refused or found missing."""

    do: Literal["receive"]
    shipment: Key
    makes: tuple[Line, ...]
    losses: tuple[Difference, ...] = ()
    gains: tuple[Difference, ...] = ()
    checks: Checks | None = None
    receiver: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Consume(Step):
    """Goods leave the ledger."""

    do: Literal["consume"]
    kind: Literal["sold", "served", "given", "wasted", "destroyed", "sampled"]
    draws: tuple[Draw, ...]
    to: str | None = None
    cause: str | None = None
    meals: tuple[Meal, ...] = ()


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect(Step):
    """An inspection of places or lots."""

    do: Literal["inspect"]
    about: tuple[About, ...]
    kind: Literal["laboratory", "rapid", "sensory", "field", "site"]
    result: Literal["pass", "fail", "inconclusive"]
    parameters: tuple[Parameter, ...] = ()
    inspector: str | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Correct(Step):
    """An error of the record ``corrects`` set right: void, by outputs, or restated."""

    do: Literal["correct"]
    corrects: Key
    reason: str
    void: bool = False
    outputs: tuple[ShouldBe, ...] = ()
    draws: tuple[Draw, ...] = ()
    makes: tuple[Again, ...] = ()
    restated: Restated | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Step):
    """A farm confirms what ``agent`` recorded for it."""

    do: Literal["confirm"]
    agent: Key
    confirms: tuple[Key, ...]


AnyStep = Annotated[
    Harvest | Acquire | Transform | Ship | Receive | Consume | Inspect | Correct | Confirm,
    Field(discriminator="do"),
]
