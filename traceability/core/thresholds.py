"""The thresholds of the rulebook: data, with a version and a source for each (DESIGN §2).

A ``rules`` record names a set of thresholds by digest, from its own index on, so that a replay
means the same thing for ever. A published set is never changed: a new one is added to ``SETS``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Final

import orjson

from traceability.core import b64
from traceability.core.errors import RuleError

HOUR: Final = 3_600_000  #: milliseconds
DAY: Final = 24 * HOUR

#: Kilograms per hectare and season beyond which a harvest is implausible. Source: set by the
#: project at about twice a very good commercial yield, so that an honest farm never meets it;
#: to be replaced by the agricultural authority's norms, crop by crop, in a later set.
_YIELDS: Final = {
    "pineapple": 60_000,
    "pomelo": 50_000,
    "lime": 50_000,
    "rice": 12_000,
    "coffee": 8_000,
    "vegetable": 60_000,
    "mango": 40_000,
    "sugar-cane": 180_000,
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One published set. Times in milliseconds; ratios in parts per thousand."""

    version: int
    #: DESIGN §2: refused when claimed later than accepted; phones' clocks are seldom further off.
    clock_skew: int = 5 * 60_000
    #: DESIGN §2: refused when more than a day before what it draws.
    order_slack: int = DAY
    #: DESIGN §2: refused when signed over 30 days before acceptance.
    signed_within: int = 30 * DAY
    #: DESIGN §2: a lot may be added to for 72 h.
    lot_open: int = 72 * HOUR
    #: Project: a clerk who copies paper in the evening, or after a week-end, is not late.
    late: int = 72 * HOUR
    #: Project: sum of differences at receipt, per mille of what was shipped, before both are told.
    receive_tolerance: int = 10
    #: Project: gain that scales explain, per mille.
    scale_gain: int = 10
    #: Project: loss that nobody explained, per mille of what was drawn.
    unexplained_loss: int = 30
    #: Project: gain of nominal mass when pieces of one product become pieces of another, per mille:
    #: graded eggs differ from the average; beyond the first marked, beyond the second refused.
    nominal_gain: int = 250
    nominal_gain_limit: int = 1000
    #: Project: how far a late shipment may differ from the intake that it closes, per mille.
    closing_gap: int = 100
    #: Project: a lorry does not average more than this between two places, km/h.
    speed: int = 100
    #: Project: two positions nearer than this are one place for the speed check, metres.
    near: int = 2_000
    #: Project, after the label-laundering case of 2022 (goods taken in by night): local minutes.
    odd_from: int = 22 * 60 + 30
    odd_until: int = 2 * 60 + 30
    #: Project: as many different inputs with one and the same interval and dose look copied.
    copied_entries: int = 3
    #: Project: seasons that carry no code are told apart by this many days.
    season_days: int = 120
    yields: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(_YIELDS))

    @property
    def digest(self) -> str:
        """base64url(SHA-256) of the set as canonical JSON."""
        members = {name: getattr(self, name) for name in self.__slots__}
        members["yields"] = dict(self.yields)
        return b64.encode(sha256(orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).digest())

    @staticmethod
    def named(digest: str) -> "Thresholds":
        """The set with this digest; ``RuleError("rules.unknown")`` when this version of the
        software does not know it."""
        found = SETS.get(digest)
        if found is None:
            raise RuleError("rules.unknown", digest=digest)
        return found


RULEBOOK: Final = 1  #: the version of the rules themselves
FIRST: Final = Thresholds(version=1)
SETS: Final[Mapping[str, Thresholds]] = MappingProxyType({FIRST.digest: FIRST})
