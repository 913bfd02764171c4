"""The season of ``examples/hau-giang``: what a person edits there must still be a true story."""

import re
import runpy
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import cos, radians
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from vietnamadminunits.database.main import query  # type: ignore[import-untyped]

from traceability.core import ids
from traceability.core.errors import FormatError
from traceability.core.moment import parse_time
from traceability.core.quantity import Dimension, Quantity, unit
from traceability.exchange import season_steps as steps
from traceability.exchange.season import DiaryEntry, HarvestEntry, Season, load
from traceability.exchange.season_registry import Certificate
from traceability.exchange.spreadsheets import read_harvests

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "hau-giang"
DELTA = (104.4, 106.9, 8.5, 11.1)  # west, east, south, north of the Mekong delta


@pytest.fixture(scope="module")
def season() -> Season:
    return load(FOLDER)


# -- who, where and what -----------------------------------------------------------------------
def test_communes_are_those_of_the_present_units(season: Season) -> None:
    units = {
        row["wardCode"]: (row["ward"], row["provinceCode"], row["province"])
        for row in query("SELECT wardCode, ward, provinceCode, province FROM admin_units")
    }
    assert len(units) == 3321
    assert season.communes
    for code, name in season.communes.items():
        assert units.get(code) == (name, *season.province)
    assert season.province == ("92", "Thành phố Cần Thơ")
    used = {party.commune for party in season.parties} | {plot.commune for plot in season.plots}
    used |= {place.commune for place in season.places}
    assert used == set(season.communes)


def test_every_place_lies_in_its_commune_in_the_delta(season: Season) -> None:
    rows = query("SELECT wardCode, wardLat, wardLon, wardAreaKm2 FROM admin_units")
    centres = {row["wardCode"]: row for row in rows}
    points = [(each.key, each.commune, (each.lon, each.lat)) for each in season.places]
    points += [(plot.key, plot.commune, corner) for plot in season.plots for corner in plot.shape]
    assert len(points) > 100
    for key, commune, (lon, lat) in points:
        for text in (lon, lat):
            assert re.fullmatch(r"\d{1,3}\.\d{6,}", text), key
        west, east, south, north = DELTA
        assert west < float(lon) < east, key
        assert south < float(lat) < north, key
        centre = centres[commune]
        away = (
            ((float(lat) - centre["wardLat"]) * 111.2) ** 2
            + ((float(lon) - centre["wardLon"]) * 111.2 * cos(radians(float(lat)))) ** 2
        ) ** 0.5
        assert away < (centre["wardAreaKm2"] ** 0.5) / 2, key


def test_a_drawn_plot_has_the_area_that_is_stated(season: Season) -> None:
    drawn = [plot for plot in season.plots if len(plot.shape) > 1]
    assert len(drawn) >= 20
    for plot in drawn:
        (lon, lat), *_ = [(float(x), float(y)) for x, y in plot.shape]
        east, north = 111_195 * cos(radians(lat)), 111_195
        corners = [((float(x) - lon) * east, (float(y) - lat) * north) for x, y in plot.shape]
        twice = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(corners))
        stated = float(Quantity.parse(plot.area).in_unit("MTK").amount)
        assert abs(abs(twice) / 2 - stated) < 0.05 * stated, plot.key


def test_product_numbers_have_good_check_digits_and_are_for_restricted_circulation(
    season: Season,
) -> None:
    assert len({product.gtin for product in season.products}) == len(season.products) >= 12
    for product in season.products:
        assert ids.gtin14(product.gtin) == product.gtin
        assert ids.is_restricted(product.gtin)
        assert product.gtin[1] == "2"


def test_everybody_is_marked_as_invented(season: Season) -> None:
    names = [name for party in season.parties for name in (party.name, party.person, party.shown)]
    names += [place.name for place in season.places]
    names += [entry.operator for entry in season.diary]
    said = [name for name in names if name is not None]
    assert len(said) > 100
    assert all("(hư cấu)" in name for name in said)
    phones = [party.phone for party in season.parties if party.phone]
    assert all(phone.startswith("0000 ") for phone in phones)  # no number begins so
    header = (FOLDER / "registry.toml").read_text(encoding="utf-8")[:900]
    assert "HƯ CẤU" in header
    assert "INVENTED" in header


