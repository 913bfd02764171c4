"""Forms that strangers send: where they came from, that they were opened, what is in them.

Nobody signs in to complain, so a forged request could do no more than its sender can. What is kept
away is automata that post without ever opening the form, and pages elsewhere that make readers post
for them:

* a form carries a token: when it was made, for which address, under a key of the server's. One that
  is a moment old or half a day is refused, and the same token makes one complaint, however often it
  is sent: on a slow network people press twice;
* browsers say from where they send (``Sec-Fetch-Site``, ``Origin``);
* a field that people do not see must stay empty.

The key is derived from the keyring's, so that all processes of a server know each other's forms; a
server without one makes its own, and several processes then ask their readers to press again.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl

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
_MOST_FIELDS: Final = 20
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


async def read_form(request: Request, host: str) -> dict[str, str]:
    """The fields of a form that was sent; of several of one name the first counts.

    ``host``: this server's address. Raises as ``read_body``, and ``FormatError``:
    ``form.elsewhere``, ``request.malformed``.
    """
    _require_ours(request, host)
    _, body = await read_body(request, BYTES, (URLENCODED,))
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS,
            errors="strict",
        )  # fmt: skip
    except ValueError:  # other encodings, or more fields than any form has
        raise FormatError("request.malformed", what="not a form's fields") from None
    return dict(reversed(pairs))


def is_trapped(fields: dict[str, str]) -> bool:
    """Whether the field that nobody sees was filled in."""
    return bool(fields.get(TRAP))


def _require_ours(request: Request, host: str) -> None:
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    here = request.headers.get("host", "")
    if site not in ("same-origin", "none"):
        raise LedgerError("form.elsewhere")
    # "null" is what a page says that gives no referrer, as ours do.
    if origin not in ("null", host, f"http://{here}", f"https://{here}"):
        raise LedgerError("form.elsewhere")
