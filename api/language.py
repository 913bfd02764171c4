"""Which language a reader wants: Vietnamese, or English (RFC 9110 §12.5.4, ``Accept-Language``).

Vietnamese is the language of the house: it is given unless English is asked for by ``?lang=en``
or liked better than Vietnamese.
"""

from functools import lru_cache
from typing import Final, Literal

Language = Literal["vi", "en"]

_LONGEST: Final = 256


@lru_cache(maxsize=1024)
def preferred(header: str, wish: str = "") -> Language:
    """The language for an ``Accept-Language`` header; ``wish`` (from ``?lang=``) goes before it."""
    if wish in ("vi", "en"):
        return "vi" if wish == "vi" else "en"
    liking: dict[str, float] = {}
    for part in header[:_LONGEST].lower().split(","):
        name, _, rest = part.partition(";")
        liking.setdefault(name.strip().split("-")[0], _quality(rest))
    anything = liking.get("*", 0.0)
    vietnamese, english = liking.get("vi", anything), liking.get("en", anything)
    return "en" if english > vietnamese else "vi"


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
