"""The data folder of ``goc demo``: a ledger told a whole season, labels, pictures, a proof bundle,
and the key with which a clerk signs in.

The folder comes into being in one step (``traceability.cli.new_folder``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import traceability
from traceability.cli.new_folder import new_folder, refuse_used, write_file
from traceability.clock import random_bytes
from traceability.core import moment
from traceability.core.errors import LedgerError
from traceability.core.keys import PrivateKey
from traceability.core.quantity import Quantity
from traceability.exchange.season import Season, load
from traceability.exchange.season_names import Goods, Names
from traceability.exchange.season_records import tell
from traceability.exchange.season_shown import (
    PictureFile,
    Printed,
    Shown,
    load_pictures,
    load_shown,
)
from traceability.exchange.season_statements import party_data
from traceability.ledger.bundles import bundle
from traceability.ledger.ledger import Ledger
from traceability.ledger.viewer import AUDITOR
from traceability.settings import HOST_FILE, KEY_BYTES, Settings, create_key_file
from traceability.text import has_text, text

EXAMPLE: Final = "hau-giang"
CLERK_FILE: Final = "clerk.key"  #: for its owner's eyes, as the keyring's key beside it
_SMALLER: Final = {"KGM": "GRM", "LTR": "MLT"}


@dataclass(frozen=True, slots=True)
class Label:
    """A label that was drawn; its files are named relative to the data folder."""

    url: str
    gtin: str
    lot: str
    name: str
    png: str
    svg: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What a data folder holds; files are named relative to it."""

    log_key: str
    records: int
    host: str
    labels: tuple[Label, ...]
    bundle: str
    bundle_lot: str
    checkpoint: str
    clerk: str  #: of which party
    clerk_key: str = field(repr=False)


def example_folder() -> Path:
    """Where the example season lies: in a checkout, or in an installed package.

    Raises ``LedgerError("cli.no-example")``.
    """
    package = Path(traceability.__file__).parent
    for root in (package.parent / "examples", package / "examples"):
        if (root / EXAMPLE / "registry.toml").is_file():
            return root / EXAMPLE
    raise LedgerError("cli.no-example")


def make(target: Path, host: str, face: Any) -> Demo:
    """Make the data folder ``target``. ``host``: the address that labels carry; ``face`` draws a
    label (``labels.label:LotLabel``).

    Raises ``LedgerError``: ``cli.has-ledger``, ``cli.not-empty``, ``cli.no-example``, and as the
    ledger does.
    """
    refuse_used(target)
    source = example_folder()
    season, shown = load(source), load_shown(source)
    pictures = load_pictures(source, season)
    with new_folder(target) as folder:
        settings = _settings(folder, host)
        demo = _fill(settings, season, shown, pictures, face)
        for picture in pictures.values():
            write_file(folder / "pictures" / picture.name, picture.data)
    return demo


def _settings(folder: Path, host: str) -> Settings:
    settings = Settings.read(folder, host=host)
    write_file(folder / HOST_FILE, f"{settings.host}\n".encode())
    if settings.keyring_key is None:
        create_key_file(folder, random_bytes(KEY_BYTES))
        settings = Settings.read(folder, host=host)
    return settings


def _fill(
    settings: Settings,
    season: Season,
    shown: Shown,
    pictures: dict[str, PictureFile],
    face: Any,
) -> Demo:
    operator = next(each for each in season.parties if each.key == season.operator)
    clock = _Clock(moment.parse_time(season.begins))
    with Ledger.create(settings, party_data(season, operator), clock) as ledger:
        stated = {product: each.picture for product, each in pictures.items()}
        names = tell(season, _LedgerBook(ledger, clock), random_bytes, stated)
        labels = [
            _draw(settings, season, names, names.goods_of(label), face) for label in shown.labels
        ]
        for run in shown.printed:
            _print(ledger, names.goods_of(run.goods), run)
        party = next(each for each in season.parties if each.key == shown.clerk)
        scopes = ("read", "write")
        token = ledger.tokens.create("demo", scopes, names.party[party.key], "clerk")
        write_file(settings.data / CLERK_FILE, f"{token.text}\n".encode(), private=True)
        goods = names.goods_of(shown.bundle)
        file = f"{_file_name(goods.lot)}.goc.json"
        with ledger.reading() as now:
            made = bundle(now, goods.product, goods.lot, AUDITOR, include_personal=False)
        write_file(settings.data / file, made.to_json())
        write_file(settings.data / "checkpoint", made.checkpoint)
        return Demo(
            str(ledger.vkey), ledger.size, settings.host, tuple(labels), file, goods.lot,
            "checkpoint", party.name or party.shown or "", token.text,
        )  # fmt: skip


