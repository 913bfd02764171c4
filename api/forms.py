"""Forms that people send: from where, what is in them; and of strangers', that they were opened.

Whatever a form does, a page of ours must have sent it: browsers say so (``Sec-Fetch-Site``, else
``Origin``). Who signed in proves more by a MAC under the session (``api.session``).

Nobody signs in to complain, so a forged request could do no more than its sender can. What is kept
away besides is automata that post without ever opening the form:

* it carries a token: when it was made, for which address, under a key of the server's. One that
  is a moment old or half a day is refused, and the same token makes one complaint, however often it
  is sent: on a slow network people press twice;
* a field that people do not see must stay empty.

The key is derived from the keyring's, so that all processes of a server know each other's forms; a
server without one makes its own, and several processes then ask their readers to press again.
"""

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from api.bodies import read_body
from traceability import clock
from traceability.core import b64
from traceability.core.errors import FormatError, LedgerError
from traceability.core.ids import BASE32
from traceability.ledger.complaints import CODE_LETTERS

URLENCODED: Final = "application/x-www-form-urlencoded"
FIELD: Final = "form"  #: the name of the field with the token
TRAP: Final = "website"  #: of the one that nobody sees
SOONEST: Final = 2_000  #: milliseconds in which nobody has read a form
LASTING: Final = 12 * 3_600_000
BYTES: Final = 16 * 1024
_MOST_FIELDS: Final = 30
_TOKEN_BYTES: Final = 32  # time, chance, and a MAC of 16


class Forms:
    """The tokens of forms. ``now`` gives Unix milliseconds."""

    def __init__(
        self,
        keyring_key: bytes | None,
        now: Callable[[], int] = clock.now_ms,
        random: Callable[[int], bytes] = clock.random_bytes,
    ) -> None:
        base = keyring_key or random(32)
        self._key = hmac.digest(base, b"goc-form/1", sha256)
        self._now = now
        self._random = random

    def token(self, path: str) -> str:
        """A token for the form at a path."""
        head = self._now().to_bytes(8, "big") + self._random(8)
        return b64.encode(head + self._mac(head, path))

    def check(self, token: str, path: str, *, at_once: bool = False) -> None:
        """Refuse what is no token of that form, or too old, or (unless it may be sent ``at_once``)
        too new: ``FormatError("form.expired")``."""
        try:
            raw = b64.decode(token)
        except FormatError:
            raw = b""
        age = self._now() - int.from_bytes(raw[:8], "big")
        known = hmac.compare_digest(raw[16:], self._mac(raw[:16], path))
        soonest = 0 if at_once else SOONEST
        if len(raw) != _TOKEN_BYTES or not known or not soonest <= age <= LASTING:
            raise FormatError("form.expired")

    def code(self, token: str) -> str:
        """The receipt code of what is sent with a token: the same for the same token, and nobody
        else's to guess."""
        made = hmac.digest(self._key, b"code\0" + token.encode(), sha256)
        return "".join(BASE32[byte & 31] for byte in made[:CODE_LETTERS])

    def _mac(self, head: bytes, path: str) -> bytes:
        return hmac.digest(self._key, head + path.encode(), sha256)[:16]


def written(code: str) -> str:
    """A receipt code as people read it, in groups of four."""
    return "-".join(code[at : at + 4].upper() for at in range(0, len(code), 4))


def require_our_page(request: Request, host: str) -> None:
    """Refuse what a page of another site had sent: ``access.other-site``. Browsers that say nothing
    of the site say the origin, which our pages with forms let them (``api.security``)."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "")
    here = request.headers.get("host")
    try:
        ours = bool(origin) and (origin == host or urlsplit(origin).netloc == here)
    except ValueError:  # it is no address
        ours = False
    if not (site == "same-origin" if site is not None else ours):
        raise LedgerError("access.other-site")


async def read_form(request: Request, host: str) -> dict[str, str]:
    """The fields of a form that a page of ours has sent, without spaces around them; of several of
    one name the first counts.

    ``host``: this server's address. Raises as ``require_our_page`` and ``read_body``, and
    ``FormatError("request.malformed")``.
    """
    require_our_page(request, host)
    _, body = await read_body(request, BYTES, (URLENCODED,))
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict",
            max_num_fields=_MOST_FIELDS,
        )  # fmt: skip
    except ValueError:  # other encodings, or more fields than any form has
        raise FormatError("request.malformed", what="not a form's fields") from None
    return {name: value.strip() for name, value in reversed(pairs)}


def is_trapped(fields: Mapping[str, str]) -> bool:
    """Whether the field that nobody sees was filled in."""
    return bool(fields.get(TRAP))
