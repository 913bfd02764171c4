"""Complaints, for those who answer them: the party whose lot it is, and auditors
(``api.complaints``)."""

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api import schemas
from api.bodies import read_model
from api.complaints import Seen, answer, erase, listed
from api.deps import Cursor, Known, Limit, Using
from api.openapi import gives, takes
from api.routes.log import json_response
from api.routing import router as make_router
from api.security import needs
from traceability.core import ids
from traceability.ledger.complaints import ID_PATTERN, State

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
    page = await using.threads.run(
        lambda: listed(
            using.desk.complaints, asking, product=gtin, lot=lot, state=state, after=after,
            limit=limit,
        )
    )  # fmt: skip
    found = schemas.ComplaintList(complaints=[_shown(each) for each in page.items], next=page.next)
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
    desk = using.desk.complaints
    found = await using.threads.run(answer, desk, asking, complaint, said.state, said.text)
    return json_response(_shown(found).to_json())


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
    await using.threads.run(erase, using.desk.complaints, asking, complaint)
    return Response(status_code=204)


def _shown(seen: Seen) -> schemas.Complaint:
    complaint, contact = seen.complaint, seen.contact
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
