"""Who is asking, and what every response says to browsers (DESIGN §6; RFC 6750).

Machines send an API token as ``Authorization: Bearer``; the API takes no cookies, so nothing that
another site makes a browser send can act for anybody. Pages for people who signed in take their
session's cookie and nothing else (``api.session``). Every route declares its ``Access``, and one
that does not cannot be built: access is denied by default.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.types import Scope

from api.session import session_of
from api.web.render import (
    APP_SECURITY_POLICY,
    CONTENT_SECURITY_POLICY,
    FORM_SECURITY_POLICY,
    WORKER_SECURITY_POLICY,
)
from traceability.core.errors import LedgerError
from traceability.ledger.tokens import SESSION, Claim, Principal, Tokens

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

PRINCIPAL: Final = "goc.principal"  #: where the scope of a request has who is asking
PAGE: Final = "goc.page"  #: set in the scope of a request that is answered with a page
FORM: Final = "goc.form"  #: or with a page that has a form for strangers
FOUND: Final = "goc.found"  #: and with one that search engines may find
WORKER: Final = "goc.worker"  #: or with a script for a page's worker
_LONGEST: Final = 512


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a route: everybody, or whoever has a token with one of ``scopes``; where it is
    ``for_people``, whoever signed in with one.

    What a token may do within its scopes (for which party, in which role) the route itself asks of
    the ``Principal``.
    """

    scopes: tuple[str, ...] = ()
    for_people: bool = False

    @property
    def is_public(self) -> bool:
        """Whether no token is needed."""
        return not self.scopes

    def admit(self, principal: Principal | None) -> None:
        """Refuse who may not: ``access.no-token``, ``access.scope``."""
        if self.is_public:
            return
        if principal is None:
            raise LedgerError("access.no-token")
        if principal.scopes.isdisjoint(self.scopes):
            raise LedgerError("access.scope", scope=" / ".join(self.scopes))


PUBLIC: Final = Access()


def public(endpoint: Endpoint) -> Endpoint:
    """Declare that everybody may use a route. A token that is sent along must be good."""
    endpoint.access = PUBLIC  # type: ignore[attr-defined]
    return endpoint


def needs(*scopes: str) -> Callable[[Endpoint], Endpoint]:
    """Declare that a route needs a token with one of these scopes."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.access = Access(scopes)  # type: ignore[attr-defined]
        return endpoint

    return declare


def signed_in(*scopes: str) -> Callable[[Endpoint], Endpoint]:
    """Declare that a page is for who signed in with a token that has one of these scopes."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.access = Access(scopes, for_people=True)  # type: ignore[attr-defined]
        return endpoint

    return declare


def access_of(endpoint: Callable[..., Any]) -> Access:
    """What a route declares; ``TypeError`` when it declares nothing."""
    access = getattr(endpoint, "access", None)
    if not isinstance(access, Access):
        raise TypeError(f"{endpoint.__qualname__} does not say who may use it")
    return access


def enter(scope: Scope, access: Access, tokens: Tokens) -> Claim | None:
    """Let in who may use the route, else refuse: ``LedgerError("access.…")``.

    Asks nobody: a token that is not remembered is given back, to be looked up off the event loop
    (``api.door``) and then ``let_in``.
    """
    if access.for_people:
        return _enter_page(scope, access, tokens)
    principal = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            found = _recall(value, tokens)
            if isinstance(found, Claim):
                return found
            principal = found
            break
    access.admit(principal)
    scope[PRINCIPAL] = principal
    return None


def let_in(scope: Scope, access: Access, principal: Principal | None) -> None:
    """Let in who was looked up, if they may use the route."""
    if principal is None:
        raise LedgerError("access.session" if access.for_people else "access.token")
    access.admit(principal)
    scope[PRINCIPAL] = principal


def _enter_page(scope: Scope, access: Access, tokens: Tokens) -> Claim | None:
    text = session_of(scope, scope["app"].state.settings.host)
    found = None if text is None else tokens.at_once(text, SESSION)
    if isinstance(found, Claim):
        return found
    let_in(scope, access, found)
    return None


def _recall(value: bytes, tokens: Tokens) -> Principal | Claim:
    scheme, _, token = value.partition(b" ")
    if scheme.lower() != b"bearer" or len(value) > _LONGEST:
        raise LedgerError("access.token")
    found = tokens.at_once(token.strip().decode("latin-1"))
    if found is None:
        raise LedgerError("access.token")
    return found


_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_ASKS_NOTHING: Final = (b"permissions-policy", b"camera=(), geolocation=(), microphone=()")
_COMMON: Final = (*_ALWAYS, (b"referrer-policy", b"no-referrer"), _ASKS_NOTHING)
#: Pages with forms say where these come from, to this server alone.
_SENDING: Final = (*_ALWAYS, (b"referrer-policy", b"same-origin"))
#: For whatever is no page: should a browser show it, it can do nothing.
DATA_HEADERS: Final = (
    *_COMMON,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
PAGE_HEADERS: Final = (
    *_COMMON,
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
)
#: A tool that judges a page for search engines asks for robots.txt as the page would.
FOUND_HEADERS: Final = (
    *_COMMON,
    (b"content-security-policy", f"{CONTENT_SECURITY_POLICY}; connect-src 'self'".encode()),
)
#: A form of strangers may ask the phone where it is, if its reader wants that.
FORM_HEADERS: Final = (
    *_SENDING,
    (b"permissions-policy", b"camera=(), geolocation=(self), microphone=()"),
    (b"content-security-policy", FORM_SECURITY_POLICY.encode()),
)
#: Pages for who has signed in.
APP_HEADERS: Final = (
    *_SENDING,
    _ASKS_NOTHING,
    (b"content-security-policy", APP_SECURITY_POLICY.encode()),
)
#: A worker has a policy of its own: it asks its own site, and loads nothing else.
WORKER_HEADERS: Final = (
    *_COMMON,
    (b"content-security-policy", WORKER_SECURITY_POLICY.encode()),
)
#: What anybody may read, any page may fetch; a token has to be sent by whoever has it.
READABLE: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link"),
)
