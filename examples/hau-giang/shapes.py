"""The shapes that this season's pictures are put together from, as SVG: fruit, leaves, crates,
cartons. Each is drawn around the origin, or stands on it, and ``at`` puts it where it belongs."""

from collections.abc import Iterable
from math import cos, pi, radians, sin
from typing import Final

WIDTH, HEIGHT = 640, 400

PAPER: Final = "#F7F4EA"
GROUND: Final = "#E9E3D0"
INK: Final = "#2E3B2B"
LEAVES: Final = ("#2F6B3A", "#3F8647", "#57A05A", "#79B86F")
GOLD: Final = ("#B9761B", "#D08F22", "#E2A42F", "#EFB945", "#F6CC66")
WOOD: Final = ("#8A5F37", "#A87544", "#C08C56", "#D5A671")
CARTON: Final = ("#A77B4C", "#C2955F", "#D4AA75", "#E3C195")


# -- strokes -----------------------------------------------------------------------------------
def path(d: str, fill: str, **more: object) -> str:
    """A filled path."""
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<path d="{d}" fill="{fill}"{extra}/>'


def line(d: str, colour: str, width: float, opacity: float = 1) -> str:
    """A stroke with round ends."""
    return (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width:g}"'
        f' stroke-linecap="round" stroke-linejoin="round" opacity="{opacity:g}"/>'
    )


def ellipse(x: float, y: float, rx: float, ry: float, fill: str, opacity: float = 1) -> str:
    """An ellipse by its middle."""
    return (
        f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"'
        f' opacity="{opacity:g}"/>'
    )


def box(x: float, y: float, w: float, h: float, r: float, fill: str) -> str:
    """A rectangle with round corners."""
    return f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{r:g}" fill="{fill}"/>'


def at(x: float, y: float, inner: str, size: float = 1, turn: float = 0) -> str:
    """What is drawn around the origin, moved, scaled and turned (degrees)."""
    return f'<g transform="translate({x:g} {y:g}) rotate({turn:g}) scale({size:g})">{inner}</g>'


