"""A lot as it is shown: the public bundle verified, and what comes of it for people and machines.

The server replays the records that anybody can download, by the code that anybody can run, and says
what that found; beside it, parties on the lot's way and auditors learn what only they may know.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from api import schemas
from api.web.story import Setting, own_way, tell
from api.web.view import LotPage
from labels.digital_link import DigitalLink
from traceability.core.bundle import Bundle
from traceability.core.errors import LedgerError
from traceability.core.ids import is_restricted
from traceability.core.verdicts import Report
from traceability.core.verify import verify
from traceability.ledger.alerts import AlertView, alerts_of
from traceability.ledger.bundles import bundle
from traceability.ledger.ledger import Ledger
from traceability.ledger.lots import LotView, in_chain, lot
from traceability.ledger.reading import Reading
from traceability.ledger.tokens import Principal
from traceability.ledger.viewer import PUBLIC, Viewer, viewer_of
from traceability.settings import DEMO_LOG, Settings


@dataclass(frozen=True, slots=True)
class Checked:
    """A lot's public bundle and what its verification found."""

    bundle: Bundle
    report: Report
    size: int  #: of the log


def check(ledger: Ledger, gtin: str, code: str) -> Checked:
    """Make and verify the public bundle of a lot. ``LedgerError("lot.unknown")``."""
    with ledger.reading() as now:
        made = bundle(now, gtin, code, PUBLIC)
        size = now.head().size
    return Checked(made, verify(made, ledger.vkey, threads=1), size)


def link_of(settings: Settings, gtin: str, code: str | None) -> DigitalLink:
    """What the label of a lot carries."""
    scheme, _, domain = settings.host.partition("://")
    return DigitalLink(domain, gtin, code, scheme="http" if scheme == "http" else "https")


def path_of(gtin: str, code: str) -> str:
    """The path of a lot in the JSON API."""
    return f"/api/v1/lots/{gtin}/{quote(code, safe='')}"


def page_of(ledger: Ledger, settings: Settings, found: Checked, language: str) -> LotPage:
    """What the page of a lot shows. ``LedgerError("ledger.fault")`` where our own log does not
    bear out what is in it."""
    target = found.bundle.target
    setting = Setting(
        host=settings.host.partition("://")[2],
        base=settings.host,
        vkey=str(ledger.vkey),
        now=ledger.clock(),
        invented=ledger.log == DEMO_LOG,
    )
    page = tell(found.report, target.gtin, target.lot, setting, language)
    if page is None:
        raise LedgerError("ledger.fault")
    return page


def viewer_at(now: Reading, gtin: str, code: str, asking: Principal | None) -> Viewer:
    """As whom somebody looks at a lot: more of it is for who stands on its way."""
    viewer = viewer_of(asking)
    return viewer.of_lot(in_chain(now, viewer.party, gtin, code))


def lot_json(
    ledger: Ledger, settings: Settings, gtin: str, code: str, asking: Principal | None
) -> schemas.Lot:
    """As ``schemas.Lot``. ``LedgerError("lot.unknown")``."""
    found = check(ledger, gtin, code)
    with ledger.reading() as now:
        viewer = viewer_at(now, gtin, code, asking)
        view = lot(now, gtin, code, viewer)
        alerts = _alerts(now, found, ledger.clock()) if asking else _verified_alerts(found.report)
        way = own_way(found.report, gtin, code)
        head = now.head()
    if view is None:
        raise LedgerError("lot.unknown", lot=code)
    path = path_of(gtin, code)
    return schemas.Lot(
        gtin=gtin,
        lot=code,
        link=link_of(settings, gtin, code).uri,
        restricted=is_restricted(gtin),
        name=_name(found.report, gtin),
        maker=view.lot.maker,
        holds=found.report.holds,
        verdicts=[
            schemas.Verdict(
                name=each.name,
                outcome=each.outcome,
                code=each.code,
                params=dict(each.params) or None,
                index=each.index,
            )
            for each in found.report.verdicts.values()
        ],
        alerts=[_alert(each) for each in alerts],
        origins=list(_origins(found.report, way)),
        made=None if view.made is None else list(view.made),
        remaining=_remaining(view),
        records=len(found.bundle.entries),
        log=schemas.Log(
            origin=head.log,
            vkey=str(ledger.vkey),
            size=head.size,
            time=head.time,
            checkpoint=head.checkpoint.decode(),
        ),
        links=schemas.LotLinks(
            page=f"{settings.host}/01/{gtin}/10/{quote(code, safe='')}",
            bundle=f"{path}/bundle",
            trace=f"{path}/trace",
            label=f"{path}/label.svg",
        ),
    )


def _name(report: Report, gtin: str) -> dict[str, str]:
    product = report.state.product(gtin) if report.state is not None else None
    if product is None:
        return {}
    names: dict[str, str] = product.data.name.model_dump(include={"vi", "en"}, exclude_none=True)
    return names


def _origins(report: Report, way: frozenset[int]) -> Iterable[schemas.Origin]:
    for record, at, effects in report.records:
        body, state = record.body, report.state
        if body.type not in ("harvest", "acquire") or at.index not in way:
            continue
        if state is None or state.voided(at.index):
            continue
        for made in effects.made:
            yield schemas.Origin(
                record=record.name,
                index=at.index,
                type="harvest" if body.type == "harvest" else "acquire",
                gtin=made.product,
                lot=made.lot,
                at=body.at,
                party=body.acting,
                place=getattr(body, "place", None),
            )


def _alerts(now: Reading, found: Checked, time: int) -> Iterable[AlertView]:
    """What the ledger says, which judged undisclosed amounts too."""
    return alerts_of(now, (each.index for each in found.bundle.entries), time)


def _verified_alerts(report: Report) -> Iterable[AlertView]:
    """What a verification of the public bundle arrives at."""
    for alert in report.alerts():
        key = alert.key
        yield AlertView(key.index, key.n, key.code, key.detail, alert.opened, alert.closed)


def _alert(alert: AlertView) -> schemas.Alert:
    return schemas.Alert(
        code=alert.code,
        detail=alert.detail,
        index=alert.index,
        output=None if alert.n < 0 else alert.n,
        serious=alert.serious,
        opened=alert.opened,
        closed=alert.closed,
        sentence=alert.sentence,
    )


def _remaining(view: LotView) -> list[schemas.Remaining] | None:
    if view.remaining is None:
        return None
    return [
        schemas.Remaining(holder=each.holder, in_transit=each.transit, quantity=each.text)
        for each in view.remaining
    ]
