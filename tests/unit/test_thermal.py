"""Runs for thermal printers: the dots are read out of what is sent, and scanned."""

import io
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from labels.design import Design
from labels.thermal import Tuning
from labels.tspl import Tspl
from labels.zpl import Zpl, acs, z64
from tests import printers
from tests.printed import DESIGNS, expected, printed, run, scanned, units, worn
from traceability.core.errors import FormatError

every_design = pytest.mark.parametrize("one", DESIGNS.values(), ids=DESIGNS.keys())
FORMATS: dict[str, Zpl | Tspl] = {
    "acs-203": Zpl(203, "acs"),
    "acs-300": Zpl(300, "acs"),
    "z64-203": Zpl(203, "z64"),
    "z64-300": Zpl(300, "z64"),
    "tspl-203": Tspl(203),
    "tspl-300": Tspl(300),
}
every_format = pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS.keys())


def burnt(format: Zpl | Tspl, data: bytes) -> list[Image.Image]:
    """The labels that the printer makes."""
    if isinstance(format, Tspl):
        return printers.tspl(data, format.dpi)
    return printers.zpl(data)


@every_design
@every_format
def test_a_scanner_reads_every_label(one: Design, format: Zpl | Tspl) -> None:
    labels = burnt(format, printed(one, 3, format))
    assert [scanned(label) for label in labels] == [expected(unit) for unit in units(one, 3)]


@every_design
@every_format
def test_a_label_has_the_very_dots_of_its_picture(one: Design, format: Zpl | Tspl) -> None:
    (label,) = burnt(format, printed(one, 1, format))
    png = one.png(next(units(one, 1)), format.dpi, colour=False)
    alone = np.asarray(Image.open(io.BytesIO(png)).convert("1"))
    difference = np.asarray(label) != alone
    assert difference.mean() < 0.0005  # rounding at the edge of a letter


@every_design
@pytest.mark.parametrize("name", ["acs-203", "tspl-203"])
def test_a_worn_label_still_scans(one: Design, name: str) -> None:
    (label,) = burnt(FORMATS[name], printed(one, 1, FORMATS[name]))
    (unit,) = units(one, 1)
    for how, image in worn(label).items():
        assert scanned(image) == expected(unit), how


# -- what is sent --------------------------------------------------------------------------------


@every_format
def test_what_labels_share_is_sent_once(format: Zpl | Tspl) -> None:
    one = DESIGNS["sticker"]
    sizes = [len(printed(one, count, format)) for count in (1, 2, 3)]
    first, second, third = sizes[0], sizes[1] - sizes[0], sizes[2] - sizes[1]
    assert max(second, third) < first
    assert first - second > 500


def test_ten_thousand_labels_are_some_megabytes() -> None:
    one = DESIGNS["sticker"]
    for format, most in ((Zpl(203, "acs"), 3_000), (Zpl(203, "z64"), 1_500), (Tspl(203), 5_000)):
        assert len(printed(one, 100, format)) / 100 < most


@every_format
@pytest.mark.parametrize("name", ["retail", "pallet"])
def test_a_run_that_was_stopped_goes_on_with_the_same_bytes(format: Zpl | Tspl, name: str) -> None:
    small = replace(format, batch=4)
    one = DESIGNS[name]
    whole = run(one, 11, small)
    assert [part.done for part in whole] == [4, 8, 11]
    for n, part in enumerate(whole):
        assert run(one, 11, small, start=part.done) == whole[n + 1 :]


@every_format
def test_a_run_goes_on_in_the_middle_of_a_part_without_printing_a_label_twice(
    format: Zpl | Tspl,
) -> None:
    small = replace(format, batch=4)
    one = DESIGNS["retail"]
    parts = run(one, 9, small, start=6)
    assert [part.done for part in parts] == [8, 9]
    labels = [label for part in parts for label in burnt(small, part.data)]
    assert [scanned(label) for label in labels] == [expected(u) for u in list(units(one, 9))[6:]]


@every_format
def test_each_part_prints_by_itself(format: Zpl | Tspl) -> None:
    small = replace(format, batch=4)
    parts = run(DESIGNS["crate"], 10, small)
    counts = [len(burnt(small, part.data)) for part in parts]
    done = [0, *(part.done for part in parts)]
    assert counts == [after - before for before, after in pairwise(done)]


@pytest.mark.parametrize("make", [Zpl, Tspl])
def test_a_resolution_that_no_printer_has_is_refused(make: type) -> None:
    with pytest.raises(FormatError) as refusal:
        make(200)
    assert refusal.value.code == "print.dpi"


