"""GS1 Digital Link URIs, built and read (GS1 Digital Link Standard: URI Syntax, release 1.3).

A Digital Link carries GS1 keys in a web address: ``https://HOST/01/{GTIN}/10/{lot}/21/{serial}``.
The primary key and its qualifiers are pairs of path segments, in an order that the standard fixes
(sections 4.3 to 4.8), after any stem that the host likes; data attributes are query parameters with
numeric names; other parameters and the fragment are not GS1's and are passed over.

``read`` takes any such URI and says what it carries, as written: lengths and characters are
checked; check digits are, too, by ``check_digits``. ``DigitalLink`` is the strict form that our
labels print. Compressed URIs (section 5) are refused by name, since no label of ours is one.
"""

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote_to_bytes

from labels.application_identifiers import (
    CHECKED,
    FORMATS,
    NAMES,
    QUALIFIERS,
    fits,
    has_predefined_length,
    is_known,
    is_primary_key,
    may_be_attribute,
)
from traceability.core.errors import FormatError
from traceability.core.ids import check_digit, gtin14, is_lot

LONGEST: Final = 2048
_URI_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_SCHEME: Final = re.compile(r"(https?|HTTPS?)://")  # one case or the other: section 4.2
_AUTHORITY: Final = re.compile(r"[A-Za-z0-9\-.:\[\]]+")
_HOST: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
    r"|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
)
_BROKEN_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SHORT_GTIN: Final = re.compile(r"[0-9]{8}|[0-9]{12,13}")
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]{10,}")


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier (two to four digits) with its value, percent-decoded."""

    ai: str
    value: str


@dataclass(frozen=True, slots=True)
class ReadLink:
    """What a Digital Link URI carries: its stem, the pairs of its path, those of its query."""

    stem: str
    path: tuple[Element, ...]
    attributes: tuple[Element, ...]

    @property
    def elements(self) -> tuple[Element, ...]:
        """All elements in the order in which they stand, the primary key first."""
        return self.path + self.attributes

    def value(self, ai: str) -> str | None:
        """The value of ``ai``, or ``None`` where the link does not carry it."""
        return next((e.value for e in self.elements if e.ai == ai), None)

    def element_string(self, separator: str = "^") -> str:
        """The unbracketed element string, ``separator`` standing for FNC1.

        It opens with FNC1; later ones stand only after a value that has no predefined length
        (General Specifications, section 7.8).
        """
        text, separate = "", True
        for element in self.elements:
            text += (separator if separate else "") + element.ai + element.value
            separate = not has_predefined_length(element.ai)
        return text


def read(
    uri: str, *, names: bool = False, short_gtins: bool = False, unknown_attributes: bool = False
) -> ReadLink:
    """Read a Digital Link URI; ``FormatError`` with a ``link.*`` code when it is none.

    Three leniencies are off unless asked for: ``names`` takes the withdrawn words (``gtin``,
    ``lot``, ``ser``) for identifiers in the path, ``short_gtins`` pads a GTIN-8, -12 or -13 to 14
    digits, ``unknown_attributes`` takes numeric parameters that GS1 has not assigned.
    """
    origin, segments, query = _split(uri)
    start = _find_key(segments, names)
    if start is None:
        raise FormatError("link.compressed" if _may_be_compressed(segments) else "link.no-key")
    path = tuple(
        _element(_ai(name, names), _decode(raw, in_query=False), short_gtins)
        for name, raw in zip(segments[start::2], segments[start + 1 :: 2], strict=True)
    )
    attributes = tuple(
        _element(name, _decode(raw, in_query=True), short_gtins)
        for name, raw in _numeric_parameters(query, unknown_attributes)
    )
    _check_order(path)
    _check_attributes(path, attributes)
    return ReadLink("/".join([origin, *segments[:start]]), path, attributes)


def check_digits(link: ReadLink) -> None:
    """Refuse a link one of whose keys has a wrong check digit (General Specifications, section
    7.9): ``gtin.check-digit`` for the product, ``link.check-digit`` for any other."""
    for ai, value in ((each.ai, each.value) for each in link.elements):
        length = CHECKED.get(ai)
        if length is None:
            continue
        found, expected = int(value[length - 1]), check_digit(value[: length - 1])
        if found != expected:
            raise FormatError(
                "gtin.check-digit" if ai == "01" else "link.check-digit",
                f"/{ai}",
                ai=ai,
                found=found,
                expected=expected,
            )


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A link to a product, a lot of it, or one labelled unit, as our labels print it.

    ``domain`` is a host in ASCII (a name, an IPv4 or a bracketed IPv6 address) with an optional
    port; ``gtin`` takes 8, 12, 13 or 14 digits and is kept as 14; ``lot`` and ``serial`` have 1
    to 20 of GS1's 82 characters. ``scheme`` is "http" only for a ledger tried out on one's own
    machine.
    """

    domain: str
    gtin: str
    lot: str | None = None
    serial: str | None = None
    scheme: Literal["https", "http"] = "https"

    def __post_init__(self) -> None:
        host = self.domain.lower()
        if len(host) > 260 or not _HOST.fullmatch(host):
            raise FormatError("link.domain", "/domain")
        object.__setattr__(self, "domain", host)
        object.__setattr__(self, "gtin", gtin14(self.gtin))
        for ai, value in (("10", self.lot), ("21", self.serial)):
            if value is not None:
                _check_printable(ai, value)

    @property
    def uri(self) -> str:
        """The URI, byte for byte what the symbol carries."""
        return f"{self.scheme}://{self.domain}{self.path}"

    @property
    def path(self) -> str:
        """What of the URI comes after the host."""
        text = f"/01/{self.gtin}"
        for ai, value in (("10", self.lot), ("21", self.serial)):
            if value is not None:
                text += f"/{ai}/{quote(value, safe='')}"
        return text

    @classmethod
    def parse(cls, uri: str) -> "DigitalLink":
        """Read a URI whose primary key is a GTIN; a stem, and other elements, are passed over."""
        return cls.of(read(uri))

    @classmethod
    def of(cls, link: ReadLink) -> "DigitalLink":
        """What ``parse`` makes of a URI that was read already. Check digits must be right."""
        check_digits(link)
        key = link.path[0]
        if key.ai != "01":
            raise FormatError("link.not-a-product", ai=key.ai)
        scheme, _, rest = link.stem.partition("://")
        return cls(
            domain=rest.partition("/")[0],
            gtin=key.value,
            lot=link.value("10"),
            serial=link.value("21"),
            scheme="http" if scheme.lower() == "http" else "https",
        )


