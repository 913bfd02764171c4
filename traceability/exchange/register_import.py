"""A cooperative's harvest register recorded on the ledger: a harvest for each of its rows.

The cooperative signs for its members, as their consents allow. A row that cannot be recorded takes
nothing with it: it is reported with its number, its column and what to do. A row that is on the
ledger already, by the same farm, plot, day, product, lot and quantity, is passed over, so that a
register can be sent again as it grows; two rows that say the same are two harvests.

A harvest that the ledger has with another quantity, and that no row of the register accounts for,
is most likely the same row put right: it is an error, not a second harvest, since what is recorded
is corrected by a record that says so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from traceability.core import codec, ids
from traceability.core.errors import GocError, ImportRowError, LedgerError
from traceability.core.facts import Accepted
from traceability.core.quantity import UNITS, Dimension, Quantity
from traceability.core.rules import apply
from traceability.core.state import State
from traceability.core.thresholds import Thresholds
from traceability.exchange.headings import Column, name_of
from traceability.exchange.register_names import Directory
from traceability.exchange.spreadsheets import HarvestRow, HarvestSheet, RowError
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Refusal
from traceability.ledger.reading import Reading

USUAL: Final = "06:00:00"  #: when people harvest, where the register does not say

#: What the ledger refuses, in the words of a register.
_IN_A_REGISTER: Final = {
    "time.future": (Column.DATE, "import.future"),
    "consent.missing": (Column.FARM, "import.consent"),
    "consent.type": (Column.FARM, "import.consent"),
    "consent.ended": (Column.FARM, "import.consent"),
    "lot.closed": (Column.LOT, "lot.closed"),
    "lot.foreign": (Column.LOT, "lot.foreign"),
    "lot.place": (Column.LOT, "lot.place"),
    "product.maker": (Column.PRODUCT, "product.maker"),
}

_Which = tuple[str, str, str, str, str]  #: farm, plot, day, product, lot
_Same = tuple[_Which, int]  #: and base units

#: Units that say every amount, as registers write them in either language; pieces need none.
_UNITS: Final = {
    Dimension.MASS: "KGM",
    Dimension.VOLUME: "LTR",
    Dimension.COUNT: "H87",
    Dimension.LENGTH: "MTR",
    Dimension.AREA: "MTK",
}
_WRITTEN: Final = {"KGM": " kg", "LTR": " l", "MTR": " m", "MTK": " m²", "H87": ""}


@dataclass(frozen=True, slots=True)
class Planned:
    """A row that can be sent: the command of its harvest."""

    row: int
    command: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a register comes to. ``known``: rows that are on the ledger already."""

    rows: tuple[Planned, ...]
    known: tuple[int, ...]
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a register: rows recorded, rows known before, and what was wrong.
    ``harvests`` are the records of the recorded rows, by row."""

    recorded: tuple[int, ...]
    known: tuple[int, ...]
    errors: tuple[RowError, ...]
    harvests: tuple["Harvested", ...] = ()


@dataclass(frozen=True, slots=True)
class Harvested:
    """A row that was recorded: its record's index, and the lot."""

    row: int
    index: int
    product: str
    lot: str


def plan(
    now: Reading,
    sheet: HarvestSheet,
    cooperative: str,
    usual: str = USUAL,
    season: str | None = None,
    product: str | None = None,
) -> Plan:
    """Find out what each row means. ``usual``: the hour (HH:MM:SS), ``season`` and ``product``
    (for all rows) where the register does not say, or says it otherwise than the ledger."""
    planner = _Planner(now, cooperative, usual, season or sheet.season, product)
    rows: list[Planned] = []
    known: list[int] = []
    new: list[tuple[HarvestRow, dict[str, Any], _Which]] = []
    errors = list(sheet.errors)
    for row in sheet.rows:
        try:
            command, same = planner.command(row)
        except _CellError as wrong:
            errors.append(
                RowError(row.row, name_of(wrong.column), wrong.error.code, wrong.error.params)
            )
            continue
        if planner.is_known(same):
            known.append(row.row)
        else:
            new.append((row, command, same[0]))
    for row, command, which in new:  # when all that is known has been accounted for
        otherwise = planner.otherwise(which)
        if otherwise is None:
            rows.append(Planned(row.row, command))
        else:
            params = {"plot": row.plot, "day": _day(row.day), "lot": which[-1]}
            code = "import.recorded-otherwise"
            errors.append(RowError(row.row, "", code, {**params, "recorded": otherwise}))
    return Plan(tuple(rows), tuple(known), tuple(sorted(errors, key=lambda each: each.row)))


def record(ledger: Ledger, cooperative: str, plan: Plan) -> Imported:
    """Sign and append the rows of a plan; those that the ledger refuses join the errors.

    Raises ``LedgerError`` where nothing can be signed (``command.no-key``), and as appending does.
    """
    signed, errors = _sign(ledger, cooperative, plan)
    harvests: list[Harvested] = []
    outcomes = ledger.append([wire for _, wire in signed])
    makes = {each.row: each.command["makes"][0] for each in plan.rows}
    for (row, _), outcome in zip(signed, outcomes, strict=True):
        if isinstance(outcome, Refusal):
            errors.append(_refused(row, outcome.error))
        else:
            make = makes[row]
            harvests.append(Harvested(row, outcome.index, make["product"], make["lot"]))
    return replace(
        _imported([each.row for each in harvests], plan, errors), harvests=tuple(harvests)
    )


