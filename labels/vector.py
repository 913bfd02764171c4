"""Scenes drawn as SVG, with every letter as an outline: no viewer needs a font of ours."""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from labels import mark
from labels.raster import BLACK, COLOURS
from labels.scene import Frame, Item, Linear, Mark, Photo, Rule, Scene, Tone, Words
from labels.typeface import UNITS, outline


def svg(scene: Scene, *, colour: bool) -> str:
    """The scene as an SVG document of its size in millimetres, with title and description."""
    tones = COLOURS if colour else BLACK
    body = "".join(_item(item, tones, colour) for item in scene.items)
    width, height = _n(scene.width), _n(scene.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" role="img" lang={quoteattr(scene.language)}>'
        f"<title>{escape(scene.title)}</title><desc>{escape(scene.description)}</desc>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>{body}</svg>\n'
    )


def _item(item: Item, tones: Mapping[Tone, str], colour: bool) -> str:
    if isinstance(item, Words):
        scale = _n(item.size / UNITS, 6)
        return (
            f'<path fill="{tones[item.tone]}" transform="translate({_n(item.x)} {_n(item.y)}) '
            f'scale({scale} -{scale})" d="{outline(item.text, item.weight)}"/>'
        )
    if isinstance(item, Rule):
        return (
            f'<rect x="{_n(item.x)}" y="{_n(item.y)}" width="{_n(item.length)}" '
            f'height="{_n(item.thickness)}" fill="{tones["quiet"]}"/>'
        )
    if isinstance(item, Mark):
        return (
            f'<path fill="{tones["leaf"]}" fill-rule="evenodd" transform="translate({_n(item.x)} '
            f'{_n(item.y)}) scale({_n(item.size / mark.VIEW, 6)})" d="{mark.PATH}"/>'
        )
    if isinstance(item, Frame):
        half = item.thickness / 2
        return (
            f'<rect x="{_n(item.x + half)}" y="{_n(item.y + half)}" '
            f'width="{_n(item.width - 2 * half)}" height="{_n(item.height - 2 * half)}" '
            f'fill="none" stroke="{tones["leaf"]}" stroke-width="{_n(item.thickness)}"/>'
        )
    if isinstance(item, Photo):
        return (
            f'<image x="{_n(item.x)}" y="{_n(item.y)}" width="{_n(item.width)}" '
            f'height="{_n(item.height)}" preserveAspectRatio="none" '
            f'href="data:image/png;base64,{item.picture.base64(colour=colour)}"/>'
        )
    if isinstance(item, Linear):
        path = "".join(f"M{start} 0h{length}v1H{start}Z" for start, length in item.bars.runs())
        return (
            f'<path shape-rendering="crispEdges" transform="translate({_n(item.x)} {_n(item.y)}) '
            f'scale({_n(item.module, 6)} {_n(item.height, 6)})" d="{path}"/>'
        )
    return (
        f'<path fill-rule="evenodd" shape-rendering="crispEdges" transform="translate({_n(item.x)} '
        f'{_n(item.y)}) scale({_n(item.module, 6)})" d="{item.symbol.outline()}"/>'
    )


def _n(number: float, digits: int = 3) -> str:
    return f"{number:.{digits}f}".rstrip("0").rstrip(".")
