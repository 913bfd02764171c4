"""What the server writes down, and what never: one line a request or event, as text or as JSON.

Personal data (law 91/2025) and secrets get into no line:

* Of a request only what ``api.shell`` hands over: method, the route's template, status, time, size,
  and the *id* of a token. No address of a client, no path, no query, no header, no body.
* Of an error that is not ours only its kind and where it happened, not what it says: the text of a
  driver's or a parser's exception quotes what it met, and that may be a name.
* Of others' messages the first line alone, since further ones hold such texts.

docs/monitoring.md lists the fields.
"""

import logging
import os
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TextIO

import orjson

from traceability.core.errors import GocError

FORMATS: Final = ("json", "text")
ACCESS: Final = "goc_access"  #: attribute of a log record with the fields of a request
_OURS: Final = ("goc", "api", "traceability", "labels")
_LONGEST: Final = 2000


class _Formatter(logging.Formatter):
    """Shared: what is said of a message and of an error."""

    def message(self, record: logging.LogRecord) -> str:
        """The message, of others' the first line alone."""
        said = record.getMessage()[:_LONGEST]
        if record.name.partition(".")[0] in _OURS:
            return said
        return said.partition("\n")[0]

    def fault(self, record: logging.LogRecord) -> str:
        """Kinds and places of an error and of what caused it; without what they say."""
        error = record.exc_info[1] if record.exc_info else None
        return "".join(_told(error)).rstrip() if error is not None else ""


class JsonFormatter(_Formatter):
    """One JSON object a line (RFC 8259, UTF-8)."""

    def format(self, record: logging.LogRecord) -> str:
        """As ``logging.Formatter``."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.message(record),
            "pid": record.process or os.getpid(),
            **getattr(record, ACCESS, {}),
        }
        fault = self.fault(record)
        if fault:
            line["fault"] = fault
        return orjson.dumps(line, default=str).decode()


class TextFormatter(_Formatter):
    """A line for people; the places of an error on lines of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """As ``logging.Formatter``."""
        line = f"{_time(record)} {record.levelname} {record.name} {self.message(record)}"
        fault = self.fault(record)
        return f"{line}\n{fault}" if fault else line


def to_stream(stream: TextIO, form: str = "") -> None:
    """Write this process's log to a stream; ``form`` is one of ``FORMATS``, or what suits the
    stream: text for a terminal, JSON for a program."""
    form = form or ("text" if stream.isatty() else "json")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)
    logging.getLogger("goc").setLevel(logging.INFO)


@lru_cache(maxsize=4)
def _second(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"


def _time(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


def _told(error: BaseException | None) -> Iterator[str]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        # Our own errors carry no personal value (traceability.core.errors).
        said = f": {error}" if isinstance(error, GocError) else ""
        yield f"{type(error).__module__}.{type(error).__qualname__}{said}\n"
        yield from traceback.format_list(traceback.extract_tb(error.__traceback__))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
