"""Which language a reader wants: Vietnamese, or English (RFC 9110 §12.5.4, ``Accept-Language``).

Vietnamese is the language of the house: it is given unless English is asked for by ``?lang=en``
or liked better than Vietnamese. Ranges are looked up as RFC 4647 §3.4 has it: ``en-GB`` is served
by ``en``. A language of weight 0 is one that the reader does not want.
"""

from functools import lru_cache
from typing import Literal

from api.accept import bounded, weight

Language = Literal["vi", "en"]


@lru_cache(maxsize=1024)
def preferred(header: str, wish: str = "") -> Language:
    """The language for an ``Accept-Language`` header; ``wish`` (from ``?lang=``) goes before it."""
    if wish in ("vi", "en"):
        return "vi" if wish == "vi" else "en"
    liking: dict[str, float] = {}
    for part in bounded(header).lower().split(","):
        name, _, rest = part.partition(";")
        liked, primary = _quality(rest), name.strip().split("-")[0]
        if liked is not None:
            liking[primary] = max(liked, liking.get(primary, 0.0))
    anything = liking.get("*", 0.0)
    vietnamese, english = liking.get("vi", anything), liking.get("en", anything)
    if liking.get("vi") == 0.0 and liking.get("en") != 0.0:
        return "en"
    return "en" if english > vietnamese else "vi"


def _quality(parameters: str) -> float | None:
    """The weight, or None where what stands there is none: the language was not named then."""
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    return weight(value.strip())
