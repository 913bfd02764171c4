"""Draws the pictures of this season's products: run it to make them again. They are ours, and drawn
rather than photographed, since the goods are invented too.

Each is 640 × 400 dots, the frame of a lot's page, and a PNG of a few kilobytes: flat colours, no
gradients. Needs ``resvg-py`` and Pillow, which the tests have as well.
"""

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Final

import resvg_py
from PIL import Image
from shapes import (
    GOLD,
    INK,
    LEAVES,
    PAPER,
    at,
    box,
    carton,
    clipped,
    crate,
    crate_back,
    ellipse,
    leaf,
    lime,
    lime_half,
    line,
    mark_leaf,
    path,
    pineapple,
    pineapple_ring,
    pomelo,
    pomelo_half,
    scene,
    shadow,
)

HERE: Final = Path(__file__).parent

SUN, LEAF, LIME, WATER = "#FBE9BC", "#E3EED2", "#DDEEC8", "#DDEBE6"


# -- the products ------------------------------------------------------------------------------
def dua_vuon() -> str:
    """Pineapples as they come from the field."""
    return scene(
        shadow(322, 340, 220),
        at(180, 336, pineapple(), 0.92, -9),
        at(462, 338, pineapple(), 0.94, 8),
        at(322, 348, pineapple(), 1.2),
        tint=SUN,
    )


def dua_loai_1() -> str:
    """Grade 1 in a crate."""
    return scene(
        shadow(320, 366, 250), at(320, 232, crate_back(430)),
        *(at(x, 300, pineapple(), 0.9, t) for x, t in ((180, -6), (274, 3), (366, -3), (460, 6))),
        at(320, 246, crate(450, 116)), tint=SUN,
    )  # fmt: skip


def dua_ep() -> str:
    """For pressing: a fruit and slices of it."""
    return scene(
        shadow(310, 346, 220), at(212, 342, pineapple(short=True), 1.15, -4),
        at(428, 276, pineapple_ring(), 1.36), at(344, 310, pineapple_ring(), 0.94, 12),
        at(490, 326, pineapple_ring(), 0.62, 30), tint=SUN,
    )  # fmt: skip


def dua_thu_mua() -> str:
    """Bought at the roadside: a heap."""
    return scene(
        shadow(320, 350, 250),
        *(at(x, y, pineapple(short=True), s, t)
          for x, y, s, t in ((236, 306, 0.82, -76), (404, 306, 0.82, 77), (252, 340, 0.9, -9),
                             (390, 342, 0.9, 9), (320, 352, 1.0, 0))),
        tint=SUN,
    )  # fmt: skip


def nuoc_dua_bon() -> str:
    """Juice in bulk: a steel tank with a sight glass."""
    body = box(-92, -196, 184, 236, 30, "#B9C3C2") + box(-92, -196, 66, 236, 30, "#CBD4D2")
    body += box(48, -196, 44, 236, 22, "#A4B0AF") + box(-104, -208, 208, 22, 11, "#8E9B9A")
    body += box(-22, -236, 44, 34, 8, "#A4B0AF") + box(-104, 26, 208, 18, 9, "#8E9B9A")
    body += "".join(box(x, 40, 16, 46, 6, "#8E9B9A") for x in (-80, 64))
    glass = box(-16, -158, 32, 150, 16, "#F8F6EC") + box(-11, -116, 22, 103, 11, "#F2C14E")
    tap = box(84, -24, 44, 14, 6, "#7B8988") + box(114, -24, 14, 30, 6, "#7B8988")
    drop = path("M121 18C128 30 132 36 121 42C110 36 114 30 121 18Z", "#F2C14E")
    jug = path("M-38 0L-30 74C-28 84 28 84 30 74L38 0Z", "#FDFCF6")
    jug += path("M-34 22L-29 72C-27 80 27 80 29 72L34 22Z", "#F2C14E")
    jug += line("M36 14C64 10 60 58 32 54", "#FDFCF6", 8)
    return scene(
        shadow(330, 344, 190), at(270, 256, body + glass + tap + drop), at(392, 262, jug),
        at(508, 344, pineapple(short=True), 0.72, 6), tint=WATER,
    )  # fmt: skip


