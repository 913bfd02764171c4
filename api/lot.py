"""A lot as it is shown: the public bundle verified, and what comes of it for people and machines.

The server replays the records that anybody can download, by the code that anybody can run, and says
what that found; beside it, parties on the lot's way and auditors learn what only they may know.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import quote

from api import schemas
from api.web.story import Setting, tell
from api.web.view import LotPage
from labels.digital_link import DigitalLink
from traceability.core.bundle import Bundle
from traceability.core.claims import Audience
from traceability.core.closure import Want
from traceability.core.errors import LedgerError
from traceability.core.ids import is_restricted
from traceability.core.verdicts import Report
from traceability.core.verify import verify
from traceability.core.way import Way
from traceability.ledger.alerts import AlertView, on_way
from traceability.ledger.bundles import bundle
from traceability.ledger.labels import label_records
from traceability.ledger.ledger import Ledger
from traceability.ledger.lot_scans import signs_of
from traceability.ledger.lots import LotView, in_chain, lot
from traceability.ledger.news import topics_of
from traceability.ledger.reading import Reading
from traceability.ledger.tokens import Principal
from traceability.ledger.used import used_at
from traceability.ledger.viewer import PUBLIC, Viewer, viewer_of
from traceability.settings import DEMO_LOG, Settings


@dataclass(frozen=True, slots=True)
class Checked:
    """A lot's public bundle, what its verification found, and the alerts on the lot's way."""

    bundle: Bundle
    report: Report
    size: int  #: of the log
    alerts: tuple[AlertView, ...] = ()  #: as anybody may know them
    topics: frozenset[Want] = frozenset()  #: what later records must not speak of for this to hold
    numbered: bool = False  #: its labels have serials of the ledger's

    @property
    def way(self) -> Way | None:
        """The lot's own way, as far as the verification got."""
        return way_of(self.report, self.bundle.target.gtin, self.bundle.target.lot)


class Dates(NamedTuple):
    """The days that a label says of a lot, as its page does."""

    harvest_since: date | None = None
    harvest_date: date | None = None
    packed_date: date | None = None
    use_by: date | None = None


def dates_of(page: LotPage) -> Dates:
    """The days of a lot; that it was packed only where that was not the day of its harvest."""
    harvested = page.harvest_dates
    packed = page.made_on if page.made_on not in harvested else None
    since, last = min(harvested, default=None), max(harvested, default=None)
    return Dates(since, last, packed, page.expires_on)


def way_of(report: Report, gtin: str, code: str) -> Way | None:
    """A lot's own way through a verified bundle; None where the verification did not get there."""
    return None if report.state is None else Way(report.records, report.state, (gtin, code))


def check(ledger: Ledger, gtin: str, code: str) -> Checked:
    """Make and verify the public bundle of a lot. ``LedgerError("lot.unknown")``."""
    with ledger.reading() as now:
        made = bundle(now, gtin, code, PUBLIC)
        size = now.head().size
        report = verify(made, ledger.vkey, threads=1)
        way = way_of(report, gtin, code)
        alerts = on_way(now, report, way, ledger.clock()) if way is not None else []
        numbered = bool(label_records(now, gtin, code))
    topics = topics_of((record for record, *_ in report.records), gtin, code)
    return Checked(made, report, size, tuple(alerts), topics, numbered)


def link_of(settings: Settings, gtin: str, code: str | None) -> DigitalLink:
    """What the label of a lot carries."""
    scheme, _, domain = settings.host.partition("://")
    return DigitalLink(domain, gtin, code, scheme="http" if scheme == "http" else "https")


def page_path(gtin: str, code: str) -> str:
    """The path of a lot's page, which its labels lead to."""
    return f"/01/{gtin}/10/{quote(code, safe='')}"


def label_path(gtin: str, code: str, serial: str) -> str:
    """The path of a label's page; of its lot's where it has no serial."""
    own = f"/21/{quote(serial, safe='')}" if serial else ""
    return page_path(gtin, code) + own


def path_of(gtin: str, code: str) -> str:
    """The path of a lot in the JSON API."""
    return f"/api/v1/lots/{gtin}/{quote(code, safe='')}"


def page_of(ledger: Ledger, settings: Settings, found: Checked, language: str) -> LotPage:
    """What the page of a lot shows. ``LedgerError("ledger.fault")`` where our own log does not
    bear out what is in it."""
    target = found.bundle.target
    setting = Setting(
        host=settings.domain,
        base=settings.host,
        vkey=str(ledger.vkey),
        now=ledger.clock(),
        invented=ledger.log == DEMO_LOG,
    )
    page = tell(found.report, target.gtin, target.lot, setting, language, found.alerts)
    if page is None:
        raise LedgerError("ledger.fault")
    return replace(page, numbered=found.numbered)


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
        may_see = viewer.audience >= Audience.CHAIN
        used = used_at(now, gtin, code, ledger.clock()) if may_see else None
        way, alerts = found.way, found.alerts
        if way is not None and may_see:
            alerts = tuple(on_way(now, found.report, way, ledger.clock(), details=True))
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
        origins=[] if way is None else list(_origins(way)),
        made=None if view.made is None else list(view.made),
        remaining=_remaining(view),
        copy_signs=signs_of(ledger.database, gtin, code, used) if may_see else None,
        records=len(found.bundle.entries),
        log=schemas.Log(
            origin=head.log,
            vkey=str(ledger.vkey),
            size=head.size,
            time=head.time,
            checkpoint=head.checkpoint.decode(),
        ),
        links=schemas.LotLinks(
            page=f"{settings.host}{page_path(gtin, code)}",
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


def _origins(way: Way) -> Iterable[schemas.Origin]:
    for record, at, (gtin, code) in way.origins():
        body: Any = record.body
        yield schemas.Origin(
            record=record.name,
            index=at.index,
            type=body.type,
            gtin=gtin,
            lot=code,
            at=body.at,
            party=body.acting,
            place=body.place,
        )


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
        stated=alert.stated,
    )


def _remaining(view: LotView) -> list[schemas.Remaining] | None:
    if view.remaining is None:
        return None
    return [
        schemas.Remaining(holder=each.holder, in_transit=each.transit, quantity=each.text)
        for each in view.remaining
    ]
