"""Write ``docs/errors.md``: every error code with its sentences, from register and catalogues.

``python -m tools.errors`` writes the page; ``page()`` is what a test compares with it. The anchor
of a row is the code, so that the ``type`` of a problem document (RFC 9457) can point at it.
"""

import argparse
import sys
from itertools import groupby
from pathlib import Path
from typing import Final

from traceability.core.errors import CODES
from traceability.text import LANGUAGES, has_text, text

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "errors.md"

HEAD: Final = """\
# Errors

<!-- Made by `make docs` from traceability/core/errors.py and the text catalogues. -->

Every refusal of Gốc carries one of these codes, whether it comes from the library, the command
line or the API. A code never changes its meaning and is never used again for another. Over HTTP an
error is a problem document (RFC 9457) whose `type` ends in the code. Words in braces are filled in.
"""


def page() -> str:
    """The whole page; a sentence that is missing shows as its key."""
    parts = [HEAD]
    for area, codes in groupby(sorted(CODES), key=lambda code: code.split(".")[0]):
        parts.append(f"\n## {area}\n\n| code | what it means | tiếng Việt | English |")
        parts.append("\n|---|---|---|---|\n")
        parts.extend(_row(code) for code in codes)
    return "".join(parts)


def missing() -> list[str]:
    """The keys that have no text, with their language."""
    return [
        f"{language}: error.{code}"
        for language in LANGUAGES
        for code in CODES
        if not has_text(language, f"error.{code}")
    ]


def _row(code: str) -> str:
    sentences = [CODES[code], *(text(language, f"error.{code}") for language in LANGUAGES)]
    cells = [f'<a id="{code}"></a>`{code}`', *map(_escaped, sentences)]
    return "| " + " | ".join(cells) + " |\n"


def _escaped(sentence: str) -> str:
    return sentence.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def main(argv: list[str] | None = None) -> int:
    """0 when the page was written and no sentence is missing."""
    argparse.ArgumentParser(
        prog="python -m tools.errors", description="Write docs/errors.md anew."
    ).parse_args(argv)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")
    for line in missing():
        print(f"no text in {line}", file=sys.stderr)
    return 1 if missing() else 0


if __name__ == "__main__":
    sys.exit(main())
