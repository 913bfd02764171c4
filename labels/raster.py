"""Scenes drawn in pixels.

Text and mark are drawn several times larger and averaged down, so that they look the same with
every FreeType; the symbol is set dot by dot, since a module that is not a whole number of dots is
one that a scanner misjudges. One-colour pictures have no greys: a thermal printer has none.
"""

import io
from collections.abc import Mapping
from typing import Final

from PIL import Image, ImageDraw

from labels import mark
from labels.qr import MM_PER_INCH
from labels.scene import Code, Frame, Linear, Mark, Photo, Rule, Scene, Tone, Words
from labels.typeface import font

COLOURS: Final[Mapping[Tone, str]] = {"ink": "#16201a", "quiet": "#4d5750", "leaf": "#2f6b12"}
BLACK: Final[Mapping[Tone, str]] = {"ink": "#000000", "quiet": "#000000", "leaf": "#000000"}
_FINE: Final = 1200  # dots per inch that text is drawn at before it is averaged down
_THRESHOLD: Final = (
    150  # grey from which a dot stays white; slightly bold, as thin strokes burn away
)


def png(scene: Scene, dpi: int, *, colour: bool) -> bytes:
    """The scene as a PNG that knows its resolution; without ``colour``, of black and white dots."""
    picture = draw(scene, dpi, colour=colour)
    if colour:  # three inks and their edges: a palette makes a file of a third of the size
        picture = picture.quantize(64, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    file = io.BytesIO()
    picture.save(file, "PNG", dpi=(dpi, dpi), optimize=True)
    return file.getvalue()


def draw(scene: Scene, dpi: int, *, colour: bool) -> Image.Image:
    """The scene at ``dpi``: mode "RGB", or "1" without ``colour``."""
    dots = dpi / MM_PER_INCH
    size = (round(scene.width * dots), round(scene.height * dots))
    finer = max(2, round(_FINE / dpi))
    fine = dots * finer
    mode = "RGB" if colour else "L"
    canvas = Image.new(mode, (size[0] * finer, size[1] * finer), "white")
    pen = ImageDraw.Draw(canvas)
    tones = COLOURS if colour else BLACK
    for item in scene.items:
        if isinstance(item, Words):
            spot = (item.x * fine, item.y * fine)
            face = font(item.weight, item.size * fine)
            pen.text(spot, item.text, fill=tones[item.tone], font=face, anchor="ls")
        elif isinstance(item, Rule):
            left, top = item.x * fine, round(item.y * dots) * finer
            thick = max(1, round(item.thickness * dots)) * finer
            right = left + item.length * fine
            pen.rectangle((left, top, right - 1, top + thick - 1), fill=tones["quiet"])
        elif isinstance(item, Mark):
            shape = mark.picture(round(item.size * fine))
            canvas.paste(tones["leaf"], (round(item.x * fine), round(item.y * fine)), shape)
        elif isinstance(item, Frame):
            left, top = round(item.x * dots) * finer, round(item.y * dots) * finer
            right = round((item.x + item.width) * dots) * finer - 1
            low = round((item.y + item.height) * dots) * finer - 1
            thick = max(1, round(item.thickness * dots)) * finer
            pen.rectangle((left, top, right, low), outline=tones["leaf"], width=thick)
    picture = canvas.reduce(finer)
    if not colour:
        picture = picture.point(lambda grey: 255 if grey > _THRESHOLD else 0)
        picture = picture.convert("1", dither=Image.Dither.NONE)
    for item in scene.items:
        if isinstance(item, Code):
            image = item.symbol.image(round(item.module * dots))
            picture.paste(image, (round(item.x * dots), round(item.y * dots)))
        elif isinstance(item, Linear):
            step, left, top = (round(mm * dots) for mm in (item.module, item.x, item.y))
            low = round((item.y + item.height) * dots) - 1
            dark = ImageDraw.Draw(picture)
            for start, length in item.bars.runs():
                box = (left + start * step, top, left + (start + length) * step - 1, low)
                dark.rectangle(box, fill="black" if colour else 0)
        elif isinstance(item, Photo):
            sides = round(item.width * dots), round(item.height * dots)
            photo = item.picture.image(sides) if colour else item.picture.dots(sides)
            picture.paste(photo, (round(item.x * dots), round(item.y * dots)))
    return picture
