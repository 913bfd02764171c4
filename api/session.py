"""Sessions in a browser: the cookie, and what keeps others from making use of it (ADR 016).

* The cookie is for our pages alone: no script reads it, no other site's request bears it, and the
  JSON API knows no cookies. Where the server is reached by https, ``__Host-`` binds it to this host
  and to https (RFC 6265bis §4.1.3.2).
* A form must come from a page of ours (``Sec-Fetch-Site``, or ``Origin`` where a browser sends
  none, against ``Host``) and bear what only a page of the same session could: a MAC under it.
"""

import hmac
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from time import monotonic
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.types import Scope

from api.bodies import read_body
from traceability.clock import random_bytes
from traceability.core import b64
from traceability.core.errors import FormatError, LedgerError
from traceability.ledger.sessions import LASTING

FORM: Final = "application/x-www-form-urlencoded"
FORM_FIELD: Final = "mac"  #: where a form has its MAC
_FORM_BYTES: Final = 8 * 1024
_MOST_FIELDS: Final = 30
_NAME: Final = "goc"
_LONGEST: Final = 512
_NONCE_BYTES: Final = 16
_is_nonce: Final = re.compile(r"[A-Za-z0-9_-]{22}").fullmatch
_DOMAIN: Final = b"goc-form/1"

TRIES: Final = 10  #: failed sign-ins with one key's id
WITHIN: Final = 300.0  #: seconds
_KEPT: Final = 4096


def is_for_people(path: str) -> bool:
    """Whether a path is of the pages that people sign in to."""
    return path == "/login" or path == "/logout" or path == "/app" or path.startswith("/app/")


def session_of(scope: Scope, host: str) -> str | None:
    """The session that a request bears."""
    wanted = _cookie(host)
    for name, value in scope["headers"]:
        if name != b"cookie":
            continue
        for part in value.decode("latin-1").split(";"):
            key, _, text = part.strip().partition("=")
            if key == wanted and len(text) <= _LONGEST:
                return str(text)
    return None


def cookie(host: str, text: str) -> str:
    """``Set-Cookie`` for a session; an empty text takes it back."""
    lasting = LASTING // 1000 if text else 0
    secure = "; Secure" if _is_https(host) else ""
    named = f"{_cookie(host)}={text}; Path=/; Max-Age={lasting}"
    return f"{named}; HttpOnly; SameSite=Strict{secure}"


def form_mac(session: str) -> str:
    """What every form of a session bears, and no other site can know."""
    return b64.encode(hmac.digest(session.encode(), _DOMAIN, sha256))


def require_our_page(request: Request) -> None:
    """Refuse what a page of another site had sent: ``access.other-site``."""
    told = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "")
    ours = bool(origin) and urlsplit(origin).netloc == request.headers.get("host")
    if not (told == "same-origin" if told is not None else ours):
        raise LedgerError("access.other-site")


async def read_form(request: Request, session: str | None = None) -> dict[str, str]:
    """The fields of a form that a page of ours has sent; of one that was made for ``session``,
    where there is one.

    Raises ``LedgerError``: ``access.other-site``, ``access.form``; and as ``read_body``.
    """
    require_our_page(request)
    _, body = await read_body(request, _FORM_BYTES, (FORM,))
    try:
        fields = parse_qsl(
            body.decode("ascii"), True, True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise FormatError("request.malformed", what="it is no form") from None
    found = {name: value.strip() for name, value in fields}
    if session is not None:
        given = found.get(FORM_FIELD, "").encode()
        if not hmac.compare_digest(given, form_mac(session).encode()):
            raise LedgerError("access.form")
    return found


def new_nonce() -> str:
    """The number of a form, by which sending it twice is told from sending two."""
    return b64.encode(random_bytes(_NONCE_BYTES))


def nonce_of(form: Mapping[str, str]) -> str:
    """The number that a form came with; ``access.form``."""
    nonce = form.get("nonce", "")
    if not _is_nonce(nonce):
        raise LedgerError("access.form")
    return nonce


class Failures:
    """Failed sign-ins by the id of the key that was tried, in this process. Nothing is kept of who
    tried. For the event loop."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._counted: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def require(self, key: str) -> None:
        """Refuse another try for now: ``access.too-often``."""
        began, count = self._counted.get(key, (0.0, 0))
        if count >= TRIES and self._clock() < began + WITHIN:
            raise LedgerError("access.too-often", minutes=int(WITHIN // 60))

    def note(self, key: str) -> None:
        """Another try has failed."""
        began, count = self._counted.pop(key, (0.0, 0))
        now = self._clock()
        self._counted[key] = (began, count + 1) if count and now < began + WITHIN else (now, 1)
        while len(self._counted) > _KEPT:
            self._counted.popitem(last=False)


def _is_https(host: str) -> bool:
    return host.startswith("https://")


def _cookie(host: str) -> str:
    return f"__Host-{_NAME}" if _is_https(host) else _NAME