def shape(points: Iterable[tuple[float, float]]) -> str:
    """The path of a polygon."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def clipped(name: str, d: str, inner: str) -> str:
    """Only what lies inside a path."""
    return (
        f'<clipPath id="{name}"><path d="{d}"/></clipPath><g clip-path="url(#{name})">{inner}</g>'
    )


def shadow(x: float, y: float, rx: float) -> str:
    """What stands on the ground darkens it."""
    return ellipse(x, y, rx, rx * 0.11, "#CFC7AE")


# -- leaves ------------------------------------------------------------------------------------
def leaf(length: float, colour: str, vein: str, bend: float = 0.18) -> str:
    """A citrus leaf from the origin to the right, with its winged stalk."""
    n, w = length, length * 0.24
    blade = f"M{n * 0.2:g} 0C{n * 0.4:g} {-w * 1.3:g} {n * 0.8:g} {-w:g} {n:g} {n * bend:g}"
    blade += f"C{n * 0.75:g} {w * 1.1:g} {n * 0.4:g} {w:g} {n * 0.2:g} 0Z"
    wing = f"M0 0C{n * 0.08:g} {-w * 0.4:g} {n * 0.16:g} {-w * 0.3:g} {n * 0.21:g} 0"
    wing += f"C{n * 0.16:g} {w * 0.3:g} {n * 0.08:g} {w * 0.4:g} 0 0Z"
    middle = f"M2 0C{n * 0.4:g} {-w * 0.1:g} {n * 0.7:g} 0 {n * 0.93:g} {n * bend * 0.85:g}"
    return path(wing, colour) + path(blade, colour) + line(middle, vein, length * 0.018)


# -- pineapple ---------------------------------------------------------------------------------
def pineapple(short: bool = False) -> str:
    """A Queen pineapple of 250 units, standing on the origin."""
    crown = "".join(_crown(short))
    return crown + at(0, -84, _body())


def _crown(short: bool) -> Iterable[str]:
    length = 74 if short else 104
    rings = ((-64, 0.72, 2), (64, 0.72, 2), (-46, 0.86, 1), (46, 0.86, 1), (-28, 0.95, 0),
             (28, 0.95, 0), (-12, 1.0, 1), (13, 1.0, 2), (0, 1.06, 0), (-38, 0.6, 3), (38, 0.6, 3),
             (-19, 0.68, 2), (20, 0.68, 3), (0, 0.62, 3))  # fmt: skip
    for turn, share, tone in rings:
        n = length * share
        side = 1 if turn >= 0 else -1
        droop = side * abs(turn) * 0.42
        d = f"M-9 6C-12 {-n * 0.4:g} {droop * 0.5 - 5:g} {-n * 0.8:g} {droop:g} {-n:g}"
        d += f"C{droop * 0.35 + 7:g} {-n * 0.7:g} 13 {-n * 0.35:g} 9 6Z"
        yield at(turn * 0.14, -156, path(d, LEAVES[tone]), turn=turn)


def _body() -> str:
    rx, ry = 62.0, 84.0
    outline = f"M0 {-ry}C44 {-ry} 64 -44 {rx} 4C61 56 38 {ry} 0 {ry}C-38 {ry} -61 56 -{rx} 4"
    outline += f"C-64 -44 -44 {-ry} 0 {-ry}Z"
    eyes = "".join(_eyes(rx + 4, ry + 6))
    name = "pineapple-body"
    return path(outline, GOLD[0]) + clipped(name, outline, eyes)


def _eyes(rx: float, ry: float) -> Iterable[str]:
    """The eyes lie in spirals around the fruit: even steps in the angle, and so foreshortened."""
    rows, step = 9, 30.0
    height = 2 * ry / rows
    for row in range(-1, rows + 1):
        v = -ry + height * (row + 0.5)
        for column in range(-4, 5):
            u = column * step + (step / 2 if row % 2 else 0)
            if abs(u) > 96:
                continue
            girth = rx * (1 - (v / ry) ** 2 * 0.28)

            def x(angle: float, girth: float = girth) -> float:
                return girth * sin(radians(max(-90.0, min(90.0, angle))))

            gap, rise = step * 0.455, height * 0.9
            middle = x(u)
            eye = [(x(u - gap), v), (middle, v - rise), (x(u + gap), v), (middle, v + rise)]
            light = 0.5 - 0.5 * sin(radians(u + 28)) - v / ry * 0.18
            tone = GOLD[max(1, min(4, round(1 + light * 3.4)))]
            yield path(shape(eye), tone)
            w = (x(u + gap) - x(u - gap)) * 0.16
            tip = [(middle - w, v + 1), (middle, v - rise * 0.36), (middle + w, v + 1),
                   (middle, v + rise * 0.22)]  # fmt: skip
            yield path(shape(tip), "#8A5A17")


def pineapple_ring() -> str:
    """A slice of 100 units across."""
    teeth = [
        ((50 if n % 2 else 46) * cos(n * pi / 18), (50 if n % 2 else 46) * sin(n * pi / 18))
        for n in range(36)
    ]
    rays = "".join(
        line(f"M{20 * cos(a):.1f} {20 * sin(a):.1f}L{40 * cos(a):.1f} {40 * sin(a):.1f}",
             "#E7AE3A", 2.4)
        for a in (n * pi / 9 for n in range(18))
    )  # fmt: skip
    return (
        path(shape(teeth), GOLD[1]) + ellipse(0, 0, 43, 43, "#F8D873") + rays
        + ellipse(0, 0, 16, 16, "#F1C252") + ellipse(0, 0, 11, 11, "#FBE9AE")
    )  # fmt: skip


# -- pomelo ------------------------------------------------------------------------------------
_PEAR: Final = (
    "M0 -92C14 -92 24 -80 32 -66C46 -46 78 -28 78 18C78 60 44 84 0 84"
    "C-44 84 -78 60 -78 18C-78 -28 -46 -46 -32 -66C-24 -80 -14 -92 0 -92Z"
)


def pomelo(ripe: bool = True, marks: bool = False) -> str:
    """A Năm Roi pomelo of 176 units, around the origin: a pear with a neck."""
    skin, dark, light = (
        ("#B9C94C", "#9DB03B", "#D3DD7C") if ripe else ("#8FB548", "#76993A", "#B4CF7B")
    )
    side = "M34 -80C60 -40 92 -20 80 30C70 80 20 92 -40 78C10 74 52 56 56 10C58 -24 40 -52 34 -80Z"
    shade = path(side, dark)
    glow = path("M-34 -44C-56 -26 -64 0 -58 24C-52 -2 -42 -22 -22 -42C-18 -52 -26 -52 -34 -44Z",
                light)  # fmt: skip
    pores = "".join(
        ellipse(x, y, 1.6, 1.6, dark)
        for x, y in ((-30, 30), (-12, 50), (6, 34), (22, 56), (-44, 46), (-8, 8), (16, 8), (30, 30),
                     (-20, -16), (6, -24), (20, -8), (-2, 66), (-30, 62), (-46, 20), (2, -52))
    )  # fmt: skip
    found = ((26, 22, 6), (34, 36, 4), (-14, 40, 5), (6, -30, 3.4)) if marks else ()
    spots = "".join(ellipse(x, y, r, r * 0.8, "#8C7A3A", 0.75) for x, y, r in found)
    stem = path("M-7 -90C-4 -96 4 -96 7 -90C5 -85 -5 -85 -7 -90Z", "#5C7A33")
    body = path(_PEAR, skin) + clipped(f"pear-{ripe}-{marks}", _PEAR, shade + glow + pores + spots)
    return body + stem


def citrus_half(rind: str, pith: str, flesh: str, grain: str, thick: float, parts: int) -> str:
    """A cut half of 100 units across; ``thick`` is the share of pith."""
    inner = 47 * (1 - thick)
    step = 2 * pi / parts
    wedges = []
    for n in range(parts):
        a, b = n * step + 0.07, (n + 1) * step - 0.07
        middle = (a + b) / 2
        tip = (inner * 0.12 * cos(middle), inner * 0.12 * sin(middle))
        left = (inner * 0.93 * cos(a), inner * 0.93 * sin(a))
        right = (inner * 0.93 * cos(b), inner * 0.93 * sin(b))
        out = (inner * 1.08 * cos(middle), inner * 1.08 * sin(middle))
        wedges.append(
            path(
                f"M{tip[0]:.1f} {tip[1]:.1f}L{left[0]:.1f} {left[1]:.1f}"
                f"Q{out[0]:.1f} {out[1]:.1f} {right[0]:.1f} {right[1]:.1f}Z",
                flesh, stroke=flesh, stroke_width=2, stroke_linejoin="round",
            )
        )  # fmt: skip
        for share in (0.45, 0.68):
            x, y = inner * share * cos(middle), inner * share * sin(middle)
            dx, dy = inner * 0.1 * cos(middle), inner * 0.1 * sin(middle)
            wedges.append(line(f"M{x - dx:.1f} {y - dy:.1f}L{x + dx:.1f} {y + dy:.1f}", grain, 2))
    return ellipse(0, 0, 50, 50, rind) + ellipse(0, 0, 46.5, 46.5, pith) + "".join(wedges)


def pomelo_half() -> str:
    """A cut pomelo of 100 units: thick pith, pale flesh."""
    return citrus_half("#A9BC45", "#F6F3DC", "#F1E6A0", "#FBF5CF", 0.2, 12)


# -- lime --------------------------------------------------------------------------------------
_LIME: Final = (
    "M-56 0C-50 -30 -26 -42 2 -42C30 -42 46 -28 52 -8C58 -6 60 2 54 6C48 30 28 42 0 42"
    "C-28 42 -50 28 -56 0Z"
)


def lime(tone: int = 0) -> str:
    """A seedless lime of 112 units, around the origin."""
    skin, dark, light = (
        ("#6FAE3B", "#5A962E", "#98C968"),
        ("#83B942", "#6CA035", "#A9D077"),
        ("#A6BF4A", "#8CA63B", "#C4D67E"),
    )[tone]
    shade = path("M-56 0C-40 34 10 44 54 -6C62 10 50 50 0 50C-40 50 -64 24 -56 0Z", dark)
    glow = path(
        "M-34 -18C-26 -30 -8 -35 10 -33C-6 -28 -20 -22 -30 -10C-36 -8 -38 -12 -34 -18Z", light
    )
    pores = "".join(
        ellipse(x, y, 1.5, 1.5, dark)
        for x, y in ((-20, 4), (-4, -8), (12, 2), (26, -12), (-8, 18), (30, 8), (8, -22), (-36, 4))
    )
    return path(_LIME, skin) + clipped(f"lime-{tone}", _LIME, shade + glow + pores)


def lime_half() -> str:
    """A cut lime of 100 units: thin rind, no seeds."""
    return citrus_half("#5F9F33", "#E9F2CF", "#B9DA7C", "#D8ECAE", 0.1, 10)


# -- what goods lie in -------------------------------------------------------------------------
def crate(width: float, height: float) -> str:
    """The front of a wooden crate around the origin, without its back."""
    n = 3
    board = height / n
    parts = [
        box(-width / 2, k * board + 2, width, board - 7, 4, WOOD[2 if k % 2 else 1])
        for k in range(n)
    ]
    parts += [
        line(f"M{26 + 90 * k - width / 2:g} {(r + 0.4) * board:g}h{38 + 9 * k}", WOOD[0], 2, 0.5)
        for r in range(n)
        for k in range(int(width // 110))
    ]
    for x in (-width / 2 + 8, width / 2 - 32):
        parts.append(box(x, -8, 24, height + 10, 4, WOOD[3]))
        parts += [ellipse(x + 12, k * board + board / 2, 3, 3, WOOD[0]) for k in range(n)]
    return "".join(parts)


def crate_back(width: float) -> str:
    """The rim behind the goods."""
    return box(-width / 2 + 14, -34, width - 28, 50, 4, WOOD[0])


def carton(width: float, height: float, mark: str) -> str:
    """The front of a box of card with its flaps open, and a mark on it."""
    half = width / 2
    flaps = path(f"M{-half:g} 0L{-half - 46:g} -34L{-half - 6:g} -46L{-half + 40:g} 0Z", CARTON[2])
    flaps += path(f"M{half:g} 0L{half + 46:g} -34L{half + 6:g} -46L{half - 40:g} 0Z", CARTON[2])
    front = box(-half, 0, width, height, 6, CARTON[1]) + box(-half, 0, width, 14, 5, CARTON[3])
    return flaps + front + at(0, height * 0.56, mark)


def mark_leaf(colour: str = "#FFFDF4") -> str:
    """A leaf on its root: the mark that the invented brands bear."""
    return (
        path("M0 16C-30 4 -30 -26 0 -42C30 -26 30 4 0 16Z", colour)
        + line("M0 -24V34", INK, 3, 0.55)
        + line("M0 26C-6 32 -12 34 -18 34M0 26C6 32 12 34 18 34", INK, 3, 0.55)
    )


def scene(*parts: str, tint: str) -> str:
    """A whole picture: paper, a patch of colour behind the goods, the ground, the goods."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}">'
        + box(0, 0, WIDTH, HEIGHT, 0, PAPER)
        + path("M66 214C50 96 168 34 300 40C448 34 602 78 590 212C584 300 498 340 326 340"
               "C160 342 76 312 66 214Z", tint)
        + path("M0 318C160 300 470 304 640 320V400H0Z", GROUND)
        + "".join(parts)
        + "</svg>"
    )  # fmt: skip
