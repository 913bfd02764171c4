"""A season's harvests, diaries and flow as commands (DESIGN §2): a function for each kind of step.

A command is what a party's clerk or program would send: in the clear, by the names on the wire.
What is hidden, and the rest of a record, come when it is signed (``ledger.commands``). What it
draws on goes by the labels of what was recorded before, so a command can be made only once those
before it were accepted; ``season_records`` sees to that.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from traceability.exchange import season_steps as steps
from traceability.exchange.season import DiaryEntry, HarvestEntry
from traceability.exchange.season_names import Command, Goods, Names, Told, given


@dataclass(frozen=True, slots=True)
class Draft:
    """A command, and the labels by which it and its outputs will be known.

    ``drawn`` are the goods that it draws on, in the order of its draws.
    """

    command: Command
    label: str | None = None
    labels: tuple[str, ...] = ()
    drawn: tuple[Goods, ...] = ()

    def learn(self, names: Names, record: str) -> None:
        """Remember what the ledger took as ``record``."""
        told = Told(record, self.command, self.drawn)
        if self.label is not None:
            names.records[self.label] = told
        makes = self.command.get("makes", ())
        for n, (label, make) in enumerate(zip(self.labels, makes, strict=True)):
            names.records.setdefault(label, told)
            names.goods[label] = Goods(
                f"{record}.{n}", make["product"], make["lot"], make["holder"], make["quantity"],
                make.get("count"),
            )  # fmt: skip


def draft(names: Names, event: DiaryEntry | HarvestEntry | steps.AnyStep) -> Draft:
    """The command of a row of a register, an entry of a diary, or any step but a confirmation,
    which is a statement."""
    if isinstance(event, HarvestEntry):
        return _harvest_row(names, event)
    if isinstance(event, DiaryEntry):
        return _diary(names, event)
    return replace(_DRAFTS[event.do](names, event), label=event.label)


# -- harvests and diaries ----------------------------------------------------------------------
def _harvest_row(names: Names, entry: HarvestEntry) -> Draft:
    make = given(
        lot=entry.lot, product=names.product[entry.product], holder=names.party[entry.farm],
        quantity=entry.quantity, count=entry.count, claims=list(entry.claims),
    )  # fmt: skip
    command = {
        "type": "harvest",
        **_for(names, entry.by, entry.farm),
        "at": entry.at,
        "place": names.place[entry.plot],
        "makes": [make],
        "data": given(season=entry.season),
    }
    return Draft(command, None, (entry.label,))


def _diary(names: Names, entry: DiaryEntry) -> Draft:
    command = {
        "type": "diary",
        **_for(names, entry.by, entry.farm),
        **given(at=entry.at, place=names.place[entry.plot], note=entry.note),
        "data": _diary_data(entry),
    }
    return Draft(command, entry.label)


def _diary_data(entry: DiaryEntry) -> Command:
    return given(
        activity=entry.activity, input=entry.input, ingredient=entry.ingredient, pest=entry.pest,
        dose=entry.dose, amount=entry.amount, area=entry.area, phi=entry.phi, season=entry.season,
        operator=entry.operator,
    )  # fmt: skip


# -- the steps ---------------------------------------------------------------------------------
def _harvest(names: Names, step: steps.Harvest) -> Draft:
    makes, labels = _makes(names, step, step.makes)
    data = given(season=step.season)
    return Draft(_command(names, step, data, makes=makes), None, labels)


def _acquire(names: Names, step: steps.Acquire) -> Draft:
    makes, labels = _makes(names, step, step.makes)
    source = given(
        kind=step.source.kind,
        party=names.party[step.source.party] if step.source.party else None,
        name=step.source.name,
        phone=step.source.phone,
        deliverer=step.source.deliverer,
        country=step.source.country,
    )
    data = given(source=source, names=list(step.names), checks=_checks(step.checks))
    return Draft(_command(names, step, data, makes=makes), None, labels)


def _transform(names: Names, step: steps.Transform) -> Draft:
    draws, drawn = _draws(names, step.draws)
    makes, labels = _makes(names, step, step.makes)
    data = given(
        kind=step.kind,
        process=step.process,
        losses=_differences(step.losses),
        gains=_differences(step.gains),
        line=step.line,
    )
    command = _command(names, step, data, since=step.since, draws=draws, makes=makes)
    return Draft(command, None, labels, drawn)


def _ship(names: Names, step: steps.Ship) -> Draft:
    """A line for each draw; what is on its way goes by the shipment's label and the line. A late
    shipment that closes an intake makes nothing."""
    draws, drawn = _draws(names, step.draws)
    data = given(
        vehicle=step.vehicle, seal=step.seal, driver=step.driver, temperature=step.temperature,
        closes=names.record_of(step.closes).name if step.closes else None,
    )  # fmt: skip
    if step.closes:
        return Draft(_command(names, step, data, draws=draws), None, (), drawn)
    makes = [
        given(
            product=goods.product, lot=goods.lot, holder=names.party[step.to],
            quantity=draw.quantity, count=draw.count,
        )
        for goods, draw in zip(drawn, step.draws, strict=True)
    ]  # fmt: skip
    labels = tuple(f"{step.label}/{n}" for n in range(len(makes)))
    return Draft(_command(names, step, data, draws=draws, makes=makes), None, labels, drawn)


def _receive(names: Names, step: steps.Receive) -> Draft:
    """All of one shipment, line by line: what is refused is the shipper's again."""
    sent = names.record_of(step.shipment).drawn
    drawn = tuple(names.goods_of(f"{step.shipment}/{n}") for n in range(len(sent)))
    draws = [given(quantity=each.quantity, count=each.count, **{"from": each.name})
             for each in drawn]  # fmt: skip
    makes = [
        given(
            product=drawn[line.of].product, lot=drawn[line.of].lot,
            holder=names.party[step.acting] if line.outcome == "accepted" else sent[line.of].holder,
            place=names.place[line.place] if line.place else None, quantity=line.quantity,
            count=line.count, outcome=line.outcome, reason=line.reason,
        )
        for line in step.makes
    ]  # fmt: skip
    data = given(
        losses=_differences(step.losses, drawn),
        gains=_differences(step.gains, drawn),
        checks=_checks(step.checks),
        receiver=step.receiver,
    )
    labels = tuple(line.label for line in step.makes)
    return Draft(_command(names, step, data, draws=draws, makes=makes), None, labels, drawn)


