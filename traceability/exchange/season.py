"""Reads the example of a whole season from a folder of files that a person can edit.

``registry.toml``: parties, consents, places, products, certificates, and which registers there are.
``plots.csv``, ``diary.csv``: plots and diaries, one a row, with Vietnamese headings.
``so-thu-hoach-*.xlsx``: harvest registers as cooperatives keep them (``spreadsheets``).
``flow.toml``: everything after the harvest, in the order in which it was recorded.

The reader checks forms and references, not the rules of the flow: those are the rulebook's. It
knows no records and no ledger; ``Season.timeline`` says in which order a ledger should be told.
"""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from traceability.core import ids
from traceability.core.errors import FormatError
from traceability.core.moment import parse_time
from traceability.exchange.season_registry import (
    Certificate,
    Consent,
    Party,
    Place,
    Plot,
    Product,
    Register,
    Registry,
)
from traceability.exchange.season_steps import (
    Acquire,
    Amount,
    AnyStep,
    Confirm,
    Harvest,
    Inspect,
    Receive,
    Ship,
    Time,
    Transform,
)
from traceability.exchange.spreadsheets import HarvestRow, read_harvests

T = TypeVar("T")
_Known = Mapping[str, frozenset[str]]  #: "party", "place" … -> the keys that there are


# -- diaries and harvests ----------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryEntry:
    """One entry of a farming diary; the cooperative writes it for the farm."""

    at: Time
    plot: str
    farm: str
    by: str
    activity: str
    label: str | None = None
    recorded: Time | None = None
    input: str | None = None
    ingredient: str | None = None
    pest: str | None = None
    dose: str | None = None
    amount: Amount | None = None
    area: Amount | None = None
    phi: int | None = None
    season: str | None = None
    operator: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestEntry:
    """One row of a register, with its farm, plot and product found; ``label`` is its lot code."""

    label: str
    at: str
    by: str  #: the cooperative
    farm: str
    plot: str
    product: str
    lot: str
    quantity: str
    count: str | None
    claims: tuple[str, ...]
    season: str | None
    register: str
    row: int
    recorded: None = None


Event = Certificate | DiaryEntry | HarvestEntry | AnyStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """All that the folder says."""

    name: str
    operator: str
    begins: str
    province: tuple[str, str]  #: code, name
    communes: Mapping[str, str]  #: code -> name
    parties: tuple[Party, ...]
    consents: tuple[Consent, ...]
    places: tuple[Place, ...]
    plots: tuple[Plot, ...]
    products: tuple[Product, ...]
    certificates: tuple[Certificate, ...]
    diary: tuple[DiaryEntry, ...]
    harvests: tuple[HarvestEntry, ...]
    steps: tuple[AnyStep, ...]

    def timeline(self) -> tuple[tuple[str, Event], ...]:
        """(time of recording, event) in the order of recording: late certificates, diaries,
        harvests, steps. What was recorded at once stands at the time at which it happened."""
        events: list[tuple[int, int, int, str, Event]] = []
        groups: tuple[Iterable[Event], ...] = (
            (each for each in self.certificates if each.recorded), self.diary, self.harvests,
            self.steps,
        )  # fmt: skip
        for rank, group in enumerate(groups):
            for position, event in enumerate(group):
                at = event.recorded or (self.begins if isinstance(event, Certificate) else event.at)
                events.append((parse_time(at), rank, position, at, event))
        events.sort(key=lambda each: each[:3])
        return tuple((at, event) for *_, at, event in events)


# -- reading -----------------------------------------------------------------------------------
_STEPS: Final[TypeAdapter[tuple[AnyStep, ...]]] = TypeAdapter(tuple[AnyStep, ...])
_REGISTRY: Final = TypeAdapter(Registry)
_PLOT_HEADINGS: Final = {
    "thua": "key", "ma_thua": "code", "ho": "farm", "xa_phuong": "commune",
    "ten_xa_phuong": "commune_name", "cay_trong": "crop", "giong": "variety", "dien_tich": "area",
    "ma_vung_trong": "growing_area", "ngay_cap": "issued", "noi_cap": "authority", "hinh": "shape",
}  # fmt: skip
_DIARY_HEADINGS: Final = {
    "nhan": "label", "luc": "at", "ghi_luc": "recorded", "thua": "plot", "viec": "activity",
    "vat_tu": "input", "hoat_chat": "ingredient", "doi_tuong": "pest", "lieu": "dose",
    "luong": "amount", "dien_tich": "area", "cach_ly": "phi", "vu": "season",
    "nguoi_lam": "operator", "ghi_chu": "note",
}  # fmt: skip


