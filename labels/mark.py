"""The mark of Gốc: a leaf on its root (gốc is the root, the origin).

Drawn here, as one shape in one colour: the vein of the leaf is left out, so that it shows on
any ground, and every line is wide enough for 8 mm on a thermal printer of 203 dpi.
"""

from typing import Final
from xml.sax.saxutils import escape

from PIL import Image

from labels.outline import mask

VIEW: Final = 64  # the mark stands in a square of 64 by 64, y downward
PATH: Final = (
    # leaf, right root, tap root, left root
    "M50.5 1.5C58.5 20 49.5 39.5 29.5 41.5C29.5 47 34 51 43 52C46.2 52.4 45.7 56.6 42.5 56.2"
    "C37 55.6 32.5 53.6 29.6 50.2C29.5 54 29.3 57 28.9 60.5C28.5 63.3 24.4 63 24.6 60.2"
    "C24.9 57 24.9 54.2 24.8 51C21.5 54.6 17.3 57 11.9 58.3C8.8 58.9 8 54.8 10.9 54.1"
    "C19.5 52.2 24.5 47.6 24.7 41C6.5 33 8.5 7.5 50.5 1.5Z"
    # vein
    "M26.9 36.4C27.7 27.6 32.5 20.4 39.9 14.3C42 12.7 44.4 15.3 42.6 17.1"
    "C35.7 23.6 31.5 29.4 30.8 36.6C30.5 39.2 26.7 39 26.9 36.4Z"
)


def svg(title: str = "Gốc", colour: str = "currentColor") -> str:
    """The mark alone as an SVG document that takes any size; ``colour`` is a CSS colour."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {VIEW} {VIEW}" role="img">'
        f"<title>{escape(title)}</title>"
        f'<path fill="{escape(colour, {chr(34): "&quot;"})}" fill-rule="evenodd" d="{PATH}"/></svg>'
    )


def picture(pixels: int) -> Image.Image:
    """The mark as a grey mask of ``pixels`` by ``pixels``: 255 where there is ink."""
    return mask(PATH, VIEW, pixels)
