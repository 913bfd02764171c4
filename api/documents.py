"""Plain documents for people who build on the API: what errors mean, which operations there are.

Made from the same register and description that programs read, in the style of the other pages.
"""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final
from urllib.parse import quote

from api.problems import status_of
from api.web.render import STYLE
from labels.mark import PATH, VIEW
from traceability.core import errors
from traceability.core.errors import CODES
from traceability.text import text

_ICON: Final = "data:image/svg+xml," + quote(
    f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {VIEW} {VIEW}'>"
    f"<path fill='#447a14' d='{PATH}'/></svg>"
)
_CODE: Final = re.compile("`([^`]+)`")
_METHODS: Final = ("get", "post", "put", "delete")


def problem_page(code: str, language: str) -> bytes:
    """What one code means; ``code`` must be registered."""
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>"
        for name, said in (
            ("tiếng Việt", text("vi", f"error.{code}")),
            ("English", text("en", f"error.{code}")),
            ("HTTP", ", ".join(map(str, statuses_of(code)))),
        )
    )
    body = f'<h1><code>{escape(code)}</code></h1><p>{escape(CODES[code])}</p><dl class="rows">'
    return _page(code, f"{body}{rows}</dl>", language)


def problems_page(language: str) -> bytes:
    """All codes."""
    title = text(language, "api.problems.title")
    items = "".join(
        f'<li><a href="/problems/{code}">{code}</a>'
        f"<p>{escape(text(language, f'error.{code}'))}</p></li>"
        for code in sorted(CODES)
    )
    lead = escape(text(language, "api.problems.lead"))
    body = f'<h1>{escape(title)}</h1><p>{lead}</p><ul class="plainlist">{items}</ul>'
    return _page(title, body, language)


def operations_page(description: Mapping[str, Any], language: str) -> bytes:
    """Every operation of the OpenAPI description."""
    title = text(language, "api.docs.title")
    items = "".join(map("".join, _operations(description, language)))
    lead = escape(text(language, "api.docs.lead")).replace(
        "/openapi.json", '<a href="/openapi.json">/openapi.json</a>'
    )
    return _page(title, f"<h1>{escape(title)}</h1><p>{lead}</p>{items}", language)


def statuses_of(code: str) -> tuple[int, ...]:
    """The HTTP statuses that a code can have: that depends on where it comes up."""
    kinds = (errors.FormatError, errors.RuleError, errors.LedgerError)
    found = {status_of(kind(code)) for kind in kinds}
    if len(found) > 1:  # by far most codes come up in one way
        found = {status for status in found if status != 500} or found
    return tuple(sorted(found))


def _operations(description: Mapping[str, Any], language: str) -> Iterable[tuple[str, ...]]:
    for path, methods in description["paths"].items():
        for method in _METHODS:
            operation = methods.get(method)
            if operation is None:
                continue
            scopes = operation["x-goc-scopes"]
            who = text(language, "api.docs.token" if scopes else "api.docs.public")
            if scopes:
                who += f" ({' / '.join(scopes)})"
            about = _CODE.sub(r"<code>\1</code>", escape(operation.get("description", "")))
            yield (
                f'<section class="part"><h2>{escape(operation["summary"])}</h2>',
                f'<p><code class="code">{method.upper()} {escape(path)}</code></p>',
                f"<p>{about}</p>",
                f'<p class="small soft">{escape(who)}</p></section>',
            )


def _page(title: str, body: str, language: str) -> bytes:
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · Gốc</title><link rel="icon" href="{_ICON}">'
        f'<style>{STYLE}</style></head><body><header class="top"><div class="brand">'
        f'<svg width="32" height="32" viewBox="0 0 {VIEW} {VIEW}" aria-hidden="true">'
        f'<path fill="#447a14" d="{PATH}"/></svg><span>Gốc</span></div></header>'
        f'<main class="home">{body}</main></body></html>\n'
    ).encode()
