"""Complaints, for those who answer them: the party whose lot it is, and auditors.

The operator may see all but how to reach anybody, which is not its business; it may erase that.
"""

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api import schemas
from api.bodies import read_model
from api.deps import Cursor, Known, Limit, Services, Using
from api.openapi import gives, takes
from api.routes.log import json_response
from api.routing import router as make_router
from api.security import needs
from traceability.core import ids
from traceability.core.errors import FormatError, LedgerError
from traceability.ledger.complaints import ID_PATTERN, Complaint, Contact, State
from traceability.ledger.tokens import Principal

router = make_router("complaints", "/api/v1/complaints")

ComplaintId = Annotated[str, Path(pattern=ID_PATTERN)]


@router.get("", summary="List complaints", responses=gives(schemas.ComplaintList))
@needs("read", "audit", "admin")
async def list_complaints(
    using: Using,
    asking: Known,
    gtin: Annotated[str | None, Query(pattern=ids.GTIN_PATTERN)] = None,
    lot: Annotated[str | None, Query(pattern=ids.LOT_PATTERN)] = None,
    state: State | None = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """What people complain of, newest first: a party's token sees what regards its lots, auditors
    and the operator all. Contacts are for the party's owner and clerks, and for auditors."""
    found = await using.threads.run(_list, using, asking, gtin, lot, state, after, limit)
    return json_response(found.to_json())


@router.post(
    "/{complaint}/answer",
    summary="Answer a complaint",
    responses=gives(schemas.Complaint),
    openapi_extra=takes(("application/json", schemas.ComplaintAnswer)),
)
@needs("write", "audit")
async def answer_complaint(
    complaint: ComplaintId, request: Request, using: Using, asking: Known
) -> Response:
    """Answers, as the party's owner or clerk: `{}` says that it was seen. From an auditor's token
    the text is a remark beside the answer. Whoever complained reads both."""
    said = await read_model(request, schemas.ComplaintAnswer)
    found = await using.threads.run(_answer, using, asking, complaint, said)
    return json_response(found.to_json())


@router.delete(
    "/{complaint}/contact",
    status_code=204,
    summary="Erase a contact",
    operation_id="eraseContact",
    responses={204: {"description": "It is gone."}},
)
@needs("write", "admin")
async def erase_contact(complaint: ComplaintId, using: Using, asking: Known) -> Response:
    """Erases how to reach whoever complained, and where they were, as the law has it where consent
    is withdrawn. They may do so themselves, with their receipt code."""
    await using.threads.run(_erase, using, asking, complaint)
    return Response(status_code=204)


def _list(
    using: Services,
    asking: Principal,
    gtin: str | None,
    lot: str | None,
    state: State | None,
    after: str | None,
    limit: int,
) -> schemas.ComplaintList:
    sees_all = bool(asking.scopes & {"audit", "admin"})
    page = using.desk.complaints.page(
        party=None if sees_all else asking.party or "",
        product=gtin,
        lot=lot,
        state=state,
        after=after,
        limit=limit,
    )
    reachable = [each.id for each in page.items if _may_reach(asking, each)]
    contacts = using.desk.complaints.contacts(reachable)
    shown = [_shown(each, contacts.get(each.id)) for each in page.items]
    return schemas.ComplaintList(complaints=shown, next=page.next)


def _answer(
    using: Services, asking: Principal, id_: str, said: schemas.ComplaintAnswer
) -> schemas.Complaint:
    complaints = using.desk.complaints
    found = complaints.get(id_)
    if asking.has("audit"):
        if not said.text or said.state is not None:
            raise FormatError("complaint.nothing")
        found = complaints.remark(id_, said.text)
    else:
        _require_own(asking, found)
        found = complaints.answer(id_, said.state, said.text)
    return _shown(found, complaints.contacts([id_]).get(id_))


def _erase(using: Services, asking: Principal, id_: str) -> None:
    found = using.desk.complaints.get(id_)
    if not asking.has("admin"):
        _require_own(asking, found)
    using.desk.complaints.erase_contact(id_)


def _require_own(asking: Principal, complaint: Complaint) -> None:
    """Refuse who does not answer for the party: to others the complaint is not there."""
    if asking.party is None or asking.party != complaint.party:
        raise LedgerError("complaint.unknown")
    if not asking.has("write") or asking.role not in ("owner", "clerk"):
        raise LedgerError("access.type", role=asking.role or "-", type="complaint")


def _may_reach(asking: Principal, complaint: Complaint) -> bool:
    """Whether somebody may know how to reach who complained."""
    return asking.has("audit") or (
        complaint.party is not None
        and asking.party == complaint.party
        and asking.role in ("owner", "clerk")
    )


def _shown(complaint: Complaint, contact: Contact | None) -> schemas.Complaint:
    reached = None
    if contact is not None:
        reached = schemas.ComplaintContact(contact=contact.contact, position=contact.position)
    return schemas.Complaint(
        id=complaint.id,
        created=complaint.created,
        gtin=complaint.product,
        lot=complaint.lot,
        serial=complaint.serial,
        party=complaint.party,
        kind=complaint.kind,
        words=complaint.words,
        place=complaint.place,
        state=complaint.state,
        seen=complaint.seen,
        answered=complaint.answered,
        answer=complaint.answer,
        remarked=complaint.remarked,
        remark=complaint.remark,
        contact=reached,
    )
