"""A season told to a ledger: its registry, then everything that happened, each at its hour.

``tell`` signs for all parties, with keys that the ledger's keyring keeps (``custody`` "server") or
that only this telling knew, as a telephone would (``device``). It asks of a ledger no more than a
``Book`` says, so that the same season can be told to one on disk or in memory. Every record goes
the whole way: hidden, signed, judged; the first that is refused ends the telling.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from traceability.core import moment
from traceability.core.keys import SEED_BYTES, PrivateKey
from traceability.exchange.season import Event, Season
from traceability.exchange.season_commands import Draft, draft
from traceability.exchange.season_hours import MINUTE, entered
from traceability.exchange.season_names import Command, Names
from traceability.exchange.season_registry import Certificate, Party
from traceability.exchange.season_statements import Picture, Statements
from traceability.exchange.season_steps import Confirm
from traceability.ledger.commands import sign_command

Random = Callable[[int], bytes]


class Book(Protocol):
    """What a telling asks of a ledger that has its operator, and nobody else, on record."""

    log: str
    operator: str

    def set_time(self, time: int) -> None:
        """It is now so late (Unix milliseconds)."""

    def operator_key(self) -> PrivateKey:
        """The operator's key."""

    def new_key(self, party: str) -> PrivateKey:
        """A new key for a party, which the ledger keeps."""

    def accept(self, records: Sequence[bytes]) -> Sequence[str]:
        """Take records (``jws~d~d~``) at the present time; their digests. Raises the reason of the
        first refusal."""


def tell(
    season: Season, book: Book, random: Random, pictures: Mapping[str, Picture] | None = None
) -> Names:
    """Tell all of it. ``pictures``: of products, by their short names.

    Returns what the season's names stand for on the ledger. Raises ``GocError`` where the ledger
    refuses a record, or the season names what is not there.
    """
    telling = _Telling(season, book, random, pictures or {})
    telling.open()
    for time, event in entered(season):
        telling.event(time, event)
    return telling.names


class _Telling:
    def __init__(
        self, season: Season, book: Book, random: Random, pictures: Mapping[str, Picture]
    ) -> None:
        self._season = season
        self._book = book
        self._random = random
        self._keys = {season.operator: book.operator_key()}
        self._time = moment.parse_time(season.begins)
        self.names = Names.draw(season, book.operator, random)
        self._state = Statements(season, self.names, pictures)

    # -- the registry --------------------------------------------------------------------------
    def open(self) -> None:
        """States the registry: a batch for each kind of thing, half an hour apart."""
        season, state = self._season, self._state
        self._batch(self._parties())
        self._batch(state.consents())
        self._batch(map(state.place, season.places))
        self._batch(map(state.plot, season.plots))
        self._batch(map(state.product, season.products))
        self._batch(state.certificate(each) for each in season.certificates if not each.recorded)

    def _parties(self) -> Iterator[tuple[str, Command]]:
        operator = self._season.operator
        for party in self._season.parties:
            if party.key != operator:
                key = self._keys[party.key] = self._new_key(party)
                yield operator, self._state.party(party)
                yield operator, self._state.key(party, key, self._book.log)

    def _new_key(self, party: Party) -> PrivateKey:
        if party.custody == "device":
            return PrivateKey.from_seed(self._random(SEED_BYTES))
        return self._book.new_key(self.names.party[party.key])

    def _batch(self, statements: Iterable[tuple[str, Command]]) -> None:
        self._time += _PAUSE
        self._append(self._time, statements)

    # -- what happened -------------------------------------------------------------------------
    def event(self, time: int, event: Event) -> None:
        """Records one event."""
        self._time = max(time, self._time)
        if isinstance(event, Certificate):
            self._append(self._time, [self._state.certificate(event)])
        elif isinstance(event, Confirm):
            confirms = tuple(self.names.record_of(label).name for label in event.confirms)
            command = self._state.consent(event.by, event.agent, confirms)
            self._append(self._time, [(event.by, {"at": event.at, **command})])
        else:
            self._record(event.by, draft(self.names, event))

    def _record(self, by: str, draft: Draft) -> None:
        [name] = self._append(self._time, [(by, draft.command)])
        draft.learn(self.names, name)

    def _append(self, time: int, commands: Iterable[tuple[str, Command]]) -> Sequence[str]:
        self._book.set_time(time)
        wires = [
            sign_command(
                command,
                log=self._book.log,
                party=self.names.party[by],
                key=self._keys[by],
                now=time,
                random=self._random,
            )
            for by, command in commands
        ]
        return self._book.accept(wires)


_PAUSE: Final = 30 * MINUTE

__all__ = ["Book", "Names", "Picture", "tell"]
