"""When: claimed times against the log's acceptance (DESIGN §2).

A clock never enters the core: the acceptance time is part of the leaf. Claimed times prove
nothing, but an impossible one is refused and an implausible one is marked. What hour and what day
it was, the clocks of the place say, not the offset that the signer wrote.
"""

from traceability.core import moment
from traceability.core.rules.case import Case

ROUTINE = frozenset(
    {"harvest", "acquire", "transform", "ship", "receive", "consume", "count", "diary"}
)
_INTAKE = frozenset({"acquire", "receive", "harvest"})


def check_times(case: Case) -> None:
    """Refuses times in the future of acceptance and records signed too long ago; warns of late
    registration and of intake at odd hours."""
    body, rules, accepted = case.body, case.state.thresholds, case.at.time
    check_past(case, body.at, "/at")
    signed = check_past(case, body.iat, "/iat")
    if signed < accepted - rules.signed_within:
        case.refuse("time.signed-long-ago", "/iat", at=body.iat)
    since = getattr(body, "since", None)
    if since is not None and moment.parse_time(since) > case.happened:
        case.refuse("time.since", "/since", since=since, at=body.at)
    if body.type in ROUTINE and accepted - case.happened > rules.late:
        case.alert("late")
    if body.type in _INTAKE:
        minutes = moment.local_minutes(_as_there(case, body.at, body.place))
        if minutes >= rules.odd_from or minutes < rules.odd_until:
            case.alert("odd-hour")


def day_of(case: Case, text: str, place: str | None) -> str:
    """The calendar day of a time at a place: the day of a harvest or of a spraying."""
    return moment.local_date(_as_there(case, text, place))


def _as_there(case: Case, text: str, place: str | None) -> str:
    """A time as the clocks of its place show it. Which offset it was written with is the signer's
    choice, or that of a phone's software: at places in Vietnam, Vietnam's clock counts."""
    statement = case.state.place(place) if place is not None else None
    address = statement.data.address if statement is not None else None
    if text.endswith("+07:00") or (address is not None and address.country != "VN"):
        return text
    return moment.format_time(moment.parse_time(text))


def check_past(case: Case, text: str, pointer: str) -> int:
    """Reads a time (Unix milliseconds) and refuses one in the future of acceptance."""
    time = moment.parse_time(text)
    if time > case.at.time + case.state.thresholds.clock_skew:
        case.refuse("time.future", pointer, at=text)
    return time


def check_order(case: Case, earlier: int, pointer: str) -> None:
    """Refuses a record more than a day before what it draws; marks one slightly before."""
    if case.happened < earlier:
        if case.happened < earlier - case.state.thresholds.order_slack:
            case.refuse("time.before-draw", pointer, at=case.body.at)
        case.alert("time-order")
