"""What the pages show on which people tell something: a complaint, its receipt, their province."""

from dataclasses import dataclass
from datetime import datetime

from traceability.ledger.complaints import KINDS, MOST_CONTACT, MOST_WORDS, Kind
from traceability.ledger.provinces import ABROAD, PROVINCES


@dataclass(frozen=True, slots=True)
class Choice:
    """A place to choose: ``name`` is empty for the one that is not in Vietnam."""

    code: str
    name: str


PLACES = (*(Choice(each.code, each.name) for each in PROVINCES), Choice(ABROAD, ""))


@dataclass(frozen=True, slots=True)
class ComplainPage:
    """The form of a complaint. ``path``: its own; ``about``: the label's page. What was written
    already stands in it again, with ``error``, the sentence that says what to change."""

    path: str
    about: str
    host: str
    lot: str
    serial: str
    token: str
    months: int
    kind: str = ""
    words: str = ""
    place: str = ""
    contact: str = ""
    error: str = ""
    kinds: tuple[Kind, ...] = KINDS
    places: tuple[Choice, ...] = PLACES
    most_words: int = MOST_WORDS
    most_contact: int = MOST_CONTACT


@dataclass(frozen=True, slots=True)
class ComplaintPage:
    """A complaint as whoever made it sees it: ``code`` of the receipt, ``fresh`` when it was just
    made; without a ``state`` there is none, and the page asks for a code.
    ``about``: the page of the label."""

    path: str
    host: str
    token: str
    code: str = ""
    fresh: bool = False
    state: str = ""
    created: datetime | None = None
    lot: str = ""
    kind: str = ""
    answer: str = ""
    remark: str = ""
    has_contact: bool = False
    erased: bool = False
    error: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class WherePage:
    """The form by which somebody says where they scanned. ``told``: the place that was counted."""

    path: str
    about: str
    host: str
    serial: str
    token: str
    place: str = ""
    told: str = ""
    error: str = ""
    places: tuple[Choice, ...] = PLACES