def rehearse(ledger: Ledger, cooperative: str, plan: Plan) -> Imported:
    """What ``record`` would say now: every row is signed and judged, and nothing is recorded."""
    signed, errors = _sign(ledger, cooperative, plan)
    recorded: list[int] = []
    with ledger.reading() as now:
        state = _window(now)
        for row, wire in signed:
            at = Accepted(state.size, max(ledger.clock(), state.time))
            try:
                state.absorb(apply(codec.parse(wire), at, state))
                recorded.append(row)
            except LedgerError:
                raise
            except GocError as error:
                errors.append(_refused(row, error))
    return _imported(recorded, plan, errors)


# -- signing and judging -----------------------------------------------------------------------
def _sign(
    ledger: Ledger, cooperative: str, plan: Plan
) -> tuple[list[tuple[int, bytes]], list[RowError]]:
    signed: list[tuple[int, bytes]] = []
    errors = list(plan.errors)
    for each in plan.rows:
        try:
            signed.append((each.row, ledger.commands.sign(cooperative, each.command)))
        except LedgerError:
            raise
        except GocError as error:
            errors.append(_refused(each.row, error))
    return signed, errors


def _refused(row: int, error: GocError) -> RowError:
    column, code = _IN_A_REGISTER.get(error.code, (None, error.code))
    return RowError(row, name_of(column) if column else "", code, error.params)


def _imported(recorded: Iterable[int], plan: Plan, errors: Iterable[RowError]) -> Imported:
    ordered = sorted(errors, key=lambda error: error.row)
    return Imported(tuple(recorded), plan.known, tuple(ordered))


def _window(now: Reading) -> State:
    """The ledger's state as one reading sees it."""
    head = now.head()
    state = State(head.log, now.reader)
    state.size, state.time = head.size, head.time
    state.operator, state.genesis_kid = head.operator, head.genesis_kid
    state.thresholds = Thresholds.named(head.thresholds)
    state.forget()
    return state


# -- what a row means --------------------------------------------------------------------------
class _CellError(Exception):
    def __init__(self, column: Column, error: ImportRowError) -> None:
        super().__init__(column, error.code)
        self.column = column
        self.error = error


class _Planner:
    def __init__(
        self, now: Reading, cooperative: str, usual: str, season: str | None, product: str | None
    ) -> None:
        self._now = now
        self._directory = Directory(now, cooperative)
        self._usual = usual
        self._season = season
        self._product = product
        self._recorded: dict[str, defaultdict[_Which, list[_Recorded]]] = {}

    def command(self, row: HarvestRow) -> tuple[dict[str, Any], _Same]:
        """The command of a row, and what tells it from others."""
        find = self._directory
        farm = _cell(Column.FARM, lambda: find.farm(row.farm))
        plot = _cell(Column.PLOT, lambda: find.plot(farm, row.plot))
        product = _cell(Column.PRODUCT, lambda: find.product(self._product or row.product))
        lot = row.lot or f"{plot.called()}-{row.day[2:].replace('-', '')}"
        if not ids.is_lot(lot):
            raise _CellError(Column.LOT, ImportRowError("import.lot", lot=lot[:40]))
        make: dict[str, Any] = {
            "product": product.gtin,
            "lot": lot,
            "holder": farm.id,
            "quantity": row.quantity,
            "count": row.count,
            "claims": list(row.claims),
        }
        season = row.season or self._season
        command: dict[str, Any] = {
            "type": "harvest",
            "at": row.at(self._usual),
            "place": plot.id,
            "makes": [{name: value for name, value in make.items() if value}],
            "data": {"season": season} if season else {},
        }
        if farm.id != find.cooperative:
            command["for"] = farm.id
        if row.note:
            command["note"] = row.note
        amount = Quantity.parse(row.quantity).base
        return command, ((farm.id, plot.id, row.day, product.gtin, lot), amount)

    def is_known(self, same: _Same) -> bool:
        """Whether the ledger has such a harvest that no earlier row has accounted for."""
        which, amount = same
        for recorded in self._left(which):
            if amount in (recorded.made, recorded.now):
                self._left(which).remove(recorded)
                return True
        return False

    def otherwise(self, which: _Which) -> str | None:
        """The amount of a harvest that no row has accounted for; none where it was voided."""
        for recorded in self._left(which):
            if recorded.now:
                return _written(Quantity.of(recorded.now, recorded.unit))
        return None

    def _left(self, which: _Which) -> list["_Recorded"]:
        plot = which[1]
        if plot not in self._recorded:
            self._recorded[plot] = defaultdict(list)
            for recorded in self._harvests(plot):
                self._recorded[plot][recorded.which].append(recorded)
        return self._recorded[plot][which]

    def _harvests(self, plot: str) -> Iterator["_Recorded"]:
        """As they were recorded, and as they now stand: a later correction makes no new row of an
        old one, nor does the register that was put right with it."""
        for crop in self._now.reader.crops_at(plot):
            held = self._now.reader.holding((crop.index, crop.n))
            if held is not None and held.made is not None:
                which = (crop.party, plot, crop.date, held.product, held.lot)
                unit = _UNITS[UNITS[held.unit].dimension]
                yield _Recorded(which, held.made, crop.amount, unit)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A harvest on the ledger; ``now`` is 0 where it was voided."""

    which: _Which
    made: int
    now: int | None
    unit: str


def _written(quantity: Quantity) -> str:
    """As registers write it: 1.250,5 kg."""
    amount, _, unit = quantity.text.partition(" ")
    swapped = f"{Decimal(amount):,f}".translate(str.maketrans(",.", ".,"))
    return swapped + _WRITTEN[unit]


def _day(day: str) -> str:
    return "/".join(reversed(day.split("-")))


def _cell(column: Column, find: Callable[[], Any]) -> Any:
    try:
        return find()
    except ImportRowError as error:
        raise _CellError(column, error) from error


__all__: Sequence[str] = ["Imported", "Plan", "Planned", "plan", "record", "rehearse"]