def test_the_cast_is_whole(season: Season) -> None:
    roles = Counter(role for party in season.parties for role in party.roles)
    assert roles["cooperative"] == 3
    assert roles["farm"] == 41
    assert (roles["processor"], roles["supermarket"], roles["school-kitchen"]) == (2, 2, 3)
    assert (roles["trader"], roles["certifier"], roles["laboratory"], roles["authority"]) == (
        1,
        1,
        1,
        1,
    )
    members = [party for party in season.parties if party.member_of]
    assert len(members) == 40


def test_the_registers_are_those_that_the_script_makes(tmp_path: Path) -> None:
    runpy.run_path(str(FOLDER / "make_registers.py"))["main"](tmp_path)
    for made in sorted(tmp_path.iterdir()):
        kept = (FOLDER / made.name).read_bytes()
        assert read_harvests(made.read_bytes(), product="Chanh không hạt") == read_harvests(
            kept, product="Chanh không hạt"
        )
    assert len(list(tmp_path.iterdir())) == 3


# -- the walk ----------------------------------------------------------------------------------
@dataclass
class Stock:
    """So much of a lot as the season's files name it."""

    product: str
    lot: str
    holder: str
    left: int
    at: int
    unit: str
    pieces: int | None = None
    claims: tuple[str, ...] = ()