def bottle(label: str) -> str:
    """A bottle of juice of 250 units, standing on the origin."""
    glass = "M-18 -236V-196C-18 -176 -46 -166 -46 -132V-14C-46 -4 -40 0 -30 0H30C40 0 46 -4 46 -14"
    glass += "V-132C46 -166 18 -176 18 -196V-236Z"
    juice = box(-60, -190, 120, 200, 0, "#F4C650") + box(20, -190, 40, 200, 0, "#E4B03C")
    cap = box(-22, -252, 44, 24, 6, LEAVES[0]) + box(-20, -230, 40, 7, 3, LEAVES[1])
    shine = line("M-33 -126V-110", "#FFF6D8", 7, 0.9)
    sticker = box(-46, -104, 92, 78, 0, "#FFFDF4") + box(-46, -104, 92, 6, 0, LEAVES[1])
    sticker += box(-46, -32, 92, 6, 0, LEAVES[1]) + at(0, -66, label)
    return path(glass, "#EFE7CB") + clipped("bottle", glass, juice + sticker) + cap + shine


def nuoc_dua_chai() -> str:
    """Juice in bottles, and a glass of it."""
    mark = at(0, 27, pineapple(short=True), 0.25)
    glass = path("M-40 -118L-32 -6C-31 -2 31 -2 32 -6L40 -118Z", "#FDFCF6")
    glass += path("M-37 -88L-31 -10C-30 -6 30 -6 31 -10L37 -88Z", "#F4C650")
    glass += at(40, -116, pineapple_ring(), 0.5)
    return scene(
        shadow(310, 346, 210), at(196, 344, bottle(mark), 1.08), at(306, 348, bottle(mark), 1.2),
        at(432, 348, glass, 1.12), tint=SUN,
    )  # fmt: skip


def nuoc_dua_can() -> str:
    """Juice in a can of five litres."""
    can = "M-96 -150L-70 -186H10L30 -206H84C96 -206 104 -198 104 -186V-16C104 -6 98 0 88 0H-80"
    can += "C-90 0 -96 -6 -96 -16Z"
    inner = box(-96, -128, 210, 130, 0, "#F4C650") + box(64, -210, 60, 220, 0, "#E3DCC2")
    inner += box(64, -128, 60, 130, 0, "#E4B03C")
    hole = path("M-40 -150H22C30 -150 34 -160 28 -166L18 -172H-46C-56 -168 -54 -150 -40 -150Z", SUN)
    cap = box(34, -226, 46, 24, 6, LEAVES[0])
    sticker = box(-66, -106, 116, 82, 8, "#FFFDF4") + at(-8, -34, pineapple(short=True), 0.28)
    whole = path(can, "#F3EDDA") + clipped("can", can, inner) + hole + cap + sticker
    return scene(
        shadow(300, 348, 200),
        at(276, 350, whole, 1.26),
        at(470, 350, pineapple(short=True), 0.86, 5),
        tint=SUN,
    )


def _twig(colour: int = 0) -> str:
    return (
        at(0, 0, leaf(112, LEAVES[colour], LEAVES[2]), turn=-24)
        + at(0, 0, leaf(98, LEAVES[colour + 1], LEAVES[3]), turn=-152)
        + line("M0 0C-2 -16 2 -30 10 -44", "#6B5A34", 8)
    )


def buoi_vuon() -> str:
    """Pomelos with their leaves, and one that is cut."""
    return scene(
        shadow(318, 348, 230), at(196, 250, pomelo(), 1.12, -5), at(196, 152, _twig(1), 0.86),
        at(332, 244, pomelo(ripe=False), 1.26, 4), at(336, 128, _twig()),
        at(474, 282, pomelo_half(), 1.42), tint=LEAF,
    )  # fmt: skip


def buoi_thung() -> str:
    """Grade 1 in a carton."""
    return scene(
        shadow(320, 368, 240),
        *(at(x, y, pomelo(ripe=r), 0.86, t)
          for x, y, r, t in ((226, 176, True, -8), (410, 178, True, 9), (318, 164, False, 0))),
        at(318, 96, _twig(1), 0.6), at(320, 214, carton(340, 150, at(0, 0, mark_leaf()))),
        tint=LEAF,
    )  # fmt: skip


def buoi_loai_2() -> str:
    """Grade 2: as good inside, with marks on the skin."""
    return scene(
        shadow(320, 348, 220), at(218, 254, pomelo(marks=True), 1.14, -12),
        at(400, 250, pomelo(ripe=False, marks=True), 1.2, 8), at(506, 306, pomelo_half(), 0.9),
        tint=LEAF,
    )  # fmt: skip


