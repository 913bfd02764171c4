"""Pages of complaints and of signs of copied labels: what came in, and forms to answer it.

Who may do what is as in the JSON API, by the same functions (``api.complaints``). To answer or to
erase twice changes no more than once, so these forms need no number of their own.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api import clerk_desk
from api.clerk_desk import Case
from api.complaints import answer, erase, require_erasing
from api.deps import Cursor, Known, Using
from api.people import HOME, away, sent_form, show
from api.problems import language_of, status_of
from api.routing import router as make_router
from api.security import signed_in
from traceability.core import ids
from traceability.core.errors import FormatError, GocError
from traceability.ledger.complaints import ID_PATTERN, MOST_WORDS, STATES, State
from traceability.text import sentence_of, text

COMPLAINTS: Final = f"{HOME}/complaints"

ComplaintId = Annotated[str, Path(pattern=ID_PATTERN)]

router = make_router("complaints", HOME)


@router.get("/complaints", include_in_schema=False)
@signed_in("read", "audit", "admin")
async def complaints_page(
    request: Request,
    using: Using,
    asking: Known,
    gtin: Annotated[str | None, Query(pattern=ids.GTIN_PATTERN)] = None,
    lot: Annotated[str | None, Query(pattern=ids.LOT_PATTERN)] = None,
    state: State | None = None,
    after: Cursor = None,
) -> Response:
    """What people say is wrong, newest first; of one lot, in one state, or all."""
    language = language_of(request)
    found = await using.threads.run(
        lambda: clerk_desk.cases(
            using, asking, language, product=gtin, lot=lot, state=state, after=after,
            limit=clerk_desk.PAGE,
        )
    )  # fmt: skip
    return await show(
        request,
        "app_complaints.html",
        cases=found.items,
        more=found.next,
        first=after is None,
        own=asking.party is not None,
        narrowed={
            name: value
            for name, value in (("gtin", gtin), ("lot", lot), ("state", state))
            if value is not None
        },
    )


@router.get("/complaints/{complaint}", include_in_schema=False)
@signed_in("read", "audit", "admin")
async def complaint_page(
    complaint: ComplaintId,
    request: Request,
    using: Using,
    asking: Known,
    done: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """One complaint, and where who may answers it."""
    found = await _case(request, using, asking, complaint)
    return await _show(request, found, asking, done=done)


@router.post("/complaints/{complaint}", include_in_schema=False)
@signed_in("write", "audit")
async def answer_complaint_page(
    complaint: ComplaintId, request: Request, using: Using, asking: Known
) -> Response:
    """Takes an answer, or an auditor's remark; or says on the form why not."""
    form = await sent_form(request)
    found = await _case(request, using, asking, complaint)
    try:
        state = _state(form.get("state") or None)
        words = form.get("text")
        await using.threads.run(answer, using.desk.complaints, asking, complaint, state, words)
    except GocError as error:
        if status_of(error) != 422:
            raise
        sentence = _sentence(error, language_of(request), remarks=asking.has("audit"))
        return await _show(request, found, asking, form, sentence, status_of(error))
    return away(request, f"{COMPLAINTS}/{complaint}", done="answer")


@router.get("/complaints/{complaint}/erase", include_in_schema=False)
@signed_in("write", "admin")
async def erase_contact_page(
    complaint: ComplaintId, request: Request, using: Using, asking: Known
) -> Response:
    """Says what erasing a contact means, before anything is erased."""
    found = await _case(request, using, asking, complaint)
    require_erasing(asking, found.told)
    return await show(request, "app_erase.html", case=found, here=f"{COMPLAINTS}/{complaint}")


@router.post("/complaints/{complaint}/erase", include_in_schema=False)
@signed_in("write", "admin")
async def erase_contact_form(
    complaint: ComplaintId, request: Request, using: Using, asking: Known
) -> Response:
    """Erases a contact."""
    await sent_form(request)
    await using.threads.run(erase, using.desk.complaints, asking, complaint)
    return away(request, f"{COMPLAINTS}/{complaint}", done="erase")


@router.get("/signs", include_in_schema=False)
@signed_in("read", "audit", "admin")
async def signs_page(
    request: Request, using: Using, asking: Known, after: Cursor = None
) -> Response:
    """Lots whose labels show signs of copies."""
    language = language_of(request)
    found = await using.threads.run(clerk_desk.signed_lots, using, asking, after, language)
    return await show(
        request, "app_signs.html", lots=found.items, more=found.next, first=after is None
    )


async def _case(request: Request, using: Using, asking: Known, complaint: str) -> Case:
    language = language_of(request)
    return await using.threads.run(clerk_desk.case, using, asking, complaint, language)


async def _show(
    request: Request,
    case: Case,
    asking: Known,
    entered: Mapping[str, str] | None = None,
    sentence: str = "",
    status: int = 200,
    done: str = "",
) -> Response:
    usual = "answered" if case.told.state == "open" else case.told.state
    return await show(
        request,
        "app_complaint.html",
        status=status,
        case=case,
        here=f"{COMPLAINTS}/{case.told.id}",
        remarks=asking.has("audit"),
        states=STATES,
        entered={"state": usual, "text": ""} | dict(entered or {}),
        sentence=sentence,
        most=MOST_WORDS,
        done=done,
    )


def _sentence(error: GocError, language: str, *, remarks: bool) -> str:
    if error.code == "complaint.nothing":
        return text(language, "clerk.fault.remark" if remarks else "clerk.fault.answer")
    return sentence_of(language, error.code, error.params)


def _state(chosen: str | None) -> State | None:
    if chosen is not None and chosen not in STATES:
        what = "one of the states"
        raise FormatError("request.field", "/state", field="state", what=what, limit=0)
    return chosen
