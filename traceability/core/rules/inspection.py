"""Inspections of lots, places and records (DESIGN §2): a failed one is an alert wherever the lot
goes; a later pass by an auditor on the same subject, of the same kind, answers it, visibly. The
alert names the subject, so that a pass for one of several lots frees that lot alone."""

from typing import Any

from traceability.core.facts import Inspection
from traceability.core.registry_records import AUDITORS
from traceability.core.rules.authority import is_auditor
from traceability.core.rules.case import Case
from traceability.core.rules.correction import subject_of


def inspect(case: Case) -> None:
    """An inspection by an auditor, or by a party of its own goods."""
    data, state = case.body.data, case.state
    auditor = is_auditor(case)
    if data.kind == "laboratory" and not auditor and not case.body.refs:
        case.refuse("inspect.report", "/refs")
    for n, about in enumerate(case.body.about):
        pointer = f"/about/{n}"
        named = [about.product is not None, about.place is not None, about.record is not None,
                 about.party is not None]  # fmt: skip
        own_part = about.lot is not None and about.record is not None and sum(named) == 2
        if not (sum(named) == 1 or own_part) or (about.lot is None) != (about.product is None):
            case.refuse("about.one", pointer)
        if about.lot is not None:
            if state.lot((about.product, about.lot)) is None:
                case.refuse("lot.unknown", f"{pointer}/lot", lot=about.lot)
            if data.result == "fail" and not auditor and not _had(case, about):
                case.refuse("inspect.not-held", f"{pointer}/lot", lot=about.lot)
        place = state.place(about.place) if about.place is not None else None
        if about.place is not None and place is None:
            case.refuse("place.unknown", f"{pointer}/place", place=about.place)
        if place is not None and not auditor and not state.stands_for(case.acting, place.party):
            case.refuse("place.not-own", f"{pointer}/place", place=place.subject)
        if about.record is not None and state.record(about.record) is None:
            case.refuse("record.unknown", f"{pointer}/record", record=about.record)
        if about.party is not None and state.party(about.party) is None:
            case.refuse("party.unknown", f"{pointer}/party", party=about.party)
        subject = subject_of(about)
        if data.result == "pass" and auditor:
            for earlier in state.inspections_of(subject):
                if earlier.result == "fail" and earlier.kind == data.kind:
                    case.answer(earlier.index, "inspect.failed", detail=subject)
        found = Inspection(case.index, subject, data.kind, data.result, auditor)
        if found not in case.effects.inspections:
            case.effects.inspections.append(found)
        if data.result == "fail":
            case.alert("inspect.failed", detail=subject)


def _had(case: Case, about: Any) -> bool:
    """Whether the acting party made the lot, or names the record by which it held some of it: a
    failed check of goods that it never had would stand as an alert on another's page."""
    lot = case.state.lot((about.product, about.lot))
    if lot is not None and lot.maker is not None and case.state.stands_for(case.acting, lot.maker):
        return True
    entry = case.state.record(about.record) if about.record is not None else None
    body: Any = None if entry is None else case.state.body(about.record)
    if entry is None or body is None:
        return False
    return any(
        (make.product, make.lot) == (about.product, about.lot)
        and (make.holder is None or case.state.stands_for(case.acting, make.holder))
        for make in getattr(body.body, "makes", ())
    ) and (entry.acting == case.acting or entry.type == "ship")


__all__ = ["AUDITORS", "inspect"]
