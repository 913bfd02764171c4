"""Pages of the view model, served to a real browser as the server will: with their policy."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.splice import filled
from api.web.desk import ComplainPage, ComplaintPage, WherePage
from api.web.province_map import draw
from api.web.render import (
    CONTENT_SECURITY_POLICY,
    FORM_SECURITY_POLICY,
    lot_and_places,
    render_complain,
    render_complaint,
    render_home,
    render_lot,
    render_mark,
    render_problem,
    render_product,
    render_unit,
    render_where,
)
from api.web.view import Mark
from labels.qr import encode
from labels.serials import SPECIMEN
from tests.browser.pages import (
    GTIN,
    HOST,
    HOSTILE,
    LOT,
    NOW,
    PAGES,
    PROBLEMS,
    crowded,
    goods,
    home,
    hostile,
    pallet,
)
from traceability.text import text

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

ORIGIN: Final = "http://localhost"
KHOM: Final = (Path(__file__).parent / "khom.svg").read_bytes()
QR: Final = encode(f"https://{HOST}/01/{GTIN}/10/{LOT}").svg("QR").encode()
NAMES: Final = (
    *PAGES, *PROBLEMS, "home", "goods", "hostile", "long", "crowded", "full", "genuine", "copied",
    "invented", "withdrawn", "void", "mistyped", "specimen", "unnumbered", "pallet",
    "two-pallets", "complain", "complain-again", "sent",
    "answered", "receipt", "where", "told",
)  # fmt: skip
SERIAL: Final = "000003GNR7Y6006BPWM0"
PATH: Final = f"/01/{GTIN}/10/{LOT}"
LABEL: Final = f"{PATH}/21/{SERIAL}"
COMPLAIN: Final = ComplainPage("/complain", LABEL, HOST, LOT, SERIAL, "token", 24)
SENT: Final = ComplaintPage(
    "/complaint", HOST, "token", "7K3M-9AB0-1XYZ", True, "open", NOW, LOT, "copied",
    has_contact=True,
)  # fmt: skip
WHERE: Final = WherePage("/where", LABEL, HOST, SERIAL, "token")
#: Pages with a form, by what they are called.
DESK: Final[dict[str, Callable[[str], bytes]]] = {
    "complain": lambda language: render_complain(COMPLAIN, language),
    "complain-again": lambda language: render_complain(
        replace(
            COMPLAIN,
            kind="unsafe",
            words="Quả dập\nvà có mùi",
            contact="0901 234 567",
            place="VN-CT",
            error=text(language, "error.complaint.consent"),
        ),
        language,
    ),
    "sent": lambda language: render_complaint(SENT, language),
    "answered": lambda language: render_complaint(
        replace(
            SENT,
            fresh=False,
            state="answered",
            answer="Chúng tôi đã xem lại lô này.\nXin cảm ơn.",
            remark="Đã đối chiếu số tem in.",
        ),
        language,
    ),
    "receipt": lambda language: render_complaint(
        ComplaintPage("/complaint", HOST, "token"), language
    ),
    "where": lambda language: render_where(WHERE, language),
    "told": lambda language: render_where(replace(WHERE, told="VN-CT"), language),
}
MARKS: Final = {
    "genuine": Mark(SERIAL, "packed"),
    "copied": Mark(SERIAL, "packed", 137, date(2026, 11, 21), ("too-many", "far-apart")),
    "invented": Mark(SERIAL, "invented"),
    "withdrawn": Mark(SERIAL, "withdrawn"),
    "void": Mark(SERIAL, "void"),
    "mistyped": Mark("K3", "mistyped"),
    "specimen": Mark(SPECIMEN, "specimen"),
}


def page(name: str, language: str) -> bytes:
    """The page that the tests call ``name``."""
    if name in PAGES:
        return render_lot(PAGES[name](), language)
    if name in PROBLEMS:
        return render_problem(PROBLEMS[name], language)
    if name in MARKS:
        body, places = lot_and_places(PAGES["verified"](), language)
        return filled(body, places | render_mark(MARKS[name], language, PATH))
    if name in DESK:
        return DESK[name](language)
    special: dict[str, Callable[[], bytes]] = {
        "home": lambda: render_home(home(), language),
        "goods": lambda: render_product(goods(), language),
        "pallet": lambda: render_unit(pallet(), language),
        "two-pallets": lambda: render_unit(pallet(1), language),
        "hostile": lambda: render_lot(hostile(HOSTILE[0]), language),
        "long": lambda: render_lot(hostile(HOSTILE[-1]), language),
        "crowded": lambda: render_lot(crowded(), language),
        "unnumbered": lambda: render_lot(replace(PAGES["verified"](), numbered=True), language),
        "full": lambda: render_lot(PAGES["juice"](), language, unfolded=True),
    }
    return special[name]()


def serve(tab: "Page") -> list[str]:
    """Answer ``ORIGIN/<name>?lang=…`` in ``tab``; returns the list of what is asked for."""
    asked: list[str] = []

    def answer(route: "Route") -> None:
        url = route.request.url
        asked.append(url)
        path, _, query = url.removeprefix(ORIGIN + "/").partition("?")
        if path.startswith("pictures/"):
            picture = QR if "qr" in path else KHOM
            route.fulfill(body=picture, content_type="image/svg+xml")
        elif path.startswith("maps/"):
            drawn = draw(path.removeprefix("maps/").removesuffix(".svg"))
            route.fulfill(body=drawn, content_type="image/svg+xml")
        elif path in NAMES:
            language = "en" if "lang=en" in query else "vi"
            route.fulfill(
                body=page(path, language),
                content_type="text/html; charset=utf-8",
                headers={
                    "Content-Security-Policy": FORM_SECURITY_POLICY
                    if path in DESK
                    else CONTENT_SECURITY_POLICY
                },
            )
        else:
            route.fulfill(status=404, body="")

    tab.route("**/*", answer)
    return asked


def unfold(tab: "Page") -> None:
    tab.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
