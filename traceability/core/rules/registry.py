"""The registry: parties, keys, consents, places, products, certificates, rules (DESIGN §6).

* The operator states each party, its roles and its first key, and the rules in force.
* A later key is signed by an active key of its party; signed by the operator it is a *recovery*.
* A key is registered once, ever, with proof that its holder has it. A revocation acts from its own
  index; it may name the last index up to which records of the key stand undisputed.
* A place or product belongs to the party that stated it first; only that party (or its successor)
  states it anew.
* A certificate signed by its certifier is issuer-signed; by its holder, *declared*.
* What concerns a natural person does not stand in the clear.
"""

from fractions import Fraction
from typing import Any

from traceability.core import b64, ids, moment
from traceability.core.errors import FormatError
from traceability.core.facts import KeyEntry, Link, Statement
from traceability.core.keys import PublicKey, check_possession
from traceability.core.quantity import Dimension, Quantity
from traceability.core.rules.authority import is_auditor, is_operator
from traceability.core.rules.case import Case
from traceability.core.rules.papers import judge_certificate
from traceability.core.thresholds import RULEBOOK, Thresholds


def state_party(case: Case) -> None:
    """A ``party`` statement: by the operator alone."""
    data = case.body.data
    if case.index > 0 and not is_operator(case):
        case.refuse("party.by-operator", "/iss")
    if case.index > 0 and "operator" in data.roles and data.party != case.state.operator:
        case.refuse("party.one-operator", "/data/roles")
    if data.kind == "organisation" and data.name is None:
        case.refuse("party.name", "/data/name")
    if data.kind != "organisation" and data.name is not None:
        case.refuse("party.name-in-clear", "/data/name")
    for member, parties in (("memberOf", data.members_of), ("succeeds", data.succeeds)):
        for n, party in enumerate(parties):
            if case.state.party(party) is None:
                case.refuse("party.unknown", f"/data/{member}/{n}", party=party)
            if party == data.party:
                case.refuse("party.itself", f"/data/{member}/{n}")
    if data.gln is not None:
        ids.gln(data.gln)
    if data.ended is not None:
        moment.parse_date(data.ended)
    _state(case, "party", data.party, data.party, declared=False)


def state_key(case: Case) -> None:
    """A ``key``: registered once, with proof of possession."""
    data, state = case.body.data, case.state
    if state.party(data.party) is None:
        case.refuse("party.unknown", "/data/party", party=data.party)
    by_operator = is_operator(case)
    if data.party != case.body.iss and not by_operator:
        case.refuse("key.by-party", "/data/party")
    key = PublicKey.from_jwk({"kty": data.jwk.kty, "crv": data.jwk.crv, "x": data.jwk.x})
    if state.key(key.kid) is not None:
        case.refuse("key.registered", "/data/jwk", kid=key.kid)
    try:
        proof = b64.decode(data.pop)
    except FormatError:
        proof = b""
    if not check_possession(key, proof, state.log, data.party):
        case.refuse("key.possession", "/data/pop")
    known = state.statements("key", data.party)
    recovery = by_operator and data.party != case.body.iss and bool(known)
    case.effects.keys.append(
        KeyEntry(key.kid, data.party, key.raw, case.index, data.custody, recovery)
    )
    _state(case, "key", data.party, data.party, declared=recovery)


def revoke_key(case: Case) -> None:
    """A ``key-revoke``: by the key's party or the operator."""
    data = case.body.data
    key = case.state.key(data.kid)
    if key is None:
        case.refuse("key.unknown", "/data/kid", kid=data.kid)
    if key.party != case.body.iss and not is_operator(case):
        case.refuse("key.by-party", "/data/kid")
    if key.revoked is not None:
        case.refuse("key.revoked", "/data/kid", kid=data.kid, index=key.revoked)
    if data.trusted is not None and data.trusted >= case.index:
        case.refuse("key.trusted", "/data/trusted")
    case.effects.revoked.append((data.kid, data.trusted))


def state_consent(case: Case) -> None:
    """A ``consent``: by the grantor, or by the operator and then only declared."""
    data, state = case.body.data, case.state
    for member in ("grantor", "agent"):
        if state.party(getattr(data, member)) is None:
            case.refuse("party.unknown", f"/data/{member}", party=getattr(data, member))
    declared = data.grantor != case.body.iss
    if declared and not is_operator(case):
        case.refuse("consent.by-grantor", "/data/grantor")
    if declared and data.confirms:
        case.refuse("consent.confirms", "/data/confirms", record=data.confirms[0])
    for n, name in enumerate(data.confirms):
        entry = state.record(name)
        if entry is None or entry.acting != data.grantor or entry.iss != data.agent:
            case.refuse("consent.confirms", f"/data/confirms/{n}", record=name)
        case.answer(entry.index, "one-sided")
        link = Link(case.index, entry.index, "confirms")
        if link not in case.effects.links:
            case.effects.links.append(link)
    moment.parse_date(data.until)
    if data.confirms and not data.types:
        return  # it only confirms: what was agreed to before stands
    _state(case, "consent", f"{data.grantor}>{data.agent}", data.grantor, declared)


