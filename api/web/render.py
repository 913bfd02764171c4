"""Pages as bytes: view model in, UTF-8 HTML out, in Vietnamese or English.

One request shows the whole page: the style sheet lies within it (a second round trip on 2G costs
more than its three kilobytes), there is no web font, and the only script is an optional one that
copies, prints, and starts the verifier on the reader's own phone (``api.web.phone``). Everything
that people wrote is escaped, freed of control characters and isolated (``<bdi>``), so that no name
can change the page around it. Long lists are cut at a stated length, which keeps a page of a
thousand farms under 30 KB compressed.

Templates are compiled once per language; a page takes well under 2 ms.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from api.splice import filled
from api.web import format as formats
from api.web.desk import ComplainPage, ComplaintPage, WherePage
from api.web.journey import stages
from api.web.phone import path_of as phone_script
from api.web.view import (
    Amount,
    Certificate,
    Home,
    Inspection,
    LotPage,
    Mark,
    Party,
    Phrase,
    Problem,
    ProductPage,
    State,
    UnitPage,
    Value,
)
from labels.mark import PATH
from labels.serials import LENGTH
from traceability.core.ids import BASE32
from traceability.text import LANGUAGES, text

_HERE: Final = Path(__file__).parent
_LONGEST: Final = 40
"""So many entries of any list are shown; the rest is counted, and lies in the JSON."""
_LONGEST_TEXT: Final = 400
"""So many characters of any text that people wrote are shown."""

_NOTHING: Final = Markup()
_SERIAL: Final = re.compile(f"[{BASE32.upper()}]{{{LENGTH}}}")
_SAMPLE: Final = "U" * 40  #: stands for a serial: no part of an address is as long
_MARK_TONES: Final = {
    "packed": "ok", "printed": "ok", "not-yet": "warn", "void": "fail", "invented": "fail",
    "mistyped": "fail", "foreign": "unknown", "unchecked": "unknown", "withdrawn": "fail",
    "specimen": "fail",
}  # fmt: skip

# C0 and C1 controls, line and paragraph separators, and what reorders or hides its neighbours.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def clean(words: str) -> str:
    """``words`` on one line, without invisible characters, cut at a readable length."""
    seen = _UNSEEN.sub(" ", words).strip()
    return seen if len(seen) <= _LONGEST_TEXT else seen[: _LONGEST_TEXT - 1] + "…"


def said(words: str) -> Markup:
    """What a record says, safe to stand anywhere in a page, and told apart from our own words."""
    seen = clean(words)
    return Markup(f"<bdi>{escape(seen)}</bdi>") if seen else _NOTHING  # noqa: S704 - escaped


def plain(value: Value | None, language: str) -> str:
    """Any value of the view model as unescaped text in ``language``."""
    match value:
        case None:
            return ""
        case str():
            return clean(value)
        case Phrase():
            params = {name: plain(each, language) for name, each in value.params.items()}
            return text(language, value.key, **params)
        case Amount():
            whole = Amount(value.value, clean(value.unit), clean(value.piece))
            return formats.amount(whole, language)
        case datetime():
            return formats.moment(value, language)
        case date():
            return formats.day(value, language)
        case Decimal() | int():
            return formats.number(value, language)


def say(value: Value | None, language: str) -> Markup:
    """Any value of the view model, escaped; people's own words are isolated."""
    return said(value) if isinstance(value, str) else escape(plain(value, language))


def named(who: Party, language: str) -> str:
    """A party's name, or its role where it did not agree to be named; unescaped."""
    if who.name:
        return clean(who.name)
    word = role(who, language)
    return text(language, "web.party.unnamed", role=word[:1].upper() + word[1:])


def party(who: Party, language: str) -> Markup:
    """As ``named``, escaped and isolated."""
    return said(named(who, language))


def role(who: Party, language: str) -> str:
    """The word for what a party is; a role that we do not know stays as it was recorded."""
    key = f"web.role.{who.role}"
    word = text(language, key)
    return clean(who.role) if word == key else word


def local(path: str) -> str:
    """``path`` if it stays on this host, else nothing: no record can make a page fetch or link
    anything from elsewhere."""
    return path if re.fullmatch(r"/(?![/\\])[\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]*", path) else ""


