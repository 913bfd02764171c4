"""Complaints by the rules of who may see, answer and erase what: for the JSON API and the pages.

The party whose lot it is sees and answers its own (its owner and clerks), auditors see all and
remark; the operator may see all but how to reach anybody, which is not its business; it may erase
that. To anybody else a complaint is not there: ``complaint.unknown``.
"""

from dataclasses import dataclass

from traceability.core.errors import FormatError, GocError, LedgerError
from traceability.ledger.complaints import Complaint, Complaints, Contact, State
from traceability.ledger.pages import Page
from traceability.ledger.tokens import Principal


@dataclass(frozen=True, slots=True)
class Seen:
    """A complaint as somebody may see it. ``contact`` is None where there is none, or none that is
    their business."""

    complaint: Complaint
    contact: Contact | None


def whose(asking: Principal) -> str | None:
    """Of which party somebody sees complaints and signs; None: of all."""
    return None if asking.scopes & {"audit", "admin"} else asking.party or ""


def listed(
    complaints: Complaints,
    asking: Principal,
    *,
    product: str | None = None,
    lot: str | None = None,
    state: State | None = None,
    after: str | None = None,
    limit: int,
) -> Page[Seen]:
    """The complaints that somebody may see, newest first. Raises ``cursor.malformed``."""
    page = complaints.page(
        party=whose(asking), product=product, lot=lot, state=state, after=after, limit=limit
    )
    contacts = complaints.contacts(each.id for each in page.items if _may_reach(asking, each))
    return Page(tuple(Seen(each, contacts.get(each.id)) for each in page.items), page.next)


def one(complaints: Complaints, asking: Principal, id_: str) -> Seen:
    """One complaint; ``complaint.unknown`` to whom it is none of theirs."""
    found = complaints.get(id_)
    if whose(asking) not in (None, found.party):
        raise LedgerError("complaint.unknown")
    return _seen(complaints, asking, found)


def answer(
    complaints: Complaints, asking: Principal, id_: str, state: State | None, words: str | None
) -> Seen:
    """Answer a complaint, or remark on it as an auditor; sent twice, it is the same.

    Raises ``complaint.unknown``, ``access.type``, ``complaint.words``; ``complaint.nothing`` where
    an auditor gives a state or no words, and where it is to be answered and nothing was said.
    """
    found = complaints.get(id_)
    said = (words or "").strip()
    if asking.has("audit"):
        if not said or state is not None:
            raise FormatError("complaint.nothing", "/text")
        return _seen(complaints, asking, complaints.remark(id_, said))
    _require_own(asking, found)
    if state == "answered" and not (said or found.answer):
        raise FormatError("complaint.nothing", "/text")
    return _seen(complaints, asking, complaints.answer(id_, state, said))


def erase(complaints: Complaints, asking: Principal, id_: str) -> None:
    """Erase how to reach whoever complained. Raises ``complaint.unknown``, ``access.type``."""
    require_erasing(asking, complaints.get(id_))
    complaints.erase_contact(id_)


def require_erasing(asking: Principal, complaint: Complaint) -> None:
    """Refuse who may not erase a contact: ``complaint.unknown``, ``access.type``."""
    if not asking.has("admin"):
        _require_own(asking, complaint)


def may_answer(asking: Principal, complaint: Complaint) -> bool:
    """Whether somebody may answer, or remark."""
    return asking.has("audit") or _is_own(asking, complaint)


def may_erase(asking: Principal, complaint: Complaint) -> bool:
    """Whether somebody may erase the contact."""
    return asking.has("admin") or _is_own(asking, complaint)


def _require_own(asking: Principal, complaint: Complaint) -> None:
    """Refuse who does not answer for the party: to others the complaint is not there."""
    if asking.party is None or asking.party != complaint.party:
        raise LedgerError("complaint.unknown")
    if not asking.has("write") or asking.role not in ("owner", "clerk"):
        raise LedgerError("access.type", role=asking.role or "-", type="complaint")


def _is_own(asking: Principal, complaint: Complaint) -> bool:
    try:
        _require_own(asking, complaint)
    except GocError:
        return False
    return True


def _may_reach(asking: Principal, complaint: Complaint) -> bool:
    """Whether somebody may know how to reach who complained."""
    return asking.has("audit") or (
        complaint.party is not None
        and asking.party == complaint.party
        and asking.role in ("owner", "clerk")
    )


def _seen(complaints: Complaints, asking: Principal, found: Complaint) -> Seen:
    reached = complaints.contacts([found.id]) if _may_reach(asking, found) else {}
    return Seen(found, reached.get(found.id))