@every_format
def test_a_run_does_not_begin_after_its_end(format: Zpl | Tspl) -> None:
    with pytest.raises(FormatError) as refusal:
        run(DESIGNS["retail"], 3, format, start=4)
    assert refusal.value.code == "print.start"


@pytest.mark.parametrize("row_bytes", [1, 3, 64, 300])
@pytest.mark.parametrize("pattern", ["white", "black", "mixed", "rows"])
def test_compressed_dots_are_the_same_dots(row_bytes: int, pattern: str) -> None:
    noise = np.random.default_rng(row_bytes).integers(0, 256, row_bytes * 8, dtype=np.uint8)
    data = {
        "white": bytes(row_bytes * 8),
        "black": b"\xff" * row_bytes * 8,
        "mixed": noise.tobytes(),
        "rows": (bytes(row_bytes - 1) + b"\x10") * 4 + (b"\x01" + b"\xff" * (row_bytes - 1)) * 4,
    }[pattern]
    for field in (acs(data, row_bytes), z64(data)):
        image = printers.graphic(field, len(data), row_bytes)
        assert bytes(255 - byte for byte in image.tobytes()) == data


# -- one printer and its roll --------------------------------------------------------------------
MOVES = [(1.0, 0.5), (-0.8, 0.4), (0.6, -0.7), (-0.5, -0.5)]


@every_format
@pytest.mark.parametrize(("right", "down"), MOVES)
def test_all_dots_are_moved_and_none_is_lost(format: Zpl | Tspl, right: float, down: float) -> None:
    one, dpi = DESIGNS["retail"], format.dpi
    moved = replace(format, tuning=Tuning(right, down))
    before = burnt(format, printed(one, 2, format))
    after = burnt(moved, printed(one, 2, moved))
    x, y = round(right * dpi / 25.4), round(down * dpi / 25.4)
    for here, there, unit in zip(before, after, units(one, 2), strict=True):
        assert there.size == here.size
        ink, other = (np.argwhere(~np.asarray(label)) for label in (here, there))
        assert np.add(ink, [y, x]).tolist() == other.tolist()
        assert scanned(there) == expected(unit)


@pytest.mark.parametrize("name", ["acs-203", "z64-300", "tspl-203"])
def test_a_whole_picture_is_moved_too(name: str) -> None:
    one, format = DESIGNS["pallet"], FORMATS[name]
    moved = replace(format, tuning=Tuning(0.5, -0.5))
    [label] = burnt(moved, printed(one, 1, moved))
    assert [scanned(label)] == [expected(unit) for unit in units(one, 1)]


@pytest.mark.parametrize("format", [Zpl(203), Tspl(203)], ids=["zpl", "tspl"])
@pytest.mark.parametrize(("right", "down"), [(5.0, 0.0), (-5.0, 0.0), (0.0, 5.0), (0.0, -5.0)])
def test_what_would_move_ink_off_the_label_is_refused(
    format: Zpl | Tspl, right: float, down: float
) -> None:
    far = replace(format, tuning=Tuning(right, down))
    with pytest.raises(FormatError) as refused:
        printed(DESIGNS["retail"], 1, far)
    assert refused.value.code == "print.cut"


def test_darkness_and_speed_are_said_in_each_part_and_only_if_asked_for() -> None:
    one, tuning = DESIGNS["retail"], Tuning(darkness=9, speed=3)
    for format, darkness, speed in (
        (Zpl(203, batch=2), b"~SD18\n", b"^PR3"),
        (Tspl(203, batch=2), b"DENSITY 9\r\n", b"SPEED 3\r\n"),
    ):
        plain = printed(one, 4, format)
        assert darkness[:3] not in plain
        assert speed[:3] not in plain
        for part in run(one, 4, replace(format, tuning=tuning)):
            assert part.data.count(darkness) == 1
            assert speed in part.data
            assert len(burnt(format, part.data)) == 2


@pytest.mark.parametrize(
    "wrong",
    [{"offset_x": 5.1}, {"offset_y": -5.1}, {"darkness": 16}, {"darkness": -1}, {"speed": 0},
     {"speed": 15}, {"offset_x": float("nan")}],
)  # fmt: skip
def test_a_setting_that_no_printer_has_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(FormatError) as refused:
        Tuning(**wrong)  # type: ignore[arg-type]
    assert refused.value.code == "print.setting"
    assert refused.value.params["name"] in wrong
