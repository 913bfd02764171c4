"""What is wrong with a field, in a closed set of reasons that have a text in every language.

pydantic says it in English sentences with regular expressions in them: nothing for people in the
field, nor for programs that would tell one fault from another. ``REASONS`` are all that a refusal
gives instead; the catalogues have them as ``field.<reason>``. No reason carries the value, which
may be personal.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import ErrorDetails

from traceability.core import claims, ids, moment, quantity

REASONS: Final[dict[str, str]] = {
    "missing": "it is missing",
    "unknown": "there is no such field here",
    "text": "it must be text",
    "number": "it must be a whole number",
    "flag": "it must be true or false",
    "list": "it must be a list",
    "object": "it must be an object",
    "too-long": "it is too long; the limit is {limit}",
    "too-short": "it is too short; at least {limit} is needed",
    "too-small": "it must be at least {limit}",
    "too-large": "it must be at most {limit}",
    "step": "it must be a multiple of {limit}",
    "line": "it must be text without line breaks and control characters, and not empty",
    "prose": "it must be text without control characters, and not empty",
    "form": "it does not have the right form, which is that of {example}",
    "choice": "it must be one of {known}",
    "wrong": "its value cannot be taken",
}

_BY_TYPE: Final[Mapping[str, str]] = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "string_type": "text",
    "int_type": "number",
    "int_parsing": "number",
    "int_from_float": "number",
    "int_parsing_size": "number",
    "bool_type": "flag",
    "bool_parsing": "flag",
    "list_type": "list",
    "tuple_type": "list",
    "model_type": "object",
    "model_attributes_type": "object",
    "dict_type": "object",
}
_LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "string_too_long": ("too-long", "max_length"),
    "too_long": ("too-long", "max_length"),
    "string_too_short": ("too-short", "min_length"),
    "too_short": ("too-short", "min_length"),
    "greater_than_equal": ("too-small", "ge"),
    "less_than_equal": ("too-large", "le"),
    "multiple_of": ("step", "multiple_of"),
}
_is_choice: Final = re.compile(r"'([^']*)'").findall


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason and what its sentence names."""

    reason: str
    params: Mapping[str, object]

    def as_params(self, field: str) -> dict[str, object]:
        """The parameters of an error whose sentence says ``{field}`` and ``{what}``."""
        what = REASONS[self.reason].format(**self.params)
        return {"field": field, "what": what, "reason": self.reason, **self.params}


def fault_of(error: ErrorDetails) -> Fault:
    """What pydantic found, as one of our reasons."""
    kind, known = error["type"], error.get("ctx", {})
    if kind in _LIMITS:
        reason, name = _LIMITS[kind]
        return Fault(reason, {"limit": known[name]})
    if kind in ("literal_error", "enum"):
        return Fault("choice", {"known": ", ".join(_is_choice(known["expected"]))})
    if kind == "string_pattern_mismatch":
        return form(known["pattern"])
    return Fault(_BY_TYPE.get(kind, "wrong"), {})


def form(pattern: str) -> Fault:
    """That a text has not the form of a pattern."""
    if pattern in LINES:
        return Fault(LINES[pattern], {})
    example = EXAMPLES.get(pattern)
    return Fault("wrong", {}) if example is None else Fault("form", {"example": example})


def pointer_of(steps: Iterable[object]) -> str:
    """The JSON pointer (RFC 6901) of a place. A name that no model has comes from outside, and is
    cut short."""
    cut = (str(step)[:40].replace("~", "~0").replace("/", "~1") for step in steps)
    return "".join(f"/{step}" for step in cut)


def _pattern(scalar: Any) -> str:
    """The pattern of one of the scalars in ``core.claims``."""
    marks = [mark for field in scalar.__metadata__ for mark in getattr(field, "metadata", ())]
    return next(str(mark.pattern) for mark in marks if getattr(mark, "pattern", None))


#: Patterns that any text meets which people write on one line (or on several).
LINES: Final[Mapping[str, str]] = {
    _pattern(claims.Code): "line",
    _pattern(claims.Line): "line",
    _pattern(claims.Prose): "prose",
}
#: A text of each form.
EXAMPLES: Final[Mapping[str, str]] = {
    ids.PARTY_PATTERN: "p-0123456789abcdef",
    ids.PLACE_PATTERN: "l-0123456789abcdef",
    ids.CERTIFICATE_PATTERN: "c-0123456789abcdef",
    ids.DIGEST_PATTERN: "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ",
    ids.HOLDING_PATTERN: "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ.0",
    ids.NONCE_PATTERN: "AAECAwQFBgcICQoLDA0ODw",
    ids.ORIGIN_PATTERN: "goc.example/vn",
    ids.GTIN_PATTERN: "02000000000015",
    ids.GLN_PATTERN: "8930000000004",
    ids.SSCC_PATTERN: "089300000000000019",
    ids.LOT_PATTERN: "CD-0912-A",
    moment.TIME_PATTERN: "2026-11-22T06:30:00+07:00",
    moment.DATE_PATTERN: "2026-11-22",
    quantity.QUANTITY_PATTERN: "1234.5 KGM",
    _pattern(claims.Ratio): "0.85",
    _pattern(claims.Degrees): "105.4710",
    _pattern(claims.Celsius): "4.5",
    _pattern(claims.Sha256): "0" * 64,
    _pattern(claims.Country): "VN",
    _pattern(claims.Slug): "viet-gap",
    r"^[A-Za-z0-9_-]{86}$": "A" * 86,  # a signature: proof of possession
}

#: Forms that have codes of their own: who reads the text says what is wrong with it.
READERS: Final[Mapping[str, Callable[[str], object]]] = {
    quantity.QUANTITY_PATTERN: quantity.Quantity.parse,
    ids.GTIN_PATTERN: ids.gtin14,
    ids.GLN_PATTERN: ids.gln,
    ids.SSCC_PATTERN: ids.sscc,
    moment.TIME_PATTERN: moment.parse_time,
    moment.DATE_PATTERN: moment.parse_date,
}