def load(folder: Path) -> Season:
    """Read a season. Raises ``FormatError``: ``season.malformed`` with file and fault,
    ``season.register`` when a register has wrong rows, and those of ``read_harvests``."""
    registry = _validated(_REGISTRY, _toml(folder / "registry.toml"), "registry.toml")
    plots = tuple(_plots(folder / "plots.csv", registry.communes))
    known = _check_registry(registry, plots)
    farms = {plot.key: plot.farm for plot in plots}
    members = {party.key: party.member_of for party in registry.party}
    flow = _toml(folder / "flow.toml")
    if flow.keys() != {"step"}:
        _wrong("flow.toml", "only [[step]] may stand here")
    steps = _validated(_STEPS, flow["step"], "flow.toml")
    _check(known, "flow.toml", _named_in_flow(steps))
    harvests = tuple(
        entry
        for register in registry.register
        for entry in _harvests(folder, register, registry, plots)
    )
    _unique("harvest", (harvest.label for harvest in harvests))
    return Season(
        name=registry.season.name,
        operator=registry.season.operator,
        begins=registry.season.begins,
        province=(registry.province.code, registry.province.name),
        communes=registry.communes,
        parties=registry.party,
        consents=registry.consent,
        places=registry.place,
        plots=plots,
        products=registry.product,
        certificates=registry.certificate,
        diary=tuple(_diary(folder / "diary.csv", farms, members)),
        harvests=harvests,
        steps=steps,
    )


def _wrong(file: str, what: str) -> NoReturn:
    raise FormatError("season.malformed", file=file, what=what)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:  # UnicodeDecodeError and TOMLDecodeError are these
        raise FormatError("season.malformed", file=path.name, what=str(fault)) from fault


def _validated(adapter: TypeAdapter[T], value: Any, file: str) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise FormatError("season.malformed", file=file, what=f"{where}: {first['msg']}") from fault


