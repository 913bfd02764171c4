"""``python -m tests.browser.shots FOLDER [NAME …]`` draws the pages as phone and desk show them."""

import sys
from pathlib import Path
from typing import Final

from tests.browser.host import NAMES, ORIGIN, serve
from tests.chromium import chromium

SIZES: Final = {"360x640": (360, 640, 2), "1280x800": (1280, 800, 1)}


def draw(folder: Path, names: tuple[str, ...]) -> None:
    """First screen (``NAME-vi-360x640.png``) and whole page (``…-whole.png``) of each."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for size, (width, height, scale) in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height}, device_scale_factor=scale
            )
            tab = context.new_page()
            serve(tab)
            for name in names:
                for language in ("vi", "en"):
                    tab.goto(f"{ORIGIN}/{name}?lang={language}")
                    stem = f"{name}-{language}-{size}"
                    tab.screenshot(path=folder / f"{stem}.png")
                    tab.screenshot(path=folder / f"{stem}-whole.png", full_page=True, scale="css")
            context.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]), tuple(sys.argv[2:]) or NAMES)
