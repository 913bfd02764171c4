"""Pages for people who signed in, as answers: none is kept anywhere, and each is in their language.

A refusal on such a page is a page too; who has to sign in is led there, and back.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from api import clerk
from api.deps import known_principal, services_of
from api.forms import read_form
from api.problems import language_of, retry_after, status_of
from api.security import PAGE
from api.session import form_mac, require_mac, session_of
from api.web.format import amount, number, unit
from api.web.render import HTML, render
from api.web.words import Amount
from traceability.core.errors import FormatError, GocError
from traceability.text import has_text, sentence_of, text

HOME: Final = "/app"
SIGN_IN: Final = "/login"
_HEADERS: Final = {"cache-control": "no-store", "vary": "Cookie, Accept-Language"}
_LONGEST_PATH: Final = 400
_NAMES: Final = frozenset({"lot", "key", "record"})  #: parameters that are never a quantity


async def show(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page of who signed in; ``values`` are its template's."""
    using, asking, language = services_of(request), known_principal(request), language_of(request)
    session = session_of(request.scope, using.settings.host) or ""

    def make() -> bytes:
        name, role = clerk.who(using.ledger, asking)
        known = {"who": name, "role": text(language, role), "mac": form_mac(session)}
        return render(template, language, **_common(request, language), **known, **values)

    return _page(request, await using.threads.run(make), language, status)


def show_to_anybody(
    request: Request, template: str, *, status: int = 200, **values: Any
) -> Response:
    """A page of who has not signed in."""
    language = language_of(request)
    nobody = {"who": "", "role": "", "mac": ""}
    body = render(template, language, **_common(request, language), **nobody, **values)
    return _page(request, body, language, status)


async def sent_form(request: Request) -> dict[str, str]:
    """The form that one of these pages has sent, of the session that it was made for."""
    host = services_of(request).settings.host
    form = await read_form(request, host)
    require_mac(form, session_of(request.scope, host) or "")
    return form


def refusal(request: Request, error: GocError) -> Response:
    """The page of a refusal, or the way to where one signs in."""
    if error.code == "access.session":
        asked = request.url.path if request.method in ("GET", "HEAD") else HOME
        query = request.url.query if asked != HOME else ""
        wanted = f"{asked}?{query}" if query else asked
        return away(request, SIGN_IN, next=wanted if is_ours(wanted) else HOME)
    status = status_of(error)
    language = language_of(request)
    title = text(language, f"api.title.{status}")
    sentence = sentence_of(language, error.code, spoken(error.params, language))
    answer = show_to_anybody(
        request, "app_refusal.html", status=status, title=title, sentence=sentence
    )
    answer.headers.update(retry_after(error))
    return answer


def away(request: Request, path: str, **query: str) -> Response:
    """303 to another of these pages, in the same language."""
    query = {"lang": language_of(request), **query}
    headers = {**_HEADERS, "location": f"{path}?{urlencode(query)}"}
    return Response(b"", 303, headers)


def is_ours(path: str) -> bool:
    """Whether a path that came with a request leads to a page of people who signed in."""
    return (
        (path == HOME or path.startswith((f"{HOME}/", f"{HOME}?")))
        and len(path) <= _LONGEST_PATH
        and path.isascii()
        and path.isprintable()
        and "\\" not in path
    )


def path_of(gtin: str, lot: str, rest: str = "") -> str:
    """The path of a lot's page, or of one below it."""
    return f"{HOME}/lots/{gtin}/{quote(lot, safe='')}{rest}"


def why(error: GocError, language: str) -> tuple[str, str]:
    """The field of a form that a refusal is about (by the last part of its pointer), and its
    sentence. Raises the error itself where it is no fault of what was entered."""
    if status_of(error) >= 500:
        raise error
    field = error.pointer.rpartition("/")[2]
    ours = {"request.field": f"clerk.fault.{field}", "idempotency.reused": "clerk.fault.sent"}
    key, params = ours.get(error.code, ""), spoken(error.params, language)
    if has_text(language, key):
        return field, text(language, key, **params)
    return field, sentence_of(language, error.code, params)


def spoken(params: Mapping[str, object], language: str) -> dict[str, object]:
    """The values of an error as people say them: 1,332 kg and not 1332 KGM. Codes of lots and
    whatever else may look like a quantity by chance stay as they are."""
    return {name: _spoken(name, value, language) for name, value in params.items()}


def _spoken(name: str, value: object, language: str) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return number(value, language)
    if not isinstance(value, str) or name in _NAMES:
        return value
    if name == "known" or has_text(language, f"web.unit.{value}"):  # some units, or one
        return ", ".join(unit(each, language) for each in value.split(", "))
    try:
        return amount(Amount.parse(value), language)
    except FormatError:
        return value


def _common(request: Request, language: str) -> dict[str, Any]:
    asked = {name: value for name, value in request.query_params.items() if name != "lang"}
    other = "en" if language == "vi" else "vi"
    return {
        "amount_of": clerk.amount_of,
        "path_of": path_of,
        "path": request.url.path,
        "q": f"?lang={language}",
        "switch": f"{request.url.path}?{urlencode({**asked, 'lang': other})}",
    }


def _page(request: Request, body: bytes, language: str, status: int) -> Response:
    request.scope[PAGE] = True
    return Response(body, status, {**_HEADERS, "content-language": language}, HTML)
