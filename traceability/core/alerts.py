"""The register of alerts: what the rulebook accepts but marks (DESIGN §2, rules that warn).

``SERIOUS`` alerts speak against the goods or the record; the others ask for a look. Texts for
people lie in the catalogues under ``alert.<code>``.
"""

from typing import Final

ALERTS: Final[dict[str, str]] = {
    "late": "It was registered long after it happened.",
    "odd-hour": "It happened at an hour at which such goods seldom come in.",
    "time-order": "Its time lies slightly before that of what it draws on.",
    "one-sided": "A collector recorded it for a farm that has not confirmed it yet.",
    "harvest.yield": "The plot gave more this season than it can plausibly bear.",
    "harvest.interval": "The pre-harvest interval of a spraying was not over.",
    "diary.no-interval": "A spraying was entered without its pre-harvest interval.",
    "diary.copied": "Several inputs carry one and the same dose and interval.",
    "diary.restated-after-harvest": "A spraying was corrected after the harvest was on record.",
    "certificate.missing": "No certificate covers the claim.",
    "certificate.expired": "The certificate was not in force on the day of harvest.",
    "certificate.suspended": "The certificate was suspended or withdrawn on the day of harvest.",
    "certificate.scope": "The certificate does not cover this place or crop.",
    "claim.not-carried": "Not all ingredients carry the claim; it is not shown.",
    "loss-unexplained": "More was lost than anybody explained.",
    "process.yield": "The yield is outside the range of the process.",
    "process.water": "More water was added than the process allows.",
    "receive.difference": "Sent and received differ beyond the tolerance.",
    "speed": "The goods arrived sooner than a lorry can drive.",
    "shortfall": "More was passed on than there was after the correction.",
    "label.surplus": "More labels were printed than there are goods in the lot.",
    "disputed": "A party that the record names denies it.",
    "inspect.failed": "An inspection was failed.",
}

SERIOUS: Final = frozenset(
    {
        "harvest.interval",
        "certificate.suspended",
        "shortfall",
        "label.surplus",
        "disputed",
        "inspect.failed",
        "process.water",
    }
)
