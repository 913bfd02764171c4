"""What people say is wrong with goods whose label they scanned, and what becomes of it.

A complaint goes to the party whose lot it is, and to auditors. It is **no record of the log**: who
complains is nobody that the ledger knows, signs nothing, may be wrong or lie, and must not have
said it for ever. So it is a row that can be answered, and ends after a time. How many there are is
told to no page that everybody reads: a competitor could write them.

How to reach whoever complained, and roughly where they were, is personal (Law 91/2025/QH15): it is
given only with consent, lies in a table of its own, is read by the party's owner and clerks and by
auditors, and can be erased, by them or by whoever has the receipt code. Of that code only the
SHA-256 is kept, as of tokens.

Nobody fills the database: words have a length, a lot and the whole ledger so many complaints a day.
Lots that are not in the ledger have so many together, since anybody can think of another.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, delete, exists, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from traceability import clock
from traceability.core.errors import FormatError, LedgerError
from traceability.core.ids import BASE32
from traceability.ledger.pages import Page, bounded, cursor, place_of
from traceability.ledger.reading import Reading, accounts, looking
from traceability.storage.engine import Database
from traceability.storage.tables import ComplaintContactRow, ComplaintRow, LotRow, table_of

Kind = Literal["mislabelled", "copied", "unsafe", "other"]
State = Literal["open", "answered", "closed"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
STATES: Final[tuple[State, ...]] = get_args(State)
ID_PATTERN: Final = r"^[0-9a-hjkmnp-tv-z]{16}$"
CODE_LETTERS: Final = 12  #: 60 random bits
MOST_WORDS: Final = 1_000  #: characters
MOST_CONTACT: Final = 120
LOT_A_DAY: Final = 20
UNKNOWN_A_DAY: Final = 50  #: of all lots that are not in the ledger
ALL_A_DAY: Final = 1_000
DAY: Final = 24 * 3_600_000
MONTH: Final = 31 * DAY  #: a month of keeping, at the longest

_TABLE: Final = table_of(ComplaintRow)
_CONTACT: Final = table_of(ComplaintContactRow)
_LOT: Final = table_of(LotRow)
_POSITION: Final = re.compile(r"(-?[0-9]{1,2}\.[0-9]{2}),(-?[0-9]{1,3}\.[0-9]{2})")
_UNSEEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]")
_SAME: Final = str.maketrans("ilo", "110", "- ")


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody says: of a lot, or of one label of it; ``place`` as of scans. ``contact`` and
    ``position`` (degrees to two places, a kilometre or so) only with consent."""

    product: str
    lot: str
    serial: str
    kind: str
    words: str = ""
    place: str = ""
    contact: str = ""
    position: str = ""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as it stands. ``party``: who answers it, None where nobody is known to have made
    such goods; times in Unix milliseconds."""

    id: str
    created: int
    product: str
    lot: str
    serial: str
    party: str | None
    kind: Kind
    words: str
    place: str
    state: State
    seen: int | None
    answered: int | None
    answer: str | None
    remarked: int | None
    remark: str | None


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody, and roughly where they were; either may be empty."""

    contact: str
    position: str


