"""Laws of labels: whatever the texts, the symbol keeps its room and no word is cut off."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from labels.application_identifiers import CHARACTERS_82
from labels.digital_link import DigitalLink
from labels.fitting import fit
from labels.label import LotLabel
from labels.qr import QUIET, SMALLEST_MODULE, encode
from labels.scene import Words
from labels.typeface import ELLIPSIS, rise, width

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy ẤẦễửịọÝ ,.-/&12"
names = st.text(LETTERS, min_size=1, max_size=160).filter(str.strip)
lots = st.text(CHARACTERS_82, min_size=1, max_size=20).filter(lambda v: v not in {".", ".."})
sizes = st.sampled_from([(18, 1), (9, 2), (6, 3)])


@settings(max_examples=60, deadline=None)
@given(names, names, lots, st.none() | lots, st.sampled_from([203, 300, 600, None]), st.data())
def test_every_text_finds_room_beside_the_symbol(
    name: str, maker: str, lot: str, serial: str | None, dpi: int | None, data: st.DataObject
) -> None:
    uri = DigitalLink("goc.example", "08931234567897", lot, serial).uri
    label = LotLabel(uri, "08931234567897", lot, name, maker, serial, net_content="1 kg")
    least = (encode(uri).side + 2 * QUIET) * 0.51
    scene = label.scene(dpi, data.draw(st.floats(least, 120)))
    code = scene.code
    quiet = QUIET * code.module
    assert code.module >= SMALLEST_MODULE
    assert min(code.x, code.y, scene.width - code.x - code.side) >= quiet - 1e-6
    for words in (item for item in scene.items if isinstance(item, Words)):
        top = words.y - rise(words.text, words.weight) * words.size
        assert 0.3 <= words.x < words.right <= scene.width - 0.3
        assert 0.3 <= top < words.y <= scene.height - 0.3
        assert (
            words.right <= code.x - quiet + 1e-6
            or words.x >= code.x + code.side + quiet - 1e-6
            or words.y <= code.y - quiet
            or top >= code.y + code.side + quiet - 0.5
        )


@given(names, st.floats(3, 60), st.lists(sizes, min_size=1, max_size=3))
def test_fitted_text_is_whole_or_says_that_it_is_not(
    text: str, room: float, choices: list[tuple[float, int]]
) -> None:
    scaled = [(size / 6, most) for size, most in choices]
    block = fit(text, "regular", room, scaled, balanced=True)
    assert len(block.lines) <= max(most for _, most in choices)
    assert all(width(line, "regular", block.size) <= room or len(line) <= 2 for line in block.lines)
    joined = "".join(block.lines).replace(" ", "")
    assert block.whole == (joined == "".join(text.split()))
    assert block.whole or joined.endswith(ELLIPSIS)


@given(st.text("0123456789ABCxyz:/.%", min_size=1, max_size=120), st.sampled_from("LMQH"))
def test_more_correction_never_makes_a_smaller_symbol(content: str, level: str) -> None:
    order = "LMQH"
    weaker = order[max(0, order.index(level) - 1)]
    assert encode(content, weaker).side <= encode(content, level).side  # type: ignore[arg-type]


@given(st.text("01A-a/", min_size=1, max_size=40))
def test_the_outline_of_a_symbol_covers_its_dark_modules_alone(content: str) -> None:
    symbol = encode(content)
    corners = []
    for loop in symbol.outline().split("M")[1:]:
        x, y = (int(n) for n in loop.partition("H")[0].partition("V")[0].rstrip("Z").split())
        points = [(x, y)]
        for step in loop.rstrip("Z").replace("H", " H").replace("V", " V").split()[2:]:
            x, y = (int(step[1:]), y) if step[0] == "H" else (x, int(step[1:]))
            points.append((x, y))
        corners.append([*points, points[0]])
    for row in range(symbol.side):
        # even-odd: a module is dark when an odd number of upright edges lies to its left
        crossings = sorted(
            a[0]
            for points in corners
            for a, b in pairwise(points)
            if a[0] == b[0] and min(a[1], b[1]) <= row < max(a[1], b[1])
        )
        dark = [sum(x <= column for x in crossings) % 2 == 1 for column in range(symbol.side)]
        assert dark == list(symbol.modules[row])
