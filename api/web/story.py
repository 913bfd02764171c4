"""From a verified bundle to the page of a lot.

The page says what a verification of the public bundle found, and nothing else: the server replays
the same records that anyone can download, by the same code, and shows the outcome. ``tell`` is that
translation; it reads no database.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from api.web.format import in_vietnam
from api.web.province_map import Way as ProvinceWay
from api.web.province_map import way_of
from api.web.story_product import product_told, shelf_life_of
from api.web.story_steps import StepTeller
from api.web.view import (
    Alert,
    Certificate,
    CertificateState,
    Check,
    CheckKind,
    Correction,
    Dispute,
    Inspection,
    LotPage,
    Origin,
    Party,
    Phrase,
    Place,
    Product,
    Proof,
    State,
    Step,
    Verdict,
    Words,
)
from traceability.core import facts
from traceability.core.facts import Accepted, Crop, Effects
from traceability.core.ids import is_restricted
from traceability.core.rules.papers import coverage
from traceability.core.verify import Report
from traceability.core.way import FLOW, Way
from traceability.ledger.alerts import AlertView, proven

_STATES: Final = {
    "ok": State.OK,
    "warn": State.WARN,
    "fail": State.FAIL,
    "unknown": State.UNKNOWN,
}
_COVERAGE: Final = {
    "valid": CertificateState.VALID,
    "expired": CertificateState.EXPIRED,
    "suspended": CertificateState.SUSPENDED,
    "scope": CertificateState.OUT_OF_SCOPE,
    "missing": CertificateState.MISSING,
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What the page needs to know besides the bundle: where it is served, and of what log."""

    host: str  #: as it stands on labels, without scheme
    base: str  #: scheme and host of label links
    vkey: str
    now: int  #: Unix milliseconds
    invented: bool = False
    pictures: str = "/pictures"


def tell(
    report: Report,
    gtin: str,
    lot: str,
    setting: Setting,
    language: str,
    alerts: Sequence[AlertView] | None = None,
) -> LotPage | None:
    """The page of a lot, or None where the report does not reach its records. ``alerts`` are all on
    the lot's way, proven and stated; None: only what the bundle proves is known."""
    state = report.state
    if state is None or report.checkpoint is None:
        return None
    return _Teller(report, gtin, lot, setting, language, alerts).page()


