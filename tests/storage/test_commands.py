"""Commands in the clear become signed records, or are refused where the fault is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kept import FARM, SHOP, kept_ledger
from traceability.core import codec, moment
from traceability.core.errors import GocError, LedgerError, RecordError
from traceability.core.quantity import Quantity
from traceability.ledger.commands import Commands
from traceability.ledger.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with kept_ledger(tmp_path) as found:
        yield found


class Farm:
    """A farm with a plot and a product, and a shop."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        registry = ledger.registry
        self.id = registry.party(FARM).id
        self.shop = registry.party(SHOP).id
        self.plot = registry.place(self.id, {"kind": "plot", "area": "1 HAR"}).id
        product = {"name": {"vi": "Khóm Cầu Đúc"}, "makers": "anyone", "unit": "KGM"}
        self.product = registry.product(self.id, product).id

    def make(self, lot: str, quantity: str, **more: Any) -> dict[str, Any]:
        return {"lot": lot, "product": self.product, "holder": self.id, "quantity": quantity} | more

    def harvest(self, *makes: dict[str, Any]) -> dict[str, Any]:
        return {"type": "harvest", "place": self.plot, "makes": list(makes), "data": {}}

    def append(self, party: str, command: dict[str, Any], *hide: str) -> str:
        wire = self.ledger.commands.sign(party, command, hide)
        return self.ledger.accept([wire])[0].name


@pytest.fixture
def farm(ledger: Ledger) -> Farm:
    return Farm(ledger)


def refusal(ledger: Ledger, party: str, command: dict[str, Any], *hide: str) -> GocError:
    with pytest.raises(GocError) as refused:
        ledger.commands.sign(party, command, hide)
    return refused.value


def test_a_command_becomes_a_record_with_all_that_records_bear(ledger: Ledger, farm: Farm) -> None:
    wire = ledger.commands.sign(farm.id, farm.harvest(farm.make("L1", "100 KGM")))
    body: Any = codec.parse(wire).body
    assert (body.v, body.log, body.iss, body.type) == (1, ledger.log, farm.id, "harvest")
    assert body.at == body.iat
    assert body.makes[0].quantity == "100 KGM"
    assert b"100 KGM" not in codec.parse(wire).payload
    assert ledger.accept([wire])[0].index == ledger.size - 1


def test_when_it_happened_is_the_commands_to_say(ledger: Ledger, farm: Farm) -> None:
    command = farm.harvest(farm.make("L1", "1 KGM")) | {"at": "2026-09-01T05:30:00+07:00"}
    body = codec.parse(ledger.commands.sign(farm.id, command)).body
    assert body.at == "2026-09-01T05:30:00+07:00"
    assert body.iat != body.at


def test_every_record_has_a_nonce_and_salts_of_its_own(ledger: Ledger, farm: Farm) -> None:
    command = farm.harvest(farm.make("L1", "1 KGM"))
    one, two = (codec.parse(ledger.commands.sign(farm.id, command)) for _ in range(2))
    assert one.body.nonce != two.body.nonce
    assert set(one.disclosures).isdisjoint(two.disclosures)


def test_the_name_of_a_holding_draws_all_that_is_left_of_it(ledger: Ledger, farm: Farm) -> None:
    harvest = farm.append(farm.id, farm.harvest(farm.make("L1", "100 KGM", count="80 H87")))
    held = f"{harvest}.0"
    part = {"from": held, "quantity": "40.5 KGM", "count": "30 H87"}
    farm.append(farm.id, {"type": "consume", "draws": [part], "data": {"kind": "sold"}})
    wire = ledger.commands.sign(
        farm.id, {"type": "consume", "draws": [held], "data": {"kind": "given"}}
    )
    draw = codec.parse(wire).body.draws[0]  # type: ignore[attr-defined]
    assert (draw.quantity, draw.count) == ("59.5 KGM", "50 H87")
    ledger.accept([wire])


def test_what_is_left_of_a_dozen_is_said_in_pieces(ledger: Ledger, farm: Farm) -> None:
    eggs = {"name": {"vi": "Trứng gà"}, "makers": "anyone", "unit": "H87"}
    product = ledger.registry.product(farm.id, eggs).id
    make = farm.make("E1", "2 DZN") | {"product": product}
    harvest = farm.append(farm.id, farm.harvest(make))
    part = {"from": f"{harvest}.0", "quantity": "5 H87"}
    farm.append(farm.id, {"type": "consume", "draws": [part], "data": {"kind": "sold"}})
    wire = ledger.commands.sign(
        farm.id, {"type": "consume", "draws": [f"{harvest}.0"], "data": {"kind": "sold"}}
    )
    draw = codec.parse(wire).body.draws[0]  # type: ignore[attr-defined]
    assert Quantity.parse(draw.quantity).base == 19
    ledger.accept([wire])


