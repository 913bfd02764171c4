"""Signing in to the pages, with a token that the operator made, and out again (ADR 016).

Tokens are typed or pasted into a form; none is ever in an address. Passwords and passkeys will lead
to the same: a session, behind which is a ``Principal``.
"""

from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.deps import Services, Using
from api.forms import read_form
from api.people import HOME, SIGN_IN, away, is_ours, show_to_anybody, why
from api.problems import language_of, status_of
from api.routing import router as make_router
from api.security import public
from api.session import cookie, require_mac, session_of
from traceability.core.errors import GocError, LedgerError
from traceability.ledger.tokens import SESSION, Claim, Principal

SCOPES: Final = ("read", "audit", "admin")  #: any of which makes the pages worth signing in to
TRIES: Final = 10  #: that may fail with the id of one key, within ``MINUTES``
MINUTES: Final = 5
_ID_LETTERS: Final = 16

router = make_router("resolver", "")


@router.get(SIGN_IN, include_in_schema=False)
@public
async def sign_in_page(
    request: Request,
    next_: Annotated[str, Query(alias="next", max_length=400)] = HOME,
    out: str = "",
) -> Response:
    """Where a token is entered."""
    return _form(request, next_, signed_out=bool(out))


@router.post(SIGN_IN, include_in_schema=False)
@public
async def sign_in(request: Request, using: Using) -> Response:
    """Begins a session."""
    form = await read_form(request, using.settings.host)
    wanted, language = form.get("next", HOME), language_of(request)
    try:
        principal = await _who(using, form.get("key", ""))
        session = await using.threads.run(using.ledger.sessions.begin, principal)
    except GocError as error:
        _, sentence = why(error, language)
        status = status_of(error)  # 401 would be for who sends tokens in headers
        return _form(request, wanted, sentence, 422 if status == 401 else status)
    await _end(request, using)
    path, _, query = (wanted if is_ours(wanted) else HOME).partition("?")
    answer = away(request, path, **{**dict(parse_qsl(query)), "lang": language})
    answer.headers["set-cookie"] = cookie(using.settings.host, session.text)
    return answer


@router.post("/logout", include_in_schema=False)
@public
async def sign_out(request: Request, using: Using) -> Response:
    """Ends the session, if there is one."""
    form = await read_form(request, using.settings.host)
    session = session_of(request.scope, using.settings.host)
    if session is not None:
        require_mac(form, session)
        await _end(request, using)
    answer = away(request, SIGN_IN, out="1")
    answer.headers["set-cookie"] = cookie(using.settings.host, "")
    return answer


async def _who(using: Services, key: str) -> Principal:
    """Who a token stands for. ``LedgerError``: ``access.token``, ``access.scope``,
    ``access.too-often``, and as looking it up does."""
    known = using.ledger.tokens.at_once(key)
    id_ = key.removeprefix("goc_")[:_ID_LETTERS]
    if isinstance(known, Claim):
        if using.failures.so_far(id_) >= TRIES:
            raise LedgerError("access.too-often", minutes=using.failures.minutes)
        known = await using.door.who(known)
    if known is None:
        using.failures.times(id_)
        raise LedgerError("access.token")
    if known.scopes.isdisjoint(SCOPES):
        raise LedgerError("access.scope", scope=" / ".join(SCOPES))
    return known


async def _end(request: Request, using: Services) -> None:
    session = session_of(request.scope, using.settings.host)
    if session is not None and session.startswith(f"{SESSION}_"):
        await using.threads.run(using.ledger.sessions.end, session)


def _form(
    request: Request, wanted: str, sentence: str = "", status: int = 200, signed_out: bool = False
) -> Response:
    return show_to_anybody(
        request,
        "app_sign_in.html",
        status=status,
        next=wanted if is_ours(wanted) else HOME,
        sentence=sentence,
        signed_out=signed_out,
    )