def buoi_tui() -> str:
    """One pomelo in a net, with its tag."""
    net = "".join(
        line(f"M{-150 + 22 * k} -130L{-10 + 22 * k} 130M{150 - 22 * k} -130L{10 - 22 * k} 130",
             "#C8503A", 2.6)
        for k in range(15)
    )  # fmt: skip
    outline = "M0 -92C20 -92 26 -78 34 -66C48 -46 80 -28 80 18C80 62 44 88 0 88"
    outline += "C-44 88 -80 62 -80 18C-80 -28 -48 -46 -34 -66C-26 -78 -20 -92 0 -92Z"
    neck = path("M-12 -92C-8 -116 -20 -128 -28 -142H28C20 -128 8 -116 12 -92Z", "#C8503A")
    neck += box(-15, -102, 30, 14, 5, "#8F3325")
    tag = at(
        70, -86, box(-8, -22, 78, 54, 6, "#FFFDF4") + at(31, 8, mark_leaf(LEAVES[2]), 0.5), 1, 14
    )
    string = line("M4 -96C30 -110 50 -104 66 -96", INK, 2.5)
    return scene(
        shadow(320, 356, 170),
        at(316, 244, pomelo() + clipped("net", outline, net) + neck + string + tag, 1.28),
        at(140, 318, pomelo_half(), 0.94), tint=LEAF,
    )  # fmt: skip


def chanh_vuon() -> str:
    """Limes with their leaves, and one that is cut."""
    return scene(
        shadow(320, 344, 230), at(212, 262, lime(0), 1.5, -14), at(398, 256, lime(1), 1.56, 10),
        at(248, 196, _twig(), 0.8), at(306, 304, lime(0), 1.3, 4),
        at(478, 296, lime_half(), 1.14), at(140, 318, lime_half(), 0.84), tint=LIME,
    )  # fmt: skip


def _heap(
    rows: tuple[tuple[float, tuple[float, ...]], ...], size: float, tones: tuple[int, ...]
) -> str:
    found, n = [], 0
    for y, xs in rows:
        for x in xs:
            found.append(at(x, y, lime(tones[n % len(tones)]), size, (n * 37) % 50 - 25))
            n += 1
    return "".join(found)


def chanh_loai_1() -> str:
    """Grade 1 in a crate."""
    rows = ((204, (180, 262, 344, 426, 470)), (226, (150, 220, 302, 384, 462, 492)),
            (250, (170, 250, 334, 414, 480)))  # fmt: skip
    return scene(
        shadow(320, 366, 250), at(320, 236, crate_back(430)), _heap(rows, 0.84, (0, 1, 0)),
        at(304, 184, _twig(), 0.55), at(320, 250, crate(450, 112)), tint=LIME,
    )  # fmt: skip


def chanh_loai_2() -> str:
    """Grade 2: riper and of all sizes."""
    rows = ((228, (270, 366)), (272, (208, 316, 424)), (314, (160, 264, 372, 474)))
    return scene(shadow(320, 348, 240), _heap(rows, 0.98, (2, 1, 2, 0)), tint=LIME)


def chanh_tui() -> str:
    """A bag of 500 g."""
    bag = "M-104 -160C-60 -170 60 -170 104 -160C112 -100 122 -40 116 12C112 34 -112 34 -116 12"
    bag += "C-122 -40 -112 -100 -104 -160Z"
    inner = box(-130, -180, 260, 230, 0, "#EEF4EE") + "".join(
        at(x, y, lime(t), 0.84, r)
        for x, y, t, r in ((-62, -92, 0, -20), (20, -104, 1, 12), (84, -74, 0, 30),
                           (-84, -30, 1, 8), (-4, -44, 0, -8), (78, -16, 1, -24),
                           (-48, 12, 0, 20), (36, 16, 1, 4))
    )  # fmt: skip
    seal = box(-112, -184, 224, 30, 6, LEAVES[0]) + box(-26, -178, 52, 14, 7, PAPER)
    sticker = box(-56, -66, 112, 74, 8, "#FFFDF4") + at(0, -28, lime_half(), 0.5)
    shine = line("M-92 -132C-98 -96 -102 -60 -102 -30", "#FFFFFF", 7, 0.8)
    whole = path(bag, "#EEF4EE") + clipped("bag", bag, inner) + sticker + shine + seal
    return scene(
        shadow(320, 346, 190), at(306, 318, whole, 1.24), at(500, 318, lime_half(), 0.9), tint=LIME
    )