# -- the ledger --------------------------------------------------------------------------------
class _Clock:
    """A clock that stands where the story is."""

    def __init__(self, time: int) -> None:
        self.time = time

    def __call__(self) -> int:
        return self.time


class _LedgerBook:
    """A ledger as ``season_records.Book``."""

    def __init__(self, ledger: Ledger, clock: _Clock) -> None:
        self.log = ledger.log
        self.operator = ledger.operator
        self._ledger = ledger
        self._clock = clock

    def set_time(self, time: int) -> None:
        self._clock.time = time

    def operator_key(self) -> PrivateKey:
        key = self._ledger.keyring.signer(self.operator)
        if key is None:
            raise LedgerError("command.no-key", party=self.operator)
        return key

    def new_key(self, party: str) -> PrivateKey:
        return self._ledger.keyring.create(party)

    def accept(self, records: Sequence[bytes]) -> Sequence[str]:
        return [receipt.name for receipt in self._ledger.accept(records)]


# -- labels ------------------------------------------------------------------------------------
def _print(ledger: Ledger, goods: Goods, run: Printed) -> None:
    """Record labels with serials, and that some of them are not used."""
    data: dict[str, Any] = {
        "count": run.count, "net": run.net, "key": ledger.label_keys.newest().id,
    }  # fmt: skip
    if run.lot is not None:
        data["ahead"] = [{"from": goods.name, "quantity": run.of}]
    command = {
        "type": "label", "about": [{"product": goods.product, "lot": run.lot or goods.lot}],
    }  # fmt: skip
    [made] = ledger.accept([ledger.commands.sign(goods.holder, {**command, "data": data})])
    if run.void is not None:
        first, last = run.void
        void = {"voids": made.name, "spans": [{"first": first, "last": last}]}
        ledger.accept([ledger.commands.sign(goods.holder, {**command, "data": void})])


def _draw(settings: Settings, season: Season, names: Names, goods: Goods, face: Any) -> Label:
    product = next(each for each in season.products if each.gtin == goods.product)
    maker = next(each for each in season.parties if names.party[each.key] == goods.holder)
    make = _make_of(names, goods)
    url = f"{settings.host}/01/{goods.product}/10/{quote(goods.lot, safe='')}"
    packed = make.get("packed")
    label = face(
        uri=url,
        gtin=goods.product,
        lot=goods.lot,
        product_name=product.vi,
        maker=maker.name or maker.shown or "",
        net_content=_amount(product.net_content) if product.net_content else None,
        packed_date=date.fromisoformat(packed) if packed else None,
    )
    stem = f"labels/{goods.product}-{_file_name(goods.lot)}"
    write_file(settings.data / f"{stem}.png", label.png())
    write_file(settings.data / f"{stem}.svg", label.svg().encode())
    return Label(url, goods.product, goods.lot, product.vi, f"{stem}.png", f"{stem}.svg")


def _make_of(names: Names, goods: Goods) -> dict[str, Any]:
    record, _, n = goods.name.rpartition(".")
    told = next(each for each in names.records.values() if each.name == record)
    make: dict[str, Any] = told.command["makes"][int(n)]
    return make


def _amount(quantity: str) -> str:
    """As a label in Vietnamese says it: 1,5 kg, 500 ml."""
    found = Quantity.parse(quantity)
    smaller = _SMALLER.get(found.unit.code)
    if smaller is not None and found.amount < 1:
        found = found.in_unit(smaller)
    key = f"web.unit.{found.unit.code}"
    unit = text("vi", key) if has_text("vi", key) else found.unit.code
    return f"{found.amount.normalize():f} {unit}".replace(".", ",")


# -- files -------------------------------------------------------------------------------------
def _file_name(lot: str) -> str:
    """A lot code as a file may be called on any system."""
    return "".join(each if each.isalnum() or each in "-_" else "_" for each in lot)
