"""Certificates and claims: what a label may say (DESIGN §2, rules that warn).

A harvest that claims a scheme (VietGAP, organic) is covered when, on the day of harvest, a
certificate of that scheme is held by the producer or by a cooperative that it is a member of, its
scope names the place and the crop or product (an empty list names all), its dates include the
day, and it was neither suspended nor withdrawn. Whose member the producer is, the statement that
held when the harvest came on the ledger says. Of several statements about one certificate the
latest that had begun by that day counts, so a renewal after a gap does not fill the gap.
Certificates do not pass on to a successor, and end with the party that holds them.

A certificate that arrives late is judged against the harvests that it may cover: alerts that it
answers are closed, visibly; a suspension or withdrawal opens them.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from traceability.core.facts import AlertKey, Crop, Statement
from traceability.core.rules.case import Case
from traceability.core.state import State

Coverage = Literal["valid", "suspended", "expired", "scope", "missing"]
_RANK: Final[dict[Coverage, int]] = {
    "valid": 0,
    "suspended": 1,
    "expired": 2,
    "scope": 3,
    "missing": 4,
}
CODES: Final = tuple(f"certificate.{each}" for each in _RANK if each != "valid")
LAST_CROPS: Final = 1000  #: of a producer, judged again when a paper arrives


def judge_claims(case: Case, crop: Crop) -> None:
    """Brings the alerts for the claims of a harvest, new or corrected, up to date. What was not
    harvested after all claims nothing."""
    for claim in crop.claims:
        found = "valid" if crop.amount == 0 else coverage(case.state, crop, claim)
        settle(case, crop, CODES, _as_alert(found, claim), claim)


def judge_certificate(case: Case, statement: Statement) -> None:
    """Judges again the harvests that a certificate statement may concern."""
    scheme, holder = statement.data.scheme, statement.party
    for party in (holder, *case.state.members(holder)):
        for crop in case.state.crops_of(party)[-LAST_CROPS:]:
            if scheme in crop.claims and crop.amount != 0:
                found = coverage(case.state, crop, scheme, (statement,))
                settle(case, crop, CODES, _as_alert(found, scheme), scheme)


def settle(
    case: Case, crop: Crop, codes: Sequence[str], wanted: set[tuple[str, str]], detail: str | None
) -> None:
    """Opens what is missing of ``wanted`` (code, detail) at a harvest, and closes the open alerts
    of ``codes`` (about ``detail``, if given) that are not wanted any more."""
    known = {
        (alert.key.code, alert.key.detail)
        for alert in case.state.alerts_of(crop.index)
        if alert.closed is None
        and alert.key.n == crop.n
        and alert.key.code in codes
        and detail in (None, alert.key.detail)
    }
    for code, about in sorted(wanted - known):
        case.effects.opened.append(AlertKey(crop.index, crop.n, code, about))
    for code, about in sorted(known - wanted):
        case.effects.closed.append(AlertKey(crop.index, crop.n, code, about))


def coverage(state: State, crop: Crop, scheme: str, arriving: Iterable[Statement] = ()) -> Coverage:
    """How well the claim ``scheme`` of a harvest is covered; ``arriving`` statements count as if
    they were in the state already."""
    best: Coverage = "missing"
    for holder in (crop.party, *_memberships(state, crop)):
        statements = [
            *state.certificates(holder),
            *(each for each in arriving if each.party == holder),
        ]
        latest: dict[str, Statement] = {}
        begun: dict[str, Statement] = {}
        for statement in statements:
            data = statement.data
            if data.scheme != scheme:
                continue
            latest[statement.subject] = statement
            if (data.status_from or data.from_) <= crop.date:
                begun[statement.subject] = statement
        for certificate, last in latest.items():
            found = _of_one(state, crop, holder, begun.get(certificate), last)
            if _RANK[found] < _RANK[best]:
                best = found
    return best


def _memberships(state: State, crop: Crop) -> Sequence[str]:
    """The cooperatives that the producer was a member of when the harvest came on the ledger: who
    leaves later takes nothing from what was harvested before."""
    then = [each for each in state.statements("party", crop.party) if each.index <= crop.index]
    found: Sequence[str] = then[-1].data.members_of if then else ()
    return found


def _of_one(
    state: State, crop: Crop, holder: str, begun: Statement | None, last: Statement
) -> Coverage:
    if not _in_scope(state, crop, holder, (begun or last).data.scope):
        return "scope"
    party = state.party(holder)
    ended = party.ended if party else None
    if begun is None or crop.date > begun.data.to or (ended is not None and ended < crop.date):
        return "expired"
    return "valid" if begun.data.status == "valid" else "suspended"


def _in_scope(state: State, crop: Crop, holder: str, scope: object) -> bool:
    crops: Sequence[str] = getattr(scope, "crops", ())
    products: Sequence[str] = getattr(scope, "products", ())
    places: Sequence[str] = getattr(scope, "places", ())
    if holder != crop.party and not getattr(scope, "members", True):
        return False
    if places and crop.place not in places:
        return False
    if not crops and not products:
        return True
    product = state.product(crop.product)
    return crop.product in products or (product is not None and product.data.crop in crops)


def _as_alert(found: Coverage, scheme: str) -> set[tuple[str, str]]:
    return set() if found == "valid" else {(f"certificate.{found}", scheme)}


def carried(claims: Sequence[str], inputs: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Of the claims that a transformation makes, those that every input carries."""
    sets = [frozenset(each) for each in inputs]
    return tuple(claim for claim in claims if all(claim in each for each in sets))
