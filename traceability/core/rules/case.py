"""One record before the rulebook: what every family of rules is handed."""

from typing import Any, NoReturn

from traceability.core import moment
from traceability.core.codec import SignedRecord
from traceability.core.errors import RuleError
from traceability.core.facts import Accepted, AlertKey, Effects, RecordEntry
from traceability.core.state import State


class Case:
    """A record, when and where it would be accepted, the state it meets, and what it changes.

    ``happened`` is the record's claimed time in Unix milliseconds. Families of rules add to
    ``effects`` or call ``refuse``; none of them changes the state.
    """

    __slots__ = ("acting", "at", "body", "effects", "happened", "index", "record", "state")

    def __init__(self, record: SignedRecord, at: Accepted, state: State) -> None:
        body = record.body
        self.record = record
        self.body: Any = body  # the model of its type, which each family knows
        self.at = at
        self.index = at.index
        self.state = state
        self.acting = body.acting
        self.happened = moment.parse_time(body.at)
        entry = RecordEntry(
            at.index, record.name, body.type, body.iss, self.acting, self.happened, at.time
        )
        self.effects = Effects(record, at, entry)

    def refuse(self, code: str, pointer: str = "", **params: object) -> NoReturn:
        """Ends the case: the record is refused."""
        raise RuleError(code, pointer, **params)

    def alert(self, code: str, n: int = -1, detail: str = "") -> None:
        """Opens an alert at this record (or at its output ``n``); the record is accepted."""
        key = AlertKey(self.index, n, code, detail)
        if key not in self.effects.opened:
            self.effects.opened.append(key)

    def answer(self, index: int, code: str, n: int = -1, detail: str | None = None) -> None:
        """Closes the alerts of a code at an earlier record (about ``detail``, if given) that are
        open: those that an earlier paper answered keep the name of that paper."""
        self.effects.closed.extend(
            alert.key
            for alert in self.state.alerts_of(index)
            if alert.closed is None
            and (alert.key.n, alert.key.code) == (n, code)
            and detail in (None, alert.key.detail)
            and alert.key not in self.effects.closed
        )
