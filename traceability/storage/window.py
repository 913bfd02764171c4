"""What a batch looks at, brought into the rules' state before they run: in few questions, however
many records there are. Without it the rules would ask for one thing after the other, and be
answered the same.

What is asked for and not there is known not to be there, so that nobody asks again.
"""

from collections.abc import Mapping
from typing import Final

from traceability.core.needs import Needs
from traceability.core.state import State
from traceability.storage.keys64 import nonce_key
from traceability.storage.reader import Batch, SqlReader

REGISTRY_KEPT: Final = 100_000  #: registry entries that a window keeps from batch to batch


def fill(state: State, reader: SqlReader, needs: Needs) -> Mapping[tuple[str, str], int]:
    """Bring what a batch needs into ``state``; returns the keys of its nonces (``keys64``).

    Raises what the driver does.
    """
    keys = {each: nonce_key(*each) for each in needs.nonces}
    unknown = [key for key in needs.statements if key not in state.registry]
    batch = reader.batch(needs, list(keys.values()), unknown)
    state.records.update((name, batch.records.get(name)) for name in needs.records)
    state.nonces.update((each, each in batch.used) for each in needs.nonces)
    state.lots.update(dict.fromkeys(needs.lots))
    for lot in (*batch.worked, *batch.lots):  # one object per lot: rows of both are the same
        state.lots[lot.key] = lot
    _fill_holdings(state, needs, batch)
    if needs.farmed:
        _fill_farmed(state, reader, needs, batch)
    state.registry.update((key, []) for key in unknown)
    for statement in batch.statements:
        state.registry[statement.kind, statement.subject].append(statement)
    _fill_keys(state, reader, needs)
    return keys


def drop(state: State) -> None:
    """Forget a batch; of the registry only where it has grown large."""
    state.forget()
    if len(state.registry) + len(state.by_holder) + len(state.keys) > REGISTRY_KEPT:
        state.forget_registry()


def _fill_holdings(state: State, needs: Needs, batch: Batch) -> None:
    for holding in batch.outputs:
        state.holdings[holding.key] = holding
    for name in needs.shipments:
        if entry := state.records[name]:
            state.transits[entry.index] = []
    for holding in batch.transits:
        one = state.holdings.setdefault(holding.key, holding) or holding
        if holding.ship in state.transits:
            state.transits[holding.ship].append(one)


def _fill_farmed(state: State, reader: SqlReader, needs: Needs, batch: Batch) -> None:
    state.crops_by_place.update((place, []) for place in needs.farmed)
    state.diaries.update((place, []) for place in needs.farmed)
    for crop in batch.crops:
        state.crops_by_place[crop.place].append(crop)
    for entry in batch.diaries:
        state.diaries[entry.place].append(entry)
    judged = {crop.index for place in needs.judged for crop in state.crops_by_place.get(place, ())}
    if judged:
        state.alerts.update((index, []) for index in judged)
        for alert in reader.alerts(judged):
            state.alerts[alert.key.index].append(alert)


def _fill_keys(state: State, reader: SqlReader, needs: Needs) -> None:
    kids = [kid for kid in needs.kids if kid not in state.keys]
    if kids:
        state.keys.update(dict.fromkeys(kids))
        state.keys.update((key.kid, key) for key in reader.keys(kids))