class Complaints:
    """The complaints in a database. Methods may be called from any thread, and raise as the
    database does."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], int] = clock.now_ms,
        random: Callable[[int], bytes] = clock.random_bytes,
        months: int = 24,
    ) -> None:
        """``months``: how long a complaint is kept."""
        self._database = database
        self._now = now
        self._random = random
        self._lasting = months * MONTH
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    # -- whoever complains -----------------------------------------------------------------------
    def take(self, told: Told, party: str | None, code: str) -> Complaint:
        """Put down a complaint under a receipt code; one that comes again under the same code is
        the first.

        Raises ``FormatError``: ``complaint.kind``, ``complaint.words``, ``complaint.contact``,
        ``complaint.position``; ``LedgerError("complaint.too-many")``.
        """
        words, contact = _text(told.words, MOST_WORDS), _text(told.contact, MOST_CONTACT)
        if told.kind not in KINDS:
            raise FormatError("complaint.kind", known=", ".join(KINDS))
        if words is None:
            raise FormatError("complaint.words", limit=MOST_WORDS)
        if contact is None:
            raise FormatError("complaint.contact", limit=MOST_CONTACT)
        if told.position and not _is_position(told.position):
            raise FormatError("complaint.position")
        now = self._now()
        row: dict[str, Any] = {
            "id": "".join(BASE32[byte & 31] for byte in self._random(16)),
            "code": _digest(code),
            "created": now,
            "product": told.product,
            "lot": told.lot,
            "serial": told.serial,
            "party": party,
            "kind": told.kind,
            "words": words,
            "place": told.place,
            "state": "open",
        }
        with accounts(self._database) as connection:
            before = _one(connection, _TABLE.c.code == row["code"])
            if before is not None:
                return before
            self._refuse_floods(connection, told, now)
            # Who presses twice may be here twice at once: the second waits, and finds the first's.
            connection.execute(self._insert(_TABLE).values(row).on_conflict_do_nothing())
            found = _known(_one(connection, _TABLE.c.code == row["code"]))
            if found.id == row["id"] and (contact or told.position):
                reached = {"contact": contact, "position": told.position, "created": now}
                connection.execute(self._insert(_CONTACT).values(id=found.id, **reached))
        return found

    def by_code(self, code: str) -> Complaint:
        """The complaint of a receipt code, as anybody may write it. Raises
        ``LedgerError("complaint.unknown")``."""
        with looking(self._database) as connection:
            return _known(_one(connection, _TABLE.c.code == _digest(code)))

    # -- who answers -----------------------------------------------------------------------------
    def get(self, id_: str) -> Complaint:
        """One complaint. Raises ``LedgerError("complaint.unknown")``."""
        with looking(self._database) as connection:
            return _known(_one(connection, _TABLE.c.id == id_))

    def page(
        self,
        *,
        party: str | None = None,
        product: str | None = None,
        lot: str | None = None,
        state: State | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[Complaint]:
        """Complaints, newest first; of one party, product, lot, state, or all. Raises
        ``LedgerError("cursor.malformed")``."""
        created, id_ = place_of(after, 2**62, "")
        size = bounded(limit)
        query = select(*_TABLE.c).where(
            tuple_(-_TABLE.c.created, _TABLE.c.id) > tuple_(-int(created), str(id_))
        )
        for column, wanted in (("party", party), ("product", product), ("lot", lot)):
            if wanted is not None:
                query = query.where(_TABLE.c[column] == wanted)
        if state is not None:
            query = query.where(_TABLE.c.state == state)
        query = query.order_by(_TABLE.c.created.desc(), _TABLE.c.id).limit(size + 1)
        with looking(self._database) as connection:
            found = [_of(row) for row in connection.execute(query)]
        items = tuple(found[:size])
        last = items[-1] if items else None
        following = cursor(last.created, last.id) if last and len(found) > size else None
        return Page(items, following)

    def contacts(self, ids: Iterable[str]) -> dict[str, Contact]:
        """How to reach those who complained, where they said so."""
        columns = _CONTACT.c
        query = select(columns.id, columns.contact, columns.position).where(columns.id.in_(ids))
        with looking(self._database) as connection:
            return {row[0]: Contact(row[1], row[2]) for row in connection.execute(query)}

    def answer(self, id_: str, state: State | None, words: str | None) -> Complaint:
        """Answer a complaint, as its party: that it was seen, in words, or that it is closed.
        Without a state, words make it ``answered``. Raises ``complaint.unknown``,
        ``complaint.words``."""
        now = self._now()
        said = self._said(words)
        values: dict[str, Any] = {"seen": func.coalesce(_TABLE.c.seen, now)}
        if said:
            values |= {"answer": said, "answered": now}
        if state or said:
            values["state"] = state or "answered"
        return self._change(id_, values)

    def remark(self, id_: str, words: str) -> Complaint:
        """Add an auditor's remark, in place of the one before. Raises as ``answer``."""
        return self._change(id_, {"remark": self._said(words), "remarked": self._now()})

    def erase_contact(self, id_: str) -> None:
        """Forget how to reach whoever complained, and where they were."""
        with accounts(self._database) as connection:
            connection.execute(delete(_CONTACT).where(_CONTACT.c.id == id_))

    # -- upkeep ----------------------------------------------------------------------------------
    def open(self, party: str | None = None) -> int:
        """How many wait for an answer; of one party's, or of all."""
        query = select(func.count()).select_from(_TABLE).where(_TABLE.c.state == "open")
        if party is not None:
            query = query.where(_TABLE.c.party == party)
        with looking(self._database) as connection:
            return int(connection.execute(query).scalar_one())

    def sweep(self) -> int:
        """Drop what is too old; returns how many."""
        oldest = self._now() - self._lasting
        with accounts(self._database) as connection:
            connection.execute(delete(_CONTACT).where(_CONTACT.c.created < oldest))
            return connection.execute(delete(_TABLE).where(_TABLE.c.created < oldest)).rowcount

    def _said(self, words: str | None) -> str:
        said = _text(words or "", MOST_WORDS)
        if said is None:
            raise FormatError("complaint.words", limit=MOST_WORDS)
        return said

    def _change(self, id_: str, values: dict[str, Any]) -> Complaint:
        with accounts(self._database) as connection:
            connection.execute(update(_TABLE).where(_TABLE.c.id == id_).values(values))
            return _known(_one(connection, _TABLE.c.id == id_))

    def _refuse_floods(self, connection: Connection, told: Told, now: int) -> None:
        lately = select(func.count()).select_from(_TABLE).where(_TABLE.c.created > now - DAY)
        of_lot = lately.where(_TABLE.c.product == told.product, _TABLE.c.lot == told.lot)
        limits = [(of_lot, LOT_A_DAY), (lately, ALL_A_DAY)]
        known = exists().where(_LOT.c.product == told.product, _LOT.c.lot == told.lot)
        if not connection.execute(select(known)).scalar_one():
            of_complaint = exists().where(
                _LOT.c.product == _TABLE.c.product, _LOT.c.lot == _TABLE.c.lot
            )
            limits.append((lately.where(~of_complaint), UNKNOWN_A_DAY))
        for query, most in limits:
            if connection.execute(query).scalar_one() >= most:
                raise LedgerError("complaint.too-many")