def _consume(names: Names, step: steps.Consume) -> Draft:
    draws, drawn = _draws(names, step.draws)
    meals = [_meal(meal) for meal in step.meals]
    data = given(kind=step.kind, to=step.to, cause=step.cause, meals=meals)
    return Draft(_command(names, step, data, draws=draws), None, (), drawn)


def _inspect(names: Names, step: steps.Inspect) -> Draft:
    about: list[Command] = []
    for each in step.about:
        if each.place is not None:
            about.append({"place": names.place[each.place]})
        if each.lot_of is not None:
            goods = names.goods_of(each.lot_of)
            about.append({"product": goods.product, "lot": goods.lot})
    parameters = [
        given(
            name=each.name, value=each.value, unit=each.unit, limit=each.limit, result=each.result
        )
        for each in step.parameters
    ]
    data = given(
        kind=step.kind, result=step.result, parameters=parameters, inspector=step.inspector
    )
    return Draft(_command(names, step, data, about=about))


def _correct(names: Names, step: steps.Correct) -> Draft:
    draws, drawn = _draws(names, step.draws)
    corrected = names.record_of(step.corrects)
    # A void gives the inputs back; otherwise what remains of an output is made anew.
    sources = corrected.drawn if step.void else drawn
    makes = [
        given(
            product=sources[line.of].product, lot=sources[line.of].lot,
            holder=sources[line.of].holder, quantity=line.quantity, count=line.count, of=line.of,
        )
        for line in step.makes
    ]  # fmt: skip
    data = given(
        corrects=corrected.name,
        reason=step.reason,
        void=step.void or None,
        outputs=[{"n": each.n, "quantity": each.quantity} for each in step.outputs],
        restated=_restated(step.restated, corrected) if step.restated else None,
    )
    labels = tuple(line.label for line in step.makes)
    return Draft(_command(names, step, data, draws=draws, makes=makes), None, labels, drawn)