def _sack(inner: str) -> str:
    d = "M-96 -150C-60 -140 60 -140 96 -150C104 -140 92 -120 96 -104C116 -50 118 0 106 26"
    d += "C96 44 -96 44 -106 26C-118 0 -116 -50 -96 -104C-92 -120 -104 -140 -96 -150Z"
    folds = line("M-84 -100C-92 -60 -92 -20 -84 8M84 -100C92 -60 92 -20 84 8", "#C9BE9E", 4)
    tie = box(-98, -122, 196, 15, 7, "#B08A55")
    return path(d, "#EFE8D2") + folds + tie + at(0, -34, inner)


def duong_cat() -> str:
    """A sack of sugar, and a bowl of it."""
    cane = "".join(
        box(-9, -48 + 24 * k, 18, 21, 4, LEAVES[2] if k % 2 else LEAVES[3]) for k in range(4)
    )
    bowl = path("M-86 -14C-60 -74 60 -74 86 -14Z", "#FFFFFF")
    bowl += "".join(
        ellipse(x, y, 2.2, 2.2, "#DAD8CF")
        for x, y in ((-40, -28), (-10, -44), (20, -30), (44, -26), (0, -24), (-24, -38), (30, -46))
    )
    bowl += path("M-96 -16H96C92 36 52 60 0 60C-52 60 -92 36 -96 -16Z", "#B8563D")
    bowl += box(-100, -22, 200, 14, 7, "#C96B50")
    return scene(
        shadow(310, 344, 220), at(222, 312, _sack(at(0, 8, cane, turn=14)), 1.16),
        at(438, 288, bowl, 0.98), tint="#EFE6D8",
    )  # fmt: skip


def gao() -> str:
    """A sack of rice, and a bowl of it."""
    ear = line("M0 48C-2 10 6 -20 22 -46", LEAVES[1], 5) + "".join(
        at(x, y, ellipse(0, 0, 13, 6, GOLD[2]), 1, t)
        for x, y, t in ((20, -50, -60), (26, -28, -20), (2, -30, -100), (20, -8, -16),
                        (-6, -8, -120), (14, 12, -14), (-10, 14, -130))
    )  # fmt: skip
    grains = "".join(
        at(-70 + (n * 29) % 140, -20 - (n * 17) % 34 * (1 - abs(-70 + (n * 29) % 140) / 110),
           ellipse(0, 0, 6, 2.6, "#E4DFCB"), 1, (n * 53) % 180)
        for n in range(26)
    )  # fmt: skip
    bowl = path("M-86 -14C-60 -78 60 -78 86 -14Z", "#FFFDF5") + grains
    bowl += path("M-96 -16H96C92 36 52 60 0 60C-52 60 -92 36 -96 -16Z", "#4E7F74")
    bowl += box(-100, -22, 200, 14, 7, "#65988B")
    return scene(
        shadow(310, 344, 220), at(222, 312, _sack(ear), 1.16), at(438, 288, bowl, 0.98),
        tint="#EFE6D8",
    )  # fmt: skip


PRODUCTS: Final[dict[str, Callable[[], str]]] = {
    "dua-vuon": dua_vuon,
    "dua-loai-1": dua_loai_1,
    "dua-ep": dua_ep,
    "dua-thu-mua": dua_thu_mua,
    "nuoc-dua-bon": nuoc_dua_bon,
    "nuoc-dua-chai": nuoc_dua_chai,
    "nuoc-dua-can": nuoc_dua_can,
    "buoi-vuon": buoi_vuon,
    "buoi-thung": buoi_thung,
    "buoi-loai-2": buoi_loai_2,
    "buoi-tui": buoi_tui,
    "chanh-vuon": chanh_vuon,
    "chanh-loai-1": chanh_loai_1,
    "chanh-loai-2": chanh_loai_2,
    "chanh-tui": chanh_tui,
    "duong-cat": duong_cat,
    "gao": gao,
}


def png(svg: str) -> bytes:
    """The picture as a PNG of few colours."""
    drawn = Image.open(BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGB")
    few = drawn.quantize(128, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    file = BytesIO()
    few.save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> int:
    """Writes all pictures beside this file."""
    folder = HERE / "pictures"
    folder.mkdir(exist_ok=True)
    for name, draw in PRODUCTS.items():
        data = png(draw())
        (folder / f"{name}.png").write_bytes(data)
        print(f"{name}.png {len(data)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
