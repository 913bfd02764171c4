"""What the command line says: texts from the catalogues, on the right stream."""

import os
import sys
from dataclasses import dataclass

from traceability.core import moment
from traceability.core.errors import GocError
from traceability.text import has_text, sentence_of, text


@dataclass(frozen=True, slots=True)
class Say:
    """Writes to people in one language: results to stdout, problems to stderr."""

    language: str

    @classmethod
    def from_environment(cls) -> "Say":
        """Vietnamese unless ``GOC_LANG`` says English."""
        return cls("en" if os.environ.get("GOC_LANG", "vi").lower().startswith("en") else "vi")

    def text(self, key: str, **params: object) -> str:
        """A text of the catalogue."""
        return text(self.language, key, **params)

    def __call__(self, key: str, **params: object) -> None:
        """A line of the result."""
        print(self.text(key, **params))

    def line(self, line: str = "") -> None:
        """A line that needs no words."""
        print(line)

    def raw(self, data: bytes) -> None:
        """Bytes for a program, as they are."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def problem(self, key: str, **params: object) -> None:
        """A line about what went wrong."""
        print(self.text(key, **params), file=sys.stderr)

    def refusal(self, error: GocError) -> None:
        """An error, with its stable code."""
        print(f"{self.explain(error.code, error.params)} [{error.code}]", file=sys.stderr)

    def explain(self, code: str, params: dict[str, object]) -> str:
        """The sentence for an error code; the code itself where a catalogue lacks it."""
        key = f"error.{code}"
        return sentence_of(self.language, code, params) if has_text(self.language, key) else code


def day_of(time: int) -> str:
    """The day of a time in Unix milliseconds, as people here write it."""
    year, month, day = moment.format_time(time)[:10].split("-")
    return f"{day}/{month}/{year}"