@dataclass
class Walk:
    """Follows the season, and complains of whatever cannot be true."""

    season: Season
    stock: dict[str, Stock] = field(default_factory=dict)
    shipped: dict[str, steps.Ship] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    open_shipments: set[str] = field(default_factory=set)

    def run(self) -> "Walk":
        makers: dict[tuple[str, str], str] = {}
        for _, event in self.season.timeline():
            if isinstance(event, HarvestEntry):
                self.make(event.label, event.product, event.lot, event.farm, event.quantity,
                          event.at, event.count, event.claims)  # fmt: skip
                self.said[event.label] = event
            elif not isinstance(event, Certificate):
                if event.label is not None:
                    assert event.label not in self.said, f"two of {event.label}"
                    self.said[event.label] = event
                if not isinstance(event, DiaryEntry):
                    getattr(self, event.do)(event)
            for key, maker in self.lots_made(event):
                assert makers.setdefault(key, maker) == maker, f"lot {key} of two makers"
        return self

    def lots_made(self, event: Any) -> Iterator[tuple[tuple[str, str], str]]:
        if isinstance(event, HarvestEntry):
            yield (event.product, event.lot), event.farm
        elif isinstance(event, steps.Harvest | steps.Transform):
            for make in event.makes:
                yield (make.product, make.lot), event.acting

    # -- goods -----------------------------------------------------------------------------
    def make(
        self, label: str, product: str, lot: str, holder: str, quantity: str, at: str,
        count: str | None, claims: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        assert label not in self.stock, f"two of {label}"
        amount = Quantity.parse_positive(quantity)
        pieces = Quantity.parse(count).base if count else None
        self.stock[label] = Stock(
            product, lot, holder, amount.base, parse_time(at), amount.unit.code, pieces, claims
        )

    def draw(self, step: steps.Step, draw: steps.Draw) -> tuple[Stock, int]:
        held = self.stock[draw.from_]
        amount = Quantity.parse_positive(draw.quantity)
        assert held.holder == step.acting, f"{draw.from_} is held by {held.holder}"
        assert parse_time(step.at) >= held.at, f"{draw.from_} drawn before it was there"
        assert amount.unit.code == held.unit
        assert amount.base <= held.left, f"{draw.from_} overdrawn at {step.at}"
        held.left -= amount.base
        if draw.count is not None and held.pieces is not None:
            held.pieces -= Quantity.parse(draw.count).base
            assert held.pieces >= 0, f"pieces of {draw.from_} overdrawn"
        return held, amount.base

    def mass(self, product: str, base: int, code: str) -> Fraction:
        if unit(code).dimension is Dimension.MASS:
            return Fraction(base)
        found = next(each for each in self.season.products if each.key == product)
        assert found.mass_per_unit is not None
        return Fraction(base * Quantity.parse(found.mass_per_unit).base, unit(found.unit).base)

    # -- steps -----------------------------------------------------------------------------
    def harvest(self, step: steps.Harvest) -> None:
        for make in step.makes:
            self.make(make.label or make.lot, make.product, make.lot, step.acting, make.quantity,
                      step.at, make.count, make.claims)  # fmt: skip

    def acquire(self, step: steps.Acquire) -> None:
        for make in step.makes:
            self.make(make.label or make.lot, make.product, make.lot, step.acting, make.quantity,
                      step.at, make.count)  # fmt: skip

    def transform(self, step: steps.Transform) -> None:
        drawn = [self.draw(step, draw) for draw in step.draws]
        balance = sum(
            (self.mass(held.product, base, held.unit) for held, base in drawn), Fraction(0)
        )
        first = step.makes[0].product
        for sign, lines in ((1, step.gains), (-1, step.losses)):
            for line in lines:
                amount = Quantity.parse(line.quantity)
                balance += sign * self.mass(first, amount.base, amount.unit.code)
        for make in step.makes:
            amount = Quantity.parse(make.quantity)
            balance -= self.mass(make.product, amount.base, amount.unit.code)
            for claim in make.claims:
                assert all(claim in held.claims for held, _ in drawn), f"{make.lot}: {claim}"
            self.make(make.label or make.lot, make.product, make.lot, step.acting, make.quantity,
                      step.at, make.count, make.claims)  # fmt: skip
        assert balance == 0, f"{step.label}: {balance} mg too much or too little"

    def ship(self, step: steps.Ship) -> None:
        drawn = [self.draw(step, draw) for draw in step.draws]
        if step.closes is not None:
            acquired = self.said[step.closes]
            received = {(make.product, make.lot): make.quantity for make in acquired.makes}
            assert acquired.source.party == step.acting
            assert received == {
                (held.product, held.lot): draw.quantity
                for (held, _), draw in zip(drawn, step.draws, strict=True)
            }
            return
        assert step.label is not None
        self.shipped[step.label] = step
        self.open_shipments.add(step.label)
        for n, (draw, (held, _)) in enumerate(zip(step.draws, drawn, strict=True)):
            self.make(f"{step.label}/{n}", held.product, held.lot, step.to, draw.quantity, step.at,
                      draw.count, held.claims)  # fmt: skip

    def receive(self, step: steps.Receive) -> None:
        shipment = self.shipped[step.shipment]
        self.open_shipments.remove(step.shipment)
        assert step.acting == shipment.to
        assert parse_time(step.at) > parse_time(shipment.at)
        for n, draw in enumerate(shipment.draws):
            road = self.stock[f"{step.shipment}/{n}"]
            whole, pieces = road.left, road.pieces
            road.left = 0
            for loss in step.losses:
                if loss.of == n:
                    whole -= Quantity.parse(loss.quantity).base
                    pieces = self.less(pieces, loss.count)
            for gain in step.gains:
                if gain.of == n:
                    whole += Quantity.parse(gain.quantity).base
            for line in step.makes:
                if line.of == n:
                    whole -= Quantity.parse(line.quantity).base
                    pieces = self.less(pieces, line.count)
                    holder = step.acting if line.outcome == "accepted" else shipment.acting
                    self.make(line.label, road.product, road.lot, holder, line.quantity, step.at,
                              line.count, road.claims)  # fmt: skip
            assert whole == 0, f"{step.shipment}: line {n} does not sum"
            if draw.count:
                assert pieces == 0, f"{step.shipment}: the pieces of line {n} do not sum"
        assert {line.of for line in step.makes} <= set(range(len(shipment.draws)))

    @staticmethod
    def less(pieces: int | None, count: str | None) -> int | None:
        return pieces if pieces is None or count is None else pieces - Quantity.parse(count).base

    def consume(self, step: steps.Consume) -> None:
        for draw in step.draws:
            self.draw(step, draw)

    def inspect(self, step: steps.Inspect) -> None:
        for about in step.about:
            assert (about.place is None) != (about.lot_of is None)
            assert about.lot_of is None or about.lot_of in self.stock

    def correct(self, step: steps.Correct) -> None:
        wrong = self.said[step.corrects]
        assert sum((step.void, bool(step.outputs), step.restated is not None)) == 1
        if step.void:  # what it drew is there again
            assert isinstance(wrong, steps.Consume)
            for make in step.makes:
                source = self.stock[wrong.draws[make.of].from_]
                assert make.quantity == wrong.draws[make.of].quantity
                self.make(make.label, source.product, source.lot, step.acting, make.quantity,
                          step.at, make.count, source.claims)  # fmt: skip
        for output in step.outputs:
            (draw,) = step.draws
            held, remains = self.draw(step, draw)
            assert held.left == 0
            used = Quantity.parse(wrong.quantity).base - remains
            assert Quantity.parse(output.quantity).base == used

    def confirm(self, step: steps.Confirm) -> None:
        for label in step.confirms:
            told = self.said.get(label) or self.shipped[label]
            assert (told.by, told.acting) == (step.agent, step.by)


@pytest.fixture(scope="module")
def walk(season: Season) -> Walk:
    return Walk(season).run()


def test_nothing_comes_from_nothing(walk: Walk) -> None:
    assert len(walk.stock) > 250
    assert all(held.left >= 0 for held in walk.stock.values())


def test_everything_that_left_arrived(walk: Walk) -> None:
    assert walk.open_shipments == set()


def test_times_lie_in_the_season_and_never_run_backwards(season: Season) -> None:
    begins, ends = parse_time("2026-08-01T00:00:00+07:00"), parse_time("2026-11-20T23:59:59+07:00")
    recorded = [parse_time(at) for at, _ in season.timeline()]
    assert recorded == sorted(recorded)
    assert begins <= parse_time(season.begins) <= recorded[0]
    assert recorded[-1] <= ends
    for at, event in season.timeline():
        assert at.endswith("+07:00")
        if not isinstance(event, Certificate):
            assert begins <= parse_time(event.at) <= parse_time(at)
    in_file = [parse_time(step.recorded or step.at) for step in season.steps]
    assert in_file == sorted(in_file), "flow.toml is in the order of recording"


def test_the_season_has_some_hundreds_of_records(season: Season) -> None:
    registry = 2 * len(season.parties) + len(season.places) + len(season.plots)
    registry += sum(len(consent.grantors) for consent in season.consents)
    registry += len(season.products) + sum(not each.recorded for each in season.certificates)
    assert 500 < registry + len(season.timeline()) < 800
    assert len(season.harvests) > 60
    assert len(season.diary) > 60


def test_harvests_stay_within_what_a_plot_can_bear(season: Season) -> None:
    gathered: dict[str, int] = defaultdict(int)
    for harvest in season.harvests:
        gathered[harvest.plot] += Quantity.parse(harvest.quantity).base
    for plot in season.plots:
        hectares = Quantity.parse(plot.area).base / unit("HAR").base
        assert gathered[plot.key] / unit("TNE").base < 45 * hectares, plot.key


# -- the stories -------------------------------------------------------------------------------
def only(found: list[Any]) -> Any:
    (one,) = found
    return one


def test_of_forty_boxes_three_are_refused_and_one_is_missing(season: Season) -> None:
    receipt = only(
        [step for step in season.steps if isinstance(step, steps.Receive)
         and any(line.outcome == "refused" for line in step.makes)]
    )  # fmt: skip
    assert [(line.outcome, line.count) for line in receipt.makes] == [
        ("accepted", "36 H87"),
        ("refused", "3 H87"),
    ]
    assert [(loss.cause, loss.count) for loss in receipt.losses] == [("missing", "1 H87")]


def test_two_scales_differ(season: Season) -> None:
    shipments = {step.label: step for step in season.steps if isinstance(step, steps.Ship)}
    weighed = [
        (shipments[step.shipment].draws[0].quantity, step.makes[0].quantity)
        for step in season.steps
        if isinstance(step, steps.Receive) and any(loss.cause == "scale" for loss in step.losses)
    ]
    assert ("100 KGM", "99.2 KGM") in weighed


def test_a_trader_collects_from_seven_farms_and_one_is_no_member(season: Season) -> None:
    members = {party.key: party.member_of for party in season.parties}
    collected = [step for step in season.steps if isinstance(step, steps.Harvest)]
    assert len(collected) == 7
    assert [step.acting for step in collected if not members[step.acting]] == ["td-01"]
    assert all(parse_time(step.recorded or step.at) > parse_time(step.at) for step in collected)
    confirmed = {
        step.by: parse_time(step.at) for step in season.steps if isinstance(step, steps.Confirm)
    }
    assert set(confirmed) == {step.acting for step in collected}
    assert max(confirmed, key=lambda farm: confirmed[farm]) == "td-01"


def test_papers_are_good_expired_out_of_scope_suspended_and_late(season: Season) -> None:
    by_key: dict[str, list[Certificate]] = defaultdict(list)
    for certificate in season.certificates:
        by_key[certificate.key].append(certificate)
    days = {harvest.at[:10] for harvest in season.harvests}
    claimed = {(h.farm, claim): h for h in season.harvests for claim in h.claims}
    organic = only(by_key["hc-cd-03"])
    assert organic.to < min(days)
    assert ("cd-03", "organic") in claimed
    scoped = only(by_key["gg-ch-05"])
    outside = [h.plot for h in season.harvests if "globalgap" in h.claims]
    assert set(outside) - set(scoped.places) == {"ch-05-2"}
    first, renewed = by_key["vg-nam-roi"]
    assert first.to < renewed.from_
    assert renewed.recorded is not None
    assert renewed.recorded[:10] > renewed.from_
    assert any(renewed.from_ <= h.at[:10] < renewed.recorded[:10] for h in season.harvests)
    assert [each.status for each in by_key["vg-chanh"]] == ["valid", "suspended", "valid"]


def test_a_spraying_is_entered_late_and_corrected_after_the_harvest(season: Season) -> None:
    late = only([entry for entry in season.diary if entry.recorded])
    correction = only(
        [step for step in season.steps if isinstance(step, steps.Correct) and step.restated]
    )
    assert correction.corrects == late.label
    harvested = [h.at for h in season.harvests if h.plot == late.plot]
    assert harvested
    assert late.at < correction.restated.at < min(harvested) < late.recorded < correction.at


def test_pineapples_sugar_and_water_become_litres(season: Season) -> None:
    pressed = [s for s in season.steps if isinstance(s, steps.Transform) and s.kind == "process"]
    assert len(pressed) == 5
    for step in pressed:
        assert step.makes[0].quantity.endswith(" LTR")
        assert [gain.cause for gain in step.gains] == ["water"]
        assert [loss.cause for loss in step.losses] == ["residue"]


def test_kitchens_serve_and_keep_samples(season: Season) -> None:
    meals = [m for s in season.steps if isinstance(s, steps.Consume) for m in s.meals]
    assert len(meals) >= 12
    sampled = [meal for meal in meals if meal.samples]
    assert len(sampled) >= 10
    for meal in sampled:
        for sample in meal.samples:
            assert sample.taken is not None
            assert sample.discarded is not None
            assert parse_time(sample.discarded) - parse_time(sample.taken) >= 24 * 3_600_000
            assert 2 <= float(sample.temperature or "99") <= 8


# -- the reader --------------------------------------------------------------------------------
@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "season"))