def _shown(path: str, kept: "Kept | None") -> str:
    """Where a picture of ours is: on this host, or within the page."""
    within = kept.pictures.get(path, "") if kept is not None else ""
    return within or local(path)


def row(label: str, value: str) -> Markup:
    """One line of a receipt, or nothing without a value. A page has fifty: a macro is too slow."""
    if not value:
        return _NOTHING
    return Markup(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>\n")  # noqa: S704


HTML: Final = "text/html; charset=utf-8"  #: of what is rendered here


def _read(name: str) -> str:
    return (_HERE / "static" / name).read_text(encoding="utf-8")


def _squeezed(css: str) -> str:
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", bare)).strip()


STYLE: Final = _squeezed(_read("goc.css"))
SCRIPT: Final = re.sub(r"(?m)^\s*//.*\n|^\s+|\n$", "", _read("page.js")).strip()


FORM_STYLE: Final = _squeezed(_read("form.css"))
FORM_SCRIPT: Final = re.sub(r"(?m)^\s*//.*\n|^\s+|\n$", "", _read("form.js")).replace(
    "POINTS", _read("province_points.json").strip()
)


def _hash(source: str) -> str:
    return "'sha256-" + b64encode(sha256(source.encode()).digest()).decode() + "'"


def _policy(styles: Iterable[str], script: str, forms: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {' '.join(map(_hash, styles))}",
            f"script-src {_hash(script)}",
            "img-src 'self' data:",
            "worker-src 'self'",
            "base-uri 'none'",
            f"form-action {forms}",
            "frame-ancestors 'none'",
        )
    )


CONTENT_SECURITY_POLICY: Final = _policy([STYLE], SCRIPT, "'none'")
"""To be sent with every page: nothing runs, loads or frames but what these pages bring. Workers are
our own scripts, which come with a policy of their own."""
FORM_SECURITY_POLICY: Final = _policy([STYLE, FORM_STYLE], FORM_SCRIPT, "'self'")
"""For pages with a form, which send it home and nowhere else."""
APP_SECURITY_POLICY: Final = _policy([STYLE], SCRIPT, "'self'")
"""For the pages of who has signed in, whose forms go to this server."""
WORKER_SECURITY_POLICY: Final = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class _Cut:
    """The shown part of a list, and how much was left out."""

    shown: tuple[object, ...]
    left: int


def _cut(items: tuple[object, ...], at: int = _LONGEST) -> _Cut:
    return _Cut(items[:at], max(0, len(items) - at))


def _worst_first(papers: Iterable[Certificate | Inspection]) -> tuple[object, ...]:
    """What is not in order before what is, else in the given order."""

    def in_order(paper: Certificate | Inspection) -> bool:
        state = paper.state.tone if isinstance(paper, Certificate) else paper.state
        return state is State.OK

    return tuple(sorted(papers, key=in_order))


@lru_cache(maxsize=len(LANGUAGES))
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    speaking: dict[str, Callable[..., str]] = {
        "say": say,
        "plain": plain,
        "party": party,
        "named": named,
        "role": role,
        "day": formats.day,
        "days": formats.days,
        "moment": formats.moment,
        "lasting": formats.lasting,
        "number": formats.number,
    }
    environment.globals.update(
        {name: partial(function, language=language) for name, function in speaking.items()},
        t=partial(text, language),
        language=language,
        other="en" if language == "vi" else "vi",
        style=Markup(STYLE),  # noqa: S704 - our own file
        script=Markup(SCRIPT),  # noqa: S704 - our own file
        form_style=Markup(FORM_STYLE),  # noqa: S704 - our own file
        form_script=Markup(FORM_SCRIPT),  # noqa: S704 - our own file
        mark=Markup(PATH),  # noqa: S704 - our own drawing
        phone_script=phone_script(language),
        row=row,
        shown=_shown,
        stages=stages,
        cut=_cut,
        worst_first=_worst_first,
    )
    # A filter on a constant is worked out when the template is compiled: most texts cost nothing.
    environment.filters.update(
        t=lambda key: escape(text(language, key)), said=said, clean=clean, local=local
    )
    return environment