def party_of(now: Reading, product: str, lot: str) -> str | None:
    """Who answers for a lot: who made it, who labelled it, or who states its product."""
    entry = now.reader.lot_entry((product, lot))
    known = None if entry is None else entry.maker or entry.labeller
    if known is not None:
        return known
    stated = now.reader.statements("product", product)
    return stated[-1].party if stated else None


def _is_position(said: str) -> bool:
    """Whether this is a latitude and a longitude, in degrees to two places."""
    found = _POSITION.fullmatch(said)
    return found is not None and abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180


def _text(words: str, limit: int) -> str | None:
    """Words of people without what cannot be seen; None where they are too many."""
    seen = _UNSEEN.sub(" ", words.replace("\r\n", "\n")).strip()
    return seen if len(seen) <= limit else None


def _digest(code: str) -> bytes:
    return sha256(code.lower().translate(_SAME).encode()).digest()


def _one(connection: Connection, where: Any) -> Complaint | None:
    row = connection.execute(select(*_TABLE.c).where(where)).first()
    return None if row is None else _of(row)


def _known(found: Complaint | None) -> Complaint:
    if found is None:
        raise LedgerError("complaint.unknown")
    return found


def _of(row: Any) -> Complaint:
    values = row._asdict()
    del values["code"]
    return Complaint(**values)