def refusal(folder: Path) -> str:
    with pytest.raises(FormatError) as refused:
        load(folder)
    assert refused.value.code == "season.malformed"
    return f"{refused.value.params['file']}: {refused.value.params['what']}"


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("flow.toml", 'do = "ship"', 'do = "sell"', "flow.toml: "),
        ("flow.toml", 'by = "htx-chanh"', 'by = "htx-chan"', "there is no party htx-chan"),
        ("flow.toml", "[[step]]", "[[step", "flow.toml: "),
        ("flow.toml", "at = ", 'colour = "red"\nat = ', "colour"),
        ("flow.toml", 'product = "gao"', 'product = "thoc"', "there is no product thoc"),
        ("registry.toml", 'commune = "31338"', 'commune = "99999"', "no commune 99999"),
        ("registry.toml", 'key = "cd-02"', 'key = "cd-01"', "two of the same party: cd-01"),
        ("plots.csv", "Xã Hỏa Lựu", "Xã Hỏa Tiến", "code and name of the commune"),
        ("plots.csv", "POLYGON", "LINESTRING", "the shape is neither"),
        ("plots.csv", "CD-01-1,cd-01", "CD-01-1,cd-99", "there is no party cd-99"),
        ("diary.csv", ",cd-15-1,", ",cd-16-1,", "there is no plot cd-16-1"),
        ("diary.csv", "nhan,luc", "luc,nhan", "the headings should be"),
        ("diary.csv", "2026-08-05T07:00:00+07:00", "hôm qua", "diary.csv: at"),
    ],
)
def test_a_slip_in_a_file_is_named(
    copy: Path, file: str, before: str, after: str, said: str
) -> None:
    text = (copy / file).read_text(encoding="utf-8")
    assert before in text
    (copy / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    assert said in refusal(copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "so-thu-hoach-chanh.xlsx").unlink()
    assert refusal(copy).startswith("so-thu-hoach-chanh.xlsx: ")


def test_a_register_with_a_wrong_row_is_named(copy: Path) -> None:
    file = copy / "so-thu-hoach-nam-roi.xlsx"
    book = load_workbook(file)
    book.worksheets[0]["F6"] = "1,2,3"
    book.save(file)
    with pytest.raises(FormatError) as refused:
        load(copy)
    assert refused.value.code == "season.register"
    assert refused.value.params["first"] == (
        "Dòng 6, cột Khối lượng: “1,2,3” không phải là số. Ghi ví dụ 1.234,5."
    )
