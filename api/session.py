"""Sessions in a browser: the cookie, and what keeps others from making use of it (ADR 016).

* The cookie is for our pages alone: no script reads it, no other site's request bears it, and the
  JSON API knows no cookies. Where the server is reached by https, ``__Host-`` binds it to this host
  and to https (RFC 6265bis §4.1.3.2).
* A form must come from a page of ours (``api.forms``) and bear what only a page of the same session
  could: a MAC under it.
"""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from starlette.types import Scope

from traceability.clock import random_bytes
from traceability.core import b64
from traceability.core.errors import LedgerError
from traceability.ledger.sessions import LASTING

FORM_FIELD: Final = "mac"  #: where a form has its MAC
_NAME: Final = "goc"
_LONGEST: Final = 512
_NONCE_BYTES: Final = 16
_is_nonce: Final = re.compile(r"[A-Za-z0-9_-]{22}").fullmatch
_DOMAIN: Final = b"goc-session-form/1"


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


def require_mac(form: Mapping[str, str], session: str) -> None:
    """Refuse a form that was not made for a session: ``access.form``."""
    given = form.get(FORM_FIELD, "").encode()
    if not hmac.compare_digest(given, form_mac(session).encode()):
        raise LedgerError("access.form")


def new_nonce() -> str:
    """The number of a form, by which sending it twice is told from sending two."""
    return b64.encode(random_bytes(_NONCE_BYTES))


def nonce_of(form: Mapping[str, str]) -> str:
    """The number that a form came with; ``access.form``."""
    nonce = form.get("nonce", "")
    if not _is_nonce(nonce):
        raise LedgerError("access.form")
    return nonce


def _is_https(host: str) -> bool:
    return host.startswith("https://")


def _cookie(host: str) -> str:
    return f"__Host-{_NAME}" if _is_https(host) else _NAME
