"""Pictures of products, which lie in the data folder under the SHA-256 of their bytes, and the
logos of parties beside them."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final

from labels.picture import LARGEST_FILE, Picture

FOLDER: Final = "pictures"  #: of the data folder
LOGOS: Final = "logos"  #: of the data folder
TYPES: Final = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


def picture_of(data: Path, name: str) -> tuple[str, bytes] | None:
    """Media type and bytes of the picture of that name (64 hexadecimal digits), or None: one whose
    bytes are others is not shown."""
    for suffix, media_type in TYPES.items():
        file = data / FOLDER / f"{name}{suffix}"
        if file.is_file():
            found = file.read_bytes()
            if sha256(found).hexdigest() == name:
                return media_type, found
    return None


def logo_of(data: Path, party: str) -> Picture | None:
    """The picture that a party's labels bear: ``logos/<party>.png`` or ``.jpg`` of the data folder,
    where the operator puts it. ``FormatError("label.picture")`` for a file that is none."""
    for suffix in (".png", ".jpg"):
        file = data / LOGOS / f"{party}{suffix}"
        if file.is_file():
            with file.open("rb") as opened:
                return Picture.read(opened.read(LARGEST_FILE + 1))
    return None


def data_url(media_type: str, data: bytes) -> str:
    """Bytes as an address that needs no network (RFC 2397)."""
    return f"data:{media_type};base64,{b64encode(data).decode()}"
