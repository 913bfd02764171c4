"""What belongs in a bundle (DESIGN §3): its closure, stated once for who makes and who verifies it.

Each record *wants* others: what it draws on, corrects, denies or closes; whoever speaks of it
later; and what the rules look at when they judge it. Each record *answers* wants. A want is a pair
of texts:

``record``        a record by its name
``about``         what speaks of a record: corrections, disputes, confirmations, late shipments
``party``         all statements about a party; ``keys``: all keys that were registered to it
``revocation``    the end of a key
``consent``       all of ``grantor>agent``; ``certificates``: all that a party holds
``place`` ``product`` ``rules``   all statements about them
``harvests`` ``diaries``          of a place
``inspections``                   of a subject, ``lot:…``, ``place:…`` or ``record:…``

A set of records is closed when it has every record of the log that answers one of its wants. What
is later than the record that wants it belongs to it too: a correction or a withdrawn certificate
is what the reader must not miss. Of the answers that are public (leaf class 1) a verifier can see
that none is missing; of the others only those that a record names by its digest.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from traceability.core.codec import SignedRecord

Want = tuple[str, str]  #: kind, key

_RULES: Final[Want] = ("rules", "")


def wanted(record: SignedRecord) -> Iterator[Want]:
    """What must stand in a bundle beside this record; a want may come twice."""
    body: Any = record.body
    yield "about", record.name
    yield _RULES
    yield from _party(body.iss)
    yield "keys", body.iss
    yield "revocation", record.kid
    if body.acting != body.iss:
        yield from _party(body.acting)
        yield "consent", f"{body.acting}>{body.iss}"
    place = getattr(body, "place", None)
    if place is not None:
        yield "place", place
    for draw in getattr(body, "draws", ()):
        yield "record", draw.from_[:43]
    for make in getattr(body, "makes", ()):
        yield "product", make.product
        yield "inspections", f"lot:{make.product}:{make.lot}"
        if make.holder is not None:
            yield from _party(make.holder)
        if make.place is not None:
            yield "place", make.place
    special = _WANTED.get(body.type)
    if special is not None:
        yield from special(record)


def answers(record: SignedRecord) -> Iterator[Want]:
    """The wants that a record answers; its own name among them."""
    yield "record", record.name
    body: Any = record.body
    data = body.data
    match body.type:
        case "party":
            yield "party", data.party
        case "key":
            yield "keys", data.party
        case "key-revoke":
            yield "revocation", data.kid
        case "consent":
            yield "consent", f"{data.grantor}>{data.agent}"
            for name in data.confirms:
                yield "about", name
        case "certificate":
            yield "certificates", data.holder
        case "place":
            yield "place", data.place
        case "product":
            yield "product", data.product
        case "rules":
            yield _RULES
        case "harvest":
            yield "harvests", body.place
        case "diary":
            yield "diaries", body.place
        case "inspect":
            for about in body.about:
                yield "inspections", subject(about)
        case "correct":
            yield "about", data.corrects
        case "dispute":
            yield "about", data.record
        case "ship" if data.closes is not None:
            yield "about", data.closes


def close(
    start: Iterable[int],
    fetch: Callable[[int], SignedRecord],
    find: Callable[[Want], Iterable[int]],
) -> list[int]:
    """The closure of the records at ``start``, as indices in log order; 0 and 1 are always in it.

    ``fetch`` gives the record at an index, ``find`` the indices of all records that answer a want.
    """
    found: set[int] = set()
    asked: set[Want] = set()
    todo = [0, 1, *start]
    while todo:
        index = todo.pop()
        if index in found:
            continue
        found.add(index)
        for want in wanted(fetch(index)):
            if want not in asked:
                asked.add(want)
                todo.extend(find(want))
    return sorted(found)


def subject(about: Any) -> str:
    """How an inspection's subject is written in a want."""
    if about.lot is not None:
        return f"lot:{about.product}:{about.lot}"
    if about.place is not None:
        return f"place:{about.place}"
    if about.record is not None:
        return f"record:{about.record}"
    return f"party:{about.party}"


def _party(party: str) -> Iterator[Want]:
    yield "party", party


def _of_party(record: SignedRecord) -> Iterator[Want]:
    data: Any = record.body.data  # type: ignore[attr-defined]
    for other in (*data.members_of, *data.succeeds):
        yield from _party(other)
        # A cooperative's certificates cover what its members harvest.
        yield "certificates", other


def _of_key(record: SignedRecord) -> Iterator[Want]:
    yield from _party(record.body.data.party)  # type: ignore[attr-defined]


def _of_consent(record: SignedRecord) -> Iterator[Want]:
    data: Any = record.body.data  # type: ignore[attr-defined]
    yield from _party(data.grantor)
    yield from _party(data.agent)


def _of_certificate(record: SignedRecord) -> Iterator[Want]:
    data: Any = record.body.data  # type: ignore[attr-defined]
    yield from _party(data.holder)


def _of_place(record: SignedRecord) -> Iterator[Want]:
    yield "place", record.body.data.place  # type: ignore[attr-defined]


def _of_product(record: SignedRecord) -> Iterator[Want]:
    data: Any = record.body.data  # type: ignore[attr-defined]
    yield "product", data.product
    for ingredient in data.recipe:
        yield "product", ingredient.product


def _of_harvest(record: SignedRecord) -> Iterator[Want]:
    body: Any = record.body
    yield "harvests", body.place
    yield "diaries", body.place
    yield "inspections", f"place:{body.place}"
    if any(make.claims for make in body.makes):
        yield "certificates", body.acting


def _of_acquire(record: SignedRecord) -> Iterator[Want]:
    party = record.body.data.source.party  # type: ignore[attr-defined]
    if party is not None:
        yield from _party(party)


def _of_ship(record: SignedRecord) -> Iterator[Want]:
    closes = record.body.data.closes  # type: ignore[attr-defined]
    if closes is not None:
        yield "record", closes


def _of_correct(record: SignedRecord) -> Iterator[Want]:
    yield "record", record.body.data.corrects  # type: ignore[attr-defined]


def _of_dispute(record: SignedRecord) -> Iterator[Want]:
    yield "record", record.body.data.record  # type: ignore[attr-defined]


_WANTED: Final[dict[str, Callable[[SignedRecord], Iterator[Want]]]] = {
    "party": _of_party,
    "key": _of_key,
    "consent": _of_consent,
    "certificate": _of_certificate,
    "place": _of_place,
    "product": _of_product,
    "harvest": _of_harvest,
    "acquire": _of_acquire,
    "ship": _of_ship,
    "correct": _of_correct,
    "dispute": _of_dispute,
}