class _Teller:
    def __init__(
        self,
        report: Report,
        gtin: str,
        lot: str,
        setting: Setting,
        language: str,
        alerts: Sequence[AlertView] | None,
    ) -> None:
        assert report.state is not None  # noqa: S101 — tell() has looked
        self.report, self.state = report, report.state
        self.gtin, self.lot, self.setting, self.language = gtin, lot, setting, language
        self.steps = StepTeller(report.state, language)
        self.corrected = {
            link.about: self._day(link.index)
            for links in self.state.links.values()
            for link in links
            if link.kind in ("correct", "void")
        }
        self.disputed = {
            link.about
            for links in self.state.links.values()
            for link in links
            if link.kind == "dispute"
        }
        self.way = Way(report.records, report.state, (gtin, lot))
        self.asked = alerts is not None
        self.alerts = proven(report, self.way) if alerts is None else list(alerts)
        self.shown_alerts = tuple(self._alerts())

    def page(self) -> LotPage:
        setting, checkpoint = self.setting, self.report.checkpoint
        path = self._path()
        product = self.state.product(self.gtin)
        made = self._made()
        entry = made[-1] if made else self.report.records[-1]
        expires = self._expires(made, product)
        return LotPage(
            path=path,
            link=f"{setting.base}{path}",
            host=setting.host,
            json_path=f"/api/v1/lots/{self.gtin}/{_quoted(self.lot)}",
            gtin=self.gtin,
            lot=self.lot,
            product=self._product(),
            verdict=self._verdict(),
            producer=self._producer(made),
            proof=Proof(
                origin=self.state.log,
                verifier_key=setting.vkey,
                size=checkpoint.size if checkpoint else 0,
                checkpoint_at=in_vietnam(setting.now),
                record=entry[0].name,
                index=entry[1].index,
                records=len(self.report.records),
                bundle_path=f"/api/v1/lots/{self.gtin}/{_quoted(self.lot)}/bundle",
                bundle_name=f"{file_name(self.lot)}.goc.json",
            ),
            restricted=is_restricted(self.gtin),
            invented=setting.invented,
            made_on=self._made_on(made),
            expires_on=expires,
            expired=expires is not None and expires < in_vietnam(setting.now).date(),
            shelf_life="" if product is None else shelf_life_of(product.data, self.language),
            origins=self._origins(),
            steps=tuple(self._steps()),
            way=self._way_on_map(),
            diary=tuple(self._diary()),
            certificates=tuple(self._certificates()),
            inspections=tuple(self._inspections()),
            alerts=self.shown_alerts,
            corrections=tuple(self._corrections()),
            disputes=tuple(self._disputes()),
            declared=tuple(self._declared()),
        )

    # -- who, what ---------------------------------------------------------------------------
    def _path(self) -> str:
        return f"/01/{self.gtin}/10/{_quoted(self.lot)}"

    def _of(self, *types: str) -> list[tuple[Any, Accepted, Effects]]:
        """The records of these types; of the flow, those on the lot's own way."""
        return [
            each
            for each in self.report.records
            if each[0].body.type in types
            and (each[0].body.type not in FLOW or each[1].index in self.way.records)
        ]

    def _beside(self, kind: str) -> list[tuple[Any, Accepted, Effects]]:
        """The corrections or denials of what is on the lot's way, or of what that rests on."""
        known = self.way.records | self.way.beside
        return [each for each in self._of(kind) if each[1].index in known]

    def _made(self) -> list[tuple[Any, Accepted, Effects]]:
        """The records in which this lot came into being; where all were taken back, those."""
        made = [
            (each, any(self.way.stands(make) for make in own))
            for each in self._of("harvest", "acquire", "transform")
            if (own := [make for make in each[2].made if make.lot_key == (self.gtin, self.lot)])
        ]
        return [each for each, stands in made if stands] or [each for each, _ in made]

    def _producer(self, made: Sequence[tuple[Any, Accepted, Effects]]) -> Party:
        lot = self.state.lot((self.gtin, self.lot))
        if lot is not None and lot.maker is not None:
            return self.steps.party(lot.maker)
        if made and made[-1][0].body.type == "acquire":
            return self.steps.source(made[-1][0])  # who bought it did not make it
        return self.steps.party(made[-1][0].body.acting) if made else Party("supplier")

    def _product(self) -> Product:
        statement = self.state.product(self.gtin)
        if statement is None:
            return Product(self._printed_name())
        told = product_told(statement.data, self.setting.pictures, self.language)
        return replace(told, claims=self._claims())

    def _printed_name(self) -> str:
        for record, _, effects in self._of("acquire"):
            for name, make in zip(record.body.data.names, effects.made, strict=False):
                if make.lot_key == (self.gtin, self.lot):
                    return str(name)
        return self.gtin

    def _claims(self) -> tuple[str, ...]:
        """Claims of the lot that all ingredients carry and whose papers leave nothing open."""
        held = [
            each.claims
            for _, _, effects in self._made()
            for each in effects.made
            if each.lot_key == (self.gtin, self.lot)
        ]
        doubted = {
            alert.key.detail
            for alert in self.report.alerts()
            if alert.closed is None
            and alert.key.code.startswith(("certificate.", "claim."))
            and self.way.bears(alert.key)
        }
        claims = [claim for claim in (held[0] if held else ()) if all(claim in c for c in held)]
        return tuple(_scheme(claim) for claim in claims if claim not in doubted)

    def _made_on(self, made: Sequence[tuple[Any, Accepted, Effects]]) -> date | None:
        packed = [
            make.packed
            for record, _, _ in made
            for make in record.body.makes
            if make.packed and (make.product, make.lot) == (self.gtin, self.lot)
        ]
        if packed:
            return date.fromisoformat(max(packed))
        own = [record for record, _, _ in made if record.body.type != "acquire"]
        return _date(own[-1].body.at) if own else None

    def _expires(
        self, made: Sequence[tuple[Any, Accepted, Effects]], product: facts.Statement | None
    ) -> date | None:
        stated = [
            make.expires
            for record, _, _ in made
            for make in record.body.makes
            if make.expires and (make.product, make.lot) == (self.gtin, self.lot)
        ]
        if stated:
            return date.fromisoformat(min(stated))
        on = self._made_on(made)
        if product is None or product.data.shelf_life is None or on is None:
            return None
        return on + timedelta(days=product.data.shelf_life)

    # -- the verdict -------------------------------------------------------------------------
    def _verdict(self) -> Verdict:
        checks: list[Check] = []
        for name, verdict in self.report.verdicts.items():
            kind, state = CheckKind(name), _STATES[verdict.outcome]
            detail: Words | None = None
            quiet = False
            if name == "signatures" and verdict.outcome == "ok":
                detail = Phrase("web.check.signatures.count", {"count": len(self.report.records)})
            elif name == "certificates" and verdict.outcome == "ok" and not self._claimed():
                detail = Phrase("web.check.certificates.none-claimed")
            elif name == "recalls" and verdict.outcome == "ok":
                detail = Phrase(
                    "web.check.recalls.none-until",
                    {
                        "count": self.report.checkpoint.size if self.report.checkpoint else 0,
                        "when": in_vietnam(self.setting.now),
                    },
                )
            elif verdict.code == "balance.undisclosed":
                detail, quiet = Phrase("web.check.balance.private"), True
            elif verdict.code == "alerts.undisclosed" and self.asked:
                detail, quiet = Phrase("web.check.alerts.stated-none"), True
            if state is not State.FAIL and (stated := self._stated_open(kind)):
                # What the operator states against its own ledger counts as if it were proven.
                state, detail, quiet = State.WARN, detail if state is State.WARN else stated, False
            checks.append(Check(kind, state, detail, quiet))
        return Verdict(tuple(checks), in_vietnam(self.setting.now))

    def _stated_open(self, kind: CheckKind) -> Words | None:
        """What to say at a check of which the operator alone states an open alert."""
        stated = any(
            alert.stated and alert.answered_on is None and alert.regards is kind
            for alert in self.shown_alerts
        )
        return Phrase("web.check.alerts.stated") if stated else None

    def _origins(self) -> tuple[Origin, ...]:
        found: dict[tuple[str, str, bool], Origin] = {}
        for record, _, _ in self.way.origins():
            body: Any = record.body
            if body.type == "acquire":
                # Where it was taken in is not where it comes from: that nobody on the ledger knows.
                found[record.name, "", False] = Origin(
                    self.steps.source(record), Place(), proven=False
                )
                continue
            key = (body.acting, body.place or "", True)
            days = (*(found[key].harvested if key in found else ()), _date(body.at))
            place = self.steps.place(body.place)
            who = self.steps.party(body.acting)
            found[key] = Origin(who, place, tuple(sorted(set(days))))
        return tuple(sorted(found.values(), key=lambda origin: not origin.proven))

    def _steps(self) -> Iterable[Step]:
        for each in self._in_order():
            yield self.steps.step(
                each,
                self.way,
                corrected_on=self.corrected.get(each[1].index),
                disputed=each[1].index in self.disputed,
            )

    def _in_order(self) -> list[tuple[Any, Accepted, Effects]]:
        """The flow, stage by stage: what stands equally far from the harvests stands together."""
        depths: dict[int, int] = {}
        flow = self._of("harvest", "acquire", "transform", "ship", "receive", "count", "consume")
        for _, at, effects in flow:
            sources = (depths.get(drawn.source[0], 0) for drawn in effects.drawn)
            depths[at.index] = max(sources, default=-1) + 1
        flow.sort(key=lambda each: (depths[each[1].index], _moment_of(each[0].body.at)))
        return flow

    def _way_on_map(self) -> ProvinceWay | None:
        """The provinces in the order in which goods of the lot first were in them, and from which
        to which they went: what is not known of a place is left out, never guessed."""
        visits: list[str] = []
        journeys: list[tuple[str, str]] = []
        for record, _, effects in self._in_order():
            made = [each for each in effects.made if each.key in self.way.holdings]
            there = record.body.place or (made[0].place if made else None)
            province = self.steps.place(there).province
            for drawn in effects.drawn:
                source = self.state.holding(drawn.source)
                before = source.sent_from or source.place if source is not None else None
                came_from = self.steps.place(before).province
                if came_from and province and came_from != province:
                    visits.append(came_from)
                    journeys.append((came_from, province))
            if province:
                visits.append(province)
        return way_of(visits, journeys)

    def _diary(self) -> Iterable[Step]:
        """The diary of the plots on the lot's way, each entry as it now stands."""
        plots = {record.body.place for record, _, _ in self._of("harvest")}
        told = [
            self.steps.diary(each, self._restated(each[1].index), self.corrected.get(each[1].index))
            for each in self._of("diary")
            if each[0].body.place in plots
        ]
        return sorted((step for step in told if step is not None), key=lambda step: step.at)

    def _restated(self, index: int) -> list[Any]:
        """How a record was restated, each time."""
        bodies = (self._body(link.index) for link in self.state.links_to(index))
        found = (body.data.restated for body in bodies if body and body.type == "correct")
        return [each for each in found if each is not None]

    # -- papers ------------------------------------------------------------------------------
    def _claimed(self) -> list[tuple[Crop, str]]:
        """What was claimed of the crops that this lot comes from."""
        return [(crop, claim) for crop in self.way.crops for claim in crop.claims]

    def _certificates(self) -> Iterable[Certificate]:
        seen: set[tuple[str, str, str]] = set()
        for crop, claim in self._claimed():
            shown = self._certificate(crop, claim)
            key = (shown.scheme, shown.number, shown.state)
            if key not in seen:
                seen.add(key)
                yield shown

    def _certificate(self, crop: Crop, claim: str) -> Certificate:
        state = _COVERAGE[coverage(self.state, crop, claim)]
        party = self.state.party(crop.party)
        statements = [
            each
            for holder in (crop.party, *(party.members_of if party else ()))
            for each in self.state.certificates(holder)
            if each.data.scheme == claim
        ]
        judged = date.fromisoformat(crop.date)
        if not statements or state is CertificateState.MISSING:
            return Certificate(_scheme(claim), CertificateState.MISSING, judged)
        # The statement that was in force on the day, or the nearest to it.
        chosen = min(statements, key=lambda each: _gap(crop.date, each.data.from_, each.data.to))
        data = chosen.data
        certifier = data.certifier_name or (
            self.steps.party(data.certifier).name if data.certifier else ""
        )
        return Certificate(
            _scheme(claim),
            state,
            judged,
            data.number,
            certifier,
            self.steps.party(data.holder),
            date.fromisoformat(data.from_),
            date.fromisoformat(data.to),
            signed=not chosen.declared,
        )

    def _inspections(self) -> Iterable[Inspection]:
        results = {"pass": State.OK, "fail": State.FAIL, "inconclusive": State.UNKNOWN}
        for record, _, effects in self._of("inspect"):
            body, data = record.body, record.body.data
            lots = {(about.product, about.lot) for about in body.about if about.lot is not None}
            if len(lots) == len(body.about) and not lots & self.way.lots:
                continue  # of another lot from the same plot
            values = "; ".join(
                " ".join(filter(None, (each.name, each.value, each.unit)))
                for each in data.parameters
            )
            yield Inspection(
                self.steps.party(body.acting),
                _date(body.at),
                Phrase(f"story.inspect.{data.kind}"),
                results[data.result],
                values or Phrase(f"story.result.{data.result}"),
                report=next((ref.number or "" for ref in body.refs), ""),
                by_holder=not effects.inspections[0].by_auditor,
            )

    def _alerts(self) -> Iterable[Alert]:
        """The alerts, each kind once: what seven farms have in common is said once."""
        found: dict[tuple[str, str, bool], Alert] = {}
        for each in self.alerts:
            paper = each.code.startswith("certificate.")
            answer: Words | None = None
            answered_on = None
            if each.closed is not None:
                answer = Phrase(f"story.answer.{self._answering(each.closed)}")
                answered_on = self._day(each.closed) or in_vietnam(self.setting.now).date()
            on = self._day(each.index) or self._day(each.opened) or date(1970, 1, 1)
            same = (each.code, answer.key if isinstance(answer, Phrase) else "", each.stated)
            before = found.get(same)
            if before is not None:
                found[same] = replace(
                    before,
                    times=before.times + 1,
                    on=min(before.on, on),
                    answered_on=max(filter(None, (before.answered_on, answered_on)), default=None),
                )
                continue
            found[same] = Alert(
                Phrase(f"alert.{each.code}"),
                Phrase(f"alert.{each.code}.meaning"),
                on,
                CheckKind.CERTIFICATES if paper else CheckKind.ALERTS,
                answered_on,
                answer,
                stated=each.stated,
            )
        return found.values()

    def _corrections(self) -> Iterable[Correction]:
        for record, _, _ in self._beside("correct"):
            body, data = record.body, record.body.data
            entry = self.state.record(data.corrects)
            kind = entry.type if entry else "other"
            way = "void" if data.void else "restated" if data.restated else "quantity"
            yield Correction(
                self.steps.party(body.acting),
                _date(body.at),
                Phrase(f"story.correct.{way}", {"what": Phrase(f"story.record.{kind}")}),
                reason=data.reason,
            )

    def _disputes(self) -> Iterable[Dispute]:
        for record, _, _ in self._beside("dispute"):
            body, data = record.body, record.body.data
            yield Dispute(
                self.steps.party(body.acting),
                _date(body.at),
                Phrase(f"story.dispute.{data.denies}"),
                reason=data.statement or "",
            )

    def _declared(self) -> Iterable[Words]:
        said: dict[tuple[str, str], Words] = {}
        for record, _, _ in self._of("harvest", "transform", "ship", "receive", "acquire"):
            body = record.body
            who = self.steps.name(body.iss)
            key = self.state.key(record.kid)
            if key is not None:
                kind = "recovery-key" if key.recovery else f"{key.custody}-key"
                kind = kind.replace("server-key", "operator-key")
                said[body.iss, kind] = Phrase(f"web.declared.{kind}", {"who": who})
            if body.acting != body.iss:
                farm = self.steps.name(body.acting)
                consent = self.state.consent(body.acting, body.iss)
                if consent is not None and consent.declared:
                    said[body.acting, "consent"] = Phrase(
                        "web.declared.consent", {"who": who, "farm": farm}
                    )
        for alert in self.alerts:
            if alert.code == "one-sided" and alert.closed is None:
                body = self._body(alert.index)
                if body is not None:
                    names = {"who": self.steps.name(body.iss), "farm": self.steps.name(body.acting)}
                    said[body.acting, "one-sided"] = Phrase("web.declared.one-sided", names)
        for record, _, effects in self._of("acquire"):
            own = [made for made in effects.made if made.key in self.way.holdings]
            goods = self.steps.goods_name((own or effects.made)[0].product, record)
            said[record.name, "acquired"] = Phrase(
                "web.declared.acquired",
                {"who": self.steps.name(record.body.acting), "goods": goods},
            )
        return said.values()

    # -- look-ups ----------------------------------------------------------------------------
    def _at(self, index: int | None) -> tuple[Any, Accepted, Effects] | None:
        return next((each for each in self.report.records if each[1].index == index), None)

    def _body(self, index: int) -> Any:
        found = self._at(index)
        return found[0].body if found else None

    def _answering(self, index: int) -> str:
        """The type of the record that answered an alert, as far as the catalogue has a sentence."""
        body = self._body(index)
        known = ("certificate", "diary", "consent", "correct", "inspect")
        return str(body.type) if body is not None and body.type in known else "other"

    def _day(self, index: int | None) -> date | None:
        body = self._body(index) if index is not None else None
        return _date(body.at) if body is not None else None


def _scheme(claim: str) -> str:
    """How a scheme is written: its slug, with the capitals that people know."""
    known = {
        "vietgap": "VietGAP",
        "globalgap": "GLOBALG.A.P.",
        "organic": "Organic",
        "haccp": "HACCP",
        "iso-22000": "ISO 22000",
        "ocop": "OCOP",
    }
    return known.get(claim, claim)


def _gap(day: str, start: str, end: str) -> tuple[bool, int]:
    inside = start <= day <= end
    days = (date.fromisoformat(day) - date.fromisoformat(end)).days
    return not inside, abs(days)


def _date(at: str) -> date:
    return date.fromisoformat(at[:10])


def _moment_of(at: str) -> datetime:
    return datetime.fromisoformat(at)


def _quoted(lot: str) -> str:
    return quote(lot, safe="")


def file_name(lot: str) -> str:
    """A lot's code as part of a file's name."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in lot)
