"""Draws what a record costs against the size of the ledger, as SVG.

python -m bench scale > scale.json
python -m bench.plot < scale.json > docs/images/append-cost.svg
"""

import json
import math
import sys
from collections.abc import Sequence

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 40, 48
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.grid{stroke:#ddd}.line{stroke:#2a6f3c;"
    "stroke-width:2;fill:none}.limit{stroke:#b3541e;stroke-dasharray:6 4}.dot{fill:#2a6f3c}"
)


def plot(title: str, unit: str, points: Sequence[tuple[float, float]], limit: float) -> str:
    """One line over sizes (logarithmic) from zero up, and where it should not go beyond.

    ``points`` and ``limit`` are in ``unit``.
    """
    low, high = (math.log10(each) for each in (points[0][0], points[-1][0]))
    top = 1.15 * max(limit, *(value for _, value in points))

    def x(size: float) -> float:
        part = (math.log10(size) - low) / (high - low)
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{title}</title><style>{_STYLE}</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{LEFT}" y="22">{title}</text>',
    ]
    step = 10 ** math.floor(math.log10(top))
    step = step / 2 if top / step < 3 else step
    for n in range(int(top / step) + 1):
        value = n * step
        parts.append(
            f'<path class="grid" d="M{LEFT} {y(value)}H{WIDTH - RIGHT}"/>'
            f'<text x="{LEFT - 8}" y="{y(value) + 4}" text-anchor="end">{value:g}</text>'
        )
    parts.append(f'<path class="limit" d="M{LEFT} {y(limit)}H{WIDTH - RIGHT}"/>')
    way = "L".join(f"{x(size)} {y(value)}" for size, value in points)
    parts.append(f'<path class="line" d="M{way}"/>')
    for size, value in points:
        power = round(math.log10(size))
        parts.append(
            f'<circle class="dot" cx="{x(size)}" cy="{y(value)}" r="4"/>'
            f'<text x="{x(size)}" y="{y(value) - 10}" text-anchor="middle">{value:g}</text>'
            f'<text x="{x(size)}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">10'
            f'<tspan dy="-5" font-size="10">{power}</tspan></text>'
        )
    foot = f'y="{HEIGHT - 8}" text-anchor="middle"'
    parts.append(f'<text x="{WIDTH / 2}" {foot}>records in the ledger · {unit}</text></svg>')
    return "\n".join(parts) + "\n"


def main() -> None:
    """Draw what ``bench scale`` printed."""
    figures = json.load(sys.stdin)["scale"]
    costs = figures["append"]["microseconds a record"]
    points = list(zip(figures["sizes"], costs, strict=True))
    title = "An append in batches of 300, PostgreSQL; dashed: 1.3 × the smallest"
    sys.stdout.write(plot(title, "microseconds a record", points, 1.3 * costs[0]))


if __name__ == "__main__":
    main()
