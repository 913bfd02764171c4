"""What a batch looks at, brought into the rules' state before they run: in few questions, however
many records there are. Without it the rules would ask for one thing after the other, and be
answered the same.

What is asked for and not there is known not to be there, so that nobody asks again.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from traceability.core.facts import Crop, DiaryEntry
from traceability.core.needs import Needs
from traceability.core.state import State
from traceability.storage.keys64 import nonce_key
from traceability.storage.reader import SqlReader

REGISTRY_KEPT: Final = 100_000  #: registry entries that a window keeps from batch to batch


def fill(state: State, reader: SqlReader, needs: Needs) -> Mapping[tuple[str, str], int]:
    """Bring what a batch needs into ``state``; returns the keys of its nonces (``keys64``).

    Raises what the driver does.
    """
    keys = {each: nonce_key(*each) for each in needs.nonces}
    records, used, lots, crops, diaries = reader.batch(
        needs.records, keys.values(), needs.lots, needs.farmed
    )
    state.records.update((name, records.get(name)) for name in needs.records)
    state.nonces.update((each, each in used) for each in needs.nonces)
    state.lots.update(dict.fromkeys(needs.lots))
    state.lots.update(((lot.product, lot.lot), lot) for lot in lots)
    _fill_holdings(state, reader, needs)
    if needs.farmed:
        _fill_farmed(state, reader, needs, crops, diaries)
    _fill_registry(state, reader, needs)
    return keys


def drop(state: State) -> None:
    """Forget a batch; of the registry only where it has grown large."""
    state.forget()
    if len(state.registry) + len(state.by_holder) + len(state.keys) > REGISTRY_KEPT:
        state.forget_registry()


def _fill_holdings(state: State, reader: SqlReader, needs: Needs) -> None:
    indices = {entry.index for name in needs.outputs if (entry := state.records[name])}
    if not indices:
        return
    ships = {entry.index for name in needs.shipments if (entry := state.records[name])}
    outputs, transits = reader.goods(indices, ships)
    for holding in outputs:
        state.holdings[holding.key] = holding
    state.transits.update((ship, []) for ship in ships)
    for holding in transits:
        one = state.holdings.setdefault(holding.key, holding) or holding
        if holding.ship is not None:
            state.transits[holding.ship].append(one)


def _fill_farmed(
    state: State,
    reader: SqlReader,
    needs: Needs,
    crops: Sequence[Crop],
    diaries: Sequence[DiaryEntry],
) -> None:
    state.crops_by_place.update((place, []) for place in needs.farmed)
    state.diaries.update((place, []) for place in needs.farmed)
    for crop in crops:
        state.crops_by_place[crop.place].append(crop)
    for entry in diaries:
        state.diaries[entry.place].append(entry)
    judged = {crop.index for place in needs.judged for crop in state.crops_by_place.get(place, ())}
    if judged:
        state.alerts.update((index, []) for index in judged)
        for alert in reader.alerts(judged):
            state.alerts[alert.key.index].append(alert)


def _fill_registry(state: State, reader: SqlReader, needs: Needs) -> None:
    unknown = [key for key in needs.statements if key not in state.registry]
    if unknown:
        state.registry.update((key, []) for key in unknown)
        for statement in reader.statements_of(unknown):
            state.registry[statement.kind, statement.subject].append(statement)
    kids = [kid for kid in needs.kids if kid not in state.keys]
    if kids:
        state.keys.update(dict.fromkeys(kids))
        state.keys.update((key.kid, key) for key in reader.keys(kids))
