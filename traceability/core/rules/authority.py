"""Who may say it: keys, consent, succession, roles (DESIGN §6).

* A key signs for the party that it was registered to, from its registration to its revocation.
* A party acts for another only with a consent that names the type of record and has not ended,
  or because it succeeded the other (merger, new legal name).
* What it records for one that is not its member is one-sided until that party confirms it.
* Records 0 and 1 are the operator's ``party`` and ``key``, signed by the key that they declare;
  they alone precede their key.
* Produce is harvested by producers; auditors' types are theirs.
"""

from typing import Any, Final

from traceability.core import moment
from traceability.core.registry_records import AUDITORS
from traceability.core.rules.case import Case
from traceability.core.rules.timing import ROUTINE

PRODUCERS: Final = frozenset({"farm", "cooperative"})
_NAMING: Final = ("party", "grantor", "agent", "holder", "certifier")  #: members of ``data``


def authorise(case: Case) -> None:
    """Refuses a record whose signer may not make it; warns where it is one-sided."""
    body, state = case.body, case.state
    if body.log != state.log:
        case.refuse("record.log", "/log", expected=state.log)
    if case.index < 2:
        _genesis(case)
        return
    key = state.key(case.record.kid)
    if key is None:
        case.refuse("key.unknown", kid=case.record.kid)
    if key.party != body.iss:
        case.refuse("key.foreign", "/iss", kid=key.kid)
    if key.revoked is not None:
        case.refuse("key.revoked", kid=key.kid, index=key.revoked)
    party = state.party(body.iss)
    if party is None:
        case.refuse("party.unknown", "/iss", party=body.iss)
    if party.ended is not None and party.ended < body.at[:10]:
        case.refuse("party.ended", "/iss", party=body.iss, date=party.ended)
    if case.acting != body.iss:
        _acting_for(case)
    if body.type == "harvest":
        _producer(case)


def is_operator(case: Case) -> bool:
    """Whether the signer is the operator of this log."""
    return bool(case.body.iss == case.state.operator)


def has_role(case: Case, roles: frozenset[str]) -> bool:
    """Whether the acting party has one of these roles."""
    party = case.state.party(case.acting)
    return party is not None and not roles.isdisjoint(party.roles)


def is_auditor(case: Case) -> bool:
    """Whether the acting party is a certifier, laboratory or authority."""
    return has_role(case, AUDITORS)


def _genesis(case: Case) -> None:
    body, data = case.body, case.body.data
    if case.index == 0:
        if body.type != "party" or data.party != body.iss or "operator" not in data.roles:
            case.refuse("genesis.party")
    elif (
        body.type != "key"
        or body.iss != case.state.operator
        or data.party != body.iss
        or case.record.kid != case.state.genesis_kid
    ):
        case.refuse("genesis.key")


def _acting_for(case: Case) -> None:
    body, state = case.body, case.state
    if state.party(case.acting) is None:
        case.refuse("party.unknown", "/for", party=case.acting)
    if state.stands_for(body.iss, case.acting):
        return
    consent = state.consent(case.acting, body.iss)
    if consent is None:
        case.refuse("consent.missing", "/for", party=case.acting)
    if body.type not in consent.data.types:
        case.refuse("consent.type", "/for", party=case.acting, type=body.type)
    if consent.data.until < moment.local_date(moment.format_time(case.at.time)):
        case.refuse("consent.ended", "/for", party=case.acting, date=consent.data.until)
    # A collector's word about a farm (day 1). A cooperative's about its own member is the member's.
    routine = body.type in ROUTINE or body.type == "correct"
    if routine and body.iss not in state.party(case.acting).members_of:
        case.alert("one-sided")


def _producer(case: Case) -> None:
    if not has_role(case, PRODUCERS):
        case.refuse("role.producer", "/iss", party=case.acting)


def named_in(body: Any) -> set[str]:
    """The parties that a record names, wherever it names them: they may dispute it."""
    found = {body.iss, body.acting}
    found.update(make.holder for make in getattr(body, "makes", ()))
    found.update(about.party for about in getattr(body, "about", ()))
    data = body.data
    found.update(getattr(data, member, None) for member in _NAMING)
    for member in ("members_of", "succeeds", "licensed"):
        found.update(getattr(data, member, ()))
    found.update({data.source.party} if body.type == "acquire" else ())
    found.discard(None)
    return found