def test_a_counterparty_is_hidden_where_that_is_asked_for(ledger: Ledger, farm: Farm) -> None:
    harvest = farm.append(farm.id, farm.harvest(farm.make("L1", "100 KGM")))
    make = farm.make("L1", "100 KGM") | {"holder": farm.shop}
    command = {"type": "ship", "draws": [f"{harvest}.0"], "makes": [make], "data": {}}
    shown = codec.parse(ledger.commands.sign(farm.id, command))
    assert farm.shop.encode() in shown.payload
    hidden = codec.parse(ledger.commands.sign(farm.id, command, ["holder"]))
    assert farm.shop.encode() not in hidden.payload
    assert hidden.body.makes[0].holder == farm.shop  # type: ignore[attr-defined]
    assert farm.append(farm.id, command, "holder")


def test_a_party_without_a_key_here_signs_on_its_own_device(ledger: Ledger, farm: Farm) -> None:
    error = refusal(ledger, "p-0123456789abcdef", farm.harvest(farm.make("L1", "1 KGM")))
    assert isinstance(error, LedgerError)
    assert error.code == "command.no-key"


@pytest.mark.parametrize("field", ["v", "log", "iss", "iat", "nonce", "_sd", "hidden"])
def test_what_the_server_fills_in_is_not_the_commands_to_say(
    ledger: Ledger, farm: Farm, field: str
) -> None:
    error = refusal(ledger, farm.id, farm.harvest(farm.make("L1", "1 KGM")) | {field: "x"})
    assert (error.code, error.pointer) == ("command.reserved", f"/{field}")


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"type": "haverst"}, "record.type", "/type"),
        ({"type": None}, "record.type", "/type"),
        ({"type": "recall"}, "record.type-reserved", "/type"),
        ({"makes": []}, "record.schema", "/makes"),
        ({"makes": "all"}, "record.schema", "/makes"),
        ({"makes": [7]}, "record.schema", "/makes/0"),
        ({"colour": "red"}, "record.schema", "/colour"),
        ({"at": "yesterday"}, "time.malformed", "/at"),
        ({"data": {"season": 3}}, "record.schema", "/data/season"),
        ({"data": {"season": float("nan")}}, "record.schema", ""),
        ({"by": "x" * 500}, "record.schema", "/by"),
        ({"data": {1: 2}}, "record.malformed", ""),
        ({"data": {"grade": 2**70}}, "record.malformed", ""),
    ],
)
def test_a_fault_is_named_where_it_is(
    ledger: Ledger, farm: Farm, change: dict[str, Any], code: str, pointer: str
) -> None:
    error = refusal(ledger, farm.id, farm.harvest(farm.make("L1", "1 KGM")) | change)
    assert isinstance(error, RecordError)
    assert (error.code, error.pointer) == (code, pointer)


def test_a_wrong_quantity_is_named_by_its_place_and_not_shown(ledger: Ledger, farm: Farm) -> None:
    error = refusal(ledger, farm.id, farm.harvest(farm.make("L1", "1 KGM"), farm.make("L2", "-5")))
    assert (error.code, error.pointer) == ("quantity.malformed", "/makes/1/quantity")
    assert "-5" not in str(error)


def test_only_what_the_schema_lets_be_hidden_is_hidden_on_request(
    ledger: Ledger, farm: Farm
) -> None:
    error = refusal(ledger, farm.id, farm.harvest(farm.make("L1", "1 KGM")), "lot")
    assert error.code == "command.hide"


def test_a_draw_from_nowhere_is_named(ledger: Ledger, farm: Farm) -> None:
    for name in ("A" * 43 + ".0", "L1", ""):
        command = {"type": "consume", "draws": [name], "data": {"kind": "sold"}}
        error = refusal(ledger, farm.id, command)
        assert (error.code, error.pointer) == ("draw.unknown", "/draws/0")


def test_a_clock_that_lags_behind_the_ledger_signs_by_the_ledgers_time(
    ledger: Ledger, farm: Farm
) -> None:
    with ledger.reading() as now:
        time = now.head().time
    lagging = Commands(ledger.database, ledger.log, ledger.keyring, lambda: time - 30 * 86_400_000)
    wire = lagging.sign(farm.id, farm.harvest(farm.make("L1", "1 KGM")))
    body = codec.parse(wire).body
    assert moment.parse_time(body.iat) == moment.parse_time(body.at) == time
    assert ledger.accept([wire])[0].time >= time
