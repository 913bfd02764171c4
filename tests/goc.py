"""``goc`` as a program that tests run: its exit code, and what it wrote where."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import orjson

from traceability.cli import main


@dataclass(frozen=True)
class Run:
    """What a command came to."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """What it wrote to stdout."""
        return self.out.decode()

    @property
    def json(self) -> Any:
        """The one JSON value on stdout: there is nothing before or after it."""
        return orjson.loads(self.out)


def goc(*arguments: object) -> Run:
    """Run a command in this process, in Vietnamese."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(each) for each in arguments])
        except SystemExit as end:  # argparse
            code = end.code if isinstance(end.code, int) else 1
        sys.stdout.flush()
    written = out.buffer
    assert isinstance(written, io.BytesIO)
    return Run(code, written.getvalue(), err.getvalue())