def state_place(case: Case) -> None:
    """A ``place``: by its owner, with a true shape on the globe where one is given."""
    data = case.body.data
    _owned(case, "place", data.place)
    if data.area is not None:
        area = Quantity.parse_positive(data.area)
        if area.dimension is not Dimension.AREA:
            case.refuse("place.area", "/data/area", text=data.area)
    points = list(data.polygon or ()) + ([data.point] if data.point else [])
    for point in points:
        if not (-180 <= float(point.lon) <= 180 and -90 <= float(point.lat) <= 90):
            case.refuse("place.coordinates", "/data/polygon")
    if data.polygon is not None:
        corners = {(point.lon, point.lat) for point in data.polygon}
        if data.polygon[0] != data.polygon[-1] or len(corners) < 3:
            case.refuse("place.polygon", "/data/polygon")
    if data.gln is not None:
        ids.gln(data.gln)
    if data.closed is not None:
        moment.parse_date(data.closed)
    _state(case, "place", data.place, case.acting, declared=case.acting != case.body.iss)


def state_product(case: Case) -> None:
    """A ``product``: by its owner; its recipe names products that exist."""
    data = case.body.data
    ids.gtin14(data.product)
    _owned(case, "product", data.product)
    for member, wanted in (("mass_per_unit", Dimension.MASS), ("net_content", None)):
        text = getattr(data, member)
        if text is not None and wanted not in (None, Quantity.parse_positive(text).dimension):
            case.refuse("product.mass", f"/data/{member}", text=text)
    before = case.state.product(data.product)
    if before is not None:
        for member in ("unit", "mass_per_unit"):
            # Goods that exist would weigh another thing from one day to the next.
            if getattr(before.data, member) != getattr(data, member):
                case.refuse("product.frozen", f"/data/{member}", product=data.product)
    if data.process is not None:
        _check_process(case, data.process)
    for n, ingredient in enumerate(data.recipe):
        Quantity.parse_positive(ingredient.quantity)
        if case.state.product(ingredient.product) is None:
            case.refuse("product.unknown", f"/data/recipe/{n}/product", product=ingredient.product)
    _state(case, "product", data.product, case.acting, declared=False)


def _check_process(case: Case, process: Any) -> None:
    """Water is less than all of a product, and a range has its ends in order."""
    if process.water_max is not None and Fraction(process.water_max) >= 1:
        case.refuse("product.process", "/data/process/waterMax")
    low, high = process.yield_min, process.yield_max
    if low is not None and high is not None and Fraction(low) > Fraction(high):
        case.refuse("product.process", "/data/process/yieldMin")


def state_certificate(case: Case) -> None:
    """A ``certificate``, its suspension, withdrawal or renewal; harvests are judged again."""
    data, state = case.body.data, case.state
    if state.party(data.holder) is None:
        case.refuse("party.unknown", "/data/holder", party=data.holder)
    issuer_signed = data.certifier is not None and state.stands_for(case.acting, data.certifier)
    if issuer_signed and not is_auditor(case):
        case.refuse("certificate.certifier", "/data/certifier", party=case.acting)
    if not issuer_signed and not state.stands_for(case.acting, data.holder):
        case.refuse("certificate.by-whom", "/iss")
    for date in (data.from_, data.to, data.status_from):
        if date is not None:
            moment.parse_date(date)
    if data.from_ > data.to:
        case.refuse("certificate.dates", "/data/to", start=data.from_, end=data.to)
    if data.status != "valid" and data.status_from is None:
        case.refuse("certificate.status-from", "/data/statusFrom", status=data.status)
    before = state.latest("certificate", data.certificate)
    if before is not None and (
        before.data.holder != data.holder or before.data.scheme != data.scheme
    ):
        case.refuse("certificate.other", "/data/certificate", certificate=data.certificate)
    if before is not None:
        _keeps_certifier(case, before, issuer_signed)
    statement = _state(
        case, "certificate", data.certificate, data.holder, declared=not issuer_signed
    )
    judge_certificate(case, statement)


def _keeps_certifier(case: Case, before: Statement, issuer_signed: bool) -> None:
    """What a certifier signed, neither its holder nor another certifier states otherwise; what the
    holder declared, only the certifier that it named takes over."""
    certifier = before.data.certifier
    ours = issuer_signed and case.state.stands_for(case.acting, certifier or case.acting)
    if not ours and (issuer_signed or not before.declared):
        case.refuse("certificate.by-certifier", "/iss")


def state_rules(case: Case) -> None:
    """A ``rules`` record: the operator fixes what holds from here on."""
    data = case.body.data
    if not is_operator(case):
        case.refuse("rules.by-operator", "/iss")
    if data.rulebook != RULEBOOK:
        case.refuse("rules.unknown", "/data/rulebook", digest=data.rulebook)
    Thresholds.named(data.thresholds)
    _state(case, "rules", "rules", case.body.iss, declared=False)


def _owned(case: Case, kind: str, subject: str) -> None:
    before = case.state.latest(kind, subject)
    if before is not None and not case.state.stands_for(case.acting, before.party):
        case.refuse(f"{kind}.foreign", "/iss", subject=subject)


def _state(case: Case, kind: str, subject: str, party: str, declared: bool) -> Statement:
    data: Any = case.body.data
    statement = Statement(
        kind, subject, case.index, case.at.time, case.body.iss, party, declared, data
    )
    case.effects.statements.append(statement)
    return statement