def render(template: str, language: str, **values: object) -> bytes:
    """A template of ours, filled in."""
    known = language if language in LANGUAGES else "vi"
    whole = {"unfolded": False, "public": False, "kept": None} | values
    page = _environment(known).get_template(template).render(whole)
    return re.sub(r"\n\s*", "\n", page).encode()


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as a file of its own, to be looked at without a network: when it was made, where the
    page itself is (scheme and host), and its pictures by their paths as ``data:`` addresses."""

    at: datetime
    origin: str
    pictures: Mapping[str, str]


def render_lot(
    page: LotPage, language: str, *, unfolded: bool = False, kept: Kept | None = None
) -> bytes:
    """The consumer page of one lot, of no label of it. As ``lot_and_places``."""
    return filled(*lot_and_places(page, language, unfolded=unfolded, kept=kept))


def lot_and_places(
    page: LotPage, language: str, *, unfolded: bool = False, kept: Kept | None = None
) -> tuple[bytes, dict[str, bytes]]:
    """The consumer page of one lot with places for what is said of one label (``api.splice``), and
    what stands there where no label's serial is known. ``unfolded`` opens every fold, for paper;
    ``kept`` makes it a file that needs nothing else."""
    whole = {"page": page, "path": page.path, "unfolded": unfolded, "kept": kept}
    standing = {
        "title": escape(text(language, f"web.outcome.{page.verdict.outcome}")).encode(),
        "path": b"",
        "level": b"1",
        "mark": render("unnumbered.html", language).strip() if page.numbered else b"",
    }
    return render("lot.html", language, **whole), standing


def render_mark(mark: Mark, language: str, path: str) -> dict[str, bytes]:
    """What the serial of a label is worth, to be put in the places of the page of its lot, whose
    path is ``path``.

    What is said of one label is said of thousands: but for its serial it is made once."""
    if not _SERIAL.fullmatch(mark.serial):
        return _mark(mark, language, path)
    serial = mark.serial.encode()
    like = _mark_like(replace(mark, serial=_SAMPLE), language, path)
    return {name: put.replace(_SAMPLE.encode(), serial) for name, put in like.items()}


@lru_cache(maxsize=1024)
def _mark_like(mark: Mark, language: str, path: str) -> dict[str, bytes]:
    return _mark(mark, language, path)


def _mark(mark: Mark, language: str, path: str) -> dict[str, bytes]:
    tone = _MARK_TONES[mark.state]
    if mark.signs and tone == "ok":
        tone = "warn"
    is_signed = mark.signs and tone == "warn" and mark.state != "not-yet"
    title = text(language, "web.mark.sign.title" if is_signed else f"web.mark.{mark.state}.title")
    own = f"/21/{quote(mark.serial, safe='')}"
    shown = {"mark": mark, "path": path + own, "tone": tone, "title": title}
    put = {
        "path": own.encode(),
        "level": b"2",
        "mark": render("mark.html", language, **shown).strip(),
    }
    return put | {"title": escape(title).encode()} if mark.is_bad else put


def render_problem(problem: Problem, language: str) -> bytes:
    """The page for a label that leads to no lot: what that may mean, and what to do."""
    lot, mark = problem.label.partition("/21/")[0], problem.mark
    put = b"" if mark is None else render_mark(mark, language, lot)["mark"]
    shown = Markup(put.decode())  # noqa: S704 - rendered here
    return render("problem.html", language, problem=problem, mark_shown=shown)


def render_product(page: ProductPage, language: str) -> bytes:
    """The page of a product whose lot is not said: what it is, and where its lot code stands.

    Search engines may find it; lots and those who are named there they may not."""
    return render("product.html", language, page=page, public=True)


def render_unit(page: UnitPage, language: str) -> bytes:
    """The page of a crate or pallet whose SSCC was scanned: which lots lie in it."""
    return render("unit.html", language, page=page)


def render_home(home: Home, language: str) -> bytes:
    """The start page of a demonstration: its labels, its key, its API."""
    return render("home.html", language, home=home, public=True)


def render_complain(page: ComplainPage, language: str) -> bytes:
    """The form by which whoever scanned a label says what is wrong."""
    return render("complain.html", language, page=page)


def render_complaint(page: ComplaintPage, language: str) -> bytes:
    """A receipt, what became of a complaint, or where to ask for it."""
    return render("complaint.html", language, page=page)


def render_where(page: WherePage, language: str) -> bytes:
    """The form by which whoever scanned a label says in which province."""
    return render("where.html", language, page=page)