def _check_printable(ai: str, value: str) -> None:
    if not is_lot(value):  # serials (21) have the same form as lots (10)
        raise FormatError("link.value", f"/{ai}", ai=ai)
    if value in {".", ".."}:  # browsers drop such segments, even written as %2E (WHATWG URL)
        raise FormatError("link.dots", f"/{ai}", ai=ai)


def _split(uri: str) -> tuple[str, list[str], str]:
    """Origin (scheme and authority), path segments still encoded, and query."""
    if len(uri) > LONGEST:
        raise FormatError("link.too-long", limit=LONGEST)
    if not _URI_CHARACTERS.fullmatch(uri):
        raise FormatError("link.character")
    scheme = _SCHEME.match(uri)
    if scheme is None:
        raise FormatError("link.scheme")
    authority, slash, rest = uri[scheme.end() :].partition("/")
    if not slash:
        raise FormatError("link.no-key")
    if not _AUTHORITY.fullmatch(authority):
        raise FormatError("link.domain")
    path, _, query = rest.partition("#")[0].partition("?")
    return scheme.group() + authority, path.split("/"), query


def _ai(name: str, names: bool) -> str:
    return NAMES.get(name, name) if names else name


def _find_key(segments: list[str], names: bool) -> int | None:
    """Where the last primary key stands, found from the end so that a stem may hold anything."""
    for at in range(len(segments) - 2, -1, -2):
        ai = _ai(segments[at], names)
        if not is_known(ai):
            return None
        if is_primary_key(ai):
            return at
    return None


def _may_be_compressed(segments: list[str]) -> bool:
    """Whether the last segment could be section 5's form: its first byte opens an identifier."""
    last = segments[-1]
    if not _BASE64URL.fullmatch(last) or len(last) % 4 == 1:
        return False
    first = urlsafe_b64decode(last[:4])[0]
    digits = f"{first:02x}"
    return not digits.isdigit() or any(ai.startswith(digits) for ai in FORMATS)


def _numeric_parameters(query: str, unknown: bool) -> list[tuple[str, str]]:
    """The parameters whose names are GS1's: all-numeric names are reserved for identifiers."""
    found = []
    for parameter in query.split("&"):
        name, equals, raw = parameter.partition("=")
        if not equals or not name.isdigit():
            continue
        if not is_known(name) and not (unknown and 2 <= len(name) <= 4):
            raise FormatError("link.unknown-ai", ai=name)
        found.append((name, raw))
    return found


def _decode(raw: str, *, in_query: bool) -> str:
    if _BROKEN_PERCENT.search(raw):
        raise FormatError("link.percent")
    # Latin-1 keeps every byte apart; those that no value may hold are refused with the value.
    return unquote_to_bytes(raw.replace("+", " ") if in_query else raw).decode("latin-1")


def _element(ai: str, value: str, short_gtins: bool) -> Element:
    if not value:
        raise FormatError("link.empty", ai=ai)
    if short_gtins and ai == "01" and len(value) in {8, 12, 13}:
        value = value.zfill(14)
    if ai == "01" and _SHORT_GTIN.fullmatch(value):
        raise FormatError("link.short-gtin", expected=value.zfill(14))
    if not (fits(ai, value) if is_known(ai) else re.fullmatch(r"[!-~]{1,90}", value)):
        raise FormatError("link.value", ai=ai)
    return Element(ai, value)


def _check_order(path: tuple[Element, ...]) -> None:
    key, *qualifiers = (element.ai for element in path)
    for sequence in QUALIFIERS[key]:
        rest = iter(sequence)
        if all(ai in rest for ai in qualifiers):  # each found after the one before it
            return
    raise FormatError("link.order", key=key)


def _check_attributes(path: tuple[Element, ...], attributes: tuple[Element, ...]) -> None:
    key, *qualifiers = (element.ai for element in path)
    seen = {key, *qualifiers}
    for ai in (element.ai for element in attributes):
        if ai in seen:
            raise FormatError("link.repeated", ai=ai)
        seen.add(ai)
        if is_known(ai) and not may_be_attribute(ai):
            raise FormatError("link.attribute", ai=ai)
        if any(ai in sequence and set(qualifiers) <= set(sequence) for sequence in QUALIFIERS[key]):
            raise FormatError("link.misplaced", ai=ai)
