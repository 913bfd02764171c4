"""A picture of the maker's own (a sign, a face, a farm), made fit for a label.

What comes is a file from a stranger: its kind, its bytes and its pixels are bounded before it is
unpacked. It is laid on white and kept no larger than a label prints it; on a printer of one colour
it becomes dots by error diffusion.
"""

import io
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from traceability.core.errors import FormatError

LARGEST_FILE: Final = 2_000_000  # bytes
LARGEST_SIDE: Final = 4_000  # pixels
_KEPT: Final = 480  # pixels along the longer side: 40 mm at 300 dpi
_FORMATS: Final = ("PNG", "JPEG")


@dataclass(frozen=True, slots=True)
class Picture:
    """``width`` by ``height`` pixels, red, green and blue, row by row."""

    width: int
    height: int
    pixels: bytes

    @classmethod
    def read(cls, file: bytes) -> "Picture":
        """A PNG or a JPEG; ``label.picture`` for anything else and for what is too large."""
        refusal = FormatError(
            "label.picture", megabytes=LARGEST_FILE // 1_000_000, pixels=LARGEST_SIDE
        )
        if len(file) > LARGEST_FILE:
            raise refusal
        try:
            with Image.open(io.BytesIO(file), formats=_FORMATS) as image:
                if max(image.size) > LARGEST_SIDE or min(image.size) < 1:
                    raise refusal
                image.draft("RGB", (2 * _KEPT, 2 * _KEPT))
                solid = ImageOps.exif_transpose(image).convert("RGBA")  # as it was held
        except (
            UnidentifiedImageError,
            Image.DecompressionBombError,
            OSError,
            ValueError,
            SyntaxError,
        ) as error:
            raise refusal from error
        solid.thumbnail((_KEPT, _KEPT), Image.Resampling.LANCZOS)
        paper = Image.new("RGBA", solid.size, "white")
        paper.alpha_composite(solid)
        plain = paper.convert("RGB")
        return cls(plain.width, plain.height, plain.tobytes())

    def fitted(self, width: float, height: float) -> tuple[float, float]:
        """The largest size of its shape within a box, in the box's unit."""
        scale = min(width / self.width, height / self.height)
        return self.width * scale, self.height * scale

    def image(self, size: tuple[int, int] | None = None) -> Image.Image:
        """In colour, at ``size`` pixels or as it is kept."""
        whole = Image.frombytes("RGB", (self.width, self.height), self.pixels)
        return whole if size is None else whole.resize(size, Image.Resampling.LANCZOS)

    def dots(self, size: tuple[int, int]) -> Image.Image:
        """In black and white dots."""
        return self.image(size).convert("L").convert("1", dither=Image.Dither.FLOYDSTEINBERG)

    def base64(self, *, colour: bool) -> str:
        """As a PNG in base64, in colour or in greys."""
        return _base64(self, colour)


@lru_cache(maxsize=4)
def _base64(picture: Picture, colour: bool) -> str:
    file = io.BytesIO()
    image = picture.image() if colour else picture.image().convert("L")
    image.save(file, "PNG", optimize=True)
    return b64encode(file.getvalue()).decode("ascii")