def _restated(again: steps.Restated, before: Told) -> Command:
    """A diary entry said anew: what is not given stays as it was."""
    changes = given(phi=again.phi, dose=again.dose)
    return {"at": again.at or before.command["at"], "diary": before.command["data"] | changes}


_DRAFTS: Final[Mapping[str, Callable[[Names, Any], Draft]]] = {
    "harvest": _harvest,
    "acquire": _acquire,
    "transform": _transform,
    "ship": _ship,
    "receive": _receive,
    "consume": _consume,
    "inspect": _inspect,
    "correct": _correct,
}


# -- parts -------------------------------------------------------------------------------------
def _command(names: Names, step: Any, data: Command, **members: Any) -> Command:
    refs = [{"type": each.type, "number": each.number} for each in step.refs]
    place = names.place[step.place] if step.place else None
    return {
        "type": step.do,
        **_for(names, step.by, step.acting),
        **given(at=step.at, place=place, note=step.note, refs=refs, **members),
        "data": data,
    }


def _for(names: Names, by: str, acting: str) -> Command:
    return {} if by == acting else {"for": names.party[acting]}


def _draws(names: Names, draws: Iterable[steps.Draw]) -> tuple[list[Command], tuple[Goods, ...]]:
    drawn: list[Goods] = []
    commands: list[Command] = []
    for draw in draws:
        goods = names.goods_of(draw.from_)
        drawn.append(goods)
        commands.append({"from": goods.name, **given(quantity=draw.quantity, count=draw.count)})
    return commands, tuple(drawn)


def _makes(
    names: Names, step: steps.Step, makes: Iterable[steps.Make]
) -> tuple[list[Command], tuple[str, ...]]:
    """What a party harvests, takes in or makes, it holds itself."""
    labels: list[str] = []
    commands: list[Command] = []
    for make in makes:
        labels.append(make.label or make.lot)
        commands.append(
            given(
                lot=make.lot, product=names.product[make.product],
                holder=names.party[step.acting], quantity=make.quantity, count=make.count,
                claims=list(make.claims), packed=make.packed, expires=make.expires,
            )
        )  # fmt: skip
    return commands, tuple(labels)


def _differences(lines: Iterable[steps.Difference], drawn: Sequence[Goods] = ()) -> list[Command]:
    """Losses or gains; at a receipt they say of which lot of the shipment."""
    found: list[Command] = []
    for line in lines:
        goods = None if line.of is None else drawn[line.of]
        found.append(
            given(
                cause=line.cause, product=goods and goods.product, lot=goods and goods.lot,
                quantity=line.quantity, count=line.count,
            )
        )  # fmt: skip
    return found


def _checks(checks: steps.Checks | None) -> Command | None:
    if checks is None:
        return None
    return given(
        temperature=checks.temperature, sensory=checks.sensory, rapid=checks.rapid,
        action=checks.action,
    )  # fmt: skip


def _meal(meal: steps.Meal) -> Command:
    samples = [
        given(
            name=each.name, quantity=each.quantity, container=each.container,
            temperature=each.temperature, taken=each.taken, discarded=each.discarded,
            keeper=each.keeper,
        )
        for each in meal.samples
    ]  # fmt: skip
    return given(
        meal=meal.meal, dish=meal.dish, servings=meal.servings, prepared=meal.prepared,
        cooked=meal.cooked, portioned=meal.portioned, served=meal.served, hygiene=meal.hygiene,
        sensory=meal.sensory, samples=samples,
    )  # fmt: skip