def _table(path: Path, headings: Mapping[str, str]) -> Iterator[dict[str, str | None]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != list(headings):
                _wrong(path.name, f"the headings should be {', '.join(headings)}")
            for row in reader:
                if None in row or None in row.values():
                    _wrong(path.name, f"line {reader.line_num} has too many or too few cells")
                yield {name: row[heading] or None for heading, name in headings.items()}
    except (OSError, ValueError, csv.Error) as fault:
        raise FormatError("season.malformed", file=path.name, what=str(fault)) from fault


def _plots(path: Path, communes: Mapping[str, str]) -> Iterator[Plot]:
    adapter = TypeAdapter(Plot)
    for row in _table(path, _PLOT_HEADINGS):
        if communes.get(row["commune"] or "") != row.pop("commune_name"):
            _wrong(path.name, f"{row['key']}: code and name of the commune do not agree")
        shape = _shape(row["shape"] or "")
        if not shape:
            _wrong(path.name, f"{row['key']}: the shape is neither POINT nor closed POLYGON")
        yield _validated(adapter, {**row, "shape": shape}, path.name)


def _shape(text: str) -> tuple[tuple[str, ...], ...]:
    """The corners of a WKT point or polygon of one ring, as written; empty where it is none."""
    kind, _, rest = text.partition(" ")
    corners = tuple(tuple(pair.split()) for pair in rest.strip("()").split(","))
    ring = kind == "POLYGON" and len(corners) >= 4 and corners[0] == corners[-1]
    point = kind == "POINT" and len(corners) == 1
    return corners if (ring or point) and all(len(pair) == 2 for pair in corners) else ()


def _diary(
    path: Path, farms: Mapping[str, str], members: Mapping[str, tuple[str, ...]]
) -> Iterator[DiaryEntry]:
    adapter = TypeAdapter(DiaryEntry)
    for row in _table(path, _DIARY_HEADINGS):
        farm = farms.get(row["plot"] or "")
        if farm is None:
            _wrong(path.name, f"there is no plot {row['plot']}")
        writer = (*members.get(farm, ()), farm)[0]
        yield _validated(adapter, {**row, "farm": farm, "by": writer}, path.name)


def _harvests(
    folder: Path, register: Register, registry: Registry, plots: tuple[Plot, ...]
) -> Iterator[HarvestEntry]:
    try:
        data = (folder / register.file).read_bytes()
    except OSError as fault:
        raise FormatError("season.malformed", file=register.file, what=str(fault)) from fault
    sheet = read_harvests(data, product=register.product)
    if sheet.errors:
        raise FormatError(
            "season.register",
            file=register.file,
            count=len(sheet.errors),
            first=sheet.errors[0].sentence("vi"),
        )
    farms = {alias: party.key for party in registry.party for alias in party.aliases}
    products = {alias: product.key for product in registry.product for alias in product.aliases}
    plot_of = {plot.code: plot for plot in plots}
    for row in sheet.rows:
        plot = plot_of.get(row.plot)
        farm, product = farms.get(row.farm), products.get(row.product)
        if plot is None or farm is None or product is None or plot.farm != farm:
            raise FormatError(
                "season.malformed",
                file=register.file,
                what=f"row {row.row}: farm, plot or product is not that of the registry",
            )
        yield _harvest(row, register, farm, plot, product)


def _harvest(
    row: HarvestRow, register: Register, farm: str, plot: Plot, product: str
) -> HarvestEntry:
    # Where the cooperative gives no lot codes, the plot and the day tell harvests apart.
    lot = row.lot or f"{plot.code}-{row.day[2:].replace('-', '')}"
    return HarvestEntry(
        label=lot,
        at=row.at(register.usual_time),
        by=register.cooperative,
        farm=farm,
        plot=plot.key,
        product=product,
        lot=lot,
        quantity=row.quantity,
        count=row.count,
        claims=row.claims,
        season=row.season or register.season,
        register=register.file,
        row=row.row,
    )


def _check_registry(registry: Registry, plots: tuple[Plot, ...]) -> _Known:
    """The keys that there are; ``season.malformed`` for one that is named and is not."""
    for product in registry.product:
        ids.gtin14(product.gtin)
    known = {
        "party": _unique("party", (each.key for each in registry.party)),
        "place": _unique("place", [p.key for p in registry.place] + [p.key for p in plots]),
        "product": _unique("product", (each.key for each in registry.product)),
        "commune": frozenset(registry.communes),
    }
    _check(known, "registry.toml", _named_in_registry(registry))
    _check(known, "plots.csv", (("party", plot.farm) for plot in plots))
    return known


def _named_in_registry(registry: Registry) -> Iterator[tuple[str, str | None]]:
    yield "party", registry.season.operator
    for party in registry.party:
        yield "commune", party.commune
        yield from (("party", key) for key in party.member_of)
    for consent in registry.consent:
        yield from (("party", key) for key in (consent.agent, *consent.grantors))
    for place in registry.place:
        yield "party", place.owner
        yield "commune", place.commune
    for product in registry.product:
        yield from (("party", key) for key in (product.owner, *product.licensed))
    for certificate in registry.certificate:
        yield from (("party", key) for key in (certificate.holder, certificate.certifier))
        yield from (("place", key) for key in certificate.places)
        yield from (("product", key) for key in certificate.products)
    for register in registry.register:
        yield "party", register.cooperative


def _named_in_flow(steps: Iterable[AnyStep]) -> Iterator[tuple[str, str | None]]:
    for step in steps:
        yield "party", step.by
        yield "party", step.for_
        yield "place", step.place
        if isinstance(step, Ship):
            yield "party", step.to
        if isinstance(step, Confirm):
            yield "party", step.agent
        if isinstance(step, Acquire):
            yield "party", step.source.party
        if isinstance(step, Inspect):
            yield from (("place", about.place) for about in step.about)
        if isinstance(step, Receive):
            yield from (("place", line.place) for line in step.makes)
        if isinstance(step, Harvest | Acquire | Transform):
            yield from (("product", make.product) for make in step.makes)


def _check(known: _Known, file: str, named: Iterable[tuple[str, str | None]]) -> None:
    for what, key in named:
        if key is not None and key not in known[what]:
            _wrong(file, f"there is no {what} {key}")


def _unique(what: str, keys: Iterable[str]) -> frozenset[str]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            _wrong("registry.toml", f"two of the same {what}: {key}")
        seen.add(key)
    return frozenset(seen)
