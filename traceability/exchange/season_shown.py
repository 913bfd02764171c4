"""What a season shows of itself: which lots get a label, which one a proof bundle, pictures, and
labels with serials of their own.

``shown.toml`` names goods by their labels; ``pictures/<product>.png`` (or .jpg, .webp) is the
picture of a product, by its short name.
"""

import tomllib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from traceability.core.errors import FormatError
from traceability.exchange.season import Season
from traceability.exchange.season_statements import Picture
from traceability.exchange.season_steps import Amount, Key, closed

TYPES: Final = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """``count`` labels with serials for the lot of ``goods``, of ``net`` content each; those of the
    index range ``void`` are not used. Where there is a ``lot``, they are ahead of packing: for that
    lot, of the same product, so much of ``goods`` is reserved (``of``)."""

    goods: Key
    count: Annotated[int, Field(ge=1)]
    net: Amount
    void: tuple[int, int] | None = None
    lot: Key | None = None
    of: Amount | None = None


@closed
@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Labels of goods, at least one each; those that are ``printed``; and the party whose clerk may
    sign in."""

    labels: Annotated[tuple[Key, ...], Field(min_length=1)]
    bundle: Key
    clerk: Key
    printed: tuple[Printed, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture with its bytes; ``name`` is what the server looks for."""

    picture: Picture
    name: str
    data: bytes


def load_shown(folder: Path) -> Shown:
    """Read ``shown.toml``; ``season.malformed`` where it is not that."""
    try:
        members = tomllib.loads((folder / "shown.toml").read_text(encoding="utf-8"))
        return TypeAdapter(Shown).validate_python(members)
    except (OSError, ValueError, ValidationError) as fault:
        raise FormatError("season.malformed", file="shown.toml", what=str(fault)) from fault


def load_pictures(folder: Path, season: Season) -> dict[str, PictureFile]:
    """The pictures that there are, by product."""
    found: dict[str, PictureFile] = {}
    for product in season.products:
        for suffix, media_type in TYPES.items():
            path = folder / "pictures" / f"{product.key}{suffix}"
            if path.is_file():
                data = path.read_bytes()
                digest = sha256(data).hexdigest()
                picture = Picture(digest, media_type)
                found[product.key] = PictureFile(picture, f"{digest}{suffix}", data)
    return found
