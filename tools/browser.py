"""Find a Chromium for the browser tests, and bring one where there is none.

``python -m tools.browser`` prints the path of a browser that starts, or fails with status 3. The
one that ``GOC_CHROMIUM`` names comes first, then one on the PATH, then one that Playwright brought
before. Where there is none, root on a Debian-like system installs the distribution's, with a font
that covers Vietnamese; anybody else asks Playwright for one. ``--find`` brings nothing.
"""

import argparse
import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

#: Debian's names; the last is a library without which Playwright itself does not start.
PACKAGES = ("chromium", "fonts-noto-core", "libatomic1")

PLAYWRIGHT = (sys.executable, "-m", "playwright")


def find() -> str:
    """The path of a Chromium that starts; ``LookupError`` where there is none.

    Not to be called while Playwright runs.
    """
    if not starts(*PLAYWRIGHT):
        raise LookupError("Playwright does not start; on Debian it needs libatomic1")
    named = os.environ.get("GOC_CHROMIUM")
    for candidate in [named] if named else [*map(shutil.which, NAMES), _playwrights_own()]:
        if candidate and starts(candidate):
            return candidate
    raise LookupError(
        "no Chromium: install one (on Debian: apt-get install chromium), name one in GOC_CHROMIUM, "
        "or set GOC_TESTS_WITHOUT_BROWSER=1 to skip the tests that need it"
    )


def starts(*command: str) -> bool:
    """Whether a program runs at all: Ubuntu's ``chromium-browser`` may be a mere signpost."""
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def bring() -> None:
    """Try to install a browser; whether it worked is for ``find`` to say."""
    root = os.geteuid() == 0
    if root and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES)
        if any(path and starts(path) for path in map(shutil.which, NAMES)):
            return
    _run(*PLAYWRIGHT, "install", *(["--with-deps"] if root else []), "chromium")


def _playwrights_own() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _run(*command: str) -> None:
    print("  " + " ".join(command), file=sys.stderr, flush=True)
    subprocess.run(
        command,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def main(argv: list[str] | None = None) -> int:
    """0 and the browser's path on standard output, or 3 and the reason on standard error."""
    arguments = argparse.ArgumentParser(
        prog="python -m tools.browser",
        description="Find a Chromium for the browser tests, and bring one where there is none.",
    )
    arguments.add_argument("--find", action="store_true", help="bring nothing, only look")
    only_look = arguments.parse_args(argv).find
    try:
        try:
            print(find())
        except LookupError:
            if only_look:
                raise
            print("Bringing a browser for the tests …", file=sys.stderr)
            bring()
            print(find())
    except LookupError as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
